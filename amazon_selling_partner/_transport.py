"""HTTP as python-amazon-sp-api sends it, with every answer's status and form checked."""

from __future__ import annotations

from typing import Any, cast

import httpx
from sp_api.base._transport_httpx import HttpxTransport

from amazon_selling_partner.errors import RetryableError


class CheckedTransport(HttpxTransport):  # type: ignore[misc]
    """Raises for every answer that is not the JSON of a success, which the library lets pass."""

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Send one request.

        Raises:
            RefusedError: The answer is a 4xx; its code and message are Amazon's.
            RetryableError: The answer is a 429, a 5xx or no JSON object.
        """
        answer = cast("httpx.Response", super().request(method, url, **options))
        body = json_object(answer)
        if answer.is_success:
            return answer
        errors = body.get("errors")
        error = errors[0] if isinstance(errors, list) and errors else {}
        raise RefusedError(
            answer.status_code,
            str(error.get("code") or "error"),
            str(error.get("message") or "no reason given"),
            str(error.get("details") or ""),
        )


class RefusedError(Exception):
    """A 4xx answer, before it is known which operation it belongs to."""

    def __init__(self, status: int, code: str, message: str, details: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details


def json_object(answer: httpx.Response) -> dict[str, Any]:
    """The answer's JSON object.

    Raises:
        RetryableError: It is throttled, a server error, or no JSON object.
    """
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise RetryableError("Amazon's quota is used up (429)", throttled=True)
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise RetryableError(f"Amazon answered {answer.status_code}")
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        kind = answer.headers.get("content-type", "no content type").partition(";")[0]
        raise RetryableError(f"Amazon answered {answer.status_code} with {kind} where JSON was due")
    return body

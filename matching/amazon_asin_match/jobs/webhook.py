"""Calls a URL when a job has ended: signed, so that its owner knows who says so.

The signature is an HMAC-SHA256 of `TIMESTAMP.BODY` in the header `X-Match-Signature: t=...,v1=...`, as
Stripe and others have it; the secret is in the variable ASIN_MATCH_WEBHOOK_SECRET.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpx

from amazon_asin_match.errors import ConfigurationError
from amazon_selling_partner import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

    from amazon_asin_match.store.jobs import Job
    from amazon_asin_match.store.logs import JobLog

SECRET_VARIABLE: Final = "ASIN_MATCH_WEBHOOK_SECRET"  # noqa: S105 - a variable's name
TRIES: Final = 3
_SECONDS: Final = 10.0


def check_webhook(url: str) -> str:
    """A webhook's URL, if it may be called.

    Raises:
        ConfigurationError: It is not https, or there is no secret to sign with.
    """
    parts = urlsplit(url)
    if not (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    ):
        raise ConfigurationError("The webhook must be an https URL.")
    if not os.environ.get(SECRET_VARIABLE):
        raise ConfigurationError(
            f"A webhook is signed; put a secret of your choice into the variable {SECRET_VARIABLE}."
        )
    return url


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """The value of the header.

    >>> signature("s", 1, b"{}")[:16]
    't=1,v1=b253639bc'
    """
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={signed}"


def notifier(
    real_time: Callable[[], float] = time.time,
    wait: Callable[[float], None] = time.sleep,
) -> Callable[[Job, JobLog], None]:
    """What calls the webhook of a job that has ended; that this fails never fails the job."""

    def notify(job: Job, log: JobLog) -> None:
        if not job.webhook:
            return
        body = json.dumps(
            {
                "id": job.id,
                "name": job.name,
                "status": job.status,
                "rows": job.rows,
                "counts": dict(job.counts),
                "error": job.error,
            }
        ).encode()
        secret = os.environ.get(SECRET_VARIABLE, "")
        for attempt in range(TRIES):
            header = signature(secret, int(real_time()), body)
            reason = _post(job.webhook, body, header)
            if not reason:
                log("info", "The webhook was called.")
                return
            if attempt + 1 < TRIES:
                wait(2.0**attempt)
        log("warning", f"The webhook could not be called: {reason}.")

    return notify


def _post(url: str, body: bytes, header: str) -> str:
    """Why a webhook was not called with success; empty if it was."""
    headers = {"content-type": "application/json", "x-match-signature": header}
    try:
        answer = httpx.post(url, content=body, headers=headers, timeout=_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return type(error).__name__
    return "" if answer.is_success else f"it answered {answer.status_code}"

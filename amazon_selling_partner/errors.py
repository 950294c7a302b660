"""The kinds of failure that a caller of the Selling Partner API reasons about.

Each message is one sentence for a person, which says what to do where something can be done. What of it
is Amazon's text has gone through a `Redaction`: no token, no presigned URL, no control character.
"""

from __future__ import annotations

from typing import Any


class SellingPartnerError(Exception):
    """Something that Amazon refused or did not answer, in one sentence."""


class ConnectionSetupError(SellingPartnerError):
    """No call can be made from this machine as it is set up: its proxy or its certificates are wrong."""


class CredentialsError(SellingPartnerError):
    """Login with Amazon refuses the credentials, or Amazon refuses the token."""


class TokenRefusedError(CredentialsError):
    """Amazon refuses a fresh access token, as it does at the endpoint of another region."""


class AmazonError(SellingPartnerError):
    """Amazon's refusal of one call (a 3xx or 4xx), which would be the same if it were made again.

    Attributes:
        operation: Amazon's operationId.
        status: HTTP status.
        code: Amazon's error code, such as `InvalidInput`; `error` where it gives none.
        message: Amazon's words, redacted.
        details: What Amazon adds to them, redacted; mostly nothing.
    """

    def __init__(
        self, operation: str, status: int, code: str, message: str, details: str = ""
    ) -> None:
        super().__init__(f"{operation} answered {status} {code}: {message}")
        self.operation = operation
        self.status = status
        self.code = code
        self.message = message
        self.details = details


class PermissionDeniedError(AmazonError):
    """A valid token without the role that the operation needs (403)."""


class NotFoundError(AmazonError):
    """Amazon does not know the report or document (any more)."""


class PageTokenError(AmazonError):
    """Amazon refuses the token of a page, as it does an expired one: the question is to start again."""


class RetryableError(SellingPartnerError):
    """A failure that may pass: throttling, 5xx, a broken connection, an answer that cannot be read.

    Attributes:
        throttled: Whether the quota is used up (429): then only time helps, and the try does not count.
    """

    def __init__(self, message: str, *, throttled: bool = False) -> None:
        super().__init__(message)
        self.throttled = throttled


class ExpiredUrlError(RetryableError):
    """The presigned URL of a document is no longer valid; a new one has to be requested."""


class UnavailableError(SellingPartnerError):
    """Amazon did not answer as it should, however often it was asked."""


class IncompleteAnswerError(UnavailableError):
    """Amazon found more than it gave.

    Attributes:
        items: What it gave.
    """

    def __init__(self, message: str, items: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.items = items

"""The few kinds of failure that the rest of the tap reasons about.

Each message is one sentence for a person: it names the setting, file, report or marketplace and says
what to do. None holds a token, a presigned URL or a buyer's data.
"""

from __future__ import annotations


class TapError(Exception):
    """Something that ends the sync, told in one sentence."""


class ConfigurationError(TapError):
    """A setting, catalog or state file is wrong; the run never started."""


class CredentialsError(TapError):
    """Login with Amazon refuses the credentials, or Amazon refuses the token."""


class TokenRefusedError(CredentialsError):
    """Amazon refuses a fresh access token, as it does at the endpoint of another region."""


class AmazonError(TapError):
    """Amazon's answer to one call, as its status, code and message."""

    def __init__(self, operation: str, status: int, code: str, message: str) -> None:
        super().__init__(f"{operation} answered {status} {code}: {message}")
        self.operation = operation
        self.status = status
        self.code = code
        self.message = message


class PermissionDeniedError(AmazonError):
    """A valid token without the role that the operation needs (403)."""


class NotFoundError(AmazonError):
    """Amazon does not know the report or document (any more)."""


class RetryableError(TapError):
    """A failure that may pass: throttling, 5xx, a broken connection, an answer that is not JSON."""

    def __init__(self, message: str, *, throttled: bool = False) -> None:
        super().__init__(message)
        self.throttled = throttled


class ExpiredUrlError(RetryableError):
    """The presigned URL of a document is no longer good; a new one has to be asked for."""


class ReportUnavailableError(TapError):
    """One report cannot be had in this run; its window stays due."""


class ReportCancelledError(ReportUnavailableError):
    """Amazon cancelled the report, for want of data or because it was asked too often."""


class UnavailableError(TapError):
    """Amazon did not answer as it should, however often it was asked."""

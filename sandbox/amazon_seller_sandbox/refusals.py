"""Refusals: errors of the SP-API in Amazon's form, and those of a login in the form of OAuth 2."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - it is Amazon's answer, not an error of the sandbox
    """An error answer in Amazon's form."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        """Describe the answer."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    def body(self) -> dict[str, object]:
        """Return the JSON body."""
        error = {"code": self.code, "message": self.message, "details": self.details}
        return {"errors": [error]}


def invalid_input(message: str, details: str = "") -> Refusal:
    """Return a 400 InvalidInput."""
    return Refusal(400, "InvalidInput", message, details)


def unauthorized(details: str = "") -> Refusal:
    """Return a 403 for a token, a role or a marketplace that does not allow the call."""
    return Refusal(403, "Unauthorized", "Access to requested resource is denied.", details)


def not_found(message: str) -> Refusal:
    """Return a 404 NOT_FOUND."""
    return Refusal(404, "NOT_FOUND", message)


def quota_exceeded() -> Refusal:
    """Return the refusal of a call too many."""
    return Refusal(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")


class LoginRefusal(Exception):  # noqa: N818 - it is Amazon's answer, not an error of the sandbox
    """An error answer in the form of OAuth 2."""

    def __init__(self, status: int, error: str, description: str) -> None:
        """Describe the answer."""
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description

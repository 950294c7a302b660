"""Refusals of the Creators API: status, `type`, `reason` and the fields that are wrong."""

from __future__ import annotations

from typing import Any


class CreatorsRefusal(Exception):  # noqa: N818 - it is Amazon's answer, not an error of the sandbox
    """An answer that refuses, in the form of the SDK's exceptions."""

    def __init__(self, status: int, kind: str, reason: str | None, message: str) -> None:
        """Describe the answer."""
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.reason = reason
        self.fields: list[dict[str, str]] = []

    def body(self) -> dict[str, Any]:
        """Return the JSON of it."""
        found: dict[str, Any] = {"type": self.kind, "message": str(self)}
        if self.reason is not None:
            found["reason"] = self.reason
        if self.fields:
            found["fieldList"] = self.fields
        return found


def invalid(field: str, message: str) -> CreatorsRefusal:
    """Return the refusal of a field."""
    refusal = CreatorsRefusal(
        400, "ValidationException", "FieldValidationFailed", "The request has invalid fields."
    )
    refusal.fields = [{"name": field, "message": message}]
    return refusal


def refused_request(reason: str, message: str) -> CreatorsRefusal:
    """Return the refusal of a request as a whole: CannotParse, InvalidAssociate, InvalidPartnerTag."""
    return CreatorsRefusal(400, "ValidationException", reason, message)


def unauthorized(reason: str, message: str) -> CreatorsRefusal:
    """Return the refusal of a token."""
    return CreatorsRefusal(401, "UnauthorizedException", reason, message)


def not_eligible() -> CreatorsRefusal:
    """Return what an account without enough sales gets (sergioteula/python-amazon-paapi#144)."""
    message = "Your account does not currently meet the eligibility requirements."
    return CreatorsRefusal(403, "AccessDeniedException", "AssociateNotEligible", message)


def throttled(quota: str) -> CreatorsRefusal:
    """Return what a call beyond a quota gets: TPS or TPD, of which only the message says."""
    return CreatorsRefusal(429, "ThrottleException", None, f"Request is throttled ({quota}).")

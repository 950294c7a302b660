"""What Amazon's refusals mean: each status and reason as an error that says what to do.

Statuses, `type` and `reason` are those of the exceptions in Amazon's SDK 1.3.0 (bundled in
python-amazon-paapi 7.1); an answer of 403 for too few sales was seen in public
(sergioteula/python-amazon-paapi#144).
"""

from __future__ import annotations

import json
from typing import Any

from tap_amazon_associates.errors import (
    AccessDeniedError,
    CreatorsApiError,
    CredentialsError,
    MarketplaceError,
    NotEligibleError,
    PartnerTagError,
    RefusedRequestError,
    VersionError,
)

BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, THROTTLED = 400, 401, 403, 404, 429
SERVER_FAILED = 500
RENEWABLE = frozenset({"TokenExpired", "InvalidToken", ""})
"""Reasons of 401 that a new token may fix."""
_OF_ANOTHER_VERSION = frozenset({"InvalidIssuer", "MissingClaim", "MissingKeyId"})


def details(body: bytes) -> dict[str, Any]:
    """The JSON object of an answer that refuses; empty if it is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def reason_of(said: dict[str, Any]) -> str:
    """Amazon's reason, such as `InvalidPartnerTag`."""
    reason = said.get("reason")
    return reason if isinstance(reason, str) else ""


def text_of(said: dict[str, Any]) -> str:
    """Everything that Amazon says: reason, message and the fields that it names."""
    parts = [said.get("reason"), said.get("message")]
    parts += [f"{field.get('name')}: {field.get('message')}" for field in _fields(said)]
    parts += [said.get("resourceType"), said.get("resourceId")]
    parts += [said.get("serviceCode"), said.get("quotaCode")]
    return "; ".join(str(part) for part in parts if part)


def error_of(
    status: int, said: dict[str, Any], words: str, *, host: str, tag: str, version: str
) -> CreatorsApiError:
    """The error that a refusal is.

    Args:
        status: 400, 401, 403 or 404; any other is a refusal of this call alone.
        said: The answer.
        words: What of it may be shown.
        host: The marketplace that the call was for, such as `www.amazon.de`.
        tag: The partner's tag.
        version: The version of the credential.
    """
    reason = reason_of(said)
    if status == UNAUTHORIZED:
        return _unauthorized(reason, words, version)
    if status == FORBIDDEN:
        return _forbidden(reason, words)
    found = _of_marketplace_or_tag(said, words, host, tag) if status == BAD_REQUEST else None
    return found or RefusedRequestError(
        f"Amazon refuses the request: {words or f'status {status}'}.",
        reason or ("NotFound" if status == NOT_FOUND else f"status {status}"),
        text_of(said),
    )


def _of_marketplace_or_tag(
    said: dict[str, Any], words: str, host: str, tag: str
) -> CreatorsApiError | None:
    """The error of a refusal of the marketplace or the tag; None for another."""
    reason = reason_of(said)
    if reason == "InvalidPartnerTag" or _names_field(said, "partnertag"):
        return PartnerTagError(
            f"Amazon refuses the tag '{tag}' for {host} ({words}). Each marketplace has tags of its "
            "own: set 'partner_tag' (or its entry in 'partner_tags') to one of your tags there."
        )
    if reason == "InvalidAssociate":
        return MarketplaceError(
            f"The credential is not valid for {host} ({words}): the account that it belongs to is not "
            "an Associate there. Check 'country', or sign up as an Associate of that marketplace."
        )
    if _names_field(said, "marketplace"):
        return MarketplaceError(
            f"Amazon does not know the marketplace {host} ({words}). Check 'country'."
        )
    return None


def _unauthorized(reason: str, words: str, version: str) -> CreatorsApiError:
    if reason in _OF_ANOTHER_VERSION:
        return VersionError(
            f"Amazon does not take the token of version {version} ({words}): the credential is of "
            "another version or region. Set 'version' to what Associates Central shows beside it."
        )
    return CredentialsError(
        f"Amazon does not take the credential's token ({words or 'status 401'}). Check 'credential_id', "
        "'credential_secret' and 'version', or make a new credential in Associates Central."
    )


def _forbidden(reason: str, words: str) -> CreatorsApiError:
    if reason == "AssociateNotEligible":
        return NotEligibleError(
            f"The account may not use the Creators API at present ({words}): Amazon wants a fully "
            "accepted Associate with 10 qualified sales in the last 30 days. Access returns by "
            "itself, up to two days after new sales have shipped; no setting is wrong."
        )
    return AccessDeniedError(
        f"Amazon denies access ({words or 'status 403'}). See in Associates Central, under Tools, "
        "whether the account has access to the Creators API and the credential is active."
    )


def _names_field(said: dict[str, Any], word: str) -> bool:
    return any(
        word in str(field.get("name", "")).lower().replace("-", "") for field in _fields(said)
    )


def _fields(said: dict[str, Any]) -> list[dict[str, Any]]:
    found = said.get("fieldList")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

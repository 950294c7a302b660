"""Single values of a configuration: each checked, and refused in a sentence that names its setting."""

from __future__ import annotations

import ipaddress
import json
import math
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tap_amazon_associates.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_SHOWN = 80
_BETWEEN_PRODUCTS = re.compile(r"\s+|[,;]+(?=\s*(?:https?://|www\.|[0-9A-Za-z]{10}(?:[,;\s]|$)))")
"""Between ASINs and links in one text; a link may itself hold a comma."""


def text(config: Mapping[str, Any], key: str) -> str | None:
    """A text; None where it is missing or blank."""
    value = config.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ConfigurationError(f"Setting '{key}' must be a text.")
    return value.strip() or None


def from_json(value: object, key: str) -> Any:
    """A setting that is a list or an object, or the JSON of one, as environment variables have it."""
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise ConfigurationError(f"Setting '{key}' is not JSON that can be read.") from None


def products(config: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """ASINs and links: a list, or one text in which blanks, line breaks or commas are between them."""
    value = from_json(config.get(key), key)
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(
            each.strip(",;") for each in _BETWEEN_PRODUCTS.split(value) if each.strip(",;")
        )
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(each.strip() for each in value if each.strip())
    raise ConfigurationError(
        f"Setting '{key}' must be a list of ASINs and links, or one text of them."
    )


def number(
    config: Mapping[str, Any], key: str, default: float, *, minimum: float, maximum: float
) -> float:
    """A number within bounds; `default` where it is not set."""
    value = config.get(key)
    if value is None or value == "":
        return default
    try:
        found = float(value)
    except (OverflowError, TypeError, ValueError):
        found = math.nan
    if isinstance(value, bool) or not minimum <= found <= maximum:
        raise ConfigurationError(
            f"Setting '{key}' is '{str(value)[:_LONGEST_SHOWN]}'; it must be a number from "
            f"{minimum:g} to {maximum:g}."
        )
    return found


def flag(config: Mapping[str, Any], key: str) -> bool:
    """True or false, also as a text."""
    value = config.get(key)
    if value is None or value == "":
        return False
    if isinstance(value, bool):
        return value
    if str(value).lower() in {"true", "false"}:
        return str(value).lower() == "true"
    raise ConfigurationError(f"Setting '{key}' must be true or false.")


def url(config: Mapping[str, Any], key: str) -> str | None:
    """An https URL without a slash at its end; http for loopback addresses alone."""
    value = text(config, key)
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        _ = parts.port
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme not in {"http", "https"}:
        raise ConfigurationError(f"Setting '{key}' is not an http or https URL.")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ConfigurationError(
            f"Setting '{key}': plain http would show the credential to others; use https (http is for "
            "loopback addresses)."
        )
    return value.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

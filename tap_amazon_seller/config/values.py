"""Single values of a configuration: each checked, and refused in a sentence that names its setting."""

from __future__ import annotations

import json
import math
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from amazon_selling_partner import is_loopback
from tap_amazon_seller.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_NUMBER = 5_000_000.0
"""What a larger setting counts as: ten years of minutes, which no date is left by."""

LONGEST_SHOWN = 80  # characters

REPORT_TYPE = re.compile(r"[A-Z][A-Z0-9_]+")


def split_list(value: object, key: str) -> list[str]:
    """The items of a list setting, which may also be a text separated by commas or blanks."""
    if value is None:
        return []
    if isinstance(value, str):
        return [item for item in re.split(r"[,;\s]+", value) if item]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [item.strip() for item in value if item.strip()]
    raise ConfigurationError(
        f"Setting '{key}' must be a list of texts, or one text separated by commas.",
    )


def from_json(value: object, key: str) -> Any:
    """A setting that is an object or a list; environment variables have it as JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value or "null")
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"Setting '{key}' is not JSON: {error}.") from None
    except (RecursionError, ValueError):
        raise ConfigurationError(
            f"Setting '{key}' is not JSON that can be read: it is too deep or has a number that is too "
            "long."
        ) from None


def number(
    config: Mapping[str, Any], key: str, default: float | None, *, minimum: float
) -> float | None:
    """A number of at least `minimum`; `default` when it is not set."""
    value = config.get(key)
    if value is None or value == "":
        return default
    try:
        found = float(value)
    except (OverflowError, TypeError, ValueError):
        found = math.nan
    if isinstance(value, bool) or not math.isfinite(found) or found < minimum:
        raise ConfigurationError(
            f"Setting '{key}' is '{_short(value)}'; it must be a number of at least {minimum:g}.",
        )
    return min(found, LARGEST_NUMBER)


def flag(config: Mapping[str, Any], key: str) -> bool:
    """True or false, also as text."""
    value = config.get(key)
    if value is None or value == "":
        return False
    if isinstance(value, bool):
        return value
    if str(value).lower() in {"true", "false"}:
        return str(value).lower() == "true"
    raise ConfigurationError(f"Setting '{key}' is '{value}'; it must be true or false.")


def folder(config: Mapping[str, Any], key: str) -> Path | None:
    """A folder that can be written to, made if need be."""
    value = config.get(key)
    if value is None or value == "":
        return None
    found = Path(str(value))
    try:
        found.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=found).close()
    except OSError as error:
        raise ConfigurationError(
            f"Setting '{key}': the folder {found} cannot be made or written to ({error.strerror}).",
        ) from None
    return found


def url(config: Mapping[str, Any], key: str) -> str | None:
    """An http or https URL without a slash at its end; http on loopback alone."""
    value = config.get(key)
    if value is None or value == "":
        return None
    try:
        parts = urlsplit(str(value))
        _ = parts.port
    except ValueError:
        raise ConfigurationError(
            f"Setting '{key}' is '{_short(value)}', which is not an http or https URL."
        ) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError(
            f"Setting '{key}' is '{value}', which is not an http or https URL."
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ConfigurationError(
            f"Setting '{key}' is '{value}': plain http would show the token to others; use https "
            "(http is for loopback addresses).",
        )
    return str(value).rstrip("/")


def _short(value: object) -> str:
    """A value as a sentence can hold it."""
    text = repr(value) if isinstance(value, float) else str(value)[:LONGEST_SHOWN]
    return f"{text}..." if len(text) == LONGEST_SHOWN else text

"""Members of Amazon's answers, each read for itself: what is of another type is null, never a failure.

Real answers of the Creators API have not been seen; the forms are those of the models in Amazon's SDK
(bundled in python-amazon-paapi 7.1), which refuses a complete answer for one odd member.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Record = dict[str, Any]


def member(value: Any, *path: str) -> Any:
    """What a path of members leads to; None where one is missing.

    >>> member({"a": {"b": 1}}, "a", "b"), member({"a": []}, "a", "b")
    (1, None)
    """
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def text(value: Any) -> str | None:
    """A text that is not empty; numbers are texts, too."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    return str(value).strip() or None


def texts(value: Any) -> list[str]:
    """The texts of a list; one text is a list of one."""
    several = value if isinstance(value, list) else [value]
    return [found for each in several if (found := text(each))]


def display_value(value: Any) -> str | None:
    """The text of a single-valued attribute: `{displayValue, label, locale}`."""
    return text(member(value, "displayValue"))


def display_values(value: Any) -> list[str]:
    """The texts of a multi-valued attribute: `{displayValues, label, locale}`."""
    return texts(member(value, "displayValues"))


def objects(value: Any) -> list[Record]:
    """The objects of a list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def whole(value: Any) -> int | None:
    """A whole number, also as a text or as `3.0`."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        found = Decimal(str(value).strip())
        return int(found) if found == found.to_integral_value() and abs(found) < 2**63 else None
    except (ArithmeticError, ValueError):
        return None


def flag(value: Any) -> bool | None:
    """True or false, also as a text."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def instant(value: Any) -> str | None:
    """An instant in UTC, as ISO 8601; None for what has no time or is none."""
    if not isinstance(value, str) or "T" not in value:
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (OverflowError, ValueError):
        return None

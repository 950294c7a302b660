"""What the target makes of a record's values: lenient as pydantic is, where it has a coercer.

Each coercion takes a value that is not null and answers what is sent; None is not sent.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Coercion = Callable[[Any], Any]

_MOMENT = "%Y-%m-%dT%H:%M:%SZ"
_MOST_DIGITS = 10**9
_FLAGS = {"true": True, "false": False, "1": True, "0": False}


class UnfitError(ValueError):
    """A value that the target's schema of a stream does not take."""


def plain(value: Any) -> str:  # noqa: ANN401 - JSON
    """Take a string as it is; a ``datetime`` is none, which is the trap of ``date-time``.

    Raises:
        UnfitError: it is no string.
    """
    if isinstance(value, datetime):
        raise UnfitError("is a datetime, for its schema says date-time; expected a string")
    if not isinstance(value, str):
        raise UnfitError("is not a string")
    return value


def text(most: int = 255) -> Coercion:
    """Return a coercion to one line of so many characters."""

    def coerce(value: Any) -> str:  # noqa: ANN401 - JSON
        return re.sub(r"[\r\n]", "", plain(value))[:most]

    return coerce


def number(value: Any) -> float:  # noqa: ANN401 - JSON
    """Return a number, of a string too.

    Raises:
        UnfitError: it is no number, or none that JSON has.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise UnfitError("is not a number")
    try:
        found = float(value)
    except ValueError as error:
        raise UnfitError("is not a number") from error
    if not math.isfinite(found):
        raise UnfitError("is not a finite number")
    return found


def whole(value: Any) -> int:  # noqa: ANN401 - JSON
    """Return an integer, of 3.0 and "3" too.

    Raises:
        UnfitError: it is no integer.
    """
    if isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UnfitError("is not an integer")
    if not float(value).is_integer():
        raise UnfitError("is not an integer")
    return int(value)


def flag(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Return true or false, of their words and of 1 and 0 too.

    Raises:
        UnfitError: it is neither.
    """
    word = str(value).lower()
    if word not in _FLAGS:
        raise UnfitError("is neither true nor false")
    return _FLAGS[word]


def price(value: Any) -> float | None:  # noqa: ANN401 - JSON
    """Return an amount of two decimals; nothing if it is too large."""
    found = round(number(value), 2)
    return found if abs(found) < _MOST_DIGITS else None


def amount(value: Any) -> str:  # noqa: ANN401 - JSON
    """Return an amount as a string, of two decimals at most."""
    return str(round(number(value), 2))


def moment(value: Any) -> str:  # noqa: ANN401 - JSON
    """Return a date-time in UTC, which it is taken for if it has no offset.

    Raises:
        UnfitError: it is no date-time.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise UnfitError("is not a date-time") from error
    if not isinstance(value, datetime):
        raise UnfitError("is not a date-time")
    aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime(_MOMENT)


def addresses(value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    """Return a list of addresses, from a JSON list in a string or a plain one."""
    written = plain(value)
    if not written.startswith("["):
        return [written]
    try:
        found: list[Any] = json.loads(written)
    except ValueError as error:
        raise UnfitError("is not a JSON list") from error
    return found


def identity(value: Any) -> str:  # noqa: ANN401 - JSON
    """Return an id as a string.

    Raises:
        UnfitError: it is neither a string nor an integer.
    """
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise UnfitError("is not an id")
    return str(value)

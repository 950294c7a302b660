"""The kinds of attributes: what a write may send, and what a read shows.

Numbers arrive as ``int`` or ``Decimal``, so that 19.9 is 19.9.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

_TOO_LARGE = 10**12
MOMENT = "%Y-%m-%dT%H:%M:%SZ"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)")
_AMOUNT = re.compile(r"\d+(\.\d+)?")
_NOISE = Decimal("0.000001")
"""By so much a sum of floats may be off."""
_NO_TEXT = re.compile("[\\x00\\ud800-\\udfff]")
_ADDRESS = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")


class Kind(Protocol):
    """One kind of attribute."""

    def complaint(self, value: Any) -> str | None:  # noqa: ANN401 - JSON
        """Return what is wrong with a value that was sent, if anything."""
        ...

    def stored(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """Return the form in which a right value is kept and compared."""
        ...

    def shown(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """Return the form in which a kept value is read."""
        ...

    def from_text(self, text: str) -> Any:  # noqa: ANN401 - JSON
        """Return the kept form of a filter's value.

        Raises:
            ValueError: the text is not a value of this kind.
        """
        ...


class _Plain:
    """What most kinds do: keep and show a value as it was sent."""

    __slots__ = ()

    def complaint(self, value: Any) -> str | None:  # noqa: ANN401 - JSON
        raise NotImplementedError

    def stored(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        return value

    def shown(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        return value

    def from_text(self, text: str) -> Any:  # noqa: ANN401 - JSON
        if wrong := self.complaint(text):
            raise ValueError(wrong)
        return self.stored(text)


@dataclass(frozen=True, slots=True)
class Text(_Plain):
    """A string of so many characters at most; a pattern may say more."""

    most: int = 255
    pattern: str = r"[\s\S]*"
    least: int = 0

    def complaint(self, value: Any) -> str | None:  # noqa: ANN401 - JSON
        """Return what is wrong, if anything."""
        if not isinstance(value, str):
            return "is not a string"
        if len(value) < self.least:
            return "is empty"
        if len(value) > self.most:
            return f"is longer than {self.most} characters"
        if _NO_TEXT.search(value):
            return "holds a character that is none"
        if not re.fullmatch(self.pattern, value):
            return f"does not match {self.pattern}"
        return None


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return _is_whole(value) or isinstance(value, Decimal)


@dataclass(frozen=True, slots=True)
class Whole(_Plain):
    """An integer."""

    least: int = -(2**31)
    most: int = 2**31 - 1

    def complaint(self, value: Any) -> str | None:  # noqa: ANN401 - JSON
        """Return what is wrong, if anything."""
        if not _is_whole(value):
            return "is not an integer"
        if not self.least <= value <= self.most:
            return f"is not between {self.least} and {self.most}"
        return None

    def from_text(self, text: str) -> int:
        """Return the number."""
        return int(text)


@dataclass(frozen=True, slots=True)
class Number(_Plain):
    """A number of zero or more, with or without decimals."""

    def complaint(self, value: Any) -> str | None:  # noqa: ANN401 - JSON
        """Return what is wrong, if anything."""
        if not _is_number(value):
            return "is not a number"
        # That it may be negative, and how large it may be, is not documented; strict.
        return None if 0 <= value < _TOO_LARGE else f"is not between 0 and {_TOO_LARGE}"

    def stored(self, value: Any) -> Decimal:  # noqa: ANN401 - JSON
        """Return it as a decimal."""
        return Decimal(value)

    def shown(self, value: Any) -> float:  # noqa: ANN401 - JSON
        """Return it as JSON's number."""
        return float(value)

    def from_text(self, text: str) -> Decimal:
        """Return the number."""
        try:
            return Decimal(text)
        except InvalidOperation as error:
            raise ValueError("is not a number") from error


@dataclass(frozen=True, slots=True)
class Money(Number):
    """An amount of two decimals at most; read as a string of two.

    Public targets send a total as a sum of floats, such as 0.30000000000000004: that is taken as well.
    """

    digits: int = 9
    """So many before the point."""
    text: bool = False
    """Whether it may be sent as a string, as targets send totals."""

    def complaint(self, value: Any) -> str | None:  # noqa: ANN401 - JSON
        """Return what is wrong, if anything."""
        if self.text and isinstance(value, str):
            if not _AMOUNT.fullmatch(value):
                return "is not an amount such as 19.90"
        elif not _is_number(value):
            return "is not a number"
        amount = Decimal(value)
        # That an amount may be negative is not documented; strict.
        if amount < 0:
            return "is negative"
        if amount >= 10**self.digits:
            return f"has more than {self.digits} digits before the point"
        if abs(amount - round(amount, 2)) > (_NOISE if self.text else 0):
            return "has more than two decimals"
        return None

    def is_noisy(self, value: Any) -> bool:  # noqa: ANN401 - JSON
        """Say whether a right amount is a sum of floats that is not rounded."""
        amount = Decimal(value)
        return amount != round(amount, 2)

    def stored(self, value: Any) -> Decimal:  # noqa: ANN401 - JSON
        """Return it as a decimal of two places at most."""
        return round(Decimal(value), 2)

    def shown(self, value: Any) -> Any:  # noqa: ANN401 - as the other kinds
        """Return it as a string of two decimals."""
        return f"{value:.2f}"


@dataclass(frozen=True, slots=True)
class Flag(_Plain):
    """True or false."""

    def complaint(self, value: Any) -> str | None:  # noqa: ANN401 - JSON
        """Return what is wrong, if anything."""
        return None if isinstance(value, bool) else "is neither true nor false"

    def from_text(self, text: str) -> bool:
        """Return the flag."""
        if text not in ("true", "false"):
            raise ValueError("is neither true nor false")
        return text == "true"


@dataclass(frozen=True, slots=True)
class Moment(_Plain):
    """A date-time in UTC, in full seconds; as text it sorts by time.

    target-optiply writes some with +00:00 (`createdAtRemote`), the hosted ETL with Z.
    """

    def complaint(self, value: Any) -> str | None:  # noqa: ANN401 - JSON
        """Return what is wrong, if anything."""
        wrong = "is not a date-time such as 2026-11-02T08:00:00Z"
        if not isinstance(value, str) or not _MOMENT.fullmatch(value):
            return wrong
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return wrong
        return None

    def stored(self, value: str) -> str:
        """Return it with Z."""
        return value.replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Choice(_Plain):
    """One of some words; a status is read in upper case."""

    words: tuple[str, ...]
    upper: bool = False

    def complaint(self, value: Any) -> str | None:  # noqa: ANN401 - JSON
        """Return what is wrong, if anything."""
        return None if value in self.words else f"is none of {', '.join(self.words)}"

    def stored(self, value: str) -> str:
        """Return the word as it is read."""
        return value.upper() if self.upper else value

    def from_text(self, text: str) -> str:
        """Return the word, which a filter spells as a read shows it."""
        known = [self.stored(word) for word in self.words]
        if text not in known:
            message = f"is none of {', '.join(known)}"
            raise ValueError(message)
        return text


@dataclass(frozen=True, slots=True)
class Addresses(_Plain):
    """A list of e-mail addresses."""

    def complaint(self, value: Any) -> str | None:  # noqa: ANN401 - JSON
        """Return what is wrong, if anything."""
        if not isinstance(value, list):
            return "is not a list"
        for each in value:
            if not isinstance(each, str) or not _ADDRESS.fullmatch(each):
                return f"{each!r} is not a valid address"
        return None

    def from_text(self, text: str) -> Any:  # noqa: ANN401 - as the other kinds
        """Refuse: whether lists can be filtered by is not documented; strict."""
        message = f"cannot be filtered by ({text!r})"
        raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Reference(_Plain):
    """The id of another object; read as a number."""

    to: str
    whole: bool = True
    """Whether it may be sent as a number."""
    text: bool = True
    """Whether it may be sent as a string."""
    owned: bool = False
    """Whether this object goes with the other one when that is deleted."""

    def complaint(self, value: Any) -> str | None:  # noqa: ANN401 - JSON
        """Return what is wrong, if anything."""
        if self.whole and _is_whole(value):
            return None
        if self.text and isinstance(value, str) and re.fullmatch("[0-9]{1,18}", value):
            return None
        forms = " or ".join(
            form for form, allowed in (("number", self.whole), ("string", self.text)) if allowed
        )
        return f"is not an id, sent as {forms}"

    def stored(self, value: Any) -> int:  # noqa: ANN401 - JSON
        """Return the number."""
        return int(value)

    def from_text(self, text: str) -> int:
        """Return the number."""
        return int(text)

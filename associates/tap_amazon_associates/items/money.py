"""Amounts of money: decimals with the digits of their currency, never floats."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

_USUAL_DIGITS = 2
_DIGITS = {
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Digits after the point where they are not two (ISO 4217)."""
_CURRENCY = re.compile(r"[A-Z]{3}")
_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_LARGEST = Decimal(10) ** 15


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency, with as many digits as the currency has."""

    amount: Decimal
    currency: str


def digits_of(currency: str) -> int:
    """How many digits amounts of a currency have after the point.

    >>> digits_of("EUR"), digits_of("JPY"), digits_of("KWD")
    (2, 0, 3)
    """
    return _DIGITS.get(currency, _USUAL_DIGITS)


def money(value: Any, usual_currency: str) -> Money | None:
    """The money of an answer: `{amount, currency, displayAmount}`.

    The model says that the amount is a JSON number; a text with a point is read as well, and a currency
    that is missing is the marketplace's. What cannot be read is None, and costs the item nothing else.

    >>> money({"amount": "1299.9", "currency": "EUR"}, "EUR")
    Money(amount=Decimal('1299.90'), currency='EUR')
    """
    if not isinstance(value, dict):
        return None
    amount = _decimal(value.get("amount"))
    currency = value.get("currency") or usual_currency
    if amount is None or not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        return None
    return Money(amount.quantize(Decimal(1).scaleb(-digits_of(currency))), currency)


def number(value: Any) -> Decimal | None:
    """A number of an answer, also as a text; None if it is none."""
    return _decimal(value)


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    text = str(value).strip()
    if isinstance(value, str) and not _PLAIN.fullmatch(text):
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < _LARGEST else None

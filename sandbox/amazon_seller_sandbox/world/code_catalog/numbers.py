"""Codes and ASINs of the code catalog: every number once, none of a restricted range."""

from __future__ import annotations

from typing import Final

from amazon_seller_sandbox.chance import BASE36

_EUROPEAN: Final = (
    "400",
    "405",
    "426",
    "301",
    "340",
    "501",
    "761",
    "800",
    "841",
    "871",
    "590",
    "490",
)
_AMERICAN: Final = ("01", "03", "06", "07", "08", "09")
_STEP: Final = 7_919
"""Has no divisor in common with 10, so that multiples of it modulo a power of ten are all different."""
_ASINS: Final = 36**8
_ASIN_STEP: Final = 2_654_435_761
"""Odd and no multiple of 3: no divisor in common with 36."""


def check_digit(body: str) -> str:
    """Return the check digit of a GTIN's other digits."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(body[::-1]))
    return str(-total % 10)


def ean(index: int, chance: int) -> str:
    """Return the EAN-13 of a European or Japanese product."""
    body = _EUROPEAN[chance % len(_EUROPEAN)] + f"{index * _STEP % 10**9:09d}"
    return body + check_digit(body)


def upc(index: int, chance: int) -> str:
    """Return the UPC-A of an American product as EAN-13."""
    body = _AMERICAN[chance % len(_AMERICAN)] + f"{index * _STEP % 10**10:010d}"
    return body + check_digit(body)


def short_upc(index: int) -> tuple[str, str]:
    """Return a UPC that has a short form, as EAN-13, and that form (UPC-E)."""
    maker, item = index % 100_000, 5 + index // 100_000 % 5
    upc_a = f"0{maker:05d}0000{item}"
    digit = check_digit(upc_a)
    return f"0{upc_a}{digit}", f"0{maker:05d}{item}{digit}"


def ean8(index: int) -> str:
    """Return an EAN-8 as EAN-13: with zeros before it."""
    body = f"{3 + index % 5}{index * _STEP % 10**6:06d}"
    return (body + check_digit(body)).zfill(13)


def isbn(index: int, chance: int) -> tuple[str, str | None]:
    """Return an ISBN-13 and its ISBN-10, of which 979 has none."""
    if chance % 8 == 0:
        body = "979" + ("10", "12")[chance // 8 % 2] + f"{index * _STEP % 10**7:07d}"
        return body + check_digit(body), None
    nine = f"{(0, 1, 2, 3)[chance // 8 % 4]}{index * _STEP % 10**8:08d}"
    rest = -sum((10 - place) * int(digit) for place, digit in enumerate(nine)) % 11
    return f"978{nine}{check_digit('978' + nine)}", nine + ("X" if rest == 10 else str(rest))  # noqa: PLR2004


def asin(item: int) -> str:
    """Return the ASIN of an item by its number."""
    number, digits = item * _ASIN_STEP % _ASINS, []
    for _ in range(8):
        number, digit = divmod(number, 36)
        digits.append(BASE36[digit])
    return "B0" + "".join(digits)

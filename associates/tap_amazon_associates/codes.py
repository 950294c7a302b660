"""Product codes (EAN, UPC, GTIN, ISBN) in the one form in which they can be compared: GTIN-14.

Source: GS1 General Specifications, 3.3 and 7.9 (check digit), and ISO 2108 for ISBN.
"""

from __future__ import annotations

import re

from tap_amazon_associates.links.products import is_isbn10

_LENGTH = 14
_SHORTEST = 8
_DIGITS = re.compile(r"[0-9]+")
_BETWEEN = re.compile(r"[\s\u2010-\u2015-]+")


def check_digit(digits: str) -> str:
    """The digit that completes a code: weights 3 and 1 from the right, up to a multiple of 10.

    >>> check_digit("400638133393")
    '1'
    """
    total = sum(
        int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits))
    )
    return str(-total % 10)


def gtin14(text: str) -> str | None:
    """A code as GTIN-14, or None if it is none: of another length, or with a wrong check digit.

    Blanks and dashes are left out. Leading zeros that a spreadsheet has taken away are put back where
    the check digit is right; an ISBN-10 becomes the EAN of its book.

    >>> gtin14("4006381333931"), gtin14("36000291452"), gtin14("3-16-148410-X")
    ('04006381333931', '00036000291452', '09783161484100')
    """
    code = _BETWEEN.sub("", text.strip()).upper()
    if is_isbn10(code) and not _is_gtin(code):
        code = _ean_of_isbn10(code)
    if not _is_gtin(code):
        return None
    return code.zfill(_LENGTH)


def same_product(code: str, codes: list[str]) -> bool:
    """Whether a code is one of others, in whatever form each is written."""
    wanted = gtin14(code)
    return wanted is not None and any(gtin14(each) == wanted for each in codes)


def _is_gtin(code: str) -> bool:
    return (
        _DIGITS.fullmatch(code) is not None
        and _SHORTEST <= len(code) <= _LENGTH
        and check_digit(code[:-1]) == code[-1]
        and code.strip("0") != ""
    )


def _ean_of_isbn10(isbn: str) -> str:
    digits = f"978{isbn[:-1]}"
    return digits + check_digit(digits)

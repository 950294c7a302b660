"""Check digits and conversions of GTIN, ISBN-10, UPC-E and MINSAN.

Sources: GS1 General Specifications (GTIN check digit, UPC-E, prefixes); ISO 2108 (ISBN-10);
Italian AIC codes as python-stdnum's `it.aic` checks them, which the tests take for an oracle.
"""

from __future__ import annotations

from typing import Final

GTIN_LENGTH: Final = 14
BASE_32: Final = "0123456789BCDFGHJKLMNPQRSTUVWXYZ"
"""The digits of a MINSAN in base 32: no vowels."""


def gtin_check_digit(body: str) -> str:
    """The check digit of a GTIN's other digits: weights 3, 1, 3, ... from the right.

    >>> gtin_check_digit("400638133393")
    '1'
    """
    total = 3 * sum(map(int, body[::-2])) + sum(map(int, body[-2::-2]))
    return str(-total % 10)


def fits_gtin(digits: str) -> bool:
    """Whether the last digit checks the others. Zeros on the left change nothing.

    >>> fits_gtin("4006381333931"), fits_gtin("04006381333931"), fits_gtin("4006381333932")
    (True, True, False)
    """
    total = sum(map(int, digits[::-2])) + 3 * sum(map(int, digits[-2::-2]))
    return total % 10 == 0


def fits_isbn10(code: str) -> bool:
    """Whether the last character (0-9, X) of ten checks the others: weights 10 to 1, mod 11.

    >>> fits_isbn10("080442957X"), fits_isbn10("0804429570")
    (True, False)
    """
    values = [*map(int, code[:9]), 10 if code[9] == "X" else int(code[9])]
    return sum((10 - place) * value for place, value in enumerate(values)) % 11 == 0


def isbn10_to_gtin(code: str) -> str:
    """The GTIN-14 of an ISBN-10.

    >>> isbn10_to_gtin("080442957X")
    '09780804429573'
    """
    body = "978" + code[:9]
    return ("0" + body + gtin_check_digit(body)).zfill(GTIN_LENGTH)


def gtin_to_isbn10(gtin: str) -> str | None:
    """The ISBN-10 of a GTIN-14 that begins with 978; None of any other: 979 has none.

    >>> gtin_to_isbn10("09780804429573"), gtin_to_isbn10("09791090636071")
    ('080442957X', None)
    """
    if not gtin.startswith("0978"):
        return None
    body = gtin[4:13]
    rest = -sum((10 - place) * int(digit) for place, digit in enumerate(body)) % 11
    return body + ("X" if rest == 10 else str(rest))  # noqa: PLR2004 - X stands for ten


def upc_e_to_gtin(code: str) -> str | None:
    """The GTIN-14 of a UPC-E of eight digits; None where it is none.

    The seventh digit says where the zeros were left out; the check digit is that of the UPC-A.

    >>> upc_e_to_gtin("01234565"), upc_e_to_gtin("01234566")
    ('00012345000065', None)
    """
    system, body, last, check = code[0], code[1:6], code[6], code[7]
    if system not in "01":
        return None
    if last in "012":
        expanded = body[:2] + last + "0000" + body[2:]
    elif last == "3":
        expanded = body[:3] + "00000" + body[3:]
    elif last == "4":
        expanded = body[:4] + "00000" + body[4:]
    else:
        expanded = body + "0000" + last
    upc = system + expanded
    return (upc + check).zfill(GTIN_LENGTH) if gtin_check_digit(upc) == check else None


def fits_minsan(digits: str) -> bool:
    """Whether nine digits are a MINSAN (AIC): weights 1, 2, 1, ... with digits summed.

    >>> fits_minsan("000307052")
    True
    """
    doubled = [2 * int(digit) for digit in digits[1:8:2]]
    total = sum(value // 10 + value % 10 for value in doubled) + sum(map(int, digits[0:8:2]))
    return total % 10 == int(digits[8])


def minsan_of_base32(code: str) -> str:
    """The nine digits of a MINSAN of six characters of base 32.

    >>> minsan_of_base32("009CVD")
    '000307052'
    """
    value = 0
    for character in code:
        value = value * 32 + BASE_32.index(character)
    return str(value).zfill(9)


def restriction(gtin: str) -> str | None:  # noqa: PLR0911 - a table of prefixes
    """Why a GTIN-14 identifies no product that is traded; None where it may.

    Source: GS1 General Specifications, "GS1 Prefixes" (restricted circulation, coupons, refund receipts,
    ISSN) and the GTIN-8 prefixes 0 and 2.
    """
    if gtin[0] != "0":
        return None
    prefix = gtin[1:4]
    if gtin.startswith("000000"):
        return "a number for use inside a company (GTIN-8 0 or 2)" if gtin[6] in "02" else None
    if prefix[:2] in {"02", "04"} or prefix[0] == "2":
        return "a number for use inside a shop or company"
    if prefix[:2] == "05" or prefix[:2] == "99" or "981" <= prefix <= "984":
        return "a coupon"
    if prefix == "980":
        return "a refund receipt"
    if prefix == "977":
        return "a serial publication (ISSN), of which each issue has the same number"
    return None

"""Product codes in one form, amounts with the digits of their currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tap_amazon_associates.codes import gtin14, same_product
from tap_amazon_associates.items.listings import searchable
from tap_amazon_associates.items.money import Money, money, number


@pytest.mark.parametrize(
    ("text", "gtin"),
    [
        ("4006381333931", "04006381333931"),
        ("04006381333931", "04006381333931"),
        ("036000291452", "00036000291452"),
        ("36000291452", "00036000291452"),  # a spreadsheet took the zero
        ("73513537", "00000073513537"),
        ("4-006381-333931", "04006381333931"),
        (" 4006381333931 ", "04006381333931"),
        ("978-3-16-148410-0", "09783161484100"),
        ("3-16-148410-X", "09783161484100"),
        ("4006381333932", None),
        ("40063813338", None),
        ("0000000000000", None),
        ("400638133393A", None),
        ("1234567", None),
        ("", None),
    ],
)
def test_a_code_has_one_form_however_it_is_written(text: str, gtin: str | None) -> None:
    assert gtin14(text) == gtin


def test_codes_are_the_same_product_in_any_form() -> None:
    assert same_product("36000291452", ["x", "0036000291452"])
    assert not same_product("4006381333931", ["4006381333948"])
    assert not same_product("none", ["none"])


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("36000291452", "036000291452"),
        ("04006381333931", "4006381333931"),
        ("73513537", "73513537"),
        ("3-16-148410-X", "9783161484100"),
        ("14006381333938", "14006381333938"),
    ],
)
def test_a_search_writes_a_code_as_products_show_it(code: str, shown: str) -> None:
    assert searchable(code) == shown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"amount": Decimal("799.99"), "currency": "EUR"}, "799.99 EUR"),
        ({"amount": Decimal("19.9"), "currency": "EUR"}, "19.90 EUR"),
        ({"amount": 20, "currency": "EUR"}, "20.00 EUR"),
        ({"amount": Decimal("19.989999999999998"), "currency": "EUR"}, "19.99 EUR"),
        ({"amount": Decimal("1299.0"), "currency": "JPY"}, "1299 JPY"),
        ({"amount": "1299.90", "currency": "EUR"}, "1299.90 EUR"),
        ({"amount": Decimal("5.5"), "currency": None}, "5.50 PLN"),
        ({"amount": Decimal("5.5")}, "5.50 PLN"),
        ({"amount": "1.299,90", "currency": "EUR"}, None),
        ({"amount": "NaN", "currency": "EUR"}, None),
        ({"amount": Decimal("Infinity"), "currency": "EUR"}, None),
        ({"amount": True, "currency": "EUR"}, None),
        ({"amount": Decimal("1e400"), "currency": "EUR"}, None),
        ({"amount": 5, "currency": "euro"}, None),
        ({"currency": "EUR"}, None),
        ([], None),
        (None, None),
    ],
)
def test_an_amount_has_the_digits_of_its_currency_or_is_none(
    value: Any, expected: str | None
) -> None:
    found = money(value, "PLN")

    assert (f"{found.amount} {found.currency}" if found else None) == expected


def test_amounts_are_never_floats() -> None:
    found = money({"amount": 19.99, "currency": "EUR"}, "EUR")

    assert found == Money(Decimal("19.99"), "EUR")
    assert number("12.5") == Decimal("12.5")
    assert number("12.5 kg") is None

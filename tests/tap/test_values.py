"""Cells become values as the marketplace means them."""

from __future__ import annotations

import pytest

from tap_amazon_seller import marketplaces
from tap_amazon_seller.reports import values

US, GB, DE, JP, AU, IN = (
    marketplaces.BY_COUNTRY[country] for country in ("US", "GB", "DE", "JP", "AU", "IN")
)


@pytest.mark.parametrize(
    ("text", "marketplace", "utc"),
    [
        ("2017-06-17T08:04:21+00:00", US, "2017-06-17T08:04:21+00:00"),
        ("2017-06-17T10:04:21+02:00", DE, "2017-06-17T08:04:21+00:00"),
        ("2026-07-06T00:00:00-0700", US, "2026-07-06T07:00:00+00:00"),
        ("2022-05-31 17:21:53 PDT", US, "2022-06-01T00:21:53+00:00"),
        ("2022-12-31 17:21:53 PST", US, "2023-01-01T01:21:53+00:00"),
        ("29/09/2025 16:19:39 BST", GB, "2025-09-29T15:19:39+00:00"),
        ("03/02/2025 16:19:39 GMT", GB, "2025-02-03T16:19:39+00:00"),
        ("03/02/2025 16:19:39", US, "2025-03-03T00:19:39+00:00"),
        ("07.11.2026", DE, "2026-11-06T23:00:00+00:00"),
        ("07/11/2025 16:19:39 CET", DE, "2025-11-07T15:19:39+00:00"),
        ("2025/09/29 16:19:39 JST", JP, "2025-09-29T07:19:39+00:00"),
        ("29/09/2025 16:19:39 AEST", AU, "2025-09-29T06:19:39+00:00"),
        ("29/09/2025 16:19:39 IST", IN, "2025-09-29T10:49:39+00:00"),
        ("2026-11-02T08:00:00.123Z", DE, "2026-11-02T08:00:00+00:00"),
    ],
)
def test_a_date_is_iso_8601_in_utc_whatever_the_marketplace_writes(
    text: str, marketplace: marketplaces.Marketplace, utc: str
) -> None:
    assert values.instant(text, marketplace) == utc


@pytest.mark.parametrize("text", ["yesterday", "31/31/2025", "2025-09-29 16:19:39 XYZT", "12"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        values.instant(text, DE)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("19.99", 19.99),
        ("0", 0.0),
        ("-3.50", -3.5),
        ("19,99", 19.99),
        ("1,234", 1234.0),
        ("1,234.50", 1234.5),
        ("1.234,50", 1234.5),
        (" 7 ", 7.0),
    ],
)
def test_a_number_may_have_a_decimal_point_or_comma(text: str, number: float) -> None:
    assert values.number(text) == number


@pytest.mark.parametrize("text", ["", "abc", "1e5", "nan", "inf", "1,2,3", "$5", "1.2.3"])
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        values.number(text)


@pytest.mark.parametrize(("text", "whole"), [("12", 12), ("12.0", 12), ("1,200", 1200), ("-4", -4)])
def test_a_quantity_is_a_whole_number(text: str, whole: int) -> None:
    assert values.integer(text) == whole


def test_a_broken_quantity_is_refused_rather_than_rounded() -> None:
    with pytest.raises(ValueError, match=r".*"):
        values.integer("1.5")


@pytest.mark.parametrize(
    ("text", "truth"), [("true", True), ("Yes", True), ("y", True), ("No", False), ("0", False)]
)
def test_booleans_come_in_several_words(text: str, *, truth: bool) -> None:
    assert values.boolean(text) is truth

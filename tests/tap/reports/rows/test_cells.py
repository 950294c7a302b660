"""Cells become values as the marketplace means them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amazon_selling_partner import marketplaces
from tap_amazon_seller.reports.rows import cells

if TYPE_CHECKING:
    from decimal import Decimal

US, GB, DE, JP, AU, IN, BR, SG = (
    marketplaces.BY_COUNTRY[country] for country in ("US", "GB", "DE", "JP", "AU", "IN", "BR", "SG")
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
        ("07.11.2025 16:19:39 MEZ", DE, "2025-11-07T15:19:39+00:00"),
        ("29.09.2025 16:19:39 MESZ", DE, "2025-09-29T14:19:39+00:00"),
        ("29/09/2025 16:19:39 BRST", BR, "2025-09-29T18:19:39+00:00"),
        ("29/09/2025 16:19:39 GMT-03:00", BR, "2025-09-29T19:19:39+00:00"),
        ("2025-09-29 16:19:39 GMT+0530", IN, "2025-09-29T10:49:39+00:00"),
        ("29/09/2025 16:19:39 SST", SG, "2025-09-29T08:19:39+00:00"),
        ("29/09/2025 16:19:39 EST", AU, "2025-09-29T06:19:39+00:00"),
        ("29/01/2025 16:19:39 EDT", AU, "2025-01-29T05:19:39+00:00"),
        ("2025-01-29 16:19:39 EST", US, "2025-01-29T21:19:39+00:00"),
        ("2026-11-02T08:00:00.123Z", DE, "2026-11-02T08:00:00+00:00"),
        ("2026-11-02 08:00:00+00:00", DE, "2026-11-02T08:00:00+00:00"),
    ],
)
def test_a_date_is_iso_8601_in_utc_whatever_the_marketplace_writes(
    text: str, marketplace: marketplaces.Marketplace, utc: str
) -> None:
    assert cells.instant(text, marketplace) == utc


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "31/31/2025",
        "2025-09-29 16:19:39 XYZT",
        "2025-09-29 16:19:39 SST",
        "2025-09-29 16:19:39 PST-03:00",
        "12",
        "2017-W01-1T08:04:21+00:00",
        "20170617T080421.000+00:00",
        "2017-06-17T080421.0+00:00",
        "2017-13-17T08:04:21+00:00",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        cells.instant(text, DE)


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
        ("0,125", 0.125),
        ("0,1", 0.1),
        ("1250,125", 1250.125),
        ("1.250,125", 1250.125),
        ("1,2345", 1.2345),
        ("12,345", 12345.0),
        ("-1,234,567", -1234567.0),
    ],
)
def test_a_number_may_have_a_decimal_point_or_comma(text: str, number: float) -> None:
    assert cells.number(text) == number


@pytest.mark.parametrize(
    "text", ["", "abc", "1e555", "nan", "inf", "1,2,3", "$5", "1.2.3", "1_0", "9" * 400]
)
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        cells.number(text)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("12", 12),
        ("12.0", 12),
        ("1,200", 1200),
        ("-4", -4),
        (" 7 ", 7),
        (".0", 0),
        ("9007199254740993.0", 9007199254740993),
    ],
)
def test_a_quantity_is_a_whole_number(text: str, whole: int) -> None:
    assert cells.integer(text) == whole


@pytest.mark.parametrize("text", ["1.5", "1_000", "-", "9" * 30, "9" * 5000, "²"])
def test_a_broken_quantity_is_refused_rather_than_rounded(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        cells.integer(text)


@pytest.mark.parametrize(
    ("text", "country", "day"),
    [
        ("07/06/2026", "US", "2026-07-06"),
        ("07/06/2026", "GB", "2026-06-07"),
        ("2026-07-06", "JP", "2026-07-06"),
        ("2026/07/06", "JP", "2026-07-06"),
        ("06.07.2026", "DE", "2026-07-06"),
        ("2026-07-06T23:30:00-0700", "US", "2026-07-06"),
        ("7/6/26", "US", "2026-07-06"),
        ("06.07.26", "DE", "2026-07-06"),
        ("06/07/26", "CA", "2026-07-06"),
        ("06/07/26", "GB", "2026-07-06"),
        ("26/07/06", "JP", "2026-07-06"),
        ("2026-07-06", "SE", "2026-07-06"),
    ],
)
def test_a_day_stays_the_day_that_is_written(text: str, country: str, day: str) -> None:
    assert cells.day(text, marketplaces.BY_COUNTRY[country]) == day


@pytest.mark.parametrize(
    "text", ["10/2026", "2026-13-01", "yesterday", "", "31/12/26", "12/31.26", "12-31-26"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        cells.day(text, marketplaces.BY_COUNTRY["US"])


@pytest.mark.parametrize(
    ("text", "truth"), [("true", True), ("Yes", True), ("y", True), ("No", False), ("0", False)]
)
def test_booleans_come_in_several_words(text: str, *, truth: bool) -> None:
    assert cells.boolean(text) is truth


# Any text, and whatever is written in a marketplace's way

STEADY = settings(derandomize=True, deadline=None, max_examples=300)
ANYWHERE = st.sampled_from(marketplaces.ALL)
NUMBER_LIKE = st.text(st.sampled_from("0123456789.,+-_ e²٣"), max_size=24)
DATE_LIKE = st.text(st.sampled_from("0123456789-/.:+ TZWPSDCE"), max_size=30)
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", re.ASCII)
MOMENT = st.datetimes(datetime(2015, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)


@STEADY
@given(st.text(max_size=30) | NUMBER_LIKE)
def test_any_text_is_a_finite_number_or_refused(text: str) -> None:
    for read in (cells.number, cells.integer):
        try:
            value = read(text)
        except ValueError:
            continue
        assert abs(value) < float("inf")
        assert isinstance(value, float) or abs(value) < 2**63


@STEADY
@given(st.text(max_size=30))
def test_any_text_is_true_false_or_refused(text: str) -> None:
    try:
        assert cells.boolean(text) in {True, False}
    except ValueError:
        assert text.strip().lower() not in {"true", "false"}


@STEADY
@given(st.text(max_size=30) | DATE_LIKE | DATE_LIKE.map("{}+00:00".format), ANYWHERE)
def test_any_text_is_an_instant_in_utc_or_refused(
    text: str, marketplace: marketplaces.Marketplace
) -> None:
    try:
        found = cells.instant(text, marketplace)
    except (OverflowError, ValueError):
        return
    assert RFC_3339.fullmatch(found)
    assert datetime.fromisoformat(found).tzinfo is not None


@STEADY
@given(st.integers(-(10**15), 10**15))
def test_a_whole_number_reads_back_in_every_notation(value: int) -> None:
    for text in (f"{value}", f"{value:,}", f"{value}.00", f" {value} ", f"{value:+d}"):
        assert cells.integer(text) == value, text


@STEADY
@given(st.decimals(-(10**9), 10**9, places=2))
def test_money_reads_back_in_every_notation(value: Decimal) -> None:
    grouped = f"{value:,.2f}"
    continental = grouped.translate(str.maketrans(",.", ".,"))
    for text in (f"{value:.2f}", grouped, continental, f"{value:.2f}".replace(".", ",")):
        assert cells.number(text) == float(value), text


@STEADY
@given(MOMENT, ANYWHERE)
def test_an_instant_reads_back_in_every_notation_of_its_marketplace(
    moment: datetime, marketplace: marketplaces.Marketplace
) -> None:
    local = moment.astimezone(ZoneInfo(marketplace.time_zone))
    slashes = "%m/%d/%Y" if marketplace.month_first else "%d/%m/%Y"
    texts = [
        moment.isoformat(),
        f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        f"{local:%Y-%m-%dT%H:%M:%S%z}",
        local.isoformat(),
        f"{moment:{slashes} %H:%M:%S} UTC",
        f"{moment:%d.%m.%Y %H:%M:%S} GMT",
    ]
    twice = local.replace(fold=1).utcoffset() != local.replace(fold=0).utcoffset()
    if not twice:
        texts += [f"{local:{slashes} %H:%M:%S}", f"{local:%Y/%m/%d %H:%M:%S}"]
    zone = local.tzname() or ""
    if zone.isalpha() and (zone in cells.ZONES or marketplace.country == "IN"):
        texts.append(f"{local:%Y-%m-%d %H:%M:%S} {zone}")
    for text in texts:
        assert cells.instant(text, marketplace) == moment.isoformat(), text


@pytest.mark.parametrize("marketplace", marketplaces.ALL, ids=lambda market: market.country)
def test_the_zones_that_a_marketplaces_clock_names_are_known_with_their_hours(
    marketplace: marketplaces.Marketplace,
) -> None:
    for month in (1, 7):
        local = datetime(2026, month, 15, 12, tzinfo=ZoneInfo(marketplace.time_zone))
        zone = local.tzname() or ""
        if not zone.isalpha():
            continue
        utc = local.astimezone(UTC).isoformat()
        assert cells.instant(f"{local:%Y-%m-%d %H:%M:%S} {zone}", marketplace) == utc

"""The sync requests the windows it needs, no more and no less."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from amazon_selling_partner import marketplaces
from tap_amazon_seller.reports.definitions import (
    Access,
    ReportDefinition,
    Span,
    currency_of,
    id_of,
)
from tap_amazon_seller.reports.requests import plan
from tap_amazon_seller.reports.requests.windows import ReportRequest, Window, urgency, windows
from tap_amazon_seller.streams import analytics, inventory, vendor
from tap_amazon_seller.streams.orders import ALL_ORDERS
from tap_amazon_seller.streams.products import LISTINGS

if TYPE_CHECKING:
    import pytest

FBA_INVENTORY = inventory.REPORTS[0].report
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
DE = marketplaces.BY_COUNTRY["DE"]


@given(st.integers(1, 700 * 24 * 3600), st.integers(0, 400 * 24 * 3600))
def test_windows_cover_the_time_without_a_gap_and_within_amazons_limit(
    start_seconds: int, end_seconds: int
) -> None:
    start = NOW - timedelta(seconds=start_seconds)
    until = start + timedelta(seconds=end_seconds)

    found, gap = windows(ALL_ORDERS, start, until, NOW)

    assert gap is None
    last = min(until, NOW)
    if last <= start:
        assert found == []
        return
    assert (found[0].start, found[-1].end) == (start, last)
    assert all(one.end == other.start for one, other in pairwise(found))
    assert all(window.end - window.start <= timedelta(days=30) for window in found)


def test_what_amazon_no_longer_has_is_named_as_a_gap() -> None:
    found, gap = windows(ALL_ORDERS, NOW - timedelta(days=1000), NOW, NOW)

    oldest = NOW - timedelta(days=730)
    assert gap == Window(NOW - timedelta(days=1000), oldest)
    assert found[0].start == oldest.replace(hour=0), (
        "a rerun on the same day requests the same windows"
    )


def test_a_rerun_from_the_same_bookmark_asks_for_the_same_full_windows() -> None:
    start = NOW - timedelta(days=100)

    before, _ = windows(ALL_ORDERS, start, NOW, NOW)
    after, _ = windows(ALL_ORDERS, start, NOW + timedelta(hours=2), NOW + timedelta(hours=2))

    assert before[:-1] == after[:-1]


def test_snapshots_come_first_then_the_most_overdue_window() -> None:
    recent, old = Window(NOW - timedelta(days=1), NOW), Window(NOW - timedelta(days=31), NOW)
    requests = [
        ReportRequest(ALL_ORDERS, DE, recent),
        ReportRequest(ALL_ORDERS, DE, old),
        ReportRequest(LISTINGS, DE),
        ReportRequest(FBA_INVENTORY, DE),
    ]

    in_order = sorted(requests, key=urgency)

    assert [request.definition for request in in_order] == [
        LISTINGS,
        FBA_INVENTORY,
        ALL_ORDERS,
        ALL_ORDERS,
    ]
    assert in_order[2].window == old


def test_half_windows_make_up_the_whole() -> None:
    window = Window(NOW - timedelta(days=3), NOW)
    first, second = window.halves()

    assert (first.start, first.end, second.end) == (window.start, second.start, window.end)


def test_a_report_type_of_short_windows_does_not_hold_up_the_others() -> None:
    traffic = analytics.REPORTS[0].report
    requests = [
        ReportRequest(traffic, DE, Window(NOW - timedelta(days=90), NOW - timedelta(days=89))),
        ReportRequest(ALL_ORDERS, DE, Window(NOW - timedelta(days=30), NOW)),
    ]

    first, second = sorted(requests, key=urgency)

    assert (first.definition, second.definition) == (ALL_ORDERS, traffic)


def test_options_can_name_the_currency_of_the_marketplace() -> None:
    definition = ReportDefinition(
        "GET_X", Access("Y"), options={"currencyCode": currency_of, "a": "b"}
    )

    assert ReportRequest(definition, DE).options == {"currencyCode": "EUR", "a": "b"}


def test_options_can_name_the_marketplace() -> None:
    definition = ReportDefinition("GET_X", Access("Y"), options={"MarketplaceId": id_of})

    assert ReportRequest(definition, DE).options == {"MarketplaceId": DE.id}


def test_half_windows_of_whole_days_meet_between_two_days() -> None:
    ledger = next(one.report for one in inventory.REPORTS if one.report.window.span is Span.DAY)
    found, _ = windows(ledger, NOW - timedelta(days=4), NOW, NOW, DE.time_zone)
    request = ReportRequest(ledger, DE, found[0])

    first, second = (half.asked_window for half in request.halves())

    assert first is not None
    assert second is not None
    assert second[0] - first[1] == timedelta(seconds=1)
    assert second[0].astimezone(ZoneInfo(DE.time_zone)).hour == 0


def test_windows_of_hours_begin_and_end_with_hours_that_are_over() -> None:
    hourly = next(each for each in vendor.REPORTS if each.name == "vendor_real_time_sales").report
    start = NOW - timedelta(days=2, minutes=17)

    found, _ = windows(hourly, start, NOW + timedelta(minutes=40), NOW + timedelta(minutes=40))

    assert found[0].start == NOW - timedelta(days=2, hours=1)
    assert found[-1].end == NOW - timedelta(hours=1)
    assert all(one.end == other.start for one, other in pairwise(found))
    assert ReportRequest(hourly, DE, found[0]).asked_window == (found[0].start, found[0].end)


def test_a_sync_of_many_reports_says_at_its_start_how_long_it_takes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    traffic = analytics.REPORTS[0].report
    found, _ = windows(traffic, NOW - timedelta(days=90), NOW, NOW)
    requests = [ReportRequest(traffic, DE, window) for window in found]

    plan.warn_of_length(requests[:30])
    assert not caplog.messages
    plan.warn_of_length(requests)

    assert "needs 87 new reports (87 GET_SALES_AND_TRAFFIC_REPORT)" in caplog.text
    assert "it takes 72 minutes or more" in caplog.text

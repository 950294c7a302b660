"""A sync waits for report types with limits of their own as long as it has patience; the rest is due."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from still_clock import NOW, StillClock

from amazon_selling_partner import ReportLimits, marketplaces
from tap_amazon_seller.reports.fetch.budget import Budget
from tap_amazon_seller.reports.fetch.job import ReportJob
from tap_amazon_seller.reports.fetch.states import ReportState
from tap_amazon_seller.reports.requests.windows import ReportRequest, Window
from tap_amazon_seller.streams.analytics import SALES_AND_TRAFFIC
from tap_amazon_seller.streams.orders import ALL_ORDERS

if TYPE_CHECKING:
    from tap_amazon_seller.reports.definitions import ReportDefinition

DAY = timedelta(days=1)
DE = marketplaces.BY_COUNTRY["DE"]
QUARTER = 900.0  # seconds


def jobs(definition: ReportDefinition, count: int) -> list[ReportJob]:
    return [
        ReportJob(ReportRequest(definition, DE, Window(NOW - (n + 1) * DAY, NOW - n * DAY)), 1, 0.0)
        for n in range(count)
    ]


def budget(clock: StillClock, patience: float) -> tuple[Budget, ReportLimits]:
    limits = ReportLimits(clock)
    found = Budget(limits, clock, patience)
    found.begin()
    return found, limits


@pytest.mark.parametrize(("patience", "kept"), [(0, 1), (QUARTER - 1, 1), (3 * QUARTER, 4)])
def test_what_the_limit_allows_in_time_is_waited_for_and_no_more(
    patience: float, kept: int
) -> None:
    waiting = jobs(SALES_AND_TRAFFIC, 10)

    left = budget(StillClock(), patience)[0].beyond(waiting)

    assert left == waiting[kept:]


def test_types_without_limits_are_never_left() -> None:
    waiting = jobs(ALL_ORDERS, 100)
    clock = StillClock()
    found, _ = budget(clock, 0)
    clock.passed = 100_000

    assert found.beyond(waiting) == []


def test_in_the_end_what_amazon_is_still_making_of_limited_types_is_left() -> None:
    clock = StillClock()
    found, limits = budget(clock, QUARTER)
    [made, waiting] = jobs(SALES_AND_TRAFFIC, 2)
    made.state = ReportState.IN_PROGRESS
    limits.accept(SALES_AND_TRAFFIC.report_type)
    assert found.beyond([made, waiting]) == []

    clock.passed = QUARTER - 1
    assert found.beyond([made, waiting]) == []
    clock.passed = QUARTER
    assert found.beyond([made, waiting]) == [made], "the other is requested, and then left"


def test_a_refusal_that_takes_longer_than_the_patience_ends_the_wait_at_once() -> None:
    found, limits = budget(StillClock(), QUARTER - 1)
    waiting = jobs(SALES_AND_TRAFFIC, 2)
    limits.refuse(SALES_AND_TRAFFIC.report_type)

    assert found.beyond(waiting) == waiting

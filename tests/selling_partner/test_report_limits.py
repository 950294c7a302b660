"""Limits of single report types: known or learned from refusals, and none holds up another type."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from still_clock import StillClock
from typing_extensions import override

from amazon_selling_partner import ReportLimit, ReportLimits

TRAFFIC, QUERIES = (
    "GET_SALES_AND_TRAFFIC_REPORT",
    "GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT",
)
STOCK, ORDERS = "GET_FBA_MYI_ALL_INVENTORY_DATA", "GET_FLAT_FILE_OPEN_LISTINGS_DATA"
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def limits(clock: StillClock) -> ReportLimits:
    return ReportLimits(clock)


def test_sales_and_traffic_may_be_requested_once_in_fifteen_minutes(
    clock: StillClock, limits: ReportLimits
) -> None:
    assert limits.seconds_until_ready(TRAFFIC) == 0
    limits.accept(TRAFFIC)

    assert limits.seconds_until_ready(TRAFFIC) == 15 * MINUTE
    assert limits.seconds_until_ready(TRAFFIC, 4) == HOUR
    clock.passed += 15 * MINUTE
    assert limits.seconds_until_ready(TRAFFIC) == 0


def test_of_what_has_a_limit_a_day_the_next_waits_until_the_oldest_is_a_day_old(
    clock: StillClock, limits: ReportLimits
) -> None:
    for _ in range(20):
        assert limits.seconds_until_ready(QUERIES) == 0
        limits.accept(QUERIES)
        clock.passed += MINUTE

    assert limits.seconds_until_ready(QUERIES) == DAY - 20 * MINUTE
    assert limits.seconds_until_ready(QUERIES, 2) == DAY - 19 * MINUTE
    clock.passed = DAY
    assert limits.seconds_until_ready(QUERIES) == 0


def test_a_refused_type_waits_longer_each_time_and_no_other_waits(
    clock: StillClock, limits: ReportLimits
) -> None:
    waits = []
    for _ in range(4):
        assert not limits.refuse(STOCK), "it is not for all types"
        waits.append(limits.seconds_until_ready(STOCK))
        clock.passed += waits[-1]
        limits.accept(ORDERS)

    assert waits == [MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE]
    assert limits.seconds_until_ready(ORDERS) == limits.seconds_until_ready(TRAFFIC) == 0


def test_the_interval_of_a_type_is_learned_from_the_call_that_passes_after_refusals(
    clock: StillClock, limits: ReportLimits
) -> None:
    limits.accept(STOCK)
    for _ in range(3):
        limits.refuse(STOCK)
        clock.passed += limits.seconds_until_ready(STOCK)
        limits.accept(ORDERS)
    limits.accept(STOCK)

    assert limits.limit_of(STOCK) == ReportLimit(timedelta(minutes=7))
    assert limits.seconds_until_ready(STOCK) == 7 * MINUTE


def test_refusals_while_nothing_else_is_accepted_may_be_of_what_all_programs_share(
    clock: StillClock, limits: ReportLimits
) -> None:
    limits.accept(STOCK)
    waits = []
    for _ in range(5):
        limits.refuse(STOCK)
        waits.append(limits.seconds_until_ready(STOCK))
        clock.passed += waits[-1]
    limits.accept(STOCK)

    assert waits == [MINUTE, 2 * MINUTE, 4 * MINUTE, 4 * MINUTE, 4 * MINUTE]
    assert not limits.is_limited(STOCK)


def test_refusals_between_which_others_are_refused_too_teach_no_interval(
    clock: StillClock, limits: ReportLimits
) -> None:
    limits.accept(STOCK)
    for _ in range(4):
        limits.refuse(STOCK)
        limits.accept(ORDERS)
        limits.refuse(ORDERS)
        clock.passed += limits.seconds_until_ready(STOCK)
        limits.accept(ORDERS)
    limits.accept(STOCK)

    assert not limits.is_limited(STOCK)


@pytest.mark.parametrize(("refusals", "hours_before"), [(1, 0), (3, 5)])
def test_a_refusal_that_others_may_have_caused_teaches_no_interval(
    clock: StillClock, limits: ReportLimits, refusals: int, hours_before: int
) -> None:
    limits.accept(STOCK)
    clock.passed += hours_before * HOUR
    for _ in range(refusals):
        limits.refuse(STOCK)
        clock.passed += limits.seconds_until_ready(STOCK)
        limits.accept(ORDERS)
    assert not limits.is_limited(STOCK)

    limits.accept(STOCK)

    assert not limits.is_limited(STOCK)
    assert limits.seconds_until_ready(STOCK) == 0


def test_what_others_use_up_of_a_known_limit_is_waited_for(
    clock: StillClock, limits: ReportLimits
) -> None:
    assert not limits.refuse(TRAFFIC)
    assert limits.seconds_until_ready(TRAFFIC) == 15 * MINUTE
    clock.passed += 15 * MINUTE
    limits.accept(TRAFFIC)

    assert limits.limit_of(TRAFFIC) == ReportLimit(timedelta(minutes=15), 96)


def test_types_without_limits_that_are_refused_in_a_row_have_used_up_what_all_share(
    limits: ReportLimits,
) -> None:
    assert [limits.refuse(STOCK), limits.refuse(STOCK), limits.refuse(ORDERS)] == [
        False,
        False,
        True,
    ]
    assert not limits.is_limited(STOCK), "it was not about this type"


def test_types_that_are_known_to_be_limited_say_nothing_of_what_all_share(
    limits: ReportLimits,
) -> None:
    assert not any(limits.refuse(name) for name in (TRAFFIC, QUERIES, STOCK, TRAFFIC, STOCK))


def test_another_program_goes_on_with_what_is_known(
    clock: StillClock, limits: ReportLimits
) -> None:
    limits.accept(TRAFFIC)
    limits.accept(STOCK)
    limits.refuse(STOCK)
    clock.passed += MINUTE
    other = ReportLimits(clock)

    other.load(limits.to_state())

    for name in (TRAFFIC, STOCK, ORDERS):
        assert other.seconds_until_ready(name) == limits.seconds_until_ready(name)
    assert other.to_state() == limits.to_state()


def test_what_is_a_day_old_is_forgotten(clock: StillClock, limits: ReportLimits) -> None:
    limits.accept(TRAFFIC)
    limits.refuse(STOCK)
    state = limits.to_state()
    clock.passed += DAY + 1
    other = ReportLimits(clock)

    other.load(state)

    assert limits.to_state().keys() <= {STOCK}
    assert (other.to_state(), other.is_limited(STOCK)) == ({}, False)


@pytest.mark.parametrize(
    "state",
    [
        None, [], {"T": 7}, {"T": {}}, {"T": {"accepted": "x", "interval": "x"}},
        {"T": {"accepted": ["x", 7, "2026-11-02T09:00:00"], "interval": -5, "refusals": "1"}},
        {TRAFFIC: {"refused": "2999-01-01T00:00:00+00:00", "refusals": 10**9, "interval": 10**9}},
    ],
)  # fmt: skip
def test_a_damaged_state_is_read_without_what_makes_no_sense(
    limits: ReportLimits, state: object
) -> None:
    limits.load(state)

    assert limits.seconds_until_ready(TRAFFIC) == 0
    assert limits.seconds_until_ready("T") == 0


class ClearingClock(StillClock):
    """A clock that knows Amazon's time better with each answer: `Date` has full seconds alone."""

    def __init__(self) -> None:
        super().__init__()
        self.behind = 0.9

    @override
    def now(self) -> datetime:
        """Return what is known of Amazon's time, which is never ahead of it."""
        return super().now() - timedelta(seconds=self.behind)


def test_a_limit_is_waited_for_in_full_while_amazons_time_becomes_known() -> None:
    clock = ClearingClock()
    limits = ReportLimits(clock)
    limits.accept(TRAFFIC)
    clock.behind = 0.0

    assert limits.seconds_until_ready(TRAFFIC) == 15 * MINUTE


def test_a_state_lets_no_report_be_requested_early_for_being_in_full_seconds(
    clock: StillClock, limits: ReportLimits
) -> None:
    clock.passed = 0.7
    limits.accept(TRAFFIC)
    limits.refuse(STOCK)
    other = ReportLimits(clock)

    other.load(limits.to_state())

    for name in (TRAFFIC, STOCK):
        wait = limits.seconds_until_ready(name)
        assert wait <= other.seconds_until_ready(name) <= wait + 1

"""Data is taken to be absent when Amazon has cancelled all of it for a day, and no sooner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tap_amazon_seller.reports.requests.cancellations import CancelledStreak, cancelled

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = 24 * HOUR
FIRST = CancelledStreak(since=NOW, until=NOW, asked=NOW)


def test_what_is_cancelled_for_the_first_time_may_yet_come() -> None:
    assert cancelled(None, NOW, NOW) == (FIRST, None)


def test_windows_that_follow_in_the_same_sync_are_remembered_with_it() -> None:
    streak, reached = cancelled(CancelledStreak(NOW, NOW - DAY, NOW), NOW, NOW)

    assert (streak, reached) == (FIRST, None)


def test_within_a_day_nothing_changes() -> None:
    assert cancelled(FIRST, NOW + 23 * HOUR, NOW + 23 * HOUR) == (FIRST, None)


def test_after_a_day_what_was_asked_for_then_is_without_data_and_the_rest_may_yet_come() -> None:
    later = NOW + DAY

    streak, reached = cancelled(FIRST, later, later)

    assert reached == NOW
    assert streak == CancelledStreak(since=NOW, until=later, asked=later)
    assert streak.is_long(later)
    assert cancelled(streak, later + HOUR, later + HOUR) == (streak, None)


def test_an_earlier_window_of_what_was_asked_for_then_ends_at_its_own_end() -> None:
    assert cancelled(FIRST, NOW - DAY, NOW + DAY) == (FIRST, NOW - DAY)


def test_a_snapshot_has_no_end() -> None:
    streak, reached = cancelled(None, None, NOW)

    assert reached is None
    assert cancelled(streak, None, NOW + DAY) == (streak, None)
    assert streak.is_long(NOW + DAY)


@pytest.mark.parametrize(
    "streak", [FIRST, CancelledStreak(NOW, None, NOW)], ids=["window", "snapshot"]
)
def test_the_state_keeps_all_of_it(streak: CancelledStreak) -> None:
    assert CancelledStreak.from_state(streak.to_state()) == streak


@pytest.mark.parametrize("value", [None, "", [], {}, {"since": 1}, {"since": "x", "asked": "y"}])
def test_what_makes_no_sense_is_not_remembered(value: object) -> None:
    assert CancelledStreak.from_state(value) is None

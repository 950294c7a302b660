"""The rule that moves a bookmark: never past data that has not been read, but over time without any."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tap_amazon_seller.errors import ReportCancelledError, ReportUnavailableError
from tap_amazon_seller.reports.requests.bookmarks import Outcome, Reading
from tap_amazon_seller.reports.requests.cancellations import CancelledStreak

DAY = timedelta(days=1)
START = datetime(2026, 11, 1, tzinfo=UTC)
NOW = START + 10 * DAY
READ, CANCELLED, UNAVAILABLE = Outcome.READ, Outcome.CANCELLED, Outcome.UNAVAILABLE
YESTERDAY = CancelledStreak(since=NOW - DAY, until=START + 2 * DAY, asked=NOW - DAY)
"""Amazon has cancelled the first two days for as long as it takes to believe it."""
JUST_NOW = CancelledStreak(since=NOW - DAY / 2, until=START + 2 * DAY, asked=NOW - DAY / 2)


def bookmarks(
    outcomes: list[Outcome], streak: CancelledStreak | None = None, bookmark: datetime = START
) -> tuple[list[int | None], Reading]:
    """The days that the bookmark moves to, after each report of one day; and what is known then."""
    reading, found = Reading(bookmark, streak), []
    for day, outcome in enumerate(outcomes, start=1):
        reading, moved_to = reading.after(outcome, START + day * DAY, NOW)
        found.append((moved_to - START).days if moved_to else None)
    return found, reading


@pytest.mark.parametrize(
    ("outcomes", "streak", "moves"),
    [
        pytest.param([READ, READ, READ], None, [1, 2, 3], id="all is read"),
        pytest.param([READ, UNAVAILABLE, READ], None, [1, None, None], id="one is missing"),
        pytest.param([UNAVAILABLE, READ], None, [None, None], id="the first is missing"),
        pytest.param([CANCELLED, READ], None, [None, None], id="cancelled for the first time"),
        pytest.param([CANCELLED, READ], JUST_NOW, [None, None], id="cancelled since this morning"),
        pytest.param([CANCELLED, CANCELLED, READ], YESTERDAY, [1, 2, 3], id="without data"),
        pytest.param([CANCELLED, READ], YESTERDAY, [1, 2], id="data after time without data"),
        pytest.param(
            [CANCELLED, CANCELLED, CANCELLED], YESTERDAY, [1, 2, 2], id="the rest may yet come"
        ),
        pytest.param(
            [CANCELLED, UNAVAILABLE, READ], YESTERDAY, [1, None, None], id="missing after no data"
        ),
        pytest.param([READ, CANCELLED], YESTERDAY, [1, None], id="new data end a streak"),
        pytest.param(
            [UNAVAILABLE, CANCELLED], YESTERDAY, [None, None], id="cancelled behind what is missing"
        ),
    ],
)
def test_a_bookmark_stays_before_what_is_missing(
    outcomes: list[Outcome], streak: CancelledStreak | None, moves: list[int | None]
) -> None:
    assert bookmarks(outcomes, streak)[0] == moves


def test_a_bookmark_never_moves_back() -> None:
    moves, _ = bookmarks([READ, READ, READ], bookmark=START + 2 * DAY)

    assert moves == [None, None, 3]


@pytest.mark.parametrize(
    ("outcomes", "kept"),
    [
        pytest.param([READ], None, id="data have come"),
        pytest.param([UNAVAILABLE], None, id="another failure"),
        pytest.param([CANCELLED, UNAVAILABLE], None, id="time without data, then a failure"),
        pytest.param([CANCELLED], YESTERDAY, id="cancelled again"),
    ],
)
def test_the_state_keeps_a_streak_while_nothing_else_is_heard_of_the_oldest_data(
    outcomes: list[Outcome], kept: CancelledStreak | None
) -> None:
    assert bookmarks(outcomes, YESTERDAY)[1].streak == kept


def test_what_lies_behind_a_gap_does_not_end_the_streak_before_it() -> None:
    _, reading = bookmarks([CANCELLED, READ, UNAVAILABLE], JUST_NOW)

    assert reading.streak == JUST_NOW


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_snapshot_moves_no_bookmark(outcome: Outcome) -> None:
    assert Reading().after(outcome, None, NOW)[1] is None


def test_a_failed_report_is_cancelled_or_unavailable() -> None:
    assert Outcome.of(None) is READ
    assert Outcome.of(ReportCancelledError("")) is CANCELLED
    assert Outcome.of(ReportUnavailableError("")) is UNAVAILABLE

"""The rule that moves a bookmark: never past data that has not been read, but over time without any."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tap_amazon_seller.errors import (
    ReportCancelledError,
    ReportDataUnavailableError,
    ReportUnavailableError,
)
from tap_amazon_seller.reports.requests.bookmarks import Outcome, Reading
from tap_amazon_seller.reports.requests.cancellations import CancelledStreak
from tap_amazon_seller.reports.requests.holes import Hole, Holes
from tap_amazon_seller.reports.requests.windows import Window

DAY = timedelta(days=1)
START = datetime(2026, 11, 1, tzinfo=UTC)
NOW = START + 10 * DAY
READ, CANCELLED, UNAVAILABLE = Outcome.READ, Outcome.CANCELLED, Outcome.UNAVAILABLE
NO_DATA = Outcome.WITHOUT_DATA
YESTERDAY = CancelledStreak(since=NOW - DAY, until=START + 2 * DAY, asked=NOW - DAY)
"""Amazon has cancelled the first two days for as long as it takes to believe it."""
JUST_NOW = CancelledStreak(since=NOW - DAY / 2, until=START + 2 * DAY, asked=NOW - DAY / 2)


def of_day(day: int) -> Window:
    """The window of a day, the first of which is 1."""
    return Window(START + (day - 1) * DAY, START + day * DAY)


def bookmarks(
    outcomes: list[Outcome],
    streak: CancelledStreak | None = None,
    bookmark: datetime = START,
    holes: Holes | None = None,
) -> tuple[list[int | None], Reading]:
    """The days that the bookmark moves to, after each report of one day; and what is known then."""
    reading, found = Reading(bookmark, streak, holes or Holes()), []
    for day, outcome in enumerate(outcomes, start=1):
        reading, moved_to = reading.after(outcome, of_day(day), NOW)
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
        pytest.param([NO_DATA, READ], None, [1, 2], id="over a hole"),
        pytest.param([READ, NO_DATA, NO_DATA, READ], None, [1, 2, 3, 4], id="over two holes"),
        pytest.param(
            [NO_DATA, UNAVAILABLE, READ], None, [1, None, None], id="missing after a hole"
        ),
        pytest.param([UNAVAILABLE, NO_DATA], None, [None, None], id="a hole after what is missing"),
        pytest.param([NO_DATA, CANCELLED], YESTERDAY, [1, None], id="a hole ends a streak"),
        pytest.param([CANCELLED, NO_DATA], YESTERDAY, [1, 2], id="a hole after time without data"),
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


AGO = NOW - 2 * DAY
"""When Amazon said first that a day is unavailable."""


def days(holes: Holes) -> list[int]:
    """The days that end the holes."""
    return [(hole.window.end - START).days for hole in holes.every]


@pytest.mark.parametrize(
    ("outcomes", "known", "left"),
    [
        pytest.param([READ, NO_DATA, READ], [], [2], id="new"),
        pytest.param([UNAVAILABLE, NO_DATA], [], [2], id="new, behind what is missing"),
        pytest.param([READ], [1, 2], [2], id="filled"),
        pytest.param([NO_DATA], [1, 2], [1, 2], id="as before"),
        pytest.param([CANCELLED], [1], [1], id="cancelled"),
        pytest.param([UNAVAILABLE], [1], [1], id="not available just now"),
    ],
)
def test_the_state_keeps_holes_until_they_are_filled(
    outcomes: list[Outcome], known: list[int], left: list[int]
) -> None:
    holes = Holes(every=tuple(Hole(of_day(day), AGO, AGO) for day in known))
    bookmark = START + max(known, default=0) * DAY

    moves, reading = bookmarks(outcomes, bookmark=bookmark, holes=holes)

    assert days(reading.holes) == left
    assert not known or moves == [None]


@pytest.mark.parametrize("outcome", list(Outcome))
def test_what_becomes_of_a_hole_says_nothing_of_the_bookmark(outcome: Outcome) -> None:
    bookmark, hole = START + 2 * DAY, Hole(of_day(1), AGO, AGO)

    reading, moved_to = Reading(bookmark, YESTERDAY, Holes(every=(hole,))).after(
        outcome, of_day(1), NOW
    )

    assert moved_to is None
    assert reading.is_unbroken
    assert reading.streak == YESTERDAY


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_snapshot_moves_no_bookmark(outcome: Outcome) -> None:
    assert Reading().after(outcome, None, NOW)[1] is None


def test_a_snapshot_that_is_unavailable_for_a_day_is_without_data() -> None:
    streak = CancelledStreak(since=NOW - DAY, until=None, asked=NOW - DAY)

    reading, _ = Reading(streak=streak).after(NO_DATA, None, NOW)

    assert reading.streak is not None
    assert reading.streak.is_long(NOW)
    assert reading.lacks_only_cancelled


def test_a_failed_report_is_cancelled_or_unavailable() -> None:
    assert Outcome.of(None) is READ
    assert Outcome.of(ReportCancelledError("")) is CANCELLED
    assert Outcome.of(ReportDataUnavailableError("")) is NO_DATA
    assert Outcome.of(ReportUnavailableError("")) is UNAVAILABLE

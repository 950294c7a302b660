"""What a state keeps of time that Amazon says to be unavailable, and when that is requested again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tap_amazon_seller.reports.requests.holes import FILLED_AFTER, Hole, Holes
from tap_amazon_seller.reports.requests.windows import Window

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
FORTNIGHT = Window(NOW - 17 * DAY, NOW - 3 * DAY)


def window(first: int, last: int) -> Window:
    """From so many days ago to so many days ago."""
    return Window(NOW - first * DAY, NOW - last * DAY)


def holes(*windows: Window, since: datetime = NOW - HOUR, unit: timedelta = DAY) -> Holes:
    """Holes that have been there since then, and were requested then."""
    return Holes(unit, tuple(Hole(one, since, since) for one in sorted(windows)))


def of(found: Holes) -> list[Window]:
    return [hole.window for hole in found.every]


def test_what_is_read_of_a_hole_is_none_any_more_and_the_rest_stays() -> None:
    found = holes(FORTNIGHT).without(window(10, 8))

    assert of(found) == [window(17, 10), window(8, 3)]
    assert {hole.since for hole in found.every} == {NOW - HOUR}
    assert of(holes(FORTNIGHT).without(window(30, 1))) == []
    assert of(holes(FORTNIGHT).without(window(3, 1))) == [FORTNIGHT]


def test_the_time_counts_from_when_amazon_said_it_first() -> None:
    found = holes(window(5, 4), unit=7 * DAY).seen(window(6, 3), NOW)

    assert [(hole.window, hole.since, hole.asked) for hole in found.every] == [
        (window(6, 5), NOW, NOW),
        (window(5, 4), NOW - HOUR, NOW),
        (window(4, 3), NOW, NOW),
    ]


@pytest.mark.parametrize(
    ("one", "covered"),
    [
        (window(17, 3), True),
        (window(16, 12), True),
        (window(18, 12), False),
        (window(4, 2), False),
        (window(2, 1), False),
    ],
)
def test_a_window_is_covered_by_holes_that_touch(one: Window, *, covered: bool) -> None:
    assert holes(window(17, 9), window(9, 3)).cover(one) is covered


def test_what_is_said_for_a_day_is_a_time_without_data_and_forgotten_two_weeks_after() -> None:
    recent, past = window(5, 4), Window(NOW - FILLED_AFTER - DAY, NOW - FILLED_AFTER)
    for since, is_without_data, kept in (
        (NOW - 23 * HOUR, False, [past, recent]),
        (NOW - 24 * HOUR, True, [recent]),
    ):
        found = holes(recent, past, since=since).seen(past, NOW).seen(recent, NOW)

        assert found.is_without_data(past) is is_without_data
        assert found.is_without_data(recent) is is_without_data
        assert of(found) == kept


def test_a_long_hole_is_without_data_only_piece_by_piece() -> None:
    found = holes(FORTNIGHT, since=NOW - 2 * DAY).seen(FORTNIGHT, NOW)

    assert found.is_long(found.every[0])
    assert not found.is_without_data(FORTNIGHT)
    found = found.seen(window(17, 16), NOW + HOUR)
    assert found.is_without_data(window(17, 16)), "it is forgotten"
    assert of(found) == [window(16, 3)]
    assert not found.is_without_data(window(16, 3))


def test_a_part_of_a_long_hole_is_not_forgotten_before_it_was_requested_by_itself() -> None:
    two_days = window(17, 15)
    found = holes(two_days, since=NOW - 2 * DAY).seen(two_days, NOW)

    found = found.seen(window(17, 16), NOW + HOUR)

    assert of(found) == [window(16, 15)]
    assert [hole.window for hole in found.due(NOW + 2 * HOUR)] == [window(16, 15)]
    assert of(found.seen(window(16, 15), NOW + 2 * HOUR)) == []
    assert of(found.seen(window(16, 10), NOW + 2 * HOUR)) == [window(16, 15), window(15, 10)]


def test_a_week_is_the_shortest_time_of_a_report_by_weeks() -> None:
    week = window(13, 6)
    found = holes(week, since=NOW - 2 * DAY, unit=7 * DAY).seen(week, NOW)

    assert not found.is_long(found.every[0])
    assert found.is_without_data(week)


def test_holes_are_due_in_every_sync_and_once_a_day_after_they_are_believed() -> None:
    new, believed = (
        Hole(window(5, 4), NOW - HOUR, NOW - HOUR),
        Hole(window(9, 8), NOW - 3 * DAY, NOW - 2 * HOUR),
    )
    found = Holes(DAY, (believed, new))

    assert found.due(NOW) == [new]
    assert found.due(NOW, pause=12 * HOUR) == []
    assert found.due(NOW + DAY, pause=12 * HOUR) == [believed, new]
    assert found.due(NOW - HOUR) == [], "they were requested in this sync"


def test_the_state_keeps_all_of_them() -> None:
    found = holes(window(5, 4), FORTNIGHT)

    assert Holes.from_state(found.to_state(), DAY, None) == found
    assert of(Holes.from_state(found.to_state(), DAY, NOW - 4 * DAY)) == [FORTNIGHT]
    assert Holes.from_state(None, DAY, None) == Holes(DAY)

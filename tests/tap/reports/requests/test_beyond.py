"""What a state keeps of windows beyond a bookmark, so that a limited type is not requested in vain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tap_amazon_seller.reports.requests.beyond import AGAIN_AFTER, Beyond, revisits
from tap_amazon_seller.reports.requests.windows import Window

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
FIRST, SECOND = Window(NOW - 9 * DAY, NOW - 8 * DAY), Window(NOW - 8 * DAY, NOW - 7 * DAY)


def test_a_window_that_was_read_behind_a_missing_one_is_not_requested_again() -> None:
    found = Beyond().after(FIRST, FIRST.start, NOW, is_read=None)
    found = found.after(SECOND, FIRST.start, NOW, is_read=True)

    assert [found.needs(window) for window in (FIRST, SECOND, None)] == [True, False, True]
    assert Beyond.from_state(found.to_state(), NOW + 30 * DAY) == found


def test_one_that_was_not_filled_is_requested_again_half_a_day_later() -> None:
    found = Beyond().after(FIRST, None, NOW, is_read=False)
    kept = found.to_state()

    assert not Beyond.from_state(kept, NOW + AGAIN_AFTER / 2).needs(FIRST)
    assert Beyond.from_state(kept, NOW + AGAIN_AFTER).needs(FIRST)
    later = found.after(FIRST, None, NOW + AGAIN_AFTER / 2, is_read=False)
    assert later == found, "the time counts from the request"


def test_what_the_bookmark_has_passed_is_forgotten() -> None:
    found = Beyond().after(SECOND, FIRST.start, NOW, is_read=True)

    found = found.after(FIRST, SECOND.end, NOW, is_read=True)

    assert (found.read, found.read_at) == (frozenset(), NOW)


DELAY, AGES = 3 * DAY, (DAY, 7 * DAY)


@pytest.mark.parametrize(
    ("read", "now", "is_due"),
    [
        pytest.param(DELAY, DELAY + DAY / 2, False, id="read just now"),
        pytest.param(DELAY, DELAY + DAY, True, id="a day later"),
        pytest.param(DELAY + DAY, DELAY + 6 * DAY, False, id="read a second time"),
        pytest.param(DELAY + DAY, DELAY + 7 * DAY, True, id="a week later"),
        pytest.param(DELAY, DELAY + 9 * DAY, True, id="both at once"),
        pytest.param(DELAY + 7 * DAY, DELAY + 30 * DAY, False, id="final"),
        pytest.param(None, DELAY + DAY, True, id="it is not known when it was read"),
    ],
)
def test_a_window_is_read_again_a_day_and_a_week_after_its_figures_are_there(
    read: timedelta | None, now: timedelta, *, is_due: bool
) -> None:
    end = FIRST.end
    known = Beyond() if read is None else Beyond().noted(FIRST, end - 9 * DAY, end + read)
    kept = Beyond.from_state(known.to_state(), end + now)

    assert kept.is_due_again(FIRST, DELAY, AGES, end + now) is is_due


def test_what_is_behind_the_look_back_is_forgotten() -> None:
    found = Beyond().noted(FIRST, FIRST.start, NOW).noted(SECOND, FIRST.end, NOW)

    assert dict(found.read_on) == {SECOND: NOW}
    assert found.noted(FIRST, FIRST.end, NOW) == found


def test_the_look_back_of_the_user_bounds_how_often_windows_are_read_again() -> None:
    assert revisits(AGES, 7 * DAY) == [DAY, 7 * DAY]
    assert revisits(AGES, 2 * DAY) == [DAY, 2 * DAY]
    assert revisits(AGES, DAY) == [DAY]
    assert revisits(AGES, 0 * DAY) == []


@pytest.mark.parametrize(
    "state", [None, [], {"read": 7, "unfilled": [7, [], ["x", "y"], [7, 8]], "read_at": 7}]
)
def test_a_damaged_state_is_read_without_it(state: object) -> None:
    assert Beyond.from_state(state, NOW) == Beyond()

"""What a state keeps of windows beyond a bookmark, so that a limited type is not requested in vain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tap_amazon_seller.reports.requests.beyond import AGAIN_AFTER, Beyond
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


@pytest.mark.parametrize(
    "state", [None, [], {"read": 7, "unfilled": [7, [], ["x", "y"], [7, 8]], "read_at": 7}]
)
def test_a_damaged_state_is_read_without_it(state: object) -> None:
    assert Beyond.from_state(state, NOW) == Beyond()

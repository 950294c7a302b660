"""A round requests each item once, again what was not answered, and continues where it stopped."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tap_amazon_seller.streams.prices.rounds import MOST_TRIES, Round, rank

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
LATER = datetime(2026, 11, 2, 9, tzinfo=UTC)


def read(found: Round, size: int, *, failing: frozenset[str] = frozenset()) -> list[list[str]]:
    """The batches of a round to its end; some items are never answered."""
    batches = []
    while found.goes_on:
        batch = found.batch(size)
        batches.append(batch)
        found.settle(batch, failing & set(batch))
    return batches


def test_batches_are_full_and_in_order() -> None:
    assert read(Round("dbaec", None, NOW), 2) == [["a", "b"], ["c", "d"], ["e"]]


def test_what_is_not_answered_is_requested_again_and_given_up_at_last() -> None:
    found = Round("abc", None, NOW)

    batches = read(found, 2, failing=frozenset("a"))

    assert batches == [["a", "b"], ["a", "c"], ["a"]]
    assert sum(batch.count("a") for batch in batches) == MOST_TRIES
    assert found.given_up == ["a"]
    assert not found.left


def test_the_next_sync_continues_behind_what_has_been_settled() -> None:
    found = Round("abcdef", None, NOW)
    for unanswered in ((), ("c",)):
        found.settle(found.batch(2), unanswered)

    state = found.to_state(LATER)

    assert state == {"begun": NOW.isoformat(), "after": "b"}  # c is yet to be answered
    following = Round("abcdefg", state, LATER)
    assert read(following, 9) == [["c", "d", "e", "f", "g"]]
    assert following.to_state(LATER) == {"ended": LATER.isoformat()}


def test_a_complete_round_is_followed_by_a_new_one() -> None:
    assert read(Round("ab", {"ended": NOW.isoformat()}, LATER), 9) == [["a", "b"]]


def test_a_round_of_which_nothing_is_left_begins_anew() -> None:
    found = Round("ab", {"begun": NOW.isoformat(), "after": "z"}, LATER)

    assert read(found, 9) == [["a", "b"]]


def test_a_round_that_is_stopped_at_once_begins_where_it_did() -> None:
    found = Round("ab", {"begun": NOW.isoformat(), "after": "a"}, LATER)
    found.stop()

    assert not found.goes_on
    assert found.left == 1
    assert found.to_state(LATER) == {"begun": NOW.isoformat(), "after": "a"}


@pytest.mark.parametrize("state", [None, "x", [], {}, {"after": 7}, {"ended": 7}])
def test_any_state_is_survived(state: Any) -> None:
    assert read(Round("ab", state, NOW), 9) == [["a", "b"]]
    assert rank(state) == ""


def test_what_was_left_comes_before_what_was_complete() -> None:
    states: dict[str, Any] = {
        "newest": {"ended": LATER.isoformat()},
        "oldest": {"ended": NOW.isoformat()},
        "left": {"begun": LATER.isoformat(), "after": "b"},
        "never": None,
    }

    assert sorted(states, key=lambda name: rank(states[name])) == [
        "left",
        "never",
        "oldest",
        "newest",
    ]


def test_what_is_requested_together_is_of_one_kind() -> None:
    found = Round(["A1", "A2", "~B1", "~B2", "~B3"], None, NOW)

    batches: list[list[str]] = []
    while found.goes_on:
        batch = found.batch(3, lambda id_: id_.startswith("~"))
        found.settle(batch, ["A1"] if len(batches) == 0 else [])
        batches.append(batch)

    assert batches == [["A1", "A2"], ["A1"], ["~B1", "~B2", "~B3"]]

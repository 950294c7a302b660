"""Two pieces of work at a time: results in order, failures in their turn, no results piled up."""

from __future__ import annotations

from functools import partial
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from amazon_optiply_etl.tables.side_by_side import side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONG = 30  # seconds, after which two that wait for each other have not met


def test_two_pieces_are_under_way_at_once() -> None:
    both = Barrier(2)
    places = side_by_side([partial(both.wait, LONG), partial(both.wait, LONG)])
    assert sorted(places) == [0, 1]


def test_results_come_in_the_order_of_the_work() -> None:
    assert list(side_by_side(partial(pow, each, 2) for each in range(7))) == [
        0, 1, 4, 9, 16, 25, 36,
    ]  # fmt: skip


def test_without_work_there_are_no_results() -> None:
    assert not list(side_by_side([]))


def test_no_more_than_one_piece_is_begun_ahead_of_what_was_asked_for() -> None:
    begun: list[int] = []

    def works() -> Iterator[Callable[[], int]]:
        for each in range(5):
            begun.append(each)
            yield partial(abs, each)

    results = side_by_side(works())
    assert next(results) == 0
    assert begun == [0, 1]


def test_a_failure_is_raised_in_its_turn_and_ends_the_rest() -> None:
    results = side_by_side([partial(int, "1"), partial(int, "one"), partial(int, "2")])
    assert next(results) == 1
    with pytest.raises(ValueError, match="one"):
        next(results)
    assert not list(results)

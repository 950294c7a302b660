"""Work is done ahead in threads of its own; what it makes comes in its order, and so do its failures."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tap_amazon_seller.machine.prefetch import WORKERS, worked_ahead

if TYPE_CHECKING:
    from collections.abc import Generator

PATIENCE = 30.0


def numbers(count: int, read: list[int], closed: list[bool]) -> Generator[int]:
    try:
        for number in range(count):
            read.append(number)
            yield number
    finally:
        closed.append(True)


@pytest.mark.parametrize("count", [0, 1, 2, 100])
def test_results_come_in_the_order_of_their_items(count: int) -> None:
    read: list[int] = []
    closed: list[bool] = []

    assert list(worked_ahead(numbers(count, read, closed), lambda each: each * 2)) == [
        2 * number for number in range(count)
    ]
    assert closed == [True]


def test_several_items_are_worked_on_at_once() -> None:
    all_at_work = threading.Barrier(WORKERS)

    def work(number: int) -> int:
        all_at_work.wait(PATIENCE)
        return number

    assert list(worked_ahead(numbers(2 * WORKERS, [], []), work)) == list(range(2 * WORKERS))


def test_no_more_is_read_than_is_worked_on_and_waits() -> None:
    read: list[int] = []
    closed: list[bool] = []
    found = worked_ahead(numbers(1_000, read, closed), str)

    assert next(found) == "0"
    found.close()  # type: ignore[attr-defined]

    assert len(read) <= 1 + 2 * WORKERS
    assert closed == [True]


def test_a_failure_of_the_work_comes_in_its_turn_and_ends_the_reading() -> None:
    closed: list[bool] = []
    found = worked_ahead(numbers(1_000, [], closed), lambda each: 12 // (3 - each))

    assert [next(found) for _ in range(3)] == [4, 6, 12]
    with pytest.raises(ZeroDivisionError):
        next(found)
    assert closed == [True]


def test_a_failure_of_the_source_comes_after_what_it_had() -> None:
    def source() -> Generator[int]:
        yield 1
        yield 2
        raise OSError("gone")

    found = worked_ahead(source(), str)

    assert [next(found), next(found)] == ["1", "2"]
    with pytest.raises(OSError, match="gone"):
        next(found)

"""Items are made ahead in a thread of its own; they come in their order, and so does a failure."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tap_amazon_seller.machine.prefetch import ahead

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
def test_items_come_in_their_order(count: int) -> None:
    read: list[int] = []
    closed: list[bool] = []

    assert list(ahead(numbers(count, read, closed))) == list(range(count))
    assert read == list(range(count))
    assert closed == [True]


def test_the_next_item_is_made_while_one_is_used() -> None:
    both = threading.Barrier(2)

    def source() -> Generator[int]:
        yield 1
        both.wait(PATIENCE)
        yield 2

    found = ahead(source())

    assert next(found) == 1
    both.wait(PATIENCE)
    assert list(found) == [2]


@pytest.mark.parametrize("depth", [1, 3])
def test_no_more_is_read_than_is_used_and_waits(depth: int) -> None:
    read: list[int] = []
    closed: list[bool] = []
    found = ahead(numbers(1_000, read, closed), depth)

    assert next(found) == 0
    found.close()

    in_use, in_the_making = 1, 1
    assert len(read) <= in_use + depth + in_the_making
    assert closed == [True]


def test_a_failure_of_the_source_comes_after_what_it_had() -> None:
    def source() -> Generator[int]:
        yield 1
        yield 2
        raise OSError("gone")

    found = ahead(source())

    assert [next(found), next(found)] == [1, 2]
    with pytest.raises(OSError, match="gone"):
        next(found)

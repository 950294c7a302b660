"""Items are made ahead in a thread of its own; they come in their order, and so does a failure."""

from __future__ import annotations

import queue
import threading
import time
import weakref
from typing import TYPE_CHECKING

import pytest

from tap_amazon_seller.machine.prefetch import ahead

if TYPE_CHECKING:
    from collections.abc import Generator

PATIENCE = 30.0  # seconds, where a test fails


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
def test_no_more_is_read_than_is_used_and_the_next_ones(depth: int) -> None:
    read: list[int] = []
    closed: list[bool] = []
    found = ahead(numbers(1_000, read, closed), depth)

    assert [next(found) for _ in range(10)] == list(range(10))
    found.close()

    assert 10 <= len(read) <= 10 + depth
    assert closed == [True]


def test_what_was_used_is_not_kept_while_the_next_one_is_waited_for() -> None:
    class Item:
        """Can be referred to weakly."""

    used: queue.SimpleQueue[weakref.ref[Item]] = queue.SimpleQueue()
    kept: list[bool] = []

    def source() -> Generator[Item]:
        yield Item()
        for _ in range(3):
            before = used.get(timeout=PATIENCE)
            end = time.monotonic() + PATIENCE
            while before() is not None and time.monotonic() < end:
                time.sleep(0.001)
            kept.append(before() is not None)
            yield Item()

    for item in ahead(source()):
        used.put(weakref.ref(item))
        del item

    assert kept == [False] * 3


def test_a_failure_of_the_source_comes_after_what_it_had() -> None:
    def source() -> Generator[int]:
        yield 1
        yield 2
        raise OSError("gone")

    found = ahead(source())

    assert [next(found), next(found)] == [1, 2]
    with pytest.raises(OSError, match="gone"):
        next(found)

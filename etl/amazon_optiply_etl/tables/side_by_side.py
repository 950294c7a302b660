"""Does two pieces of work at a time: Arrow lets go of the interpreter's lock in long work on columns."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_AT_ONCE = 2
"""Threads: more would gain little, and each piece takes memory while it is worked on."""
T = TypeVar("T")


def side_by_side(works: Iterable[Callable[[], T]]) -> Iterator[T]:
    """Do pieces of work that do not need each other, and yield what they return, in their order.

    No more is begun than is being requested and one piece ahead, so that no results pile up. A piece
    that is alone needs no thread.

    Raises:
        Exception: what a piece raises, when its turn has come.
    """
    following = iter(works)
    first = tuple(islice(following, _AT_ONCE))
    if len(first) < _AT_ONCE:
        for work in first:
            yield work()
        return
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        under_way: deque[Future[T]] = deque()
        for work in chain(first, following):
            under_way.append(pool.submit(work))
            if len(under_way) == _AT_ONCE:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    give_back()


@contextmanager
def beside(work: Callable[[], T], *, is_long: bool = True) -> Iterator[Callable[[], T]]:
    """Do a piece of work beside a block, which gets its result by calling what it is given, once.

    Args:
        work: The piece of work.
        is_long: Where it is not, threads that wait for each other take longer than it does; then it is
            done before the block.

    Raises:
        Exception: what the work raises, when the result is requested, or before the block.
    """
    if not is_long:
        yield deque([work()]).popleft
        return
    with ThreadPoolExecutor(1) as pool:
        under_way = deque([pool.submit(work)])

        def result() -> T:
            found = under_way.popleft().result()  # which is then held by who asked alone
            give_back()
            return found

        yield result


def begun(work: Callable[[], T], *, is_long: bool = True) -> Future[T]:
    """Begin a piece of work, whose result is requested later; it is held by the future alone.

    Args:
        work: The piece of work.
        is_long: Where it is not, it is done at once, as `beside` does it.

    Raises:
        Exception: what work that is not long raises; of long work, the future does.
    """
    if not is_long:
        done: Future[T] = Future()
        done.set_result(work())
        return done
    pool = ThreadPoolExecutor(1)
    under_way = pool.submit(work)
    pool.shutdown(wait=False)
    return under_way


def once(work: Callable[[], T]) -> Callable[[], T]:
    """Do a piece of work when its result is first requested, and let go of all that it needed."""
    under_way = deque([work])
    found: list[T] = []

    def result() -> T:
        if under_way:
            found.append(under_way.popleft()())
        return found[0]

    return result


def give_back() -> None:
    """Give back what has been freed: Arrow's allocator keeps it, also for threads that are no more."""
    pa.default_memory_pool().release_unused()

"""Work done ahead in a thread of its own, while what was made before is used."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from amazon_selling_partner import THIS_MACHINE

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from amazon_selling_partner import Machine, Queue

S = TypeVar("S")
T = TypeVar("T")
WORKERS = 2


class _End:
    """Comes after the last item, with the failure that ended it, if any."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def ahead(source: Generator[T], depth: int = 1, *, machine: Machine = THIS_MACHINE) -> Iterator[T]:
    """The items of a source, of which up to `depth` are made before they are requested.

    Pays where both sides spend their time in C code that releases the interpreter lock. A failure of
    the source is raised here; a source that is not read to its end is closed.
    """
    made: Queue[T | _End] = machine.queue(depth)
    stopped = machine.event()

    def make() -> None:
        end = _End()
        try:
            with contextlib.closing(source):
                for item in source:
                    made.put(item)
                    del item  # or it would be kept while the next one is made
                    if stopped.is_set():
                        break
        except BaseException as error:  # noqa: BLE001 - it is raised on the other side
            end = _End(error)
        made.put(end)

    thread = machine.start(make, "ahead")
    item: T | _End | None = None
    try:
        while not isinstance(item := made.get(), _End):
            yield item
        if item.error:
            raise item.error
    finally:
        stopped.set()
        while not isinstance(item, _End):
            item = made.get()
        thread.join()


def worked_ahead(
    source: Generator[S], work: Callable[[S], T], *, machine: Machine = THIS_MACHINE
) -> Iterator[T]:
    """What some work makes of each item of a source, in their order; `WORKERS` are worked on at once.

    One is made before it is requested, the next once that is waited for. The source is read by one
    thread at a time, and closed if it is not read to its end. A failure of the source or of the work is
    raised here in its turn.
    """
    workers = _Workers(source, work, machine)
    places = workers.places()
    try:
        for place in places:
            item = place.get()
            if isinstance(item, _End):
                if item.error:
                    raise item.error
                break
            yield item
            del item  # or it would be kept while the next one is made
    finally:
        workers.stop()
        for _ in places:
            """What was made is not wanted any more."""
        workers.join()
        source.close()


class _Workers(Generic[S, T]):
    """The threads of `worked_ahead`. Each item has a place for its result, a queue of one."""

    def __init__(self, source: Iterator[S], work: Callable[[S], T], machine: Machine) -> None:
        self._source, self._work, self._machine = source, work, machine
        self._made: Queue[Queue[T | _End] | None] = machine.queue(1)
        self._turn, self._stopped = machine.lock(), machine.event()
        self._threads = [machine.start(self._make, "ahead") for _ in range(WORKERS)]

    def places(self) -> Iterator[Queue[T | _End]]:
        """The items' places in their order, until all threads have come to their end."""
        running = WORKERS
        while running:
            place = self._made.get()
            if place is None:
                running -= 1
            else:
                yield place

    def stop(self) -> None:
        """Have no more items read."""
        self._stopped.set()

    def join(self) -> None:
        """Wait for the threads, of which all places are taken."""
        for thread in self._threads:
            thread.join()

    def _make(self) -> None:
        place: Queue[T | _End] = self._machine.queue()
        try:
            while make_one := self._next(place):
                place.put(make_one())
                place = self._machine.queue()
                del make_one  # or its item would be kept while the next one is read
        except BaseException as error:  # noqa: BLE001 - it is raised on the other side
            self.stop()
            place.put(_End(error))
        self._made.put(None)

    def _next(self, place: Queue[T | _End]) -> Callable[[], T] | None:
        """What makes the next result, once its place in the order is taken; None after the last."""
        with self._turn:
            if self._stopped.is_set():
                return None
            self._made.put(place)
            for item in self._source:
                return partial(self._work, item)
            self.stop()
            place.put(_End())
            return None

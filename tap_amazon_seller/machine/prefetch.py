"""Work done ahead in a thread of its own, while what was made before is used."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypeVar

from amazon_selling_partner import THIS_MACHINE

if TYPE_CHECKING:
    from collections.abc import Generator

    from amazon_selling_partner import Machine, Queue

T = TypeVar("T")
_MORE, _NO_MORE = True, False


class _End:
    """Comes after the last item, with the failure that ended it, if any."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def ahead(source: Generator[T], depth: int = 1, *, machine: Machine = THIS_MACHINE) -> Generator[T]:
    """The items of a source, of which the next one, or the next `depth`, are made while one is used.

    Pays where both sides spend their time in C code that releases the interpreter lock. A failure of
    the source is raised here; a source that is not read to its end is closed.
    """
    is_wanted: Queue[bool] = machine.queue()
    made: Queue[T | _End] = machine.queue()

    def make() -> None:
        end = _End()
        try:
            with contextlib.closing(source):
                while is_wanted.get():
                    made.put(next(source))
        except StopIteration:
            pass
        except BaseException as error:  # noqa: BLE001 - it is raised on the other side
            end = _End(error)
        made.put(end)

    thread = machine.start(make, "ahead")
    item: T | _End | None = None
    try:
        for _ in range(depth):
            is_wanted.put(_MORE)
        while not isinstance(item := made.get(), _End):
            is_wanted.put(_MORE)
            yield item
            item = None  # or it would be kept while the next one is made
        if item.error:
            raise item.error
    finally:
        is_wanted.put(_NO_MORE)
        while not isinstance(item, _End):
            item = made.get()
        thread.join()

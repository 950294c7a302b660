"""Several calls at once, each of which ends as it would alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from amazon_optiply_etl.machine import THIS_MACHINE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from amazon_optiply_etl.machine import Machine

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _Ended(Generic[R]):
    """What came of a call: what it returned, or what it raised."""

    returned: tuple[R, ...] = ()
    raised: BaseException | None = None


def in_flight(
    calls: Iterable[T],
    call: Callable[[T], R],
    at_once: int,
    machine: Machine = THIS_MACHINE,
) -> Iterator[R]:
    """Make calls, several at once, and yield what they return in the order in which they end.

    When one raises, no other begins, those under way are waited for, and it is raised here. The threads
    end with the process: an interruption waits for no answer, and leaves what `kill -9` leaves.

    Args:
        calls: What is called with, taken one by one as calls may begin.
        call: What is called; from several threads.
        at_once: How many calls are under way at most.
        machine: Whose threads call.
    """
    team: _Team[T, R] = _Team(call, machine)
    try:
        for each in calls:
            if team.under_way == at_once:
                yield team.next_end()
            team.begin(each)
        while team.under_way:
            yield team.next_end()
    except Exception:
        team.wait()
        raise
    finally:
        team.dismiss()


class _Team(Generic[T, R]):
    """Threads that call, as many as there were calls under way at once.

    Args:
        call: What they call.
        machine: Whose they are.

    Attributes:
        under_way: How many calls have begun whose end nobody has taken.
    """

    def __init__(self, call: Callable[[T], R], machine: Machine) -> None:
        self._call = call
        self._machine = machine
        self._todo = machine.queue()  # of tuples of one argument, or none at the end
        self._ended = machine.queue()  # of `_Ended`
        self._size = 0
        self.under_way = 0

    def begin(self, argument: T) -> None:
        """Have a thread call; a new one where none is idle."""
        if self._size == self.under_way:
            self._machine.start(self._work, "call")
            self._size += 1
        self._todo.put((argument,))
        self.under_way += 1

    def next_end(self) -> R:
        """Wait until a call has ended, and return or raise what it did."""
        ended: _Ended[R] = self._ended.get()
        self.under_way -= 1
        if ended.raised is not None:
            raise ended.raised
        return ended.returned[0]

    def wait(self) -> None:
        """Wait until all calls have ended, whatever comes of them."""
        for _ in range(self.under_way):
            self._ended.get()

    def dismiss(self) -> None:
        """Let the threads end, each after its call."""
        for _ in range(self._size):
            self._todo.put(())

    def _work(self) -> None:
        while arguments := self._todo.get():
            try:
                self._ended.put(_Ended((self._call(*arguments),)))
            except BaseException as error:  # noqa: BLE001 - raised where the call was requested
                self._ended.put(_Ended(raised=error))

"""The machine that a program runs on: its time, its threads, and what these wait for each other with.

Everything that waits, starts a thread, or hands something over to another thread does it by a
`Machine`. So another one can be put in its place: one on which time passes only while all threads
wait, and on which the order of threads repeats. Locks around a few assignments, within which nothing
waits, are ordinary ones.
"""

from __future__ import annotations

import queue
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import TracebackType

T = TypeVar("T")


class Event(Protocol):
    """As `threading.Event`."""

    def is_set(self) -> bool:
        """Whether it has happened."""

    def set(self) -> None:
        """It has happened."""

    def clear(self) -> None:
        """It has not."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for it, for so many seconds at most; whether it has happened."""


class Condition(Protocol):
    """As `threading.Condition`, of a lock that a thread may take again while it has it."""

    def __enter__(self) -> bool: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def wait(self, timeout: float | None = None) -> bool:
        """Let go of the lock until notified, for so many seconds at most."""

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        """Wait until something is so; answers what `predicate` does."""

    def notify(self, n: int = 1) -> None:
        """Wake so many who wait."""

    def notify_all(self) -> None:
        """Wake all who wait."""


class Queue(Protocol[T]):
    """As `queue.Queue`."""

    def put(self, item: T) -> None:
        """Add an item; waits where the queue is full."""

    def get(self) -> T:
        """Take the oldest item; waits where there is none."""


class Thread(Protocol):
    """As `threading.Thread`."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end, for so many seconds at most."""


class Machine(Protocol):
    """What a program needs of a machine's time and threads."""

    def now(self) -> datetime:
        """The machine's clock, in UTC."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never runs backwards."""

    def start(self, work: Callable[[], object], name: str) -> Thread:
        """Start a thread, which does not keep the program from ending."""

    def lock(self) -> AbstractContextManager[Any]:
        """A lock within which threads may wait; who has it may take it again."""

    def event(self) -> Event:
        """An event that has not happened."""

    def condition(self) -> Condition:
        """A condition with a lock of its own."""

    def queue(self) -> Queue[Any]:
        """A queue of any number of items."""


class _ThisMachine:
    """The machine itself, by the standard library."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def start(self, work: Callable[[], object], name: str) -> Thread:
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        return thread

    def lock(self) -> AbstractContextManager[Any]:
        return threading.RLock()

    def event(self) -> Event:
        return threading.Event()

    def condition(self) -> Condition:
        return threading.Condition()

    def queue(self) -> Queue[Any]:
        return queue.SimpleQueue()


THIS_MACHINE: Machine = _ThisMachine()

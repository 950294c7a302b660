"""The machine that a run is on: its time, its threads, and what these wait for each other with.

Calls to Optiply wait, start threads and hand over to them by a `Machine`, so that another one can be
put in its place, on which time passes only while all threads wait. Work on columns waits for nothing,
and has threads of its own (`tables.side_by_side`).
"""

from __future__ import annotations

import queue
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import TracebackType


class Condition(Protocol):
    """As `threading.Condition`."""

    def __enter__(self) -> bool: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:  # noqa: ANN401 - what the predicate answers
        """Wait until something is so."""

    def notify_all(self) -> None:
        """Wake all who wait."""


class Queue(Protocol):
    """As `queue.SimpleQueue`."""

    def put(self, item: Any) -> None:  # noqa: ANN401 - whatever its user hands over
        """Add an item."""

    def get(self) -> Any:  # noqa: ANN401
        """Wait for the oldest item and take it."""


class Machine(Protocol):
    """What a run needs of a machine's time and threads."""

    def now(self) -> datetime:
        """Return what time it is, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""

    def start(self, work: Callable[[], object], name: str) -> object:
        """Start a thread, which ends with the process at the latest."""

    def lock(self) -> AbstractContextManager[Any]:
        """Make a lock within which threads may wait."""

    def condition(self) -> Condition:
        """Make a condition with a lock of its own."""

    def queue(self) -> Queue:
        """Make a queue for any number of items."""


class _ThisMachine:
    """The machine itself, by the standard library."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def start(self, work: Callable[[], object], name: str) -> object:
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        return thread

    def lock(self) -> AbstractContextManager[Any]:
        return threading.RLock()

    def condition(self) -> Condition:
        return threading.Condition()

    def queue(self) -> Queue:
        return queue.SimpleQueue()


THIS_MACHINE: Machine = _ThisMachine()

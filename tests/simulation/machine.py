"""The machine of a simulated process: what the product's `Machine` is, on a scheduler."""

from __future__ import annotations

import math
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulation.scheduler import Process, Scheduler, Task

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
"""When all lives begin."""


class SimulatedMachine:
    """The time and the threads of one process, for the tap and for the ETL."""

    def __init__(self, scheduler: Scheduler, process: Process) -> None:
        self._scheduler = scheduler
        self._process = process

    def now(self) -> datetime:
        """Return the machine's time, which may be wrong."""
        return START + timedelta(seconds=self._scheduler.time + self._process.offset)

    def monotonic(self) -> float:
        """Return the seconds since the beginning."""
        return self._scheduler.time

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        self._scheduler.point()
        self._scheduler.sleep(seconds)

    def start(self, work: Callable[[], object], name: str) -> SimulatedThread:
        """Start a thread."""
        task = self._scheduler.spawn(self._process, work, f"{self._process.name}/{name}")
        self._scheduler.point()
        return SimulatedThread(self._scheduler, task)

    def lock(self) -> SimulatedLock:
        """Make a lock."""
        return SimulatedLock(self._scheduler)

    def event(self) -> SimulatedEvent:
        """Make an event."""
        return SimulatedEvent(self._scheduler)

    def condition(self) -> SimulatedCondition:
        """Make a condition."""
        return SimulatedCondition(self._scheduler)

    def queue(self) -> SimulatedQueue:
        """Make a queue."""
        return SimulatedQueue(self._scheduler)


class SimulatedThread:
    """As `threading.Thread`."""

    def __init__(self, scheduler: Scheduler, task: Task) -> None:
        self._scheduler = scheduler
        self._task = task

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        self._scheduler.point()
        if not self._task.ended:
            self._scheduler.block(self._task.joined, _until(self._scheduler, timeout))


class SimulatedLock:
    """As `threading.RLock`."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._owner: Task | None = None
        self._count = 0
        self._waiting: list[Task] = []

    def __enter__(self) -> bool:
        self._scheduler.point()
        self.take(1)
        return True

    def __exit__(self, *_: object) -> None:
        self.release()

    def take(self, count: int) -> None:
        """Wait until the lock is free, and take it so many times."""
        me = self._scheduler.current
        while self._owner not in {None, me}:
            self._scheduler.block(self._waiting, math.inf)
        self._owner = me
        self._count += count

    def release(self) -> None:
        """Let go of it once."""
        self._count -= 1
        if not self._count:
            self.give_up()

    def give_up(self) -> int:
        """Let go of it altogether; how many times it had been taken."""
        count, self._count, self._owner = self._count, 0, None
        for task in list(self._waiting):
            self._scheduler.wake(task)
        return count


class SimulatedCondition(SimulatedLock):
    """As `threading.Condition`."""

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__(scheduler)
        self._listening: list[Task] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Let go of the lock until notified."""
        count = max(1, self._count)
        self.give_up()
        woken = self._scheduler.block(self._listening, _until(self._scheduler, timeout))
        self.take(count)
        return woken

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        """Wait until something is so."""
        until = _until(self._scheduler, timeout)
        while not (found := predicate()) and self._scheduler.time < until:
            self.wait(None if until == math.inf else until - self._scheduler.time)
        return found

    def notify(self, n: int = 1) -> None:
        """Wake so many who wait."""
        for task in self._listening[:n]:
            self._scheduler.wake(task)

    def notify_all(self) -> None:
        """Wake all who wait."""
        self.notify(len(self._listening))


class SimulatedEvent:
    """As `threading.Event`."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._is_set = False
        self._waiting: list[Task] = []

    def is_set(self) -> bool:
        """Return whether it has happened."""
        return self._is_set

    def set(self) -> None:
        """It has happened."""
        self._is_set = True
        for task in list(self._waiting):
            self._scheduler.wake(task)

    def clear(self) -> None:
        """It has not."""
        self._is_set = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for it."""
        self._scheduler.point()
        if not self._is_set:
            self._scheduler.block(self._waiting, _until(self._scheduler, timeout))
        return self._is_set


class SimulatedQueue:
    """As `queue.SimpleQueue`."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._items: deque[Any] = deque()
        self._takers: list[Task] = []

    def put(self, item: Any) -> None:
        """Add an item."""
        self._scheduler.point()
        self._items.append(item)
        for task in self._takers[:1]:
            self._scheduler.wake(task)

    def get(self) -> Any:
        """Take the oldest item; wait where there is none."""
        self._scheduler.point()
        while not self._items:
            self._scheduler.block(self._takers, math.inf)
        return self._items.popleft()


def _until(scheduler: Scheduler, timeout: float | None) -> float:
    return math.inf if timeout is None else scheduler.after(timeout)

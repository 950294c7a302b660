"""Simulated time: one thread runs at a time, in an order by chance that repeats; the others wait.

A thread gives way only where it waits, locks, hands something over, calls a server or writes: its
*points*. When all wait, time jumps to the next instant at which something is due. A killed process is
never gone on with: its threads stop where they are.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

MOST_POINTS, MOST_SECONDS = 100_000, 2 * 86_400.0
"""Of a process without an end; a sync has a few thousand points, and takes some hours."""

SHORTEST = 1e-4
"""Seconds that any wait takes at least."""


class StuckError(Exception):
    """Nothing continues: all threads wait, and nothing is due; or a process has no end."""


@dataclass(slots=True, eq=False)
class Process:
    """A program in simulated time: its threads, and how it ends.

    Attributes:
        offset: Seconds by which its machine's clock is ahead.
        began: When it was started.
        points: How many points its threads have come to.
        at: What happens at which point, the first of its points being 1.
        failure: What its main thread has raised.
        killed: Whether it was killed.
        is_complete: Whether it said of itself that it had brought everything.
        on_end: Called once it has ended, in whatever way.
    """

    name: str
    offset: float = 0.0
    began: float = 0.0
    points: int = 0
    at: dict[int, Callable[[], None]] = field(default_factory=dict)
    failure: BaseException | None = None
    killed: bool = False
    is_complete: bool = False
    ended: bool = False
    tasks: list[Task] = field(default_factory=list)
    on_end: list[Callable[[], None]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Task:
    """A thread of a process: runnable, waiting, or ended.

    Attributes:
        until: When its wait ends, if nothing ends it before.
        among: The tasks that wait for the same as it does; None while it does not wait.
        late: Whether its last wait ended by time.
        joined: The tasks that wait for its end.
        thread: The number of the machine's thread.
    """

    name: str
    process: Process
    gate: threading.Lock = field(default_factory=threading.Lock)
    until: float = math.inf
    among: list[Task] | None = None
    late: bool = False
    ended: bool = False
    joined: list[Task] = field(default_factory=list)
    thread: int = 0

    def __post_init__(self) -> None:
        """It must be allowed to continue."""
        self.gate.acquire()


class Scheduler:
    """Runs the threads of all processes. The thread that makes it is the first of them, the driver.

    Args:
        chance: Decides which thread continues.

    Attributes:
        time: Seconds since the beginning.
        current: The thread that runs.
    """

    def __init__(self, chance: Random) -> None:
        self.time = 0.0
        self._chance = chance
        self._runnable: list[Task] = []
        self._sleeping: dict[Task, None] = {}
        self._driver = Task(
            "driver", Process("driver", began=math.inf), thread=threading.get_ident()
        )
        self.current = self._driver

    def start(self, process: Process, main: Callable[[], None]) -> None:
        """Start a process; it runs while the driver waits."""
        process.began = self.time

        def guarded() -> None:
            try:
                main()
            except BaseException as error:  # noqa: BLE001 - whoever waits for the process looks at it
                process.failure = error
            self.end(process)

        self.spawn(process, guarded, process.name)

    def wait_for(self, *processes: Process) -> None:
        """Let time pass until all of these have ended; called by the driver."""
        for process in processes:
            while not process.ended:
                process.on_end.append(self._wake_driver)
                self.block([], math.inf)

    def _wake_driver(self) -> None:
        self.wake(self._driver)

    def sleep(self, seconds: float) -> None:
        """Wait so long."""
        self.block([], self.after(seconds))

    def after(self, seconds: float) -> float:
        """The instant after so many seconds: a wait of less than a machine's shortest takes that."""
        return self.time + max(seconds, SHORTEST) if seconds > 0 else self.time

    def kill(self, process: Process) -> None:
        """End a process without a word; does not return where the current thread is its own."""
        process.killed = True
        self.end(process)
        if self.current.process is process:
            self._switch(self.current, self._next())

    def end(self, process: Process) -> None:
        """No thread of a process continues, as when the main thread of a program returns."""
        if process.ended:
            return
        process.ended = True
        for task in process.tasks:
            self._forget(task)
        for call in process.on_end:
            call()

    def spawn(self, process: Process, work: Callable[[], object], name: str) -> Task:
        """Start a thread of a process."""
        task = Task(name, process)
        process.tasks.append(task)

        def run() -> None:
            task.thread = threading.get_ident()
            task.gate.acquire()
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - none is expected of a thread
                process.failure = process.failure or error
                self.end(process)
            task.ended = True
            for other in list(task.joined):
                self.wake(other)
            self._next().gate.release()

        threading.Thread(target=run, name=name, daemon=True).start()
        self._runnable.append(task)
        return task

    def runs_this_thread(self) -> bool:
        """Whether the thread that calls is the one whose turn it is, and not a library's own."""
        return self.current.thread == threading.get_ident()

    def point(self) -> None:
        """Another thread may continue here, or something may happen."""
        task = self.current
        process = task.process
        process.points += 1
        if process.points > MOST_POINTS or self.time - process.began > MOST_SECONDS:
            raise StuckError(f"{process.name} does not end")
        happens = process.at.pop(process.points, None)
        if happens:
            happens()
        if self._runnable:
            self._runnable.append(task)
            chosen = self._choose()
            if chosen is not task:
                self._switch(task, chosen)

    def block(self, among: list[Task], until: float) -> bool:
        """Wait until `wake`, or until an instant; whether it was woken before that.

        `among` is where who wakes finds those who wait.
        """
        task = self.current
        task.until, task.among, task.late = until, among, False
        among.append(task)
        if until < math.inf:
            self._sleeping[task] = None
        following = self._next()
        if following is not task:
            self._switch(task, following)
        return not task.late

    def wake(self, task: Task) -> None:
        """Let a waiting thread continue."""
        if task.among is None:
            return
        self._forget(task)
        if not task.process.ended:
            self._runnable.append(task)

    def _forget(self, task: Task) -> None:
        """A thread does not wait any more, and is not run."""
        if task.among is not None:
            task.among.remove(task)
            task.among = None
        self._sleeping.pop(task, None)
        if task in self._runnable:
            self._runnable.remove(task)

    def _choose(self) -> Task:
        """Take one of the runnable threads by chance."""
        runnable = self._runnable
        at = int(self._chance.random() * len(runnable)) if len(runnable) > 1 else 0
        chosen = runnable.pop(at)
        self.current = chosen
        return chosen

    def _next(self) -> Task:
        """Take the thread that continues; where all wait, time jumps to what is due first."""
        if not self._runnable:
            if not self._sleeping:
                raise StuckError("all threads wait, and nothing is due")
            self.time = max(self.time, min(task.until for task in self._sleeping))
            for task in [task for task in self._sleeping if task.until <= self.time]:
                task.late = True
                self.wake(task)
        return self._choose()

    def _switch(self, task: Task, other: Task) -> None:
        """Let another thread run, and continue when it is this one's turn again."""
        other.gate.release()
        task.gate.acquire()

"""Many lives side by side, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import resource
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from simulation.life import followed, lived
from simulation.stage import Ended

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Generator, Iterable
    from multiprocessing.connection import Connection

    from simulation.script import Script

    Running = dict[Connection, "_Life"]

MOST_CPU = 90
"""CPU seconds, twenty times those of a life, after which it has no end, though it makes no step."""
LONGEST = 1_800.0
"""Wall seconds after which a life is given up, however busy the machine is: it waits for ever."""
_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True)
class Task:
    """A life that is to be lived.

    Attributes:
        script: What happens in it.
        follows: The course of the life that it is only to be compared with; None to judge it by its end.
        keeps_log: Whether the lines of its log are wanted.
    """

    script: Script
    follows: array[int] | None = None
    keeps_log: bool = False

    def ended(self, departs: Callable[[Ended], None]) -> Ended:
        """Live it; `departs` is called where it goes another way, and ends this process."""
        if self.follows is None:
            ended = lived(self.script)
            if not self.keeps_log:
                ended.log = []
            return ended
        other = Ended(self.script.seed, departed=True)
        followed(self.script, self.follows, lambda: departs(other))
        return Ended(self.script.seed)


@dataclass(frozen=True, slots=True)
class _Life:
    """A life that is being lived.

    Attributes:
        core: The processor that its threads run on: only one of them runs at a time, and to wake one on
            another processor takes longer than what it does.
        began: When it was started.
    """

    task: Task
    process: multiprocessing.process.BaseProcess
    core: int
    began: float


def live_all(tasks: Iterable[Task], at_once: int | None = None) -> Generator[tuple[Task, Ended]]:
    """Live lives side by side; each as it ends."""
    # Of what does not come to its end, the files stay.
    with tempfile.TemporaryDirectory(prefix="lives-") as folder:
        yield from _lived_in(folder, tasks, at_once)


def _lived_in(
    folder: str, tasks: Iterable[Task], at_once: int | None
) -> Generator[tuple[Task, Ended]]:
    cores = _cores()
    most = at_once or len(cores)
    todo = iter(tasks)
    running: Running = {}
    is_over = False
    try:
        while running or not is_over:
            while not is_over and len(running) < most:
                task = next(todo, None)
                if task is None:
                    is_over = True
                    break
                ours, theirs = _FORK.Pipe(duplex=False)
                used = Counter(each.core for each in running.values())
                core = min(cores, key=lambda each: used[each])
                started = _FORK.Process(
                    target=_live, args=(task, theirs, core, folder), daemon=True
                )
                started.start()
                theirs.close()
                running[ours] = _Life(task, started, core, time.monotonic())
            for connection in _ready(running):
                life = running.pop(connection)
                yield life.task, _received(life.task.script, connection, life.process)
    finally:  # who asks may have seen enough
        for life in running.values():
            life.process.kill()


def _cores() -> list[int]:
    """The processors that may be used; of a system that does not say which, their number."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _ready(running: Running) -> list[Connection]:
    """Wait for lives that have ended, or have gone on for too long."""
    ended = wait(list(running), timeout=1.0)
    late = time.monotonic() - LONGEST
    return [each for each, life in running.items() if each in ended or life.began < late]


def _received(
    script: Script, connection: Connection, process: multiprocessing.process.BaseProcess
) -> Ended:
    ended = Ended(script.seed)
    if connection.poll():
        try:
            ended = connection.recv()
        except EOFError:
            process.join()
            ended.wrong.append(f"the life has no end, or crashed (exit code {process.exitcode})")
    else:
        ended.wrong.append(f"the life has not ended after {LONGEST:.0f} s")
        process.kill()
    connection.close()
    process.join()
    return ended


def _live(task: Task, connection: Connection, core: int, folder: str) -> None:
    """Live one life, in a fork; its threads end with it."""

    def send(ended: Ended) -> None:
        connection.send(ended)
        os._exit(0)

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU, MOST_CPU))
    tempfile.tempdir = folder
    try:
        ended = task.ended(send)
    except BaseException:  # noqa: BLE001 - reported to whoever waits for the life
        ended = Ended(task.script.seed, wrong=[f"the simulation failed: {traceback.format_exc()}"])
    send(ended)

"""What the syncs and pushes of a life share: its script, time, servers, disk and log."""

from __future__ import annotations

import contextlib
from array import array
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from simulation.disks import close_for_good, open_files
from simulation.taps import SECRETS, STRIKES, is_told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulation.amazon import Amazon
    from simulation.disks import Disk
    from simulation.scheduler import Process, Scheduler
    from simulation.script import Event, Script
    from simulation.taps import Log


@dataclass(slots=True)
class Ended:
    """How a life has ended.

    Attributes:
        syncs: How often the tap ran; pushes are counted apart.
        strikes: How often each kind of event struck.
        struck: The places in the script of the events that struck.
        wrong: What is lost, altered or there twice, and what no process may do.
        digest: Of the complete log.
        course: Of each line of the log, but for those that report strikes alone, a number.
        departed: Whether the life went another way than the one that it was to follow.
        log: Its lines.
        cpu: Seconds.
    """

    seed: int
    syncs: int = 0
    pushes: int = 0
    kills: int = 0
    complete: int = 0
    strikes: Counter[str] = field(default_factory=Counter)
    struck: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    digest: str = ""
    course: array[int] = field(default_factory=lambda: array("L"))
    departed: bool = False
    log: list[str] = field(default_factory=list)
    simulated: float = 0.0
    cpu: float = 0.0


@dataclass(slots=True)
class Stage:
    """A life's surroundings.

    Attributes:
        struck: How often each event has struck, by its place in the script.
    """

    script: Script
    scheduler: Scheduler
    amazon: Amazon
    disk: Disk
    log: Log
    ended: Ended
    struck: Counter[int] = field(default_factory=Counter)

    def strike(self, event: Event, times: int = 1) -> None:
        """Note that an event has struck."""
        if times:
            self.struck[self.script.events.index(event)] += times
            self.log.note(f"{STRIKES} {event.label} {event.place} ({times})")

    def count_strikes(self) -> None:
        """Put into the result what has struck."""
        for number, count in sorted(self.struck.items()):
            self.ended.strikes[self.script.events[number].label] += count
        self.ended.struck = sorted(self.struck)

    @contextlib.contextmanager
    def faults(self, events: Sequence[Event]) -> Iterator[None]:
        """Have the sandbox's faults strike while the block runs."""
        board = self.amazon.sandbox.faults
        for event in events:
            board.switch_on(
                {
                    "operation": event.place,
                    "fault": event.what,
                    "skip": event.at,
                    "times": event.times,
                    "seconds": event.seconds,
                }
            )
        faults = list(zip(events, board.faults, strict=True))
        yield
        for event, fault in faults:
            self.strike(event, fault.struck)
        board.faults.clear()
        self.amazon.refuses_until = 0.0

    def watch(self, process: Process) -> None:
        """Note how a process ends, and close the files of one that is killed."""
        process.on_end.append(partial(self._ended, process, open_files(), len(self.log.warnings)))

    def kill(self, event: Event, process: Process) -> None:
        """End a process without a word."""
        self.strike(event)
        self.scheduler.kill(process)

    def _ended(self, process: Process, open_before: set[int], warnings: int) -> None:
        if process.killed:
            close_for_good(open_files() - open_before)
            self.ended.kills += 1
        failure = process.failure
        how = "killed" if process.killed else (f"failed: {failure}" if failure else "ended")
        self.log.note(f"{process.name} {how}")
        if not is_told(failure):
            self.ended.wrong.append(f"{process.name} crashed: {failure!r}")
        told = [*self.log.warnings[warnings:], str(failure)]
        for secret in SECRETS:
            if any(secret in text for text in told):
                self.ended.wrong.append(f"{process.name}: the log holds {secret}")
        incomplete = any("incomplete" in text for text in told)
        process.is_complete = not (process.killed or failure or incomplete)

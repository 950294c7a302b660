"""Many lives, each in a process of its own: what came of them, and why one has failed."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import resource
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

import pyarrow as pa

from simulation.life import lived
from simulation.script import drawn
from simulation.stage import Ended

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence
    from multiprocessing.connection import Connection

    from simulation.script import Event, Script

    Running = dict[Connection, "_Life"]

MOST_CPU = 90
"""CPU seconds, ten times those of a life, after which it has no end, though it makes no step."""
LONGEST = 1_800.0
"""Wall seconds after which a life is given up, however busy the machine is: it waits for ever."""
PROBES = 6
"""So many lives are lived again without an event of a kind, until one goes another way."""
DEFAULT_LIVES = 368
"""A run of fewer lives lists what never struck; one of so many fails for it."""
MOST_SHOWN = 5
_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True)
class _Life:
    """A life that is being lived.

    Attributes:
        core: The processor that its threads run on: only one of them runs at a time, and to wake one on
            another processor takes longer than what it does.
        began: When it was started.
    """

    script: Script
    process: multiprocessing.process.BaseProcess
    core: int
    began: float


def live_all(
    scripts_: Iterable[Script], at_once: int | None = None
) -> Generator[tuple[Script, Ended]]:
    """Live lives side by side; each as it ends."""
    cores = _cores()
    most = at_once or len(cores)
    todo = iter(scripts_)
    running: Running = {}
    is_over = False
    try:
        while running or not is_over:
            while not is_over and len(running) < most:
                script = next(todo, None)
                if script is None:
                    is_over = True
                    break
                ours, theirs = _FORK.Pipe(duplex=False)
                used = Counter(each.core for each in running.values())
                core = min(cores, key=lambda each: used[each])
                started = _FORK.Process(target=_live, args=(script, theirs, core), daemon=True)
                started.start()
                theirs.close()
                running[ours] = _Life(script, started, core, time.monotonic())
            for connection in _ready(running):
                life = running.pop(connection)
                yield life.script, _received(life.script, connection, life.process)
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


def _live(script: Script, connection: Connection, core: int) -> None:
    """Live one life, in a fork; its threads end with it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU, MOST_CPU))
    try:
        ended = lived(script)
    except BaseException:  # noqa: BLE001 - reported to whoever waits for the life
        ended = Ended(script.seed, wrong=[f"the simulation failed: {traceback.format_exc()}"])
    connection.send(ended)
    os._exit(0)


@dataclass(slots=True)
class Summary:
    """What came of many lives."""

    lives: int = 0
    syncs: int = 0
    pushes: int = 0
    kills: int = 0
    complete: int = 0
    simulated: float = 0.0
    cpu: float = 0.0
    strikes: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    failed: list[tuple[Script, Ended]] = field(default_factory=list)

    def take(self, script: Script, ended: Ended) -> None:
        """Take a life in."""
        self.lives += 1
        self.syncs += ended.syncs
        self.pushes += ended.pushes
        self.kills += ended.kills
        self.complete += ended.complete
        self.simulated += ended.simulated
        self.cpu += ended.cpu
        self.strikes += ended.strikes
        if ended.wrong:
            self.failed.append((script, ended))

    def count(self, word: str) -> int:
        """Count what is wrong, by a word of its sentences."""
        return sum(f" {word}" in each for _, ended in self.failed for each in ended.wrong)


def run(scripts: Sequence[Script], log: str | None = None, *, probes: bool = True) -> int:
    """Live lives, and print what came of them; answers an exit code."""
    pa.set_cpu_count(1)
    gc.collect()
    gc.freeze()
    began = time.monotonic()
    summary = Summary()
    example: dict[str, list[tuple[Script, Ended, int]]] = {}
    for script, ended in live_all(scripts):
        summary.take(script, ended)
        if ended.wrong:
            print(f"seed {script.seed} failed: {ended.wrong[0]}", flush=True)
        if log and script is scripts[0]:
            with open(log, "w", encoding="utf-8") as file:  # noqa: PTH123 - a name as it is given
                file.write("\n".join(ended.log))
        ended.log = []
        for number in ended.struck:
            found = example.setdefault(script.events[number].label, [])
            found.append((script, ended, number))
    if probes:
        _probe(example, summary)
    never = _print(summary, time.monotonic() - began, probed=probes)
    for script, ended in summary.failed[:MOST_SHOWN]:
        print_failure(script, ended)
    return int(bool(summary.failed) or (bool(never) and len(scripts) >= DEFAULT_LIVES))


def first_failure(scripts: Sequence[Script]) -> int:
    """Live until a life fails, and print its seed; answers an exit code."""
    pa.set_cpu_count(1)
    gc.collect()
    gc.freeze()
    lives = live_all(scripts)
    with contextlib.closing(lives):
        for script, ended in lives:
            if ended.wrong:
                print(f"seed {script.seed} failed: {ended.wrong[0]}")
                return 1
    print(f"none of {len(scripts)} lives failed")
    return 0


def _probe(example: dict[str, list[tuple[Script, Ended, int]]], summary: Summary) -> None:
    """Live again without one event: the course was changed where the log is another one then.

    Of a kind's examples, the lives that take the least time come first.
    """
    for found in example.values():
        found.sort(key=lambda each: (each[1].cpu, each[2]))
    for round_ in range(PROBES):
        probes: dict[int, tuple[str, Ended]] = {}
        todo = []
        for label, found in example.items():
            if not summary.changed[label] and len(found) > round_:
                script, ended, number = found[round_]
                events = [each for place, each in enumerate(script.events) if place != number]
                probe = script.with_events(events)
                probes[id(probe)] = label, ended
                todo.append(probe)
        for probe, ended in live_all(todo):
            label, before = probes[id(probe)]
            summary.changed[label] += _course(ended) != _course(before)


def _course(ended: Ended) -> str:
    return ended.course


def _print(summary: Summary, wall: float, *, probed: bool) -> list[str]:
    """Print a summary; answers the kinds of events that struck nobody, or changed nothing."""
    labels = sorted({event.label for seed in range(1, 400) for event in drawn(seed).events})
    print(f"{'event':<40} {'struck':>8}  changed the course")
    never = []
    for label in labels:
        struck, changed = summary.strikes[label], summary.changed[label]
        said = ("yes" if changed else "no") if probed else "not asked"
        print(f"{label:<40} {struck:>8,}  {said}")
        if probed and not changed:
            never.append(label)
    faults = summary.strikes.total()
    days = summary.simulated / 86_400
    runs = max(1, summary.syncs + summary.pushes)
    cpu = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"{summary.lives} lives of {days:,.0f} days: {summary.syncs:,} syncs and {summary.pushes:,} "
        f"pushes, {faults:,} faults, {summary.kills:,} kills; {wall:.0f} s, "
        f"{summary.cpu / runs:.2f} CPU s per sync ({cpu.ru_utime + cpu.ru_stime:.0f} CPU s in all)"
    )
    if never:
        print(f"never changed the course: {', '.join(never)}")
    print(
        f"lost {summary.count('lost')}, altered {summary.count('altered')}, "
        f"doubled {summary.count('doubled') + summary.count('too much')}; "
        f"{len(summary.failed)} lives failed"
    )
    return never


def print_failure(script: Script, ended: Ended) -> None:
    """Print a seed that failed, why, and the shortest script that still does."""
    print(f"\nseed {script.seed} failed:")
    for each in ended.wrong[:MOST_SHOWN]:
        print(f"  {each}")
    short, last = shortest(script)
    print(f"  the shortest script that fails: account {short.account}, {len(short.gaps)} syncs:")
    for event in short.events:
        print(f"    {event}")
    for each in last.wrong[:MOST_SHOWN]:
        print(f"  {each}")


def shortest(script: Script) -> tuple[Script, Ended]:
    """Take events and syncs away from a script as long as it fails; what is left, and how it ended."""
    found = _ended_of(script)

    def fails(shorter: Script) -> bool:
        nonlocal found
        ended = _ended_of(shorter)
        if ended.wrong:
            found = ended
        return bool(ended.wrong)

    syncs = _fewest(script, fails)
    short = script.shorter(syncs)
    return short.with_events(_without_needless(short, fails)), found


def _ended_of(script: Script) -> Ended:
    [(_, ended)] = live_all([script])
    return ended


def _fewest(script: Script, fails: Callable[[Script], bool]) -> int:
    """The fewest of the first syncs that fail, by halving; at least one."""
    low, high = 0, len(script.gaps)
    while high - low > 1:
        middle = (low + high) // 2
        if fails(script.shorter(middle)):
            high = middle
        else:
            low = middle
    return high


def _without_needless(script: Script, fails: Callable[[Script], bool]) -> Sequence[Event]:
    """The events without those that are not needed for the failure (Zeller's ddmin)."""
    events = list(script.events)
    size = max(1, len(events) // 2)
    while events:
        at, is_cut = 0, False
        while at < len(events):
            kept = events[:at] + events[at + size :]
            if fails(script.with_events(kept)):
                events, is_cut = kept, True
            else:
                at += size
        if size == 1 and not is_cut:
            break
        size = max(1, size // 2)
    return events

"""What came of many lives, in print: what struck, what changed the course, and why one has failed."""

from __future__ import annotations

import contextlib
import gc
import resource
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from simulation.lives import Task, live_all
from simulation.probes import Probes
from simulation.script import drawn
from simulation.shortest import shortest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulation.script import Script
    from simulation.stage import Ended

DEFAULT_LIVES = 368
"""A run of fewer lives lists what never struck; one of so many fails for it."""
MOST_SHOWN = 5


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
    _prepare()
    began = time.monotonic()
    summary = Summary()
    found = Probes()
    tasks = (Task(each, keeps_log=bool(log) and each is scripts[0]) for each in scripts)
    for task, ended in live_all(tasks):
        script = task.script
        summary.take(script, ended)
        found.take(script, ended)
        if ended.wrong:
            print(f"seed {script.seed} failed: {ended.wrong[0]}", flush=True)
        if log and task.keeps_log:
            with open(log, "w", encoding="utf-8") as file:  # noqa: PTH123 - a name as it is given
                file.write("\n".join(ended.log))
        ended.log = []
    if probes:
        summary.changed += Counter(found.changed())
    never = _print(summary, time.monotonic() - began, probed=probes)
    for script, ended in summary.failed[:MOST_SHOWN]:
        print_failure(script, ended)
    return int(bool(summary.failed) or (bool(never) and len(scripts) >= DEFAULT_LIVES))


def failing(scripts: Sequence[Script], *, stops: bool) -> int:
    """Live lives, or as many as it takes until one fails, and print which did; answers an exit code."""
    _prepare()
    logs = set()
    failed, count = 0, 0
    with contextlib.closing(live_all(map(Task, scripts))) as lives:
        for task, ended in lives:
            count += 1
            logs.add(ended.digest)
            if ended.wrong:
                failed += 1
                print(f"seed {task.script.seed} failed: {ended.wrong[0]}")
                if stops:
                    break
    print(f"{failed} of {count} lives failed, with {len(logs)} different logs")
    return int(bool(failed))


def _prepare() -> None:
    """Have forks share what is loaded, and compute in one thread."""
    pa.set_cpu_count(1)
    gc.collect()
    gc.freeze()


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

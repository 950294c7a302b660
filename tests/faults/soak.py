"""The soak: syncs one after another while Amazon fails at random and the seller's data continues."""

from __future__ import annotations

import signal
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import warm_start
from faults.table import OPERATIONS, ROWS, SELLERS, TOKEN
from faults.trial import (
    CLOCK_FACTOR,
    INCREMENTAL,
    SANDBOX,
    is_complete,
    offences,
    struck,
)
from running import KEYS, Output, by_key, command, configuration, differences

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from random import Random

    from conftest import RunningSandbox
    from running import Record

ACCOUNT = "NA"
OPTIONS = SANDBOX | {"orders": 400, "listings": 40, "live": True}
BETWEEN = 90  # minutes between two syncs; more than an FBA report's cool-down
CLEAN_SYNCS = 12  # at most, until the data stands still during one
AT_ONCE = (5, 12)  # faults switched on before a sync
TIMES = (1, 4)
SKIPPED = (0, 4)
SELDOM = 0.15  # weight of what ends a sync at once: otherwise few would get far
KILLED = 0.12  # share of the syncs
LIFE = (0.4, 3.0)  # wall seconds until a sync is killed
SHORT = 0.3  # wall seconds at most in which connections are refused
PASSING = [
    row
    for row in ROWS
    if (row.times == 1 or row.silent) and not row.streams and row.faults.keys() & {*OPERATIONS}
]
LONGEST_SHOWN = 4_000  # characters of a log that are shown; all of it is kept
SETTINGS = {"request_timeout_seconds": 1, "report_timeout_minutes": 20}
FEWEST_PER_SYNC = 5  # faults that strike on average, or the soak ends without them


@dataclass(slots=True)
class Soak:
    """A target's view of many syncs: what it holds, and how that differed from the truth."""

    sandbox: RunningSandbox
    folder: Path
    chance: Random
    syncs: int = 0
    killed: int = 0
    failed: int = 0
    whole: int = 0
    state: Record | None = None
    held: dict[str, dict[tuple[Any, ...], Record]] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)
    where: list[str] = field(default_factory=list)
    offences: list[str] = field(default_factory=list)

    def run(self, faults: int) -> int:
        """Sync until so many faults have struck, then without any; answers how many did."""
        most = 20 + faults // FEWEST_PER_SYNC
        while (found := struck(self.sandbox)) < faults and self.syncs < most:
            late = self._switch_on()
            self._sync(killed=self.chance.random() < KILLED, late=late)
        for _ in range(CLEAN_SYNCS):
            complete = self.whole
            judged = self._sync()
            if self.whole == complete:
                self.offences.append(f"sync {self.syncs}, without faults, is not complete")
            if judged == set(KEYS):
                break
        else:
            self.offences.append("the data never stood still during a sync; nothing was judged")
        return found

    def _switch_on(self) -> bool:
        """Switch a handful of faults on; answers whether a sync may now be late."""
        late = False
        for _ in range(self.chance.randint(*AT_ONCE)):
            [row] = self.chance.choices(PASSING, [SELDOM if row.then else 1.0 for row in PASSING])
            places = [place for place in row.faults if place in OPERATIONS]
            [operation] = self.chance.choices(
                places, [SELDOM if place in {TOKEN, SELLERS} else 1.0 for place in places]
            )
            late = late or row.late
            for switch in row.switches(operation):
                self.sandbox.post(
                    "/_sandbox/faults",
                    {
                        "skip": self.chance.randint(*SKIPPED),
                        **switch,
                        "times": self.chance.randint(*TIMES),
                        "seconds": switch["seconds"] if row.late or row.settings else SHORT,
                    },
                )
        return late

    def _sync(self, *, killed: bool = False, late: bool = False) -> set[str]:
        """One sync, some time after the one before; answers the streams held against the truth."""
        self.sandbox.advance(minutes=BETWEEN)
        began = self._now()
        output = self._killed() if killed else self._run()
        struck(self.sandbox)  # it accepts connections again
        self.sandbox.clear_faults()
        self.syncs += 1
        self.state = output.state or self.state
        complete = is_complete(output)
        for stream in KEYS:
            brought = by_key(stream, output.records.get(stream, []))
            if stream in INCREMENTAL:
                self.held.setdefault(stream, {}).update(brought)
            elif complete:
                self.held[stream] = brought
        self.whole += complete
        self.failed += output.returncode == 1
        if output.returncode == -signal.SIGKILL:
            self.killed += 1
        elif found := offences(output):
            kept = self.folder / f"sync-{self.syncs}.log"
            kept.write_text(output.errors, encoding="utf-8")
            end = output.errors[-LONGEST_SHOWN:]
            self.offences += [f"sync {self.syncs}: {each} (log: {kept})\n{end}" for each in found]
        return self._judge(began, self._now()) if complete and not late else set()

    def _judge(self, began: str, ended: str) -> set[str]:
        """Hold what the target holds against the truth, where that stood still during the sync."""
        judged = set()
        for stream in KEYS:
            truth = self.sandbox.truth(ACCOUNT, stream, as_of=ended)
            if self.sandbox.truth(ACCOUNT, stream, as_of=began) != truth:
                continue
            judged.add(stream)
            found = differences(stream, self.held[stream].values(), truth)
            for name, counter in found.items():
                self.wrong[name] += counter.total()
                self.where.append(f"sync {self.syncs}: {stream}: {name}: {counter.most_common(3)}")
        return judged

    def _now(self) -> str:
        now: str = self.sandbox.get_json("/_sandbox/clock")["now"]
        return now

    def _command(self) -> list[str]:
        config = configuration(self.sandbox.url, ACCOUNT, clock_factor=CLOCK_FACTOR, **SETTINGS)
        return command(self.folder, config, self.state)

    def _run(self) -> Output:
        run = warm_start.run(
            self._command(), capture_output=True, encoding="utf-8", timeout=300, check=False
        )
        return _read(run.stdout, run.returncode, run.stderr)

    def _killed(self) -> Output:
        """A sync that is killed at some moment, unless it has ended by then."""
        with warm_start.Popen(
            self._command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        ) as tap:
            try:
                out, errors = tap.communicate(timeout=self.chance.uniform(*LIFE))
            except subprocess.TimeoutExpired:
                tap.kill()
                out, errors = tap.communicate()
        return _read(out, tap.returncode, errors)


def _read(text: str, returncode: int, errors: str) -> Output:
    whole_lines: Sequence[str] = [line + "\n" for line in text.split("\n")[:-1]]
    return Output.read(whole_lines, returncode, errors)

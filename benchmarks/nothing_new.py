"""What a sync costs that finds nothing new, as most of those do that run every half hour.

A first sync, then one with its state half an hour later, of the streams that the ETL needs; the data
stands still in between, the sandbox's clock is set on. Time is real: the sandbox's clock runs as fast as
the wall clock, with reports that take a second or two, which Amazon's never do.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from makespan import NOW, START, STREAMS
from programs import Run, configuration, launch, sandbox, tap_command
from results import Figure, Measurement, Ratio, Table, as_text
from startup import IMPORT, IMPORTING

if TYPE_CHECKING:
    from datetime import datetime

ROUNDS = 2
TIMES_IMPORT = 3.0
"""Target: of the CPU time of the import."""
HALF_AN_HOUR = timedelta(minutes=30)
ACCOUNT, MARKETPLACE = "EU", "DE"
FIRST, SECOND = "first sync", "nothing new"


@dataclass(frozen=True, slots=True)
class Sync:
    """A sync, and what the sandbox and the target saw of it."""

    run: Run
    calls: dict[str, int]
    records: int
    state: dict[str, Any]

    @property
    def all_calls(self) -> int:
        """Calls of every operation, the download of documents included."""
        return sum(self.calls.values())


def measure(*, quick: bool = False) -> Measurement:
    """Sync twice, several times; of each, the run with the least CPU time counts."""
    rounds = 1 if quick else ROUNDS
    clock_factor = 60 if quick else 1
    found: dict[str, list[Sync]] = {FIRST: [], SECOND: []}
    imports: list[Run] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            imports.append(launch(Path(folder), *IMPORTING))
        found[FIRST].append(sync(NOW, clock_factor))
        found[SECOND].append(sync(NOW + HALF_AN_HOUR, clock_factor, found[FIRST][-1].state))
    imported = min(imports, key=lambda run: run.cpu_seconds)
    first, second = (min(each, key=lambda sync: sync.run.cpu_seconds) for each in found.values())
    figures = [
        figure
        for name, run in ((IMPORT, imported), (FIRST, first.run), (SECOND, second.run))
        for figure in (
            Figure(name, "time", run.seconds, "s"),
            Figure(name, "CPU time", run.cpu_seconds, "s"),
        )
    ] + [
        Figure(name, "calls", sync.all_calls, "calls")
        for name, sync in ((FIRST, first), (SECOND, second))
    ]
    return Measurement(
        "nothing_new",
        "Calls and time of a sync that finds nothing new, against a first sync and `import singer_sdk`",
        (
            Ratio(
                "CPU time with nothing new", f"`{IMPORT}`",
                second.run.cpu_seconds, imported.cpu_seconds, "s", TIMES_IMPORT, at_most=True,
            ),
            Ratio(
                "calls with nothing new", "the first sync",
                second.all_calls, first.all_calls, "calls", 1.0, at_most=True,
            ),
            Ratio(
                "time with nothing new", "the first sync",
                second.run.seconds, first.run.seconds, "s",
            ),
        ),
        tuple(figures),
        (
            f"{', '.join(STREAMS)} of one marketplace, {(NOW - START).days} days at first.",
            f"{first.records:,} records, then {second.records:,}: listings and stock come complete.",
            "Most of the time is the 15 s after which the tap first looks at reports it requested.",
            f"The run with the least CPU time of {rounds} of each, in turn.",
            f"The sandbox's clock runs {clock_factor} times as fast as the wall clock.",
        ),
        tables=(
            Table(
                "Calls by operation",
                ("Operation", FIRST, SECOND),
                tuple(
                    (name, str(first.calls.get(name, 0)), str(second.calls.get(name, 0)))
                    for name in sorted(first.calls | second.calls)
                ),
            ),
        ),
    )  # fmt: skip


def sync(now: datetime, clock_factor: int, state: dict[str, Any] | None = None) -> Sync:
    """Sync against a sandbox whose clock begins at an instant, whatever its data's last one is."""
    options = ("--report-seconds", "1", "2", "--orders", "500", "--now", now.isoformat())
    with sandbox(clock_factor, *options) as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = configuration(
            url, ACCOUNT, clock_factor, start_date=START.isoformat(), marketplaces=MARKETPLACE
        )
        command = tap_command(folder, config, *STREAMS)
        if state:
            (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")
            command += ["--state", str(folder / "state.json")]
        run = launch(folder, *command)
        counted = httpx.get(f"{url}/_sandbox/calls").raise_for_status().json()["calls"]
        messages = [json.loads(line) for line in run.output.read_bytes().splitlines()]
    return Sync(
        run,
        {operation: sum(statuses.values()) for operation, statuses in counted.items()},
        sum(message["type"] == "RECORD" for message in messages),
        next(message["value"] for message in reversed(messages) if message["type"] == "STATE"),
    )


def main() -> None:
    """Print the figures."""
    print(as_text(measure()))


if __name__ == "__main__":
    main()

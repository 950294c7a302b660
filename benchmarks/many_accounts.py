"""What an account with nothing new costs in a fleet, against Meltano: CPU, memory, accounts a minute.

Both run the same sellers of one sandbox through tap, target, ETL and push: a first sync, then, more than
half an hour of the sandbox later, those that find nothing new. Everything that each starts is counted.
The sandbox, which stands for Amazon and Optiply, is not, though it works on the same cores.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from makespan import START
from programs import Run, sandbox
from results import Figure, Measurement, Ratio, Table, as_text, shown
from seller_fleet import STREAMS, MeltanoSeller, Round, World, fleet

SELLERS, AT_ONCE = 40, 20
FEW_SELLERS, FEW_AT_ONCE = 2, 2
ROUNDS, MELTANO_RUNS = 3, 3
CLOCK_FACTOR = 60
MINUTES_BETWEEN = 35.0
"""More than the 30 in which Amazon makes no report twice."""
MOST_CPU, LEAST_TIMES = 0.8, 5.0
"""Targets: CPU seconds of an account, and how many times more Meltano takes."""
MOST_MEMORY = 40e6
"""Target: bytes of an account in flight, by fair shares."""
FLEETS = (400, 5_000, 100_000)
INTERVAL = 30  # minutes
CREATED_A_MINUTE = 1.0
"""createReport's quota, of each account by itself (Reports API 2021-06-30)."""
REPORTS_A_VISIT = 3
SALES_REPORTS_A_DAY = 96
"""GET_SALES_AND_TRAFFIC_REPORT, where Amazon counts it for an application over all sellers."""
FLEET, MELTANO = "amazon-fleet", "meltano run"
_OPTIONS = (
    "--report-seconds", "20", "60", "--orders", "500", "--report-limits", "off",
    "--optiply-token-seconds", "10000000",
)  # fmt: skip
_MB = 1e6


@dataclass(frozen=True, slots=True)
class _Found:
    """What was measured.

    Attributes:
        sellers: How many accounts a round has.
        at_once: How many run at once.
        rounds: Rounds with nothing new.
        watched: One more, in which memory was looked at.
        meltano: Runs of one of the sellers with nothing new.
    """

    sellers: int
    at_once: int
    rounds: tuple[Round, ...]
    watched: Round
    meltano: tuple[Run, ...]

    @property
    def cpu(self) -> float:
        """CPU seconds of an account, the worker's part of the work included."""
        return min(each.cpu_seconds for each in self.rounds) / self.sellers

    @property
    def database_cpu(self) -> float:
        """CPU seconds that PostgreSQL has with an account."""
        return min(each.database_seconds for each in self.rounds) / self.sellers

    @property
    def per_minute(self) -> float:
        """Accounts in a minute."""
        return self.sellers * 60 / min(each.seconds for each in self.rounds)

    @property
    def memory(self) -> float:
        """Bytes of an account in flight, at the look with the most of it while nearly all run."""
        most = max(count for _, count in self.watched.memory)
        return max(each / count for each, count in self.watched.memory if count >= most * 3 / 4)

    @property
    def usual_memory(self) -> float:
        """Bytes of an account in flight, over all looks."""
        return sum(each for each, _ in self.watched.memory) / sum(
            count for _, count in self.watched.memory
        )

    @property
    def seconds(self) -> float:
        """How long an account is in flight, most of it waiting."""
        return statistics.fmean(
            float(each.figures["seconds"])
            for each in min(self.rounds, key=lambda one: one.seconds).runs
        )


def measure(*, quick: bool = False) -> Measurement:
    """Run sellers by turns in a fleet and, one of them, through Meltano.

    Raises:
        SystemExit: A run failed, or Meltano's plugins are not installed.
    """
    found = _found(*((FEW_SELLERS, FEW_AT_ONCE, 1) if quick else (SELLERS, AT_ONCE, ROUNDS)))
    meltano = min(each.cpu_seconds for each in found.meltano)
    return Measurement(
        "many_accounts",
        "What an account with nothing new costs in a fleet: tap, target, ETL and push, against Meltano",
        (
            Ratio(
                "CPU time of an account, nothing new", "the limit of 0.8 s",
                found.cpu, MOST_CPU, "s", 1.0, at_most=True,
            ),
            Ratio(
                "CPU time of `meltano run` and ETL, nothing new", "`amazon-fleet`, an account",
                meltano, found.cpu, "s", LEAST_TIMES,
            ),
            Ratio(
                "memory of an account in flight", "the limit of 40 MB",
                found.memory / _MB, MOST_MEMORY / _MB, "MB", 1.0, at_most=True,
            ),
        ),
        (
            Figure(FLEET, "CPU time of an account", found.cpu, "s"),
            Figure(f"{FLEET}, its PostgreSQL", "CPU time of an account", found.database_cpu, "s"),
            Figure(MELTANO, "CPU time of an account", meltano, "s"),
            Figure(FLEET, "memory of an account", found.memory / _MB, "MB"),
            Figure(f"{FLEET}, on average", "memory of an account", found.usual_memory / _MB, "MB"),
            Figure(FLEET, "accounts a minute", found.per_minute, "accounts/min"),
        ),
        _notes(found),
        tables=(_extrapolation(found),),
    )  # fmt: skip


def _found(sellers: int, at_once: int, rounds: int) -> _Found:
    options = (*_OPTIONS, "--sellers", str(sellers))
    with sandbox(CLOCK_FACTOR, *options) as url, tempfile.TemporaryDirectory() as name:
        world = World(url, CLOCK_FACTOR, START)
        alone = MeltanoSeller(world, 1, Path(name))
        if not alone.is_installed:
            raise SystemExit("Meltano's plugins are not installed; run: make .venv/plugins")
        with fleet(world, sellers, at_once) as ours:
            alone.run()
            measured, by_meltano = [], []
            for number in range(rounds):
                world.pass_minutes(MINUTES_BETWEEN)
                measured.append(ours.round())
                if number < MELTANO_RUNS:
                    by_meltano.append(alone.run())
            world.pass_minutes(MINUTES_BETWEEN)
            watched = ours.round(watch_memory=True)
    return _Found(sellers, at_once, tuple(measured), watched, tuple(by_meltano))


def _notes(found: _Found) -> tuple[str, ...]:
    return (
        f"{found.sellers} sellers, {found.at_once} at once: {', '.join(STREAMS)} of one marketplace.",
        "Records go into files, payloads into Optiply's API.",
        f"The round with the least CPU time of {len(found.rounds)} counts.",
        f"Of Meltano, with one of the same sellers, the run with the least of {len(found.meltano)}.",
        "CPU time is that of the worker, its fork server and all runs; of Meltano, of all processes.",
        "Memory is Linux's proportional set size: pages that runs share count by their fair share.",
        "All runs are looked at four times a second; the look with the most memory an account counts.",
        f"Accounts a minute: the sandbox and PostgreSQL work on the same {os.cpu_count()} cores.",
        f"The sandbox's clock runs {CLOCK_FACTOR} times as fast as the wall clock.",
    )


def _extrapolation(found: _Found) -> Table:
    """How much a fleet needs, beside what Amazon allows."""
    cost = found.cpu + found.database_cpu
    rows = []
    for count in FLEETS:
        cores = count * cost / (INTERVAL * 60)
        # An account waits for minutes for its reports: the sandbox's seconds are a 60th of Amazon's.
        in_flight = min(count, count * found.seconds * CLOCK_FACTOR / (INTERVAL * 60))
        rows.append(
            (
                f"{count:,}",
                shown(cores),
                shown(in_flight * found.usual_memory / 1e9),
                shown(count / (INTERVAL * 60)),
                shown(INTERVAL * CREATED_A_MINUTE / REPORTS_A_VISIT),
                shown(count / SALES_REPORTS_A_DAY),
            )
        )
    return Table(
        f"Every {INTERVAL} minutes, from the figures of this run",
        (
            "Accounts",
            "cores",
            "memory in flight, GB",
            "runs a second",
            f"visits that Amazon allows an account in {INTERVAL} min",
            "days between two sales and traffic reports of one, if the 96 a day are an application's",
        ),
        tuple(rows),
    )


def main() -> None:
    """Print the figures."""
    print(as_text(measure()))


if __name__ == "__main__":
    main()

"""Where the CPU time of the BATCH path, the RECORD path and the ETL goes, function by function.

Each program runs with a large and a small input, with and without a profiler that counts the CPU time of
every thread; what a million rows take is the difference, in which start-up is none. What libraries do
counts for the function of ours that called them.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orders_report
from document_server import serving
from paths import sync, to_batches
from programs import BIN, HERE, launch
from results import Figure, Measurement, Ratio, Table, as_text, shown
from seller_records import write_input

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from programs import Run

SMALL, LARGE = 20_000, 1_000_000
SHOWN = 12
"""Functions that are called one by one."""
MODULES = 5
"""Modules whose other functions are reported together."""
PACKAGES = ("tap_amazon_seller", "amazon_optiply_etl")
BATCH, RECORD, ETL = "BATCH, Parquet", "RECORD", "amazon-optiply-etl build"
OUTSIDE = "the rest: libraries' own threads, noise"
ROUNDS_UP = 50
"""Libraries call one another less deep than that."""


@dataclass(frozen=True, slots=True)
class Profile:
    """CPU seconds of a run, or of a million rows.

    Attributes:
        plain: Of the program without the profiler.
        whole: With it.
        functions: By function of ours, with what it called of libraries.
    """

    plain: float
    whole: float
    functions: Mapping[str, float]

    def per_million(self, small: Profile, rows: int) -> Profile:
        """What a million rows take, from what `rows` more than in a small run take more."""
        share = 1e6 / rows
        return Profile(
            (self.plain - small.plain) * share,
            (self.whole - small.whole) * share,
            {
                name: (seconds - small.functions.get(name, 0.0)) * share
                for name, seconds in self.functions.items()
            },
        )


def measure(*, quick: bool = False) -> Measurement:
    """Profile the three, and measure what BATCH files cannot do without."""
    sizes = (1_000, 4_000) if quick else (SMALL, LARGE)
    rows = sizes[1] - sizes[0]
    profiles: dict[str, list[Profile]] = defaultdict(list)
    floors: dict[str, float] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            report, files = folder / "report.gz", folder / "files"
            report.write_bytes(orders_report.gzipped(size))
            profiles[BATCH].append(_of_tap(report, size, to_batches(files, "parquet", "none")))
            if not quick:
                profiles[RECORD].append(_of_tap(report, size, {}))
                profiles[ETL].append(_of_etl(folder, size))
            floors = _floors(folder, report, files, size)
    million = {name: large.per_million(small, rows) for name, (small, large) in profiles.items()}
    floor = sum(floors.values())
    return Measurement(
        "profile_stages",
        "CPU seconds a million rows take, function by function, and what BATCH files cannot do without",
        (
            Ratio(
                "CPU time of BATCH per million rows", "gunzip, read_csv and Parquet encoding alone",
                million[BATCH].plain, floor, "s",
            ),
        ),
        (
            *(Figure(name, "CPU time", each.plain, "s") for name, each in million.items()),
            *(Figure(f"{name} alone", "CPU time", each, "s") for name, each in floors.items()),
        ),
        (
            f"Of {sizes[1]:,} rows (order lines for the ETL), less those of {sizes[0]:,}.",
            "CPU time is of all threads; that of the tables was measured with yappi, which adds to it.",
            "Alone: gunzip the report, read its text, write the rows of the tap's files; in one thread.",
        ),
        tables=tuple(_table(name, each) for name, each in million.items()),
    )  # fmt: skip


def _table(name: str, profile: Profile) -> Table:
    """The functions that take longest, and what is left."""
    ranked = sorted(profile.functions.items(), key=lambda item: -item[1])
    others: dict[str, float] = defaultdict(float)
    for function, seconds in ranked[SHOWN:]:
        others[f"others of {function.partition(' ')[0]}`"] += seconds
    modules = sorted(others.items(), key=lambda item: -item[1])
    rows = dict(ranked[:SHOWN] + modules[:MODULES])
    rows["all others"] = sum(seconds for _, seconds in modules[MODULES:])
    rows[OUTSIDE] = profile.whole - sum(profile.functions.values())
    rows["all, with the profiler"] = profile.whole
    return Table(
        f"{name}: {shown(profile.plain)} CPU s per million rows without the profiler",
        ("Function", "CPU s per million rows", "Share"),
        tuple(
            (each, f"{seconds:.3f}", f"{seconds / profile.whole:.1%}")
            for each, seconds in rows.items()
        ),
    )


def _of_tap(report: Path, rows: int, settings: Mapping[str, object]) -> Profile:
    with serving(report, orders_report.GZIPPED_CHARSET) as server:
        return _profile(
            lambda through: sync(server, rows, ("order_items",), settings, through=through)
        )


def _of_etl(folder: Path, rows: int) -> Profile:
    write_input(folder / "input", rows)
    (folder / "config.json").write_text("{}", encoding="utf-8")

    def build(through: tuple[str, ...]) -> Run:
        with tempfile.TemporaryDirectory(dir=folder) as name:
            return launch(
                Path(name), *through, BIN / "amazon-optiply-etl", "build", "--format", "jsonl",
                "--input", folder / "input", "--output", name,
                "--snapshots", Path(name) / "snapshots", "--config", folder / "config.json",
            )  # fmt: skip

    return _profile(build)


def _profile(run: Callable[[tuple[str, ...]], Run]) -> Profile:
    """Run a program without and with the profiler."""
    plain = run(()).cpu_seconds
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "profile.json"
        run((sys.executable, str(HERE / "profiled.py"), str(output)))
        facts = json.loads(output.read_bytes())
    return Profile(plain, facts["cpu_seconds"], by_function(facts))


def by_function(facts: Mapping[str, Any]) -> dict[str, float]:
    """CPU seconds of each function of ours, with what it called of libraries.

    A library's function that several functions called counts for each as much as it took for it, or,
    where libraries lie between, in proportion. What no function of ours called is left out.

    Args:
        facts: What `profiled.py` writes.
    """
    names = {index: _name(module, name) for index, module, name, _ in facts["functions"]}
    found: dict[str, float] = defaultdict(float)
    callers: dict[int, list[tuple[int, float]]] = defaultdict(list)
    passed_on: dict[int, float] = defaultdict(float)
    for index, _, _, seconds in facts["functions"]:
        if names[index]:
            found[names[index]] += seconds
    for caller, callee, seconds, whole in facts["calls"]:
        if not names.get(callee) and caller != callee:
            callers[callee].append((caller, whole))
            passed_on[caller] += seconds
    for _ in range(ROUNDS_UP):
        above: dict[int, float] = defaultdict(float)
        for index, seconds in passed_on.items():
            if own := names.get(index):
                found[own] += seconds
                continue
            whole = sum(share for _, share in callers[index])
            for caller, share in callers[index]:
                above[caller] += seconds * share / whole if whole else 0.0
        passed_on = above
    return dict(found)


def _name(module: str, name: str) -> str:
    """A function of ours, such as `reports/columns.py _parsed`; nothing for those of libraries."""
    for package in PACKAGES:
        _, found, path = module.rpartition(f"/{package}/")
        if found and name != "<module>":
            return f"`{path} {name}`"
    return ""


def _floors(folder: Path, report: Path, files: Path, rows: int) -> dict[str, float]:
    """CPU seconds per million rows of what BATCH files cannot do without, each alone."""
    script = HERE / "peers" / "floors.py"
    found = json.loads(launch(folder, sys.executable, script, report, files).output.read_bytes())
    # The files are those of two runs, without and with the profiler.
    written = {"gunzip": rows, "read_csv": rows, "Parquet encoding": 2 * rows}
    return {name: seconds / written[name] * 1e6 for name, seconds in found.items()}


def main() -> None:
    """Print the figures."""
    print(as_text(measure()))


if __name__ == "__main__":
    main()

"""Runs the benchmarks, prints their ratios and writes the report: `make bench`.

A benchmark is a module beside this one with a function `measure(*, quick=False) -> Measurement`. What
each found last is kept, so that one can be measured again by itself and the report has them all.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import click
import msgspec
from programs import HERE, PEERS, peer
from report import report, terminal_table, with_table
from results import Measurement, as_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

README = HERE.parent / "README.md"
KEPT = PEERS / "results"
_MEASURES = re.compile(r"^def measure\(", re.MULTILINE)


def benchmarks() -> list[str]:
    """The modules of this folder that measure."""
    return sorted(
        path.stem for path in HERE.glob("*.py") if _MEASURES.search(path.read_text("utf-8"))
    )


@click.command()
@click.option(
    "--only", "names", multiple=True, type=click.Choice(benchmarks()),
    help="Only this benchmark; may be given again.",
)  # fmt: skip
@click.option("--quick", is_flag=True, help="Small inputs, to see that it works; nothing is kept.")
def main(names: Sequence[str], *, quick: bool) -> None:
    """Measure, side by side with the peers whose environments `make bench` makes in .bench/."""
    measured = []
    for name in names or benchmarks():
        click.echo(f"Measuring {name} ...", err=True)
        load = os.getloadavg()[0] / (os.cpu_count() or 1)
        module = importlib.import_module(name)
        measurement: Measurement = replace(module.measure(quick=quick), load=load)
        click.echo(as_text(measurement) + "\n")
        measured.append(measurement)
        if not quick:
            KEPT.mkdir(parents=True, exist_ok=True)
            (KEPT / f"{name}.json").write_bytes(msgspec.json.encode(measurement))
    click.echo(terminal_table(measured))
    if not quick:
        _write_report()


def _write_report() -> None:
    """Write REPORT.md, the plots and the table of the README, from all that was kept."""
    measurements = [
        msgspec.json.decode((KEPT / f"{name}.json").read_bytes(), type=Measurement)
        for name in benchmarks()
        if (KEPT / f"{name}.json").exists()
    ]
    text = report(measurements, _plots(measurements))
    (HERE / "REPORT.md").write_text(text, encoding="utf-8")
    README.write_text(with_table(README.read_text("utf-8"), measurements), encoding="utf-8")
    click.echo(f"Written to {HERE.name}/REPORT.md, with plots, and to {README.name}.")


def _plots(measurements: list[Measurement]) -> list[Path]:
    python = peer("tools")
    if python is None:
        click.echo("No plots: their environment has not been made.", err=True)
        return []
    results = KEPT / "all.json"
    results.write_bytes(msgspec.json.encode(measurements))
    subprocess.run([python, HERE / "plots.py", results, HERE / "plots"], check=True)
    return [HERE / "plots" / f"{each.name}.svg" for each in measurements if each.figures]


if __name__ == "__main__":
    main()

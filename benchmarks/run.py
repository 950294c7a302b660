"""Runs the benchmarks, prints their ratios and writes the report: `make bench`.

A benchmark is a module beside this one with a function `measure(*, quick=False) -> Measurement`. What
each found last is kept, so that some can be measured again by themselves and the report has them all.
One that fails does not keep the others from being measured; the report says why it failed.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from programs import HERE, PEERS, peer
from report import proofs_in, report, terminal_table, with_table
from results import Measurement, as_text

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = HERE.parent / "docs" / "benchmarks.md"
KEPT = PEERS / "results"
_CORES = Path("/proc/stat")
_MEASURES = re.compile(r"^def measure\(", re.MULTILINE)


def benchmarks() -> list[str]:
    """The modules of this folder that measure."""
    return sorted(
        path.stem for path in HERE.glob("*.py") if _MEASURES.search(path.read_text("utf-8"))
    )


@click.command()
@click.option(
    "--only", "names", multiple=True, type=click.Choice(benchmarks()),
    help="Only this benchmark; may be given again. The report keeps what the others found last.",
)  # fmt: skip
@click.option("--quick", is_flag=True, help="Small inputs, to see that it works; nothing is kept.")
def main(names: Sequence[str], *, quick: bool) -> None:
    """Measure, side by side with the peers whose environments `make bench` makes in .bench/."""
    measured = []
    failed = []
    for name in names or benchmarks():
        click.echo(f"Measuring {name} ...", err=True)
        busy = busy_cores() / (os.cpu_count() or 1)
        try:
            found: Measurement = importlib.import_module(name).measure(quick=quick)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the others are to be measured
            failed.append(name)
            click.echo(f"{name} failed: {error}", err=True)
            if not quick:
                _keep(name, ".txt", sentence(error).encode())
            continue
        measurement = replace(found, busy=busy)
        click.echo(as_text(measurement) + "\n")
        measured.append(measurement)
        if not quick:
            _keep(name, ".json", msgspec.json.encode(measurement))
            (KEPT / f"{name}.txt").unlink(missing_ok=True)
    click.echo(terminal_table(measured))
    if not quick:
        _write_report()
    if failed:
        raise SystemExit(f"Failed, see above: {', '.join(failed)}.")


def busy_cores(seconds: float = 1.0) -> float:
    """How many cores other programs keep busy, while nothing is measured; 0 where Linux does not say."""
    if not _CORES.exists():
        return 0.0
    before = _busy_ticks()
    time.sleep(seconds)
    return (_busy_ticks() - before) / os.sysconf("SC_CLK_TCK") / seconds


def _busy_ticks() -> int:
    """Clock ticks in which cores have worked since the start of the machine (see proc(5))."""
    user, nice, system, _idle, _waiting, *others = (
        _CORES.read_text("ascii").split("\n")[0].split()[1:]
    )
    return sum(map(int, (user, nice, system, *others[:2])))


def sentence(error: BaseException) -> str:
    """What went wrong, in one sentence: the first and the last line of what was reported."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = " ".join(dict.fromkeys((lines[0], lines[-1]))) if lines else type(error).__name__
    return told if told.endswith(".") else f"{told}."


def _keep(name: str, suffix: str, content: bytes) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{name}{suffix}").write_bytes(content)


def _write_report() -> None:
    """Write REPORT.md, the plots and the table of docs/benchmarks.md, from all that was kept."""
    measurements = []
    missing = {}
    for name in benchmarks():
        kept, failure = KEPT / f"{name}.json", KEPT / f"{name}.txt"
        if kept.exists():
            measurements.append(msgspec.json.decode(kept.read_bytes(), type=Measurement))
        if failure.exists():
            missing[name] = f"it failed when it was last run: {failure.read_text('utf-8')}" + (
                " Its figures are those of an earlier run." if kept.exists() else ""
            )
        elif not kept.exists():
            missing[name] = "it has not been run yet."
    text = report(measurements, _plots(measurements), missing)
    path = HERE / "REPORT.md"
    proofs = proofs_in(path.read_text("utf-8")) if path.exists() else ""
    path.write_text(text + proofs, encoding="utf-8")
    PAGE.write_text(with_table(PAGE.read_text("utf-8"), measurements), encoding="utf-8")
    click.echo(f"Written to {HERE.name}/REPORT.md, with plots, and to docs/{PAGE.name}.")


def _plots(measurements: list[Measurement]) -> list[Path]:
    python = peer("tools")
    if python is None:
        click.echo("No plots: their environment has not been made.", err=True)
        return []
    results = KEPT / "all.json"
    results.write_bytes(msgspec.json.encode(measurements))
    subprocess.run([python, HERE / "plots.py", results, HERE / "plots"], check=True)
    return [
        HERE / "plots" / f"{each.name}.svg" for each in measurements if each.figures or each.curves
    ]


if __name__ == "__main__":
    main()

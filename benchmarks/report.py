"""Writes what the benchmarks found: tables for people, with ratios first."""

from __future__ import annotations

import os
import platform
import re
from typing import TYPE_CHECKING

from results import bound, shown, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from results import Figure, Measurement, Ratio

QUIET = 0.1
"""What others may use of the cores, so that times can be trusted."""
_TABLE = re.compile(r"(<!-- benchmarks -->\n).*?(<!-- /benchmarks -->)", re.DOTALL)


def terminal_table(measurements: Iterable[Measurement]) -> str:
    """One line per ratio, for a terminal."""
    rows = [("", "against", "ratio", "target")] + [
        (ratio.name, ratio.against, shown(ratio.ratio), verdict(ratio))
        for measurement in measurements
        for ratio in measurement.ratios
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        f"{name:<{widths[0]}}  {against:<{widths[1]}}  {ratio:>{widths[2]}}  {target}"
        for name, against, ratio, target in rows
    )


def report(
    measurements: Sequence[Measurement],
    plots: Sequence[Path],
    missing: Mapping[str, str],
) -> str:
    """The report in Markdown.

    Args:
        measurements: What was found.
        plots: Images in `plots/` beside the report, named after their measurement.
        missing: Why a benchmark has no figures, or old ones, by its name.
    """
    parts = [
        "# Benchmarks: report",
        "",
        "Written by `make bench`; how and why is in [README.md](README.md).",
        "A ratio is ours divided by the other, measured in the same run: machines differ and drift.",
        "",
        machine(measurements),
        *(
            line
            for name, why in missing.items()
            for line in ("", f"**{name}** has no new figures: {why}")
        ),
        "",
        ratio_table(ratio for each in measurements for ratio in each.ratios),
    ]
    for each in measurements:
        parts += ["", f"## {each.name}", "", f"{each.question}."]
        parts += [
            line
            for plot in plots
            if plot.stem == each.name
            for line in ("", f"![{each.question}](plots/{plot.name})")
        ]
        if each.figures:
            parts += ["", _figure_table(each.figures)]
        for table in each.tables:
            rows = [_row(table.columns), _rule(table.columns), *map(_row, table.rows)]
            parts += ["", f"{table.title}:", "", *rows]
        if each.notes:
            parts += ["", *(f"- {note}" for note in each.notes)]
    return "\n".join([*parts, ""])


def proofs_in(text: str) -> str:
    """The section of an earlier report that says what `make prove` found last; empty without one."""
    found = re.search(r"^## Proofs$.*\Z", text, re.MULTILINE | re.DOTALL)
    return f"\n{found[0]}" if found else ""


def with_table(page: str, measurements: Sequence[Measurement]) -> str:
    """The page with the ratios that have a target between its two marks."""
    table = ratio_table(
        ratio for each in measurements for ratio in each.ratios if ratio.target is not None
    )
    return _TABLE.sub(
        lambda found: f"{found[1]}{table}\n\n{machine(measurements)}\n{found[2]}", page
    )


def machine(measurements: Iterable[Measurement]) -> str:
    """What a reader has to know of the machine."""
    busy = max((each.busy for each in measurements), default=0.0)
    warning = (
        f" Other programs used up to {busy:.0%} of the cores: measure again when it is quiet."
        if busy > QUIET
        else ""
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"Measured on {os.cpu_count()} cores, {memory:.0f} GB of memory, {platform.system()} "
        f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}.{warning}"
    )


def ratio_table(ratios: Iterable[Ratio]) -> str:
    """One row per ratio."""
    rows = [
        "| What | Against | Ours | Other | Ratio | Target | |",
        "| --- | --- | --: | --: | --: | --- | --- |",
    ]
    for each in ratios:
        met = {None: "", True: "met", False: "**missed**"}[each.met]
        rows.append(
            f"| {each.name} | {each.against} | {shown(each.ours)} {each.unit} | "
            f"{shown(each.peer)} {each.unit} | {shown(each.ratio)} | {bound(each)} | {met} |"
        )
    return "\n".join(rows)


def _figure_table(figures: Sequence[Figure]) -> str:
    """One row per subject and size, one column per quantity."""
    columns = list(dict.fromkeys((each.quantity, each.unit) for each in figures))
    lines = list(dict.fromkeys((each.subject, each.at) for each in figures))
    sized = any(at is not None for _, at in lines)
    header = ["", *(["Size"] if sized else []), *(f"{name}, {unit}" for name, unit in columns)]
    rows = [_row(header), _rule(header)]
    for subject, at in lines:
        cells = [
            next(
                (
                    shown(each.value)
                    for each in figures
                    if (each.subject, each.at) == (subject, at)
                    and (each.quantity, each.unit) == column
                ),
                "",
            )
            for column in columns
        ]
        size = [f"{at:,}" if at is not None else ""] if sized else []
        rows.append(_row([subject, *size, *cells]))
    return "\n".join(rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(columns: Sequence[str]) -> str:
    """The line below the columns' names: the first is text, the others are numbers."""
    return "| --- |" + " --: |" * (len(columns) - 1)

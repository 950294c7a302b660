"""What a benchmark returns: figures side by side, ratios with their targets, and what to know of them.

Each benchmark is a module with `measure(*, quick: bool = False) -> Measurement` and a `main()` that
prints it; `quick` takes small inputs, to see that the benchmark itself works. A figure by itself says
little, because machines differ and drift; ratios hold ours against a peer or a limit of the same run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One bar of a plot: a value of one subject, or one point of a curve when `at` is given.

    Attributes:
        subject: Who was measured, such as ``tap-amazon-seller`` or ``DuckDB``.
        quantity: What was measured, such as ``throughput`` or ``peak memory``.
        value: The value, in `unit`.
        unit: Such as ``records/s``, ``s`` or ``MB``.
        at: The size of the input, for figures over several sizes.
    """

    subject: str
    quantity: str
    value: float
    unit: str
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """A value of one subject over time; it is plotted, not tabled.

    Attributes:
        subject: Who was measured.
        quantity: What was measured, such as ``resident memory``; curves of one quantity share a plot.
        unit: Of the values, such as ``MB``.
        points: Seconds and values.
    """

    subject: str
    quantity: str
    unit: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for the report as they are; the first column is text, the others are numbers.

    Attributes:
        title: What the rows are, in a few words.
        columns: Their names.
        rows: Cells of each.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours against a peer or a limit, in one run.

    Attributes:
        name: What is compared, such as ``RECORD messages per second``.
        against: The peer or the limit.
        ours: Our value, in `unit`.
        peer: The peer's value, in `unit`.
        unit: Such as ``records/s``.
        target: What ours / peer has to be at least (or at most); None where there is no target.
        at_most: The target is an upper bound: less is better.
        enough: A value of ours, in `unit`, that meets the target whatever the peer does.
    """

    name: str
    against: str
    ours: float
    peer: float
    unit: str
    target: float | None = None
    at_most: bool = False
    enough: float | None = None

    @property
    def ratio(self) -> float:
        """Ours divided by the peer's; infinite where the peer's is 0."""
        return self.ours / self.peer if self.peer else math.inf

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a target."""
        if self.target is None:
            return None
        if self.enough is not None and self.ours >= self.enough:
            return True
        return self.ratio <= self.target if self.at_most else self.ratio >= self.target


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one benchmark found.

    Attributes:
        name: The benchmark's module, such as ``record_path``.
        question: What it shows, in one sentence.
        ratios: Ours against the others.
        figures: What the ratios were made of; they are plotted.
        notes: What a reader has to know, in sentences: inputs, versions, what is left out and why.
        curves: What was watched over time.
        tables: What is neither a figure nor a curve.
        busy: The share of the cores that other programs kept busy before it began; `run.py` fills it in.
    """

    name: str
    question: str
    ratios: tuple[Ratio, ...]
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()
    curves: tuple[Curve, ...] = ()
    tables: tuple[Table, ...] = ()
    busy: float = 0.0


def as_text(measurement: Measurement) -> str:
    """Write a measurement for a terminal: figures, then ratios with targets."""
    lines = [f"{measurement.name}: {measurement.question}"]
    for figure in measurement.figures:
        at = "" if figure.at is None else f" at {figure.at:,}"
        value = f"{shown(figure.value):>12} {figure.unit}"
        lines.append(f"  {figure.subject:<44} {figure.quantity + at:<28} {value}")
    lines += [
        f"  {ratio.name}, against {ratio.against}: {shown(ratio.ratio)} ({verdict(ratio)})"
        for ratio in measurement.ratios
    ]
    for table in measurement.tables:
        lines += [f"  {table.title}", *(f"    {'  '.join(row)}" for row in table.rows)]
    lines += [f"  {note}" for note in measurement.notes]
    return "\n".join(lines)


def verdict(ratio: Ratio) -> str:
    """Say the target and whether it is met."""
    if ratio.target is None:
        return "no target"
    return f"{bound(ratio)}: {'met' if ratio.met else 'missed'}"


def bound(ratio: Ratio) -> str:
    """Say the target, nothing where there is none."""
    if ratio.target is None:
        return ""
    or_enough = "" if ratio.enough is None else f", or {shown(ratio.enough)} {ratio.unit}"
    return f"{'at most' if ratio.at_most else 'at least'} {shown(ratio.target)}{or_enough}"


def shown(value: float) -> str:
    """Write a number with three significant digits, larger ones in full."""
    if math.isinf(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"

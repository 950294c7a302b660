"""Memory of all-orders reports of any size: the peak must not grow with the report.

The tap's own command downloads the gzipped report and passes it on as RECORD messages and as Parquet
files: as two streams (orders and order_items), the largest as order_items alone, which takes less time.
"""

from __future__ import annotations

import tempfile
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click
import orders_report
from document_server import serving
from paths import sync, to_batches
from results import Curve, Figure, Measurement, Ratio, as_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from programs import Run

LIMIT = 200.0  # MB of resident memory
SIZES = (10, 1_000, 5_000)  # MB of text
STREAMS = ("orders", "order_items")
ALONE = 5_000
"""MB of text from which order_items is read alone."""
SCATTERED = 200
"""MB of text of the reports with lines that are not in the order of their orders."""
WATCHED = 1_000
"""MB of text from which a sync takes long enough to be watched."""
POINTS = 200
"""Of a curve; each is the highest value of its time."""


def measure(*, quick: bool = False, sizes: Sequence[int] = SIZES) -> Measurement:
    """Sync a report of each size, in MB of text, with both kinds of output."""
    figures: list[Figure] = []
    curves: list[Curve] = []
    notes: list[str] = []
    watched = 1 if quick else WATCHED
    for megabytes in (1,) if quick else sizes:
        streams = STREAMS if megabytes < ALONE else STREAMS[1:]
        rows = megabytes * orders_report.ROWS_OF_MEGABYTE
        with tempfile.TemporaryDirectory() as name:
            report = Path(name) / "report.gz"
            orders_report.write_gzipped(report, rows)
            size = report.stat().st_size
            with serving(report, orders_report.GZIPPED_CHARSET) as server:
                for kind in ("RECORD", "BATCH"):
                    with tempfile.TemporaryDirectory() as files:
                        settings = to_batches(Path(files), "parquet", "none")
                        run = sync(server, rows, streams, settings if kind == "BATCH" else {})
                    peak = run.resident / 1e6
                    figures.append(
                        Figure(f"tap-amazon-seller, {kind}", "peak memory", peak, "MB", megabytes)
                    )
                    if megabytes >= watched and run.samples:
                        curves.append(_resident(f"{kind}, {megabytes:,} MB", run))
        notes.append(
            f"The report of {megabytes:,} MB has {rows:,} rows, gzipped {size / 1e6:,.1f} MB, "
            f"and is read by {' and '.join(streams)}."
        )
    scattered = _scattered(1 if quick else SCATTERED)
    notes.append(
        f"In two reports of {SCATTERED:,} MB the lines of orders are not next to one another: a fifth "
        "of the orders have their other lines at its end, or those of nearly all are some lines apart."
    )
    return Measurement(
        "memory",
        "Peak memory of the tap with an all-orders report, by its MB of text, and memory over time",
        (
            *(
                Ratio(
                    f"peak memory, {figure.subject.rpartition(' ')[2]}, a report of {figure.at:,} MB",
                    "the limit of 200 MB", figure.value, LIMIT, "MB", 1.0, at_most=True,
                )
                for figure in figures
            ),
            *(
                Ratio(
                    f"peak memory, lines of orders {name}, a report of {SCATTERED:,} MB",
                    "the limit of 200 MB", peak, LIMIT, "MB", 1.0, at_most=True,
                )
                for name, peak in scattered.items()
            ),
        ),
        tuple(figures),
        (*notes, "Resident memory was looked at five times a second; peaks are the kernel's."),
        tuple(curves),
    )  # fmt: skip


def _scattered(megabytes: int) -> dict[str, float]:
    """Peak memory in MB of reports in which the lines of orders are not next to one another."""
    rows = megabytes * orders_report.ROWS_OF_MEGABYTE
    found: dict[str, float] = {}
    for name, rearranged in {
        "at its end": orders_report.late,
        "some lines apart": orders_report.mixed,
    }.items():
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.gz"
            orders_report.write_gzipped(report, rows, rearranged=rearranged)
            with serving(report, orders_report.GZIPPED_CHARSET) as server:
                found[name] = sync(server, rows, STREAMS, {}).resident / 1e6
    return found


def _resident(subject: str, run: Run) -> Curve:
    """Resident memory over the time of a run."""
    began = run.ended - run.seconds
    span = run.seconds / POINTS
    return Curve(
        subject,
        "resident memory",
        "MB",
        tuple(
            (round(slot * span, 2), max(resident for *_, resident in samples) / 1e6)
            for slot, samples in groupby(run.samples, lambda sample: (sample[0] - began) // span)
        ),
    )


@click.command()
@click.option(
    "--size", "sizes", multiple=True, type=click.IntRange(min=1), default=SIZES, show_default=True,
    help="MB of text; may be given again.",
)  # fmt: skip
def main(sizes: Sequence[int]) -> None:
    """Print the figures."""
    click.echo(as_text(measure(sizes=sizes)))


if __name__ == "__main__":
    main()

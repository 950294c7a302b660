"""Memory of all-orders reports of any size: the peak must not grow with the report.

The tap's own command downloads the gzipped report, which feeds two streams (orders and order_items), as
RECORD messages and as Parquet files.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click
import orders_report
from document_server import serving
from paths import sync, to_batches
from results import Figure, Measurement, Ratio, as_text

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMIT = 200.0  # MB of resident memory
SIZES = (10, 1_000)  # MB of text
ROWS_OF_MEGABYTE = 3_541  # of orders_report


def measure(*, quick: bool = False, sizes: Sequence[int] = SIZES) -> Measurement:
    """Sync a report of each size, in MB of text, with both kinds of output."""
    figures, notes = [], []
    for megabytes in (1,) if quick else sizes:
        rows = megabytes * ROWS_OF_MEGABYTE
        document = orders_report.gzipped(rows)
        with (
            serving(document, orders_report.GZIPPED_CHARSET) as server,
            tempfile.TemporaryDirectory() as folder,
        ):
            for kind, settings in (
                ("RECORD", {}),
                ("BATCH", to_batches(Path(folder), "parquet", "gzip")),
            ):
                peak = sync(server, rows, ("orders", "order_items"), **settings).resident / 1e6
                figures.append(
                    Figure(f"tap-amazon-seller, {kind}", "peak memory", peak, "MB", megabytes)
                )
        notes.append(
            f"The report of {megabytes:,} MB has {rows:,} rows, gzipped {len(document) / 1e6:,.1f} MB; "
            "both streams read all of them."
        )
    return Measurement(
        "memory",
        "Peak memory of the tap with an all-orders report that feeds orders and order_items, by its MB",
        tuple(
            Ratio(
                f"peak memory, {figure.subject.rpartition(' ')[2]}, a report of {figure.at:,} MB",
                "the limit of 200 MB", figure.value, LIMIT, "MB", 1.0, at_most=True,
            )
            for figure in figures
        ),
        tuple(figures),
        tuple(notes),
    )  # fmt: skip


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

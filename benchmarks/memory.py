"""Memory of large all-orders documents: peak resident memory must not grow with the document.

The sandbox serves it, and it feeds two streams (orders and order_items). The figure is the tap's peak
resident memory, held against the limit and against a small document.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from programs import configuration, launch, sandbox, tap_command
from results import Figure, Measurement, Ratio, as_text

LIMIT = 200.0  # MB of resident memory
SMALL, LARGE = 2_000, 1_900_000  # orders of the account in 29 days; most are of its US marketplace
CLOCK_FACTOR = 60


def measure(*, quick: bool = False) -> Measurement:
    """Sync a small document and a large one."""
    figures, notes = [], []
    peak = 0.0
    for orders in (100, 500) if quick else (SMALL, LARGE):
        with (
            sandbox(CLOCK_FACTOR, "--orders", str(orders), "--days", "29") as url,
            tempfile.TemporaryDirectory() as folder,
        ):
            config = configuration(
                url, "NA", CLOCK_FACTOR, marketplaces="US", start_date="2026-10-04T08:00:00Z"
            )
            # What the tap writes would fill a disk; bash gives it nowhere to go.
            command = tap_command(Path(folder), config, "orders", "order_items")
            run = launch(Path(folder), "bash", "-c", 'exec "$@" > /dev/null', "bash", *command)
        peak = run.resident / 1e6
        counts = re.findall(r"(\d+) rows read from (\d+) bytes of text", run.log)
        rows = sum(int(count) for count, _ in counts) // 2  # both streams read every row
        size = sum(int(size) for _, size in counts) / 2e6
        figures.append(Figure("tap-amazon-seller", "peak memory", peak, "MB", rows))
        notes.append(
            f"A report of {size:,.0f} MB has {rows:,} rows; both streams read all of them."
        )
    return Measurement(
        "memory",
        "Peak memory of the tap with a large all-orders report that feeds orders and order_items",
        (
            Ratio(
                "peak memory of a large report", "the limit of 200 MB",
                peak, LIMIT, "MB", 1.0, at_most=True,
            ),
            Ratio("peak memory of a large report", "a small report", peak, figures[0].value, "MB"),
        ),
        tuple(figures),
        tuple(notes),
    )  # fmt: skip


def main() -> None:
    """Print the figures."""
    print(as_text(measure()))


if __name__ == "__main__":
    main()

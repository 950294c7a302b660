"""Memory of a large all-orders document: one report of 500 MB through the real tap.

The sandbox serves it, the tap reads it twice (orders and order_items) and writes to /dev/null. The
figure is the tap's peak resident memory, held against the limit and against a small document.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from programs import configuration, run_tap, sandbox

LIMIT = 200e6  # bytes of resident memory
SMALL, LARGE = 2_000, 1_900_000  # orders of the account in 29 days; most are of its US marketplace
CLOCK_FACTOR = 60


def main() -> None:
    """Print the table."""
    print(f"{'document':>12} {'rows':>10} {'records/s':>10} {'peak memory':>12} {'of 200 MB':>10}")
    for orders in (SMALL, LARGE):
        with (
            sandbox(CLOCK_FACTOR, "--orders", str(orders), "--days", "29") as url,
            tempfile.TemporaryDirectory() as folder,
        ):
            config = configuration(
                url, "NA", CLOCK_FACTOR, marketplaces="US", start_date="2026-10-04T08:00:00Z"
            )
            run = run_tap(Path(folder), config, "orders", "order_items")
        counts = re.findall(r"(\d+) rows read from (\d+) bytes of text", run.log)
        rows = sum(int(count) for count, _ in counts)  # both streams read every row
        size = sum(int(size) for _, size in counts) / 2
        print(
            f"{size / 1e6:>9.0f} MB {rows // 2:>10,} {rows / run.seconds:>10,.0f} "
            f"{run.resident / 1e6:>9.0f} MB {run.resident / LIMIT:>10.2f}"
        )


if __name__ == "__main__":
    main()

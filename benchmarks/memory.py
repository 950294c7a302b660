"""Memory of large all-orders documents: peak resident memory must not grow with the document.

`orders` and `order_items` are made of one report of each size, as RECORD messages and as Parquet files.
The figure is the peak of the whole process, held against LIMIT. With `--through-the-sandbox` it is that
of the tap's own command, which downloads the report from the sandbox (520 MB, RECORD messages).
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

import orders_report
import paths
from programs import configuration, run_tap, sandbox

LIMIT = 200e6  # bytes of resident memory
SIZES = (10, 1000)  # megabytes of text
ROWS_OF_MEGABYTE = 3541
ORDERS = 1_900_000  # of the account in 29 days; most are of its US marketplace
CLOCK_FACTOR = 60


def measure(sizes: tuple[int, ...] = SIZES) -> dict[str, float]:
    """Peak resident bytes for each kind of output and size."""
    found: dict[str, float] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.gz"
            text = orders_report.write(report, size * ROWS_OF_MEGABYTE)
            for name, arguments in (
                ("RECORD", ("own", str(report), "both")),
                ("BATCH", ("batch", str(report), folder, "parquet", "gzip", "both")),
            ):
                found[f"{name} {text / 1e6:.0f} MB"] = paths.run(*arguments).resident
    return found


def through_the_sandbox() -> dict[str, float]:
    """Peak resident bytes of the command, with a report that it downloads."""
    with (
        sandbox(CLOCK_FACTOR, "--orders", str(ORDERS), "--days", "29") as url,
        tempfile.TemporaryDirectory() as folder,
    ):
        config = configuration(
            url, "NA", CLOCK_FACTOR, marketplaces="US", start_date="2026-10-04T08:00:00Z"
        )
        run = run_tap(Path(folder), config, "orders", "order_items")
    sizes = re.findall(r"rows read from (\d+) bytes of text", run.log)
    return {f"RECORD, downloaded, {max(map(int, sizes)) / 1e6:.0f} MB": run.resident}


def main() -> None:
    """Print the table; end with 1 when a figure is above the limit."""
    options = argparse.ArgumentParser()
    options.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="megabytes of text")
    options.add_argument("--through-the-sandbox", action="store_true")
    asked = options.parse_args()
    found = measure(tuple(asked.sizes))
    if asked.through_the_sandbox:
        found |= through_the_sandbox()
    for name, resident in found.items():
        print(f"memory {name:<30} {resident / 1e6:>6.0f} MB {resident / LIMIT:>6.2f} of the limit")
    if max(found.values()) > LIMIT:
        sys.exit(f"{max(found.values()) / 1e6:.0f} MB is more than {LIMIT / 1e6:.0f} MB")


if __name__ == "__main__":
    main()

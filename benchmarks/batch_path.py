"""How fast report bytes become BATCH files: against the SDK's default RECORD path, in the same run.

The tap reads a gzipped all-orders report and writes a Parquet file with all columns of `order_items`;
the default path is that of `record_path.py`. Each runs in a process of its own, in turns; the best of
several runs counts. Fails below TARGET times the default path's speed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import orders_report
import paths

TARGET = 40.0
ROWS, ROUNDS = 1_000_000, 4
SHARE = 25  # the default path reads one row of so many, since it takes so long
FORMATS = (("parquet", "none"), ("jsonl", "gzip"))


def measure(rows: int = ROWS, rounds: int = ROUNDS) -> dict[str, float]:
    """Rows per second of each format and of the default path, their ratios, and processors busy."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        reports = Path(folder) / "report.gz", Path(folder) / "short-report.gz"
        orders_report.write(reports[0], rows)
        orders_report.write(reports[1], rows // SHARE)
        *own, default = paths.interleaved(
            rounds,
            *(("batch", str(reports[0]), folder, *each) for each in FORMATS),
            ("default", str(reports[1])),
        )
    default_rate = rows // SHARE / default.seconds
    found["default_rows_per_second"] = default_rate
    for (name, _), timing in zip(FORMATS, own, strict=True):
        rate = rows / timing.seconds
        found |= {
            f"{name}_rows_per_second": rate,
            f"{name}_ratio": rate / default_rate,
            f"{name}_processors": timing.processor_seconds / timing.seconds,
        }
    return found


def main() -> None:
    """Print the ratios; end with 1 when Parquet misses its target."""
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=ROWS)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    asked = options.parse_args()
    found = measure(asked.rows, asked.rounds)
    for name, _ in FORMATS:
        print(
            f"BATCH path, {name}: {found[f'{name}_rows_per_second']:,.0f} rows/s, "
            f"{found[f'{name}_ratio']:.1f} times the SDK's default RECORD path "
            f"({found['default_rows_per_second']:,.0f}), with "
            f"{found[f'{name}_processors']:.2f} processors"
        )
    if found["parquet_ratio"] < TARGET:
        sys.exit(f"{found['parquet_ratio']:.1f} is less than {TARGET:g}")


if __name__ == "__main__":
    main()

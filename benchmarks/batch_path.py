"""How fast a report becomes BATCH files: against the SDK's default RECORD path, in the same run.

The tap reads a gzipped all-orders report and writes files with all columns of `order_items`; the
default path is that of `record_path.py`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from paths import DEFAULT, beside_default, to_batches
from results import Measurement, Ratio, as_text

ROWS, ROUNDS = 2_000_000, 3
TIMES_DEFAULT = 40.0
PARQUET, JSON_LINES = "tap-amazon-seller, Parquet", "tap-amazon-seller, JSON Lines"
FORMATS = {PARQUET: ("parquet", "none"), JSON_LINES: ("jsonl", "gzip")}
TARGETS = {PARQUET: TIMES_DEFAULT, JSON_LINES: None}


def measure(*, quick: bool = False) -> Measurement:
    """Let the tap, in both formats, and the default path read in turn."""
    rows, rounds = (2_000, 1) if quick else (ROWS, ROUNDS)
    with tempfile.TemporaryDirectory() as folder:
        paths = {subject: to_batches(Path(folder), *each) for subject, each in FORMATS.items()}
        found = beside_default(paths, rows, rounds)
    return Measurement(
        "batch_path",
        "Rows a second from a gzipped report to BATCH files, against the Singer SDK's RECORD messages",
        tuple(
            Ratio(
                f"BATCH rows/s, {subject.partition(', ')[2]}", DEFAULT,
                found.rates[subject], found.rates[DEFAULT], "rows/s", target,
            )
            for subject, target in TARGETS.items()
        ),
        found.figures(),
        found.notes(),
    )  # fmt: skip


def main() -> None:
    """Print the figures."""
    print(as_text(measure()))


if __name__ == "__main__":
    main()

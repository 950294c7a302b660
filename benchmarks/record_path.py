"""How fast report bytes become Singer lines: the tap's own path against the SDK's default one.

Both read the same gzipped all-orders report, with typed columns, and write RECORD messages to
/dev/null, each in a process of its own, in turns; the best of several runs counts. The default path is
a plain stream of the Singer SDK, with its type conformance and its message writer. Fails below TARGET
times its speed, unless the tap writes RECORDS_PER_SECOND anyway.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import orders_report
import paths

TARGET = 10.0
RECORDS_PER_SECOND = 100_000
ROWS, ROUNDS = 400_000, 4
SHARE = 10  # the default path reads one row of so many, since it takes so long


def measure(rows: int = ROWS, rounds: int = ROUNDS) -> dict[str, float]:
    """Records per second of both paths, their ratio, and how many processors the tap keeps busy."""
    with tempfile.TemporaryDirectory() as folder:
        reports = Path(folder) / "report.gz", Path(folder) / "short-report.gz"
        orders_report.write(reports[0], rows)
        orders_report.write(reports[1], rows // SHARE)
        own, default = paths.interleaved(
            rounds, ("own", str(reports[0])), ("default", str(reports[1]))
        )
    own_rate, default_rate = rows / own.seconds, rows // SHARE / default.seconds
    return {
        "records_per_second": own_rate,
        "default_records_per_second": default_rate,
        "ratio": own_rate / default_rate,
        "processors": own.processor_seconds / own.seconds,
    }


def main() -> None:
    """Print the ratio; end with 1 when it misses its target."""
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=ROWS)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    asked = options.parse_args()
    found = measure(asked.rows, asked.rounds)
    print(
        f"RECORD path: {found['records_per_second']:,.0f} records/s, {found['ratio']:.1f} times the "
        f"SDK's default path ({found['default_records_per_second']:,.0f}), with "
        f"{found['processors']:.2f} processors"
    )
    if found["ratio"] < TARGET and found["records_per_second"] < RECORDS_PER_SECOND:
        sys.exit(f"{found['ratio']:.1f} is less than {TARGET:g}")


if __name__ == "__main__":
    main()

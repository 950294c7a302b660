"""How fast a report becomes Singer lines: the tap against the SDK's default path.

Both read a gzipped all-orders report and write typed RECORD messages of `order_items` to /dev/null. The
default path (`peers/singer_sdk_default.py`) is a plain stream with the SDK's type conformance.
"""

from __future__ import annotations

from paths import DEFAULT, beside_default
from results import Measurement, Ratio, as_text

ROWS, ROUNDS = 400_000, 4
TIMES_DEFAULT, RECORDS_PER_SECOND = 10.0, 100_000.0
OURS = "tap-amazon-seller"


def measure(*, quick: bool = False) -> Measurement:
    """Let both read in turn."""
    rows, rounds = (2_000, 1) if quick else (ROWS, ROUNDS)
    found = beside_default({OURS: {}}, rows, rounds)
    return Measurement(
        "record_path",
        "RECORD messages a second from a gzipped report, against the Singer SDK's default path",
        (
            Ratio(
                "RECORD messages/s", DEFAULT, found.rates[OURS], found.rates[DEFAULT], "records/s",
                TIMES_DEFAULT, enough=RECORDS_PER_SECOND,
            ),
        ),
        found.figures(),
        found.notes(),
    )  # fmt: skip


def main() -> None:
    """Print the figures."""
    print(as_text(measure()))


if __name__ == "__main__":
    main()

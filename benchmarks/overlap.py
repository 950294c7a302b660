"""Whether a large report is downloaded, checked and read at the same time, on all cores.

The tap reads the same gzipped all-orders report from a server that sends as fast as loopback takes it
and from one at the end of a slower line. Time runs from the request for the document to the end of the
process, and so does CPU time.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orders_report
from document_server import serving
from paths import sync, to_batches
from results import Figure, Measurement, Ratio, as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

MEGABYTES, ROUNDS = 300, 2  # of text
LINE = 100e6 / 8
"""Bytes a second of the slower line: 100 Mbit/s."""
CORES = 2
TAP = "tap-amazon-seller"
TARGETS = {"BATCH": 0.8, "RECORD": None}
"""Of two cores, at loopback speed, by output."""


@dataclass(frozen=True, slots=True)
class Reading:
    """From the request for the document, in seconds.

    Attributes:
        downloaded: When the last byte had been sent.
        ended: When the process had ended.
        cpu: CPU time until then.
    """

    downloaded: float
    ended: float
    cpu: float

    @property
    def busy(self) -> float:
        """How many cores were busy on the average."""
        return self.cpu / self.ended


def measure(*, quick: bool = False) -> Measurement:
    """Read from both servers, as both kinds of output, in turn; the fastest run of each counts."""
    rows = (1 if quick else MEGABYTES) * orders_report.ROWS_OF_MEGABYTE
    document = orders_report.gzipped(rows)
    best: dict[tuple[str, bool], Reading] = {}
    for _ in range(1 if quick else ROUNDS):
        for output in TARGETS:
            for is_slow in (False, True):
                with tempfile.TemporaryDirectory() as folder:
                    files = to_batches(Path(folder), "parquet", "none")
                    found = _read(
                        document, rows, LINE if is_slow else None,
                        files if output == "BATCH" else {},
                    )  # fmt: skip
                known = best.get((output, is_slow))
                if known is None or found.ended < known.ended:
                    best[output, is_slow] = found
    figures: list[Figure] = []
    ratios: list[Ratio] = []
    for output, target in TARGETS.items():
        fast, slow = best[output, False], best[output, True]
        for where, each in (("loopback", fast), ("100 Mbit/s", slow)):
            subject = f"{TAP}, {output}, {where}"
            figures += [
                Figure(subject, "download", each.downloaded, "s"),
                Figure(subject, "time", each.ended, "s"),
                Figure(subject, "CPU time", each.cpu, "s"),
                Figure(subject, "cores busy", each.busy, "cores"),
            ]
        ratios += [
            Ratio(
                f"cores busy, {output}, document at loopback speed", "two cores",
                fast.busy, CORES, "cores", target,
            ),
            Ratio(
                f"hidden at 100 Mbit/s, {output}", "the download or the work, the shorter one",
                _hidden(fast, slow), min(slow.downloaded, fast.ended), "s",
            ),
        ]  # fmt: skip
    return Measurement(
        "overlap",
        "How many cores are busy with one large report, and how much of a slow download is hidden",
        tuple(ratios),
        tuple(figures),
        (
            f"{rows:,} rows of order_items, gzipped {len(document) / 1e6:,.1f} MB.",
            "Hidden: time of the download and of a sync at loopback speed, less that of the slow sync.",
            "Only checks can be: nothing is passed on before the document is known to be sound.",
            f"The fastest of {1 if quick else ROUNDS} runs of each, in turn.",
            "The server takes its share of the cores.",
        ),
    )


def _read(
    document: bytes, rows: int, rate: float | None, settings: Mapping[str, object]
) -> Reading:
    """Sync order_items once."""
    with serving(document, orders_report.GZIPPED_CHARSET, rate) as server:
        run = sync(server, rows, ("order_items",), settings)
        began = server.asked[0]
        return Reading(server.sent[0] - began, run.ended - began, run.cpu_since(began))


def _hidden(fast: Reading, slow: Reading) -> float:
    """Seconds of work done while the document still came."""
    both = slow.downloaded + fast.ended
    return min(max(both - slow.ended, 0.0), slow.downloaded, fast.ended)


def main() -> None:
    """Print the figures."""
    print(as_text(measure()))


if __name__ == "__main__":
    main()

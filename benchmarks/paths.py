"""From a gzipped all-orders report to the tap's output: what throughput and memory are measured of."""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orders_report
from document_server import serving
from programs import HERE, configuration, launch, tap_command
from readers import recently
from results import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from document_server import DocumentServer
    from programs import Run

DEFAULT = "Singer SDK, nothing changed"
SHARE = 10
"""The default path reads one row of so many, since it takes so long."""
_NOWHERE = ("bash", "-c", 'exec "$@" > /dev/null', "bash")
"""What is written would fill a disk."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How fast a report was read in several ways, in turn.

    Attributes:
        rates: Rows a second of the fastest run, from the request for the report to the end of the
            process, by subject.
        rows: Of the report.
        rounds: How often each read it.
    """

    rates: Mapping[str, float]
    rows: int
    rounds: int

    def figures(self) -> tuple[Figure, ...]:
        """The rates, to be plotted."""
        return tuple(
            Figure(subject, "throughput", rate, "rows/s") for subject, rate in self.rates.items()
        )

    def notes(self) -> tuple[str, ...]:
        """What a reader has to know."""
        return (
            f"{self.rows:,} rows of {len(orders_report.COLUMNS)} columns.",
            f"The Singer SDK reads {self.rows // SHARE:,} rows and writes RECORD messages.",
            f"The fastest of {self.rounds} runs of each, in turn.",
        )


def to_batches(folder: Path, kind: str, compression: str) -> dict[str, Any]:
    """The tap's settings for BATCH files in a folder."""
    return {
        "batch_config": {
            "encoding": {"format": kind, "compression": compression},
            "storage": {"root": folder.as_uri()},
        }
    }


def sync(
    server: DocumentServer,
    rows: int,
    streams: tuple[str, ...],
    settings: Mapping[str, object],
    *,
    through: tuple[str, ...] = (),
) -> Run:
    """Sync streams of the tap that read the served report, with messages to /dev/null.

    Args:
        server: Serves the report.
        rows: Of the report.
        streams: Their names.
        settings: Of the tap, beside those that it needs here.
        through: A command that runs the tap's, which follows it.

    Raises:
        SystemExit: A stream did not read every row.
    """
    config = configuration(
        server.url, "bench", 10, marketplaces="DE", start_date=recently().isoformat(), **settings
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = launch(folder, *_NOWHERE, *through, *tap_command(folder, config, *streams))
    # A row of the report is a record of `order_items`; some make a record of `orders`.
    read = dict(re.findall(r"(\w+): (\d+) records?[.,]", run.log))
    if not read.keys() >= set(streams) or int(read.get("order_items", rows)) != rows:
        raise SystemExit(f"The streams {streams} read {read} of {rows:,} rows.")
    return run


def beside_default(paths: Mapping[str, Mapping[str, object]], rows: int, rounds: int) -> Comparison:
    """Let the tap read the report in several ways, and the SDK's default path, in turn.

    Args:
        paths: The tap's settings by subject.
        rows: Of the report.
        rounds: How often each runs.
    """
    rates: dict[str, float] = {}
    with (
        serving(orders_report.gzipped(rows), orders_report.GZIPPED_CHARSET) as whole,
        serving(orders_report.gzipped(rows // SHARE), orders_report.GZIPPED_CHARSET) as share,
    ):
        for _ in range(rounds):
            for subject, settings in paths.items():
                whole.asked.clear()
                run = sync(whole, rows, ("order_items",), settings)
                rate = rows / (run.ended - whole.asked[0])
                rates[subject] = max(rates.get(subject, 0.0), rate)
            rates[DEFAULT] = max(rates.get(DEFAULT, 0.0), _default_rate(share, rows // SHARE))
    return Comparison(rates, rows, rounds)


def _default_rate(server: DocumentServer, rows: int) -> float:
    server.asked.clear()
    script = HERE / "peers" / "singer_sdk_default.py"
    with tempfile.TemporaryDirectory() as folder:
        run = launch(Path(folder), *_NOWHERE, sys.executable, script, f"{server.url}/document")
    read = [int(count) for count in re.findall(r"(\d+) rows delivered", run.log)]
    if read != [rows]:
        raise SystemExit(f"{DEFAULT}: {read} of {rows:,} rows were delivered.")
    return rows / (run.ended - server.asked[0])

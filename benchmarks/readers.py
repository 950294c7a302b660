"""From an all-orders report to records: the tap, other ways of doing it, and the limits of Python.

All read the same document of 30 columns from the same server, in processes of their own and in turn.
Time runs from the request for the document to the end of the process, so that neither start-up nor the
pauses of a connector between its calls count.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from document_server import serving
from orders_report import COLUMNS, plain
from programs import HERE, Run, configuration, launch, peer, tap_command
from results import Figure, Measurement, Ratio, as_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from document_server import DocumentServer

ROWS, REPEATS = 100_000, 3
TAP = "tap-amazon-seller"
AIRBYTE = "Airbyte source-amazon-seller-partner"
AIRBYTE_STREAM = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
RECORD_STREAM = "all_orders_by_order_date"
"""The tap's stream of the same report type, with all its columns."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How fast one program read the document, in records a second, and its peak memory in bytes."""

    rate: float
    resident: int


def recently() -> datetime:
    """Two days ago: one report is enough since then, whenever the benchmark is run."""
    return datetime.now(UTC) - timedelta(days=2)


def tap(folder: Path, server: DocumentServer) -> Run:
    """The tap."""
    config = configuration(
        server.url, "bench", 10, marketplaces="DE", start_date=recently().isoformat()
    )
    return launch(folder, *tap_command(folder, config, RECORD_STREAM))


def whole_document(folder: Path, server: DocumentServer) -> Run:
    """The way of the hosted tap."""
    return _script(folder, "whole_document", server)


def one_thread(folder: Path, server: DocumentServer) -> Run:
    """Split and encode, nothing else."""
    return _script(folder, "one_thread", server)


def arrow_parquet(folder: Path, server: DocumentServer) -> Run:
    """Columns to Parquet."""
    return _script(folder, "arrow_parquet", server, folder / "rows.parquet")


def _script(folder: Path, name: str, server: DocumentServer, *more: Path) -> Run:
    path = HERE / "peers" / f"{name}.py"
    return launch(folder, sys.executable, path, f"{server.url}/document", *more)


def airbyte(folder: Path, server: DocumentServer) -> Run | None:
    """Airbyte's connector, whose calls to Amazon are sent to loopback."""
    program = peer("airbyte", "source-amazon-seller-partner")
    if program is None:
        return None
    config = {
        "aws_environment": "PRODUCTION", "region": "DE", "account_type": "Seller",
        "lwa_app_id": "bench", "lwa_client_secret": "bench", "refresh_token": "bench",
        "replication_start_date": "2026-10-01T00:00:00Z",
        "replication_end_date": "2026-10-29T00:00:00Z", "period_in_days": 30,
    }  # fmt: skip
    stream = {
        "name": AIRBYTE_STREAM, "json_schema": {"type": "object", "properties": {}},
        "supported_sync_modes": ["full_refresh", "incremental"],
    }  # fmt: skip
    catalog = {
        "streams": [
            {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "append"}
        ]
    }
    for name, content in (("config", config), ("catalog", catalog)):
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return launch(
        folder, program, "read",
        "--config", folder / "config.json", "--catalog", folder / "catalog.json",
        environment={"PYTHONPATH": str(HERE / "peers" / "airbyte"), "AMAZON_URL": server.url},
    )  # fmt: skip


PROGRAMS: dict[str, Callable[[Path, DocumentServer], Run | None]] = {
    TAP: tap,
    AIRBYTE: airbyte,
    "complete document, csv.DictReader": whole_document,
    "one thread, split and encode": one_thread,
    "Arrow to Parquet, no records": arrow_parquet,
}
LEAST = {
    AIRBYTE: 3.0,
    "complete document, csv.DictReader": 0.5,
    "one thread, split and encode": 0.3,
}
"""Target of the tap's records a second as a multiple of theirs; what the tap does more, costs."""
MOST_MEMORY = {AIRBYTE: 0.5, "complete document, csv.DictReader": 0.5}
"""Target of the tap's peak memory as a multiple of theirs."""


def measure(*, quick: bool = False) -> Measurement:
    """Let all read in turn; the fastest run of each counts."""
    rows = 1_000 if quick else ROWS
    best: dict[str, Reading] = {}
    with serving(plain(rows)) as server:
        for _ in range(1 if quick else REPEATS):
            for name, program in PROGRAMS.items():
                reading = _read(name, program, server, rows)
                if reading and (name not in best or reading.rate > best[name].rate):
                    best[name] = reading
        size = server.size / 1e6
    ratios = [
        Ratio("tap, records/s", name, best[TAP].rate, other.rate, "records/s", LEAST.get(name))
        for name, other in best.items()
        if name != TAP
    ] + [
        Ratio(
            "tap, peak memory", name, best[TAP].resident / 1e6, best[name].resident / 1e6, "MB", most,
            at_most=True,
        )
        for name, most in MOST_MEMORY.items()
        if name in best
    ]  # fmt: skip
    return Measurement(
        "readers",
        "Records a second and peak memory, from an all-orders report to records on stdout",
        tuple(ratios),
        tuple(
            figure
            for name, each in best.items()
            for figure in (
                Figure(name, "throughput", each.rate, "records/s"),
                Figure(name, "peak memory", each.resident / 1e6, "MB"),
            )
        ),
        (
            f"One document of {rows:,} rows, {len(COLUMNS)} columns and {size:.0f} MB, ISO-8859-1.",
            f"The fastest of {1 if quick else REPEATS} runs of each, in turn.",
            "Airbyte's connector is version 4.6.4, the last on PyPI; its calls to Amazon are sent to "
            "loopback inside its process."
            if AIRBYTE in best
            else "Airbyte's connector is left out: its environment has not been made.",
        ),
    )


def _read(
    name: str,
    program: Callable[[Path, DocumentServer], Run | None],
    server: DocumentServer,
    rows: int,
) -> Reading | None:
    """Run one program.

    Raises:
        SystemExit: It did not deliver every row, or read the document more than once.
    """
    server.asked.clear()
    with tempfile.TemporaryDirectory() as folder:
        run = program(Path(folder), server)
        if run is None:
            return None
        delivered = _records(run.output) if program is not arrow_parquet else rows
    if delivered != rows or len(server.asked) != 1:
        raise SystemExit(
            f"{name} delivered {delivered:,} of {rows:,} records with {len(server.asked)} downloads."
        )
    return Reading(rows / (run.ended - server.asked[0]), run.resident)


def _records(path: Path) -> int:
    """Count the lines that are records, whatever the messages around them are called."""
    with path.open("rb") as file:
        return sum(not line.startswith(b'{"type"') or b"RECORD" in line[:20] for line in file)


def main() -> None:
    """Print the figures."""
    print(as_text(measure()))


if __name__ == "__main__":
    main()

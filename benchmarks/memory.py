"""Memory of a large all-orders document: one report of 500 MB through the real tap.

The sandbox serves it, the tap reads it twice (orders and order_items) and writes to /dev/null. The
figure is the tap's peak resident memory, held against the limit and against a small document.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BIN = Path(sys.executable).parent
LIMIT = 200e6  # bytes of resident memory
SMALL, LARGE = 2_000, 1_900_000  # orders of the account in 29 days; most are of its US marketplace
CLOCK_FACTOR = 60


@dataclass(frozen=True, slots=True)
class Run:
    """One sync: seconds, peak resident bytes, rows of the document and its bytes as text."""

    seconds: float
    resident: int
    rows: int
    size: int


def main() -> None:
    """Print the table."""
    print(f"{'document':>12} {'rows':>10} {'records/s':>10} {'peak memory':>12} {'of 200 MB':>10}")
    for orders in (SMALL, LARGE):
        run = measure(orders)
        print(
            f"{run.size / 1e6:>9.0f} MB {run.rows:>10,} {2 * run.rows / run.seconds:>10,.0f} "
            f"{run.resident / 1e6:>9.0f} MB {run.resident / LIMIT:>10.2f}"
        )


def measure(orders: int) -> Run:
    """Sync the US marketplace of a seller with so many orders."""
    with sandbox(orders) as url, tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "config.json")
        config.write_text(
            json.dumps(
                {
                    "lwa_client_id": "amzn1.application-oa2-client.sandbox",
                    "client_secret": "sandbox-secret",
                    "refresh_token": "Atzr|sandbox-NA",
                    "endpoint_url": url,
                    "token_url": f"{url}/auth/o2/token",
                    "clock_factor": CLOCK_FACTOR,
                    "marketplaces": "US",
                    "start_date": "2026-10-04T08:00:00Z",
                    "report_timeout_minutes": 600,
                }
            ),
            encoding="utf-8",
        )
        catalog = Path(folder, "catalog.json")
        catalog.write_text(json.dumps(orders_only()), encoding="utf-8")
        log = Path(folder, "log")
        began = time.monotonic()
        with log.open("w", encoding="utf-8") as errors:
            tap = subprocess.Popen(
                [
                    str(BIN / "tap-amazon-seller"),
                    "--config",
                    str(config),
                    "--catalog",
                    str(catalog),
                ],
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
            _, status, usage = os.wait4(tap.pid, 0)
        tap.returncode = os.waitstatus_to_exitcode(status)
        text = log.read_text(encoding="utf-8")
        if tap.returncode:
            raise SystemExit(text[-2000:])
        rows = sum(int(count) for count in re.findall(r"(\d+) rows read", text)) // 2
        return Run(
            seconds=time.monotonic() - began,
            resident=usage.ru_maxrss * 1024,
            rows=rows,
            size=sum(int(count) for count in re.findall(r"(\d+) bytes of text", text)) // 2,
        )


def orders_only() -> dict[str, object]:
    """A catalog that selects orders and order_items."""
    found = subprocess.run(
        [BIN / "tap-amazon-seller", "--discover"], capture_output=True, check=True
    )
    catalog: dict[str, list[dict[str, object]]] = json.loads(found.stdout)
    for entry in catalog["streams"]:
        for metadata in entry["metadata"]:  # type: ignore[attr-defined]
            if metadata["breadcrumb"] == []:
                metadata["metadata"]["selected"] = entry["tap_stream_id"] in {
                    "orders",
                    "order_items",
                }
    return dict(catalog)


@contextmanager
def sandbox(orders: int) -> Iterator[str]:
    """The address of a sandbox whose seller has so many orders in 29 days."""
    command = [
        *(str(BIN / "amazon-seller-sandbox"), "--clock-factor", str(CLOCK_FACTOR)),
        *("--orders", str(orders), "--days", "29"),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield line.split()[-1]
        finally:
            process.terminate()


if __name__ == "__main__":
    main()

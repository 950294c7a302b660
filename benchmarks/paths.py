"""From a report on the disk to the tap's output, in one process: what the throughput benchmarks time.

`python paths.py PATH REPORT [FOLDER FORMAT COMPRESSION] [both]` runs one path (`own`, `default` or
`batch`) for `order_items`, or for `orders` as well, writes its messages to standard output and its
figures to standard error, as JSON.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAM = "order_items"
CONFIG = {
    "lwa_client_id": "amzn1.application-oa2-client.x",
    "client_secret": "x",
    "refresh_token": "x",
    "marketplaces": "DE",
}


@dataclass(frozen=True, slots=True)
class Timing:
    """One run: wall seconds, processor seconds, and peak resident bytes."""

    seconds: float
    processor_seconds: float
    resident: int


def run(*arguments: str) -> Timing:
    """Run one path in a process of its own."""
    command = [sys.executable, __file__, *arguments]
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment,
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return Timing(**json.loads(done.stderr.splitlines()[-1]))


def interleaved(rounds: int, *paths: tuple[str, ...]) -> list[Timing]:
    """The best run of each path, all of them in turns."""
    runs = [[run(*path) for path in paths] for _ in range(rounds)]
    return [min(times, key=lambda timing: timing.seconds) for times in zip(*runs, strict=True)]


def default_tap(report: Path) -> Any:
    """A tap with a plain stream of the SDK that has the same records."""
    from singer_sdk import Stream, Tap  # noqa: PLC0415

    from tap_amazon_seller.reports.headers import canonical_names  # noqa: PLC0415
    from tap_amazon_seller.streams.base import SCHEMAS  # noqa: PLC0415

    class PlainStream(Stream):
        name = STREAM
        schema = SCHEMAS.get_schema(STREAM)
        primary_keys = ("marketplace_id", "amazon_order_id", "sku", "asin", "line_number")

        def get_records(self, context: Any) -> Iterator[dict[str, Any]]:  # noqa: ARG002
            properties = self.schema["properties"]
            with gzip.open(report, "rt", encoding="utf-8", newline="\n") as text:
                rows = csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
                names = canonical_names(next(rows))
                read = [
                    (name, READERS.get(properties.get(name, {}).get("type", ("",))[0]))
                    for name in names
                ]
                for cells in rows:
                    record: dict[str, Any] = {}
                    for (name, convert), cell in zip(read, cells, strict=True):
                        record[name] = (convert(cell) if convert else cell) if cell else None
                    record["marketplace_id"] = "A1PA6795UKMFR9"
                    record["line_number"] = 1
                    yield record

    class PlainTap(Tap):
        name = "tap-plain"
        config_jsonschema = {"type": "object", "properties": {}}  # noqa: RUF012

        def discover_streams(self) -> list[Stream]:
            return [PlainStream(self)]

    return PlainTap(config={})


READERS: dict[str, Any] = {"integer": int, "number": float, "boolean": "true".__eq__}


def own_tap(report: Path, **config: Any) -> Any:
    """The tap, with an account that has this one report."""
    from tap_amazon_seller import marketplaces  # noqa: PLC0415
    from tap_amazon_seller.reports.document import ReportDocument  # noqa: PLC0415
    from tap_amazon_seller.settings import Settings  # noqa: PLC0415
    from tap_amazon_seller.tap import TapAmazonSeller  # noqa: PLC0415

    germany = marketplaces.BY_COUNTRY["DE"]
    document = ReportDocument("report", "utf-8", report.open("rb"))
    one_report = SimpleNamespace(
        marketplaces=(germany,),
        settings=Settings.from_config({**CONFIG, **config}),
        now=lambda: None,
        requests=lambda *_: [SimpleNamespace(window=None, marketplace=germany)],
        queue=SimpleNamespace(documents=lambda _: [document], release=lambda _: None),
    )

    class OneReportTap(TapAmazonSeller):
        account: Any = one_report

    return OneReportTap(config={**CONFIG, **config})


def main() -> None:
    """Run one path and tell its figures."""
    path, report, *options = sys.argv[1:]
    streams = ["orders", STREAM] if "both" in options else [STREAM]
    if path == "default":
        tap = default_tap(Path(report))
    elif path == "batch":
        folder, kind, compression, *_ = options
        batch_config = {
            "encoding": {"format": kind, "compression": compression},
            "storage": {"root": Path(folder).as_uri()},
        }
        tap = own_tap(Path(report), batch_config=batch_config)
    else:
        tap = own_tap(Path(report))
    began, processor = time.perf_counter(), time.process_time()
    for name in streams:
        tap.streams[name].sync()
    sys.stdout.flush()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "seconds": time.perf_counter() - began,
        "processor_seconds": time.process_time() - processor,
        "resident": usage.ru_maxrss * 1024,
    }
    print(json.dumps(figures), file=sys.stderr)


if __name__ == "__main__":
    main()

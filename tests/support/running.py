"""Runs the tap as its users do: the real command against a sandbox process."""

from __future__ import annotations

import functools
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import warm_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BIN = Path(sys.executable).parent
CLOCK_FACTOR = 60
ACCOUNT_COUNTRIES = {
    "NA": ["US", "CA", "MX"],
    "EU": ["DE", "FR", "GB", "IT", "ES"],
    "FE": ["JP", "AU"],
}
START_DATE = "2026-09-01T00:00:00Z"

Record = dict[str, Any]


def configuration(
    url: str, account: str = "EU", *, clock_factor: Any = CLOCK_FACTOR, **settings: object
) -> Record:
    """A configuration for a sandbox account; every order of its default 60 days is in reach.

    Reports may take two minutes of the wall clock, because the sandbox has to make them.
    """
    return {
        "lwa_client_id": "amzn1.application-oa2-client.sandbox",
        "client_secret": "sandbox-secret",
        "refresh_token": f"Atzr|sandbox-{account}",
        "endpoint_url": url,
        "token_url": f"{url}/auth/o2/token",
        "clock_factor": clock_factor,
        "report_timeout_minutes": int(2 * clock_factor),
        "start_date": START_DATE,
        **settings,
    }


@dataclass(slots=True)
class Output:
    """The messages of one run."""

    returncode: int
    errors: str
    records: dict[str, list[Record]] = field(default_factory=dict)
    schemas: dict[str, list[Record]] = field(default_factory=dict)
    state: Record | None = None

    @classmethod
    def read(cls, lines: Iterable[str], returncode: int = 0, errors: str = "") -> Output:
        """Read Singer lines; a last line that was cut off is not a message."""
        output = cls(returncode, errors)
        for line in lines:
            if not line.endswith("\n"):
                break
            message = msgspec.json.decode(line)
            if message["type"] == "RECORD":
                output.records.setdefault(message["stream"], []).append(message["record"])
            elif message["type"] == "SCHEMA":
                output.schemas.setdefault(message["stream"], []).append(message)
            elif message["type"] == "STATE":
                output.state = message["value"]
        return output

    def warnings(self) -> list[str]:
        """The log's warnings and errors."""
        return [
            line for line in self.errors.splitlines() if "| WARNING" in line or "| ERROR" in line
        ]


def write_json(path: Path, value: object) -> Path:
    """Write a JSON file and answer its path."""
    path.write_text(json.dumps(value), encoding="utf-8")  # some values are half a character
    return path


def command(
    folder: Path, config: Mapping[str, object], state: Record | None = None, *options: str
) -> list[str]:
    """The tap's command line for a configuration and a state, which are written to the folder."""
    words = [str(BIN / "tap-amazon-seller"), "--config"]
    words.append(str(write_json(folder / "tap-config.json", dict(config))))
    if state is not None:
        words += ["--state", str(write_json(folder / "state.json", state))]
    return [*words, *options]


def discover(*options: str) -> str:
    """The catalog that the tap prints."""
    words = [str(BIN / "tap-amazon-seller"), "--discover", *options]
    return str(warm_start.run(words, capture_output=True, text=True, check=True).stdout)


@functools.cache
def _discovered() -> str:
    """The catalog without a configuration, the same for all tests."""
    return discover()


def select(folder: Path, *streams: str, config: Mapping[str, object] | None = None) -> list[str]:
    """Options that select these streams alone, from a catalog discovered with a configuration."""
    path = write_json(folder / "discovery-config.json", dict(config)) if config else None
    catalog = msgspec.json.decode(
        _discovered() if path is None else discover("--config", str(path))
    )
    for entry in catalog["streams"]:
        for metadata in entry["metadata"]:
            if metadata["breadcrumb"] == []:
                metadata["metadata"]["selected"] = entry["tap_stream_id"] in streams
    return ["--catalog", str(write_json(folder / "catalog.json", catalog))]


def run_tap(
    folder: Path, config: Mapping[str, object], state: Record | None = None, *options: str
) -> Output:
    """Run the tap to its end."""
    run = warm_start.run(
        command(folder, config, state, *options),
        capture_output=True,
        encoding="utf-8",
        timeout=1_200,
        check=False,
    )
    return Output.read(_lines(run.stdout), run.returncode, run.stderr)


def _lines(text: str) -> list[str]:
    """Lines that end at line feeds alone: titles hold characters such as U+2028."""
    return [line + "\n" for line in text.split("\n")[:-1]]


KEYS = {
    "marketplaces": ["marketplace_id"],
    "orders": ["marketplace_id", "amazon_order_id"],
    "order_items": ["marketplace_id", "amazon_order_id", "sku", "line_number"],
    "warehouse_inventory": ["marketplace_id", "sku", "fnsku", "condition", "line_number"],
    "products_inventory": ["marketplace_id", "seller_sku"],
    "product_catalog": ["marketplace_id", "asin"],
}


ALL_KEYS = KEYS | {
    "order_financial_events": ["marketplace_id", "transaction_id"],
    "order_buyer_info": ["marketplace_id", "amazon_order_id"],
    "order_address": ["marketplace_id", "amazon_order_id"],
    "vendor_purchase_orders_status": ["purchase_order_number"],
    "sales_traffic_by_date": ["marketplace_id", "date"],
    "replenishment_daily_metrics": ["marketplace_id", "report_end_date"],
    "replenishment_offer_metrics": [
        "marketplace_id", "asin", "sku", "fulfillment_channel_type", "report_end_date",
    ],
    "competitive_prices": ["marketplace_id", "asin"],
    "featured_offer_prices": ["marketplace_id", "sku"],
    "fee_estimates": ["marketplace_id", "sku"],
    "market_basket": [
        "marketplace_id", "end_date", "asin", "purchased_with_asin", "purchased_with_rank",
    ],
}  # fmt: skip
"""The keys of the streams that tests hold against the truth; those of `KEYS` a sync reads by itself."""


OF_THE_SYNC = {"synced_at"}
"""Properties of which the sandbox knows no truth."""


def by_key(stream: str, records: Iterable[Record]) -> dict[tuple[Any, ...], Record]:
    """What a target that upserts holds in the end: the last record of each key."""
    return {tuple(record[name] for name in ALL_KEYS[stream]): record for record in records}


def differences(
    stream: str, records: Iterable[Record], truth: Iterable[Record]
) -> dict[str, Counter[str]]:
    """What is lost, too much or altered in the records, held against the truth; empty when equal.

    A property that one side lacks counts as null.
    """
    have, want = by_key(stream, records), by_key(stream, truth)
    altered: Counter[str] = Counter()
    for key in have.keys() & want.keys():
        names = have[key].keys() | want[key].keys()
        altered.update(
            name for name in names - OF_THE_SYNC if have[key].get(name) != want[key].get(name)
        )
    found = {
        "lost": Counter(str(key) for key in want.keys() - have.keys()),
        "too much": Counter(str(key) for key in have.keys() - want.keys()),
        "altered": altered,
    }
    return {name: counter for name, counter in found.items() if counter}

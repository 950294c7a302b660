"""A seller's folder in the hosted layout, filled record by record, and the ETL run on it."""

from __future__ import annotations

import json
import os
import sys
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import loopback
import pytest
import warm_start
from remembered_runs import RememberedRuns

from amazon_optiply_etl.config.settings import settings_from
from amazon_optiply_etl.optiply.entities import PRODUCTS, SELL_ORDERS
from amazon_optiply_etl.runs import pipeline

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox

DE = "A1PA6795UKMFR9"
FR = "A13V1IB3VIYZZH"


@dataclass(frozen=True, slots=True)
class Built:
    """What a run put into etl-output."""

    folder: Path

    def json_lines(self, name: str) -> list[dict[str, Any]]:
        """Return the objects of a JSON Lines file."""
        text = (self.folder / name).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    @property
    def products(self) -> dict[str, dict[str, Any]]:
        """The products sent, by remoteId."""
        return {each["remoteId"]: each for each in self.json_lines("products.jsonl")}

    @property
    def sell_orders(self) -> dict[str, dict[str, Any]]:
        """The sell orders sent, by remoteId."""
        return {each["remoteId"]: each for each in self.json_lines("sell_orders.jsonl")}

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The Singer messages of data.singer."""
        return self.json_lines("data.singer")

    @property
    def report(self) -> dict[str, Any]:
        """The mapping report."""
        report: dict[str, Any] = json.loads(
            (self.folder / "mapping-report.json").read_text("utf-8")
        )
        return report

    def left_out(self, what: str) -> dict[str, list[str]]:
        """Return reason -> ids of what was left out."""
        return {reason: each["ids"] for reason, each in self.report["left_out"][what].items()}

    def notes(self) -> dict[str, list[str]]:
        """Return note -> ids."""
        return {note: each["ids"] for note, each in self.report["notes"].items()}


@dataclass(slots=True)
class SellerFolder:
    """A folder with sync-output/, snapshots/, etl-output/ and config.json.

    Each method adds a record with ordinary values; keyword arguments replace them.
    """

    root: Path
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    clock: Callable[[], datetime] = lambda: datetime(2026, 11, 2, 8, tzinfo=UTC)

    def add(self, stream: str, record: dict[str, Any]) -> None:
        """Add a record to a stream."""
        self.records.setdefault(stream, []).append(record)

    def listing(self, asin: str | None = "B0000000AA", **changed: object) -> None:
        """Add an active listing that the seller fulfils."""
        record = {
            "marketplace_id": DE, "seller_sku": f"SKU-{asin}", "item_name": f"Name of {asin}",
            "price": 9.99, "quantity": 5, "asin1": asin, "product_id": asin,
            "product_id_type": "1", "fulfillment_channel": "DEFAULT", "status": "Active",
        }  # fmt: skip
        self.add("products_inventory", record | changed)

    def stock(self, asin: str | None = "B0000000AA", **changed: object) -> None:
        """Add a row of FBA stock."""
        record = {
            "marketplace_id": DE, "sku": f"SKU-{asin}", "fnsku": f"X-{asin}", "asin": asin,
            "condition": "New", "afn_total_quantity": 7,
        }  # fmt: skip
        self.add("warehouse_inventory", record | changed)

    def catalog(
        self, asin: str = "B0000000AA", marketplace: str = DE, **identifiers: object
    ) -> None:
        """Add a catalog record: ``EAN="..."`` or ``EAN=["...", "..."]``."""
        nested = [
            {"identifierType": kind, "identifier": each}
            for kind, values in identifiers.items()
            for each in (values if isinstance(values, list) else [values])
        ]
        groups = [{"marketplaceId": marketplace, "identifiers": nested}]
        record = {"marketplace_id": marketplace, "asin": asin, "identifiers": groups}
        self.add("product_catalog", record)

    def match(
        self, gtin: str | None, asin: str | None = "B0000000AA", row: int = 2, **changed: object
    ) -> None:
        """Add a row of a file of codes with its clear match."""
        record = {
            "marketplace_id": DE, "row_number": row, "code": gtin, "gtin": gtin, "asin": asin,
            "title": "Title", "image_url": None, "confidence": 0.9836, "status": "matched",
            "reason": "Amazon lists the code for it.", "candidates": [],
        }  # fmt: skip
        self.add("asin_matches", record | changed)

    def order(self, number: str = "302-1", **changed: object) -> None:
        """Add a shipped order."""
        record = {
            "marketplace_id": DE, "amazon_order_id": number,
            "purchase_date": "2026-10-01T10:00:00+00:00",
            "last_updated_date": "2026-10-02T10:00:00+00:00",
            "order_status": "Shipped", "order_total": 9.99,
        }  # fmt: skip
        self.add("orders", record | changed)

    def line(
        self, number: str = "302-1", asin: str | None = "B0000000AA", **changed: object
    ) -> None:
        """Add a shipped order line of one piece."""
        record = {
            "marketplace_id": DE, "amazon_order_id": number, "line_number": 1,
            "last_updated_date": "2026-10-02T10:00:00+00:00", "sku": f"SKU-{asin}", "asin": asin,
            "item_status": "Shipped", "quantity": 1, "item_price": 9.99,
        }  # fmt: skip
        self.add("order_items", record | changed)

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file below the root."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def snapshot(self, name: str) -> list[str]:
        """Return the lines of a snapshot."""
        return (self.root / "snapshots" / name).read_text(encoding="utf-8").splitlines()

    def write_input(self) -> None:
        """Write the records as JSON Lines into sync-output/."""
        for stream, records in self.records.items():
            lines = "".join(f"{json.dumps(record)}\n" for record in records)
            self.write(f"sync-output/{stream}.jsonl", lines)

    @staticmethod
    def optiply_id(remote_id: str) -> str:
        """Return the id of a product in what `host_loads` writes."""
        return str(zlib.crc32(remote_id.encode()) + 1)

    def host_loads(self) -> None:
        """Write the host's snapshots, as if the target had loaded all that was sent."""
        for entity in (PRODUCTS, SELL_ORDERS):
            if (self.root / "snapshots" / entity.snapshot_file).exists():
                rows = [line.split(",", 1)[0] for line in self.snapshot(entity.snapshot_file)[1:]]
                lines = "".join(f"{row},{self.optiply_id(row)}\n" for row in rows)
                name = f"{entity.stream}_flow1.snapshot.csv"
                self.write(f"snapshots/{name}", f"InputId,RemoteId\n{lines}")

    @property
    def folders(self) -> pipeline.Folders:
        """The folders of the hosted layout."""
        return pipeline.Folders(
            self.root / "sync-output", self.root / "snapshots", self.root / "etl-output"
        )

    @property
    def built(self) -> Built:
        """What is in etl-output."""
        return Built(self.root / "etl-output")

    def build(self) -> Built:
        """Write the records and run the ETL in this process, in both formats."""
        self.write_input()
        settings = settings_from(self.config, {})
        pipeline.build(settings, self.folders, ("singer", "jsonl"), self.clock)
        return self.built

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Write the records and run the command on the folder."""
        self.write_input()
        self.write("config.json", json.dumps(self.config))
        plain = {k: v for k, v in os.environ.items() if not k.startswith("AMAZON_OPTIPLY_ETL_")}
        return warm_start.run(
            [sys.executable, "-m", "amazon_optiply_etl", *(arguments or ("build",))],
            cwd=self.root,
            env={**plain, **environment},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def seller(tmp_path: Path) -> SellerFolder:
    """Return an empty seller's folder."""
    return SellerFolder(tmp_path)


@pytest.fixture
def remembered_runs(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Have the builds of a test copied where the same was built before, in whatever test."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # that of all processes of this test run
    monkeypatch.setattr(pipeline, "build", RememberedRuns(folder / "remembered-runs").build)


@pytest.fixture(scope="module")
def new_seller(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], SellerFolder]:
    """Return a function that makes an empty seller's folder, which tests of a module share."""
    return lambda: SellerFolder(tmp_path_factory.mktemp("seller"))


@pytest.fixture(scope="module")
def module_seller(tmp_path_factory: pytest.TempPathFactory) -> SellerFolder:
    """Return a folder that the tests of a module share."""
    return SellerFolder(tmp_path_factory.mktemp("seller"))


@pytest.fixture(scope="module")
def module_sandbox(start_module_sandbox: StartSandbox) -> RunningSandbox:
    return start_module_sandbox(orders=20, listings=20)


@pytest.fixture
def sandbox(module_sandbox: RunningSandbox) -> Iterator[RunningSandbox]:
    """The sandbox with an empty Optiply."""
    loopback.delete(f"{module_sandbox.url}/_sandbox/optiply")
    module_sandbox.reset_calls()
    yield module_sandbox
    module_sandbox.clear_faults()

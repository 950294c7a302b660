"""A run of a made-up seller, for what the first run of a process makes and later ones find.

That is what libraries load and compile when they are first used, tables of ours, and the forms of the
interpreter's bytecode that fit what it is given.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl.config.settings import settings_from
from amazon_optiply_etl.loading import outputs
from amazon_optiply_etl.optiply.entities import PRODUCTS, SELL_ORDERS
from amazon_optiply_etl.runs import pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_optiply_etl.mapping_report.report import MappingReport

_MARKETPLACE = "A1PA6795UKMFR9"
_ASINS = ("B000000001", "B000000002")
_SENT = "302-0000001-0000001"
"""An order that was sent before, and comes again."""
_ORDERS = {_SENT: "Shipped", "302-0000002-0000002": "Pending", "302-0000003-0000003": "Shipped"}


def build() -> MappingReport:
    """Build the payloads of a few products and orders, some of them sent before, in a folder of its own.

    Raises:
        OSError: there is no place for temporary files.
    """
    now = pipeline.utc_now()
    with tempfile.TemporaryDirectory(prefix="amazon-optiply-etl-") as name:
        root = Path(name)
        folders = pipeline.Folders(root / "sync-output", root / "snapshots", root / "etl-output")
        folders.input.mkdir()
        folders.snapshots.mkdir()
        lines = "".join(
            json.dumps({"type": "RECORD", "stream": stream, "record": record}) + "\n"
            for stream, record in _records(f"{now:%Y-%m-%dT%H:%M:%S+00:00}")
        )
        (folders.input / "records.singer").write_text(lines, "utf-8")
        for file, content in _snapshots(f"{now:%Y-%m-%dT%H:%M:%SZ}").items():
            (folders.snapshots / file).write_text(content, "utf-8")
        return pipeline.build(settings_from({}, {}, {}), folders, outputs.FORMATS[:1], lambda: now)


def _records(instant: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield streams and records, as the tap emits them."""
    for asin in _ASINS:
        yield "products_inventory", {
            "marketplace_id": _MARKETPLACE, "seller_sku": f"SKU-{asin}", "item_name": "A name",
            "price": 9.99, "quantity": 5, "asin1": asin, "product_id": asin,
            "product_id_type": "1", "fulfillment_channel": "DEFAULT", "status": "Active",
        }  # fmt: skip
        yield "warehouse_inventory", {
            "marketplace_id": _MARKETPLACE, "sku": f"FBA-{asin}", "fnsku": f"X-{asin}",
            "asin": asin, "condition": "New", "afn_total_quantity": 7, "line_number": 1,
        }  # fmt: skip
    for order, status in _ORDERS.items():
        yield "orders", {
            "marketplace_id": _MARKETPLACE, "amazon_order_id": order, "purchase_date": instant,
            "last_updated_date": instant, "order_status": status, "order_total": 9.99,
            "sales_channel": "Amazon.de", "currency": "EUR",
        }  # fmt: skip
        yield "order_items", {
            "marketplace_id": _MARKETPLACE, "amazon_order_id": order, "line_number": 1,
            "last_updated_date": instant, "sku": f"SKU-{_ASINS[0]}", "asin": _ASINS[0],
            "item_status": status, "quantity": 1, "item_price": 9.99, "currency": "EUR",
        }  # fmt: skip


def _snapshots(instant: str) -> dict[str, str]:
    """Return name -> content of what a push left."""
    return {
        PRODUCTS.snapshot_file: (
            "remoteId,optiply_id,name,skuCode,eanCode,articleCode,price,stockLevel,"
            "unlimitedStock,status\n"
            f"{_ASINS[0]},1,A name,SKU-{_ASINS[0]},,{_ASINS[0]},9.99,7,false,enabled\n"
        ),
        SELL_ORDERS.snapshot_file: (
            f"remoteId,optiply_id,placed,totalValue\n{_SENT},1,{instant},9.99\n"
        ),
    }

"""The tap's records as the ETL needs them: which streams, which columns, what they hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """What a column holds once it is read."""

    TEXT = "text"
    ID = "an id"
    WHOLE = "a whole number"
    AMOUNT = "an amount of money"
    SHARE = "a share from 0 to 1"
    INSTANT = "a date and time"
    JSON = "JSON"


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of the tap.

    Attributes:
        name: The stream's name, with which its files begin.
        key: Columns that distinguish records; the last record of a key counts.
        columns: The columns that are read; all others are passed over.
        required: Key columns that no record may lack.
        newest_by: Column by which the newest record of a key is found before its place in the files.
        of_group: Columns of the group that changes together, such as the order of a line: Amazon
            reports all lines of an order again when one changes.
    """

    name: str
    key: tuple[str, ...]
    columns: dict[str, Kind] = field(hash=False)
    required: tuple[str, ...]
    newest_by: str | None = None
    of_group: tuple[str, ...] = ()


LISTINGS = Stream(
    "products_inventory",
    key=("marketplace_id", "seller_sku"),
    required=("marketplace_id", "seller_sku"),
    columns={
        "marketplace_id": Kind.TEXT,
        "seller_sku": Kind.TEXT,
        "item_name": Kind.TEXT,
        "price": Kind.AMOUNT,
        "quantity": Kind.WHOLE,
        "asin1": Kind.ID,
        "product_id": Kind.TEXT,
        "product_id_type": Kind.TEXT,
        "fulfillment_channel": Kind.TEXT,
        "status": Kind.TEXT,
    },
)
WAREHOUSE = Stream(
    "warehouse_inventory",
    key=("marketplace_id", "sku", "fnsku", "condition", "line_number"),
    required=("marketplace_id", "sku"),
    columns={
        "marketplace_id": Kind.TEXT,
        "sku": Kind.TEXT,
        "fnsku": Kind.TEXT,
        "asin": Kind.ID,
        "condition": Kind.TEXT,
        "line_number": Kind.WHOLE,
        "afn_total_quantity": Kind.WHOLE,
        "afn_fulfillable_quantity": Kind.WHOLE,
        "afn_reserved_quantity": Kind.WHOLE,
        "afn_fulfillable_quantity_local": Kind.WHOLE,
    },
)
CATALOG = Stream(
    "product_catalog",
    key=("marketplace_id", "asin"),
    required=("marketplace_id", "asin"),
    columns={"marketplace_id": Kind.TEXT, "asin": Kind.ID, "identifiers": Kind.JSON},
)
ORDERS = Stream(
    "orders",
    key=("marketplace_id", "amazon_order_id"),
    required=("marketplace_id", "amazon_order_id"),
    newest_by="last_updated_date",
    columns={
        "marketplace_id": Kind.TEXT,
        "amazon_order_id": Kind.ID,
        "purchase_date": Kind.INSTANT,
        "last_updated_date": Kind.INSTANT,
        "order_status": Kind.TEXT,
        "sales_channel": Kind.TEXT,
        "currency": Kind.TEXT,
        "order_total": Kind.AMOUNT,
    },
)
ORDER_LINES = Stream(
    "order_items",
    key=("marketplace_id", "amazon_order_id", "sku", "asin", "line_number"),
    # Without its number, two equal lines of an order would look like one line read twice.
    required=("marketplace_id", "amazon_order_id", "line_number"),
    newest_by="last_updated_date",
    of_group=("marketplace_id", "amazon_order_id"),
    columns={
        "marketplace_id": Kind.TEXT,
        "amazon_order_id": Kind.ID,
        "sku": Kind.TEXT,
        "asin": Kind.ID,
        "line_number": Kind.WHOLE,
        "last_updated_date": Kind.INSTANT,
        "item_status": Kind.TEXT,
        "quantity": Kind.WHOLE,
        "currency": Kind.TEXT,
        "item_price": Kind.AMOUNT,
    },
)
SUMMARY = Stream(
    "sync_summary",
    key=("stream", "marketplace_id", "synced_at"),
    required=("stream",),
    columns={
        "stream": Kind.TEXT,
        "marketplace_id": Kind.TEXT,
        "synced_at": Kind.INSTANT,
        "complete": Kind.TEXT,
        "records": Kind.WHOLE,
        "rejected": Kind.WHOLE,
        "held_back": Kind.WHOLE,
    },
)
"""Which streams the tap has read to their end, by marketplace, how many rows it could not read, and how
many orders it held back because a row of them was one of these."""
REJECTED = Stream(
    "rejected_rows",
    key=("report_type", "marketplace_id", "row_hash", "occurrence"),
    required=("report_type", "marketplace_id", "row_hash", "occurrence"),
    columns={
        "report_type": Kind.TEXT,
        "marketplace_id": Kind.TEXT,
        "row_hash": Kind.TEXT,
        "occurrence": Kind.WHOLE,
        "report_id": Kind.TEXT,
        "line": Kind.WHOLE,
        "reason": Kind.TEXT,
        "amazon_order_ids": Kind.JSON,
        "asins": Kind.JSON,
        "cells": Kind.JSON,
        "streams": Kind.JSON,
    },
)
"""The rows of reports that the tap could not read, with what can be made out of them."""
SELLER = (LISTINGS, WAREHOUSE, CATALOG, ORDERS, ORDER_LINES, SUMMARY, REJECTED)
"""The streams that the flavours of Amazon Seller are made of."""
MATCHES = Stream(
    "asin_matches",
    key=("marketplace_id", "row_number"),
    required=("marketplace_id", "row_number"),
    columns={
        "marketplace_id": Kind.TEXT,
        "row_number": Kind.WHOLE,
        "code": Kind.TEXT,
        "gtin": Kind.TEXT,
        "asin": Kind.ID,
        "confidence": Kind.SHARE,
        "status": Kind.TEXT,
        "reason": Kind.TEXT,
    },
)
"""The ASINs of a file of codes, read with the flag `eans_from_matches`."""

PURCHASE_ORDERS = Stream(
    "vendor_purchase_orders",
    key=("purchase_order_number",),
    required=("purchase_order_number",),
    newest_by="purchase_order_state_changed_date",
    columns={
        "purchase_order_number": Kind.ID,
        "purchase_order_state": Kind.TEXT,
        "purchase_order_date": Kind.INSTANT,
        "purchase_order_state_changed_date": Kind.INSTANT,
        "selling_party": Kind.JSON,
        "delivery_window": Kind.TEXT,
        "items": Kind.JSON,
    },
)
PURCHASE_ORDERS_STATUS = Stream(
    "vendor_purchase_orders_status",
    key=("purchase_order_number",),
    required=("purchase_order_number",),
    newest_by="last_updated_date",
    columns={
        "purchase_order_number": Kind.ID,
        "purchase_order_status": Kind.TEXT,
        "purchase_order_date": Kind.INSTANT,
        "last_updated_date": Kind.INSTANT,
        "selling_party": Kind.JSON,
        "item_status": Kind.JSON,
    },
)
FULFILMENT_ORDERS = Stream(
    "vendor_fulfilment_orders",
    key=("purchase_order_number",),
    required=("purchase_order_number",),
    columns={
        "purchase_order_number": Kind.ID,
        "order_status": Kind.TEXT,
        "order_date": Kind.INSTANT,
        "selling_party": Kind.JSON,
        "items": Kind.JSON,
    },
)
VENDOR_STOCK = Stream(
    "vendor_inventory",
    key=("marketplace_id", "end_date", "asin"),
    required=("marketplace_id", "end_date", "asin"),
    columns={
        "marketplace_id": Kind.TEXT,
        "asin": Kind.ID,
        "end_date": Kind.INSTANT,
        "sellable_on_hand_inventory_units": Kind.WHOLE,
    },
)
VENDOR_CATALOG = Stream(
    CATALOG.name,
    key=CATALOG.key,
    required=CATALOG.required,
    columns={**CATALOG.columns, "summaries": Kind.JSON, "attributes": Kind.JSON},
)
VENDOR = (
    PURCHASE_ORDERS,
    PURCHASE_ORDERS_STATUS,
    FULFILMENT_ORDERS,
    VENDOR_STOCK,
    VENDOR_CATALOG,
    SUMMARY,
)
"""The streams that the flavour of Amazon Vendor is made of."""

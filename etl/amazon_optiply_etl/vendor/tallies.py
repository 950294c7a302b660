"""Counts what became of a vendor's records and of the rows that were made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amazon_optiply_etl.mapping_report.report import Tally, tally

if TYPE_CHECKING:
    import pandas as pd

    from amazon_optiply_etl.inputs.streams import Stream
    from amazon_optiply_etl.loading.loader import LoadedEntity

_ORDER = {"order": "number", "placed": "placed", "vendor code": "supplier"}
_ITEM = {
    "order": "number",
    "item": "item",
    "ASIN": "asin",
    "vendor's id": "identifier",
    "EAN": "ean",
}
_STOCK = {"marketplace": "marketplace_id", "ASIN": "asin", "EAN": "ean"}


def items_name(stream: Stream) -> str:
    """Return the name of the tally of the items in a stream's orders."""
    return f"{stream.name} items"


def order_tallies(
    stream: Stream, orders: pd.DataFrame, items: pd.DataFrame, read: int
) -> tuple[Tally, Tally]:
    """Count orders and their items, given with their final `outcome`; ``read`` records came in."""
    number, item, asin, identifier = (
        items[name].fillna("?") for name in ("number", "item", "asin", "identifier")
    )
    return (
        tally(stream.name, orders, read, orders["number"].fillna("?"), _ORDER),
        tally(
            items_name(stream),
            items,
            len(items),
            number + " " + item + " " + asin + " " + identifier,
            _ITEM,
            kept_shown=0,
        ),
    )


def stock_tally(stock: pd.DataFrame, read: int) -> Tally:
    """Count records of vendor_inventory."""
    ids = stock["marketplace_id"].fillna("?") + " " + stock["asin"].fillna("?")
    return tally("vendor_inventory", stock, read, ids, _STOCK, kept_shown=0)


def rows_tally(step: LoadedEntity) -> Tally:
    """Count the rows of an entity."""
    table = step.table
    shown = {"remoteId": "remoteId"} | ({"name": "name"} if "name" in table else {})
    return tally(step.entity.snapshot, table, len(table), table["remoteId"], shown)

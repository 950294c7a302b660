"""Counts what became of a seller's records, and says by what readers of the mapping report know them.

Stock rows and order lines that went out are found by their product and their order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from amazon_optiply_etl.config.marketplaces import country
from amazon_optiply_etl.inputs.streams import (
    LISTINGS,
    MATCHES,
    ORDER_LINES,
    ORDERS,
    REJECTED,
    WAREHOUSE,
)
from amazon_optiply_etl.mapping_report.report import Tally, tally
from amazon_optiply_etl.optiply.entities import PRODUCTS
from amazon_optiply_etl.tables.columns import by_key
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.tables.matching import mapped
from amazon_optiply_etl.verdicts import outcomes
from amazon_optiply_etl.verdicts.outcomes import decide, is_open

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_optiply_etl.inputs.folder import Inputs
    from amazon_optiply_etl.seller.products import Products

_LISTING = {
    "SKU": "seller_sku", "marketplace": "marketplace_id", "ASIN": "asin", "EAN": "ean",
    "name": "item_name",
}  # fmt: skip
_OTHER_SHOPS_LISTING = {
    "SKU": "seller_sku", "marketplace": "marketplace_id", "ASIN": "asin1", "name": "item_name",
}  # fmt: skip
_STOCK = {"SKU": "sku", "marketplace": "marketplace_id", "ASIN": "asin", "condition": "condition"}
_PRODUCT = {"remoteId": "remoteId", "SKU": "skuCode", "EAN": "eanCode", "name": "name"}
_ORDER = {
    "order": "amazon_order_id", "marketplace": "marketplace_id", "placed": "purchase_date",
    "status": "order_status",
}  # fmt: skip
_ORDER_LINE = {
    "order": "amazon_order_id", "SKU": "sku", "ASIN": "asin", "marketplace": "marketplace_id",
}  # fmt: skip

_MATCH = {
    "row": "row_number", "marketplace": "marketplace_id", "code": "code", "ASIN": "asin", "EAN": "ean",
    "status": "status", "why": "reason",
}  # fmt: skip
_REJECTED = {
    "line": "line", "marketplace": "marketplace_id", "report": "report_id", "why": "reason",
}  # fmt: skip


def product_tallies(inputs: Inputs, products: Products, table: pd.DataFrame) -> tuple[Tally, ...]:
    """Count listings, stock rows and products.

    Args:
        inputs: The records.
        products: What they amount to.
        table: The products with their final `outcome`, which their records share.
    """
    of_product = by_key(table, "remoteId", "outcome")
    listings, warehouse = (
        frame.assign(outcome=frame["outcome"].fillna(mapped(frame["product"], of_product)))
        for frame in (products.listings, products.warehouse)
    )
    return (
        tally(
            LISTINGS.name,
            listings,
            inputs[LISTINGS].read,
            _with_marketplace(listings["seller_sku"], listings),
            known_by=_LISTING,
        ),
        tally(
            WAREHOUSE.name,
            warehouse,
            inputs[WAREHOUSE].read,
            _with_marketplace(warehouse["sku"], warehouse),
            known_by=_STOCK,
            kept_shown=0,
        ),
        tally(PRODUCTS.snapshot, table, len(table), table["remoteId"], known_by=_PRODUCT),
        *_matches_tally(inputs, products, of_product),
    )


def _matches_tally(
    inputs: Inputs, products: Products, of_product: pd.Series[Any]
) -> tuple[Tally, ...]:
    """Count the records of asin_matches; one whose EAN is taken shares the outcome of its product."""
    if products.matched is None:
        return ()
    records = products.matched.records
    inherited = mapped(records["product"], of_product).fillna(outcomes.NOT_MADE)
    frame = records.assign(outcome=records["outcome"].fillna(inherited))
    place = frame["marketplace_id"].map(country, na_action="ignore").astype(TEXT).fillna("?")
    ids = place + " row " + frame["row_number"].astype(TEXT).fillna("?")
    read = inputs[MATCHES].read
    return (tally(MATCHES.name, frame, read, ids, known_by=_MATCH),)


def other_shops_tallies(inputs: Inputs) -> tuple[Tally, ...]:
    """Count listings and stock rows of a run that sends no products."""
    tallies = []
    for stream, known_by in ((LISTINGS, _OTHER_SHOPS_LISTING), (WAREHOUSE, _STOCK)):
        frame = inputs[stream].frame
        left = decide(frame, {outcomes.SECONDARY: is_open(frame)})
        ids = _with_marketplace(frame[known_by["SKU"]], frame)
        tallies.append(tally(stream.name, left, inputs[stream].read, ids, known_by))
    return tuple(tallies)


def order_tallies(inputs: Inputs, orders: pd.DataFrame, lines: pd.DataFrame) -> tuple[Tally, Tally]:
    """Count orders and their lines, given with their final `outcome`."""
    return (
        tally(
            ORDERS.name,
            orders,
            inputs[ORDERS].read,
            orders["amazon_order_id"].fillna("?"),
            known_by=_ORDER,
        ),
        tally(
            ORDER_LINES.name,
            lines,
            inputs[ORDER_LINES].read,
            _line_ids,
            known_by=_ORDER_LINE,
            kept_shown=0,
        ),
    )


def rejected_tally(inputs: Inputs, found: Mapping[int, str]) -> tuple[Tally, ...]:
    """Count the rows that the tap could not read, where there are any.

    Args:
        inputs: The records.
        found: Place of a record among those of rejected_rows -> what becomes of it.
    """
    records = inputs[REJECTED]
    if not records.read:
        return ()
    frame = records.frame.reset_index(drop=True)
    outcome = pd.Series(found, dtype=TEXT).reindex(frame.index).fillna(outcomes.ROW_NOT_NEEDED)
    frame = frame.assign(outcome=frame["outcome"].fillna(outcome))
    place = frame["marketplace_id"].map(country, na_action="ignore").astype(TEXT).fillna("?")
    line = frame["line"].astype(TEXT).fillna("?")
    ids = place + " line " + line + " of report " + frame["report_id"].fillna("?")
    return (tally(REJECTED.name, frame, records.read, ids, known_by=_REJECTED),)


def _line_ids(lines: pd.DataFrame) -> pd.Series[Any]:
    return (
        lines["amazon_order_id"].fillna("?")
        + " "
        + lines["asin"].fillna("no ASIN")
        + " "
        + lines["sku"].fillna("no SKU")
        + " "
        + lines["line_number"].astype(TEXT).fillna("?")
    )


def _with_marketplace(sku: pd.Series[Any], frame: pd.DataFrame) -> pd.Series[Any]:
    return frame["marketplace_id"].fillna("?") + " " + sku.fillna("?")

"""A seller's records as the tap writes them to Parquet, made from a seed: the ETL's input at any size.

Ten order lines a listing (500,000 listings at most), four orders for five lines, and what makes the
ETL's rules work: pending and cancelled orders, lines of unknown products, orders that were read twice,
several listings of an ASIN, listings that are sold out and others that are closed, missing prices,
EANs and UPCs, stock of Amazon and of the seller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

if TYPE_CHECKING:
    from pathlib import Path

DE = "A1PA6795UKMFR9"
_MOST_LISTINGS = 500_000
_LINES_PER_LISTING = 10
_SKUS_OF_TEN_ASINS = 11
_FIRST_SECOND = 1_790_000_000  # 2026-09-21
_SECONDS = 40 * 24 * 3600


def write_input(folder: Path, order_lines: int, seed: int = 1) -> int:
    """Write one Parquet file a stream; return the size of the tables in Arrow's memory, in bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = np.random.default_rng(seed)
    listings = min(max(order_lines // _LINES_PER_LISTING, 1), _MOST_LISTINGS)
    asins = max(listings * 10 // _SKUS_OF_TEN_ASINS, 1)
    orders = max(order_lines * 4 // 5, 1)
    facts = _order_facts(dice, orders)
    listed = _listings(dice, listings, asins)
    size = 0
    for name, table in (
        ("products_inventory", listed),
        ("warehouse_inventory", _warehouse(dice, listed)),
        ("product_catalog", _catalog(asins)),
        ("orders", _orders(facts)),
        ("order_items", _order_items(dice, facts, order_lines, asins)),
    ):
        parquet.write_table(table, folder / f"{name}.parquet")
        size += table.nbytes
        del table
    pa.default_memory_pool().release_unused()  # what is measured next may need it
    return size


def _listings(dice: Any, count: int, asins: int) -> Any:
    number = np.arange(count)
    channel = np.where(dice.random(count) < 0.5, "AMAZON_EU", "DEFAULT")
    price = pa.array(dice.integers(199, 9_999, count) / 100, mask=dice.random(count) < 0.01)
    quantity = dice.integers(0, 500, count)
    is_active = dice.random(count) < 0.95
    return pa.table(
        {
            "marketplace_id": _same(DE, count),
            "seller_sku": _numbered("SKU-", number, 8),
            "item_name": _numbered("Küchenhelfer aus Edelstahl, Modell ", number % asins, 7),
            "price": price,
            "quantity": pa.array(
                np.where(_is_sold_out(number, is_active), 0, quantity), mask=channel == "AMAZON_EU"
            ),
            "asin1": _numbered("B0", number % asins, 8),
            "product_id": _numbered("B0", number % asins, 8),
            "product_id_type": _same("1", count),
            "fulfillment_channel": pa.array(channel),
            "status": pa.array(np.where(is_active, "Active", "Inactive")),
        }
    )


def _is_sold_out(number: Any, is_active: Any) -> Any:
    """Return which listings are inactive because their stock is 0: one in three of the inactive ones."""
    return ~is_active & (number % 3 == 0)


def _warehouse(dice: Any, listed: Any) -> Any:
    count = len(listed)
    number = np.arange(count)
    is_active = pc.equal(listed["status"], "Active").to_numpy()
    units = dice.integers(0, 900, count)
    return pa.table(
        {
            "marketplace_id": _same(DE, count),
            "sku": listed["seller_sku"],
            "fnsku": _numbered("X00", number, 7),
            "asin": listed["asin1"],
            "condition": _same("New", count),
            "afn_total_quantity": pa.array(np.where(_is_sold_out(number, is_active), 0, units)),
            "afn_fulfillable_quantity_local": pa.nulls(count, pa.int64()),
        }
    )


def _catalog(asins: int) -> Any:
    number = np.arange(asins)
    # One product in ten has a UPC instead of an EAN.
    is_upc = pa.array(number % 10 == 9)
    code = pc.if_else(is_upc, _numbered("09", number, 10), _numbered("400", number, 10))
    kind = pc.if_else(is_upc, "UPC", "EAN")
    identifiers = pc.binary_join_element_wise(
        f'[{{"marketplaceId":"{DE}","identifiers":[{{"identifierType":"',
        kind, '","identifier":"', code, '"}]}]', "",
    )  # fmt: skip
    return pa.table(
        {
            "marketplace_id": _same(DE, asins),
            "asin": _numbered("B0", number, 8),
            "identifiers": identifiers,
        }
    )


def _order_facts(dice: Any, count: int) -> dict[str, Any]:
    """Draw one entry an order; the orders that are read twice come again at the end."""
    twice = dice.choice(count, count // 100, replace=False)
    number = np.concatenate([np.arange(count), twice])
    placed = (_FIRST_SECOND + dice.integers(0, _SECONDS, count))[number]
    changed = placed + 3_600
    changed[count:] += 86_400
    status = dice.choice(
        ["Shipped", "Unshipped", "Pending", "Cancelled"], count, p=[0.9, 0.05, 0.02, 0.03]
    )[number]
    return {"number": number, "placed": placed, "changed": changed, "status": status}


def _orders(facts: dict[str, Any]) -> Any:
    count = len(facts["number"])
    total = 9.99 + facts["number"] % 9_000 / 100
    return pa.table(
        {
            "marketplace_id": _same(DE, count),
            "amazon_order_id": _numbered("302-", facts["number"], 14),
            "purchase_date": _instants(facts["placed"]),
            "last_updated_date": _instants(facts["changed"]),
            "order_status": pa.array(facts["status"]),
            "order_total": pa.array(np.round(total, 2), mask=facts["number"] % 50 == 0),
        }
    )


def _order_items(dice: Any, facts: dict[str, Any], lines: int, asins: int) -> Any:
    count = len(facts["number"])
    # Each order has a line; the first quarter of the orders has a second one, whenever it is read.
    unique = int(facts["number"].max()) + 1
    two = np.flatnonzero(facts["number"] < (lines - count) * unique // count)
    entry = np.concatenate([np.arange(count), two])
    order = facts["number"][entry]
    second = np.arange(len(entry)) >= count
    # One line in a hundred names a product that is not listed.
    product = (order * 7 + second * 13) % asins + np.where(order % 100 == 1, asins, 0)
    price = np.round((199 + product * 37 % 9_000) / 100, 2)
    return pa.table(
        {
            "marketplace_id": _same(DE, len(entry)),
            "amazon_order_id": _numbered("302-", order, 14),
            "sku": _numbered("SKU-", product, 8),
            "asin": _numbered("B0", product, 8),
            "line_number": pa.array(np.ones(len(entry), np.int64)),
            "last_updated_date": _instants(facts["changed"][entry]),
            "item_status": pa.array(np.where(order % 40 == 0, "Cancelled", "Shipped")),
            "quantity": pa.array(1 + dice.integers(0, 3, len(entry))),
            "item_price": pa.array(price, mask=order % 200 == 3),
        }
    )


def _same(text: str, count: int) -> Any:
    return pa.repeat(text, count)


def _numbered(prefix: str, numbers: Any, width: int) -> Any:
    digits = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def _instants(seconds: Any) -> Any:
    stamps = pc.cast(pa.array(seconds), pa.timestamp("s"))
    return pc.binary_join_element_wise(pc.strftime(stamps, "%Y-%m-%dT%H:%M:%S"), "+00:00", "")

"""From orders and their lines to Optiply's sell orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl import notes, outcomes
from amazon_optiply_etl.amounts import hundredths
from amazon_optiply_etl.outcomes import GOES_OUT, UNCHANGED, decide, is_open
from amazon_optiply_etl.products import in_scope, remote_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import pandas as pd

    from amazon_optiply_etl.config import Settings

_ORDER = ["marketplace_id", "amazon_order_id"]


@dataclass(frozen=True, slots=True)
class SellOrders:
    """Optiply's sell orders and what became of the records they were made of.

    Attributes:
        table: One row an order, sorted by placed, remoteId: remoteId, placed, totalValue (hundredths).
        lines: One row an order and product: remoteId (the order's), product, optiply_id (null where not
            known), quantity, subtotalValue (hundredths), merged (how many order lines it sums up).
        orders: The order records with their `outcome`.
        order_lines: The order line records with their `outcome`.
        notes: What a reader should know, as note -> ids.
    """

    table: pd.DataFrame
    lines: pd.DataFrame
    orders: pd.DataFrame
    order_lines: pd.DataFrame
    notes: Mapping[str, list[str]]


def build_sell_orders(
    orders: pd.DataFrame,
    order_lines: pd.DataFrame,
    find_products: Callable[[pd.DataFrame], pd.DataFrame],
    sent: Collection[str],
    settings: Settings,
) -> SellOrders:
    """Make a sell order of each order that is sold, was not sent before and has a known product.

    Args:
        orders: Records of orders with `outcome`.
        order_lines: Records of order_items with `outcome`.
        find_products: Gives lines their `product` and `optiply_id`, or an outcome.
        sent: remoteIds of the sell orders that went out before.
        settings: Which marketplaces.
    """
    orders = _order_outcomes(orders, sent, settings)
    lines = _inherit(order_lines, orders)
    lines = decide(
        lines,
        {
            outcomes.LINE_CANCELLED: _is_cancelled(lines["item_status"]),
            outcomes.NOTHING_SOLD: ~(lines["quantity"] > 0).fillna(value=False),
        },
    )
    sold = lines[is_open(lines)]
    lines = find_products(lines)
    orders = _without_lines(orders, order_lines, sold, lines[is_open(lines)])
    going = lines[is_open(lines)]
    merged = _merged(going)
    table = _orders_table(orders[is_open(orders)], merged)
    orders = decide(orders, {GOES_OUT: is_open(orders)})
    lines = decide(lines, {GOES_OUT: is_open(lines)})
    return SellOrders(table, merged, orders, lines, _notes(orders, going))


def find_own_products(lines: pd.DataFrame, known: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Give each order line the product of its ASIN (and marketplace).

    Args:
        lines: Order lines with asin, marketplace_id and `outcome`.
        known: Products made in this run or an earlier one: remoteId, optiply_id (null if not known).
        settings: What a remoteId is.
    """
    product = remote_ids(lines["asin"], lines["marketplace_id"], settings)
    optiply_ids = known.set_index("remoteId")["optiply_id"]
    lines = lines.assign(product=product, optiply_id=product.map(optiply_ids))
    return decide(
        lines,
        {
            outcomes.NO_ASIN: lines["asin"].isna(),
            outcomes.UNKNOWN_PRODUCT: ~product.isin(known["remoteId"]).astype(bool),
        },
    )


# Order statuses of Amazon's all-orders report that stand for a sale; it also writes "Shipped -
# Delivered to Buyer" and the like.
_SOLD = ("unshipped", "partiallyshipped", "shipping", "shipped", "complete")


def _is_cancelled(status: pd.Series[Any]) -> pd.Series[bool]:
    lower = status.str.strip().str.lower()
    return lower.str.startswith(("cancelled", "canceled")).fillna(value=False).astype(bool)


def _order_outcomes(
    orders: pd.DataFrame, sent: Collection[str], settings: Settings
) -> pd.DataFrame:
    status = orders["order_status"].str.strip().str.lower()
    orders = decide(
        orders,
        {
            outcomes.OTHER_MARKETPLACE: ~in_scope(orders, settings),
            UNCHANGED: orders["amazon_order_id"].isin(sent),
            outcomes.PENDING: status.str.startswith("pending"),
            outcomes.CANCELLED: _is_cancelled(orders["order_status"]),
            outcomes.NO_STATUS: status.isna(),
            outcomes.UNKNOWN_STATUS: ~status.str.startswith(_SOLD),
            outcomes.NO_DATE: orders["purchase_date"].isna(),
        },
    )
    # Optiply knows an order by its id alone.
    open_orders = orders[is_open(orders)].sort_values(_ORDER)
    repeated = open_orders.index[open_orders.duplicated("amazon_order_id")]
    return decide(orders, {outcomes.REPEATED_ORDER: orders.index.isin(repeated)})


def _inherit(lines: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Give lines the outcome of their order where that is decided already."""
    current = orders[orders["outcome"].fillna("") != outcomes.SUPERSEDED]
    of_order = current[[*_ORDER, "outcome"]].rename(columns={"outcome": "of_order"})
    joined = lines.merge(of_order.assign(known=True), on=_ORDER, how="left", validate="m:1")
    lines = lines.assign(
        outcome=lines["outcome"].where(lines["outcome"].notna(), joined["of_order"])
    )
    return decide(lines, {outcomes.NO_ORDER: joined["known"].isna()})


def _without_lines(
    orders: pd.DataFrame, all_lines: pd.DataFrame, sold: pd.DataFrame, going: pd.DataFrame
) -> pd.DataFrame:
    keys = _keys(orders)
    return decide(
        orders,
        {
            outcomes.NO_LINES: ~keys.isin(_keys(all_lines)),
            outcomes.ALL_LINES_CANCELLED: ~keys.isin(_keys(sold)),
            outcomes.NO_KNOWN_PRODUCT: ~keys.isin(_keys(going)),
        },
    )


def _keys(frame: pd.DataFrame) -> pd.Series[Any]:
    return frame["marketplace_id"] + " " + frame["amazon_order_id"]


def _merged(lines: pd.DataFrame) -> pd.DataFrame:
    """Sum the lines of each order and product into one."""
    merged = (
        lines.assign(amount=lines["item_price"].fillna(0))
        .groupby(["amazon_order_id", "product"], sort=True)
        .agg(
            optiply_id=("optiply_id", "first"),
            quantity=("quantity", "sum"),
            amount=("amount", "sum"),
            merged=("quantity", "size"),
        )
        .reset_index()
        .rename(columns={"amazon_order_id": "remoteId"})
    )
    return merged.assign(subtotalValue=hundredths(merged["amount"])).drop(columns="amount")


def _orders_table(orders: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    of_lines = lines.groupby("remoteId")["subtotalValue"].sum()
    table = orders[["amazon_order_id", "purchase_date", "order_total"]].rename(
        columns={"amazon_order_id": "remoteId", "purchase_date": "placed"}
    )
    total = hundredths(table["order_total"]).fillna(table["remoteId"].map(of_lines))
    table = table.assign(totalValue=total).drop(columns="order_total")
    return table.sort_values(["placed", "remoteId"]).reset_index(drop=True)


def _notes(orders: pd.DataFrame, going: pd.DataFrame) -> dict[str, list[str]]:
    late = orders[
        (orders["outcome"] == UNCHANGED).fillna(value=False) & _is_cancelled(orders["order_status"])
    ]
    free = going[going["item_price"].isna()]
    found = {
        notes.CANCELLED_LATE: sorted(set(late["amazon_order_id"])),
        notes.LINE_WITHOUT_PRICE: sorted(set(free["amazon_order_id"])),
    }
    return {note: ids for note, ids in found.items() if ids}

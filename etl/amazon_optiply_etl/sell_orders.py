"""From orders and their lines to Optiply's sell orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl import notes, outcomes
from amazon_optiply_etl.amounts import hundredths
from amazon_optiply_etl.columns import TEXT
from amazon_optiply_etl.outcomes import GOES_OUT, SENT_BEFORE, decide, is_open
from amazon_optiply_etl.products import in_scope, remote_ids
from amazon_optiply_etl.records import ORDER_LINES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from amazon_optiply_etl.config import Settings

_ORDER = ["marketplace_id", "amazon_order_id"]
_UNREADABLE = tuple(
    outcomes.UNREADABLE.format(name, kind.value) for name, kind in ORDER_LINES.columns.items()
)


@dataclass(frozen=True, slots=True)
class SellOrders:
    """Optiply's sell orders and what became of the records they were made of.

    Attributes:
        table: One row an order, sorted by placed, remoteId: remoteId, placed, totalValue (hundredths).
        lines: One row an order and product: remoteId (the order's), product, product_id (null where not
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
    sent: pd.Index[Any],
    settings: Settings,
) -> SellOrders:
    """Make a sell order of each order that is sold, was not sent before and has a known product.

    Args:
        orders: Records of orders with `outcome`.
        order_lines: Records of order_items with `outcome`.
        find_products: Gives lines their `product` and `product_id`, or an outcome.
        sent: remoteIds of the sell orders that went out before.
        settings: Which marketplaces.
    """
    orders = _order_outcomes(orders, order_lines, sent, settings)
    lines = _inherit(order_lines, orders)
    lines = decide(
        lines,
        {
            outcomes.LINE_CANCELLED: _is_cancelled(lines["item_status"]),
            outcomes.NOTHING_SOLD: ~(lines["quantity"] > 0).fillna(value=False),
        },
    )
    unusable = _unusable(lines)
    orders = decide(orders, {reason: keys(orders).isin(each) for reason, each in unusable.items()})
    lines = _inherit(lines, orders)
    sold = lines[is_open(lines)]
    lines = find_products(lines)
    orders = _without_lines(orders, order_lines, sold, lines)
    lines = _inherit(lines, orders)
    going = lines[is_open(lines)]
    merged = _merged(going)
    table = _orders_table(orders[is_open(orders)], merged)
    orders = decide(orders, {GOES_OUT: is_open(orders)})
    lines = decide(lines, {GOES_OUT: is_open(lines)})
    return SellOrders(table, merged, orders, lines, _notes(orders, going))


def find_own_products(
    lines: pd.DataFrame, ids: pd.Series[Any], in_output: pd.Index[Any], settings: Settings
) -> pd.DataFrame:
    """Give each order line the product of its ASIN (and marketplace).

    Args:
        lines: Order lines with asin, marketplace_id and `outcome`.
        ids: remoteId -> Optiply id (null if not known) of products of this run or an earlier one.
        in_output: remoteIds of the products that are in this run's output, by which they are found.
        settings: What a remoteId is.
    """
    product = remote_ids(lines["asin"], lines["marketplace_id"], settings)
    known_id = product.map(ids).astype(TEXT)
    return decide(
        lines.assign(product=product, product_id=known_id),
        {
            outcomes.NO_ASIN: lines["asin"].isna(),
            outcomes.UNKNOWN_PRODUCT: ~product.isin(ids.index).astype(bool),
            outcomes.NO_OPTIPLY_ID_YET: known_id.isna() & ~product.isin(in_output).astype(bool),
        },
    )


# Order statuses of Amazon's all-orders report that stand for a sale; it also writes "Shipped -
# Delivered to Buyer" and the like.
_SOLD = ("unshipped", "partiallyshipped", "shipping", "shipped", "complete")


def _is_cancelled(status: pd.Series[Any]) -> pd.Series[bool]:
    lower = status.str.strip().str.lower()
    return lower.str.startswith(("cancelled", "canceled")).fillna(value=False).astype(bool)


def _order_outcomes(
    orders: pd.DataFrame, lines: pd.DataFrame, sent: pd.Index[Any], settings: Settings
) -> pd.DataFrame:
    status = orders["order_status"].str.strip().str.lower()
    # What Amazon ships for another shop (multi-channel fulfilment) is that shop's sale.
    elsewhere = orders["sales_channel"].str.lower().str.startswith("non-amazon")
    orders = decide(
        orders,
        {
            outcomes.OTHER_MARKETPLACE: ~in_scope(orders, settings),
            SENT_BEFORE: orders["amazon_order_id"].isin(sent),
            outcomes.PENDING: status.str.startswith("pending"),
            outcomes.CANCELLED: _is_cancelled(orders["order_status"]),
            outcomes.OTHER_CHANNEL: elsewhere if settings.flavour == "secondary" else False,
            outcomes.NO_STATUS: status.isna(),
            outcomes.UNKNOWN_STATUS: ~status.str.startswith(_SOLD),
            outcomes.NO_DATE: orders["purchase_date"].isna(),
        },
    )
    # Optiply knows an order by its id alone. Of an order in several marketplaces, the one with lines.
    open_orders = orders[is_open(orders)]
    repeated = open_orders["amazon_order_id"].duplicated(keep=False)
    if not repeated.any():
        return orders
    several = open_orders[repeated]
    several = several.assign(bare=~keys(several).isin(keys(lines)).astype(bool))
    several = several.sort_values(["bare", *_ORDER])
    others = several.index[several.duplicated("amazon_order_id")]
    return decide(orders, {outcomes.REPEATED_ORDER: orders.index.isin(others)})


def _inherit(lines: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Give lines the outcome of their order where that is decided already."""
    current = orders[orders["outcome"].fillna("") != outcomes.SUPERSEDED]
    of_order = current[[*_ORDER, "outcome"]].rename(columns={"outcome": "of_order"})
    of_order = of_order.drop_duplicates(_ORDER)  # some have no key
    joined = lines[_ORDER].merge(of_order.assign(known=True), on=_ORDER, how="left")
    joined.index = lines.index
    lines = lines.assign(
        outcome=lines["outcome"].where(lines["outcome"].notna(), joined["of_order"])
    )
    return decide(lines, {outcomes.NO_ORDER: joined["known"].isna()})


def _unusable(lines: pd.DataFrame) -> dict[str, pd.Series[Any]]:
    """Return reason -> keys of orders whose lines cannot be summed."""
    unread = lines[lines["outcome"].isin(_UNREADABLE).astype(bool)]
    sold = lines[is_open(lines)]
    currencies = sold.groupby(keys(sold))["currency"].nunique()
    return {
        outcomes.UNREAD_LINE: keys(unread),
        outcomes.SEVERAL_CURRENCIES: currencies.index[currencies > 1].to_series(),
    }


def _without_lines(
    orders: pd.DataFrame, all_lines: pd.DataFrame, sold: pd.DataFrame, found: pd.DataFrame
) -> pd.DataFrame:
    of_order = keys(orders)
    waiting = found[(found["outcome"] == outcomes.NO_OPTIPLY_ID_YET).fillna(value=False)]
    return decide(
        orders,
        {
            outcomes.NO_LINES: ~of_order.isin(keys(all_lines)),
            outcomes.ALL_LINES_CANCELLED: ~of_order.isin(keys(sold)),
            outcomes.WAITS_FOR_ID: of_order.isin(keys(waiting)),
            outcomes.NO_KNOWN_PRODUCT: ~of_order.isin(keys(found[is_open(found)])),
        },
    )


def keys(frame: pd.DataFrame) -> pd.Series[Any]:
    """Return by what an order is known in the input: its marketplace and its id."""
    return frame["marketplace_id"] + " " + frame["amazon_order_id"]


def _merged(lines: pd.DataFrame) -> pd.DataFrame:
    """Sum the lines of each order and product into one."""
    merged = (
        lines.assign(amount=lines["item_price"].fillna(0))
        .groupby(["amazon_order_id", "product"], sort=True)
        .agg(
            product_id=("product_id", "first"),
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
        (orders["outcome"] == SENT_BEFORE).fillna(value=False)
        & _is_cancelled(orders["order_status"])
    ]
    free = going[going["item_price"].isna()]
    sent = orders[(orders["outcome"] == GOES_OUT).fillna(value=False)]
    by_currency = {
        notes.IN_CURRENCY.format(currency): sorted(ids)
        for currency, ids in sent.groupby("currency")["amazon_order_id"]
    }
    found = {
        **(by_currency if len(by_currency) > 1 else {}),
        notes.CANCELLED_LATE: sorted(set(late["amazon_order_id"])),
        notes.LINE_WITHOUT_PRICE: sorted(set(free["amazon_order_id"])),
    }
    return {note: ids for note, ids in found.items() if ids}

"""From orders and their lines to Optiply's sell orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl import notes, outcomes
from amazon_optiply_etl.amounts import array_of, hundredths
from amazon_optiply_etl.columns import TEXT
from amazon_optiply_etl.outcomes import GOES_OUT, SENT_BEFORE, decide, is_open
from amazon_optiply_etl.products import in_scope, remote_ids
from amazon_optiply_etl.records import ORDER_LINES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

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
    orders, lines = _numbered(orders, order_lines)
    orders = _order_outcomes(orders, lines, sent, settings)
    lines = _inherit(lines, orders)
    lines = decide(
        lines,
        {
            outcomes.LINE_CANCELLED: _is_cancelled(lines["item_status"]),
            outcomes.NOTHING_SOLD: ~(lines["quantity"] > 0).fillna(value=False),
        },
    )
    orders = decide(
        orders,
        {
            outcomes.UNREAD_LINE: _have(orders, lines["outcome"].isin(_UNREADABLE), lines),
            outcomes.SEVERAL_CURRENCIES: _have_several_currencies(orders, lines),
        },
    )
    lines = _inherit(lines, orders)
    sold = is_open(lines)
    lines = find_products(lines)
    waiting = lines["outcome"] == outcomes.NO_OPTIPLY_ID_YET
    orders = decide(
        orders,
        {
            outcomes.NO_LINES: ~_have(orders, lines["order"] >= 0, lines),
            outcomes.ALL_LINES_CANCELLED: ~_have(orders, sold, lines),
            outcomes.WAITS_FOR_ID: _have(orders, waiting, lines),
            outcomes.NO_KNOWN_PRODUCT: ~_have(orders, is_open(lines), lines),
        },
    )
    lines = _inherit(lines, orders)
    going = lines[is_open(lines)]
    open_orders = orders[is_open(orders)]
    merged = _merged(going, open_orders)
    table = _orders_table(open_orders, merged)
    orders = decide(orders, {GOES_OUT: is_open(orders)})
    lines = decide(lines, {GOES_OUT: is_open(lines)})
    return SellOrders(table, merged.drop(columns="order"), orders, lines, _notes(orders, going))


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
    several = several.assign(bare=~_have(several, lines["order"] >= 0, lines))
    several = several.sort_values(["bare", *_ORDER])
    others = several.index[several.duplicated("amazon_order_id")]
    return decide(orders, {outcomes.REPEATED_ORDER: orders.index.isin(others)})


def _numbered(orders: pd.DataFrame, lines: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Number the orders, and give their lines the same `order`; -1 where there is no such order."""
    current = (orders["outcome"] != outcomes.SUPERSEDED).fillna(value=True).astype(bool)
    known = array_of(keys(orders[current]), pa.string()).drop_null().unique()
    numbered = (
        frame.assign(
            order=pc.fill_null(
                pc.index_in(array_of(keys(frame), pa.string()), value_set=known), -1
            ).to_numpy()
        )
        for frame in (orders, lines)
    )
    orders, lines = numbered
    return orders.assign(order=orders["order"].where(current, -1)), lines


def _have(orders: pd.DataFrame, holds: pd.Series[Any], lines: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which orders have a line for which a condition holds."""
    numbers = lines["order"].to_numpy()[holds.fillna(value=False).to_numpy(bool)]
    having = np.zeros(orders["order"].max() + 2 if len(orders) else 1, bool)
    having[numbers[numbers < len(having) - 1]] = True
    having[-1] = False  # of lines without an order
    found: NDArray[np.bool_] = having[orders["order"].to_numpy()]
    return found


def _have_several_currencies(orders: pd.DataFrame, lines: pd.DataFrame) -> NDArray[np.bool_]:
    sold = lines[is_open(lines)]
    pairs = sold.loc[sold["currency"].notna(), ["order", "currency"]].drop_duplicates()
    several = pairs[pairs["order"].duplicated()]
    return _have(orders, pd.Series(data=True, index=several.index), several)


def _inherit(lines: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Give lines the outcome of their order where that is decided already."""
    numbered = orders[orders["order"] >= 0].drop_duplicates("order").sort_values("order")
    of_order = array_of(numbered["outcome"], pa.string())
    number = lines["order"].to_numpy()
    inherited = of_order.take(pa.array(number, mask=number < 0))
    own = array_of(lines["outcome"], pa.string())
    decided = pc.coalesce(own, inherited)
    outcome = pd.Series(pd.arrays.ArrowExtensionArray(decided), index=lines.index)
    return decide(lines.assign(outcome=outcome), {outcomes.NO_ORDER: number < 0})


def keys(frame: pd.DataFrame) -> pd.Series[Any]:
    """Return by what an order is known in the input: its marketplace and its id."""
    return frame["marketplace_id"] + " " + frame["amazon_order_id"]


def _merged(lines: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Sum the lines of each order and product into one, ordered by product."""
    columns = {
        "order": pa.array(lines["order"].to_numpy()),
        "product": array_of(lines["product"], pa.string()),
        "product_id": array_of(lines["product_id"], pa.string()),
        "quantity": array_of(lines["quantity"], pa.int64()),
        "amount": pc.fill_null(array_of(lines["item_price"], pa.int64()), 0),
    }
    sums = (
        pa.table(columns)
        .group_by(["order", "product"], use_threads=False)
        .aggregate(
            [("product_id", "first"), ("quantity", "sum"), ("quantity", "count"), ("amount", "sum")]
        )
        .sort_by([("order", "ascending"), ("product", "ascending")])
        .rename_columns(["order", "product", "product_id", "quantity", "merged", "amount"])
    )
    merged: pd.DataFrame = sums.to_pandas(types_mapper=pd.ArrowDtype)
    ids = orders.set_index("order")["amazon_order_id"]
    return merged.assign(
        remoteId=merged["order"].map(ids).astype(TEXT), subtotalValue=hundredths(merged["amount"])
    ).drop(columns="amount")


def _orders_table(orders: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    of_lines = lines.groupby("order")["subtotalValue"].sum()
    table = orders[["order", "amazon_order_id", "purchase_date", "order_total"]].rename(
        columns={"amazon_order_id": "remoteId", "purchase_date": "placed"}
    )
    total = hundredths(table["order_total"]).fillna(table["order"].map(of_lines))
    table = table.assign(totalValue=total).drop(columns=["order", "order_total"])
    sortable = pa.table({name: pa.array(table[name]) for name in ("placed", "remoteId")})
    order = pc.sort_indices(sortable, [(name, "ascending") for name in sortable.column_names])
    return table.take(order.to_numpy()).reset_index(drop=True)


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

"""From orders and their lines to Optiply's sell orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl.inputs.streams import ORDER_LINES
from amazon_optiply_etl.seller.listings import in_scope, remote_ids
from amazon_optiply_etl.tables.amounts import array_of, hundredths
from amazon_optiply_etl.tables.columns import frame_of
from amazon_optiply_etl.tables.dtypes import WHOLE
from amazon_optiply_etl.tables.matching import places
from amazon_optiply_etl.verdicts import notes, outcomes
from amazon_optiply_etl.verdicts.outcomes import GOES_OUT, SENT_BEFORE, decide, is_open

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from amazon_optiply_etl.config.settings import Settings

_ORDER = ["marketplace_id", "amazon_order_id"]
_ORDER_COLUMNS = ["order", "amazon_order_id", "purchase_date", "order_total"]
_UNREADABLE = tuple(
    outcomes.UNREADABLE.format(name, kind.value) for name, kind in ORDER_LINES.columns.items()
)


@dataclass(frozen=True, slots=True)
class SellOrders:
    """Optiply's sell orders and what became of the records they were made of.

    Attributes:
        table: One row an order, sorted by placed, remoteId: remoteId, placed, totalValue (hundredths).
        lines: One row an order and product, in the order of `table`: remoteId (the order's), product,
            product_id (null where not known), quantity, subtotalValue (hundredths), merged (how many
            order lines it sums up).
        orders: The order records with their `outcome`; those that count are numbered by `order`.
        order_lines: The order line records with their `outcome`, and the `order` of each.
        notes: What a reader should know, as note -> ids.
    """

    table: pd.DataFrame
    lines: pd.DataFrame
    orders: pd.DataFrame
    order_lines: pd.DataFrame
    notes: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Sold:
    """What was sold, whatever its products are.

    Attributes:
        orders: The order records, open where they are sold; those that count are numbered by `order`.
        lines: The order line records, likewise, with the `order` of each.
        by_time: Places of the open orders, by the time at which they were placed and their id.
        lines_by_time: Places of the open lines, in the order of their orders and then in their own.
    """

    orders: pd.DataFrame
    lines: pd.DataFrame
    by_time: NDArray[np.int32]
    lines_by_time: NDArray[np.int32]


def find_sold(
    orders: pd.DataFrame, order_lines: pd.DataFrame, sent: pd.Index[Any], settings: Settings
) -> Sold:
    """Find the orders that are sold and were not sent before, and the lines of them that count.

    Args:
        orders: Records of orders with `outcome`.
        order_lines: Records of order_items with `outcome`.
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
            outcomes.OLDER_THAN_LINES: _have(orders, _is_newer(lines, orders), lines),
            outcomes.SEVERAL_CURRENCIES: _have_several_currencies(orders, lines),
        },
    )
    lines = _inherit(lines, orders)
    by_time = _by_time(orders)
    return Sold(orders, lines, by_time, _lines_by_time(lines, orders, by_time))


def build_sell_orders(
    found: Sold, find_products: Callable[[pd.DataFrame], pd.DataFrame]
) -> SellOrders:
    """Make a sell order of each order that is sold, was not sent before and has a known product.

    Args:
        found: What was sold.
        find_products: Gives lines their `product` and `product_id`, or an outcome.
    """
    orders, lines = found.orders, found.lines
    by_time, lines_by_time = found.by_time, found.lines_by_time
    del found  # each step's columns go with the next
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
    open_lines, open_orders = is_open(lines), is_open(orders)
    by_time = by_time[open_orders.to_numpy(bool)[by_time]]
    table = orders[_ORDER_COLUMNS].take(by_time).reset_index(drop=True)
    lines_by_time = lines_by_time[open_lines.to_numpy(bool)[lines_by_time]]
    merged = _merged(lines, lines_by_time, table)
    del by_time, lines_by_time
    table = _with_totals(table, merged)
    orders = decide(orders, {GOES_OUT: open_orders})
    lines = lines.drop(columns=["product", "product_id"])
    lines = decide(lines, {GOES_OUT: open_lines})
    return SellOrders(table, merged.drop(columns="order"), orders, lines, _notes(orders, lines))


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
    known = ids.index.isin(in_output) | ids.notna().to_numpy(bool)
    found = places(array_of(product, pa.string()), array_of(ids.index, pa.string()))
    known_id = array_of(ids, pa.string()).take(found)
    waits = pc.invert(pa.array(known).take(found))
    return decide(
        lines.assign(product=product, product_id=_series(known_id, lines)),
        {
            outcomes.NO_ASIN: lines["asin"].isna(),
            outcomes.UNKNOWN_PRODUCT: _series(pc.is_null(found), lines),
            outcomes.NO_OPTIPLY_ID_YET: _series(waits, lines),
        },
    )


def _series(array: Any, frame: pd.DataFrame) -> pd.Series[Any]:  # noqa: ANN401 - pyarrow is untyped
    return pd.Series(pd.arrays.ArrowExtensionArray(array), frame.index)


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
    if len(orders["marketplace_id"].unique()) <= 1:
        return orders
    open_orders = orders.loc[is_open(orders), [*_ORDER, "order"]]
    repeated = open_orders["amazon_order_id"].duplicated(keep=False)
    several = open_orders[repeated]
    several = several.assign(bare=~_have(several, lines["order"] >= 0, lines))
    several = several.sort_values(["bare", *_ORDER])
    others = several.index[several.duplicated("amazon_order_id")]
    return decide(orders, {outcomes.REPEATED_ORDER: orders.index.isin(others)})


def _numbered(orders: pd.DataFrame, lines: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Number the orders, and give their lines the same `order`; -1 where there is no such order."""
    current = (orders["outcome"] != outcomes.SUPERSEDED).fillna(value=True).to_numpy(bool)
    rows = np.flatnonzero(current & orders[_ORDER].notna().all(axis="columns").to_numpy())
    numbers = np.full(len(orders), -1)
    numbers[rows] = np.arange(len(rows))
    marketplaces, ids = (
        array_of(orders[name], pa.string()).take(pa.array(rows)) for name in _ORDER
    )
    found = places(array_of(lines["amazon_order_id"], pa.string()), ids)
    own = array_of(lines["marketplace_id"], pa.string())
    elsewhere = pc.fill_null(pc.not_equal(marketplaces.take(found), own), False).to_numpy(  # noqa: FBT003 - the value
        zero_copy_only=False
    )
    if elsewhere.any():  # its id is that of orders of several marketplaces
        found = pc.replace_with_mask(
            found,
            pa.array(elsewhere),
            places(array_of(keys(lines[elsewhere]), pa.string()), _keys(marketplaces, ids)),
        )
    known = pc.and_(pc.is_valid(found), pc.is_valid(own))
    of_lines = pc.if_else(known, found, -1).to_numpy(zero_copy_only=False)
    return orders.assign(order=numbers), lines.assign(order=of_lines.astype(np.int64))


def _have(orders: pd.DataFrame, holds: pd.Series[Any], lines: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which orders have a line for which a condition holds."""
    numbers = lines["order"].to_numpy()[holds.fillna(value=False).to_numpy(bool)]
    having = np.zeros(orders["order"].max() + 2 if len(orders) else 1, bool)
    having[numbers[numbers < len(having) - 1]] = True
    having[-1] = False  # of lines without an order
    found: NDArray[np.bool_] = having[orders["order"].to_numpy()]
    return found


def _is_newer(lines: pd.DataFrame, orders: pd.DataFrame) -> pd.Series[bool]:
    """Return which lines are newer than the record of their order.

    A report covers an order and its lines at once. Where the tap could not read one of its lines it
    passes the others on, and no order; with an earlier record of it they must not become its total.
    """
    current = pa.array(orders["order"] >= 0)
    changed = array_of(orders["last_updated_date"], pa.string()).filter(current)
    number = lines["order"].to_numpy()
    of_order = changed.take(pa.array(number, mask=number < 0))
    newer = pc.greater(array_of(lines["last_updated_date"], pa.string()), of_order)
    return pd.Series(pd.arrays.ArrowExtensionArray(newer), lines.index)


def _have_several_currencies(orders: pd.DataFrame, lines: pd.DataFrame) -> NDArray[np.bool_]:
    if len(lines["currency"].dropna().unique()) <= 1:
        return np.zeros(len(orders), bool)
    sold = is_open(lines) & lines["currency"].notna()
    pairs = lines.loc[sold, ["order", "currency"]].drop_duplicates()
    several = pairs[pairs["order"].duplicated()]
    return _have(orders, pd.Series(data=True, index=several.index), several)


def _inherit(lines: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Give lines the outcome of their order where that is decided already."""
    of_order = array_of(orders["outcome"], pa.string()).filter(pa.array(orders["order"] >= 0))
    number = lines["order"].to_numpy()
    inherited = of_order.take(pa.array(number, mask=number < 0))
    outcome = pc.coalesce(
        array_of(lines["outcome"], pa.string()),
        pc.if_else(pa.array(number < 0), outcomes.NO_ORDER, inherited),
    )
    return lines.assign(outcome=pd.Series(pd.arrays.ArrowExtensionArray(outcome), lines.index))


def lines_of(
    lines: pd.DataFrame, orders: pd.DataFrame, chosen: pd.Series[bool]
) -> NDArray[np.bool_]:
    """Return which lines are of some of the orders that count, whatever became of the lines.

    Args:
        lines: Order line records with `order`, as `SellOrders` has them.
        orders: Order records, likewise.
        chosen: Which orders.
    """
    counts = (orders["order"] >= 0).to_numpy(bool)
    having = np.append(chosen.to_numpy(bool)[counts], False)  # the last: of lines without one
    found: NDArray[np.bool_] = having[lines["order"].to_numpy()]
    return found


def keys(frame: pd.DataFrame) -> pd.Series[Any]:
    """Return by what an order is known in the input: its marketplace and its id."""
    texts = _keys(*(array_of(frame[name], pa.string()) for name in _ORDER))
    return pd.Series(pd.arrays.ArrowExtensionArray(texts), frame.index)


def _keys(marketplaces: Any, ids: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    return pc.binary_join_element_wise(marketplaces, ids, " ")


def _by_time(orders: pd.DataFrame) -> NDArray[np.int32]:
    rows = np.flatnonzero(is_open(orders)).astype(np.int32)
    placed, ids = (
        array_of(orders[name], pa.string()).take(pa.array(rows))
        for name in ("purchase_date", "amazon_order_id")
    )
    placed = pc.cast(placed, pa.timestamp("s", "UTC"))
    by_time = [("placed", "ascending"), ("id", "ascending")]
    order = pc.sort_indices(pa.table({"placed": placed, "id": ids}), by_time)
    found: NDArray[np.int32] = rows[order.to_numpy()]
    return found


def _lines_by_time(
    lines: pd.DataFrame, orders: pd.DataFrame, by_time: NDArray[np.int32]
) -> NDArray[np.int32]:
    rows = np.flatnonzero(is_open(lines)).astype(np.int32)
    numbers = orders["order"].to_numpy()
    place = np.zeros(numbers.max(initial=-1) + 1, np.int32)
    place[numbers[by_time]] = np.arange(len(by_time), dtype=np.int32)
    of_lines = place[lines["order"].to_numpy()[rows]]
    return rows[np.argsort(of_lines, kind="stable")]


def _merged(lines: pd.DataFrame, rows: NDArray[np.int32], orders: pd.DataFrame) -> pd.DataFrame:
    """Sum the lines of each order and product into one, in the order of the orders, then by product.

    Args:
        lines: Order lines.
        rows: Those that go out, in the order of their orders.
        orders: Their orders.
    """
    place = np.zeros(orders["order"].max() + 1 if len(orders) else 0, np.int64)
    place[orders["order"].to_numpy()] = np.arange(len(orders))
    product = (
        array_of(lines["product"], pa.string()).take(pa.array(rows)).dictionary_encode("encode")
    )
    rank = pc.array_sort_indices(pc.array_sort_indices(product.dictionary)).to_numpy()
    many = max(len(rank), 1)
    key = place[lines["order"].to_numpy()[rows]] * many
    key += rank.astype(np.int64)[product.indices.to_numpy()]
    order = np.argsort(key, kind="stable")
    rows, key = rows[order], key[order]
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    # Figures before texts, which are larger: what summing takes is given back before they are there.
    del product, order
    amount = pd.Series(_sums(_numbers(lines["item_price"], rows), starts), dtype=WHOLE)
    subtotal = array_of(hundredths(amount), pa.int64())
    quantity = pa.array(_sums(_numbers(lines["quantity"], rows), starts))
    merged_lines = pa.array(np.diff(starts, append=len(key)))
    first, of_order = pa.array(rows[starts]), pa.array(key[starts] // many)
    del amount, rows, key, starts
    columns = {
        "order": of_order,
        "product": array_of(lines["product"], pa.string()).take(first),
        "product_id": array_of(lines["product_id"], pa.string()).take(first),
        "quantity": quantity,
        "merged": merged_lines,
        "remoteId": array_of(orders["amazon_order_id"], pa.string()).take(of_order),
        "subtotalValue": subtotal,
    }
    return frame_of(columns)


def _numbers(column: pd.Series[Any], rows: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return some of a column's whole numbers; 0 where there is none."""
    numbers: NDArray[np.int64] = pc.fill_null(array_of(column, pa.int64()), 0).to_numpy()[rows]
    return numbers


def _sums(values: NDArray[np.int64], starts: NDArray[np.intp]) -> NDArray[np.int64]:
    sums: NDArray[np.int64] = np.add.reduceat(values, starts) if len(starts) else values
    return sums


def _with_totals(orders: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Lay sell orders out, each with its own total, or the sum of its merged lines."""
    of_lines = lines["order"].to_numpy(np.int64)
    starts = np.flatnonzero(np.diff(of_lines, prepend=-1))
    sums = _sums(lines["subtotalValue"].to_numpy(np.int64), starts)
    summed = pd.Series(sums, index=of_lines[starts], dtype=WHOLE)  # an order without lines has none
    total = hundredths(orders["order_total"]).fillna(summed)
    columns = {
        "remoteId": orders["amazon_order_id"],
        "placed": orders["purchase_date"],
        "totalValue": total,
    }
    return pd.DataFrame(columns, copy=False)


def _notes(orders: pd.DataFrame, lines: pd.DataFrame) -> dict[str, list[str]]:
    late = (orders["outcome"] == SENT_BEFORE).fillna(value=False) & _is_cancelled(
        orders["order_status"]
    )
    goes = (orders["outcome"] == GOES_OUT).fillna(value=False)
    by_currency: dict[str, list[str]] = {}
    if len(orders["currency"].dropna().unique()) > 1:
        sent = orders.loc[goes & orders["currency"].notna(), ["currency", "amazon_order_id"]]
        by_currency = {
            notes.IN_CURRENCY.format(currency): ids.tolist()
            for currency, ids in sent.groupby("currency")["amazon_order_id"]
        }
    unpriced = (lines["outcome"] == GOES_OUT).fillna(value=False) & lines["item_price"].isna()
    free = lines.loc[unpriced, "amazon_order_id"]
    found = {
        **(by_currency if len(by_currency) > 1 else {}),
        notes.CANCELLED_LATE: orders.loc[late, "amazon_order_id"].unique().tolist(),
        notes.LINE_WITHOUT_PRICE: free.unique().tolist(),
    }
    return {note: sorted(ids) for note, ids in found.items() if ids}

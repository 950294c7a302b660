"""From a vendor's orders to Optiply's sell orders: what Amazon buys, and what its buyers buy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from amazon_optiply_etl.inputs.streams import PURCHASE_ORDERS
from amazon_optiply_etl.tables.amounts import hundredths
from amazon_optiply_etl.tables.columns import by_key
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.tables.matching import mapped
from amazon_optiply_etl.vendor.source import outcomes_of_orders
from amazon_optiply_etl.verdicts import notes, outcomes
from amazon_optiply_etl.verdicts.outcomes import GOES_OUT, SENT_BEFORE, decide, is_open

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_optiply_etl.loading.loader import LoadedEntity
    from amazon_optiply_etl.vendor.source import Source

_ACCEPTED = ("acknowledged", "closed", "accepted", "shipped")
_CANCELLED = ("cancelled", "canceled")
_CONFIRMED = ("ACCEPTED", "PARTIALLY_ACCEPTED", "REJECTED")
_SUMMED = ["number", "product", "product_id", "ordered", "cost", "currency"]
_STATE = {True: "purchase_order_state", False: "order_status"}


@dataclass(frozen=True, slots=True)
class VendorSales:
    """Sell orders, and what became of the records they were made of.

    Attributes:
        table: One row an order, sorted by placed, remoteId: remoteId, placed, totalValue (hundredths).
        lines: One row an order and product: remoteId (the order's), product, product_id, quantity,
            subtotalValue (hundredths), merged (how many items it sums up).
        sources: Purchase orders and direct orders, their records and items with `outcome`.
        notes: What a reader should know, as note -> ids.
    """

    table: pd.DataFrame
    lines: pd.DataFrame
    sources: tuple[Source, Source]
    notes: Mapping[str, list[str]]


def build_sell_orders(
    ordered: Source, shipped: Source, status: Source, sent: pd.Index[Any]
) -> VendorSales:
    """Make a sell order of each order that is accepted, was not sent before and has a known product.

    Args:
        ordered: Purchase orders; their items have product, product_id and no_product.
        shipped: Orders that the vendor ships itself, likewise.
        status: Status of purchase orders, which may know better than they do that one is accepted.
        sent: remoteIds of the sell orders that went out before.
    """
    accepted = _confirmed(status)
    ours = ordered.orders["number"]
    repeated = shipped.orders["number"].isin(ours[is_open(ordered.orders)])
    sources = tuple(
        _decided(each, sent, accepted, others)
        for each, others in ((ordered, pd.Series(dtype=bool)), (shipped, repeated))
    )
    going = pd.concat(
        [each.items.loc[is_open(each.items), _SUMMED] for each in sources], ignore_index=True
    )
    lines = _merged(going)
    table = pd.concat(
        [each.orders.loc[is_open(each.orders), ["number", "placed"]] for each in sources]
    ).rename(columns={"number": "remoteId"})
    total = table["remoteId"].map(lines.groupby("remoteId")["subtotalValue"].sum())
    table = table.assign(totalValue=total).sort_values(["placed", "remoteId"])
    done = [
        replace(
            each,
            orders=decide(each.orders, {GOES_OUT: is_open(each.orders)}),
            items=decide(each.items, {GOES_OUT: is_open(each.items)}),
        )
        for each in sources
    ]
    return VendorSales(table.reset_index(drop=True), lines, (done[0], done[1]), _notes(going))


def after_loading(sales: VendorSales, step: LoadedEntity) -> VendorSales:
    """Give the records of sell orders that did not go out the outcome that these have."""
    other = by_key(step.table[step.table["outcome"] != GOES_OUT], "remoteId", "outcome")
    if other.empty:
        return sales
    first, second = (
        replace(each, orders=_overruled(each.orders, other), items=_overruled(each.items, other))
        for each in sales.sources
    )
    return replace(sales, sources=(first, second))


def _overruled(frame: pd.DataFrame, other: pd.Series[Any]) -> pd.DataFrame:
    went = (frame["outcome"] == GOES_OUT).fillna(value=False).astype(bool)
    told = mapped(frame["number"], other)
    return frame.assign(outcome=frame["outcome"].mask(went & told.notna(), told))


def _confirmed(status: Source) -> pd.Index[Any]:
    """Return the numbers of orders that the vendor has confirmed, or that are closed."""
    items = status.items[is_open(status.items)]
    closed = status.orders[is_open(status.orders)]
    closed = closed[closed["purchase_order_status"].str.upper() == "CLOSED"]
    confirmed = items.loc[items["confirmation"].isin(_CONFIRMED).astype(bool), "number"]
    numbers: pd.Index[Any] = pd.Index(pd.concat([confirmed, closed["number"]]), dtype=TEXT)
    return numbers.unique()


def _decided(
    source: Source, sent: pd.Index[Any], accepted: pd.Index[Any], repeated: pd.Series[bool]
) -> Source:
    """Give orders and items that are not a sale, or none any more, the reason why."""
    if source.orders.empty and source.items.empty:
        return source
    bought = source.stream is PURCHASE_ORDERS
    state = source.orders[_STATE[bought]].str.strip().str.lower()
    if bought:
        told = (state == "new") & source.orders["number"].isin(accepted)
        state = state.mask(told.fillna(value=False).astype(bool), "acknowledged")
    placed = "purchase_order_date" if bought else "order_date"
    orders = decide(
        source.orders,
        {
            outcomes.REPEATED_NUMBER: repeated if len(repeated) else False,
            SENT_BEFORE: source.orders["number"].isin(sent),
            outcomes.CANCELLED: state.isin(_CANCELLED),
            outcomes.NOT_ACCEPTED: state == "new",
            outcomes.NO_KEY_PART.format(_STATE[bought]): state.isna(),
            outcomes.UNKNOWN_STATE: ~state.isin(_ACCEPTED),
            outcomes.NO_KEY_PART.format(placed): source.orders["placed"].isna(),
        },
    )
    items = _inherited(source.items, orders)
    # An item that cannot be read leaves a hole in its order; one read twice does not.
    unread = source.items[~is_open(source.items) & (source.items["outcome"] != outcomes.SUPERSEDED)]
    nothing = {outcomes.NOTHING_SOLD: ~(items["ordered"] > 0).fillna(value=False)}
    wanted = decide(items, nothing)
    found = decide(wanted, {reason: wanted["no_product"] == reason for reason in _reasons(wanted)})
    currencies = wanted[is_open(wanted)].groupby("number")["currency"].nunique()
    waits = found[(found["outcome"] == outcomes.NO_OPTIPLY_ID_YET).fillna(value=False)]
    number = orders["number"]
    orders = decide(
        orders,
        {
            outcomes.UNREAD_LINE: number.isin(unread["number"]),
            outcomes.NO_LINES: ~number.isin(source.items["number"]),
            outcomes.SEVERAL_CURRENCIES: number.isin(currencies.index[currencies > 1]),
            outcomes.ALL_LINES_CANCELLED: ~number.isin(wanted.loc[is_open(wanted), "number"]),
            outcomes.WAITS_FOR_ID: number.isin(waits["number"]),
            outcomes.NO_KNOWN_PRODUCT: ~number.isin(found.loc[is_open(found), "number"]),
        },
    )
    return replace(source, orders=orders, items=_inherited(found, orders))


def _reasons(items: pd.DataFrame) -> list[str]:
    return sorted(items["no_product"].dropna().unique())


def _inherited(items: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Give items the outcome of their order, where that is decided already."""
    told = outcomes_of_orders(items, orders)
    return items.assign(outcome=items["outcome"].fillna(told)) if told.notna().any() else items


def _merged(items: pd.DataFrame) -> pd.DataFrame:
    """Sum the items of each order and product into one line."""
    merged = (
        items.assign(amount=items["cost"].fillna(0) * items["ordered"])
        .groupby(["number", "product"], sort=True)
        .agg(
            product_id=("product_id", "first"),
            quantity=("ordered", "sum"),
            amount=("amount", "sum"),
            merged=("ordered", "size"),
        )
        .reset_index()
        .rename(columns={"number": "remoteId"})
    )
    return merged.assign(subtotalValue=hundredths(merged["amount"])).drop(columns="amount")


def _notes(going: pd.DataFrame) -> dict[str, list[str]]:
    by_currency = {}
    if len(going["currency"].dropna().unique()) > 1:
        by_currency = {
            notes.IN_CURRENCY.format(currency): sorted(set(numbers))
            for currency, numbers in going.groupby("currency")["number"]
        }
    free = sorted(set(going.loc[going["cost"].isna(), "number"]))
    return {
        **by_currency,
        **({notes.ITEM_WITHOUT_PRICE: free} if free else {}),
    }

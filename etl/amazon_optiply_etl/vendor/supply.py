"""From Amazon's purchase orders to Optiply's buy orders, their lines and what was received of them.

Amazon reports an order in vendor_purchase_orders, and what became of it in the status of purchase
orders. A sync has but the records that changed; what is not in them stays as it was sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from amazon_optiply_etl.tables.amounts import hundredths
from amazon_optiply_etl.tables.columns import by_key
from amazon_optiply_etl.tables.dtypes import TEXT, WHOLE
from amazon_optiply_etl.tables.matching import mapped
from amazon_optiply_etl.vendor.source import ends, outcomes_of_orders
from amazon_optiply_etl.verdicts import notes, outcomes
from amazon_optiply_etl.verdicts.outcomes import decide, is_open

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from amazon_optiply_etl.vendor.source import Source


@dataclass(frozen=True, slots=True)
class Supply:
    """Buy orders, lines and receipts to load; amounts in hundredths.

    Attributes:
        orders: remoteId, supplier, placed, totalValue, expectedDeliveryDate, completed.
        lines: remoteId, product, product_id, buy_order, quantity, subtotalValue, expectedDeliveryDate.
        receipts: remoteId, buy_order_line, occurred, quantity.
        status: Records of the status of purchase orders, with the `outcome` of those left out.
        status_items: Their items, likewise, and remoteId of their line.
        notes: What a reader should know, as note -> ids.
    """

    orders: pd.DataFrame
    lines: pd.DataFrame
    receipts: pd.DataFrame
    status: pd.DataFrame
    status_items: pd.DataFrame
    notes: Mapping[str, list[str]]


def build_supply(
    ordered: Source,
    status: Source,
    sent_orders: pd.DataFrame,
    sent_lines: pd.DataFrame,
    receipts: pd.Index[Any],
    *,
    older: Collection[str] = (),
) -> Supply:
    """Make a buy order of each purchase order that has a vendor code and a known product.

    Args:
        ordered: Purchase orders; their items have product, product_id and no_product.
        status: Their status, likewise; where both are there, it is what counts.
        sent_orders: Buy orders as they were sent, typed, by remoteId.
        sent_lines: Their lines, likewise.
        receipts: remoteIds of the receipts that Optiply has.
        older: Numbers of orders whose status is older than they are: it waited, they came after it.
    """
    of_orders, order_items = _decided(ordered)
    of_status, status_items = _decided(status)
    lines = _lines(order_items, status_items, sent_lines, older)
    orders = _orders(of_orders, of_status, lines, sent_orders)
    expected = by_key(orders, "remoteId", "expectedDeliveryDate")
    lines = lines.assign(expectedDeliveryDate=mapped(lines["buy_order"], expected))
    grown, notes = _receipts(of_status, status_items, receipts)
    return Supply(orders, lines, grown, of_status, status_items, notes)


def _decided(source: Source) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the records and items, those of which no buy order is made with the reason why."""
    orders = decide(
        source.orders,
        {
            outcomes.NO_VENDOR_CODE: source.orders["supplier"].isna(),
            outcomes.NO_KEY_PART.format("purchase_order_date"): source.orders["placed"].isna(),
        },
    )
    items = source.items.assign(remoteId=source.items["number"] + "_" + source.items["item"])
    if orders.empty and items.empty:
        return orders, items
    reason = items["no_product"].where(items["no_product"] != outcomes.NO_OPTIPLY_ID_YET)
    reason = outcomes_of_orders(items, orders).fillna(reason.astype(TEXT))
    items = items.assign(outcome=items["outcome"].fillna(reason))
    items = decide(
        items,
        {
            outcomes.NO_QUANTITY: items["ordered"].isna(),
            outcomes.NEGATIVE: (items["ordered"] < 0).fillna(value=False)
            | (items["accepted"] < 0).fillna(value=False),
        },
    )
    number = orders["number"]
    orders = decide(
        orders,
        {
            outcomes.NO_LINES: ~number.isin(source.items["number"]),
            outcomes.NO_KNOWN_PRODUCT: ~number.isin(items.loc[is_open(items), "number"]),
        },
    )
    return orders, items


def _lines(
    order_items: pd.DataFrame,
    status_items: pd.DataFrame,
    sent: pd.DataFrame,
    older: Collection[str],
) -> pd.DataFrame:
    """Make a line of each item, of the status where the input has it."""
    confirmed = status_items[is_open(status_items)]
    unconfirmed = confirmed["confirmation"].fillna("UNCONFIRMED") == "UNCONFIRMED"
    rejected = confirmed["confirmation"] == "REJECTED"
    quantity = confirmed["accepted"].mask(unconfirmed.astype(bool)).fillna(confirmed["ordered"])
    quantity = quantity.mask(rejected.fillna(value=False).astype(bool), 0)
    # Of an order that came later than its status, no more was accepted than it orders now.
    now = order_items[is_open(order_items) & order_items["number"].isin(list(older)).astype(bool)]
    at_most = (
        confirmed["remoteId"]
        .map(now.drop_duplicates("remoteId", keep="last").set_index("remoteId")["ordered"])
        .astype(WHOLE)
    )
    quantity = quantity.mask((at_most < quantity).fillna(value=False).astype(bool), at_most)
    # An item that the status of its order does not list keeps its line, as it was ordered.
    left_out = status_items.loc[status_items["number"].isin(confirmed["number"]), "remoteId"]
    others = order_items[
        is_open(order_items)
        & ~order_items["remoteId"].isin(confirmed["remoteId"]).astype(bool)
        & ~order_items["remoteId"].isin(left_out).astype(bool)
    ]
    # Without news of what was accepted, that stays; more than is ordered it cannot be.
    before = others["remoteId"].map(sent["quantity"]).astype(WHOLE)
    ordered = others["ordered"].where(~(before < others["ordered"]).fillna(value=False), before)
    columns = ["remoteId", "product", "product_id", "number", "cost"]
    items = pd.concat(
        [confirmed[columns].assign(quantity=quantity), others[columns].assign(quantity=ordered)],
        ignore_index=True,
    )
    amount = items["cost"].fillna(0) * items["quantity"]
    return pd.DataFrame(
        {
            "remoteId": items["remoteId"].astype(TEXT),
            "product": items["product"],
            "product_id": items["product_id"],
            "buy_order": items["number"].astype(TEXT),
            "quantity": items["quantity"].astype(WHOLE),
            "subtotalValue": hundredths(amount.astype(WHOLE)),
        }
    )


def _orders(
    ordered: pd.DataFrame, status: pd.DataFrame, lines: pd.DataFrame, sent: pd.DataFrame
) -> pd.DataFrame:
    """Make an order of each record, of the status where the input has it."""
    ordered, status = ordered[is_open(ordered)], status[is_open(status)]
    windows = pd.Series(
        ends(ordered["delivery_window"]).to_numpy(), index=ordered["number"], dtype=TEXT
    )
    others = ordered[~ordered["number"].isin(status["number"]).astype(bool)]
    closed = (status["purchase_order_status"].str.upper() == "CLOSED").fillna(value=False)
    # An order without a status in the input, and without a time of its end from before.
    ended = (others["purchase_order_state"].str.lower() == "closed").fillna(value=False)
    columns = ["number", "supplier", "placed"]
    rows = pd.concat(
        [
            status[columns].assign(
                now=status["last_updated_date"].where(closed.astype(bool)), told=True
            ),
            others[columns].assign(
                now=others["purchase_order_state_changed_date"].where(ended.astype(bool)),
                told=False,
            ),
        ],
        ignore_index=True,
    )
    number = rows["number"].astype(TEXT)
    before = mapped(number, sent["completed"])
    open_again = rows["told"].astype(bool) & rows["now"].isna()
    expected = mapped(number, windows)
    return pd.DataFrame(
        {
            "remoteId": number,
            "supplier": rows["supplier"].astype(TEXT),
            "placed": rows["placed"].astype(TEXT),
            "totalValue": number.map(lines.groupby("buy_order")["subtotalValue"].sum()),
            "expectedDeliveryDate": expected.fillna(mapped(number, sent["expectedDeliveryDate"])),
            "completed": before.mask(open_again).fillna(rows["now"].astype(TEXT)),
        }
    )


def _receipts(
    status: pd.DataFrame, items: pd.DataFrame, known: pd.Index[Any]
) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Make a receipt of what was received of each item since the receipts that are known."""
    remote_ids = pd.Series(known, dtype=TEXT)
    counted = remote_ids[remote_ids.str.fullmatch(r".+_\d{1,9}").fillna(value=False).astype(bool)]
    units = pd.DataFrame(
        {
            "line": counted.str.replace(r"_\d+$", "", regex=True),
            "units": counted.str.replace(r"^.*_", "", regex=True).astype(WHOLE),
        }
    )
    most = units.groupby("line")["units"].max()
    current = items[is_open(items) & items["received"].notna()]
    before = current["remoteId"].map(most).fillna(0).astype(WHOLE)
    grown = current["received"] - before
    fewer = sorted(current.loc[(grown < 0).astype(bool), "remoteId"])
    updated = current["number"].map(
        status[is_open(status)].set_index("number")["last_updated_date"]
    )
    table = pd.DataFrame(
        {
            "remoteId": current["remoteId"] + "_" + current["received"].astype(TEXT),
            "buy_order_line": current["remoteId"],
            "occurred": current["last_received"].fillna(updated.astype(TEXT)),
            "quantity": grown,
        }
    )
    table = table[(grown > 0).fillna(value=False).astype(bool)]
    return table.reset_index(drop=True), {notes.RECEIVED_LESS: fewer} if fewer else {}

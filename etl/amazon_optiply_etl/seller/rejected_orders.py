"""Orders of which the tap could not read a row: they are not in the input, and wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl.config.marketplaces import country
from amazon_optiply_etl.inputs.completeness import held_back_counts
from amazon_optiply_etl.inputs.rejected_rows import as_one, rejected_rows
from amazon_optiply_etl.inputs.streams import ORDER_LINES, ORDERS, REJECTED, SUMMARY
from amazon_optiply_etl.verdicts import notes, outcomes
from amazon_optiply_etl.verdicts.outcomes import GOES_OUT

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from amazon_optiply_etl.inputs.folder import Inputs


@dataclass(frozen=True, slots=True)
class UnreadOrders:
    """What the rejected rows of an orders report leave unknown.

    Attributes:
        ids: The orders that they name.
        held_back: Marketplace id -> how many orders the tap held back for such rows.
        outcomes: Place of a record among those of rejected_rows -> what becomes of it.
    """

    ids: frozenset[str]
    held_back: Mapping[str, int]
    outcomes: Mapping[int, str]


def unread_orders(inputs: Inputs) -> UnreadOrders:
    """Return which orders rejected rows name, and how many the tap held back."""
    rows = as_one(rejected_rows(inputs[REJECTED], [ORDERS, ORDER_LINES]))
    return UnreadOrders(
        ids=frozenset(each for row in rows for each in row.orders),
        held_back=held_back_counts(ORDERS, inputs[SUMMARY]),
        outcomes={
            record: outcomes.ROW_NAMES_ORDERS if row.orders else outcomes.ROW_OF_ANY_ORDER
            for row in rows
            for record in row.records
        },
    )


def waiting_for_order(lines: pd.DataFrame, unread: UnreadOrders) -> pd.DataFrame:
    """Say of lines without their order that it is one of which a row could not be read.

    Args:
        lines: Order lines with their final `outcome`.
        unread: What rejected rows leave unknown.
    """
    if not unread.ids:
        return lines
    waits = (lines["outcome"] == outcomes.NO_ORDER) & lines["amazon_order_id"].isin(
        list(unread.ids)
    )
    outcome = lines["outcome"].mask(waits.fillna(value=False), outcomes.REJECTED_ORDER)
    return lines.assign(outcome=outcome)


def order_notes(
    unread: UnreadOrders, orders: pd.DataFrame, sent: pd.Index[Any]
) -> dict[str, list[str]]:
    """List the orders that wait for a row that could not be read, as note -> ids.

    Args:
        unread: What rejected rows leave unknown.
        orders: Order records with their final `outcome`.
        sent: remoteIds of the sell orders that went out before.
    """
    here = orders.loc[orders["amazon_order_id"].isin(list(unread.ids)), :]
    goes = here.loc[(here["outcome"] == GOES_OUT).fillna(value=False), "amazon_order_id"]
    waiting = sorted(unread.ids.difference(goes, sent))
    found = {notes.REJECTED_ORDERS: waiting} if waiting else {}
    if sum(unread.held_back.values()) > len(unread.ids):
        found[notes.HELD_BACK_ORDERS] = [
            f"{count:,} order{'s' * (count > 1)} of {country(place)}"
            for place, count in sorted(unread.held_back.items(), key=lambda each: country(each[0]))
        ]
    return found

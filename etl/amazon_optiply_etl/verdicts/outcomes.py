"""What becomes of each record: it goes out, it is unchanged, or it is left out for a reason.

Every input frame has a column `outcome`. It is null until the outcome is known, then GOES_OUT,
UNCHANGED or the reason why the record is left out. The first reason found stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl.optiply.limits import LARGEST_NUMBER
from amazon_optiply_etl.tables.amounts import array_of

if TYPE_CHECKING:
    from collections.abc import Mapping

GOES_OUT = "goes out"
UNCHANGED = "unchanged"
SENT_BEFORE = "its order was sent before"
DONE_BEFORE = (UNCHANGED, SENT_BEFORE)
"""Outcomes of what Optiply has already."""

SUPERSEDED = "a newer record of the same key is in the input"
OTHER_MARKETPLACE = "its marketplace is not among the marketplaces requested"

UNREADABLE = "its {} cannot be read as {}"
NO_KEY_PART = "it has no {}"

NOT_ACTIVE = "its status is not Active"
SOLD_OUT_UNKNOWN = (
    "it is sold out, and neither Optiply nor an order line of this input knows its product"
)
NO_ASIN = "it has no ASIN"
NO_NAME = "it has no item_name"

NO_STOCK = "its marketplace has no FBA stock in the input; it stays as it was"
NO_LISTINGS = "a marketplace with FBA stock has no listings in the input; it stays as it was"

LISTINGS_IN_PART = "the listings of {} did not arrive complete; it stays as it was"

UNREAD_LISTING = "a listing of it cannot be read; it stays as it was"
UNREAD_STOCK = "its FBA stock cannot be read; it stays as it was"
UNREAD_QUANTITY = "the quantity of a listing of it was not read; it stays as it was"
REJECTED_LISTING = (
    "{} of the listing report of {} names it and could not be read; it stays as it was"
)
REJECTED_UNKNOWN = (
    "{} of the listing report of {} could not be read and may be of any product; it stays as it was"
)
REJECTED_STOCK = (
    "{} of the FBA stock report of {} names it and could not be read; it stays as it was"
)
REJECTED_STOCK_UNKNOWN = (
    "{} of the FBA stock report of {} could not be read and may be its stock; it stays as it was"
)
TOO_MUCH_STOCK = f"its stock is more than Optiply takes ({LARGEST_NUMBER:,}); it stays as it was"
MAY_BE_LISTED = (
    "it is not among the listings, which may have arrived in part (stream sync_summary says)"
)
EMPTY_LISTINGS = "the listing report of {} is empty; it stays as it was"
MOST_MISSING = (
    "the listing report of {} lacks more than half of the products at once; it stays as it was"
)
NOT_SYNCED = "its entity is not sent (not_sync_entities, sync_sell_orders_only, target_optiply)"
NO_OPTIPLY_ID_YET = "Optiply's id of it is not known yet"

NO_PRODUCT = "no product has its ASIN"
NO_QUANTITY = "it has no quantity"
NOT_FOR_SALE = "its listing is not for sale, and another one of its product is sold out"
OTHER_STOCK_SOURCE = "second_flavour takes the stock from the listings"
SECONDARY = "flavour secondary sends sell orders only"

PENDING = "the order is pending, so not sold yet"
CANCELLED = "the order is cancelled"
NO_STATUS = "the order has no order_status"
UNKNOWN_STATUS = "its order_status is none that says it is sold"
NO_DATE = "the order has no purchase_date"
NO_LINES = "the order has no lines in the input"
ALL_LINES_CANCELLED = "all lines of the order are cancelled or without quantity"
NO_KNOWN_PRODUCT = "no line of the order has a known product"
SEVERAL_CURRENCIES = "its lines are in several currencies, which cannot be summed"
UNREAD_LINE = "a line of the order cannot be read"
OTHER_CHANNEL = (
    "it was sold in another shop, which Amazon only ships for; that shop's sync sends it"
)
WAITS_FOR_ID = "Optiply's id of a product of it is not known yet; it waits for the next run"
WAITED_LONG = "it has waited 90 days for its product or its lines"
NOT_SENT_YET = "the run ended before it was sent"
REFUSED = "Optiply refused it: {}"
NOT_TAKEN = (
    "Optiply did not take it in three runs; it goes out once a day until its content changes"
)
WRITTEN_ONCE = (
    "it was written, and no host's snapshot shows whether it arrived (flag host_snapshots)"
)
PRODUCT_GONE = "a product of it is not in Optiply any more; it waits for that product's new id"
REPEATED_ORDER = "the order is in the input under another marketplace too"

NO_ORDER = "its order is not in the input"
REJECTED_ORDER = "a row of its order could not be read; it waits for the order"
OLDER_THAN_LINES = "lines of the order are newer than the order itself; it waits for its news"
LINE_CANCELLED = "the line is cancelled"
NOTHING_SOLD = "its quantity is not above 0"
UNKNOWN_PRODUCT = "its product is not known"
AMBIGUOUS_PRODUCT = "its key belongs to several products of Optiply"
NO_KEY = "it has no value of the field that products are matched by"
NO_OPTIPLY_ID = "its product has no Optiply id in the snapshot"

ROW_NAMES_PRODUCTS = "the products that it names stay as they were"
ROW_OF_ANY_LISTING = "it names no product, so that none of its marketplace is disabled"
ROW_OF_ANY_STOCK = (
    "it names no product, so that those without FBA stock in its marketplace stay as they were"
)
ROW_NAMES_ORDERS = "the orders that it names wait until they are reported again"
ROW_OF_ANY_ORDER = "it is of an order, and names none"
ROW_NOT_NEEDED = "nothing is made of its report"

NO_CLEAR_MATCH = "its code has no clear match"
NOT_SURE_ENOUGH = "its match is less sure than the flag match_threshold wants"
NOT_A_GTIN = "its code is not an EAN, UPC, ISBN or other GTIN"
NOT_LISTED = "no listing in the input has the ASIN of its match"
EAN_IN_CATALOG = "its product has an EAN in the catalog"
EAN_SENT = "its product has an EAN in Optiply, and its catalog record is not in the input"
SEVERAL_CODES = "several codes match its product, so none of them is taken"
SEVERAL_ASINS = "its code matches several ASINs, so none of them takes it"
EAN_OF_ANOTHER = "another ASIN has its EAN already"
NOT_MADE = "no product is made of the listings of its ASIN"

UNKNOWN_STATE = "its state is none that says it is sold"
NO_EAN = "neither its vendorProductIdentifier nor anything known of its ASIN is a barcode"
OLDER_DAY = "a later day of its marketplace is in the input"
STOCK_IN_PART = "the stock of a marketplace did not arrive complete; levels stay as they were"
BEYOND = f"a quantity or the cost of it is more than Optiply takes ({LARGEST_NUMBER:,})"
NEGATIVE = "a quantity of it is below 0"
NO_VENDOR_CODE = "it has no sellingParty"
NO_RECEIVE_DATE = "neither it nor its order has a date of when it was received"
NOT_ACCEPTED = "the vendor has not accepted the order yet"
REPEATED_NUMBER = "a purchase order in the input has its number"

WAITING = (
    NO_LINES,
    NO_KNOWN_PRODUCT,
    WAITS_FOR_ID,
    NOT_SENT_YET,
    NO_ORDER,
    REJECTED_ORDER,
    OLDER_THAN_LINES,
    NOT_ACCEPTED,
    NOT_TAKEN,
    WRITTEN_ONCE,
    PRODUCT_GONE,
)
"""Outcomes of orders and lines that are kept for the next run: what they lack may still come."""


MAY_NEVER_COME = (
    NO_LINES,
    NO_KNOWN_PRODUCT,
    NO_ORDER,
    REJECTED_ORDER,
    OLDER_THAN_LINES,
    NOT_ACCEPTED,
)
"""Those of them that are given up: what is only to be sent, or sent again, is not."""


def undecided(frame: pd.DataFrame) -> pd.Series[Any]:
    """Return an outcome column in which nothing is decided."""
    nothing = pd.arrays.ArrowExtensionArray(pa.nulls(len(frame), pa.string()))
    return pd.Series(nothing, index=frame.index)


def is_open(frame: pd.DataFrame) -> pd.Series[bool]:
    """Return which records have no outcome yet."""
    return frame["outcome"].isna()


def decide(frame: pd.DataFrame, reasons: Mapping[str, Any]) -> pd.DataFrame:
    """Give each open record the first outcome whose condition holds.

    Args:
        frame: Records with a column `outcome`.
        reasons: Outcome -> condition, a Boolean per record in their order or one for all; missing values
            count as false.
    """
    before = outcome = array_of(frame["outcome"], pa.string())
    for reason, holds in reasons.items():
        condition = holds
        if isinstance(holds, pd.Series):
            condition = holds.to_numpy(bool, na_value=False)
        elif isinstance(holds, bool):
            condition = np.full(len(frame), holds)
        if condition.any():
            outcome = pc.if_else(pc.and_(pc.is_null(outcome), condition), reason, outcome)
    if outcome is before:
        return frame
    return frame.assign(outcome=pd.arrays.ArrowExtensionArray(outcome))

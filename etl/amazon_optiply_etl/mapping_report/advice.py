"""What to do about each outcome and each note of a mapping report, in one sentence for a planner."""

from __future__ import annotations

import re
from dataclasses import dataclass

from amazon_optiply_etl.optiply.limits import LONGEST_TEXT
from amazon_optiply_etl.verdicts import notes, outcomes


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about records of one outcome.

    Attributes:
        sentence: For a planner, who knows Seller Central and Optiply.
        needs_action: False where all is as it should be.
    """

    sentence: str
    needs_action: bool


def _fine(sentence: str) -> Advice:
    return Advice(sentence, needs_action=False)


def _act(sentence: str) -> Advice:
    return Advice(sentence, needs_action=True)


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in template.split("{}")), re.DOTALL)


_ADVICE = {
    outcomes.GOES_OUT: _fine("Nothing to do: it is in the output of this run."),
    outcomes.UNCHANGED: _fine(
        "Nothing to do: Optiply has it as it is already, so it was not sent again."
    ),
    outcomes.SUPERSEDED: _fine("Nothing to do: the newer record counts; look that one up."),
    outcomes.OTHER_MARKETPLACE: _fine(
        "Nothing to do, unless it belongs in Optiply: then add its marketplace to the setting "
        "marketplaces."
    ),
    outcomes.NOT_ACTIVE: _act(
        "If it should sell, make the listing active in Seller Central (stock, price, suppressed "
        "offers); it comes over with the next sync."
    ),
    outcomes.SOLD_OUT_UNKNOWN: _fine(
        "Nothing to do: it becomes a product once it has stock, or is ordered."
    ),
    outcomes.NOT_FOR_SALE: _fine(
        "Nothing to do; if these units should sell, make their listing active in Seller Central."
    ),
    outcomes.NO_ASIN: _act(
        "Complete the listing in Seller Central until Amazon shows an ASIN for this SKU."
    ),
    outcomes.NO_NAME: _act(
        "Give the listing a title in Seller Central; a product needs a name in Optiply."
    ),
    outcomes.NO_STOCK: _act(
        "Wait for the next sync, which asks Amazon again for the FBA stock of that marketplace; if "
        "it stays away, have the tap's log looked at."
    ),
    outcomes.NO_LISTINGS: _act(
        "Wait for the next sync, which asks Amazon again for the listings of that marketplace; if they "
        "stay away, have the tap's log looked at."
    ),
    outcomes.NO_PRODUCT: _act(
        "Look up why the listing of this SKU is left out, or list the SKU in Seller Central; its stock "
        "counts once there is a product."
    ),
    outcomes.NO_QUANTITY: _act(
        "Compare the stock of this SKU with Seller Central; Amazon's report holds no figure for it."
    ),
    outcomes.OTHER_STOCK_SOURCE: _fine(
        "Nothing to do; to count FBA stock instead, switch second_flavour off."
    ),
    outcomes.SECONDARY: _fine("Nothing to do: products come from the other shop, not from Amazon."),
    outcomes.PENDING: _fine("Nothing to do: it comes over once Amazon has the payment."),
    outcomes.CANCELLED: _fine("Nothing to do: nothing was sold."),
    outcomes.NO_STATUS: _act("Look the order up in Seller Central; Amazon's report has no status."),
    outcomes.UNKNOWN_STATUS: _act(
        "Look the order up in Seller Central; if it is sold, report its status as one to be known."
    ),
    outcomes.NO_DATE: _act(
        "Look the order up in Seller Central; without a date Optiply cannot place the sale."
    ),
    outcomes.NO_LINES: _act(
        "Wait for the next sync; if it stays, have the tap sync order_items of the same dates."
    ),
    outcomes.ALL_LINES_CANCELLED: _fine("Nothing to do: nothing was sold."),
    outcomes.NO_KNOWN_PRODUCT: _act(
        "Look up the ASINs of its lines here to see why they are not products; once they are, the order "
        "goes out by itself."
    ),
    outcomes.REPEATED_ORDER: _fine("Nothing to do: the order went out once already."),
    outcomes.NO_ORDER: _act(
        "Wait for the next sync; if it stays, have the tap sync orders of the same dates."
    ),
    outcomes.REJECTED_ORDER: _act(
        "Look the order up in Seller Central, and enter it in Optiply by hand if it cannot wait; it "
        "goes out by itself once Amazon reports it again."
    ),
    outcomes.OLDER_THAN_LINES: _act(
        "Look the order up in Seller Central, and enter it in Optiply by hand if it cannot wait; it "
        "goes out by itself once Amazon reports it again."
    ),
    outcomes.LINE_CANCELLED: _fine("Nothing to do: nothing was sold."),
    outcomes.NOTHING_SOLD: _fine("Nothing to do: nothing was sold, or nothing is left of it."),
    outcomes.UNKNOWN_PRODUCT: _act(
        "Look up its ASIN or SKU here to see why it is not a product; where products come from another "
        "shop, create it there."
    ),
    outcomes.AMBIGUOUS_PRODUCT: _act(
        "Give this SKU or EAN to one product only in the shop that Optiply's products come from."
    ),
    outcomes.NO_KEY: _act(
        "Add the EAN to the article in Amazon's catalog, or match by skuCode (setting optiply_key)."
    ),
    outcomes.NOT_TAKEN: _act(
        "Look into the target's log for what Optiply says of it, and fix that; it is tried once a day."
    ),
    outcomes.WRITTEN_ONCE: _act(
        "Set the flag host_snapshots: true if the host keeps snapshots of what it loads, false if not."
    ),
    outcomes.PRODUCT_GONE: _act(
        "Create the product in Optiply, or set recreate_missing; the order goes out with its new id."
    ),
    outcomes.SENT_BEFORE: _fine(
        "Nothing to do: the order is in Optiply as it first went out; orders are not updated."
    ),
    outcomes.UNREAD_LISTING: _act(
        "Fix the listing in Seller Central, or the file; the notes show the value that is wrong."
    ),
    outcomes.UNREAD_STOCK: _act(
        "Fix the file, or wait for the next sync; the notes show the value that is wrong."
    ),
    outcomes.UNREAD_QUANTITY: _act(
        "Compare the quantity of its listings with Seller Central; Amazon's report holds none."
    ),
    outcomes.TOO_MUCH_STOCK: _act("Correct the quantity of the listing in Seller Central."),
    outcomes.MAY_BE_LISTED: _act(
        "Have the tap sync sync_summary too; if it does, wait for a sync that reads all listings."
    ),
    outcomes.NOT_SYNCED: _fine(
        "Nothing to do; the settings not_sync_entities and sync_sell_orders_only say what is sent."
    ),
    outcomes.NO_OPTIPLY_ID_YET: _fine(
        "Nothing to do: it goes out once the host or the Optiply API has reported the id."
    ),
    outcomes.SEVERAL_CURRENCIES: _act("Look the order up in Seller Central, and enter it by hand."),
    outcomes.UNREAD_LINE: _act(
        "Sync the date of the order again; the notes show the value that cannot be read."
    ),
    outcomes.OTHER_CHANNEL: _fine("Nothing to do: the shop that sold it sends the order."),
    outcomes.WAITS_FOR_ID: _fine(
        "Nothing to do: it goes out once the host or the Optiply API has reported the product's id."
    ),
    outcomes.WAITED_LONG: _act(
        "List its product, or create it in the other shop, and sync the date of the order again."
    ),
    outcomes.NOT_SENT_YET: _act("Run push again; it continues where it stopped."),
    outcomes.NO_EAN: _act(
        "Give the item its EAN in Vendor Central, or have the tap sync product_catalog; its orders "
        "then go out by themselves."
    ),
    outcomes.OLDER_DAY: _fine("Nothing to do: the stock of the latest day counts."),
    outcomes.STOCK_IN_PART: _act(
        "Wait for the next sync, which asks Amazon again; if it stays, have the tap's log looked at."
    ),
    outcomes.BEYOND: _act("Look the order up in Vendor Central, and enter it by hand."),
    outcomes.NEGATIVE: _act("Look the order up in Vendor Central, and enter it by hand."),
    outcomes.NO_VENDOR_CODE: _act(
        "Look the order up in Vendor Central; without a vendor code Optiply knows no supplier of it."
    ),
    outcomes.NO_RECEIVE_DATE: _act(
        "Wait for the next news of the order; if it stays, enter the receipt in Optiply by hand."
    ),
    outcomes.NOT_ACCEPTED: _fine("Nothing to do: it goes out once the vendor has confirmed it."),
    outcomes.REPEATED_NUMBER: _act(
        "Look the order up in Vendor Central; Optiply can hold one order of this number only."
    ),
    outcomes.ROW_NAMES_PRODUCTS: _act(
        "Fix the listing in Seller Central: a line break or a tab in its title or description breaks "
        "the row."
    ),
    outcomes.ROW_OF_ANY_LISTING: _act(
        "Look the line up in the report and fix the listing in Seller Central: a line break or a tab "
        "in its title or description breaks the row."
    ),
    outcomes.ROW_OF_ANY_STOCK: _act(
        "Look the line up in the report and fix the listing in Seller Central: a line break or a tab "
        "in its title breaks the row."
    ),
    outcomes.ROW_NAMES_ORDERS: _act(
        "Look the orders up in Seller Central, and enter them in Optiply by hand if they cannot wait."
    ),
    outcomes.ROW_OF_ANY_ORDER: _act(
        "Look the line up in the report; the order that it is of is not sent."
    ),
    outcomes.ROW_NOT_NEEDED: _fine("Nothing to do for planning."),
    outcomes.NO_CLEAR_MATCH: _act(
        "Look at the row in asin_matches, whose reason says what is in doubt, and correct the file of "
        "codes or the article in Amazon's catalog."
    ),
    outcomes.NOT_SURE_ENOUGH: _act(
        "Look at the match; if it is right, add the EAN to the article in Amazon's catalog, or lower "
        "match_threshold."
    ),
    outcomes.NOT_A_GTIN: _fine("Nothing to do: only a GTIN can be an eanCode."),
    outcomes.NOT_LISTED: _fine("Nothing to do: the seller does not sell this ASIN here."),
    outcomes.EAN_IN_CATALOG: _fine("Nothing to do: the catalog's EAN counts."),
    outcomes.EAN_SENT: _fine(
        "Nothing to do: the EAN in Optiply stays until the tap has read the catalog again."
    ),
    outcomes.SEVERAL_CODES: _act(
        "Take the codes out of the file that are another pack's or another article's; one code for a "
        "product is taken."
    ),
    outcomes.SEVERAL_ASINS: _act(
        "Look up which ASIN the code belongs to, and add the EAN to that article in Amazon's catalog."
    ),
    outcomes.EAN_OF_ANOTHER: _act(
        "Look up which ASIN the EAN belongs to; two products with one EAN cannot be distinguished."
    ),
    outcomes.NOT_MADE: _fine("Nothing to do: why its listings make no product is under Listings."),
    outcomes.UNKNOWN_STATE: _act(
        "Look the order up in Vendor Central; if it is sold, report its state as one to be known."
    ),
    outcomes.NO_OPTIPLY_ID: _act(
        "Run the other shop's sync first, so that Optiply has the product; orders after that find it."
    ),
    notes.NO_EAN: _act(
        "Add the EAN to the article in Amazon's catalog, or to the product in Optiply."
    ),
    notes.SEVERAL_EANS: _act(
        "Check that the eanCode in Optiply is the one your supplier uses; Amazon knows several."
    ),
    notes.EAN_MENDED: _fine("Nothing to do: both numbers name the same article."),
    notes.EAN_MATCHED: _fine(
        "Nothing to do; the row of the file of codes and the reason of the match stand beside each."
    ),
    notes.NO_MATCHES: _fine(
        "Nothing to do if the sync had none; else set match_input and select asin_matches in the tap."
    ),
    notes.SHARED_EAN: _act(
        "Check in Amazon's catalog which ASIN the EAN belongs to; matching by EAN cannot "
        "distinguish them."
    ),
    notes.SEVERAL_SKUS: _act(
        "Check that skuCode is the SKU you order by; the ASIN is listed under several."
    ),
    notes.SHARED_SKU: _act(
        "Give each ASIN a SKU of its own in Seller Central; matching by SKU cannot distinguish them."
    ),
    notes.NO_PRICE: _fine("Add a price in Seller Central if Optiply shall know one."),
    notes.NAME_CUT: _fine(
        f"Nothing to do: Optiply takes names of at most {LONGEST_TEXT} characters."
    ),
    notes.NOT_IN_WAREHOUSE: _act(
        "Check its FBA stock in Seller Central; Amazon's stock report does not mention it."
    ),
    notes.CANCELLED_LATE: _act(
        "Delete the sell order in Optiply, where it still counts as a sale."
    ),
    notes.LINE_WITHOUT_PRICE: _fine(
        "Nothing to do for planning: the quantity counts, its value is 0."
    ),
    notes.ITEM_WITHOUT_PRICE: _fine(
        "Nothing to do for planning: the quantity counts, its value is 0."
    ),
    notes.RECEIVED_LESS: _act("Correct the receipt in Optiply, if the smaller quantity is right."),
    notes.WAITING: _fine(
        "Nothing to do: they go out as soon as their products and lines are there, for 90 days."
    ),
    notes.SUMMED_STOCK: _act(
        "Check the stock of these products: if the marketplaces share it, switch separate_stocks off."
    ),
    notes.SHARED_STOCK: _fine(
        "Mind that these units exist once: what one country sells, the others have no more."
    ),
    notes.UNEQUAL_STOCK: _fine(
        "Nothing to do if a sale has just changed it; if each country has a stock of its own, switch "
        "separate_stocks on."
    ),
    notes.POOLED_STOCK: _fine(
        "Nothing to do; if each country has FBA stock of its own, switch separate_stocks on."
    ),
    notes.SHOWN_POOL: _fine(
        "Mind that these units exist once: what one country sells, the others have no more."
    ),
    notes.SOLD_OUT: _fine(
        "Reorder it, if it should sell on: Amazon makes the listing active again once there is stock."
    ),
    notes.DISABLED: _fine(
        "If it should sell, list it again in Seller Central; it is enabled with the next sync."
    ),
    notes.SKU_ALMOST: _act(
        "Write the SKU the same way in Seller Central and in Optiply, so that they match."
    ),
    notes.NEW_ASSORTMENT: _fine(
        "Nothing to do if the assortment was replaced; the earlier products are disabled."
    ),
    notes.NEW_ASSORTMENT_ACCEPTED: _fine(
        "Take accept_new_assortment back; it is for the one run in which the assortment is replaced."
    ),
    notes.BROKEN_IDENTIFIERS: _act("Have the tap sync product_catalog again."),
    notes.NO_LISTINGS: _act(
        "Wait for the next sync, which asks Amazon again; if they stay away, have the tap's log looked "
        "at."
    ),
    notes.NOT_TAKEN: _fine(
        "Nothing to do for those without attempts; of the others, the target's log says why Optiply "
        "refuses them."
    ),
    notes.NO_WORD_OF_HOST: _act(
        "Ask who runs the target whether its host keeps snapshots, and set host_snapshots accordingly."
    ),
    notes.PRODUCT_GONE: _act(
        "Create the product in Optiply, or set recreate_missing; its orders go out with its new id."
    ),
    notes.PRODUCT_CREATED_ANEW: _fine("Nothing to do: its orders go out with its new id."),
    notes.REJECTED_ORDERS: _act(
        "Look the orders up in Seller Central, and enter them in Optiply by hand if they cannot wait."
    ),
    notes.HELD_BACK_ORDERS: _act(
        "Have the tap sync rejected_rows too, which names them; they go out once Amazon reports them "
        "anew."
    ),
    notes.NO_ORDERS: _fine("Nothing to do if nothing was sold since the last sync."),
}
# Outcomes and notes that name a column, a currency, a marketplace or what Optiply says, by how they
# begin or continue.
_MISSING_AT_ONCE = _act(
    "Wait for the next sync, which asks Amazon again; if Seller Central has no such listings any more, "
    "run once with the flag allow_mass_disable."
)
_PATTERNS = {
    _pattern(outcomes.EMPTY_LISTINGS): _MISSING_AT_ONCE,
    _pattern(outcomes.MOST_MISSING): _MISSING_AT_ONCE,
    _pattern(outcomes.LISTINGS_IN_PART): _act(
        "Wait for the next sync, which asks Amazon again; if they stay away, have the tap's log looked "
        "at, or take the marketplace out of the tap's setting marketplaces."
    ),
    _pattern(outcomes.REJECTED_LISTING): _act(
        "Fix the listing in Seller Central: a line break or a tab in its title or description breaks "
        "the row; the stream rejected_rows says what is wrong."
    ),
    _pattern(outcomes.REJECTED_UNKNOWN): _act(
        "Look the line up in the report (stream rejected_rows) and fix the listing in Seller Central: "
        "a line break or a tab in its title or description breaks the row."
    ),
    _pattern(outcomes.REJECTED_STOCK): _act(
        "Wait for the next sync; if it stays, fix the listing in Seller Central: a line break or a tab "
        "in its title breaks the row (stream rejected_rows)."
    ),
    _pattern(outcomes.REJECTED_STOCK_UNKNOWN): _act(
        "Look the line up in the report (stream rejected_rows) and fix the listing in Seller Central: "
        "a line break or a tab in its title breaks the row."
    ),
    _pattern(outcomes.UNREADABLE): _act(
        "Fix the value in Seller Central, or the file; the notes show it."
    ),
    _pattern(outcomes.NO_KEY_PART): _act("Have the tap sync the stream again."),
    _pattern(outcomes.REFUSED): _act(
        "Fix what Optiply says is wrong; the record is sent again with the next run."
    ),
    _pattern(notes.UNREADABLE): _act("Fix the value in Seller Central, or the file."),
    _pattern(notes.IN_CURRENCY): _fine(
        "Mind that Optiply adds these values to those in other currencies."
    ),
    _pattern(notes.OTHER_REMOTE_ID): _act(
        "Compare the two products in Optiply, and delete the one that is not wanted."
    ),
    _pattern(notes.ADOPTED): _fine(
        "Check that they are the same articles; their names, prices and stock now come from Amazon."
    ),
}
_UNKNOWN = _act("Look the records up in Seller Central; nothing more is known about this reason.")


def advice_for(outcome: str) -> Advice:
    """Return the advice for an outcome or a note."""
    advice = _ADVICE.get(outcome)
    if advice is None:
        fitting = (each for pattern, each in _PATTERNS.items() if pattern.fullmatch(outcome))
        advice = next(fitting, _UNKNOWN)
    return advice


def is_known(outcome: str) -> bool:
    """Return whether there is an advice of its own for an outcome or a note."""
    return advice_for(outcome) is not _UNKNOWN

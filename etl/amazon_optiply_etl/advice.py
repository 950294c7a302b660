"""What to do about each outcome and each note of a mapping report, in one sentence for a planner."""

from __future__ import annotations

from dataclasses import dataclass

from amazon_optiply_etl import notes, outcomes


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
        "Look up the ASINs of its lines here to see why they are no products; once they are, sync the "
        "date of the order again."
    ),
    outcomes.REPEATED_ORDER: _fine("Nothing to do: the order went out once already."),
    outcomes.NO_ORDER: _act(
        "Wait for the next sync; if it stays, have the tap sync orders of the same dates."
    ),
    outcomes.LINE_CANCELLED: _fine("Nothing to do: nothing was sold."),
    outcomes.NOTHING_SOLD: _fine("Nothing to do: nothing was sold, or nothing is left of it."),
    outcomes.UNKNOWN_PRODUCT: _act(
        "Look up its ASIN or SKU here to see why it is no product; where products come from another "
        "shop, create it there."
    ),
    outcomes.AMBIGUOUS_PRODUCT: _act(
        "Give this SKU or EAN to one product only in the shop that Optiply's products come from."
    ),
    outcomes.NO_KEY: _act(
        "Add the EAN to the article in Amazon's catalog, or match by skuCode (setting optiply_key)."
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
    notes.EAN_FROM_UPC: _fine("Nothing to do: both numbers name the same article."),
    notes.SHARED_EAN: _act(
        "Check in Amazon's catalog which ASIN the EAN belongs to; matching by EAN cannot tell them "
        "apart."
    ),
    notes.SEVERAL_SKUS: _act(
        "Check that skuCode is the SKU you order by; the ASIN is listed under several."
    ),
    notes.SHARED_SKU: _act(
        "Give each ASIN a SKU of its own in Seller Central; matching by SKU cannot tell them apart."
    ),
    notes.NO_PRICE: _fine("Add a price in Seller Central if Optiply shall know one."),
    notes.NAME_CUT: _fine("Nothing to do: Optiply takes names of at most 255 characters."),
    notes.NOT_IN_WAREHOUSE: _act(
        "Check its FBA stock in Seller Central; Amazon's stock report does not mention it."
    ),
    notes.CANCELLED_LATE: _act(
        "Delete the sell order in Optiply, where it still counts as a sale."
    ),
    notes.LINE_WITHOUT_PRICE: _fine(
        "Nothing to do for planning: the quantity counts, its value is 0."
    ),
    notes.UNRESOLVED: _act(
        "Run target-optiply with its host's snapshots, or add the Optiply ids to products.snapshot.csv."
    ),
    notes.NO_LISTINGS: _act(
        "Wait for the next sync, which asks Amazon again; if they stay away, have the tap's log looked "
        "at."
    ),
    notes.NO_ORDERS: _fine("Nothing to do if nothing was sold since the last sync."),
}
_UNKNOWN = _act("Look the records up in Seller Central; nothing more is known about this reason.")


def advice_for(outcome: str) -> Advice:
    """Return the advice for an outcome or a note."""
    return _ADVICE.get(outcome, _UNKNOWN)


def is_known(outcome: str) -> bool:
    """Tell whether there is an advice of its own for an outcome or a note."""
    return outcome in _ADVICE

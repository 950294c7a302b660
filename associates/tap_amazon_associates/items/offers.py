"""The offers of an item (`offersV2.listings`) and the one that its price is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_amazon_associates.items.money import money, number
from tap_amazon_associates.items.parts import flag, instant, member, objects, text, whole

if TYPE_CHECKING:
    from decimal import Decimal

    from tap_amazon_associates.marketplaces import Marketplace

Record = dict[str, Any]

LIST_PRICE = "LIST_PRICE"


def offers(item: Record, marketplace: Marketplace) -> list[Record]:
    """All offers, the one that Amazon puts first (the buy box) first."""
    found = [_offer(each, marketplace) for each in objects(member(item, "offersV2", "listings"))]
    return sorted(found, key=lambda each: each["is_buy_box_winner"] is not True)


def _offer(listing: Record, marketplace: Marketplace) -> Record:
    price = member(listing, "price")
    asked = money(member(price, "money"), marketplace.currency)
    currency = asked.currency if asked else marketplace.currency
    basis = member(price, "savingBasis")
    basis_type = text(member(basis, "savingBasisType"))
    before = _amount(member(basis, "money"), currency)
    per_unit = money(member(price, "pricePerUnit"), currency)
    return {
        "price": asked.amount if asked else None,
        "currency": asked.currency if asked else None,
        "price_text": text(member(price, "money", "displayAmount")),
        "list_price": before if basis_type in {None, LIST_PRICE} else None,
        "saving_basis": before,
        "saving_basis_type": basis_type,
        "savings": _amount(member(price, "savings", "money"), currency),
        "savings_percent": number(member(price, "savings", "percentage")),
        "price_per_unit": per_unit.amount if per_unit else None,
        "availability": text(member(listing, "availability", "message")),
        "availability_type": text(member(listing, "availability", "type")),
        "min_order_quantity": whole(member(listing, "availability", "minOrderQuantity")),
        "max_order_quantity": whole(member(listing, "availability", "maxOrderQuantity")),
        "condition": text(member(listing, "condition", "value")),
        "sub_condition": text(member(listing, "condition", "subCondition")),
        "condition_note": text(member(listing, "condition", "conditionNote")),
        "merchant_id": text(member(listing, "merchantInfo", "id")),
        "merchant_name": text(member(listing, "merchantInfo", "name")),
        "is_buy_box_winner": flag(member(listing, "isBuyBoxWinner")),
        "violates_map": flag(member(listing, "violatesMAP")),
        "loyalty_points": whole(member(listing, "loyaltyPoints", "points")),
        "offer_type": text(member(listing, "type")),
        "deal_badge": text(member(listing, "dealDetails", "badge")),
        "deal_access_type": text(member(listing, "dealDetails", "accessType")),
        "deal_start": instant(member(listing, "dealDetails", "startTime")),
        "deal_end": instant(member(listing, "dealDetails", "endTime")),
        "deal_percent_claimed": whole(member(listing, "dealDetails", "percentClaimed")),
    }


def _amount(value: Any, currency: str) -> Decimal | None:
    """An amount in the offer's currency; one in another currency stands beside no price."""
    found = money(value, currency)
    return found.amount if found and found.currency == currency else None

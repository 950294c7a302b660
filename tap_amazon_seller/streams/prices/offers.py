"""The offers in a record of `competitive_prices`, with amounts as decimals of their currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Json = Mapping[str, Any]

NEW = "New"


@dataclass(frozen=True, slots=True)
class Offer:
    """Somebody's offer of new condition.

    Attributes:
        seller_id: Whose; empty where Amazon does not say.
        landed: What a buyer pays: the listing price and the default shipping, before promotions.
        currency: ISO 4217.
        weight: The percentage of the product's views in which it is the featured offer; None where
            Amazon does not say, and of others.
    """

    seller_id: str
    landed: Decimal
    currency: str
    weight: Decimal | None = None


def featured_offers(record: Json) -> list[Offer]:
    """The offers that are featured to somebody, the most seen one first; without weights, the cheapest.

    There may be several, by region and membership (getCompetitiveSummary, `segmentedFeaturedOffers`).
    """
    found = [
        offer
        for option in record.get("featured_buying_options") or ()
        for each in option.get("segmentedFeaturedOffers") or ()
        if (offer := _offer(each, _weight(each))) is not None
    ]
    return sorted(found, key=lambda offer: (-(offer.weight or 0), offer.landed, offer.seller_id))


def offers(record: Json) -> Iterator[Offer]:
    """The lowest offers of new condition, as many as Amazon gives."""
    for group in record.get("lowest_priced_offers") or ():
        for each in group.get("offers") or ():
            if each.get("condition") == NEW and (offer := _offer(each)) is not None:
                yield offer


def lowest_offer(record: Json) -> Offer | None:
    """The lowest of them, with shipping; None where there is none."""
    return min(offers(record), key=lambda offer: (offer.landed, offer.seller_id), default=None)


def reference_prices(record: Json) -> dict[str, Decimal]:
    """Amazon's reference prices, by their names."""
    found = {}
    for each in record.get("reference_prices") or ():
        amount, _ = _money(each.get("price"))
        if amount is not None and each.get("name"):
            found[str(each["name"])] = amount
    return found


def _offer(each: Json, weight: Decimal | None = None) -> Offer | None:
    """An offer; None where it has no price."""
    price, currency = _money(each.get("listingPrice"))
    if price is None:
        return None
    shipping = next(
        (
            amount
            for option in each.get("shippingOptions") or ()
            if (amount := _money(option.get("price"))[0]) is not None
        ),
        Decimal(0),
    )
    return Offer(str(each.get("sellerId") or ""), price + shipping, currency, weight)


def _weight(each: Json) -> Decimal | None:
    """The sum of an offer's segments; None where it has none."""
    weights = [
        (segment.get("segmentDetails") or {}).get("glanceViewWeightPercentage")
        for segment in each.get("featuredOfferSegments") or ()
    ]
    known = [Decimal(str(weight)) for weight in weights if weight is not None]
    return sum(known, Decimal(0)) if known else None


def _money(value: Json | None) -> tuple[Decimal | None, str]:
    """An amount, to the digit that Amazon has written, and its currency."""
    amount = (value or {}).get("amount")
    found = None if amount is None else Decimal(str(amount))
    return found, str((value or {}).get("currencyCode") or "")

"""The offers of Product Pricing v0 in the form of getCompetitiveSummary, as far as they say the same.

v0 has no weights, no regions and no used offers beside new ones; what it does not know is absent here.
Names and forms are those of Amazon's model of v0, the words of `status` those of its predecessor
(Marketplace Web Service, GetLowestPricedOffersForSKU).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_amazon_seller.streams.kinds.conform import UnfitError
from tap_amazon_seller.streams.prices.offers import NEW

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Json = Mapping[str, Any]

ANSWERED = frozenset({"Success", "NoBuyableOffers"})
"""With any other status the offers are not known, such as ActiveButTooSoonForProcessing, which may
last (amzn/selling-partner-api-models#5358)."""
THRESHOLD = "CompetitivePriceThreshold"


def as_summary(payload: Json) -> dict[str, Any]:
    """What v0 says of an item, by the names of getCompetitiveSummary.

    Args:
        payload: That of getListingOffersBatch or getItemOffersBatch for new condition.

    Raises:
        UnfitError: The payload has another form.
    """
    status = payload.get("status")
    summary = _object(payload, "Summary")
    found = list(_objects(payload, "Offers"))
    threshold = _money(_object(summary, THRESHOLD))
    list_price = _money(_object(summary, "ListPrice"))
    others: dict[str, Any] = {
        "offers_status": status,
        "list_price": list_price.get("amount"),
        "referencePrices": [{"name": THRESHOLD, "price": threshold}] if threshold else [],
    }
    if status not in ANSWERED and not found:
        return others | {"referencePrices": others["referencePrices"] or None}
    offers = [_offer(each) for each in found]
    kind = {"itemCondition": NEW, "offerType": "Consumer"}
    featured = list(_featured(found, summary))
    return others | {
        "offer_count": summary.get("TotalOfferCount"),
        "featuredBuyingOptions": (
            [{"buyingOptionType": NEW, "segmentedFeaturedOffers": featured}] if featured else []
        ),
        "lowestPricedOffers": (
            [{"lowestPricedOffersInput": kind, "offers": offers}] if offers else []
        ),
    }


def _featured(offers: list[Json], summary: Json) -> Iterator[dict[str, Any]]:
    """The offers in the Buy Box: up to two, one for Prime; its bare price where none of them is listed.

    Amazon lists the 20 lowest offers, of which the featured one need not be one.
    """
    winners = [each for each in offers if each.get("IsBuyBoxWinner") is True]
    if winners:
        yield from map(_offer, winners)
        return
    for each in _objects(summary, "BuyBoxPrices"):
        is_new = str(each.get("condition")).lower() == NEW.lower()
        if is_new and not each.get("quantityTier") and each.get("offerType") != "B2B":
            yield _priced(each) | {"sellerId": each.get("sellerId")}


def _offer(each: Json) -> dict[str, Any]:
    """An offer by the names of getCompetitiveSummary."""
    prime = _object(each, "PrimeInformation")
    eligibility = "REGIONAL" if prime.get("IsPrime") else "NONE"
    return _priced(each) | {
        "sellerId": each.get("SellerId"),
        "subCondition": str(each.get("SubCondition") or "").capitalize() or None,
        "fulfillmentType": "AFN" if each.get("IsFulfilledByAmazon") else "MFN",
        "primeDetails": {
            "eligibility": "NATIONAL" if prime.get("IsNationalPrime") else eligibility
        },
    }


def _priced(each: Json) -> dict[str, Any]:
    shipping = _money(_object(each, "Shipping"))
    points = _object(each, "Points")
    found = {
        "condition": NEW,
        "listingPrice": _money(_object(each, "ListingPrice")),
        "shippingOptions": (
            [{"shippingOptionType": "DEFAULT", "price": shipping}] if shipping else []
        ),
    }
    if not points:
        return found
    value = _money(_object(points, "PointsMonetaryValue"))
    return found | {
        "points": {"pointsNumber": points.get("PointsNumber"), "pointsMonetaryValue": value}
    }


def _money(value: Json) -> dict[str, Any]:
    if value.get("Amount") is None:
        return {}
    return {"amount": value["Amount"], "currencyCode": value.get("CurrencyCode")}


def _object(holder: Json, name: str) -> Json:
    """A member that is an object; an empty one where it is absent.

    Raises:
        UnfitError: It is something else.
    """
    found = holder.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise UnfitError(f"{name} has another form")
    return found


def _objects(holder: Json, name: str) -> Iterator[Json]:
    """The objects of a list; none where it is absent.

    Raises:
        UnfitError: It is something else.
    """
    found = holder.get(name)
    if found is None:
        return
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise UnfitError(f"{name} has another form")
    yield from found

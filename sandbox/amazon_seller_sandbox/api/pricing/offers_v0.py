"""Product Pricing v0: the lowest offers of listings and of ASINs, in batches.

Names, limits and forms are those of Amazon's model. Of what public clients report: parameters within
`queryParams` are refused (abuzuhri/Amazon-SP-API-CSharp#937), a SKU that is not the seller's is
"an invalid SKU for marketplace" (amzn/selling-partner-api-docs#1551), and some items are
ActiveButTooSoonForProcessing for ever, four hours ahead of each call (selling-partner-api-models#5358).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from amazon_seller_sandbox.api.operation import Operation
from amazon_seller_sandbox.api.pricing import prices
from amazon_seller_sandbox.clock import http_date
from amazon_seller_sandbox.refusals import Refusal, invalid_input, unauthorized
from amazon_seller_sandbox.state.quotas import Rate
from amazon_seller_sandbox.world import competition
from amazon_seller_sandbox.world.accounts import ROLE_PRICING
from amazon_seller_sandbox.world.competition import NEW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from amazon_seller_sandbox.api.operation import Call, Json
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.competition import CompetingOffer
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World

    Entry = dict[str, Any]

_LISTING = re.compile(r"/products/pricing/v0/listings/([^/]+)/offers")
_ITEM = re.compile(r"/products/pricing/v0/items/([^/]+)/offers")
_ASIN = re.compile(r"B[0-9A-Z]{9}|[0-9]{9}[0-9X]")
_MOST = 20
_OK = 200
_SERVER_ERROR = 500
_CONDITIONS = frozenset({"New", "Used", "Collectible", "Refurbished", "Club"})
_LISTED_EVERY = 3
"""The manufacturers of one product in so many suggest a price."""
_TOO_SOON_EVERY = 23
_SOON = 4 * 3_600.0
SUCCESS, NOTHING, TOO_SOON = "Success", "NoBuyableOffers", "ActiveButTooSoonForProcessing"


async def _listing_offers(call: Call) -> Json:
    return _answered(call, _LISTING, "SellerSKU", _of_listing)


async def _item_offers(call: Call) -> Json:
    return _answered(call, _ITEM, "Asin", _of_item)


def _answered(
    call: Call,
    uri: re.Pattern[str],
    name: str,
    payload_of: Callable[[Call, Marketplace, str, str], Entry],
) -> Json:
    """Return an entry for each request, in no order, which says what it is about."""
    requests = call.body.get("requests")
    if not isinstance(requests, list) or not 1 <= len(requests) <= _MOST:
        raise invalid_input(f"requests must have between 1 and {_MOST} entries.")
    entries = []
    for number, each in enumerate(requests):
        found = uri.fullmatch(str(each.get("uri"))) if isinstance(each, dict) else None
        if found is None or each.get("method") != "GET":
            raise invalid_input("Each request must have the uri and the method of its operation.")
        market, condition = _market(call, each), str(each.get("ItemCondition"))
        if condition not in _CONDITIONS:
            raise invalid_input("ItemCondition is missing or not supported.")
        id_ = unquote(found[1])
        echo = {"MarketplaceId": market.id, "ItemCondition": condition, name: id_}
        entry = _entry(call, number, lambda: payload_of(call, market, id_, condition))  # noqa: B023
        entries.append(entry | {"request": echo})
    return {"responses": entries[::-1]}


def _market(call: Call, request: Mapping[str, Any]) -> Marketplace:
    """Return the marketplace of a request.

    Raises:
        Refusal: It has none at its top, or one in which the account does not sell.
    """
    if "MarketplaceId" not in request:
        raise invalid_input("Requested MarketplaceId is invalid, unsupported, or does not exist.")
    found = call.grant.account.marketplace(str(request["MarketplaceId"]))
    if found is None:
        raise unauthorized()
    return found


def _entry(call: Call, number: int, payload: Callable[[], Entry]) -> Entry:
    """Return an entry: the payload, or why there is none; or as a fault has it."""
    headers = {"Date": http_date(call.sandbox.world.clock.now())}
    status, body = _OK, {}
    if call.effect == "refused_entry" and number == 0:
        status, body = 400, _errors("InvalidInput", "Invalid Input")
    elif call.effect == "failed_entry" and number == 0:
        status, body = (
            _SERVER_ERROR,
            _errors("InternalFailure", "We encountered an internal error."),
        )
    else:
        try:
            body = {"payload": payload()}
        except Refusal as refusal:
            status, body = refusal.status, _errors(refusal.code, refusal.message)
    if call.effect == "new_member" and "payload" in body:
        body["payload"]["priceHealth"] = "GOOD"
    phrase = {_OK: "OK", _SERVER_ERROR: "Internal Server Error"}.get(status, "Bad Request")
    return {
        "headers": headers,
        "status": {"statusCode": status, "reasonPhrase": phrase},
        "body": body,
    }


def _errors(code: str, message: str) -> Entry:
    return {"errors": [{"code": code, "message": message}]}


def _of_listing(call: Call, market: Marketplace, sku: str, condition: str) -> Entry:
    world = call.sandbox.world
    business, as_of = world.businesses[call.grant.account.key], int(world.data_time.now())
    listing = next(
        (
            each
            for each in business.listings.in_marketplace(market, as_of)
            if each.sku == sku and not each.incomplete
        ),
        None,
    )
    if listing is None:
        raise Refusal(400, "InvalidInput", f"{sku} is an invalid SKU for marketplace {market.id}")
    found = payload(world, business, market, listing.asin, condition)
    identifier = {"MarketplaceId": market.id, "ItemCondition": condition, "SellerSKU": sku}
    return found | {"SKU": sku, "Identifier": identifier}


def _of_item(call: Call, market: Marketplace, asin: str, condition: str) -> Entry:
    if not _ASIN.fullmatch(asin):
        message = f"{asin} is an invalid ASIN for marketplace {market.id}"
        raise Refusal(400, "InvalidInput", message)
    world = call.sandbox.world
    business = world.businesses[call.grant.account.key]
    found = payload(world, business, market, asin, condition)
    identifier = {"MarketplaceId": market.id, "ItemCondition": condition, "ASIN": asin}
    return found | {"ASIN": asin, "Identifier": identifier}


def payload(
    world: World, business: Business, market: Marketplace, asin: str, condition: str
) -> Entry:
    """Return what v0 knows of the offers of an ASIN, without what identifies it."""
    every = competition.offers(world, business, market, asin)
    fit = sorted(
        (each for each in every if each.condition == condition), key=lambda each: each.landed
    )
    found: Entry = {"marketplaceId": market.id, "ItemCondition": condition, "Offers": []}
    if is_too_soon(asin):
        then = competition.iso(world.clock.now() + _SOON).replace("+00:00", "Z")
        summary: Entry = {"TotalOfferCount": 0, "OffersAvailableTime": then}
        return found | {"status": TOO_SOON, "Summary": summary}
    if not fit:
        return found | {"status": NOTHING, "Summary": {"TotalOfferCount": 0}}
    winners = competition.in_buy_box(every) if condition == NEW else []
    listed = [_offer(business, market, each, winners) for each in fit[:_MOST]]
    return found | {
        "status": SUCCESS,
        "Summary": _summary(market, every, winners),
        "Offers": listed,
    }


def is_too_soon(asin: str) -> bool:
    """Say whether Amazon has no offers of an ASIN, whenever it is requested."""
    return sum(asin.encode()) % _TOO_SOON_EVERY == 0


def _summary(
    market: Marketplace, every: list[CompetingOffer], winners: list[CompetingOffer]
) -> Entry:
    found: Entry = {"TotalOfferCount": len(every), "NumberOfOffers": [], "LowestPrices": []}
    kinds = sorted({(each.condition, each.by_amazon) for each in every})
    for condition, by_amazon in kinds:
        alike = [
            each for each in every if (each.condition, each.by_amazon) == (condition, by_amazon)
        ]
        kind = {
            "condition": condition.lower(),
            "fulfillmentChannel": "Amazon" if by_amazon else "Merchant",
        }
        lowest = min(alike, key=lambda each: each.landed)
        found["NumberOfOffers"].append(kind | {"OfferCount": len(alike)})
        found["LowestPrices"].append(kind | _prices(market, lowest))
    if winners:
        found["BuyBoxPrices"] = [{"condition": "new"} | _prices(market, winners[0])]
    new = [each.price for each in every if each.condition == NEW]
    if new and market.country == "JP":
        found["CompetitivePriceThreshold"] = _money(market, min(new))
    if new and (price := _list_price(every)):
        found["ListPrice"] = _money(market, price)
    return found


def _list_price(every: list[CompetingOffer]) -> int | None:
    """Return what the manufacturer suggests, where it suggests anything."""
    new = [each.price for each in every if each.condition == NEW]
    return max(new) * 6 // 5 if sum(new) % _LISTED_EVERY else None


def _prices(market: Marketplace, offer: CompetingOffer) -> Entry:
    return {
        "LandedPrice": _money(market, offer.landed),
        "ListingPrice": _money(market, offer.price),
        "Shipping": _money(market, offer.shipping),
    }


def _offer(
    business: Business, market: Marketplace, offer: CompetingOffer, winners: list[CompetingOffer]
) -> Entry:
    found: Entry = {
        "SellerId": offer.seller_id,
        "SubCondition": "new" if offer.condition == NEW else "very_good",
        "MyOffer": offer.seller_id == business.account.seller_id,
        "ListingPrice": _money(market, offer.price),
        "Shipping": _money(market, offer.shipping),
        "ShippingTime": {"minimumHours": 0, "maximumHours": 24, "availabilityType": "NOW"},
        "ShipsFrom": {"Country": market.country},
        "SellerFeedbackRating": {"FeedbackCount": 0, "SellerPositiveFeedbackRating": 0.0},
        "PrimeInformation": {"IsPrime": offer.by_amazon, "IsNationalPrime": offer.by_amazon},
        "IsFulfilledByAmazon": offer.by_amazon,
        "IsFeaturedMerchant": True,
        "IsBuyBoxWinner": any(each is offer for each in winners),
    }
    if market.country == "JP":
        points = max(1, offer.price // 100)
        value = _money(market, points)
        found["Points"] = {"PointsNumber": points, "PointsMonetaryValue": value}
    return found


def _money(market: Marketplace, minor: int) -> Entry:
    return {"CurrencyCode": market.currency, "Amount": market.amount(minor)}


# What a perfect sync delivers


def _true_offers(world: World, business: Business, as_of: int, _since: float) -> Iterator[Record]:
    """Yield the records of `competitive_prices` as v0 knows them, in the form of 2022-05-01."""
    for market in business.account.marketplaces:
        skus: dict[str, list[str]] = {}
        for listing in business.listings.in_marketplace(market, as_of):
            if not listing.incomplete:
                skus.setdefault(listing.asin, []).append(listing.sku)
        for asin, own in skus.items():
            known = {
                "marketplace_id": market.id,
                "asin": asin,
                "seller_skus": sorted(own),
                "source_operation": "getListingOffersBatch",
            }
            if is_too_soon(asin):
                yield known | {"offers_status": TOO_SOON}
            else:
                every = competition.offers(world, business, market, asin)
                yield known | _true_of(market, every)


def _true_of(market: Marketplace, every: list[CompetingOffer]) -> Record:
    new = sorted(
        (each for each in every if each.condition == NEW),
        key=lambda each: (each.landed, each.seller_id),
    )
    if not new:
        empty: dict[str, list[Entry]] = {
            "featured_buying_options": [],
            "lowest_priced_offers": [],
            "reference_prices": [],
        }
        return empty | {"offers_status": NOTHING, "offer_count": 0, "featured_offer_count": 0}
    shown = sorted(competition.in_buy_box(every), key=lambda each: (each.landed, each.seller_id))
    threshold = min(each.price for each in new) if market.country == "JP" else None
    reference = {
        "name": "CompetitivePriceThreshold",
        "price": competition.money(market, threshold or 0),
    }
    listed = _list_price(every)
    kind = {"itemCondition": NEW, "offerType": "Consumer"}
    by_price = sorted(
        (each for each in every if each.condition == NEW), key=lambda each: each.landed
    )
    return {
        "featured_buying_options": [
            {"buyingOptionType": NEW, "segmentedFeaturedOffers": _shown(market, every, by_price)}
        ],
        "lowest_priced_offers": [
            {
                "lowestPricedOffersInput": kind,
                "offers": [_without_promotions(market, each) for each in by_price],
            }
        ],
        "offers_status": SUCCESS,
        "offer_count": len(every),
        "currency": market.currency,
        "featured_offer_count": len(shown),
        "featured_offer_seller_id": shown[0].seller_id,
        "featured_offer_price": market.amount(shown[0].landed),
        "lowest_offer_seller_id": new[0].seller_id,
        "lowest_offer_price": market.amount(new[0].landed),
        "list_price": None if listed is None else market.amount(listed),
        "competitive_price_threshold": None if threshold is None else market.amount(threshold),
        "reference_prices": [] if threshold is None else [reference],
    }


def _shown(
    market: Marketplace, every: list[CompetingOffer], by_price: list[CompetingOffer]
) -> list[Entry]:
    winners = competition.in_buy_box(every)
    return [
        _without_promotions(market, each)
        for each in by_price
        if any(each is winner for winner in winners)
    ]


def _without_promotions(market: Marketplace, offer: CompetingOffer) -> Entry:
    """Return an offer as 2022-05-01 shows it, as far as v0 knows it."""
    found = prices.shown_offer(market, offer)
    found.pop("promotions", None)
    return found


OPERATIONS = (
    Operation(
        "getListingOffersBatch",
        "POST",
        "/batches/products/pricing/v0/listingOffers",
        Rate(0.5, 1),
        200,
        _listing_offers,
        role=ROLE_PRICING,
    ),
    Operation(
        "getItemOffersBatch",
        "POST",
        "/batches/products/pricing/v0/itemOffers",
        Rate(0.1, 1),
        200,
        _item_offers,
        role=ROLE_PRICING,
    ),
)
TRUTH: dict[str, Truth] = {"competitive_prices.listing_offers": _true_offers}
"""What a perfect sync delivers where the setting of a stream names another source."""

"""Product Pricing 2022-05-01 and Product Fees v0: batches whose entries have a status of their own.

Names, limits and refusals are those of Amazon's models and of their examples, which refuse a batch as a
whole where nothing in it is right. A fee that cannot be estimated is a ClientError in Amazon's words
(amzn/selling-partner-api-models#2732).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.api.operation import Operation
from amazon_seller_sandbox.refusals import Refusal, invalid_input, unauthorized
from amazon_seller_sandbox.state.quotas import Rate
from amazon_seller_sandbox.world import competition
from amazon_seller_sandbox.world.accounts import ROLE_PRICING
from amazon_seller_sandbox.world.competition import NEW, USED
from amazon_seller_sandbox.world.listings import ASIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from amazon_seller_sandbox.api.operation import Call, Json
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.competition import CompetingOffer
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World

    Entry = dict[str, Any]

_SUMMARY = "/products/pricing/2022-05-01/items/competitiveSummary"
_EXPECTED = "/products/pricing/2022-05-01/offer/featuredOfferExpectedPrice"
_MOST = {_SUMMARY: 20, _EXPECTED: 40}
_MOST_FEES = 20
_DATA = frozenset(
    {"featuredBuyingOptions", "referencePrices", "lowestPricedOffers", "similarItems"}
)
_MOST_OFFERS = 20
_OK = 200
_NOT_ELIGIBLE_EVERY = 19
_ODD_WORD_EVERY = 2
_SIMILAR_EVERY = 4


async def _competitive_summary(call: Call) -> Json:
    return _answered(call, _SUMMARY, _summary_of)


async def _expected_prices(call: Call) -> Json:
    return _answered(call, _EXPECTED, _expected_of)


def _answered(call: Call, uri: str, entry_of: Callable[[Call, Mapping[str, Any]], Entry]) -> Json:
    """Return an entry for each request, in no order; a batch without a right one is refused."""
    requests = call.body.get("requests")
    if not isinstance(requests, list) or not 1 <= len(requests) <= _MOST[uri]:
        raise invalid_input(f"requests must have between 1 and {_MOST[uri]} entries.")
    for each in requests:
        if not isinstance(each, dict) or each.get("uri") != uri or each.get("method") != "GET":
            raise invalid_input("Each request must have the uri and the method of its operation.")
    entries = [_struck(call, number, entry_of(call, each)) for number, each in enumerate(requests)]
    if all(each["status"]["statusCode"] != _OK for each in entries) and call.effect is None:
        [first, *_] = (each["body"]["errors"][0] for each in entries)
        raise Refusal(400, first["code"], first["message"])
    return {"responses": entries[::-1]}


def _struck(call: Call, number: int, entry: Entry) -> Entry:
    """Return an entry as a fault has it: refused, failed, or with a member that is new."""
    if call.effect == "refused_entry" and number == 0:
        return _refused(entry, 400, "INVALID_INPUT", "The request is invalid.")
    if call.effect == "failed_entry" and number == 0:
        return _refused(entry, 500, "INTERNAL_ERROR", "An internal error occurred.")
    if call.effect == "new_member":
        return entry | {"body": entry["body"] | {"priceHealth": "GOOD"}}
    return entry


def _refused(entry: Entry, status: int, code: str, message: str) -> Entry:
    kept = {
        name: entry["body"][name] for name in ("asin", "marketplaceId") if name in entry["body"]
    }
    body = kept | {"errors": [{"code": code, "message": message}]}
    phrase = "Client Error" if status < 500 else "Server Error"  # noqa: PLR2004 - of HTTP
    return entry | {"status": {"statusCode": status, "reasonPhrase": phrase}, "body": body}


def _market(call: Call, marketplace_id: object) -> Marketplace:
    market = call.grant.account.marketplace(str(marketplace_id))
    if market is None:
        raise unauthorized()
    return market


# Competitive summaries


def _summary_of(call: Call, request: Mapping[str, Any]) -> Entry:
    asin, market = str(request.get("asin")), _market(call, request.get("marketplaceId"))
    wanted = request.get("includedData")
    if not isinstance(wanted, list) or not wanted or set(wanted) - _DATA:
        raise invalid_input("includedData has a value that is not supported.")
    if not ASIN.fullmatch(asin):
        body: Entry = {"asin": asin, "marketplaceId": market.id}
        entry: Entry = {"status": {}, "body": body}
        return _refused(entry, 400, "INVALID_ASIN", f"{asin} is not a valid ASIN")
    business = call.sandbox.world.businesses[call.grant.account.key]
    inputs = request.get("lowestPricedOffersInputs") or []
    conditions = [str(each.get("itemCondition")) for each in inputs]
    body = summary(call.sandbox.world, business, market, asin, conditions)
    kept = {
        name: value for name, value in body.items() if name in {"asin", "marketplaceId", *wanted}
    }
    return {"status": {"statusCode": _OK, "reasonPhrase": "Success"}, "body": kept}


def summary(
    world: World, business: Business, market: Marketplace, asin: str, conditions: list[str]
) -> Entry:
    """Return what getCompetitiveSummary knows of an ASIN.

    What has no featured offer has an empty list (jlevers/selling-partner-api#734).
    """
    every = competition.offers(world, business, market, asin)
    shared = competition.featured(market, every, competition.draw_of(world, market, asin))
    found: Entry = {"asin": asin, "marketplaceId": market.id, "featuredBuyingOptions": []}
    if shared:
        listed = [
            shown_offer(market, offer) | {"featuredOfferSegments": segments}
            for offer, segments in shared
        ]
        found["featuredBuyingOptions"] = [
            {"buyingOptionType": NEW, "segmentedFeaturedOffers": listed}
        ]
    lowest = []
    for condition in conditions:
        fit = sorted(
            (each for each in every if each.condition == condition), key=lambda each: each.landed
        )
        if fit:
            kind = {"itemCondition": condition, "offerType": "Consumer"}
            offers = [shown_offer(market, each) for each in fit[:_MOST_OFFERS]]
            lowest.append({"lowestPricedOffersInput": kind, "offers": offers})
    found["lowestPricedOffers"] = lowest
    found["referencePrices"] = _reference_prices(market, every)
    similar = business.listings.asins[len(every) :: 40][:3]
    draw = competition.draw_of(world, market, asin)
    found["similarItems"] = (
        [{"items": [{"asin": each} for each in similar]}] if draw % _SIMILAR_EVERY else []
    )
    return found


def shown_offer(market: Marketplace, offer: CompetingOffer) -> Entry:
    """Return an offer as Product Pricing 2022-05-01 shows it."""
    found: Entry = {
        "sellerId": offer.seller_id,
        "condition": offer.condition,
        "subCondition": "New" if offer.condition == NEW else "VeryGood",
        "fulfillmentType": competition.AFN if offer.by_amazon else competition.MFN,
        "listingPrice": competition.money(market, offer.price),
        "shippingOptions": [
            {
                "shippingOptionType": "DEFAULT",
                "price": competition.money(market, offer.shipping),
            }
        ],
        "primeDetails": {"eligibility": "NATIONAL" if offer.by_amazon else "NONE"},
    }
    if market.country == "JP":
        points = max(1, offer.price // 100)
        value = competition.money(market, points)
        found["points"] = {"pointsNumber": points, "pointsMonetaryValue": value}
    if offer.price % 11 == 0:
        discount = {"type": "PERCENTAGE_OFF", "percentOff": 10}
        reduced = competition.money(market, offer.price * 9 // 10)
        savings = {"discount": discount, "discountedPrice": reduced}
        found["promotions"] = [{"promotionType": "COUPON", "promotionSavings": savings}]
    return found


def _reference_prices(market: Marketplace, every: list[CompetingOffer]) -> list[Entry]:
    """Return reference prices: the threshold in Japan alone, the competitive price elsewhere."""
    new = [each.price for each in every if each.condition == NEW]
    if not new:
        return []
    name = "CompetitivePriceThreshold" if market.country == "JP" else "CompetitivePrice"
    return [
        {"name": name, "price": competition.money(market, min(new))},
        {"name": "WasPrice", "price": competition.money(market, max(new) * 11 // 10)},
    ]


# Featured offer expected prices


def _expected_of(call: Call, request: Mapping[str, Any]) -> Entry:
    sku, market = str(request.get("sku")), _market(call, request.get("marketplaceId"))
    world = call.sandbox.world
    business = world.businesses[call.grant.account.key]
    entry: Entry = {
        "headers": {},
        "status": {"statusCode": _OK, "reasonPhrase": "Success"},
        "request": {"marketplaceId": market.id, "sku": sku},
        "body": {},
    }
    listing = _listing(business, market, sku, world.data_time.now())
    if listing is None:
        message = "The requested SKU does not exist for the seller in the requested Amazon store."
        return _refused(entry, 400, "INVALID_SKU", message)
    return entry | {"body": expected(world, business, market, listing)}


def expected(world: World, business: Business, market: Marketplace, listing: Listing) -> Entry:
    """Return what getFeaturedOfferExpectedPriceBatch knows of a SKU.

    The word for a SKU without competitors has an S in the model's example, and none in its text.
    """
    every = competition.offers(world, business, market, listing.asin)
    own = next((each for each in every if each.sku == listing.sku), None)
    others = sorted(
        (each for each in every if each.condition == NEW and not each.sku),
        key=lambda each: each.landed,
    )
    shown = competition.most_seen(market, every, competition.draw_of(world, market, listing.asin))
    result: Entry
    if own is None:
        result = {"resultStatus": "OFFER_NOT_FOUND"}
    elif listing.index % _NOT_ELIGIBLE_EVERY == 0:
        result = {"resultStatus": "ASIN_NOT_ELIGIBLE"}
    elif not others:
        odd = listing.index % _ODD_WORD_EVERY == 0
        result = {"resultStatus": "NO_COMPETING_OFFERS" if odd else "NO_COMPETING_OFFER"}
    else:
        price = max(1, others[0].landed - own.shipping)
        result = {
            "resultStatus": "VALID_FOEP",
            "featuredOfferExpectedPrice": {"listingPrice": competition.money(market, price)},
            "competingFeaturedOffer": _featured_offer(market, listing, others[0]),
        }
    if own is not None and shown is not None:
        result["currentFeaturedOffer"] = _featured_offer(market, listing, shown)
    return {
        "offerIdentifier": {
            "asin": listing.asin,
            "sku": listing.sku,
            "marketplaceId": market.id,
            "fulfillmentType": competition.AFN if listing.fba else competition.MFN,
            "sellerId": business.account.seller_id,
        },
        "featuredOfferExpectedPriceResults": [result],
    }


def _featured_offer(market: Marketplace, listing: Listing, offer: CompetingOffer) -> Entry:
    return {
        "offerIdentifier": {
            "asin": listing.asin,
            "marketplaceId": market.id,
            "fulfillmentType": competition.AFN if offer.by_amazon else competition.MFN,
            "sellerId": offer.seller_id,
        },
        "condition": offer.condition,
        "price": {
            "listingPrice": competition.money(market, offer.price),
            "shippingPrice": competition.money(market, offer.shipping),
        },
    }


def _listing(business: Business, market: Marketplace, sku: str, as_of: float) -> Listing | None:
    found = (
        each
        for each in business.listings.all
        if each.sku == sku and each.listed_at(int(as_of)) and market.id in each.titles
    )
    return next((each for each in found if not each.incomplete), None)


# Fees


async def _fees_estimates(call: Call) -> Any:  # noqa: ANN401 - a list, as no other operation's answer
    requests: Any = call.body
    if not isinstance(requests, list) or not 1 <= len(requests) <= _MOST_FEES:
        raise invalid_input(f"The request must have between 1 and {_MOST_FEES} entries.")
    entries = [_fees_of(call, number, each) for number, each in enumerate(requests)]
    return entries[::-1]


def _fees_of(call: Call, number: int, request: Mapping[str, Any]) -> Entry:
    asked = request.get("FeesEstimateRequest") or {}
    market = call.grant.account.marketplace(str(asked.get("MarketplaceId")))
    price = (asked.get("PriceToEstimateFees") or {}).get("ListingPrice") or {}
    if market is None:
        raise invalid_input("Incorrect Marketplace identifier.")
    if not asked.get("Identifier") or not isinstance(price.get("Amount"), int | float):
        raise invalid_input("Identifier and PriceToEstimateFees are required.")
    world = call.sandbox.world
    business = world.businesses[call.grant.account.key]
    by_amazon = bool(asked.get("IsAmazonFulfilled"))
    identifier = {
        "MarketplaceId": market.id,
        "IdType": request.get("IdType"),
        "SellerId": business.account.seller_id,
        "SellerInputIdentifier": asked["Identifier"],
        "IsAmazonFulfilled": by_amazon,
        "IdValue": request.get("IdValue"),
        "PriceToEstimateFees": {"ListingPrice": price},
    }
    sku = str(request.get("IdValue"))
    is_known = request.get("IdType") == "ASIN" or _listing(
        business, market, sku, world.data_time.now()
    )
    struck = call.effect if number == 0 else None
    if not is_known or price.get("CurrencyCode") != market.currency or struck == "refused_entry":
        error = {
            "Type": "Sender",
            "Code": "InvalidParameterValue",
            "Message": "There is an client-side error. Please verify your inputs.",
            "Detail": [],
        }
        return {"Status": "ClientError", "FeesEstimateIdentifier": identifier, "Error": error}
    if struck == "failed_entry":
        error = {"Type": "Receiver", "Code": "InternalError", "Message": "Try again.", "Detail": []}
        return {"Status": "ServiceError", "FeesEstimateIdentifier": identifier, "Error": error}
    minor = round(price["Amount"] * market.minor_units)
    estimate = {
        "TimeOfFeesEstimation": competition.estimated_at(world.data_time.now()),
        **competition.fees(market, minor, by_amazon=by_amazon),
        **({"FeeNote": "x"} if call.effect == "new_member" else {}),
    }
    return {
        "Status": "Success",
        "FeesEstimateIdentifier": identifier,
        "FeesEstimate": estimate,
        "Error": {"Type": "", "Code": "", "Message": "", "Detail": []},
    }


# What a perfect sync delivers


def _listed(business: Business, as_of: int) -> Iterator[tuple[Marketplace, Listing]]:
    for market in business.account.marketplaces:
        for listing in business.listings.in_marketplace(market, as_of):
            if not listing.incomplete:
                yield market, listing


def _true_competitive(
    world: World, business: Business, as_of: int, _since: float
) -> Iterator[Record]:
    skus: dict[tuple[str, str], list[str]] = {}
    markets = {each.id: each for each in business.account.marketplaces}
    for market, listing in _listed(business, as_of):
        skus.setdefault((market.id, listing.asin), []).append(listing.sku)
    for (market_id, asin), own in skus.items():
        market = markets[market_id]
        found = summary(world, business, market, asin, [NEW, USED])
        every = competition.offers(world, business, market, asin)
        draw = competition.draw_of(world, market, asin)
        most = competition.most_seen(market, every, draw)
        new = [each for each in every if each.condition == NEW]
        lowest = min(new, key=lambda each: (each.landed, each.seller_id), default=None)
        references = {each["name"]: each["price"]["amount"] for each in found["referencePrices"]}
        shared = competition.featured(market, every, draw)
        yield {
            "marketplace_id": market.id,
            "asin": asin,
            "seller_skus": sorted(own),
            "source_operation": "getCompetitiveSummary",
            "currency": market.currency if new else None,
            "featured_offer_count": len(shared),
            "featured_offer_seller_id": most.seller_id if most else None,
            "featured_offer_price": market.amount(most.landed) if most else None,
            "featured_offer_weight": next(
                (
                    sum(each["segmentDetails"]["glanceViewWeightPercentage"] for each in segments)
                    for offer, segments in shared
                    if offer is most
                ),
                None,
            ),
            "lowest_offer_seller_id": lowest.seller_id if lowest else None,
            "lowest_offer_price": market.amount(lowest.landed) if lowest else None,
            "competitive_price": references.get("CompetitivePrice"),
            "was_price": references.get("WasPrice"),
            "competitive_price_threshold": references.get("CompetitivePriceThreshold"),
            "featured_buying_options": found["featuredBuyingOptions"],
            "lowest_priced_offers": found["lowestPricedOffers"],
            "reference_prices": found["referencePrices"],
            "similar_items": found["similarItems"],
        }


def _true_expected(world: World, business: Business, as_of: int, _since: float) -> Iterator[Record]:
    for market, listing in _listed(business, as_of):
        found = expected(world, business, market, listing)
        results = found["featuredOfferExpectedPriceResults"]
        price = results[0].get("featuredOfferExpectedPrice", {}).get("listingPrice", {})
        yield {
            "marketplace_id": market.id,
            "sku": listing.sku,
            "asin": listing.asin,
            "fulfillment_type": found["offerIdentifier"]["fulfillmentType"],
            "result_status": results[0]["resultStatus"],
            "expected_price": price.get("amount"),
            "currency": price.get("currencyCode"),
            "competing_featured_offer": results[0].get("competingFeaturedOffer"),
            "current_featured_offer": results[0].get("currentFeaturedOffer"),
            "featured_offer_expected_price_results": results,
        }


def _true_fees(world: World, business: Business, as_of: int, _since: float) -> Iterator[Record]:
    for market, listing in _listed(business, as_of):
        price = business.listings.offer(listing, market, as_of).price
        found = competition.fees(market, price, by_amazon=listing.fba)
        details = found["FeeDetailList"]
        final = {each["FeeType"]: each["FinalFee"]["Amount"] for each in details}
        instant = world.data_time.now()
        yield {
            "marketplace_id": market.id,
            "sku": listing.sku,
            "asin": listing.asin,
            "is_amazon_fulfilled": listing.fba,
            "listing_price": market.amount(price),
            "currency": market.currency,
            "total_fees": found["TotalFeesEstimate"]["Amount"],
            "referral_fee": final.get("ReferralFee"),
            "fba_fees": final.get("FBAFees"),
            "fee_detail_list": details,
            "time_of_fees_estimation": competition.iso(instant),
        }


OPERATIONS = (
    Operation(
        "getCompetitiveSummary",
        "POST",
        f"/batches{_SUMMARY}",
        Rate(0.033, 1),
        200,
        _competitive_summary,
        role=ROLE_PRICING,
    ),
    Operation(
        "getFeaturedOfferExpectedPriceBatch",
        "POST",
        f"/batches{_EXPECTED}",
        Rate(0.033, 1),
        200,
        _expected_prices,
        role=ROLE_PRICING,
    ),
    Operation(
        "getMyFeesEstimates",
        "POST",
        "/products/fees/v0/feesEstimate",
        Rate(0.5, 1),
        200,
        _fees_estimates,
        role=ROLE_PRICING,
        takes=list,
    ),
)
TRUTH: dict[str, Truth] = {
    "competitive_prices": _true_competitive,
    "featured_offer_prices": _true_expected,
    "fee_estimates": _true_fees,
}

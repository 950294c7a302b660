"""Offers of Product Pricing v0 become the form of getCompetitiveSummary, as far as they say the same."""

from __future__ import annotations

from typing import Any

import pytest

from tap_amazon_seller.streams.kinds.conform import UnfitError
from tap_amazon_seller.streams.prices.match_competitor import Basis, match_competitor
from tap_amazon_seller.streams.prices.offers_v0 import as_summary


def money(amount: float) -> dict[str, Any]:
    return {"CurrencyCode": "USD", "Amount": amount}


OFFER = {
    "SellerId": "A2OTHER",
    "SubCondition": "new",
    "ListingPrice": money(21),
    "Shipping": money(4.99),
    "PrimeInformation": {"IsPrime": True, "IsNationalPrime": False},
    "IsFulfilledByAmazon": True,
    "IsBuyBoxWinner": True,
}
BUY_BOX = {"condition": "new", "ListingPrice": money(21), "Shipping": money(4.99)}


def payload(*offers: dict[str, Any], status: str = "Success", **summary: Any) -> dict[str, Any]:
    found = {"TotalOfferCount": len(offers), **summary}
    return {"status": status, "Summary": found, "Offers": list(offers)}


def test_an_offer_has_the_names_of_the_newer_version() -> None:
    found = as_summary(payload(OFFER, ListPrice=money(26)))

    [option] = found["featuredBuyingOptions"]
    [lowest] = found["lowestPricedOffers"]
    assert option["segmentedFeaturedOffers"] == lowest["offers"]
    assert lowest["offers"] == [
        {
            "sellerId": "A2OTHER",
            "condition": "New",
            "subCondition": "New",
            "fulfillmentType": "AFN",
            "listingPrice": {"amount": 21, "currencyCode": "USD"},
            "shippingOptions": [
                {
                    "shippingOptionType": "DEFAULT",
                    "price": {"amount": 4.99, "currencyCode": "USD"},
                }
            ],
            "primeDetails": {"eligibility": "REGIONAL"},
        }
    ]
    assert (found["list_price"], found["offer_count"]) == (26, 1)


def test_a_featured_offer_that_is_not_among_the_lowest_has_a_price_and_no_seller() -> None:
    others = {**OFFER, "IsBuyBoxWinner": False}
    business = {**BUY_BOX, "offerType": "B2B", "ListingPrice": money(1)}
    used = {**BUY_BOX, "condition": "used", "ListingPrice": money(2)}

    found = as_summary(payload(others, BuyBoxPrices=[business, used, BUY_BOX]))

    [option] = found["featuredBuyingOptions"]
    [featured] = option["segmentedFeaturedOffers"]
    assert (featured["sellerId"], featured["listingPrice"]["amount"]) == (None, 21)


def test_no_price_is_proposed_against_a_seller_who_is_not_known() -> None:
    found = as_summary(payload({**OFFER, "IsBuyBoxWinner": False}, BuyBoxPrices=[BUY_BOX]))
    record = {
        "marketplace_id": "ATVPDKIKX0DER",
        "asin": "B000000001",
        "featured_buying_options": found["featuredBuyingOptions"],
        "lowest_priced_offers": found["lowestPricedOffers"],
    }

    proposal = match_competitor(record, seller_id="A1MINE", undercut_percent=1, minimum=5)

    assert (proposal.price, proposal.basis) == (None, Basis.UNKNOWN_SELLER)


def test_nothing_to_buy_is_known_and_too_soon_is_not() -> None:
    nothing = as_summary(payload(status="NoBuyableOffers"))
    too_soon = as_summary(payload(status="ActiveButTooSoonForProcessing"))

    assert (nothing["featuredBuyingOptions"], nothing["offer_count"]) == ([], 0)
    assert not {"featuredBuyingOptions", "lowestPricedOffers", "offer_count"} & too_soon.keys()


@pytest.mark.parametrize(
    "wrong",
    [
        {"Offers": {}},
        {"Offers": ["x"]},
        {"Summary": []},
        {"Offers": [{**OFFER, "ListingPrice": 7}]},
        {"Summary": {"BuyBoxPrices": [7]}, "Offers": []},
    ],
)
def test_another_form_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UnfitError, match="has another form"):
        as_summary(payload(OFFER) | wrong)

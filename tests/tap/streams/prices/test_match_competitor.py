"""A proposed price is just below the competitor's, in units of the currency, and within bounds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tap_amazon_seller.interface import match_competitor
from tap_amazon_seller.streams.prices.match_competitor import Basis

US = "ATVPDKIKX0DER"
OWN, OTHER, THIRD = "A1OWN", "A2OTHER", "A3THIRD"


def money(amount: float, currency: str = "USD") -> dict[str, Any]:
    return {"amount": amount, "currencyCode": currency}


def offer(
    seller: str, price: float, shipping: float | None = 0.0, currency: str = "USD", **more: Any
) -> dict[str, Any]:
    found = {"sellerId": seller, "condition": "New", "listingPrice": money(price, currency), **more}
    if shipping is not None:
        found["shippingOptions"] = [
            {"shippingOptionType": "DEFAULT", "price": money(shipping, currency)}
        ]
    return found


def featured(found: dict[str, Any], *weights: float) -> dict[str, Any]:
    segments = [
        {"customerMembership": "PRIME", "segmentDetails": {"glanceViewWeightPercentage": weight}}
        for weight in weights
    ]
    return found | {"featuredOfferSegments": segments}


def record(
    *shown: dict[str, Any], lowest: tuple[dict[str, Any], ...] = (), **more: Any
) -> dict[str, Any]:
    return {
        "marketplace_id": US,
        "asin": "B000000001",
        "seller_skus": ["S1", "S2"],
        "featured_buying_options": [
            {"buyingOptionType": "New", "segmentedFeaturedOffers": list(shown)}
        ],
        "lowest_priced_offers": [{"offers": list(lowest)}],
        **more,
    }


def proposed(found: dict[str, Any], **rule: Any) -> tuple[str | None, Basis]:
    usual: dict[str, Any] = {"seller_id": OWN, "undercut_percent": "1", "minimum": 5}
    proposal = match_competitor(found, **(usual | rule))
    return (None if proposal.price is None else str(proposal.price)), proposal.basis


@pytest.mark.parametrize(
    ("found", "rule", "price", "basis"),
    [
        (record(featured(offer(OTHER, 20), 100)), {}, "19.80", Basis.FEATURED_OFFER),
        (
            record(featured(offer(OTHER, 20), 30, 5), featured(offer(THIRD, 18), 40)),
            {},
            "17.82",
            Basis.FEATURED_OFFER,
        ),
        (
            record(featured(offer(THIRD, 18), 40), featured(offer(OTHER, 20), 30, 30)),
            {"undercut_percent": 0},
            "20.00",
            Basis.FEATURED_OFFER,
        ),
        (
            record(featured(offer(OTHER, 20, 4.99), 100)),
            {"undercut_percent": "0.5", "shipping": "2.50"},
            "22.36",  # 24.99 * 0.995 - 2.50 = 22.36505, rounded down
            Basis.FEATURED_OFFER,
        ),
        (record(featured(offer(OTHER, 20, None), 100)), {}, "19.80", Basis.FEATURED_OFFER),
        (
            record(featured(offer(OTHER, 1999, 0, "JPY"), 100)),
            {"undercut_percent": "0.5"},
            "1989",
            Basis.FEATURED_OFFER,
        ),
        (
            record(featured(offer(OWN, 20), 90), featured(offer(OTHER, 19), 10)),
            {},
            None,
            Basis.OWN_OFFER,
        ),
        (
            record(lowest=(offer(OWN, 9), offer(OTHER, 12), offer(THIRD, 11, 3))),
            {},
            "11.88",
            Basis.LOWEST_OFFER,
        ),
        (
            record(lowest=(offer(OTHER, 2, condition="Used"), offer(THIRD, 12))),
            {},
            "11.88",
            Basis.LOWEST_OFFER,
        ),
        (record(lowest=(offer(OWN, 9),)), {}, None, Basis.NO_COMPETITOR),
        (record(), {}, None, Basis.NO_COMPETITOR),
        (
            record(featured_buying_options=None, lowest_priced_offers=None),
            {},
            None,
            Basis.NO_COMPETITOR,
        ),
        (record(featured(offer(OTHER, 20), 100)), {"minimum": 25}, "25.00", Basis.AT_MINIMUM),
        (record(featured(offer(OTHER, 20), 100)), {"minimum": "19.801"}, "19.81", Basis.AT_MINIMUM),
        (record(featured(offer(OTHER, 20), 100)), {"maximum": 15}, "15.00", Basis.AT_MAXIMUM),
        (record(featured(offer(OTHER, 20), 100)), {"maximum": "19.80"}, "19.80", Basis.FEATURED_OFFER),
        (record(featured(offer(OTHER, 3), 100)), {"shipping": 9}, "5.00", Basis.AT_MINIMUM),
    ],
)  # fmt: skip
def test_the_rule(
    found: dict[str, Any], rule: dict[str, Any], price: str | None, basis: Basis
) -> None:
    assert proposed(found, **rule) == (price, basis)


def test_a_proposal_says_whose_offer_it_is_about_and_for_which_listings() -> None:
    found = match_competitor(
        record(featured(offer(OTHER, 20, 4.99), 100)),
        seller_id=OWN,
        undercut_percent=1,
        minimum=5,
    )

    assert (found.marketplace_id, found.asin, found.seller_skus) == (US, "B000000001", ("S1", "S2"))
    assert (found.competitor_id, found.competitor_price) == (OTHER, Decimal("24.99"))
    assert found.currency == "USD"


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"undercut_percent": -1}, "undercut_percent is -1"),
        ({"undercut_percent": 100}, "it must be less than 100"),
        ({"undercut_percent": "half"}, "undercut_percent is 'half'"),
        ({"minimum": 0}, "so that nothing is given away"),
        ({"minimum": "NaN"}, "minimum is 'NaN'"),
        ({"minimum": 10, "maximum": 9}, "minimum (10) is above maximum (9)"),
        ({"minimum": "19.801", "maximum": "19.805"}, "no price in units of 0.01 is from minimum"),
        ({"shipping": "-2"}, "shipping is '-2'"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(rule: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match="is") as refusal:
        proposed(record(featured(offer(OTHER, 20), 100)), **rule)

    assert sentence in str(refusal.value)

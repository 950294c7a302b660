"""Who else sells what an account sells, and at what price; what is featured to whom; what a sale costs.

Several offers may be featured, by region and membership (Product Pricing 2022-05-01, the example of its
model): members of Prime see the cheapest that Amazon ships, others the cheapest of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.chance import draws, key
from amazon_seller_sandbox.clock import DAY

if TYPE_CHECKING:
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.world import Business, World

    Json = dict[str, Any]

NEW, USED = "New", "Used"
AFN, MFN = "AFN", "MFN"
_HOLDS = 2 * DAY
"""Competitors change their prices every so many seconds."""
_PLACES = {"US": ("98101", "10001"), "JP": ("100-0001", "530-0001")}
_COMMON_PLACES = ("10115", "80331")
_FEATURED_MOST = 4
"""Offers of more than a quarter above the cheapest are not featured."""
_REFERRAL_PERCENT = 15
_LEAST_REFERRAL = 30
"""Of minor units."""


@dataclass(frozen=True, slots=True)
class CompetingOffer:
    """An offer of a product; amounts in minor units."""

    seller_id: str
    condition: str
    by_amazon: bool
    price: int
    shipping: int
    sku: str = ""
    """Of the account's own."""

    @property
    def landed(self) -> int:
        """What a buyer pays."""
        return self.price + self.shipping


def offers(
    world: World, business: Business, market: Marketplace, asin: str
) -> list[CompetingOffer]:
    """Return every offer of a product in a marketplace, the account's own included."""
    as_of = int(world.data_time.now())
    own = own_listings(business, market, asin, as_of)
    if not own:
        return []
    prefix = key(world.settings.seed, "competition", market.id, asin)
    chance = draws(prefix, as_of // _HOLDS)
    base = business.listings.offer(own[0], market, as_of).price
    found = [
        CompetingOffer(
            business.account.seller_id,
            NEW,
            by_amazon=each.fba,
            price=business.listings.offer(each, market, as_of).price,
            shipping=0 if each.fba else _shipping(market),
            sku=each.sku,
        )
        for each in own
        if business.listings.offer(each, market, as_of).status == "Active"
    ]
    for number in range(chance[0] % 5):
        by_amazon = chance[1 + number] % 2 == 0
        price = max(1, base * (85 + chance[6 + number] % 40) // 100)
        seller = f"A{draws(prefix + b'seller', number)[0]:010d}X"
        shipping = 0 if by_amazon else chance[11 + number % 5] % (2 * _shipping(market))
        found.append(CompetingOffer(seller, NEW, by_amazon, price, shipping))
    if chance[15] % 3 == 0:
        found.append(
            CompetingOffer(f"A{chance[14]:010d}U", USED, by_amazon=False, price=max(1, base // 2),
                           shipping=_shipping(market))
        )  # fmt: skip
    return found


def own_listings(business: Business, market: Marketplace, asin: str, as_of: int) -> list[Listing]:
    """Return the account's listings of an ASIN."""
    return [
        each
        for each in business.listings.by_asin.get(asin, [])
        if each.listed_at(as_of) and market.id in each.titles and not each.incomplete
    ]


def featured(
    market: Marketplace, every: list[CompetingOffer], draw: int
) -> list[tuple[CompetingOffer, list[Json]]]:
    """Return the offers that are featured, each with its segments; their weights make 100."""
    fit = _fit(every)
    if not fit:
        return []
    if len(fit) == 1:
        return [(fit[0], [{"customerMembership": "DEFAULT", "segmentDetails": _details(100)}])]
    members = _for_members(fit)
    here, there = _PLACES.get(market.country, _COMMON_PLACES)
    share = 50 + draw % 30
    far = fit[draw % len(fit)]
    segments = [
        (members, "PRIME", share, here),
        (fit[0], "NON_PRIME", 15, here),
        (far, "NON_PRIME", 85 - share, there),
    ]
    found: dict[int, tuple[CompetingOffer, list[Json]]] = {}
    for offer, membership, weight, place in segments:
        _, listed = found.setdefault(id(offer), (offer, []))
        location = {"postalCode": {"countryCode": market.country, "value": place}}
        details = _details(weight) | {"sampleLocation": location}
        listed.append({"customerMembership": membership, "segmentDetails": details})
    return list(found.values())


def in_buy_box(every: list[CompetingOffer]) -> list[CompetingOffer]:
    """Return the offers in the Buy Box, the cheapest first: one, or another one for members of Prime.

    "There can be up to two Buy Box winners at any time per ASIN" (the model of Product Pricing v0).
    """
    fit = _fit(every)
    if not fit:
        return []
    members = _for_members(fit)
    return [fit[0]] if members is fit[0] else [fit[0], members]


def _fit(every: list[CompetingOffer]) -> list[CompetingOffer]:
    """Return the offers that may be featured, the cheapest first."""
    new = sorted((each for each in every if each.condition == NEW), key=lambda each: each.landed)
    return [each for each in new if each.landed * _FEATURED_MOST <= new[0].landed * 5]


def _for_members(fit: list[CompetingOffer]) -> CompetingOffer:
    return next((each for each in fit if each.by_amazon), fit[0])


def most_seen(market: Marketplace, every: list[CompetingOffer], draw: int) -> CompetingOffer | None:
    """Return the offer that is featured in most views; of several, the cheapest."""
    shown = [
        (sum(each["segmentDetails"]["glanceViewWeightPercentage"] for each in segments), offer)
        for offer, segments in featured(market, every, draw)
    ]
    shown.sort(key=lambda each: (-each[0], each[1].landed, each[1].seller_id))
    return shown[0][1] if shown else None


def draw_of(world: World, market: Marketplace, asin: str) -> int:
    """Return the chance by which a product's featured offers are shared."""
    prefix = key(world.settings.seed, "featured", market.id, asin)
    return draws(prefix, int(world.data_time.now()) // _HOLDS)[0]


def money(market: Marketplace, minor: int) -> Json:
    """Return an amount as Product Pricing 2022-05-01 has it: a number, not a text."""
    return {"amount": market.amount(minor), "currencyCode": market.currency}


def fees(market: Marketplace, price: int, *, by_amazon: bool) -> Json:
    """Return the estimate of Product Fees v0 for a price in minor units."""
    referral = max(_LEAST_REFERRAL, price * _REFERRAL_PERCENT // 100)
    details = [_fee(market, "ReferralFee", referral)]
    details += [_fee(market, name, 0) for name in ("VariableClosingFee", "PerItemFee")]
    handling = 0
    if by_amazon:
        handling = 250 + price % 500 if market.minor_units > 1 else 300 + price % 200
        picking = _fee(market, "FBAPickAndPack", handling)
        details.append(_fee(market, "FBAFees", handling) | {"IncludedFeeDetailList": [picking]})
    return {
        "TotalFeesEstimate": _fee_money(market, referral + handling),
        "FeeDetailList": details,
    }


def estimated_at(instant: float) -> str:
    """Return an instant as fees have it in public clients: with milliseconds (`...:58.000Z`)."""
    return datetime.fromtimestamp(int(instant), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def iso(instant: float) -> str:
    """Return the same instant in ISO 8601, in UTC."""
    return datetime.fromtimestamp(int(instant), UTC).isoformat()


def _fee(market: Marketplace, fee_type: str, minor: int) -> Json:
    amount = _fee_money(market, minor)
    return {
        "FeeType": fee_type,
        "FeeAmount": amount,
        "FeePromotion": _fee_money(market, 0),
        "TaxAmount": _fee_money(market, 0),
        "FinalFee": amount,
    }


def _fee_money(market: Marketplace, minor: int) -> Json:
    return {"CurrencyCode": market.currency, "Amount": market.amount(minor)}


def _details(weight: int) -> Json:
    return {"glanceViewWeightPercentage": weight}


def _shipping(market: Marketplace) -> int:
    return 499 if market.minor_units > 1 else 410

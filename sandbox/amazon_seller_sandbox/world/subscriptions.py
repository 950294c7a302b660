"""Subscribe & Save: which offers are in the program, and how they do, by day and in the months to come.

Where the program is, and whose offers have what, is as Amazon's model of Replenishment 2022-11-07 says;
vendors have no forecasts (hotglue's tap for vendors).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.chance import draws, key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.world import Business, World

    Json = dict[str, Any]

FOR_ALL = frozenset({"US", "CA", "ES", "GB", "FR", "IT", "IN", "DE", "JP"})
FOR_VENDORS = frozenset({"BR", "AU", "MX", "AE", "NL"})
AMAZON, MERCHANT = "AMAZON", "MERCHANT"
HORIZONS = (30, 60, 90)
_LAG = timedelta(days=2)
_DAY = timedelta(days=1)
_EIGHTHS_OUT = 2
"""Of eight listings, so many are not in the program."""
_QUIET_ONE_IN = 6
"""On a day, one offer in so many has no metrics at all."""
_GROUPS = ("Grocery", "Health & Personal Care", "Pet Products")


@dataclass(frozen=True, slots=True)
class SubscribedOffer:
    """An offer in the program; a vendor's has no SKU and no channel."""

    listing: Listing
    market: Marketplace
    is_vendor: bool

    @property
    def channel(self) -> str:
        """Who ships it."""
        return AMAZON if self.listing.fba else MERCHANT

    @property
    def group(self) -> str:
        """The product group, which vendors see."""
        return _GROUPS[self.listing.index % len(_GROUPS)]

    @property
    def brand(self) -> str:
        """The brand, which sellers see in the US."""
        return f"Brand {self.listing.index % 7}"

    def identity(self) -> Json:
        """Return the members that say what the offer is."""
        found: Json = {"asin": self.listing.asin}
        if self.is_vendor:
            return found | {"productGroup": self.group}
        found |= {"sku": self.listing.sku, "fulfillmentChannelType": self.channel}
        return found | ({"brandName": self.brand} if self.market.country == "US" else {})


def is_there(business: Business, market: Marketplace) -> bool:
    """Say whether the program exists for an account in a marketplace."""
    only = FOR_VENDORS if business.account.is_vendor else frozenset()
    return market.country in FOR_ALL | only


def newest_day(as_of: float) -> datetime:
    """Return the last day that has been counted: two days ago."""
    return _midnight(datetime.fromtimestamp(as_of, UTC)) - _LAG


def days(first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield the starts of days, both ends included."""
    day = _midnight(first)
    while day <= last:
        yield day
        day += _DAY


def offers(business: Business, market: Marketplace, as_of: float) -> list[SubscribedOffer]:
    """Return the offers in the program; a vendor's products once each."""
    account = business.account
    if not is_there(business, market):
        return []
    found: dict[str, SubscribedOffer] = {}
    for each in business.listings.in_marketplace(market, int(as_of)):
        if each.incomplete or each.index % 8 < _EIGHTHS_OUT:
            continue
        name = each.asin if account.is_vendor else each.sku
        found.setdefault(name, SubscribedOffer(each, market, account.is_vendor))
    return list(found.values())


def offer_metrics(world: World, business: Business, offer: SubscribedOffer, day: datetime) -> Json:
    """Return an offer's metrics of a day; nothing where it has none."""
    prefix = key(world.settings.seed, business.account.key, "subscriptions", offer.market.id)
    chance = draws(prefix, (offer.listing.index << 24) + day.toordinal())
    if chance[0] % _QUIET_ONE_IN == 0:
        return {}
    units = chance[1] % 12
    price = business.listings.offer(offer.listing, offer.market, int(day.timestamp())).price
    lost = chance[2] % 4
    return {
        **offer.identity(),
        "notDeliveredDueToOOS": _percent(chance[3]),
        "totalSubscriptionsRevenue": _amount(offer.market, units * price * 9 // 10),
        "shippedSubscriptionUnits": units,
        "activeSubscriptions": 20 + chance[4] % 400,
        "revenuePenetration": _percent(chance[5]),
        "lostRevenueDueToOOS": _amount(offer.market, lost * price),
        "couponsRevenuePenetration": _percent(chance[6]),
        "shareOfCouponSubscriptions": _percent(chance[7]),
        "timeInterval": _interval(day, day),
        "currencyCode": offer.market.currency,
    }


def offer_forecast(world: World, business: Business, offer: SubscribedOffer, as_of: float) -> Json:
    """Return what is expected of an offer, in the week from tomorrow on as requests have it."""
    prefix = key(world.settings.seed, business.account.key, "forecast", offer.market.id)
    today = _midnight(datetime.fromtimestamp(as_of, UTC))
    chance = draws(prefix, (offer.listing.index << 24) + today.toordinal())
    price = business.listings.offer(offer.listing, offer.market, int(as_of)).price
    found = offer.identity()
    units = 0
    for horizon, draw in zip(HORIZONS, chance, strict=False):
        units += draw % 40
        found[f"next{horizon}DayShippedSubscriptionUnits"] = units
        revenue = _amount(offer.market, units * price * 9 // 10)
        found[f"next{horizon}DayTotalSubscriptionsRevenue"] = revenue
    return found | {
        "timeInterval": _interval(today + _DAY, today + 7 * _DAY),
        "currencyCode": offer.market.currency,
    }


def daily_metrics(world: World, business: Business, market: Marketplace, day: datetime) -> Json:
    """Return a selling partner's metrics of a day: sums of those of its offers, and shares."""
    found = [
        metrics
        for each in offers(business, market, day.timestamp())
        if (metrics := offer_metrics(world, business, each, day))
    ]
    prefix = key(world.settings.seed, business.account.key, "program", market.id)
    chance = draws(prefix, day.toordinal())
    return {
        "notDeliveredDueToOOS": _percent(chance[0]),
        "totalSubscriptionsRevenue": _sum(market, found, "totalSubscriptionsRevenue"),
        "shippedSubscriptionUnits": sum(each["shippedSubscriptionUnits"] for each in found),
        "activeSubscriptions": sum(each["activeSubscriptions"] for each in found),
        "lostRevenueDueToOOS": _sum(market, found, "lostRevenueDueToOOS"),
        "couponsRevenuePenetration": _percent(chance[1]),
        "shareOfCouponSubscriptions": _percent(chance[2]),
        "revenuePenetration": _percent(chance[3]),
        "currencyCode": market.currency,
        "timeInterval": _interval(day, day),
    }


def rolling_metrics(
    world: World, business: Business, market: Marketplace, day: datetime
) -> list[Json]:
    """Return the metrics that look back: a year of most, two of customers' lifetime value."""
    prefix = key(world.settings.seed, business.account.key, "rolling", market.id)
    chance = draws(prefix, day.toordinal())
    more = draws(prefix + b"more", day.toordinal())
    plus = business.account.is_vendor
    steps = ("5Plus",) if plus else ("5", "10")
    year: Json = {
        "subscriberAverageRevenue": _amount(market, 5_000 + chance[0] % 20_000),
        "nonSubscriberAverageRevenue": _amount(market, 3_000 + chance[1] % 9_000),
        "subscriberAverageReorders": round(1 + chance[2] % 400 / 100, 2),
        "nonSubscriberAverageReorders": round(1 + chance[3] % 100 / 100, 2),
        "revenueFromSubscriptionsWithMultipleDeliveries": _amount(market, chance[4] % 10**7),
        "revenueFromActiveSubscriptionsWithSingleDelivery": _amount(market, chance[5] % 10**6),
        "revenueFromCancelledSubscriptionsAfterSingleDelivery": _amount(market, chance[6] % 10**5),
        "subscriberRetentionFor30Days": _percent(chance[7]),
        "subscriberRetentionFor90Days": _percent(chance[8]),
        "revenuePenetrationFor0PercentSellerFunding": _percent(chance[9]),
        "signupConversionFor0PercentSellerFunding": _percent(chance[10]),
    }
    for place, step in enumerate(steps):
        year[f"revenuePenetrationFor{step}PercentSellerFunding"] = _percent(chance[11 + place])
        year[f"signupConversionFor{step}PercentSellerFunding"] = _percent(chance[13 + place])
    values: Json = {
        name: _amount(market, 2_000 + draw % 40_000)
        for name, draw in zip(
            (
                "nonSubscriberLifeTimeValueFromOTP",
                "lostSubscriberLifeTimeValueFromOTP",
                "lostSubscriberLifeTimeValueFromSNS",
                "growingSubscriberLifeTimeValueFromOTP",
                "growingSubscriberLifeTimeValueFromSNS",
                "establishedSubscriberLifeTimeValueFromOTP",
                "establishedSubscriberLifeTimeValueFromSNS",
            ),
            more,
            strict=False,
        )
    }
    return [
        found
        | {
            "currencyCode": market.currency,
            "timeInterval": _interval(day - years * 365 * _DAY, day),
        }
        for years, found in ((1, year), (2, values))
    ]


def _sum(market: Marketplace, found: list[Json], name: str) -> float:
    places = 0 if market.minor_units == 1 else 2
    return round(float(sum(each[name] for each in found)), places)


def _amount(market: Marketplace, minor: int) -> float:
    return float(market.amount(minor) or 0)


def _percent(draw: int) -> float:
    return draw % 10_001 / 100


def _interval(first: datetime, last: datetime) -> Json:
    return {"startDate": _text(first), "endDate": _text(last)}


def _text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _midnight(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

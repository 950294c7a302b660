"""Replenishment 2022-11-07: metrics of Subscribe & Save, of a selling partner and of its offers.

Names, limits and the form of refusals are those of Amazon's model.
"""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.api.operation import Operation
from amazon_seller_sandbox.refusals import invalid_input, unauthorized
from amazon_seller_sandbox.state.quotas import Rate
from amazon_seller_sandbox.world import subscriptions
from amazon_seller_sandbox.world.accounts import ROLE_ANALYTICS, VENDOR_ANALYTICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from amazon_seller_sandbox.api.operation import Call, Json
    from amazon_seller_sandbox.world.accounts import Account, Marketplace
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World

_BASE = "/replenishment/2022-11-07"
_LAST_OFFSET = 9_000
_METRICS_PAGE, _OFFERS_PAGE = 500, 100
_LONGEST = timedelta(days=31)
_OF_DAYS = {
    "SHIPPED_SUBSCRIPTION_UNITS": ("shippedSubscriptionUnits",),
    "TOTAL_SUBSCRIPTIONS_REVENUE": ("totalSubscriptionsRevenue",),
    "ACTIVE_SUBSCRIPTIONS": ("activeSubscriptions",),
    "NOT_DELIVERED_DUE_TO_OOS": ("notDeliveredDueToOOS",),
    "LOST_REVENUE_DUE_TO_OOS": ("lostRevenueDueToOOS",),
    "REVENUE_PENETRATION": ("revenuePenetration",),
    "COUPONS_REVENUE_PENETRATION": ("couponsRevenuePenetration",),
    "SHARE_OF_COUPON_SUBSCRIPTIONS": ("shareOfCouponSubscriptions",),
}
_THAT_LOOK_BACK = {
    "SUBSCRIBER_NON_SUBSCRIBER_AVERAGE_REVENUE": "AverageRevenue",
    "SUBSCRIBER_NON_SUBSCRIBER_AVERAGE_REORDERS": "AverageReorders",
    "SUBSCRIBER_RETENTION": "subscriberRetention",
    "SUBSCRIBER_LIFETIME_VALUE_BY_CUSTOMER_SEGMENT": "LifeTimeValue",
    "SIGNUP_CONVERSION_BY_SELLER_FUNDING": "signupConversion",
    "REVENUE_BY_DELIVERIES": "revenueFrom",
    "REVENUE_PENETRATION_BY_SELLER_FUNDING": "revenuePenetrationFor",
}
"""What the names of a metric's members have in common."""
_METRICS = (*_OF_DAYS, *_THAT_LOOK_BACK)
_ELIGIBILITIES = ("ELIGIBLE", "INELIGIBLE", "SUSPENDED", "REPLENISHMENT_ONLY_ORDERING")
_SORTS = {
    **{name: members[0] for name, members in list(_OF_DAYS.items())[:3]},
    **{
        f"NEXT_{days}DAYS_{name}": f"next{days}Day{member}"
        for days in subscriptions.HORIZONS
        for name, member in (
            ("SHIPPED_SUBSCRIPTION_UNITS", "ShippedSubscriptionUnits"),
            ("TOTAL_SUBSCRIPTIONS_REVENUE", "TotalSubscriptionsRevenue"),
        )
    },
}
_OFFER_SORTS = {
    "ASIN": "asin",
    "PRICE": "price",
    "INVENTORY": "inventory",
    "SUBSCRIPTION_COUNT": "subscriptions",
}
_FILTERS = {
    "asins": ("asin", 20),
    "skus": ("sku", 20),
    "fulfillmentChannelTypes": ("fulfillmentChannelType", 2),
    "brandNames": ("brandName", 20),
    "productGroups": ("productGroup", 20),
    "eligibilities": ("eligibility", 4),
}
"""Each filter with the member that it is about, and how many values it takes."""
_OF_SELLERS, _OF_VENDORS = (
    frozenset({"skus", "fulfillmentChannelTypes"}),
    frozenset({"productGroups"}),
)


async def _partner_metrics(call: Call) -> Json:
    business, market = _asked(call, call.body)
    world = call.sandbox.world
    first, last = _interval(call.body)
    is_forecast = _choice(call.body, "timePeriodType", ("PERFORMANCE", "FORECAST")) == "FORECAST"
    wanted = call.body.get("metrics") or _METRICS
    for each in wanted:
        if each not in _METRICS:
            raise invalid_input(f"Unsupported metric is provided: {each}.")
    if is_forecast:
        raise invalid_input("Unsupported timePeriodType is provided for these metrics.")
    if _choice(call.body, "aggregationFrequency", _FREQUENCIES) != "DAY":
        raise invalid_input("Unsupported aggregationFrequency is provided. Only DAY is supported")
    if last - first >= _LONGEST:
        raise invalid_input("The time interval cannot exceed 31 days for DAY.")
    last = min(last, subscriptions.newest_day(world.data_time.now()))
    found: list[Record] = []
    if members := [member for each in wanted for member in _OF_DAYS.get(each, ())]:
        found += (
            _only(subscriptions.daily_metrics(world, business, market, day), members)
            for day in subscriptions.days(max(first, _begin(world)), last)
        )
    if parts := [_THAT_LOOK_BACK[each] for each in wanted if each in _THAT_LOOK_BACK]:
        newest = subscriptions.newest_day(world.data_time.now())
        for each in subscriptions.rolling_metrics(world, business, market, newest):
            names = [name for name in each if any(part.lower() in name.lower() for part in parts)]
            if names:
                found.append(_only(each, names))
    return {"metrics": found}


async def _offer_metrics(call: Call) -> Json:
    filters = _object(call.body, "filters")
    business, market = _asked(call, filters)
    world = call.sandbox.world
    first, last = _interval(filters)
    if _choice(filters, "timePeriodType", ("PERFORMANCE", "FORECAST")) == "FORECAST":
        if business.account.is_vendor:
            raise invalid_input(
                "Unsupported timePeriodType is provided. Only PERFORMANCE is supported"
            )
        forecasts = _forecasts(world, business.account.key, market, world.data_time.now())
        found = [dict(each) for each in forecasts]
    else:
        if _choice(filters, "aggregationFrequency", _FREQUENCIES) != "DAY":
            raise invalid_input(
                "Unsupported aggregationFrequency is provided. Only DAY is supported"
            )
        if first != last:
            raise invalid_input("The time interval must cover a single DAY.")
        found = []
        if _begin(world) <= first <= subscriptions.newest_day(world.data_time.now()):
            found = list(_metrics_of(world, business, market, first))
    return _page(call, found, filters, _SORTS, _METRICS_PAGE)


async def _list_offers(call: Call) -> Json:
    filters = _object(call.body, "filters")
    business, market = _asked(call, filters)
    as_of = call.sandbox.world.data_time.now()
    found = []
    for each in subscriptions.offers(business, market, as_of):
        price = business.listings.offer(each.listing, market, int(as_of)).price
        identity = each.identity()
        found.append(
            {
                "asin": each.listing.asin,
                "marketplaceId": market.id,
                **({"sku": identity["sku"]} if "sku" in identity else {}),
                "eligibility": _ELIGIBILITIES[each.listing.index % 7 % len(_ELIGIBILITIES)],
                "programType": "SUBSCRIBE_AND_SAVE",
                "price": market.amount(price),
                "priceCurrencyCode": market.currency,
                "inventory": each.listing.index * 37 % 900,
                "subscriptions": each.listing.index * 53 % 400,
            }
        )
    return _page(call, found, filters, _OFFER_SORTS, _OFFERS_PAGE)


_FREQUENCIES = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")


def _page(
    call: Call,
    found: Sequence[Record],
    filters: Mapping[str, Any],
    sorts: Mapping[str, str],
    largest: int,
) -> Json:
    """Return a page of what the filters leave, in the order that is requested."""
    pagination = _object(call.body, "pagination")
    limit, offset = pagination.get("limit"), pagination.get("offset")
    if not isinstance(limit, int) or not 1 <= limit <= largest:
        raise invalid_input(f"limit must be between 1 and {largest}.")
    if not isinstance(offset, int) or not 0 <= offset <= _LAST_OFFSET:
        raise invalid_input(f"offset must be between 0 and {_LAST_OFFSET}.")
    left = _filtered(found, filters, call.grant.account)
    if sort := call.body.get("sort"):
        member = sorts.get(str(sort.get("key")))
        if member is None:
            raise invalid_input(f"Unsupported sort key is provided: {sort.get('key')}.")
        descends = _choice(sort, "order", ("ASC", "DESC")) == "DESC"
        left.sort(key=functools.partial(_value, member), reverse=descends)
    return {
        "offers": call.delivered(left[offset : offset + limit]),
        "pagination": {"totalResults": len(left)},
    }


def _value(member: str, each: Record) -> Any:  # noqa: ANN401 - numbers or texts, all of one kind
    return each.get(member, 0)


def _filtered(
    found: Sequence[Record], filters: Mapping[str, Any], account: Account
) -> list[Record]:
    left = list(found)
    for name, (member, most) in _FILTERS.items():
        values = filters.get(name)
        if values is None:
            continue
        if name in (_OF_SELLERS if account.is_vendor else _OF_VENDORS):
            raise invalid_input(f"{name} is not supported.")
        if not values or len(values) > most:
            raise invalid_input(f"{name} must have between 1 and {most} values.")
        left = [each for each in left if each.get(member) in values]
    return left


def _asked(call: Call, about: Mapping[str, Any]) -> tuple[Business, Marketplace]:
    """Return whose metrics are requested, and of which marketplace."""
    if not {ROLE_ANALYTICS, VENDOR_ANALYTICS} & call.grant.roles:
        raise unauthorized()
    business = call.sandbox.world.businesses[call.grant.account.key]
    if about.get("programTypes") != ["SUBSCRIBE_AND_SAVE"]:
        raise invalid_input(
            "Unsupported programType is provided. Only SUBSCRIBE_AND_SAVE is supported"
        )
    market = business.account.marketplace(str(about.get("marketplaceId")))
    if market is None:
        raise unauthorized()
    if not subscriptions.is_there(business, market):
        raise invalid_input(f"Unsupported marketplaceId is provided: {market.id}.")
    return business, market


def _interval(about: Mapping[str, Any]) -> tuple[datetime, datetime]:
    found = _object(about, "timeInterval")
    try:
        first, last = (
            datetime.fromisoformat(found[name])
            .astimezone(UTC)
            .replace(hour=0, minute=0, second=0, microsecond=0)
            for name in ("startDate", "endDate")
        )
    except (KeyError, TypeError, ValueError) as error:
        raise invalid_input("timeInterval must have a startDate and an endDate.") from error
    if last < first:
        raise invalid_input("The endDate must not be before the startDate.")
    return first, last


def _object(about: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = about.get(name)
    if not isinstance(found, dict):
        raise invalid_input(f"{name} is required.")
    return found


def _choice(about: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> str:
    value = about.get(name)
    if value not in choices:
        names = ", ".join(choices[:-1])
        raise invalid_input(
            f"Unsupported {name} is provided. Only {names} and {choices[-1]} are supported"
        )
    return str(value)


def _only(metrics: Record, members: Sequence[str]) -> Record:
    kept = {*members, "currencyCode", "timeInterval"}
    return {name: value for name, value in metrics.items() if name in kept}


def _begin(world: World) -> datetime:
    """Return the first day that has metrics."""
    return datetime.fromtimestamp(world.history_start, UTC).replace(
        hour=0, minute=0, second=0, microsecond=0
    )


def _metrics_of(
    world: World, business: Business, market: Marketplace, day: datetime
) -> Iterator[Record]:
    for each in subscriptions.offers(business, market, day.timestamp()):
        if found := subscriptions.offer_metrics(world, business, each, day):
            yield found


@functools.lru_cache(maxsize=8)  # each page of them is of the same list
def _forecasts(world: World, account: str, market: Marketplace, as_of: float) -> Sequence[Record]:
    business = world.businesses[account]
    return tuple(
        subscriptions.offer_forecast(world, business, each, as_of)
        for each in subscriptions.offers(business, market, as_of)
    )


# What a perfect sync delivers


def _markets(business: Business) -> list[Marketplace]:
    return [
        each for each in business.account.marketplaces if subscriptions.is_there(business, each)
    ]


def _days(world: World, as_of: int, since: float) -> Iterator[datetime]:
    first = max(_begin(world).timestamp(), since)
    last = subscriptions.newest_day(as_of)
    return subscriptions.days(datetime.fromtimestamp(first, UTC), last)


def _true_daily(world: World, business: Business, as_of: int, since: float) -> Iterator[Record]:
    for market in _markets(business):
        for day in _days(world, as_of, since):
            metrics = subscriptions.daily_metrics(world, business, market, day)
            yield _record(market, metrics) | {"report_end_date": metrics["timeInterval"]["endDate"]}


def _true_rolling(world: World, business: Business, as_of: int, _since: float) -> Iterator[Record]:
    day = subscriptions.newest_day(as_of)
    for market in _markets(business):
        for metrics in subscriptions.rolling_metrics(world, business, market, day):
            yield _record(market, metrics) | _bounds(metrics)


def _true_offers(world: World, business: Business, as_of: int, since: float) -> Iterator[Record]:
    for market in _markets(business):
        for day in _days(world, as_of, since):
            for metrics in _metrics_of(world, business, market, day):
                end = metrics["timeInterval"]["endDate"]
                yield _offer_record(market, metrics) | {"report_end_date": end}


def _true_forecasts(
    world: World, business: Business, as_of: int, _since: float
) -> Iterator[Record]:
    for market in _markets(business):
        for forecast in _forecasts(world, business.account.key, market, as_of):
            yield _offer_record(market, forecast) | _bounds(forecast)


def _bounds(metrics: Record) -> Record:
    interval = metrics["timeInterval"]
    return {
        "interval_start_date": interval["startDate"],
        "interval_end_date": interval["endDate"],
    }


def _record(market: Marketplace, metrics: Record) -> Record:
    return {"marketplace_id": market.id} | {
        _PROPERTIES.get(name, _snake(name)): value for name, value in metrics.items()
    }


def _offer_record(market: Marketplace, metrics: Record) -> Record:
    """Return an offer's record; a vendor's has a dash for the SKU and the channel."""
    return {"sku": "-", "fulfillment_channel_type": "-"} | _record(market, metrics)


_PROPERTIES = {
    "notDeliveredDueToOOS": "not_delivered_due_to_oos",
    "lostRevenueDueToOOS": "lost_revenue_due_to_oos",
}


@functools.cache
def _snake(name: str) -> str:
    """Return a member's name as the records have it: a capital letter begins a word."""
    words: list[str] = []
    for place, letter in enumerate(name):
        is_new = letter.isupper() and not name[place - 1].isupper()
        words.append(f"_{letter.lower()}" if place and is_new else letter.lower())
    return "".join(words)


def _operation(name: str, path: str, perform: Callable[[Call], Any]) -> Operation:
    return Operation(name, "POST", _BASE + path, Rate(1, 1), 200, perform)


OPERATIONS = (
    _operation("getSellingPartnerMetrics", "/sellingPartners/metrics/search", _partner_metrics),
    _operation("listOfferMetrics", "/offers/metrics/search", _offer_metrics),
    _operation("listOffers", "/offers/search", _list_offers),
)
TRUTH: dict[str, Truth] = {
    "replenishment_daily_metrics": _true_daily,
    "replenishment_rolling_metrics": _true_rolling,
    "replenishment_offer_metrics": _true_offers,
    "replenishment_offer_forecast": _true_forecasts,
}

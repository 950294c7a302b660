"""The manufacturing and the sourcing view of a vendor: the figures of its reports, nested by group.

Figures are grouped by the attributes that a query selects, as Amazon groups them; amounts are in the
currency that is requested, US dollars if none is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.chance import draws, key
from amazon_seller_sandbox.clock import DAY
from amazon_seller_sandbox.files import json_documents
from amazon_seller_sandbox.report_types.vendor import days as by_day
from amazon_seller_sandbox.report_types.vendor.figures import Place, places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from amazon_seller_sandbox.report_types.data_kiosk.asked import Asked, Row
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.truth import Record
    from amazon_seller_sandbox.world.world import Business, World

PUBLISHED = 4 * DAY
"""Seconds after a day's end at which its figures are there."""
_FAMILY = 4
_WEEKS = 3
_DOLLARS = {"USD": 1.0, "EUR": 0.9, "GBP": 0.8}
"""What a dollar of the generator is worth, of the currencies that the vendor's marketplaces lack."""
_ATTRIBUTES = (
    "asin", "parentAsin", "ean", "upc", "isbn13", "brand", "brandCode", "productGroup",
    "productTitle", "modelNumber", "msrp",
)  # fmt: skip
_OF_MANUFACTURERS = ("orders", "traffic", "forecasting")


def manufacturing(asked: Asked) -> Iterator[Row]:
    """Yield a row per marketplace and period, with all metrics."""
    yield from _view(asked, is_manufacturer=True)


def sourcing(asked: Asked) -> Iterator[Row]:
    """Yield a row per marketplace and period, without orders, traffic and forecasts."""
    yield from _view(asked, is_manufacturer=False)


def _view(asked: Asked, *, is_manufacturer: bool) -> Iterator[Row]:
    chosen = asked.selected.below("metrics", "groupByKey")
    currency = asked.arguments.get("currencyCode") or "USD"
    for place in places(asked.world, asked.business):
        for days in asked.periods(asked.arguments["aggregateBy"]):
            groups: dict[tuple[str, ...], Row] = {}
            totals: Row = {}
            for day in days:
                if not json_documents.is_published(day, asked.as_of, PUBLISHED - DAY):
                    continue
                for row in _of_day(place, day, is_manufacturer=is_manufacturer):
                    names = tuple(str(row["groupByKey"].get(name)) for name in chosen)
                    group = groups.setdefault(names, {"groupByKey": row["groupByKey"]})
                    group["metrics"] = _merged(group.get("metrics"), row["metrics"])
                    totals = _merged(totals or None, row["metrics"])
            if groups:
                found: Row = {
                    "marketplaceId": place.market.id,
                    "startDate": days[0].isoformat(),
                    "endDate": days[-1].isoformat(),
                    "metrics": [] if asked.without_rows else list(groups.values()),
                    "totals": totals,
                }
                yield _in_currency(found, place, currency)


def truth(
    *, is_manufacturer: bool, world: World, business: Business, as_of: int, _since: float
) -> Iterator[Record]:
    """Yield the records of a perfect sync: by ASIN and day, in the marketplace's currency."""
    for place in places(world, business):
        for day in json_documents.published_days(world.history_start, as_of, PUBLISHED):
            for row in _of_day(place, day, is_manufacturer=is_manufacturer):
                dated = {
                    "marketplaceId": place.market.id,
                    "startDate": day.isoformat(),
                    "endDate": day.isoformat(),
                }
                yield json_documents.snake(dated | row["groupByKey"] | row["metrics"])


def _of_day(place: Place, day: date, *, is_manufacturer: bool) -> Iterator[Row]:
    sold = {row["asin"]: row for row in by_day.sales(place, day)}
    viewed = {row["asin"]: row for row in by_day.traffic(place, day)}
    margins = {row["asin"]: row for row in by_day.margins(place, day)}
    stock = {row["asin"]: row for row in by_day.inventory(place, day)}
    listings = {each.asin: each for each in reversed(place.business.listings.all)}
    for asin in sorted(sold.keys() | stock.keys()):
        metrics = _metrics(place, sold.get(asin), stock.get(asin), margins.get(asin))
        if is_manufacturer:
            metrics |= _of_manufacturer(place, day, asin, sold.get(asin), viewed.get(asin))
        yield {"groupByKey": _attributes(place, listings[asin]), "metrics": metrics}


def _attributes(place: Place, listing: Listing) -> Row:
    business = place.business
    parent = business.listings.all[listing.index - listing.index % _FAMILY]
    is_book = not listing.asin.startswith("B0")
    title = listing.titles.get(place.market.id)
    values = (
        listing.asin, parent.asin, None if is_book else f"40{listing.index:011d}", None,
        f"978{listing.index:010d}" if is_book else None, business.account.store_name,
        business.account.store_name[:4].upper(), "Home", title, f"M-{listing.index}",
        place.amount(listing.base_price),
    )  # fmt: skip
    return dict(zip(_ATTRIBUTES, values, strict=True))


def _metrics(place: Place, sold: Row | None, stock: Row | None, margin: Row | None) -> Row:
    nothing = place.amount(0)
    sales = sold or {}
    held = stock or {}
    shipped = sales.get("shippedUnits", 0)
    revenue = sales.get("shippedRevenue", nothing)
    return {
        "costs": {
            "averageSalesDiscount": None,
            "contraCogs": None,
            "contraCogsPerUnit": None,
            "netPPM": (margin or {}).get("netPureProductMargin"),
            "salesDiscount": None,
            "shippedCogs": sales.get("shippedCogs", nothing),
        },
        "customerSatisfaction": {"customerReturns": sales.get("customerReturns", 0)},
        "productAvailability": {
            "aged90DaysSellableInventory": _units(held, "aged90PlusDaysSellableInventory", nothing),
            "sellThroughRate": held.get("sellThroughRate"),
            "sellableInTransitInventory": 0,
            "sellableOnHandInventory": _units(held, "sellableOnHandInventory", nothing),
            "sourceableROOS": None,
            "ultraFastTrack": None,
            "unhealthyInventory": None,
            "unsellableInTransitInventory": 0,
            "unsellableOnHandInventory": _units(held, "unsellableOnHandInventory", nothing),
        },
        "shippedOrders": {
            "averageSellingPrice": None,
            "shippedUnitsWithRevenue": {"units": shipped, "value": revenue},
        },
        "sourcing": {
            "confirmedUnits": None,
            "mostRecentSubmitted": None,
            "netReceived": _units(held, "netReceivedInventory", nothing),
            "openPurchaseOrderQuantity": held.get("openPurchaseOrderUnits", 0),
            "overallVendorLeadTime": held.get("averageVendorLeadTimeDays"),
            "procurableProductOOS": None,
            "receivedFillRate": None,
            "vendorConfirmationRate": held.get("vendorConfirmationRate"),
        },
    }


def _units(held: Mapping[str, Any], name: str, nothing: Row) -> Row:
    return {"units": held.get(f"{name}Units", 0), "value": held.get(f"{name}Cost", nothing)}


def _of_manufacturer(
    place: Place, day: date, asin: str, sold: Row | None, viewed: Row | None
) -> Row:
    sales = sold or {}
    ordered = {
        "units": sales.get("orderedUnits", 0),
        "value": sales.get("orderedRevenue", place.amount(0)),
    }
    chance = draws(key(place.world.settings.seed, "demand", place.market.id, asin), day.toordinal())
    weeks = []
    for week in range(_WEEKS):
        first = day.toordinal() + 7 * week
        mean = chance[week] % 90
        weeks.append(
            {
                "weekNumber": week,
                "startDate": type(day).fromordinal(first).isoformat(),
                "endDate": type(day).fromordinal(first + 6).isoformat(),
                "demand": {"mean": mean, "p70": mean + 4, "p80": mean + 9, "p90": mean + 20},
            }
        )
    return {
        "orders": {
            "netOrderedGMS": ordered["value"],
            "netShipmentGMS": sales.get("shippedRevenue", place.amount(0)),
            "orderedUnitsWithRevenue": ordered,
            "unfilledOrderedUnits": 0,
        },
        "traffic": {"glanceViews": (viewed or {}).get("glanceViews", 0), "lostFeaturedOffer": None},
        "forecasting": weeks,
    }


def _merged(one: Any, other: Any) -> Any:  # noqa: ANN401 - JSON
    """Return two values of a metric together: counts and amounts are added, rates are averaged."""
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, dict):
        return {name: _merged(one.get(name), other.get(name)) for name in one | other}
    if isinstance(one, list):
        return one
    if isinstance(one, str):
        return one
    if isinstance(one, float):
        return round(one + other, 2)
    return one + other


def _in_currency(value: Any, place: Place, currency: str) -> Any:  # noqa: ANN401 - JSON
    """Return a row with its amounts in another currency."""
    if isinstance(value, list):
        return [_in_currency(each, place, currency) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("currencyCode") in {None, currency} or "amount" not in value:
        return {name: _in_currency(each, place, currency) for name, each in value.items()}
    rate = _DOLLARS.get(currency, 1.0) / place.market.exchange
    return {"amount": round(value["amount"] * rate, 2), "currencyCode": currency}

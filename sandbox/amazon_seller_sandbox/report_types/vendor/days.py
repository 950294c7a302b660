"""The reports of vendors by day and ASIN; days are those of the Pacific coast.

Receipts and open units agree with the purchase orders; all other figures are functions of seed, account,
ASIN and day.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from amazon_seller_sandbox.chance import draws, key
from amazon_seller_sandbox.clock import DAY
from amazon_seller_sandbox.files import json_documents
from amazon_seller_sandbox.report_types.report_type import ReportType
from amazon_seller_sandbox.report_types.vendor.figures import Place, place_of, places
from amazon_seller_sandbox.world.accounts import VENDOR_ANALYTICS
from amazon_seller_sandbox.world.purchase_orders import LONGEST_TIMELINE, placed_between

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.files.documents import Content
    from amazon_seller_sandbox.files.json_documents import Json
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World

    Rows = Callable[[Place, date], Iterator[Json]]

_PACIFIC = ZoneInfo("America/Los_Angeles")
_SOME = 40
"""One ASIN in so many has figures on a day, beside those that arrive."""
_OLDEST = 1_460 * DAY
_MOST_DAYS = 15
_PERIODS = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")
_PROGRAMS = ("RETAIL", "BUSINESS", "FRESH")


def _of_the_day(place: Place, day: date) -> Iterator[tuple[Listing, tuple[int, ...]]]:
    return place.some("vendor-day", day.toordinal(), _SOME)


def _dated(day: date) -> Json:
    return {"startDate": day.isoformat(), "endDate": day.isoformat()}


def sales(place: Place, day: date) -> Iterator[Json]:
    """Yield what was ordered, shipped and returned of each ASIN on a day."""
    for listing, chance in _of_the_day(place, day):
        ordered, shipped, returned = chance[1] % 20, chance[2] % 18, chance[3] % 3
        yield _dated(day) | {
            "asin": listing.asin,
            "customerReturns": returned,
            "orderedRevenue": place.amount(ordered * listing.base_price),
            "orderedUnits": ordered,
            "shippedCogs": place.amount((shipped - returned) * listing.base_price * 0.55),
            "shippedRevenue": place.amount((shipped - returned) * listing.base_price),
            "shippedUnits": shipped,
        }


def traffic(place: Place, day: date) -> Iterator[Json]:
    """Yield the views of each ASIN on a day."""
    for listing, chance in _of_the_day(place, day):
        yield _dated(day) | {"asin": listing.asin, "glanceViews": 20 + chance[4] % 900}


def margins(place: Place, day: date) -> Iterator[Json]:
    """Yield Amazon's margin on each ASIN on a day."""
    for listing, chance in _of_the_day(place, day):
        margin = round(chance[5] % 9_000 / 10_000 - 0.3, 4)
        yield _dated(day) | {"asin": listing.asin, "netPureProductMargin": margin}


def _units_of_orders(place: Place, day: date) -> tuple[Counter[str], Counter[str]]:
    """Return the eaches that arrived on a day, and those confirmed and not arrived at its end."""
    start = datetime.combine(day, time(), _PACIFIC).timestamp()
    end = datetime.combine(day + timedelta(days=1), time(), _PACIFIC).timestamp() - 1
    arrived: Counter[str] = Counter()
    awaited: Counter[str] = Counter()
    for order in placed_between(place.world, place.business, start - LONGEST_TIMELINE, end):
        if order.market is not place.market:
            continue
        for item in order.items:
            before, after = item.received(start - 1), item.received(end)
            arrived[item.listing.asin] += (after - before) * item.unit_size
            if order.acknowledged <= end < order.closed:
                awaited[item.listing.asin] += (item.accepted - after) * item.unit_size
    return +arrived, +awaited


def inventory(place: Place, day: date) -> Iterator[Json]:
    """Yield Amazon's stock and receipts of each ASIN on a day."""
    arrived, awaited = _units_of_orders(place, day)
    prices = {each.asin: each.base_price for each in reversed(place.business.listings.all)}
    found = {listing.asin: chance for listing, chance in _of_the_day(place, day)}
    none = draws(key(place.world.settings.seed, "vendor-stock", place.market.id), day.toordinal())
    for asin in sorted(found.keys() | arrived.keys()):
        chance = found.get(asin, none)
        sellable, unsellable = chance[6] % 400, chance[7] % 9
        aged, unhealthy = sellable // 10, sellable // 7
        cost = prices[asin] * 0.55
        yield _dated(day) | {
            "asin": asin,
            "vendorConfirmationRate": round(0.7 + chance[8] % 30 / 100, 2),
            "netReceivedInventoryCost": place.amount(arrived[asin] * cost),
            "netReceivedInventoryUnits": arrived[asin],
            "openPurchaseOrderUnits": awaited[asin],
            "averageVendorLeadTimeDays": round(5 + chance[9] % 100 / 10, 1),
            "sellThroughRate": round(chance[10] % 100 / 100, 2),
            "unfilledCustomerOrderedUnits": chance[11] % 5,
            "sellableOnHandInventoryCost": place.amount(sellable * cost),
            "sellableOnHandInventoryUnits": sellable,
            "unsellableOnHandInventoryCost": place.amount(unsellable * cost),
            "unsellableOnHandInventoryUnits": unsellable,
            "aged90PlusDaysSellableInventoryCost": place.amount(aged * cost),
            "aged90PlusDaysSellableInventoryUnits": aged,
            "unhealthyInventoryCost": place.amount(unhealthy * cost),
            "unhealthyInventoryUnits": unhealthy,
        }


def _aggregates(rows: Iterable[Json], day: date) -> Json:
    """Sum the rows of a day: counts and amounts are added, rates are averaged."""
    total: Json = _dated(day)
    counts: Counter[str] = Counter()
    for row in rows:
        for name, value in row.items():
            if isinstance(value, dict):
                earlier = total.get(name, {"amount": 0.0})["amount"]
                total[name] = value | {"amount": round(earlier + value["amount"], 2)}
            elif not isinstance(value, str):
                total[name] = total.get(name, 0) + value
                counts[name] += isinstance(value, float)
    for name, count in counts.items():
        if count:
            total[name] = round(total[name] / count, 4)
    return total


def _objection(needed: tuple[str, ...], after: int, asked: Asked) -> str | None:
    allowed = {
        "reportPeriod": _PERIODS,
        "distributorView": ("MANUFACTURING", "SOURCING"),
        "sellingProgram": _PROGRAMS,
    }
    for name in needed:
        if asked.options.get(name) not in allowed[name]:
            return json_documents.explanation(
                f"This report type requires the {', '.join(needed)} reportOption to be specified."
                " Please review the document for this report type on GitHub, provide a value for"
                " this reportOption in your request, and try again."
            )
    first, last = json_documents.dates(asked)
    whole = {
        "DAY": True,
        "WEEK": first.isoweekday() == 7 and last.isoweekday() == 6,  # noqa: PLR2004
        "MONTH": first.day == 1 and (last + timedelta(days=1)).day == 1,
    }
    if not whole.get(asked.options["reportPeriod"], True):
        return json_documents.explanation(
            "dataStartTime must be the first day of the reportPeriod and dataEndTime the last day"
            " of one."
        )
    if (last - first).days >= _MOST_DAYS and asked.options["reportPeriod"] == "DAY":
        return json_documents.explanation(f"At most {_MOST_DAYS} days can be requested at once.")
    if json_documents.begin_of(first) < asked.created - _OLDEST - DAY:
        return json_documents.explanation(
            "dataStartTime is before the first day that is available."
        )
    if not json_documents.is_published(last, asked.created, after):
        return json_documents.explanation(
            "The report for the requested dates is not available yet."
        )
    return None


def _specification(name: str, asked: Asked, options: Iterable[str]) -> Json:
    first, last = json_documents.dates(asked)
    return {
        "reportType": name,
        "reportOptions": {option: asked.options[option] for option in options},
        "lastUpdatedDate": json_documents.day_of(asked.created).isoformat(),
        "dataStartTime": first.isoformat(),
        "dataEndTime": last.isoformat(),
    }


def _content(
    name: str, lists: tuple[str, str], needed: tuple[str, ...], rows: Rows, asked: Asked
) -> Content:
    place = place_of(asked)
    found = {
        day: list(rows(place, day)) for day in json_documents.days(*json_documents.dates(asked))
    }
    total, single = lists
    return json_documents.content(
        asked,
        _specification(name, asked, needed),
        {
            total: (_aggregates(each, day) for day, each in found.items() if each),
            single: (row for each in found.values() for row in each),
        },
    )


def _truth(
    rows: Rows, published: int, world: World, business: Business, as_of: int, _since: float
) -> Iterator[Record]:
    for place in places(world, business):
        for day in json_documents.published_days(world.history_start, as_of, published):
            for row in rows(place, day):
                yield place.record(row)


_VIEW = ("reportPeriod", "distributorView", "sellingProgram")
_DAILY: tuple[tuple[str, str, tuple[str, str], tuple[str, ...], Rows, int], ...] = (
    ("vendor_sales", "SALES", ("salesAggregate", "salesByAsin"), _VIEW, sales, 4 * DAY),
    (
        "vendor_inventory",
        "INVENTORY",
        ("inventoryAggregate", "inventoryByAsin"),
        _VIEW,
        inventory,
        4 * DAY,
    ),
    (
        "vendor_traffic",
        "TRAFFIC",
        ("trafficAggregate", "trafficByAsin"),
        ("reportPeriod",),
        traffic,
        4 * DAY,
    ),
    (
        "vendor_net_pure_product_margin",
        "NET_PURE_PRODUCT_MARGIN",
        ("netPureProductMarginAggregate", "netPureProductMarginByAsin"),
        ("reportPeriod",),
        margins,
        8 * DAY,
    ),
)
REPORT_TYPES = tuple(
    ReportType(
        name := f"GET_VENDOR_{part}_REPORT",
        partial(_content, name, lists, needed, rows),
        VENDOR_ANALYTICS,
        one_marketplace=True,
        objection=partial(_objection, needed, published - DAY),
    )
    for _, part, lists, needed, rows, published in _DAILY
)
TRUTH: dict[str, Truth] = {
    stream: partial(_truth, rows, published) for stream, _, _, _, rows, published in _DAILY
}

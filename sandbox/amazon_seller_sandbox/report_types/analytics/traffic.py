"""The sales and traffic report: what was ordered of each SKU on each day, and who looked at it.

Orders are the account's own; visits belong to its listings. Every figure of a day is a function of seed,
account and day, and has its final value three days after the day; before, visits are still coming in.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from amazon_seller_sandbox.chance import draws, key
from amazon_seller_sandbox.clock import DAY
from amazon_seller_sandbox.files import json_documents
from amazon_seller_sandbox.files.json_documents import PUBLISHED, Json
from amazon_seller_sandbox.report_types.report_type import ReportType, TypeLimit
from amazon_seller_sandbox.world.accounts import ROLE_ANALYTICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.files.documents import Content
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World

_NAME = "GET_SALES_AND_TRAFFIC_REPORT"
_OLDEST = 730 * DAY
_VISITED_EVERY = 60
"""Beside those that are ordered, one listing in so many is looked at on a day."""
_VARIATIONS = 4
"""So many listings in a row are variations of one parent product."""
_GRANULARITIES = {
    "dateGranularity": ("DAY", "WEEK", "MONTH"),
    "asinGranularity": ("PARENT", "CHILD", "SKU"),
}


@dataclass(slots=True)
class Figures:
    """What is counted of a product or of a day; amounts in minor units."""

    units: int = 0
    units_b2b: int = 0
    items: int = 0
    items_b2b: int = 0
    sales: int = 0
    sales_b2b: int = 0
    browser_sessions: int = 0
    app_sessions: int = 0
    browser_views: int = 0
    app_views: int = 0
    featured_views: int = 0

    def add(self, other: Figures) -> None:
        """Add other figures to these."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def sessions(self) -> int:
        """Return all sessions."""
        return self.browser_sessions + self.app_sessions

    @property
    def views(self) -> int:
        """Return all page views."""
        return self.browser_views + self.app_views


@dataclass(frozen=True, slots=True)
class Book:
    """The figures of one marketplace of an account, as of an instant."""

    world: World
    business: Business
    market: Marketplace
    as_of: float

    def day(self, day: date) -> dict[int, Figures]:
        """Return what was ordered and looked at on a day, by the listing's index."""
        if json_documents.begin_of(day) < self.world.history_start:
            return {}
        found = self._orders(day)
        prefix = key(self.world.settings.seed, self.business.account.key, "visits", self.market.id)
        settled = json_documents.begin_of(day) + DAY + PUBLISHED
        part = min(max((self.as_of - json_documents.begin_of(day)) / (DAY + PUBLISHED), 0.0), 1.0)
        for listing in self.business.listings.in_marketplace(self.market, int(settled)):
            chance = draws(prefix, (listing.index << 24) + day.toordinal())
            if listing.index in found or chance[0] % _VISITED_EVERY == 0:
                figures = found.setdefault(listing.index, Figures())
                figures.add(_visits(chance, figures.units, part))
        return dict(sorted(found.items()))

    def _orders(self, day: date) -> dict[int, Figures]:
        zone = ZoneInfo(self.market.zone)
        start = datetime.combine(day, time(), zone).timestamp()
        end = datetime.combine(day + timedelta(days=1), time(), zone).timestamp() - 1
        as_of = int(min(self.as_of, json_documents.begin_of(day) + DAY + PUBLISHED))
        indexes = {each.sku: each.index for each in self.business.listings.all}
        found: dict[int, Figures] = {}
        for order in self.business.orders.purchased_between(
            start, min(end, as_of), as_of, frozenset({self.market.id})
        ):
            for line in order.lines:
                if not line.quantity:
                    continue
                sold = Figures(units=line.quantity, items=1, sales=line.item_price or 0)
                if order.is_business:
                    sold.units_b2b, sold.items_b2b, sold.sales_b2b = sold.units, 1, sold.sales
                found.setdefault(indexes[line.sku], Figures()).add(sold)
        return found


def _visits(chance: tuple[int, ...], units: int, part: float) -> Figures:
    browser, app = int((units + chance[1] % 40) * part), int(chance[2] % 60 * part)
    browser_views, app_views = browser + chance[3] % (browser + 1), app + chance[4] % (app + 1)
    featured = (browser_views + app_views) * (50 + chance[5] % 51) // 100
    return Figures(
        browser_sessions=browser,
        app_sessions=app,
        browser_views=browser_views,
        app_views=app_views,
        featured_views=featured,
    )


def percent(part: float, whole: float) -> float:
    """Return a share in per cent; 0 of nothing."""
    return round(100 * part / whole, 2) if whole else 0.0


def _ratio(part: float, whole: float) -> float:
    return round(part / whole, 2) if whole else 0.0


def parent_of(business: Business, listing: Listing) -> str:
    """Return the ASIN of the product that a listing is a variation of."""
    return business.listings.all[listing.index - listing.index % _VARIATIONS].asin


def amount(book: Book, minor: float) -> Json:
    """Return an amount of money, from minor units."""
    units = book.market.minor_units
    return {"amount": round(minor / units, 2), "currencyCode": book.market.currency}


def sells_to_businesses(book: Book) -> bool:
    """Say whether the seller has figures of Amazon Business customers."""
    return book.business.account.region != "FE"


def by_asin(book: Book, granularity: str, over: list[date]) -> Iterator[Json]:
    """Yield what some days come to together, for each product."""
    listings = book.business.listings.all
    found: dict[tuple[str, ...], Figures] = {}
    whole = Figures()
    for day in over:
        for index, figures in book.day(day).items():
            listing = listings[index]
            names: tuple[str, ...] = parent_of(book.business, listing), listing.asin, listing.sku
            depth = _GRANULARITIES["asinGranularity"].index(granularity) + 1
            found.setdefault(names[:depth], Figures()).add(figures)
            whole.add(figures)
    for names, figures in found.items():
        keys = dict(zip(("parentAsin", "childAsin", "sku"), names, strict=False))
        yield {
            **keys,
            "salesByAsin": _sales_by_asin(book, figures),
            "trafficByAsin": _traffic_by_asin(figures, whole),
        }


def _sales_by_asin(book: Book, figures: Figures) -> Json:
    sales: Json = {
        "unitsOrdered": figures.units,
        "orderedProductSales": amount(book, figures.sales),
        "totalOrderItems": figures.items,
    }
    if sells_to_businesses(book):
        sales |= {
            "unitsOrderedB2B": figures.units_b2b,
            "orderedProductSalesB2B": amount(book, figures.sales_b2b),
            "totalOrderItemsB2B": figures.items_b2b,
        }
    return sales


def _counts(figures: Figures) -> Json:
    return {
        "browserPageViews": figures.browser_views,
        "mobileAppPageViews": figures.app_views,
        "pageViews": figures.views,
        "browserSessions": figures.browser_sessions,
        "mobileAppSessions": figures.app_sessions,
        "sessions": figures.sessions,
    }


def _traffic_by_asin(figures: Figures, whole: Figures) -> Json:
    shares = {
        "browserSessionPercentage": (figures.browser_sessions, whole.browser_sessions),
        "mobileAppSessionPercentage": (figures.app_sessions, whole.app_sessions),
        "sessionPercentage": (figures.sessions, whole.sessions),
        "browserPageViewsPercentage": (figures.browser_views, whole.browser_views),
        "mobileAppPageViewsPercentage": (figures.app_views, whole.app_views),
        "pageViewsPercentage": (figures.views, whole.views),
        "buyBoxPercentage": (figures.featured_views, figures.views),
        "unitSessionPercentage": (figures.units, figures.sessions),
    }
    return _counts(figures) | {name: percent(*pair) for name, pair in shares.items()}


def by_date(book: Book, over: list[date]) -> Json:
    """Return what some days come to together, all products summed."""
    total = Figures()
    for day in over:
        for figures in book.day(day).values():
            total.add(figures)
    prefix = key(book.world.settings.seed, book.business.account.key, "day", book.market.id)
    chance = draws(prefix, over[0].toordinal())
    refunded, claims = chance[0] % 4, chance[1] % 2
    feedback = chance[2] % 9
    negative = chance[3] % (feedback + 1)
    shipped = max(total.units - chance[4] % 3, 0)
    day_end = json_documents.begin_of(over[-1]) + DAY
    offers = len(book.business.listings.in_marketplace(book.market, day_end))
    sales: Json = {
        "orderedProductSales": amount(book, total.sales),
        "unitsOrdered": total.units,
        "totalOrderItems": total.items,
        "averageSalesPerOrderItem": amount(book, _ratio(total.sales, total.items)),
        "averageUnitsPerOrderItem": _ratio(total.units, total.items),
        "averageSellingPrice": amount(book, _ratio(total.sales, total.units)),
        "unitsRefunded": refunded,
        "refundRate": min(percent(refunded, total.units), 100.0),
        "claimsGranted": claims,
        "claimsAmount": amount(book, claims * 1_999),
        "shippedProductSales": amount(book, _ratio(total.sales * shipped, total.units)),
        "unitsShipped": shipped,
        "ordersShipped": min(shipped, total.items),
    }
    if sells_to_businesses(book):
        sales |= {
            "orderedProductSalesB2B": amount(book, total.sales_b2b),
            "unitsOrderedB2B": total.units_b2b,
            "totalOrderItemsB2B": total.items_b2b,
            "averageSalesPerOrderItemB2B": amount(book, _ratio(total.sales_b2b, total.items_b2b)),
            "averageUnitsPerOrderItemB2B": _ratio(total.units_b2b, total.items_b2b),
            "averageSellingPriceB2B": amount(book, _ratio(total.sales_b2b, total.units_b2b)),
        }
    traffic = _counts(total) | {
        "buyBoxPercentage": percent(total.featured_views, total.views),
        "orderItemSessionPercentage": percent(total.items, total.sessions),
        "unitSessionPercentage": percent(total.units, total.sessions),
        "averageOfferCount": offers,
        "averageParentItems": offers // _VARIATIONS,
        "feedbackReceived": feedback,
        "negativeFeedbackReceived": negative,
        "receivedNegativeFeedbackRate": percent(negative, feedback),
    }
    return {"date": over[0].isoformat(), "salesByDate": sales, "trafficByDate": traffic}


_PERIOD: Mapping[str, Callable[[date], date]] = {
    "DAY": lambda day: day,
    "WEEK": json_documents.sunday_of,
    "MONTH": lambda day: day.replace(day=1),
}


def periods(granularity: str, first: date, last: date) -> list[list[date]]:
    """Return the days from the first to the last, by day, week or month."""
    found: dict[date, list[date]] = {}
    for day in json_documents.days(first, last):
        found.setdefault(_PERIOD[granularity](day), []).append(day)
    return list(found.values())


def _options(asked: Asked) -> dict[str, str]:
    defaults = {"dateGranularity": "DAY", "asinGranularity": "PARENT"}
    return {name: asked.options.get(name, default) for name, default in defaults.items()}


def _objection(asked: Asked) -> str | None:
    for name, value in _options(asked).items():
        if value not in _GRANULARITIES[name]:
            allowed = ", ".join(_GRANULARITIES[name])
            return json_documents.explanation(f"The {name} reportOption must be one of {allowed}.")
    if asked.start < asked.created - _OLDEST - DAY:
        return json_documents.explanation("dataStartTime must not be more than two years ago.")
    return None


def _content(asked: Asked) -> Content:
    book = Book(asked.world, asked.business, asked.market, asked.as_of)
    first, last = json_documents.dates(asked)
    options = _options(asked)
    specification = {
        "reportType": _NAME,
        "reportOptions": options,
        "dataStartTime": first.isoformat(),
        "dataEndTime": last.isoformat(),
    }
    lists = {
        "salesAndTrafficByDate": (
            by_date(book, period) for period in periods(options["dateGranularity"], first, last)
        ),
        "salesAndTrafficByAsin": by_asin(
            book, options["asinGranularity"], list(json_documents.days(first, last))
        ),
    }
    return json_documents.content(asked, specification, lists)


def _days(world: World, business: Business, as_of: int) -> Iterator[tuple[Book, date]]:
    for market in business.account.marketplaces:
        book = Book(world, business, market, as_of)
        for day in json_documents.published_days(world.history_start, as_of):
            yield book, day


def _dated(book: Book, day: date) -> dict[str, Any]:
    return {
        "marketplace_id": book.market.id,
        "report_start_date": day.isoformat(),
        "report_end_date": day.isoformat(),
    }


def _report_truth(world: World, business: Business, as_of: int, _since: float) -> Iterator[Record]:
    for book, day in _days(world, business, as_of):
        for found in by_asin(book, "SKU", [day]):
            yield _dated(book, day) | {
                "parent_asin": found["parentAsin"],
                "child_asin": found["childAsin"],
                "sku": found["sku"],
                "line_number": 1,
                "sales_by_asin": found["salesByAsin"],
                "traffic_by_asin": found["trafficByAsin"],
            }


def _by_date_truth(world: World, business: Business, as_of: int, _since: float) -> Iterator[Record]:
    for book, day in _days(world, business, as_of):
        found = by_date(book, [day])
        yield _dated(book, day) | {
            "date": found["date"],
            "sales_by_date": found["salesByDate"],
            "traffic_by_date": found["trafficByDate"],
        }


REPORT_TYPES = (
    ReportType(
        _NAME,
        _content,
        ROLE_ANALYTICS,
        one_marketplace=True,
        objection=_objection,
        limit=TypeLimit(interval=900, requests_a_day=96),
    ),
)
TRUTH: dict[str, Truth] = {
    "sales_traffic_report": _report_truth,
    "sales_traffic_by_date": _by_date_truth,
}

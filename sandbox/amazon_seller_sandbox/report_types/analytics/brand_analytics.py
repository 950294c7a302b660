"""Brand Analytics: what shoppers search for, click and buy together with a brand's products, by week."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from amazon_seller_sandbox.chance import draws, key, pick
from amazon_seller_sandbox.files import json_documents
from amazon_seller_sandbox.report_types.report_type import ReportType, TypeLimit
from amazon_seller_sandbox.world.accounts import ROLE_ANALYTICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.files.documents import Content
    from amazon_seller_sandbox.files.json_documents import Json
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World

    Rows = Callable[[World, Business, Marketplace, tuple[date, date]], Iterator[Json]]

_SOME = 24
"""One ASIN in so many has figures in a week."""
_TERMS = 12
_WORDS = (
    "gießkanne",
    "garden hose 25m",
    "tuyau d'arrosage",
    "水やり",
    "\N{BUG} “bug” spray",
    "café",
)
_PERIODS = ("DAY", "WEEK", "MONTH", "QUARTER")
_SATURDAY = 6


def _week(first: date, last: date) -> Json:
    return {"startDate": first.isoformat(), "endDate": last.isoformat()}


def _asins(
    world: World, business: Business, market: Marketplace, week: date
) -> Iterator[tuple[str, int, tuple[int, ...]]]:
    """Yield the ASINs with figures in a week, their price in minor units, and chance."""
    prefix = key(world.settings.seed, business.account.key, "brand", market.id)
    as_of = json_documents.begin_of(week)
    listed = {
        each.asin: each
        for each in business.listings.in_marketplace(market, as_of)
        if not each.incomplete
    }
    for asin, listing in listed.items():
        chance = draws(prefix, (listing.product << 24) + week.toordinal())
        if chance[0] % _SOME == 0:
            yield asin, business.listings.offer(listing, market, as_of).price, chance


def _baskets(
    world: World, business: Business, market: Marketplace, week: tuple[date, date]
) -> Iterator[Json]:
    others = sorted(business.listings.by_asin)
    for asin, _price, chance in _asins(world, business, market, week[0]):
        first = chance[1] % len(others)
        for rank in range(1, 2 + chance[2] % 3):
            other = others[(first + rank * 17) % len(others)]
            share = round(0.3 / rank - 0.0001 * (chance[3] % 100), 4)
            yield _week(*week) | {
                "asin": asin,
                "purchasedWithAsin": other,
                "purchasedWithRank": rank,
                "combinationPct": share,
            }


def _repeats(
    world: World, business: Business, market: Marketplace, week: tuple[date, date]
) -> Iterator[Json]:
    for asin, price, chance in _asins(world, business, market, week[0]):
        if chance[1] % 5 == 0:  # too few orders
            names = ("orders", "uniqueCustomers", "repeatCustomersPctTotal")
            figures: Json = dict.fromkeys(names)
            figures |= {"repeatPurchaseRevenue": None, "repeatPurchaseRevenuePctTotal": None}
        else:
            orders = 3 + chance[2] % 40
            figures = {
                "orders": orders,
                "uniqueCustomers": orders - chance[3] % 3,
                "repeatCustomersPctTotal": round(chance[4] % 1000 / 4000, 4),
                "repeatPurchaseRevenue": _amount(market, price * (chance[5] % 4)),
                "repeatPurchaseRevenuePctTotal": round(chance[6] % 1000 / 3000, 4),
            }
        yield _week(*week) | {"asin": asin} | figures


def _amount(market: Marketplace, minor: int) -> Json:
    return {"amount": round(minor / market.minor_units, 2), "currencyCode": market.currency}


def _shipping(event: str, count: int) -> Json:
    return {
        f"{days}Shipping{event}Count": count // part
        for days, part in (("sameDay", 9), ("oneDay", 3), ("twoDay", 4))
    }


def _performance(
    world: World, business: Business, market: Marketplace, week: tuple[date, date]
) -> Iterator[Json]:
    for asin, price, chance in _asins(world, business, market, week[0]):
        shown = 100 + chance[1] % 5_000
        clicked = shown // (8 + chance[2] % 20)
        added = clicked // (2 + chance[3] % 5)
        bought = added // (1 + chance[4] % 3)
        yield _week(*week) | {
            "asin": asin,
            "impressionData": {
                "impressionCount": shown,
                "impressionMedianPrice": _amount(market, price),
                **_shipping("Impression", shown),
            },
            "clickData": {
                "clickCount": clicked,
                "clickRate": round(clicked / shown, 4),
                "clickedMedianPrice": _amount(market, price),
                **_shipping("Click", clicked),
            },
            "cartAddData": {
                "cartAddCount": added,
                "cartAddedMedianPrice": _amount(market, price),
                **_shipping("CartAdd", added),
            },
            "purchaseData": {
                "purchaseCount": bought,
                "searchTrafficSales": _amount(market, price * bought),
                "conversionRate": round(bought / clicked, 4) if clicked else 0.0,
                "purchaseMedianPrice": _amount(market, price),
                **_shipping("Purchase", bought),
            },
        }


def _terms(
    world: World, business: Business, market: Marketplace, week: tuple[date, date]
) -> Iterator[Json]:
    prefix = key(world.settings.seed, "terms", market.id)  # of the market, whoever asks
    asins = sorted(business.listings.by_asin)
    for rank in range(1, _TERMS + 1):
        chance = draws(prefix, rank * 10**7 + week[0].toordinal())
        for place in range(1, 2 + chance[1] % 3):
            yield {
                "departmentName": market.name,
                "searchTerm": f"{pick(_WORDS, chance[2])} {rank}",
                "searchFrequencyRank": rank,
                "clickedAsin": asins[(chance[3] + place * 31) % len(asins)],
                "clickShareRank": place,
                "clickShare": round(0.2 / place - chance[4] % 100 / 10_000, 4),
                "conversionShare": round(chance[5 + place] % 1000 / 10_000, 4),
            }


def _objection(asked: Asked) -> str | None:
    period = asked.options.get("reportPeriod")
    if period not in _PERIODS:
        return json_documents.explanation(
            "This report type requires the reportPeriod reportOption to be specified. Please "
            "review the document for this report type on GitHub, provide a value for this "
            "reportOption in your request, and try again."
        )
    first, last = json_documents.dates(asked)
    if period == "WEEK" and (
        json_documents.sunday_of(last) != first or last.isoweekday() != _SATURDAY
    ):
        return json_documents.explanation(
            "dataStartTime must be a Sunday and dataEndTime the Saturday of the same week."
        )
    if not json_documents.is_published(last, asked.created):
        return json_documents.explanation(
            "The report for the requested dates is not available yet."
        )
    return None


def _content(name: str, list_name: str, rows: Rows, asked: Asked) -> Content:
    first, last = json_documents.dates(asked)
    specification = {
        "reportType": name,
        "reportOptions": {"reportPeriod": asked.options["reportPeriod"]},
        "dataStartTime": first.isoformat(),
        "dataEndTime": last.isoformat(),
    }
    found = rows(asked.world, asked.business, asked.market, (first, last))
    return json_documents.content(asked, specification, {list_name: found})


def _truth(
    rows: Rows,
    world: World,
    business: Business,
    as_of: int,
    _since: float,
) -> Iterator[Record]:
    for market in business.account.marketplaces:
        for week in json_documents.published_weeks(world.history_start, as_of):
            for row in rows(world, business, market, week):
                record = json_documents.snake(row)
                if rows is _terms:
                    first, last = (day.isoformat() for day in week)
                    record |= {"report_start_date": first, "report_end_date": last}
                yield {"marketplace_id": market.id} | record


_REPORTS = {
    "market_basket": ("MARKET_BASKET", "dataByAsin", _baskets),
    "repeat_purchase": ("REPEAT_PURCHASE", "dataByAsin", _repeats),
    "search_catalog_performance": ("SEARCH_CATALOG_PERFORMANCE", "dataByAsin", _performance),
    "search_terms": ("SEARCH_TERMS", "dataByDepartmentAndSearchTerm", _terms),
}
_QUERIES = "GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT"
_LONGEST_ASINS = 200
"""Characters of the option `asin`, which holds ASINs with blanks between them."""


def _objection_to_queries(asked: Asked) -> str | None:
    asins = asked.options.get("asin", "")
    if not asins or len(asins) > _LONGEST_ASINS:
        return json_documents.explanation(
            f"The asin reportOption must hold ASINs of at most {_LONGEST_ASINS} characters in all."
        )
    return _objection(asked)


def _of_queries(asked: Asked) -> Content:
    first, last = json_documents.dates(asked)
    prefix = key(asked.world.settings.seed, asked.business.account.key, "queries", asked.market.id)
    asins = asked.options["asin"].split()
    specification = {
        "reportType": _QUERIES,
        "reportOptions": {name: asked.options[name] for name in ("asin", "reportPeriod")},
        "dataStartTime": first.isoformat(),
        "dataEndTime": last.isoformat(),
    }
    rows = (
        _week(first, last)
        | {"asin": asin}
        | _query(draws(prefix, place * 10**7 + last.toordinal()))
        for place, asin in enumerate(asins)
    )
    return json_documents.content(asked, specification, {"dataByAsin": rows})


def _query(chance: tuple[int, ...]) -> Json:
    volume = 10 + chance[1] % 5_000
    counts = {name: volume // part for name, part in (("impression", 1), ("click", 9))}
    return {
        "searchQueryData": {
            "searchQuery": pick(_WORDS, chance[0]),
            "searchQueryScore": 1 + chance[2] % 100,
            "searchQueryVolume": volume,
        },
        **{
            f"{name}Data": {
                f"total{name.capitalize()}Count": count,
                f"asin{name.capitalize()}Count": 1,
            }
            for name, count in counts.items()
        },
    }


REPORT_TYPES = (
    *(
        ReportType(
            name := f"GET_BRAND_ANALYTICS_{part}_REPORT",
            partial(_content, name, list_name, rows),
            ROLE_ANALYTICS,
            one_marketplace=True,
            objection=_objection,
        )
        for part, list_name, rows in _REPORTS.values()
    ),
    ReportType(
        _QUERIES,
        _of_queries,
        ROLE_ANALYTICS,
        one_marketplace=True,
        objection=_objection_to_queries,
        limit=TypeLimit(made_a_day=20),
    ),
)
TRUTH: dict[str, Truth] = {
    stream: partial(_truth, rows) for stream, (_, _, rows) in _REPORTS.items()
}

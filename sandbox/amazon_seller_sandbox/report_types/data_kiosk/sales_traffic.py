"""Sales and traffic by ASIN, by date, and as trends: the figures of the report, and a few more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.files import json_documents
from amazon_seller_sandbox.report_types.analytics.traffic import (
    Book,
    amount,
    by_asin,
    by_date,
    percent,
    sells_to_businesses,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from amazon_seller_sandbox.report_types.data_kiosk.asked import Asked, Row
    from amazon_seller_sandbox.world.accounts import Marketplace

_RETURNED_ONE_IN = 7


def by_product(asked: Asked) -> Iterator[Row]:
    """Yield a row per product, of the complete time together."""
    for market in _markets(asked):
        book = _book(asked, market)
        granularity = asked.arguments["aggregateBy"]
        for row in by_asin(book, granularity, next(asked.periods("RANGE"))):
            yield _dated(asked, market, next(asked.periods("RANGE"))) | _product(row)


def by_day(asked: Asked) -> Iterator[Row]:
    """Yield a row per date and marketplace."""
    for market in _markets(asked):
        book = _book(asked, market)
        for days in asked.periods(asked.arguments["aggregateBy"]):
            if _is_of_history(book, days):
                row = by_date(book, days)
                b2b = _shipped_b2b(book, row["salesByDate"])
                yield _dated(asked, market, days) | {
                    "sales": row["salesByDate"] | b2b,
                    "traffic": row["trafficByDate"],
                }


def trends(asked: Asked) -> Iterator[Row]:
    """Yield a row per child ASIN and date, of those that are named and have figures."""
    account = asked.business.account
    for wanted in asked.arguments["filters"]:
        market = account.marketplace(wanted["marketplaceId"])
        assert market is not None  # noqa: S101 - refused before
        book = _book(asked, market)
        for days in asked.periods(asked.arguments["dateAggregation"]):
            for row in by_asin(book, "CHILD", days):
                if row["childAsin"] in wanted["asins"]:
                    yield (
                        _dated(asked, market, days) | _product(row) | {"asinAggregation": "CHILD"}
                    )


def _product(row: Row) -> Row:
    sales = dict(row["salesByAsin"])
    units, items = sales["unitsOrdered"], sales["totalOrderItems"]
    refunded = units // _RETURNED_ONE_IN
    more: dict[str, Any] = {
        "ordersShipped": items,
        "refundRate": percent(refunded, units),
        "shippedProductSales": sales["orderedProductSales"],
        "unitsRefunded": refunded,
        "unitsShipped": units,
    }
    keys = {name: value for name, value in row.items() if not name.endswith("ByAsin")}
    return keys | {"sales": sales | more, "traffic": row["trafficByAsin"]}


def _shipped_b2b(book: Book, sales: Row) -> Row:
    """Return the figures of Amazon Business customers that the report does not have."""
    if not sells_to_businesses(book):
        return {}
    return {
        "claimsAmountB2B": amount(book, 0),
        "claimsGrantedB2B": 0,
        "ordersShippedB2B": sales["totalOrderItemsB2B"],
        "refundRateB2B": 0.0,
        "shippedProductSalesB2B": sales["orderedProductSalesB2B"],
        "unitsRefundedB2B": 0,
        "unitsShippedB2B": sales["unitsOrderedB2B"],
    }


def _markets(asked: Asked) -> Iterator[Marketplace]:
    for market_id in asked.arguments["marketplaceIds"]:
        market = asked.business.account.marketplace(market_id)
        assert market is not None  # noqa: S101 - refused before
        yield market


def _book(asked: Asked, market: Marketplace) -> Book:
    return Book(asked.world, asked.business, market, asked.as_of)


def _dated(asked: Asked, market: Marketplace, days: list[date]) -> Row:
    return {
        "marketplaceId": market.id,
        "startDate": (days or [asked.first])[0].isoformat(),
        "endDate": (days or [asked.last])[-1].isoformat(),
    }


def _is_of_history(book: Book, days: list[date]) -> bool:
    begin = json_documents.begin_of(days[0])
    return book.world.history_start <= begin < book.as_of

"""The reports of orders, listings and FBA stock that every sync needs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from amazon_seller_sandbox.files import listing_files, order_files, stock_files
from amazon_seller_sandbox.files.documents import Content
from amazon_seller_sandbox.report_types import truth
from amazon_seller_sandbox.report_types.report_type import ReportType
from amazon_seller_sandbox.world.accounts import ROLE_FBA, ROLE_ORDERS

if TYPE_CHECKING:
    from amazon_seller_sandbox.report_types.report_type import Asked

_DAY = 86_400
_ENGLISH = {"en_US", "en_GB"}
_TWO_YEARS = 730 * _DAY


def _listings(asked: Asked) -> Content:
    market = asked.market
    english = asked.options.get("preferredReportDocumentLocale") in _ENGLISH
    ignore = asked.world.settings.ignore_report_locale
    return Content(
        listing_files.rows(asked.business, market, asked.as_of, english=english and not ignore),
        market.charsets.listings,
        asked.compressed,
        bom=market.listings_bom,
    )


def _stock(asked: Asked, *, archived: bool) -> Content:
    rows = stock_files.rows(asked.business, asked.market, asked.as_of, archived=archived)
    return Content(rows, asked.market.charsets.stock, asked.compressed)


def _orders(asked: Asked, *, by_purchase: bool) -> Content:
    settings, market = asked.world.settings, asked.market
    as_of = asked.as_of - int(settings.report_lag_minutes * 60)
    wanted = asked.business.account.marketplaces if settings.region_wide_orders else asked.markets
    ids = frozenset(each.id for each in wanted)
    book = asked.business.orders
    find = book.purchased_between if by_purchase else book.updated_between
    orders = find(max(asked.start, asked.created - _TWO_YEARS), asked.end, as_of, ids)
    return Content(
        order_files.rows(orders, market, by_purchase_date=by_purchase),
        market.charsets.orders,
        asked.compressed,
        line_end="\r\n" if market.network == "AMAZON_NA" else "\n",
    )


REPORT_TYPES = (
    # "Date range exceeded" beyond 30 days; orders older than two years are never returned.
    ReportType(
        "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
        partial(_orders, by_purchase=False),
        ROLE_ORDERS,
        longest_window=30 * _DAY,
    ),
    ReportType(
        "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
        partial(_orders, by_purchase=True),
        ROLE_ORDERS,
        longest_window=30 * _DAY,
    ),
    ReportType("GET_MERCHANT_LISTINGS_ALL_DATA", _listings, ROLE_ORDERS, one_marketplace=True),
    # Near-real-time FBA reports are generated at most every 30 minutes.
    ReportType(
        "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA",
        partial(_stock, archived=False),
        ROLE_FBA,
        cool_down=30 * 60,
        compressed=None,
    ),
    ReportType(
        "GET_FBA_MYI_ALL_INVENTORY_DATA",
        partial(_stock, archived=True),
        ROLE_FBA,
        cool_down=30 * 60,
        compressed=None,
    ),
)
TRUTH = truth.STREAMS

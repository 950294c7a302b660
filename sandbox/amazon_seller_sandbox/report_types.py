"""The report types the sandbox can make: one entry each, data only."""

from __future__ import annotations

from dataclasses import dataclass

from amazon_seller_sandbox.accounts import ROLE_FBA, ROLE_ORDERS

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class ReportType:
    """What is special about a report type; durations in seconds."""

    name: str
    content: str
    role: str
    longest_window: float | None = None
    oldest_data: float | None = None
    cool_down: float = 0.0
    one_marketplace: bool = False
    compressed: bool | None = True
    """None: compressed or not, as it comes."""


ORDERS_BY_UPDATE = "orders by last update"
ORDERS_BY_PURCHASE = "orders by purchase date"
LISTINGS = "listings"
STOCK = "stock"

REPORT_TYPES = {
    each.name: each
    for each in (
        # "Date range exceeded" beyond 30 days; orders older than two years are never returned.
        ReportType(
            "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
            ORDERS_BY_UPDATE,
            ROLE_ORDERS,
            longest_window=30 * _DAY,
            oldest_data=730 * _DAY,
        ),
        ReportType(
            "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
            ORDERS_BY_PURCHASE,
            ROLE_ORDERS,
            longest_window=30 * _DAY,
            oldest_data=730 * _DAY,
        ),
        ReportType("GET_MERCHANT_LISTINGS_ALL_DATA", LISTINGS, ROLE_ORDERS, one_marketplace=True),
        # Near-real-time FBA reports are generated at most every 30 minutes.
        ReportType(
            "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA",
            STOCK,
            ROLE_FBA,
            cool_down=30 * 60,
            compressed=None,
        ),
        ReportType(
            "GET_FBA_MYI_ALL_INVENTORY_DATA",
            STOCK,
            ROLE_FBA,
            cool_down=30 * 60,
            compressed=None,
        ),
    )
}

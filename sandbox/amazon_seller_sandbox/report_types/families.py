"""All that the sandbox can answer: a module per subject, each with some of three tables.

``REPORT_TYPES`` are its report types, ``OPERATIONS`` its API operations, and ``TRUTH`` the records that
a perfect sync delivers, by stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amazon_seller_sandbox.api import (
    awd,
    direct_fulfilment,
    finances,
    orders,
    tokens,
    vendor_orders,
)
from amazon_seller_sandbox.report_types import core_reports, feedback, returns, settlements
from amazon_seller_sandbox.report_types.analytics import brand_analytics, traffic
from amazon_seller_sandbox.report_types.fba import (
    fees,
    inventory,
    ledger,
    planning,
    removals,
    shipments,
)
from amazon_seller_sandbox.report_types.listings import browse_tree, other_listings
from amazon_seller_sandbox.report_types.orders import other_orders, xml_orders
from amazon_seller_sandbox.report_types.vendor import days, hours

if TYPE_CHECKING:
    from amazon_seller_sandbox.api.operation import Operation
    from amazon_seller_sandbox.report_types.report_type import ReportType
    from amazon_seller_sandbox.report_types.truth import Truth
    from amazon_seller_sandbox.world.accounts import Account

FAMILIES = (
    awd,
    brand_analytics,
    browse_tree,
    core_reports,
    direct_fulfilment,
    fees,
    inventory,
    ledger,
    planning,
    shipments,
    feedback,
    finances,
    other_listings,
    other_orders,
    orders,
    removals,
    returns,
    settlements,
    tokens,
    traffic,
    hours,
    vendor_orders,
    days,
    xml_orders,
)

REPORT_TYPES: dict[str, ReportType] = {
    each.name: each for family in FAMILIES for each in getattr(family, "REPORT_TYPES", ())
}
OPERATIONS: tuple[Operation, ...] = tuple(
    each for family in FAMILIES for each in getattr(family, "OPERATIONS", ())
)
TRUTH: dict[str, Truth] = {
    stream: truth for family in FAMILIES for stream, truth in getattr(family, "TRUTH", {}).items()
}


def has(account: Account, stream: str) -> bool:
    """Say whether an account can have a stream: vendors have streams of their own."""
    return stream in TRUTH and account.is_vendor == stream.startswith("vendor_")

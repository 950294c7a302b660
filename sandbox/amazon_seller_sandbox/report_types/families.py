"""All report types, and what a perfect sync makes of them: a module per family, each with two tables.

``REPORT_TYPES`` are its report types, and ``TRUTH`` the records that a perfect sync delivers, by stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amazon_seller_sandbox.report_types import feedback, returns, settlements
from amazon_seller_sandbox.report_types.analytics import (
    brand_analytics,
    traffic,
)
from amazon_seller_sandbox.report_types.fba import (
    fees,
    inventory,
    ledger,
    planning,
    removals,
    shipments,
    stock,
)
from amazon_seller_sandbox.report_types.listings import (
    all_listings,
    browse_tree,
    other_listings,
)
from amazon_seller_sandbox.report_types.orders import (
    all_orders,
    other_orders,
    xml_orders,
)
from amazon_seller_sandbox.report_types.vendor import (
    days,
    hours,
)

if TYPE_CHECKING:
    from amazon_seller_sandbox.report_types.report_type import ReportType
    from amazon_seller_sandbox.world.truth import Truth

_FAMILIES: tuple[tuple[ReportType, ...], ...] = (
    brand_analytics.REPORT_TYPES,
    traffic.REPORT_TYPES,
    fees.REPORT_TYPES,
    inventory.REPORT_TYPES,
    ledger.REPORT_TYPES,
    planning.REPORT_TYPES,
    removals.REPORT_TYPES,
    shipments.REPORT_TYPES,
    stock.REPORT_TYPES,
    all_listings.REPORT_TYPES,
    browse_tree.REPORT_TYPES,
    other_listings.REPORT_TYPES,
    all_orders.REPORT_TYPES,
    other_orders.REPORT_TYPES,
    xml_orders.REPORT_TYPES,
    days.REPORT_TYPES,
    hours.REPORT_TYPES,
    feedback.REPORT_TYPES,
    returns.REPORT_TYPES,
    settlements.REPORT_TYPES,
)
REPORT_TYPES: dict[str, ReportType] = {each.name: each for family in _FAMILIES for each in family}
TRUTH: dict[str, Truth] = {
    **brand_analytics.TRUTH,
    **traffic.TRUTH,
    **fees.TRUTH,
    **inventory.TRUTH,
    **ledger.TRUTH,
    **planning.TRUTH,
    **removals.TRUTH,
    **shipments.TRUTH,
    **stock.TRUTH,
    **all_listings.TRUTH,
    **browse_tree.TRUTH,
    **other_listings.TRUTH,
    **all_orders.TRUTH,
    **other_orders.TRUTH,
    **xml_orders.TRUTH,
    **days.TRUTH,
    **hours.TRUTH,
    **feedback.TRUTH,
    **returns.TRUTH,
    **settlements.TRUTH,
}

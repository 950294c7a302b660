"""All that the sandbox can answer: a module per subject, each with some of three tables.

``REPORT_TYPES`` are its report types, ``OPERATIONS`` its API operations, and ``TRUTH`` the records that
a perfect sync delivers, by stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amazon_seller_sandbox import (
    brand_analytics,
    core_reports,
    direct_fulfilment,
    tokens,
    traffic,
    vendor_hours,
    vendor_orders,
    vendor_reports,
)

if TYPE_CHECKING:
    from amazon_seller_sandbox.operation import Operation
    from amazon_seller_sandbox.report_types import ReportType
    from amazon_seller_sandbox.truth import Truth

FAMILIES = (
    core_reports,
    brand_analytics,
    direct_fulfilment,
    tokens,
    traffic,
    vendor_hours,
    vendor_orders,
    vendor_reports,
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

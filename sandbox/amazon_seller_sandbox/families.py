"""All that the sandbox can answer: a module per subject, each with some of three tables.

``REPORT_TYPES`` are its report types, ``OPERATIONS`` its API operations, and ``TRUTH`` the records that
a perfect sync delivers, by stream.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amazon_seller_sandbox.accounts import Account
    from amazon_seller_sandbox.operation import Operation
    from amazon_seller_sandbox.report_types import ReportType
    from amazon_seller_sandbox.truth import Truth

FAMILIES = tuple(
    import_module(f"amazon_seller_sandbox.{name}")
    for name in (
        "awd",
        "brand_analytics",
        "browse_tree",
        "core_reports",
        "direct_fulfilment",
        "fba_fees",
        "fba_inventory",
        "fba_ledger_reports",
        "fba_planning",
        "fba_shipments",
        "feedback",
        "finances",
        "listing_reports",
        "more_orders",
        "orders_api",
        "removals",
        "returns",
        "settlements",
        "tokens",
        "traffic",
        "vendor_hours",
        "vendor_orders",
        "vendor_reports",
        "xml_orders",
    )
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

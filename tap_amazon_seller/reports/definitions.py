"""The report types that the tap requests: data, no code.

Sources of windows, retention and cool-downs: Amazon's "Report type values" pages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ReportDefinition:
    """What Amazon allows for one report type.

    Attributes:
        report_type: Amazon's name.
        role: The SP-API role that the application needs for it.
        max_window: The longest window one report may cover; None for a snapshot, which has no window.
        overlap: How far a window reaches back behind the bookmark, because Amazon delivers late.
        retention: How far back Amazon has data.
        max_age: How old an existing report may be to be used in place of a new one. For FBA reports
            this is the cool-down in which asking again ends FATAL or CANCELLED.
        options: reportOptions sent with each request.
    """

    report_type: str
    role: str
    max_window: timedelta | None = None
    overlap: timedelta = timedelta(0)
    retention: timedelta | None = None
    max_age: timedelta = timedelta(0)
    options: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def is_snapshot(self) -> bool:
        """Whether the report tells how things stand now, rather than what happened in a window."""
        return self.max_window is None

    @property
    def has_cool_down(self) -> bool:
        """Whether Amazon refuses (CANCELLED or FATAL) to make the report again so soon."""
        return self.is_snapshot and bool(self.max_age)

    @property
    def reusable(self) -> bool:
        """Whether a report that exists can be known to be the same.

        Amazon does not echo a report's options, so only types requested without options qualify.
        """
        return not self.options


ALL_ORDERS = ReportDefinition(
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
    role="Inventory and Order Tracking",
    max_window=timedelta(days=30),
    overlap=timedelta(hours=1),  # order reports are up to 30 minutes late
    retention=timedelta(days=730),
    max_age=timedelta(hours=24),
)
FBA_INVENTORY = ReportDefinition(
    "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA",
    role="Amazon Fulfillment",
    max_age=timedelta(minutes=30),
)
LISTINGS = ReportDefinition(
    "GET_MERCHANT_LISTINGS_ALL_DATA",
    role="Inventory and Order Tracking",
    options={"preferredReportDocumentLocale": "en_US"},
)

"""The types of notifications that the tap reads: what each is for, and the role that it needs.

Names, versions and examples are those of Amazon's "Notification type values" and of its JSON schemas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class NotificationType:
    """A type of notifications.

    Attributes:
        name: Amazon's name.
        version: The version of the payload that the tap subscribes to.
        role: The SP-API role that a subscription needs.
        purpose: What the tap does with it.
        is_optional: Whether a missing role is no reason to fail the setup.
        has_event_filter: Whether a subscription names an event filter of the type, which then lets all
            pass.
    """

    name: str
    version: str
    role: str
    purpose: str
    is_optional: bool = False
    has_event_filter: bool = False

    @property
    def event_filter(self) -> Mapping[str, str] | None:
        """What a subscription names to have all changes: the filter without a list of them."""
        return {"eventFilterType": self.name} if self.has_event_filter else None


ORDER_CHANGE = NotificationType(
    "ORDER_CHANGE",
    "1.0",
    "Inventory and Order Tracking",
    "stream order_changes",
    has_event_filter=True,
)
INVENTORY_CHANGE = NotificationType(
    "FBA_INVENTORY_AVAILABILITY_CHANGES", "1.0", "Amazon Fulfillment", "stream inventory_changes"
)
LISTING_STATUS = NotificationType(
    "LISTINGS_ITEM_STATUS_CHANGE", "1.0", "Product Listing", "stream listing_changes"
)
LISTING_ISSUES = NotificationType(
    "LISTINGS_ITEM_ISSUES_CHANGE", "2023-12-13", "Product Listing", "stream listing_changes"
)
REPORT_FINISHED = NotificationType(
    "REPORT_PROCESSING_FINISHED", "2020-09-04", "any role with reports", "fewer polls of reports"
)
QUERY_FINISHED = NotificationType(
    "DATA_KIOSK_QUERY_PROCESSING_FINISHED",
    "2023-11-15",
    "Brand Analytics",
    "fewer polls of Data Kiosk queries",
    is_optional=True,
)
TYPES = (
    ORDER_CHANGE,
    INVENTORY_CHANGE,
    LISTING_STATUS,
    LISTING_ISSUES,
    REPORT_FINISHED,
    QUERY_FINISHED,
)
BY_NAME: Mapping[str, NotificationType] = {
    **{each.name: each for each in TYPES},
    "LISTINGS_ITEM_STATUS_CHANGED": LISTING_STATUS,  # as the enumeration of Amazon's schema has it
}

"""Where notifications are sent, and who has which of them sent."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.world.accounts import (
    ROLE_ANALYTICS,
    ROLE_FBA,
    ROLE_LISTING,
    ROLE_ORDERS,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

REPORT_FINISHED = "REPORT_PROCESSING_FINISHED"
QUERY_FINISHED = "DATA_KIOSK_QUERY_PROCESSING_FINISHED"
TYPES: Mapping[str, tuple[frozenset[str], str | None]] = {
    "ORDER_CHANGE": (frozenset({"1.0"}), ROLE_ORDERS),
    "FBA_INVENTORY_AVAILABILITY_CHANGES": (frozenset({"1.0"}), ROLE_FBA),
    "LISTINGS_ITEM_STATUS_CHANGE": (frozenset({"1.0"}), ROLE_LISTING),
    "LISTINGS_ITEM_ISSUES_CHANGE": (frozenset({"1.0", "2023-12-13"}), ROLE_LISTING),
    REPORT_FINISHED: (frozenset({"2020-09-04"}), None),
    QUERY_FINISHED: (frozenset({"2023-11-15"}), ROLE_ANALYTICS),
}
"""The types that there are: the versions of their payloads, and the role that a subscription needs."""
_SPACE = uuid.UUID("5a4db0c5-0000-4000-8000-000000000000")


@dataclass(frozen=True, slots=True)
class Destination:
    """A queue that is sent to."""

    id: str
    name: str
    arn: str

    def body(self) -> dict[str, Any]:
        """Return it as Amazon shows it."""
        return {
            "destinationId": self.id,
            "name": self.name,
            "resource": {"sqs": {"arn": self.arn}},
        }


@dataclass(slots=True)
class Subscription:
    """A seller has notifications of a type sent to a destination."""

    id: str
    account: str
    type: str
    version: str
    destination_id: str
    read_until: float
    """Up to which data time what happened has been sent."""
    reports: set[str] = field(default_factory=set)
    """The ids of finished reports that have been sent."""

    def body(self) -> dict[str, Any]:
        """Return it as Amazon shows it."""
        return {
            "subscriptionId": self.id,
            "payloadVersion": self.version,
            "destinationId": self.destination_id,
        }


@dataclass(slots=True)
class SubscriptionBook:
    """All destinations of the application, and all subscriptions."""

    seed: int
    destinations: dict[str, Destination] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    _count: int = 0

    def new_id(self) -> str:
        """Return an id, in the shape of Amazon's."""
        self._count += 1
        return str(uuid.uuid5(_SPACE, f"{self.seed}/{self._count}"))

    def find(self, account: str, kind: str, version: str | None) -> Subscription | None:
        """Return an account's subscription to a type; without a version the last one made."""
        found = [
            each
            for each in self.subscriptions.values()
            if (each.account, each.type) == (account, kind) and version in {None, each.version}
        ]
        return found[-1] if found else None

    def notification_id(self, subscription: Subscription, about: str) -> str:
        """Return the id of a notification: the same for the same event."""
        return str(uuid.uuid5(_SPACE, f"{self.seed}/{subscription.id}/{about}"))

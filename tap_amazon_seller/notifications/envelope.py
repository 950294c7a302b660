"""A message of the queue as a notification: its type, its event's time, its payload.

Amazon writes some types in PascalCase and others in camelCase; both become snake_case here, at every
depth. FBA_INVENTORY_AVAILABILITY_CHANGES has no metadata by its schema, so its id is that of its text.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from tap_amazon_seller.instants import parse_instant
from tap_amazon_seller.reports.text.headers import snake_case

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

DEEPEST = 50
"""Objects and lists within one another; Amazon's have about six."""
DIGITS = 16


class UnreadableError(Exception):
    """A message that cannot be read; why, without a word of it."""


@dataclass(frozen=True, slots=True)
class Notification:
    """What Amazon reports of one event.

    Attributes:
        id: A digest of Amazon's NotificationId, or of the text where it has none.
        type: Amazon's name of the type.
        event_time: When it happened.
        published: When Amazon sent it; when it happened where Amazon does not say.
        payload: Its members, in snake_case.
        seller_id: Amazon's id of the seller; empty where the payload has none.
        subscription_id: Amazon's id of the subscription; empty where the message has none.
    """

    id: str
    type: str
    event_time: datetime
    published: datetime
    payload: Mapping[str, Any]
    seller_id: str = ""
    subscription_id: str = ""

    @property
    def age_rank(self) -> tuple[datetime, datetime]:
        """What orders notifications about one thing, whatever the order of their arrival."""
        return self.event_time, self.published


def digest(text: str) -> str:
    """What the state keeps of an id or key.

    >>> digest("d0e9e693-c3ad-4373-979f-ed4ec98dd746")
    '39ff2fc011f79823'
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


def read(text: str) -> Notification:
    """The notification in a message.

    Raises:
        UnreadableError: It is not one.
    """
    found = _members(_object(text), 0)
    kind = found.get("notification_type")
    if not isinstance(kind, str) or not kind:
        raise UnreadableError("NotificationType is missing")
    event_time = _instant(found.get("event_time"))
    if event_time is None:
        raise UnreadableError("EventTime is not an instant")
    payload = found.get("payload")
    if not isinstance(payload, dict):
        raise UnreadableError("Payload is not an object")
    metadata = found.get("notification_metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    own_id = metadata.get("notification_id")
    payload = _of_the_payload(payload)
    seller, subscription = payload.get("seller_id"), metadata.get("subscription_id")
    return Notification(
        digest(own_id if isinstance(own_id, str) and own_id else text),
        kind,
        event_time,
        _instant(metadata.get("publish_time")) or event_time,
        payload,
        seller if isinstance(seller, str) else "",
        subscription if isinstance(subscription, str) else "",
    )


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_constant=_refuse)
    except (RecursionError, ValueError):
        raise UnreadableError("it is not JSON") from None
    if not isinstance(found, dict):
        raise UnreadableError("it is not a JSON object")
    return found


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _members(value: Any, depth: int) -> Any:
    """A value with the names of all members in snake_case."""
    if depth > DEEPEST:
        raise UnreadableError("it is nested too deep")
    if isinstance(value, dict):
        return {snake_case(name): _members(each, depth + 1) for name, each in value.items()}
    if isinstance(value, list):
        return [_members(each, depth + 1) for each in value]
    return value


def _of_the_payload(payload: dict[str, Any]) -> dict[str, Any]:
    """The payload itself: some types have it in an only member named `...Notification`."""
    if len(payload) == 1:
        name, inner = next(iter(payload.items()))
        if name.endswith("_notification") and isinstance(inner, dict):
            return inner
    return payload


def _instant(value: object) -> datetime | None:
    return parse_instant(value) if isinstance(value, str) else None

"""The records that notifications make, by what they are about.

Names are those of Amazon's schemas in snake_case; what Amazon adds is kept under its own name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_amazon_seller.notifications.envelope import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_amazon_seller.notifications.envelope import Notification

    Record = dict[str, Any]

ALL = "all"
"""In a key, of what is about all lines of an order, or of no marketplace: targets take no empty key."""
ORDER_ITEM_LEVEL = "OrderItemLevel"
PERSONAL = ("destination_postal_code",)
"""What identifies where a buyer lives; only `include_pii` lets it pass."""
STOCK_PARTS = {"inbound_quantity_breakdown": "inbound", "reserved_quantity_breakdown": "reserved"}
"""The parts of an inventory that are objects, and how the names of their members begin here."""


def of_order(one: Notification, *, include_pii: bool) -> Iterator[Record]:
    """The record of ORDER_CHANGE: the order as it was after the change.

    With OrderItemLevel a notification is about one line of the order alone (Amazon's schema), and has a
    record of its own.

    Raises:
        UnreadableError: It has no summary, or no item where it is about one.
    """
    payload = one.payload
    summary = _object(payload, "summary")
    trigger = _object(payload, "order_change_trigger")
    line: object = ALL
    if payload.get("notification_level") == ORDER_ITEM_LEVEL:
        items = summary.get("order_items")
        first = items[0] if isinstance(items, list) and items else None
        line = first.get("order_item_id") if isinstance(first, dict) else None
        if not line:
            raise UnreadableError("it is about an item and has none")
    yield {
        **{
            name: value
            for name, value in {**payload, **trigger, **summary}.items()
            if name not in {"summary", "order_change_trigger", "seller_id"}
            and (include_pii or name not in PERSONAL)
        },
        "order_item_id": line,
        **_head(one, summary.get("marketplace_id")),
    }


def of_inventory(one: Notification) -> Iterator[Record]:
    """The records of FBA_INVENTORY_AVAILABILITY_CHANGES: what each marketplace can sell of a SKU.

    Raises:
        UnreadableError: It has no list of marketplaces.
    """
    payload = one.payload
    places = payload.get("fulfillment_inventory_by_marketplace")
    if not isinstance(places, list) or not all(isinstance(each, dict) for each in places):
        raise UnreadableError("FulfillmentInventoryByMarketplace is not a list of objects")
    of_all = {
        name: value
        for name, value in payload.items()
        if name not in {"fulfillment_inventory_by_marketplace", "seller_id"}
    }
    for place in places:
        stock = _object(place, "fulfillment_inventory")
        record = {
            **of_all,
            **{name: value for name, value in place.items() if name != "fulfillment_inventory"},
        }
        for name, value in stock.items():
            if (begin := STOCK_PARTS.get(name)) and isinstance(value, dict):
                record |= {f"{begin}_{part}": number for part, number in value.items()}
            else:
                record[name] = value
        yield {**record, **_head(one, place.get("marketplace_id"))}


def of_listing(one: Notification) -> Iterator[Record]:
    """The record of LISTINGS_ITEM_STATUS_CHANGE or LISTINGS_ITEM_ISSUES_CHANGE.

    Each has one of two parts of a listing, so each has a record of its own, with `change` in its key.
    Amazon's schemas do not require a marketplace.
    """
    payload = one.payload
    yield {
        **{name: value for name, value in payload.items() if name != "seller_id"},
        "change": "issues" if "severities" in payload else "status",
        **_head(one, payload.get("marketplace_id") or ALL),
    }


def _head(one: Notification, marketplace_id: object) -> Record:
    return {
        "marketplace_id": marketplace_id,
        "notification_type": one.type,
        "event_time": one.event_time.isoformat(timespec="milliseconds"),
        "published_at": one.published.isoformat(timespec="milliseconds"),
    }


def _object(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = payload.get(name)
    if not isinstance(found, dict):
        raise UnreadableError(f"{name} is not an object")
    return found

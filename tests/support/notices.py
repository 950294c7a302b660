"""Notifications in the shape of Amazon's schemas, for tests."""

from __future__ import annotations

import uuid
from typing import Any

Message = dict[str, Any]
NOON = "2026-11-02T08:00:00.000Z"
DE = "A1PA6795UKMFR9"


def _message(kind: str, payload: Message, at: str, *, metadata: bool = True) -> Message:
    found: Message = {
        "NotificationVersion": "1.0",
        "NotificationType": kind,
        "PayloadVersion": "1.0",
        "EventTime": at,
        "Payload": payload,
    }
    if metadata:
        found["NotificationMetadata"] = {
            "ApplicationId": "app",
            "SubscriptionId": "subscription",
            "PublishTime": at,
            "NotificationId": str(uuid.uuid4()),
        }
    return found


def order(
    order_id: str,
    status: str = "Unshipped",
    at: str = NOON,
    *,
    level: str = "OrderLevel",
    items: list[Message] | None = None,
    seller: str = "A1",
    place: str = DE,
) -> Message:
    """ORDER_CHANGE."""
    payload = {
        "OrderChangeNotification": {
            "NotificationLevel": level,
            "SellerId": seller,
            "AmazonOrderId": order_id,
            "OrderChangeType": "OrderStatusChange",
            "OrderChangeTrigger": {"TimeOfOrderChange": None, "ChangeReason": "Status Change"},
            "Summary": {
                "MarketplaceId": place,
                "OrderStatus": status,
                "PurchaseDate": at,
                "DestinationPostalCode": "10115",
                "FulfillmentType": "AFN",
                "OrderType": "StandardOrder",
                "OrderItems": items or [],
            },
        }
    }
    return _message("ORDER_CHANGE", payload, at)


def inventory(sku: str, units: dict[str, int] | None = None, at: str = NOON) -> Message:
    """FBA_INVENTORY_AVAILABILITY_CHANGES, which has no metadata by its schema."""
    places = [
        {
            "MarketplaceId": place,
            "ItemName": "A thing",
            "FulfillmentInventory": {
                "InboundQuantityBreakdown": {"Working": 1, "Shipped": 0, "Receiving": 0},
                "Fulfillable": count,
                "ReservedQuantityBreakdown": {"PendingCustomerOrder": 2},
            },
        }
        for place, count in (units or {DE: 1}).items()
    ]
    payload = {
        "SellerId": "A1",
        "FNSKU": f"X{sku}",
        "ASIN": "B000000001",
        "SKU": sku,
        "FulfillmentInventoryByMarketplace": places,
    }
    return _message("FBA_INVENTORY_AVAILABILITY_CHANGES", payload, at, metadata=False)


def listing(sku: str, at: str = NOON, **more: Any) -> Message:
    """LISTINGS_ITEM_STATUS_CHANGE, or LISTINGS_ITEM_ISSUES_CHANGE where it has severities."""
    kind = "ISSUES" if "Severities" in more else "STATUS"
    payload = {"SellerId": "A1", "MarketplaceId": DE, "Asin": "B000000001", "Sku": sku, **more}
    return _message(f"LISTINGS_ITEM_{kind}_CHANGE", payload, at)


def report(report_id: str, status: str = "DONE", document: str | None = "document") -> Message:
    """REPORT_PROCESSING_FINISHED, which is in camelCase."""
    found: Message = {
        "sellerId": "A1",
        "accountId": "amzn1.merchant.o.A1",
        "reportId": report_id,
        "reportType": "GET_MERCHANT_LISTINGS_ALL_DATA",
        "processingStatus": status,
    }
    if document:
        found["reportDocumentId"] = document
    return {
        "notificationVersion": "2020-09-04",
        "notificationType": "REPORT_PROCESSING_FINISHED",
        "payloadVersion": "2020-09-04",
        "eventTime": NOON,
        "payload": {"reportProcessingFinishedNotification": found},
        "notificationMetadata": {
            "applicationId": "app",
            "subscriptionId": "subscription",
            "publishTime": NOON,
            "notificationId": str(uuid.uuid4()),
        },
    }


def query(query_id: str) -> Message:
    """DATA_KIOSK_QUERY_PROCESSING_FINISHED of a page without data and with a further one."""
    found = report("")
    found["notificationType"] = "DATA_KIOSK_QUERY_PROCESSING_FINISHED"
    found["payload"] = {
        "accountId": "amzn1.merchant.o.A1",
        "queryId": query_id,
        "query": "query {}",
        "processingStatus": "DONE",
        "pagination": {"nextToken": "next"},
    }
    return found

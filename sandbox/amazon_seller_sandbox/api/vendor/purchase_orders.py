"""Vendor Retail Procurement Orders v1: purchase orders and their status, as vendors read them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.api import pages
from amazon_seller_sandbox.api.operation import Operation
from amazon_seller_sandbox.clock import DAY, utc
from amazon_seller_sandbox.files.json_documents import snake
from amazon_seller_sandbox.refusals import invalid_input
from amazon_seller_sandbox.state.quotas import Rate
from amazon_seller_sandbox.world.accounts import VENDOR_ORDERS
from amazon_seller_sandbox.world.purchase_orders import (
    LONGEST_TIMELINE,
    PurchaseOrder,
    placed_between,
    vendor_code,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.api.operation import Call, Json
    from amazon_seller_sandbox.world.purchase_orders import Item
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World

_LONGEST = 7 * DAY
_OLDEST = 183 * DAY
_PAGE = 25
"""Pages are shorter than the largest limit, as Amazon's may be."""
_FILTERS = (
    "createdAfter",
    "createdBefore",
    "changedAfter",
    "changedBefore",
    "includeDetails",
    "isPOChanged",
    "purchaseOrderState",
    "orderingVendorCode",
    "sortOrder",
)
_STATUS_FILTERS = (
    "createdAfter",
    "createdBefore",
    "updatedAfter",
    "updatedBefore",
    "purchaseOrderNumber",
    "purchaseOrderStatus",
    "orderingVendorCode",
    "shipToPartyId",
    "sortOrder",
)


def _money(order: PurchaseOrder, cents: int) -> dict[str, str]:
    amount = cents * order.market.exchange / 100
    return {"currencyCode": order.market.currency, "amount": f"{amount:.2f}"}


def _quantity(item: Item, amount: int) -> dict[str, Any]:
    return {"amount": amount, "unitOfMeasure": item.unit, "unitSize": item.unit_size}


def _item(order: PurchaseOrder, item: Item, as_of: float) -> dict[str, Any]:
    return {
        "itemSequenceNumber": str(item.sequence),
        "amazonProductIdentifier": item.listing.asin,
        "vendorProductIdentifier": item.identifier,
        "orderedQuantity": _quantity(item, item.amount(order.changed, as_of)),
        "isBackOrderAllowed": order.kind != "RushOrder",
        "netCost": _money(order, item.cost),
        "listPrice": _money(order, item.list_price),
    }


def _details(order: PurchaseOrder, as_of: float) -> dict[str, Any]:
    dates = {
        "purchaseOrderDate": utc(order.placed),
        "purchaseOrderStateChangedDate": utc(order.state(as_of)[1]),
    }
    if order.changed is not None and order.changed <= as_of:
        dates["purchaseOrderChangedDate"] = utc(order.changed)
    return {
        **dates,
        "purchaseOrderType": order.kind,
        "paymentMethod": "Invoice",
        "buyingParty": {"partyId": f"AMZ{order.market.country}"},
        "sellingParty": {"partyId": vendor_code(order.market)},
        "shipToParty": {"partyId": order.centre},
        "billToParty": {
            "partyId": f"AMZ{order.market.country}",
            "taxInfo": {
                "taxRegistrationType": "VAT",
                "taxRegistrationNumber": f"{order.market.country}123456789",
            },
        },
        "shipWindow": f"{utc(order.placed + 2 * DAY)}--{utc(order.placed + 9 * DAY)}",
        "deliveryWindow": f"{utc(order.placed + 4 * DAY)}--{utc(order.placed + 12 * DAY)}",
        "items": [_item(order, item, as_of) for item in order.items],
    }


def _confirmation(item: Item, amount: int, *, acknowledged: bool) -> str:
    if not acknowledged:
        return "UNCONFIRMED"
    if item.accepted == 0:
        return "REJECTED"
    return "ACCEPTED" if item.accepted >= amount else "PARTIALLY_ACCEPTED"


def _acknowledgement(order: PurchaseOrder, item: Item, as_of: float) -> dict[str, Any]:
    amount = item.amount(order.changed, as_of)
    acknowledged = order.acknowledged <= as_of
    found: dict[str, Any] = {
        "confirmationStatus": _confirmation(item, amount, acknowledged=acknowledged)
    }
    if acknowledged:
        quantities = {
            "acceptedQuantity": _quantity(item, item.accepted),
            "rejectedQuantity": _quantity(item, amount - item.accepted),
        }
        details = {"acknowledgementDate": utc(order.acknowledged), **quantities}
        found |= {**quantities, "acknowledgementStatusDetails": [details]}
    return found


def _receiving(item: Item, as_of: float) -> dict[str, Any]:
    received = item.received(as_of)
    status = "RECEIVED" if received >= item.accepted else "PARTIALLY_RECEIVED"
    found: dict[str, Any] = {
        "receiveStatus": status if received else "NOT_RECEIVED",
        "receivedQuantity": _quantity(item, received),
    }
    if received:
        last = max(instant for instant, _ in item.receipts if instant <= as_of)
        found["lastReceiveDate"] = utc(last)
    return found


def _ordered(order: PurchaseOrder, item: Item, as_of: float) -> dict[str, Any]:
    amount = item.amount(order.changed, as_of)
    history = [{"updatedDate": utc(order.placed), "orderedQuantity": _quantity(item, item.ordered)}]
    if amount != item.ordered and order.changed is not None:
        change = {
            "updatedDate": utc(order.changed),
            "orderedQuantity": _quantity(item, amount),
            "cancelledQuantity": _quantity(item, item.ordered - amount),
        }
        history.insert(0, change)
    return {"orderedQuantity": _quantity(item, amount), "orderedQuantityDetails": history}


def _status(order: PurchaseOrder, as_of: float) -> dict[str, Any]:
    return {
        "purchaseOrderNumber": order.number,
        "purchaseOrderStatus": "CLOSED" if order.closed <= as_of else "OPEN",
        "purchaseOrderDate": utc(order.placed),
        "lastUpdatedDate": utc(order.updated(as_of)),
        "sellingParty": {"partyId": vendor_code(order.market)},
        "shipToParty": {"partyId": order.centre},
        "itemStatus": [
            {
                "itemSequenceNumber": str(item.sequence),
                "buyerProductIdentifier": item.listing.asin,
                "vendorProductIdentifier": item.identifier,
                "netCost": _money(order, item.cost),
                "listPrice": _money(order, item.list_price),
                "orderedQuantity": _ordered(order, item, as_of),
                "acknowledgementStatus": _acknowledgement(order, item, as_of),
                "receivingStatus": _receiving(item, as_of),
            }
            for item in order.items
        ],
    }


def _body(order: PurchaseOrder, as_of: float, *, details: bool = True) -> dict[str, Any]:
    body: dict[str, Any] = {
        "purchaseOrderNumber": order.number,
        "purchaseOrderState": order.state(as_of)[0],
    }
    if details:
        body["orderDetails"] = _details(order, as_of)
    return body


def _between(asked: pages.Question, call: Call, name: str) -> tuple[float, float]:
    now = call.sandbox.world.clock.now()
    start, end = asked.window(f"{name}After", f"{name}Before", now, _LONGEST)
    if start < now - _OLDEST - DAY:
        raise invalid_input(f"Invalid Input: {name}After must not be more than 6 months ago.")
    return start, end


def _sorted(asked: pages.Question, orders: list[PurchaseOrder]) -> list[PurchaseOrder]:
    return orders[::-1] if asked.filters.get("sortOrder") == "DESC" else orders


def _moment(order: PurchaseOrder, as_of: float, *, by_change: bool) -> float:
    """Return what a window of time is about; what was never changed is in no window of changes.

    What the vendor does (a confirmation) is not a change of the order by Amazon.
    """
    if not by_change:
        return order.placed
    return order.changed if order.changed is not None and order.changed <= as_of else -math.inf


async def _get_orders(call: Call) -> Json:
    world, business = call.sandbox.world, call.sandbox.world.businesses[call.grant.account.key]
    asked = pages.question(call, _FILTERS)
    as_of = world.data_time.now()
    by_change = "changedAfter" in asked
    after, before = _between(asked, call, "changed" if by_change else "created")
    since = after - LONGEST_TIMELINE if by_change else after
    found = [
        order
        for order in placed_between(world, business, since, min(before, as_of))
        if after < _moment(order, as_of, by_change=by_change) < before
        and asked.matches("isPOChanged", str(order.was_changed(as_of)).lower())
        and asked.matches("purchaseOrderState", order.state(as_of)[0])
        and asked.matches("orderingVendorCode", vendor_code(order.market))
    ]
    page, pagination = asked.page(_sorted(asked, found), _PAGE)
    details = asked.filters.get("includeDetails", "true") == "true"
    orders = [_body(order, as_of, details=details) for order in page]
    return {"payload": {"pagination": pagination, "orders": orders}}


async def _get_status(call: Call) -> Json:
    world, business = call.sandbox.world, call.sandbox.world.businesses[call.grant.account.key]
    asked = pages.question(call, _STATUS_FILTERS)
    as_of = world.data_time.now()
    orders = placed_between(world, business, world.history_start, as_of)
    found = list(orders)
    if "updatedAfter" in asked:
        after, before = _between(asked, call, "updated")
        found = [each for each in found if after < each.updated(as_of) < before]
    elif "purchaseOrderNumber" not in asked or "createdAfter" in asked:
        after, before = _between(asked, call, "created")
        found = [each for each in found if after < each.placed < before]
    found = [
        order
        for order in found
        if asked.matches("purchaseOrderNumber", order.number)
        and asked.matches("purchaseOrderStatus", "CLOSED" if order.closed <= as_of else "OPEN")
        and asked.matches("orderingVendorCode", vendor_code(order.market))
        and asked.matches("shipToPartyId", order.centre)
    ]
    page, pagination = asked.page(_sorted(asked, found), _PAGE)
    statuses = [_status(order, as_of) for order in page]
    return {"payload": {"pagination": pagination, "ordersStatus": statuses}}


def _all(world: World, business: Business, as_of: int) -> Iterator[PurchaseOrder]:
    """Yield all that a vendor can still read; sellers have none."""
    if business.account.is_vendor:
        yield from placed_between(world, business, as_of - _OLDEST, as_of)


def _truth(world: World, business: Business, as_of: int, _since: float) -> Iterator[Record]:
    for order in _all(world, business, as_of):
        body = _body(order, as_of, details=False) | _details(order, as_of)
        yield snake(body)


def _status_truth(world: World, business: Business, as_of: int, _since: float) -> Iterator[Record]:
    for order in _all(world, business, as_of):
        yield snake(_status(order, as_of))


_TEN = Rate(10, 10)
OPERATIONS = (
    Operation(
        "getPurchaseOrders",
        "GET",
        "/vendor/orders/v1/purchaseOrders",
        _TEN,
        200,
        _get_orders,
        role=VENDOR_ORDERS,
    ),
    Operation(
        "getPurchaseOrdersStatus",
        "GET",
        "/vendor/orders/v1/purchaseOrdersStatus",
        _TEN,
        200,
        _get_status,
        role=VENDOR_ORDERS,
    ),
)
TRUTH: dict[str, Truth] = {
    "vendor_purchase_orders": _truth,
    "vendor_purchase_orders_status": _status_truth,
}

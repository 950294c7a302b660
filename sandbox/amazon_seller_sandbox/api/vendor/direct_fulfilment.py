"""Vendor Direct Fulfillment 2021-12-28: orders that vendors ship to buyers, and their invoices.

Both have personal data, so both need a restricted data token. Order number N is a function of seed,
account and N; N fixes its time, give or take four hours.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, NamedTuple

from amazon_seller_sandbox.api import pages
from amazon_seller_sandbox.api.operation import Operation
from amazon_seller_sandbox.chance import draws, key, pick
from amazon_seller_sandbox.clock import DAY, HOUR, utc
from amazon_seller_sandbox.files.json_documents import snake
from amazon_seller_sandbox.state.quotas import Rate
from amazon_seller_sandbox.world import places
from amazon_seller_sandbox.world.accounts import VENDOR_DIRECT
from amazon_seller_sandbox.world.purchase_orders import short_name, vendor_code, vendor_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.api.operation import Call, Json
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World

_EVERY = 4 * HOUR
_LATEST_SHIPMENT = 3 * DAY
"""No order is shipped later than this after it was placed (seconds)."""
_LONGEST = 7 * DAY
_PAGE = 25
_NAMES = ("Jürgen Müller", "Zoë O'Brien", "Anaïs Lefèvre", "Ida Groß", "Łukasz Żak")
_STREETS = ("Ährenweg 12", "12 rue de l'Église", "Straße des 17. Juni 135", "3 allée des Tilleuls")
_MESSAGE = "This shipment completes your order."


class DirectItem(NamedTuple):
    """One item; the price is in cents."""

    sequence: int
    listing: Listing
    quantity: int
    price: int
    is_gift: bool
    identifier: str
    """The vendor's id of the product."""


class DirectOrder(NamedTuple):
    """One order and all that will happen to it; instants in seconds, None where it does not."""

    number: str
    customer_order: str
    market: Marketplace
    placed: int
    accepted: int
    shipped: int | None
    cancelled: int | None
    address: dict[str, str]
    items: tuple[DirectItem, ...]

    def status(self, as_of: float) -> str:
        """Return the status as of an instant."""
        if self.cancelled is not None and self.cancelled <= as_of:
            return "CANCELLED"
        if self.shipped is not None and self.shipped <= as_of:
            return "SHIPPED"
        return "ACCEPTED" if self.accepted <= as_of else "NEW"


def placed_between(
    world: World, business: Business, since: float, until: float
) -> Iterator[DirectOrder]:
    """Yield the orders placed in a stretch of time, both ends included, oldest first."""
    start = world.history_start
    first = max(int((since - start) // _EVERY) - 1, 0)
    last = int((until - start) // _EVERY) + 1
    for number in range(first, max(last, first)):
        order = _order(world, business, number)
        if since <= order.placed <= until:
            yield order


def _order(world: World, business: Business, number: int) -> DirectOrder:
    seed, account = world.settings.seed, business.account
    chance = draws(key(seed, account.key, "direct-order"), number)
    placed = world.history_start + number * _EVERY + chance[0] % _EVERY
    market = pick(account.marketplaces, chance[1])
    accepted = placed + HOUR // 2 + chance[2] % (4 * HOUR)
    is_cancelled = chance[3] % 12 == 0
    city, state, postal_code, country = pick(places.PLACES[market.country], chance[4])
    return DirectOrder(
        number=short_name(draws(key(seed, account.key, "direct-name"))[0], number),
        customer_order=f"302-{chance[5] % 10**7:07d}-{number % 10**7:07d}",
        market=market,
        placed=placed,
        accepted=accepted,
        shipped=None if is_cancelled else accepted + HOUR + chance[6] % (2 * DAY),
        cancelled=accepted + HOUR + chance[6] % DAY if is_cancelled else None,
        address={
            "name": pick(_NAMES, chance[7]),
            "addressLine1": pick(_STREETS, chance[8]),
            "city": city,
            "stateOrRegion": state,
            "postalCode": postal_code,
            "countryCode": country,
            "phone": f"+49 30 {chance[9] % 10**7:07d}",
        },
        items=tuple(_items(world, business, market, chance)),
    )


def _items(
    world: World, business: Business, market: Marketplace, chance: tuple[int, ...]
) -> Iterator[DirectItem]:
    listings = business.listings.sold[market.id, True]
    first = chance[10] % len(listings)
    for position in range(1 + (chance[11] % 4 == 0)):
        listing = listings[(first + position * 7) % len(listings)]
        yield DirectItem(
            sequence=position + 1,
            listing=listing,
            quantity=1 + (chance[12] % 6 == 0),
            price=listing.base_price * 70 // 100,
            is_gift=chance[13] % 5 == 0,
            identifier=vendor_identifier(world, business, listing),
        )


def _money(order: DirectOrder, cents: float) -> dict[str, str]:
    amount = cents * order.market.exchange / 100
    return {"currencyCode": order.market.currency, "amount": f"{amount:.2f}"}


def _taxes(order: DirectOrder, cents: int) -> dict[str, Any]:
    percent = order.market.tax_percent
    tax = {
        "taxRate": f"{percent / 100:.2f}",
        "taxAmount": _money(order, cents * percent / 100),
        "type": "TOTAL",
    }
    return {"taxLineItem": [tax]}


def _item(order: DirectOrder, item: DirectItem) -> dict[str, Any]:
    found = {
        "itemSequenceNumber": f"{item.sequence:05d}",
        "buyerProductIdentifier": item.listing.asin,
        "vendorProductIdentifier": item.identifier,
        "title": item.listing.titles[order.market.id],
        "orderedQuantity": {"amount": item.quantity, "unitOfMeasure": "Each"},
        "netPrice": _money(order, item.price),
        "taxDetails": _taxes(order, item.price * item.quantity),
    }
    if item.is_gift:
        found["giftDetails"] = {"giftMessage": f"Für {order.address['name']}", "giftWrapId": "W1"}
    return found


def _details(order: DirectOrder, as_of: float) -> dict[str, Any]:
    return {
        "customerOrderNumber": order.customer_order,
        "orderDate": utc(order.placed),
        "orderStatus": order.status(as_of),
        "shipmentDetails": {
            "isPriorityShipment": False,
            "isScheduledDeliveryShipment": False,
            "isPslipRequired": True,
            "isGift": any(item.is_gift for item in order.items),
            "shipMethod": "DHL_PAKET",
            "shipmentDates": {
                "requiredShipDate": utc(order.placed + 2 * DAY),
                "promisedDeliveryDate": utc(order.placed + 5 * DAY),
            },
            "messageToCustomer": _MESSAGE,
        },
        "taxTotal": _taxes(order, sum(item.price * item.quantity for item in order.items)),
        "sellingParty": {"partyId": vendor_code(order.market)},
        "shipFromParty": {"partyId": f"W{order.market.country}1"},
        "shipToParty": order.address,
        "billToParty": {"partyId": f"AMZ{order.market.country}"},
        "items": [_item(order, item) for item in order.items],
    }


def _invoices(order: DirectOrder) -> list[dict[str, str]]:
    """Return an order's invoices: one for each parcel; some orders of several items have two."""
    parcels = 2 if len(order.items) > 1 and int(order.address["postalCode"][-1:] or 0) % 2 else 1
    texts = (
        f"%PDF-1.4\n% Invoice {order.number}-{parcel} of {order.address['name']}\n%%EOF\n"
        for parcel in range(1, parcels + 1)
    )
    return [
        {
            "purchaseOrderNumber": order.number,
            "content": base64.b64encode(text.encode()).decode(),
        }
        for text in texts
    ]


def _window(asked: pages.Question, call: Call) -> tuple[float, float]:
    asked_by = call.sandbox.world.clock.now()
    return asked.window("createdAfter", "createdBefore", asked_by, _LONGEST)


_ORDER_FILTERS = ("createdAfter", "createdBefore", "status", "shipFromPartyId", "includeDetails")
_INVOICE_FILTERS = ("createdAfter", "createdBefore", "shipFromPartyId")


async def _get_orders(call: Call) -> Json:
    world, business = call.sandbox.world, call.sandbox.world.businesses[call.grant.account.key]
    asked = pages.question(call, _ORDER_FILTERS)
    asked.require("createdBefore")
    as_of = world.data_time.now()
    after, before = _window(asked, call)
    found = (
        order
        for order in placed_between(world, business, after, min(before, as_of))
        if after < order.placed < before
        and asked.matches("status", order.status(as_of))
        and asked.matches("shipFromPartyId", f"W{order.market.country}1")
    )
    page, pagination = asked.page(found, _PAGE)
    bodies: list[dict[str, Any]] = [{"purchaseOrderNumber": order.number} for order in page]
    if asked.filters.get("includeDetails", "true") == "true":
        for body, order in zip(bodies, page, strict=True):
            body["orderDetails"] = _details(order, as_of)
    return {"pagination": pagination, "orders": bodies}


def _shipped_between(
    world: World, business: Business, since: float, until: float
) -> Iterator[tuple[int, DirectOrder]]:
    """Yield when and what was shipped in a stretch of time, both ends included."""
    for order in placed_between(world, business, since - _LATEST_SHIPMENT, until):
        if order.shipped is not None and since <= order.shipped <= until:
            yield order.shipped, order


async def _get_invoices(call: Call) -> Json:
    world, business = call.sandbox.world, call.sandbox.world.businesses[call.grant.account.key]
    asked = pages.question(call, _INVOICE_FILTERS)
    asked.require("createdBefore")
    as_of = world.data_time.now()
    after, before = _window(asked, call)
    found = (
        invoice
        for shipped, order in _shipped_between(world, business, after, min(before, as_of))
        if after < shipped < before
        and asked.matches("shipFromPartyId", f"W{order.market.country}1")
        for invoice in _invoices(order)
    )
    page, pagination = asked.page(found, _PAGE)
    return {"pagination": pagination, "customerInvoices": page}


def _truth(world: World, business: Business, as_of: int, _since: float) -> Iterator[Record]:
    if not business.account.is_vendor:
        return
    for order in placed_between(world, business, world.history_start, as_of):
        yield {"purchase_order_number": order.number} | snake(_details(order, as_of))


def _invoice_truth(world: World, business: Business, as_of: int, _since: float) -> Iterator[Record]:
    if not business.account.is_vendor:
        return
    for shipped, order in _shipped_between(world, business, world.history_start, as_of):
        for number, invoice in enumerate(_invoices(order), 1):
            yield {
                "purchase_order_number": order.number,
                "created_date": utc(shipped)[:10],
                "line_number": number,
                "content": invoice["content"],
            }


_TEN = Rate(10, 10)
OPERATIONS = (
    Operation(
        "getOrders",
        "GET",
        "/vendor/directFulfillment/orders/2021-12-28/purchaseOrders",
        _TEN,
        200,
        _get_orders,
        role=VENDOR_DIRECT,
        restricted=True,
    ),
    Operation(
        "getCustomerInvoices",
        "GET",
        "/vendor/directFulfillment/shipping/2021-12-28/customerInvoices",
        _TEN,
        200,
        _get_invoices,
        role=VENDOR_DIRECT,
        restricted=True,
    ),
)
TRUTH: dict[str, Truth] = {
    "vendor_fulfilment_orders": _truth,
    "vendor_customer_invoices": _invoice_truth,
}

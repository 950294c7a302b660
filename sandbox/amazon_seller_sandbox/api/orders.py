"""Orders API 2026-01-01: searchOrders, with buyers and recipients, and the records of its streams."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.api.operation import Operation
from amazon_seller_sandbox.clock import DAY, iso, parse_instant
from amazon_seller_sandbox.page_tokens import content_of, page_token
from amazon_seller_sandbox.refusals import invalid_input, not_found, unauthorized
from amazon_seller_sandbox.state.quotas import Rate
from amazon_seller_sandbox.world.accounts import ROLE_ORDERS, ROLE_SHIPPING
from amazon_seller_sandbox.world.buyers import buyer
from amazon_seller_sandbox.world.order_lines import PENDING, money
from amazon_seller_sandbox.world.orders import TWO_YEARS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from amazon_seller_sandbox.api.operation import Call, Json
    from amazon_seller_sandbox.world.order_lines import Line
    from amazon_seller_sandbox.world.orders import Order
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World

    Query = Mapping[str, list[str]]

_DATASETS = {
    "BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT",
    "PACKAGES", "TAX", "PAYMENT", "FULFILLMENT_ORDERS",
}  # fmt: skip
_PERSONAL = {"BUYER", "RECIPIENT"}
_STATUSES = {
    "PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED",
    "UNFULFILLABLE",
}  # fmt: skip
_FULFILLED_BY = {"Amazon": "AMAZON", "Merchant": "MERCHANT"}
_MOST_MARKETPLACES = 50
_LARGEST_PAGE = 100
_LATEST = 120
"""Seconds before now at which the time requested must end."""
_TOKEN_LIFE = DAY
_SECRET = b"sandbox-orders-token"


@dataclass(frozen=True, slots=True)
class _Search:
    """What a searchOrders call requests."""

    since: float
    until: float
    by_creation: bool
    markets: frozenset[str]
    statuses: frozenset[str]
    fulfilled_by: frozenset[str]
    datasets: frozenset[str]
    size: int


def _list(query: Query, name: str, allowed: set[str] | None = None) -> frozenset[str]:
    found = frozenset(part for value in query.get(name, []) for part in value.split(",") if part)
    for each in sorted(found):
        if allowed is not None and each not in allowed:
            raise invalid_input(f"'{each}' is not a valid value for {name}.")
    return found


def _time(query: Query, name: str) -> float:
    try:
        return parse_instant(query[name][0])
    except ValueError as error:
        raise invalid_input(f"{name} is not a valid ISO 8601 date-time.") from error


def _window(query: Query, now: float) -> tuple[float, float, bool]:
    """Return since, until and whether the time is that of creation."""
    names = [each for each in ("createdAfter", "lastUpdatedAfter") if each in query]
    if len(names) != 1:
        raise invalid_input("Exactly one of createdAfter and lastUpdatedAfter is required.")
    after = names[0]
    before = after.replace("After", "Before")
    other = "lastUpdatedBefore" if before == "createdBefore" else "createdBefore"
    if other in query:
        raise invalid_input(f"{other} must not be given with {after}.")
    since = _time(query, after)
    until = _time(query, before) if before in query else now - _LATEST
    # The answer's Date header has full seconds: allow for what it cuts off.
    if until > now - _LATEST + 1:
        raise invalid_input(
            f"{before} must be at least two minutes before the time of the request."
        )
    if since > until:
        raise invalid_input(f"{before} must be equal to or after {after}.")
    return since, until, after == "createdAfter"


def _search(call: Call, now: float) -> _Search:
    query = call.query
    ids = _list(query, "marketplaceIds")
    account = call.grant.account
    if len(ids) > _MOST_MARKETPLACES:
        raise invalid_input(f"At most {_MOST_MARKETPLACES} marketplaceIds are allowed.")
    if any(account.marketplace(each) is None for each in ids):
        raise unauthorized()
    datasets = _list(query, "includedData", _DATASETS)
    if datasets & _PERSONAL and ROLE_SHIPPING not in call.grant.roles:
        raise unauthorized()
    if _is_refused(call, ids, datasets):
        raise unauthorized()
    size = next(iter(query.get("maxResultsPerPage", [])), str(_LARGEST_PAGE))
    if not size.isdecimal() or not 1 <= int(size) <= _LARGEST_PAGE:
        raise invalid_input(f"maxResultsPerPage must be between 1 and {_LARGEST_PAGE}.")
    since, until, by_creation = _window(query, now)
    return _Search(
        since,
        until,
        by_creation,
        ids or frozenset(each.id for each in account.marketplaces),
        _list(query, "fulfillmentStatuses", _STATUSES),
        _list(query, "fulfilledBy", set(_FULFILLED_BY.values())),
        datasets,
        int(size),
    )


def _is_refused(call: Call, ids: frozenset[str], datasets: frozenset[str]) -> bool:
    """Say whether a fault refuses the call: one data set or marketplace of it refuses all of it."""
    if call.effect == "refused_data_set":
        return "RECIPIENT" in datasets
    last = max(each.id for each in call.grant.account.marketplaces)
    return call.effect == "refused_marketplace" and (not ids or last in ids)


def _digest(query: Query) -> str:
    """Return a text that differs where other parameters than the token do."""
    rest = {name: query[name] for name in sorted(query) if name != "paginationToken"}
    return sha256(json.dumps(rest).encode()).hexdigest()


def _token(begin: int, as_of: int, now: float, query: Query) -> str:
    return page_token(_SECRET, [begin, as_of, now, _digest(query)])


def _read_token(query: Query, now: float) -> tuple[int, int] | None:
    """Return where the page begins and the instant that the first page was of."""
    token = next(iter(query.get("paginationToken", [])), None)
    if token is None:
        return None
    refusal = invalid_input("paginationToken is invalid.")
    try:
        begin, as_of, issued, digest = content_of(_SECRET, token)
    except ValueError as error:
        raise refusal from error
    if now - issued > _TOKEN_LIFE or digest != _digest(query):
        raise refusal
    return begin, as_of


async def _search_orders(call: Call) -> Json:
    world = call.sandbox.world
    now = world.clock.now()
    asked = _search(call, now)
    begin, as_of = _read_token(call.query, now) or (0, int(world.data_time.now()))
    book = world.businesses[call.grant.account.key].orders
    find = book.purchased_between if asked.by_creation else book.updated_between
    since = max(asked.since, now - TWO_YEARS)
    found = (
        order
        for order in find(since, asked.until, as_of, asked.markets)
        if (not asked.statuses or _status(order) in asked.statuses)
        and (not asked.fulfilled_by or _FULFILLED_BY[order.channel] in asked.fulfilled_by)
    )
    page = list(islice(found, begin, begin + asked.size + 1))
    orders = [_order(order, asked.datasets) for order in page[: asked.size]]
    body: dict[str, Any] = {"orders": orders}
    if call.effect == "twice":
        body["orders"] = [each for each in orders for _ in range(2)]
    if len(page) > asked.size:
        token = _token(begin + asked.size, as_of, now, call.query)
        body["pagination"] = {"nextToken": token}
    body["createdBefore" if asked.by_creation else "lastUpdatedBefore"] = _instant(asked.until)
    return body


async def _get_order(call: Call) -> Json:
    world, query = call.sandbox.world, call.query
    datasets = _list(query, "includedData", _DATASETS)
    if datasets & _PERSONAL and ROLE_SHIPPING not in call.grant.roles:
        raise unauthorized()
    book = world.businesses[call.grant.account.key].orders
    found = book.find(call.path["orderId"], int(world.data_time.now()))
    if found is None:
        raise not_found("The requested order was not found.")
    return {"order": _order(found, datasets)}


def _instant(seconds: float) -> str:
    """Write an instant as this API does, with milliseconds."""
    return iso(seconds).replace("+00:00", ".000Z")


def _status(order: Order) -> str:
    return "SHIPPED" if order.status.startswith("Shipped") else order.status.upper()


def _order(order: Order, datasets: frozenset[str]) -> dict[str, Any]:
    market = order.market
    found: dict[str, Any] = {
        "orderId": order.order_id,
        "createdTime": _instant(order.purchased),
        "lastUpdatedTime": _instant(order.updated),
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": market.id,
            "marketplaceName": market.name,
        },
        "orderItems": [_item(order, line) for line in order.lines],
    }
    if "FULFILLMENT" in datasets:
        found["fulfillment"] = {
            "fulfillmentStatus": _status(order),
            "fulfilledBy": _FULFILLED_BY[order.channel],
            "fulfillmentServiceLevel": order.service_level.upper(),
        }
    if "BUYER" in datasets and _buyer(order):
        found["buyer"] = _buyer(order)
    if "RECIPIENT" in datasets and (address := _address(order)):
        found["recipient"] = {"deliveryAddress": address}
        if order.signature:
            found["recipient"]["deliveryPreference"] = {"dropOffLocation": "FRONT_DOOR"}
    return found


def _item(order: Order, line: Line) -> dict[str, Any]:
    product: dict[str, Any] = {"asin": line.asin, "title": line.title, "sellerSku": line.sku}
    if line.item_price is not None and line.quantity:
        unit = money(line.item_price // line.quantity, order.market)
        product["price"] = {"unitPrice": {"amount": unit, "currencyCode": line.currency}}
    return {
        "orderItemId": line.item_id,
        "quantityOrdered": line.quantity,
        "product": product,
    }


def _told(values: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _buyer(order: Order) -> dict[str, str]:
    """Return what Amazon covers the buyer; nothing while the order is pending."""
    if order.status == PENDING:
        return {}
    person = buyer(order)
    return _told(
        {
            "buyerName": person.name,
            "buyerEmail": person.email,
            "buyerCompanyName": person.company,
            "buyerPurchaseOrderNumber": order.purchase_order,
        }
    )


def _address(order: Order) -> dict[str, str]:
    """Return the delivery address; nothing while the order is pending."""
    if order.status == PENDING:
        return {}
    person = buyer(order)
    return _told(
        {
            "name": person.name if person.street else "",
            "companyName": person.company if person.street else "",
            "addressLine1": person.street,
            "addressLine2": person.more_address,
            "city": order.city,
            "stateOrRegion": order.state,
            "postalCode": order.postal_code,
            "countryCode": order.country,
            "phone": person.phone,
            "addressType": person.address_type,
        }
    )


def _orders(business: Business, as_of: int, since: float) -> Iterator[Order]:
    markets = frozenset(each.id for each in business.account.marketplaces)
    oldest = max(since, as_of - TWO_YEARS)
    for order in business.orders.updated_between(oldest, as_of, as_of, markets):
        if order.status != PENDING:
            yield order


def _head(order: Order) -> Record:
    return {
        "marketplace_id": order.market.id,
        "amazon_order_id": order.order_id,
        "purchase_date": iso(order.purchased),
        "last_updated_date": iso(order.updated),
    }


def _buyer_info(_world: World, business: Business, as_of: int, since: float) -> Iterator[Record]:
    for order in _orders(business, as_of, since):
        person = buyer(order)
        yield _head(order) | {
            "buyer_name": person.name,
            "buyer_email": person.email or None,
            "buyer_company_name": person.company or None,
            "buyer_purchase_order_number": order.purchase_order or None,
        }


def _addresses(_world: World, business: Business, as_of: int, since: float) -> Iterator[Record]:
    for order in _orders(business, as_of, since):
        person = buyer(order)
        yield _head(order) | {
            "name": person.name if person.street else None,
            "company_name": (person.company or None) if person.street else None,
            "address_line1": person.street or None,
            "address_line2": person.more_address or None,
            "city": order.city or None,
            "state_or_region": order.state or None,
            "postal_code": order.postal_code or None,
            "country_code": order.country or None,
            "phone": person.phone or None,
            "address_type": person.address_type,
            "delivery_preference": {"dropOffLocation": "FRONT_DOOR"} if order.signature else None,
        }


OPERATIONS = (
    Operation(
        "searchOrders",
        "GET",
        "/orders/2026-01-01/orders",
        Rate(0.0056, 20),
        200,
        _search_orders,
        role=ROLE_ORDERS,
    ),
    Operation(
        "getOrder",
        "GET",
        "/orders/2026-01-01/orders/{orderId}",
        Rate(0.5, 30),
        200,
        _get_order,
        role=ROLE_ORDERS,
    ),
)
TRUTH: dict[str, Truth] = {"order_buyer_info": _buyer_info, "order_address": _addresses}

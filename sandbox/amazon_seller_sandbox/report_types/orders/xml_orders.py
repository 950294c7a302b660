"""The XML reports of all orders: an envelope with a message for each order, in UTF-8."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from amazon_seller_sandbox.clock import DAY, iso
from amazon_seller_sandbox.files.documents import Content
from amazon_seller_sandbox.report_types.report_type import ReportType
from amazon_seller_sandbox.world.accounts import ROLE_ORDERS
from amazon_seller_sandbox.world.order_lines import money
from amazon_seller_sandbox.world.orders import TWO_YEARS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.world.order_lines import Line
    from amazon_seller_sandbox.world.orders import Order
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World

_BEGIN = """<?xml version="1.0" encoding="UTF-8"?>
<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">
<Header>
<DocumentVersion>1.00</DocumentVersion>
</Header>
<MessageType>AllOrdersReport</MessageType>"""
_END = "</AmazonEnvelope>"
_COMPONENTS = (
    ("Principal", "item_price"),
    ("Tax", "item_tax"),
    ("Shipping", "shipping_price"),
    ("ShippingTax", "shipping_tax"),
    ("GiftWrap", "gift_wrap_price"),
    ("GiftWrapTax", "gift_wrap_tax"),
)


def _told(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _line(order: Order, line: Line) -> dict[str, Any]:
    market = order.market
    components = [
        {"Type": kind, "Amount": {"currency": line.currency, "value": money(amount, market)}}
        for kind, name in _COMPONENTS
        if (amount := getattr(line, name)) is not None
    ]
    promotions = _told(
        {
            "PromotionIDs": line.promotions,
            "ItemPromotionDiscount": money(line.item_discount, market),
            "ShipPromotionDiscount": money(line.ship_discount, market),
        }
    )
    return {
        "AmazonOrderItemCode": line.item_id,
        "ASIN": line.asin,
        "SKU": line.sku,
        "ItemStatus": line.status,
        "ProductName": line.title,
        "Quantity": str(line.quantity),
        **({"ItemPrice": {"Component": components}} if components else {}),
        **({"Promotion": [promotions]} if promotions else {}),
    }


def _tree(order: Order) -> dict[str, Any]:
    """Return an order as nested elements: texts, objects and lists of them."""
    address = _told(
        {
            "City": order.city,
            "State": order.state,
            "PostalCode": order.postal_code,
            "Country": order.country,
        }
    )
    return {
        "AmazonOrderID": order.order_id,
        "MerchantOrderID": order.merchant_order_id,
        "PurchaseDate": iso(order.purchased),
        "LastUpdatedDate": iso(order.updated),
        "OrderStatus": order.status,
        "SalesChannel": order.market.name,
        "FulfillmentData": {
            "FulfillmentChannel": order.channel,
            "ShipServiceLevel": order.service_level,
            **({"Address": address} if address else {}),
        },
        "IsBusinessOrder": "true" if order.is_business else "false",
        **_told({"PurchaseOrderNumber": order.purchase_order}),
        "OrderItem": [_line(order, line) for line in order.lines],
    }


def _xml(name: str, value: Any) -> str:  # noqa: ANN401 - text, object or list
    if isinstance(value, list):
        return "\n".join(_xml(name, each) for each in value)
    if isinstance(value, str):
        return f"<{name}>{escape(value)}</{name}>"
    if value.keys() == {"currency", "value"}:
        return f"<{name} currency={quoteattr(value['currency'])}>{value['value']}</{name}>"
    inner = "\n".join(_xml(child, each) for child, each in value.items())
    return f"<{name}>\n{inner}\n</{name}>"


def _document(orders: Iterable[Order]) -> Iterator[str]:
    """Yield the envelope's begin, then the orders one by one; its end comes with the last."""
    waiting = _BEGIN
    for order in orders:
        yield waiting
        waiting = _xml("Message", {"Order": _tree(order)})
    yield f"{waiting}\n{_END}"


def _content(asked: Asked, *, by_purchase: bool) -> Content:
    settings = asked.world.settings
    as_of = asked.as_of - int(settings.report_lag_minutes * 60)
    wanted = asked.business.account.marketplaces if settings.region_wide_orders else asked.markets
    ids = frozenset(each.id for each in wanted)
    since = max(asked.start, asked.created - TWO_YEARS)
    book = asked.business.orders
    find = book.purchased_between if by_purchase else book.updated_between
    orders = find(since, asked.end, as_of, ids)
    return Content(_document(orders), "UTF-8", asked.compressed)


_PROPERTIES = {
    "AmazonOrderID": "amazon_order_id",
    "MerchantOrderID": "merchant_order_id",
    "PurchaseDate": "purchase_date",
    "LastUpdatedDate": "last_updated_date",
    "OrderStatus": "order_status",
    "SalesChannel": "sales_channel",
    "FulfillmentData": "fulfillment_data",
    "IsBusinessOrder": "is_business_order",
    "PurchaseOrderNumber": "purchase_order_number",
    "OrderItem": "order_item",
}


def _orders(
    _world: World, business: Business, as_of: int, since: float, *, by_purchase: bool
) -> Iterator[Record]:
    ids = frozenset(each.id for each in business.account.marketplaces)
    oldest = max(since, as_of - TWO_YEARS)
    book = business.orders
    find = book.purchased_between if by_purchase else book.updated_between
    for order in find(oldest, as_of, as_of, ids):
        record = {_PROPERTIES[name]: value or None for name, value in _tree(order).items()}
        yield {"marketplace_id": order.market.id, **record}


REPORT_TYPES = (
    ReportType(
        "GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
        partial(_content, by_purchase=False),
        ROLE_ORDERS,
        longest_window=30 * DAY,
    ),
    ReportType(
        "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
        partial(_content, by_purchase=True),
        ROLE_ORDERS,
        longest_window=30 * DAY,
    ),
)
TRUTH: dict[str, Truth] = {
    "xml_orders": partial(_orders, by_purchase=False),
    "xml_orders_by_order_date": partial(_orders, by_purchase=True),
}

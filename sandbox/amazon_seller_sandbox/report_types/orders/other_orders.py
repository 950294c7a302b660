"""Order reports beside the one by last update: by order date, archived, and what is to be shipped."""

from __future__ import annotations

import math
from collections import Counter
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from amazon_seller_sandbox.chance import draws, key
from amazon_seller_sandbox.clock import DAY, iso
from amazon_seller_sandbox.files.documents import Content
from amazon_seller_sandbox.files.tables import Column, Table, Value, cents
from amazon_seller_sandbox.report_types.report_type import ReportType
from amazon_seller_sandbox.world.accounts import ROLE_ORDERS, ROLE_SHIPPING
from amazon_seller_sandbox.world.buyers import Buyer, buyer
from amazon_seller_sandbox.world.order_lines import CANCELLED, UNSHIPPED, Line
from amazon_seller_sandbox.world.orders import LONGEST_TIMELINE, TWO_YEARS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.orders import Order
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World

    Wanted = Callable[[Business, Order, int], bool]

_ARCHIVED_AFTER = 14 * DAY
"""An order is archived so long after its last change."""
_PROMISED_AFTER = 2 * DAY


class OrderLine(NamedTuple):
    """One line of an order, and which of those with the same SKU and ASIN it is."""

    order: Order
    line: Line
    number: int


def lines(orders: Iterable[Order]) -> Iterator[OrderLine]:
    """Yield the lines of orders."""
    for order in orders:
        numbers: Counter[tuple[str, str]] = Counter()
        for line in order.lines:
            numbers[line.sku, line.asin] += 1
            yield OrderLine(order, line, numbers[line.sku, line.asin])


def _text(name: str) -> Callable[[OrderLine], Value]:
    """Return a reader of a text of the line, or else of its order; None where it is empty."""

    def read(row: OrderLine) -> Value:
        return getattr(row.line if hasattr(row.line, name) else row.order, name) or None

    return read


def _amount(name: str) -> Callable[[OrderLine], Value]:
    def read(row: OrderLine) -> Value:
        minor = getattr(row.line, name)
        return None if minor is None else minor / row.order.market.minor_units

    return read


def _yen(value: Value) -> str:
    return "" if value is None else f"{value:.0f}"


@cache
def _archived_table(market: Marketplace) -> Table[OrderLine]:
    money = _yen if market.minor_units == 1 else cents
    amounts = (
        ("item-price", "item_price"),
        ("item-tax", "item_tax"),
        ("shipping-price", "shipping_price"),
        ("shipping-tax", "shipping_tax"),
        ("gift-wrap-price", "gift_wrap_price"),
        ("gift-wrap-tax", "gift_wrap_tax"),
        ("item-promotion-discount", "item_discount"),
        ("ship-promotion-discount", "ship_discount"),
    )
    return Table(
        (
            Column("amazon-order-id", _text("order_id")),
            Column("merchant-order-id", _text("merchant_order_id")),
            Column("purchase-date", lambda row: iso(row.order.purchased)),
            Column("last-updated-date", lambda row: iso(row.order.updated)),
            Column("order-status", lambda row: row.order.status),
            Column("fulfillment-channel", _text("channel")),
            Column("sales-channel", lambda row: row.order.market.name),
            Column("order-channel", lambda _: None),
            Column("url", lambda _: None),
            Column("ship-service-level", _text("service_level")),
            Column("product-name", _text("title")),
            Column("sku", _text("sku")),
            Column("asin", _text("asin")),
            Column("item-status", lambda row: row.line.status),
            Column("quantity", lambda row: row.line.quantity),
            Column("currency", _text("currency")),
            *(Column(header, _amount(name), money) for header, name in amounts),
            Column("ship-city", _text("city")),
            Column("ship-state", _text("state")),
            Column("ship-postal-code", _text("postal_code")),
            Column("ship-country", _text("country")),
            Column("promotion-ids", _text("promotions")),
            Column("is-business-order", lambda row: row.order.is_business),
            Column("purchase-order-number", _text("purchase_order")),
            Column("price-designation", _text("price_designation")),
            Column("is-replacement-order", lambda _: False),
        )
    )


def _person(row: OrderLine) -> Buyer:
    return buyer(row.order)


def _is_late(row: OrderLine) -> bool:
    return draws(key("late", row.order.order_id))[0] % 9 == 0


_SHIPPING: Table[OrderLine] = Table(
    (
        Column("order-id", _text("order_id")),
        Column("order-item-id", _text("item_id")),
        Column("purchase-date", lambda row: iso(row.order.purchased)),
        Column("payments-date", lambda row: iso(row.order.updated)),
        Column("reporting-date", lambda row: iso(row.order.updated)),
        Column("promise-date", lambda row: iso(row.order.purchased + _PROMISED_AFTER)),
        Column("days-past-promise", lambda row: 1 if _is_late(row) else -1),
        Column("buyer-email", lambda row: _person(row).email),
        Column("buyer-name", lambda row: _person(row).name),
        Column("buyer-phone-number", lambda row: _person(row).phone),
        Column("sku", _text("sku")),
        Column("product-name", _text("title")),
        Column("quantity-purchased", lambda row: row.line.quantity),
        Column("quantity-shipped", lambda _: 0),
        Column("quantity-to-ship", lambda row: row.line.quantity),
        Column("ship-service-level", _text("service_level")),
        Column("recipient-name", lambda row: _person(row).name),
        Column("ship-address-1", lambda row: _person(row).street),
        Column("ship-address-2", lambda row: _person(row).more_address or None),
        Column("ship-address-3", lambda _: None),
        Column("ship-city", _text("city")),
        Column("ship-state", _text("state")),
        Column("ship-postal-code", _text("postal_code")),
        Column("ship-country", _text("country")),
        Column("is-business-order", lambda row: row.order.is_business),
        Column("purchase-order-number", _text("purchase_order")),
        Column("price-designation", _text("price_designation")),
        Column("is-prime", lambda _: False),
        Column("verge-of-cancellation", lambda _: False),
        Column("verge-of-lateShipment", _is_late, name="verge_of_late_shipment"),
        Column("signature-confirmation-recommended", lambda row: row.order.signature),
    )
)


def _is_archived(business: Business, order: Order, as_of: int) -> bool:
    """Say whether all has happened to an order that will, some time ago: it stays in the archive."""
    settled = order.status == CANCELLED or order.status.startswith("Shipped")
    if not settled or order.updated + _ARCHIVED_AFTER > as_of:
        return False
    ids, always = frozenset({order.market.id}), (-math.inf, math.inf)
    last = business.orders.order(order.number, as_of + LONGEST_TIMELINE, ids, always)
    return last is not None and last.updated == order.updated


def _is_actionable(_business: Business, order: Order, _as_of: int) -> bool:
    return order.channel == "Merchant" and order.status == UNSHIPPED


def _purchased(
    business: Business, ids: frozenset[str], span: tuple[float, float], as_of: int, wanted: Wanted
) -> Iterator[Order]:
    for order in business.orders.purchased_between(*span, as_of, ids):
        if wanted(business, order, as_of):
            yield order


def _content(
    asked: Asked, table: Callable[[Marketplace], Table[OrderLine]], wanted: Wanted
) -> Content:
    everywhere = asked.world.settings.region_wide_orders and wanted is _is_archived
    markets = asked.business.account.marketplaces if everywhere else asked.markets
    ids = frozenset(each.id for each in markets)
    span = max(asked.start, asked.created - TWO_YEARS), asked.end
    orders = _purchased(asked.business, ids, span, asked.as_of, wanted)
    charset = asked.market.charsets.orders
    return Content(table(asked.market).lines(lines(orders)), charset, asked.compressed)


def _truth(
    table: Callable[[Marketplace], Table[OrderLine]],
    wanted: Wanted,
    business: Business,
    as_of: int,
    since: float,
) -> Iterator[tuple[OrderLine, Record]]:
    ids = frozenset(each.id for each in business.account.marketplaces)
    span = max(since, as_of - TWO_YEARS), float(as_of)
    for row in lines(_purchased(business, ids, span, as_of, wanted)):
        market = row.order.market
        charset = market.charsets.orders
        yield row, table(market).record(row, charset, marketplace_id=market.id)


def _archived(_world: World, business: Business, as_of: int, since: float) -> Iterator[Record]:
    for row, record in _truth(_archived_table, _is_archived, business, as_of, since):
        yield record | {"line_number": row.number}


def _by_order_date(_world: World, business: Business, as_of: int, since: float) -> Iterator[Record]:
    """Yield the columns of the archived orders' file, and those that are only in files by date."""
    found = _truth(_archived_table, lambda *_: True, business, as_of, since)
    for row, record in found:
        del record["is_replacement_order"]
        market = row.order.market
        yield record | {
            "line_number": row.number,
            "order_item_id": row.line.item_id if market.order_items_have_ids else None,
            "signature_confirmation_recommended": row.order.signature,
        }


def _shipping_table(_market: Marketplace) -> Table[OrderLine]:
    return _SHIPPING


def _shipping(_world: World, business: Business, as_of: int, since: float) -> Iterator[Record]:
    for _, record in _truth(_shipping_table, _is_actionable, business, as_of, since):
        yield record


REPORT_TYPES = (
    ReportType(
        "GET_FLAT_FILE_ARCHIVED_ORDERS_DATA_BY_ORDER_DATE",
        partial(_content, table=_archived_table, wanted=_is_archived),
        ROLE_ORDERS,
        longest_window=30 * DAY,
    ),
    ReportType(
        "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING",
        partial(_content, table=_shipping_table, wanted=_is_actionable),
        ROLE_SHIPPING,
        longest_window=30 * DAY,
        restricted=True,
    ),
)
TRUTH: dict[str, Truth] = {
    "all_orders_by_order_date": _by_order_date,
    "archived_orders": _archived,
    "shipping_orders": _shipping,
}

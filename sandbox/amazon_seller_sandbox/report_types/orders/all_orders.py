"""The reports of all orders, by last update and by order date, and what a sync makes of them."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from amazon_seller_sandbox.clock import DAY, iso
from amazon_seller_sandbox.files import order_files
from amazon_seller_sandbox.files.documents import Content
from amazon_seller_sandbox.report_types.report_type import ReportType
from amazon_seller_sandbox.world.accounts import ROLE_ORDERS
from amazon_seller_sandbox.world.orders import TWO_YEARS
from amazon_seller_sandbox.world.titles import as_in_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.world.order_lines import Line
    from amazon_seller_sandbox.world.orders import Order
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World


def _content(asked: Asked, *, by_purchase: bool) -> Content:
    settings, market = asked.world.settings, asked.market
    as_of = asked.as_of - int(settings.report_lag_minutes * 60)
    wanted = asked.business.account.marketplaces if settings.region_wide_orders else asked.markets
    ids = frozenset(each.id for each in wanted)
    book = asked.business.orders
    find = book.purchased_between if by_purchase else book.updated_between
    orders = find(max(asked.start, asked.created - TWO_YEARS), asked.end, as_of, ids)
    return Content(
        order_files.rows(orders, market, by_purchase_date=by_purchase),
        market.charsets.orders,
        asked.compressed,
        line_end="\r\n" if market.network == "AMAZON_NA" else "\n",
    )


def _all_orders(business: Business, as_of: int, since: float) -> Iterator[Order]:
    markets = frozenset(each.id for each in business.account.marketplaces)
    oldest = max(since, as_of - TWO_YEARS)
    return business.orders.updated_between(oldest, as_of, as_of, markets)


def _orders(_world: World, business: Business, as_of: int, since: float) -> Iterator[Record]:
    for order in _all_orders(business, as_of, since):
        market = order.market
        yield {
            "marketplace_id": market.id,
            "amazon_order_id": order.order_id,
            "merchant_order_id": order.merchant_order_id or None,
            "purchase_date": iso(order.purchased),
            "last_updated_date": iso(order.updated),
            "order_status": order.status,
            "fulfillment_channel": order.channel,
            "sales_channel": market.name,
            "order_channel": None,
            "ship_service_level": order.service_level,
            "ship_city": order.city or None,
            "ship_state": order.state or None,
            "ship_postal_code": order.postal_code or None,
            "ship_country": order.country or None,
            "is_business_order": order.is_business,
            "purchase_order_number": order.purchase_order or None,
            "cpf": None,
            "signature_confirmation_recommended": order.signature,
            "currency": order.lines[0].currency or None,
            "order_total": order_total(order),
            "number_of_lines": len(order.lines),
            "quantity": sum(line.quantity for line in order.lines),
        }


def order_total(order: Order) -> float | None:
    """Return what the buyer pays, taxes added where prices come without; None without prices."""
    if all(line.item_price is None for line in order.lines):
        return None
    total = 0
    for line in order.lines:
        total += (line.item_price or 0) + (line.shipping_price or 0) + (line.gift_wrap_price or 0)
        total -= (line.item_discount or 0) + (line.ship_discount or 0)
        if order.market.prices_exclude_tax:
            total += (line.item_tax or 0) + (line.shipping_tax or 0) + (line.gift_wrap_tax or 0)
    return total / order.market.minor_units


def _order_items(_world: World, business: Business, as_of: int, since: float) -> Iterator[Record]:
    for order in _all_orders(business, as_of, since):
        numbers: Counter[tuple[str, str]] = Counter()
        for line in order.lines:
            numbers[line.sku, line.asin] += 1
            yield _order_item(order, line, numbers[line.sku, line.asin])


def _order_item(order: Order, line: Line, line_number: int) -> Record:
    market = order.market
    return {
        "marketplace_id": market.id,
        "amazon_order_id": order.order_id,
        "order_item_id": line.item_id if market.order_items_have_ids else None,
        "line_number": line_number,
        "purchase_date": iso(order.purchased),
        "last_updated_date": iso(order.updated),
        "order_status": order.status,
        "fulfillment_channel": order.channel,
        "sales_channel": market.name,
        "product_name": as_in_file(line.title, market.charsets.orders),
        "sku": line.sku,
        "asin": line.asin,
        "item_status": line.status,
        "quantity": line.quantity,
        "currency": line.currency or None,
        "item_price": market.amount(line.item_price),
        "item_tax": market.amount(line.item_tax),
        "shipping_price": market.amount(line.shipping_price),
        "shipping_tax": market.amount(line.shipping_tax),
        "gift_wrap_price": market.amount(line.gift_wrap_price),
        "gift_wrap_tax": market.amount(line.gift_wrap_tax),
        "item_promotion_discount": market.amount(line.item_discount),
        "ship_promotion_discount": market.amount(line.ship_discount),
        "promotion_ids": line.promotions or None,
        "price_designation": order.price_designation or None,
    }


REPORT_TYPES = (
    # "Date range exceeded" beyond 30 days; orders older than two years are never returned.
    ReportType(
        "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
        partial(_content, by_purchase=False),
        ROLE_ORDERS,
        longest_window=30 * DAY,
    ),
    ReportType(
        "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
        partial(_content, by_purchase=True),
        ROLE_ORDERS,
        longest_window=30 * DAY,
    ),
)
TRUTH: dict[str, Truth] = {"orders": _orders, "order_items": _order_items}

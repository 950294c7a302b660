"""The all-orders flat files: their columns in each marketplace, and their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amazon_seller_sandbox.clock import iso
from amazon_seller_sandbox.world.order_lines import Line, money

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.orders import Order

_BEFORE_CHANNELS = (
    "amazon-order-id",
    "merchant-order-id",
    "purchase-date",
    "last-updated-date",
    "order-status",
)
_CHANNELS = ("fulfillment-channel", "sales-channel", "order-channel")
_MIDDLE = (
    "ship-service-level",
    "product-name",
    "sku",
    "asin",
    "item-status",
    "quantity",
    "currency",
    "item-price",
    "item-tax",
    "shipping-price",
    "shipping-tax",
    "gift-wrap-price",
    "gift-wrap-tax",
    "item-promotion-discount",
    "ship-promotion-discount",
    "ship-city",
    "ship-state",
    "ship-postal-code",
    "ship-country",
    "promotion-ids",
)
_END = ("is-business-order", "purchase-order-number", "price-designation")
_JAPAN_END = (
    "customized-url",
    "customized-page",
    "signature-confirmation-recommended",
    "buyer-identification-number",
    "buyer-identification-type",
    "order-item-id",
)


def columns(market: Marketplace, *, by_purchase_date: bool) -> tuple[str, ...]:
    """Return the header of an all-orders file of this marketplace, as seen in 2026."""
    cpf = ("cpf",)
    signature = ("signature-confirmation-recommended",)
    if market.country == "US":
        return (
            *_BEFORE_CHANNELS, "order-item-id", *_CHANNELS, *_MIDDLE, *cpf, *_END, *signature
        )  # fmt: skip
    if market.country == "JP":
        return (*_BEFORE_CHANNELS, *_CHANNELS, "url", *_MIDDLE, *_END, *_JAPAN_END)
    if by_purchase_date:
        return (*_BEFORE_CHANNELS, *_CHANNELS, *_MIDDLE, *cpf, *_END, *signature)
    return (*_BEFORE_CHANNELS, *_CHANNELS, *_MIDDLE, *_END, *signature)


def rows(orders: Iterable[Order], market: Marketplace, *, by_purchase_date: bool) -> Iterator[str]:
    """Yield header and rows, without line ends."""
    yield "\t".join(columns(market, by_purchase_date=by_purchase_date))
    for order in orders:
        before = (
            f"{order.order_id}\t{order.merchant_order_id}\t{iso(order.purchased)}\t"
            f"{iso(order.updated)}\t{order.status}"
        )
        channels = f"\t{order.channel}\t{order.market.name}\t"
        end = (
            f"\t{'true' if order.is_business else 'false'}\t{order.purchase_order}\t"
            f"{order.price_designation}"
        )
        signature = f"\t{'true' if order.signature else 'false'}"
        for position, line in enumerate(order.lines):
            middle = _middle(order, line)
            # Some rows end with a tab too many.
            stray = "\t" if (order.number + position) % 19 == 0 else ""
            if market.country == "US":
                yield f"{before}\t{line.item_id}{channels}\t{middle}\t{end}{signature}{stray}"
            elif market.country == "JP":
                japan_end = f"\t\t{signature}\t\t\t{line.item_id}{stray}"
                yield f"{before}{channels}\t\t{middle}{end}{japan_end}"
            elif by_purchase_date:
                yield f"{before}{channels}\t{middle}\t{end}{signature}{stray}"
            else:
                yield f"{before}{channels}\t{middle}{end}{signature}{stray}"


def _middle(order: Order, line: Line) -> str:
    market = order.market
    return "\t".join(
        (
            order.service_level,
            line.title,
            line.sku,
            line.asin,
            line.status,
            str(line.quantity),
            line.currency,
            money(line.item_price, market),
            money(line.item_tax, market),
            money(line.shipping_price, market),
            money(line.shipping_tax, market),
            money(line.gift_wrap_price, market),
            money(line.gift_wrap_tax, market),
            money(line.item_discount, market),
            money(line.ship_discount, market),
            order.city,
            order.state,
            order.postal_code,
            order.country,
            line.promotions,
        )
    )

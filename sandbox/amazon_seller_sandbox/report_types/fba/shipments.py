"""Reports of what Amazon's warehouses ship: sales, complete shipments, promotions, replacements."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from amazon_seller_sandbox.chance import draws, key, pick
from amazon_seller_sandbox.clock import DAY, iso
from amazon_seller_sandbox.files.rows import Source, content, true_records
from amazon_seller_sandbox.files.tables import Column, Table, money
from amazon_seller_sandbox.report_types.fba.cool_downs import DAILY, NEAR_REAL_TIME
from amazon_seller_sandbox.report_types.report_type import ReportType
from amazon_seller_sandbox.world.accounts import ROLE_FBA
from amazon_seller_sandbox.world.ledger import HISTORY
from amazon_seller_sandbox.world.shipments import Parcel, in_currency, parcels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.files.rows import Period
    from amazon_seller_sandbox.files.tables import Value
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.world import Business, World

_REPLACED_AFTER = 10 * DAY


def _amount(minor: Callable[[Parcel], int | None]) -> Callable[[Parcel], Value]:
    """Return a reader of an amount of a parcel, in its currency."""

    def read(parcel: Parcel) -> Value:
        return in_currency(minor(parcel), parcel.market)

    return read


SALES: Table[Parcel] = Table(
    (
        Column("shipment-date", lambda each: iso(each.shipped)),
        Column("sku", lambda each: each.line.sku),
        Column("fnsku", lambda each: each.listing.fnsku),
        Column("asin", lambda each: each.line.asin),
        Column("fulfillment-center-id", lambda each: each.center),
        Column("quantity", lambda each: each.quantity),
        Column("amazon-order-id", lambda each: each.order.order_id),
        Column("currency", lambda each: each.line.currency),
        Column("item-price-per-unit", _amount(lambda each: each.unit_price), money),
        Column("shipping-price", _amount(lambda each: each.shipping_price), money),
        Column("gift-wrap-price", _amount(lambda each: each.gift_wrap_price), money),
        Column("ship-city", lambda each: each.order.city),
        Column("ship-state", lambda each: each.order.state),
        Column("ship-postal-code", lambda each: each.order.postal_code),
    )
)
_BUYERS = ("Ada Byron", "Émile Zola", "Jürgen Groß", "Zoë O'Hara")


def _buyer(parcel: Parcel) -> str:
    return pick(_BUYERS, parcel.chance[9])


def _share(parcel: Parcel, minor: int | None) -> int:
    """Return the part of a line's amount that goes with a parcel, by units."""
    return (minor or 0) * parcel.quantity // max(parcel.line.quantity, 1)


SHIPMENTS: Table[Parcel] = Table(
    (
        Column("amazon-order-id", lambda each: each.order.order_id),
        Column("merchant-order-id", lambda each: each.order.merchant_order_id),
        Column("shipment-id", lambda each: each.shipment_id),
        Column("shipment-item-id", lambda each: each.shipment_item_id),
        Column("amazon-order-item-id", lambda each: each.line.item_id),
        Column("merchant-order-item-id", lambda _each: None),
        Column("purchase-date", lambda each: iso(each.order.purchased)),
        Column("payments-date", lambda each: iso(each.order.purchased)),
        Column("shipment-date", lambda each: iso(each.shipped)),
        Column("reporting-date", lambda each: iso(each.seen)),
        Column("buyer-email", lambda each: f"{each.order.number:x}@marketplace.amazon.com"),
        Column("buyer-name", _buyer),
        Column("buyer-phone-number", lambda each: f"+1 555 {each.chance[10] % 10**7:07d}"),
        Column("sku", lambda each: each.line.sku),
        Column("product-name", lambda each: each.line.title),
        Column("quantity-shipped", lambda each: each.quantity),
        Column("currency", lambda each: each.line.currency),
        Column("item-price", _amount(lambda each: each.unit_price * each.quantity), money),
        Column("item-tax", _amount(lambda each: _share(each, each.line.item_tax)), money),
        Column("shipping-price", _amount(lambda each: each.shipping_price), money),
        Column("shipping-tax", _amount(lambda each: _share(each, each.line.shipping_tax)), money),
        Column("gift-wrap-price", _amount(lambda each: each.gift_wrap_price), money),
        Column("gift-wrap-tax", _amount(lambda each: _share(each, each.line.gift_wrap_tax)), money),
        Column("ship-service-level", lambda each: each.order.service_level),
        Column("recipient-name", _buyer),
        Column("ship-address-1", lambda each: f"{1 + each.chance[11] % 99} Main Street"),
        Column("ship-address-2", lambda _each: None),
        Column("ship-address-3", lambda _each: None),
        Column("ship-city", lambda each: each.order.city),
        Column("ship-state", lambda each: each.order.state),
        Column("ship-postal-code", lambda each: each.order.postal_code),
        Column("ship-country", lambda each: each.order.country),
        Column("ship-phone-number", lambda each: f"+1 555 {each.chance[10] % 10**7:07d}"),
        Column("bill-address-1", lambda _each: None),
        Column("bill-address-2", lambda _each: None),
        Column("bill-address-3", lambda _each: None),
        Column("bill-city", lambda each: each.order.city),
        Column("bill-state", lambda each: each.order.state),
        Column("bill-postal-code", lambda each: each.order.postal_code),
        Column("bill-country", lambda each: each.order.country),
        Column("item-promotion-discount", _amount(lambda each: -each.item_discount), money),
        Column("ship-promotion-discount", _amount(lambda each: -each.ship_discount), money),
        Column("carrier", lambda each: each.carrier),
        Column("tracking-number", lambda each: each.tracking),
        Column("estimated-arrival-date", lambda each: iso(each.shipped + 2 * DAY)),
        Column("fulfillment-center-id", lambda each: each.center),
        Column("fulfillment-channel", lambda _each: "AFN"),
        Column("sales-channel", lambda each: each.market.name),
    )
)


class Promotion(NamedTuple):
    """A promotion that applied to a parcel."""

    parcel: Parcel
    discount: int
    name: str
    description: str


PROMOTIONS: Table[Promotion] = Table(
    (
        Column("shipment-date", lambda each: iso(each.parcel.shipped)),
        Column("currency", lambda each: each.parcel.line.currency),
        Column(
            "item-promotion-discount",
            lambda each: in_currency(each.discount, each.parcel.market),
            money,
        ),
        Column("item-promotion-id", lambda each: each.name),
        Column("description", lambda each: each.description),
        Column("promotion-rule-value", lambda _each: None),
        Column("amazon-order-id", lambda each: each.parcel.order.order_id),
        Column("shipment-id", lambda each: each.parcel.shipment_id),
        Column("shipment-item-id", lambda each: each.parcel.shipment_item_id),
    )
)


class Replacement(NamedTuple):
    """A free replacement of what a parcel held."""

    parcel: Parcel
    shipped: int
    center: str
    reason: str
    order_id: str


REPLACEMENTS: Table[Replacement] = Table(
    (
        Column("shipment-date", lambda each: iso(each.shipped)),
        Column("sku", lambda each: each.parcel.line.sku),
        Column("asin", lambda each: each.parcel.line.asin),
        Column("fulfillment-center-id", lambda each: each.center),
        Column("original-fulfillment-center-id", lambda each: each.parcel.center),
        Column("quantity", lambda each: each.parcel.quantity),
        Column("replacement-reason-code", lambda each: each.reason),
        Column("replacement-amazon-order-id", lambda each: each.order_id),
        Column("original-amazon-order-id", lambda each: each.parcel.order.order_id),
    )
)


def _parcels(
    world: World, business: Business, market: Marketplace, period: Period
) -> Iterator[Parcel]:
    markets = frozenset({market.id})
    for parcel in parcels(world, business, period.since, period.until, markets):
        if parcel.seen <= period.as_of:
            yield parcel


def _promotions(
    world: World, business: Business, market: Marketplace, period: Period
) -> Iterator[Promotion]:
    for parcel in _parcels(world, business, market, period):
        names = parcel.line.promotions.split(",")
        if parcel.item_discount:
            yield Promotion(parcel, parcel.item_discount, names[-1], "Save on items")
        if parcel.ship_discount:
            yield Promotion(parcel, parcel.ship_discount, names[0], "Free Shipping")


def _replacements(
    world: World, business: Business, market: Marketplace, period: Period
) -> Iterator[Replacement]:
    prefix = key(world.settings.seed, business.account.key, "replacement")
    earliest = period.since - _REPLACED_AFTER
    for parcel in parcels(world, business, earliest, period.until, frozenset({market.id})):
        shipped = parcel.shipped + 2 * DAY + parcel.chance[12] % (_REPLACED_AFTER - 2 * DAY)
        replaced = parcel.chance[13] % 8 == 0 and shipped + DAY <= period.as_of
        if replaced and period.since <= shipped < period.until:
            chance = draws(prefix, parcel.order.number)
            yield Replacement(
                parcel,
                shipped,
                parcel.center,
                str(chance[0] % 10),
                f"{parcel.order.order_id[:3]}-{chance[1] % 10**7:07d}-{chance[2] % 10**7:07d}",
            )


def too_old(asked: Asked) -> str | None:
    """Say that a report reaches back further than FBA reports do, if it does."""
    if asked.start < asked.created - HISTORY:
        return "Data older than 18 months is not available."
    return None


_SOURCES: dict[str, Source[Any]] = {
    "fba_customer_shipment_sales": Source(
        SALES, _parcels, ("amazon_order_id", "sku", "shipment_date", "fulfillment_center_id")
    ),
    "fulfilled_shipments": Source(SHIPMENTS, _parcels),
    "fba_promotions": Source(
        PROMOTIONS,
        _promotions,
        ("amazon_order_id", "shipment_id", "shipment_item_id"),
        regions=("NA",),
    ),
    "fba_replacements": Source(
        REPLACEMENTS,
        _replacements,
        ("replacement_amazon_order_id", "original_amazon_order_id", "sku", "shipment_date"),
    ),
}


def _type(name: str, stream: str, *, longest: int, cool_down: int) -> ReportType:
    return ReportType(
        name,
        partial(content, _SOURCES[stream]),
        ROLE_FBA,
        longest_window=longest,
        cool_down=cool_down,
        compressed=None,
        objection=too_old,
    )


_FULFILLMENT = "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_"
REPORT_TYPES = (
    _type(
        _FULFILLMENT + "SALES_DATA",
        "fba_customer_shipment_sales",
        longest=30 * DAY,
        cool_down=NEAR_REAL_TIME,
    ),
    _type(
        "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL",
        "fulfilled_shipments",
        longest=30 * DAY,
        cool_down=NEAR_REAL_TIME,
    ),
    _type(_FULFILLMENT + "PROMOTION_DATA", "fba_promotions", longest=365 * DAY, cool_down=DAILY),
    _type(
        _FULFILLMENT + "REPLACEMENT_DATA", "fba_replacements", longest=365 * DAY, cool_down=DAILY
    ),
)
TRUTH = {stream: partial(true_records, source) for stream, source in _SOURCES.items()}

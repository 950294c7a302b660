"""Reports of what Amazon's warehouses ship: sales, promotions, whole shipments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amazon_seller_sandbox.accounts import ROLE_FBA
from amazon_seller_sandbox.clock import iso
from amazon_seller_sandbox.documents import Content
from amazon_seller_sandbox.report_types import ReportType
from amazon_seller_sandbox.shipments import DAY, HOUR, Parcel, amount, money, parcels
from amazon_seller_sandbox.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.accounts import Marketplace
    from amazon_seller_sandbox.report_types import Asked
    from amazon_seller_sandbox.truth import Record
    from amazon_seller_sandbox.world import Business, World

NEAR_REAL_TIME = 30 * 60
"""Seconds before Amazon makes a near-real-time FBA report again; daily ones take four hours."""
DAILY = 4 * HOUR

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
        Column("item-price-per-unit", amount(lambda each: each.unit_price), money),
        Column("shipping-price", amount(lambda each: each.shipping_price), money),
        Column("gift-wrap-price", amount(lambda each: each.gift_wrap_price), money),
        Column("ship-city", lambda each: each.order.city),
        Column("ship-state", lambda each: each.order.state),
        Column("ship-postal-code", lambda each: each.order.postal_code),
    )
)


def _seen(
    world: World, business: Business, market: Marketplace, window: tuple[float, float], as_of: int
) -> Iterator[Parcel]:
    """Yield the parcels of a window, ends included, that reports tell of by then."""
    start, end = window
    for parcel in parcels(world, business, start, end + 1, frozenset({market.id})):
        if parcel.seen <= as_of:
            yield parcel


def _sales(asked: Asked) -> Content:
    rows = _seen(asked.world, asked.business, asked.market, (asked.start, asked.end), asked.as_of)
    return Content(SALES.lines(rows), asked.market.charsets.stock, asked.compressed)


def _true_sales(world: World, business: Business, as_of: int, since: float) -> Iterator[Record]:
    for market in business.account.marketplaces:
        window = max(since, world.history_start), as_of
        rows = _seen(world, business, market, window, as_of)
        yield from numbered(
            (SALES.record(each, market.charsets.stock, marketplace_id=market.id) for each in rows),
            ("amazon_order_id", "sku", "shipment_date", "fulfillment_center_id"),
        )


def numbered(records: Iterator[Record], keys: tuple[str, ...]) -> Iterator[Record]:
    """Number the records that share keys from 1, in the order of their contents."""
    shared: dict[tuple[object, ...], list[Record]] = {}
    for record in records:
        shared.setdefault(tuple(record[name] for name in keys), []).append(record)
    for together in shared.values():
        for number, record in enumerate(sorted(together, key=_contents), start=1):
            yield record | {"line_number": number}


def _contents(record: Record) -> str:
    return repr(sorted((name, str(value)) for name, value in record.items()))


REPORT_TYPES = (
    ReportType(
        "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_SALES_DATA",
        _sales,
        ROLE_FBA,
        longest_window=30 * DAY,
        cool_down=NEAR_REAL_TIME,
        compressed=None,
    ),
)
TRUTH = {"fba_customer_shipment_sales": _true_sales}

"""Settlement reports (V2 flat files), which Amazon makes by itself every two weeks."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from amazon_seller_sandbox.clock import DAY, iso
from amazon_seller_sandbox.files.documents import Content
from amazon_seller_sandbox.files.tables import Column, Table, date_in, money
from amazon_seller_sandbox.report_types.report_type import ReportType, Unasked
from amazon_seller_sandbox.world import settlement_periods
from amazon_seller_sandbox.world.accounts import ROLE_FINANCE
from amazon_seller_sandbox.world.shipments import in_currency
from amazon_seller_sandbox.world.transactions import (
    FEE,
    LONGEST_DEFERRED,
    REFUND,
    SHIPMENT,
    transactions,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.files.tables import Value
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.transactions import Item, Part, Transaction
    from amazon_seller_sandbox.world.truth import Record
    from amazon_seller_sandbox.world.world import Business, World

MADE_AFTER = DAY // 4
"""Seconds after its end in which Amazon makes the report of a settlement."""
DEPOSITED_AFTER = 2 * DAY
LISTED = 89 * DAY
TYPES = {SHIPMENT: "Order", REFUND: "Refund", FEE: "other-transaction"}
AMOUNTS = {
    "OurPricePrincipal": ("ItemPrice", "Principal"),
    "OurPriceTax": ("ItemPrice", "Tax"),
    "ShippingPrincipal": ("ItemPrice", "Shipping"),
    "ShippingTax": ("ItemPrice", "ShippingTax"),
    "GiftWrapPrincipal": ("ItemPrice", "GiftWrap"),
    "GiftWrapTax": ("ItemPrice", "GiftWrapTax"),
    "Principal": ("Promotion", "Principal"),
    "Shipping": ("Promotion", "Shipping"),
    "Commission": ("ItemFees", "Commission"),
    "FBAPerUnitFulfillmentFee": ("ItemFees", "FBAPerUnitFulfillmentFee"),
    "RefundCommission": ("ItemFees", "RefundCommission"),
    "Subscription": ("other-transaction", "Subscription Fee"),
    "MarketplaceFacilitatorTax-OurPrice": (
        "ItemWithheldTax",
        "MarketplaceFacilitatorTax-Principal",
    ),
    "MarketplaceFacilitatorTax-Shipping": ("ItemWithheldTax", "MarketplaceFacilitatorTax-Shipping"),
    "MarketplaceFacilitatorTax-GiftWrap": ("ItemWithheldTax", "MarketplaceFacilitatorTax-Other"),
}
"""amount-type and amount-description of each part of a transaction."""


class Row(NamedTuple):
    """One row: the summary, which has no transaction, or one part of one."""

    id: str
    market: Marketplace
    bounds: tuple[int, int] | None = None
    total: int | None = None
    transaction: Transaction | None = None
    item: Item | None = None
    part: Part | None = None


def rows(world: World, business: Business, market: Marketplace, number: int) -> list[Row]:
    """Return a settlement's rows, the summary first; the others add up to its total."""
    account = business.account
    begin, end = settlement_periods.bounds(account, market, number)
    name = settlement_periods.id_of(account, market, number)
    found = [
        Row(name, market, transaction=transaction, item=item, part=part)
        for transaction in transactions(
            world, business, begin - LONGEST_DEFERRED, end, frozenset({market.id})
        )
        if begin <= transaction.released < end
        for item, part in _parts(transaction)
    ]
    total = sum(row.part.amount for row in found if row.part)
    return [Row(name, market, bounds=(begin, end), total=total), *found]


def _parts(transaction: Transaction) -> Iterator[tuple[Item | None, Part]]:
    for item in transaction.items:
        for part in item.parts:
            yield item, part
    for part in transaction.own_parts:
        yield None, part


def _comma(value: Value) -> str:
    return money(value).replace(".", ",")


def _dotted(value: Value) -> str:
    return "" if value is None else f"{date.fromisoformat(str(value)):%d.%m.%Y}"


def table(market: Marketplace) -> Table[Row]:
    """Return the columns as a marketplace writes them: in Europe 31.12.2026 and (not in GB) 1,99."""
    european = market.network == "AMAZON_EU"
    instant = date_in("%d.%m.%Y %H:%M:%S UTC" if european else "%Y-%m-%d %H:%M:%S UTC")
    day = _dotted if european else lambda value: str(value or "")
    amount = _comma if european and market.currency != "GBP" else money
    return Table(
        (
            Column("settlement-id", lambda row: row.id),
            Column("settlement-start-date", lambda row: _bound(row, 0), instant),
            Column("settlement-end-date", lambda row: _bound(row, 1), instant),
            Column("deposit-date", lambda row: _bound(row, 1, DEPOSITED_AFTER), instant),
            Column("total-amount", lambda row: in_currency(row.total, row.market), amount),
            Column("currency", lambda row: row.market.currency if row.bounds else None),
            Column("transaction-type", lambda row: _of(row, lambda each: TYPES[each.kind])),
            Column("order-id", lambda row: _of_order(row, "order_id")),
            Column("merchant-order-id", lambda row: _of_order(row, "merchant_order_id")),
            Column("adjustment-id", _adjustment),
            Column("shipment-id", _shipment),
            Column("marketplace-name", lambda row: _of(row, lambda each: each.market.name)),
            Column("amount-type", lambda row: AMOUNTS[row.part.kind][0] if row.part else None),
            Column(
                "amount-description", lambda row: AMOUNTS[row.part.kind][1] if row.part else None
            ),
            Column(
                "amount",
                lambda row: in_currency(row.part.amount, row.market) if row.part else None,
                amount,
            ),
            Column("fulfillment-id", _fulfillment),
            Column("posted-date", lambda row: _of(row, lambda each: iso(each.released)[:10]), day),
            Column(
                "posted-date-time", lambda row: _of(row, lambda each: iso(each.released)), instant
            ),
            Column("order-item-code", lambda row: row.item.line.item_id if row.item else None),
            Column("merchant-order-item-id", lambda _row: None),
            Column(
                "merchant-adjustment-item-id",
                lambda row: f"{row.item.line.item_id}9" if row.item and _adjustment(row) else None,
            ),
            Column("sku", lambda row: row.item.line.sku if row.item else None),
            Column("quantity-purchased", _quantity),
            Column("promotion-id", _promotion),
        )
    )


def _bound(row: Row, end: int, later: int = 0) -> str | None:
    return iso(row.bounds[end] + later) if row.bounds else None


def _of(row: Row, read: Callable[[Transaction], str]) -> str | None:
    return read(row.transaction) if row.transaction else None


def _of_order(row: Row, name: str) -> str | None:
    order = row.transaction.order if row.transaction else None
    return str(getattr(order, name)) if order else None


def _adjustment(row: Row) -> str | None:
    order = row.transaction.order if row.transaction else None
    if order is None or row.transaction is None or row.transaction.kind != REFUND:
        return None
    return f"amzn1:crow:{order.number * 3 + 10**9}"


def _shipment(row: Row) -> str | None:
    order = row.transaction.order if row.transaction else None
    if order is None or row.transaction is None or row.transaction.kind != SHIPMENT:
        return None
    return f"D{order.number * 2:010d}"


def _fulfillment(row: Row) -> str | None:
    order = row.transaction.order if row.transaction else None
    return None if order is None else ("AFN" if order.channel == "Amazon" else "MFN")


def _quantity(row: Row) -> int | None:
    """Return the units, which stand in the row of the price alone."""
    principal = row.item and row.part and row.part.kind == "OurPricePrincipal"
    return row.item.quantity if row.item and principal else None


def _promotion(row: Row) -> str | None:
    promoted = row.item and row.part and row.part.group == "PromotionRebates"
    return row.item.line.promotions.split(",")[0] or None if row.item and promoted else None


def _made(world: World, business: Business, now: int) -> Iterator[tuple[Unasked, int]]:
    """Yield the reports of the last three months up to an instant, with the settlement's number."""
    account = business.account
    for market in account.marketplaces:
        oldest = max(world.history_start, now - LISTED)
        number = settlement_periods.number_at(account, market, oldest)
        while (bounds := settlement_periods.bounds(account, market, number))[1] + MADE_AFTER <= now:
            begin, end = bounds
            if end + MADE_AFTER > oldest:
                name = settlement_periods.id_of(account, market, number)
                yield Unasked(f"9{name}", market, begin, end, end + MADE_AFTER), number
            number += 1


def _unasked(world: World, business: Business, now: int) -> list[Unasked]:
    return sorted(
        (made for made, _ in _made(world, business, now)), key=lambda each: (each.created, each.id)
    )


def _settlement(asked: Asked) -> Content:
    market = asked.market
    number = settlement_periods.number_at(asked.business.account, market, asked.start)
    found = rows(asked.world, asked.business, market, number)
    return Content(table(market).lines(found), market.charsets.orders, asked.compressed)


def _true_settlements(
    world: World, business: Business, as_of: int, _since: float
) -> Iterator[Record]:
    for made, number in _made(world, business, as_of):
        market = made.market
        columns = table(market)
        for position, row in enumerate(rows(world, business, market, number), start=1):
            yield columns.record(row, market.charsets.orders) | {
                "marketplace_id": market.id,
                "line_number": position,
                "currency": market.currency,
            }


REPORT_TYPES = (
    ReportType(
        "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2",
        _settlement,
        ROLE_FINANCE,
        requestable=False,
        unasked=_unasked,
        compressed=False,
    ),
)
TRUTH = {"settlements": _true_settlements}

"""The money of orders: shipments, refunds and fees, whose parts add up to their totals."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from amazon_seller_sandbox.chance import draws, key
from amazon_seller_sandbox.clock import DAY
from amazon_seller_sandbox.world.order_lines import PARTLY_CANCELLED, RETURNED, SHIPPED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.order_lines import Line
    from amazon_seller_sandbox.world.orders import Order
    from amazon_seller_sandbox.world.world import Business, World

LATEST_SEEN = 2 * DAY
""" "Financial events might not include orders from the last 48 hours." (listTransactions)"""
DEFERRED_FOR = 7 * DAY
"""Money of one shipment in three is held back until a week after it (deferral reason DD7)."""
INVOICED_FOR = range(30, 46)
"""Days after which money of business buyers, who pay by invoice, is released (deferral reason B2B)."""
LONGEST_DEFERRED = INVOICED_FOR[-1] * DAY
_COMMISSION_PERCENT = 15
_REFUND_FEE_PERCENT = 20
_FBA_FEE = 3.10
_SUBSCRIPTION = 39.99
PAID = frozenset({SHIPPED, PARTLY_CANCELLED, RETURNED})
"""The stages in which money moves."""
SHIPMENT, REFUND, FEE = "Shipment", "Refund", "ServiceFee"


class Part(NamedTuple):
    """A part of an amount, in minor units: `side` is Sales or Expenses, `group` what it belongs to."""

    side: str
    group: str
    kind: str
    amount: int


class Item(NamedTuple):
    """What a transaction has of one order line."""

    line: Line
    position: int
    quantity: int
    parts: tuple[Part, ...]


class Transaction(NamedTuple):
    """One movement of money; instants in seconds."""

    id: str
    kind: str
    description: str
    market: Marketplace
    posted: int
    seen: int
    """From when on Amazon reports it."""
    released: int
    """Until when its money is held back; when it was posted where it never is."""
    order: Order | None
    items: tuple[Item, ...]
    own_parts: tuple[Part, ...] = ()
    """Parts that belong to no item."""

    @property
    def parts(self) -> list[Part]:
        """Return all parts."""
        return [part for item in self.items for part in item.parts] + list(self.own_parts)

    @property
    def total(self) -> int:
        """Return the amount, in minor units."""
        return sum(part.amount for part in self.parts)


def transactions(
    world: World, business: Business, since: float, until: float, markets: frozenset[str]
) -> list[Transaction]:
    """Return what was posted in a stretch, begin included, oldest first."""
    found = [
        transaction
        for stage, order in business.orders.changes_between(since, until, markets, PAID)
        if (transaction := _of_order(world, business, stage, order)) is not None
    ]
    found.extend(_subscriptions(world, business, since, until, markets))
    return sorted(found, key=lambda each: (each.posted, each.id))


def releases(
    world: World, business: Business, since: float, until: float, markets: frozenset[str]
) -> list[Transaction]:
    """Return what was posted in a stretch because held-back money was released, oldest first.

    The transaction that was deferred stays, as DEFERRED_RELEASED, and a RELEASED one of the same amount,
    with an id of its own, is posted beside it.
    """
    found = [
        _released(each)
        for each in transactions(world, business, since - LONGEST_DEFERRED, until, markets)
        if each.released != each.posted and since <= each.released < until
    ]
    return sorted(found, key=lambda each: (each.posted, each.id))


def _released(transaction: Transaction) -> Transaction:
    chance = draws(key("released", transaction.id), 0)
    posted = transaction.released
    return transaction._replace(
        id=_id(chance), posted=posted, seen=posted + chance[0] % LATEST_SEEN, released=posted
    )


def _of_order(world: World, business: Business, stage: str, order: Order) -> Transaction | None:
    prefix = key(world.settings.seed, business.account.key, "money")
    if stage in {SHIPPED, PARTLY_CANCELLED}:
        chance = draws(prefix, order.number * 2)
        items = tuple(
            _sold(order, each, at) for at, each in enumerate(order.lines) if each.quantity
        )
        kind, description = SHIPMENT, "Order Payment"
        held = DEFERRED_FOR if chance[1] % 3 == 0 else 0
        if order.is_business:
            held = INVOICED_FOR[chance[2] % len(INVOICED_FOR)] * DAY
    elif stage == RETURNED:
        chance = draws(prefix, order.number * 2 + 1)
        items = tuple(_refunded(order, each, at) for at, each in returned_lines(order))
        kind, description, held = REFUND, "Refund Order", 0
    else:
        return None
    return Transaction(
        id=_id(chance),
        kind=kind,
        description=description,
        market=order.market,
        posted=order.updated,
        seen=order.updated + chance[0] % LATEST_SEEN,
        released=order.updated + held,
        order=order,
        items=items,
    )


def returned_lines(order: Order) -> list[tuple[int, Line]]:
    """Return the lines that came back, with their positions: FBA returns one, sellers' orders all."""
    whole = order.channel != "Amazon"
    return [
        (position, line)
        for position, line in enumerate(order.lines)
        if whole or line.status == RETURNED
    ]


def _id(chance: tuple[int, ...]) -> str:
    return "".join(f"{each:08x}" for each in chance[8:14])


def _prices(order: Order, line: Line) -> tuple[Part, ...]:
    """What the buyer paid: net prices and taxes, as price columns are with or without tax."""
    exclusive = order.market.prices_exclude_tax
    parts = []
    for kind, gross, tax in (
        ("OurPrice", line.item_price, line.item_tax),
        ("Shipping", line.shipping_price, line.shipping_tax),
        ("GiftWrap", line.gift_wrap_price, line.gift_wrap_tax),
    ):
        if gross:
            net = gross if exclusive else gross - (tax or 0)
            group = "Shipping" if kind == "Shipping" else "ProductCharges"
            parts.append(Part("Sales", group, f"{kind}Principal", net))
        if tax:
            parts.append(Part("Sales", "Tax", f"{kind}Tax", tax))
            if exclusive:
                withheld = f"MarketplaceFacilitatorTax-{kind}"
                parts.append(Part("Expenses", "TaxWithheld", withheld, -tax))
    for kind, discount in (("Principal", line.item_discount), ("Shipping", line.ship_discount)):
        if discount:
            parts.append(Part("Sales", "PromotionRebates", kind, -discount))
    return tuple(parts)


def _commission(line: Line) -> int:
    return (line.item_price or 0) * _COMMISSION_PERCENT // 100


def _sold(order: Order, line: Line, position: int) -> Item:
    market = order.market
    fees = [Part("Expenses", "AmazonFees", "Commission", -_commission(line))]
    if order.channel == "Amazon":
        fee = int(_FBA_FEE * market.exchange * market.minor_units) * line.quantity
        fees.append(Part("Expenses", "AmazonFees", "FBAPerUnitFulfillmentFee", -fee))
    return Item(line, position, line.quantity, (*_prices(order, line), *fees))


def _refunded(order: Order, line: Line, position: int) -> Item:
    back = tuple(each._replace(amount=-each.amount) for each in _prices(order, line))
    commission = _commission(line)
    fees = (
        Part("Expenses", "AmazonFees", "Commission", commission),
        Part(
            "Expenses", "AmazonFees", "RefundCommission", -commission * _REFUND_FEE_PERCENT // 100
        ),
    )
    return Item(line, position, line.quantity, (*back, *fees))


def _subscriptions(
    world: World, business: Business, since: float, until: float, markets: frozenset[str]
) -> Iterator[Transaction]:
    """Yield the fees of a seller's account: one a month and marketplace, on its first day."""
    month = datetime.fromtimestamp(max(since, world.history_start), UTC).date().replace(day=1)
    while (midnight := datetime(month.year, month.month, 1, tzinfo=UTC).timestamp()) < until:
        for at, market in enumerate(business.account.marketplaces):
            posted = int(midnight) + 600 * (at + 1)
            if market.id in markets and max(since, world.history_start) <= posted < until:
                prefix = key(world.settings.seed, business.account.key, "subscription", market.id)
                chance = draws(prefix, month.year * 12 + month.month)
                fee = int(_SUBSCRIPTION * market.exchange * market.minor_units)
                yield Transaction(
                    id=_id(chance),
                    kind=FEE,
                    description="Subscription",
                    market=market,
                    posted=posted,
                    seen=posted + chance[0] % LATEST_SEEN,
                    released=posted,
                    order=None,
                    items=(),
                    own_parts=(Part("Expenses", "AmazonFees", "Subscription", -fee),),
                )
        year, next_month = divmod(month.year * 12 + month.month, 12)
        month = month.replace(year=year, month=next_month + 1)

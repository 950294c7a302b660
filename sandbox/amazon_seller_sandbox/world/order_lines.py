"""The lines of an order: what was bought, at what price, and what became of each line."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amazon_seller_sandbox.chance import SCALE

if TYPE_CHECKING:
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.listings import Listing

PENDING, UNSHIPPED, SHIPPED = "Pending", "Unshipped", "Shipped"
CANCELLED, PARTLY_CANCELLED, RETURNED = "Cancelled", "Partly cancelled", "Returned"


class Line(NamedTuple):
    """One line of an order; amounts in minor units, None where the file has an empty cell.

    A tuple rather than a dataclass: a report may hold a million of them.
    """

    item_id: str
    sku: str
    asin: str
    title: str
    status: str
    quantity: int
    currency: str
    item_price: int | None
    item_tax: int | None
    shipping_price: int | None
    shipping_tax: int | None
    gift_wrap_price: int | None
    gift_wrap_tax: int | None
    item_discount: int | None
    ship_discount: int | None
    promotions: str


def line(item_id: str, listing: Listing, market: Marketplace, dice: tuple[int, ...]) -> Line:
    """Return a line as it stands once the order is accepted."""
    minor = market.minor_units
    price = listing.base_price * market.exchange * (0.9 + 0.2 * dice[2] / SCALE)
    unit = max(int(price) if minor > 1 else int(price) // 100, 1)
    quantity = 1 if dice[1] % 10 < 8 else 2 + dice[1] % 5  # noqa: PLR2004
    item_price = unit * quantity
    shipping = _extra(dice[3], 30, 4 * minor) if dice[3] % 7 else 0
    gift_wrap = _extra(dice[4], 4, 3 * minor)
    promoted = dice[5] % 100 < 10  # noqa: PLR2004 - one line in ten is promoted
    return Line(
        item_id=item_id,
        sku=listing.sku,
        asin=listing.asin,
        title=listing.titles[market.id],
        status=UNSHIPPED,
        quantity=quantity,
        currency=market.currency,
        item_price=item_price,
        item_tax=_tax(item_price, market),
        shipping_price=shipping,
        shipping_tax=_tax(shipping, market) if shipping else None,
        gift_wrap_price=gift_wrap,
        gift_wrap_tax=_tax(gift_wrap, market) if gift_wrap else None,
        item_discount=item_price * (5 + dice[6] % 20) // 100 if promoted else None,
        ship_discount=shipping if promoted and shipping else None,
        promotions=_promotions(market, dice[7]) if promoted else "",
    )


def twin(first: Line, item_id: str, market: Marketplace) -> Line:
    """Return a second line of the same SKU and ASIN.

    It equals the first but for its id, or has twice its quantity; the latter only where the cells
    of both lines sort as their ids do, so that "ordered by id" and "ordered by cells" agree.
    """
    second = first._replace(item_id=item_id)
    if first.quantity != 1 or first.item_price is None or first.item_tax is None:
        return second
    amounts = (first.item_price, first.item_tax)
    if first.item_discount is None and all(
        money(amount, market) < money(2 * amount, market) for amount in amounts
    ):
        return second._replace(quantity=2, item_price=2 * amounts[0], item_tax=2 * amounts[1])
    return second


def in_stage(each: Line, stage: str, *, fba: bool, first: bool, last: bool) -> Line:
    """Return the line as the file shows it in this stage of its order."""
    if stage == PENDING:
        return _without_prices(each)
    if stage == CANCELLED:
        return _without_prices(each)._replace(status=CANCELLED, quantity=0)
    if stage == PARTLY_CANCELLED and last:
        return _without_prices(each)._replace(status=CANCELLED, quantity=0, currency=each.currency)
    if stage == RETURNED and fba and first:
        return each._replace(status=RETURNED)
    return each if stage == UNSHIPPED else each._replace(status=SHIPPED)


def money(amount: int | None, market: Marketplace) -> str:
    """Write an amount in minor units as the files do; an empty cell for None."""
    if amount is None:
        return ""
    if market.minor_units == 1:
        return str(amount)
    return f"{amount // 100}.{amount % 100:02d}"


def _without_prices(each: Line) -> Line:
    return each._replace(
        currency="",
        item_price=None,
        item_tax=None,
        shipping_price=None,
        shipping_tax=None,
        gift_wrap_price=None,
        gift_wrap_tax=None,
        item_discount=None,
        ship_discount=None,
    )


def _extra(draw: int, percent: int, typical: int) -> int | None:
    return typical + (draw >> 8) % typical if draw % 100 < percent else None


def _tax(amount: int, market: Marketplace) -> int:
    percent = market.tax_percent
    if market.prices_exclude_tax:
        return amount * percent // 100
    return amount * percent // (100 + percent)


def _promotions(market: Marketplace, draw: int) -> str:
    first = f"{market.country} Core Free Shipping 2015/04/08 23-48-5-{draw % 999}"
    return first if draw % 3 else f"{first},PLM-{draw:08x}-{draw % 97},PAWS-V2-{draw % 10**8}"

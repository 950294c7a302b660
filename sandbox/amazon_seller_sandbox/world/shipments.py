"""What Amazon's warehouses ship: the parcels of FBA orders, line by line.

Pure functions of seed, account and time, like the orders that they belong to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amazon_seller_sandbox.chance import draws, key, pick
from amazon_seller_sandbox.clock import DAY, HOUR
from amazon_seller_sandbox.world.order_lines import PARTLY_CANCELLED, SHIPPED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.order_lines import Line
    from amazon_seller_sandbox.world.orders import Order
    from amazon_seller_sandbox.world.world import Business, World

LONGEST_SPLIT = 6 * HOUR
"""The second parcel of a line leaves at most this long after the first."""
EARLIEST_SEEN, LATEST_SEEN = HOUR, DAY
"""How late sales reports have a shipment: "one to three hours, up to 24"."""
_CENTERS = {
    "NA": ("PHX7", "BNA3", "ONT8", "YYZ4"),
    "EU": ("LEJ1", "XFRZ", "LTN4", "WRO5", "MAD4"),
    "FE": ("NRT5", "KIX2", "BWU1"),
}
_CARRIERS = {"NA": "UPS", "EU": "DHL", "FE": "YAMATO"}


class Parcel(NamedTuple):
    """Units of one order line that leave a warehouse together; amounts in minor units."""

    order: Order
    line: Line
    listing: Listing
    shipped: int
    seen: int
    """From when on reports have it."""
    center: str
    quantity: int
    shipping_price: int
    gift_wrap_price: int
    item_discount: int
    ship_discount: int
    shipment_id: str
    shipment_item_id: str
    carrier: str
    tracking: str
    chance: tuple[int, ...]

    @property
    def market(self) -> Marketplace:
        """Return where it was sold."""
        return self.order.market

    @property
    def unit_price(self) -> int:
        """Return the price of one unit."""
        return (self.line.item_price or 0) // max(self.line.quantity, 1)


def in_currency(minor: int | None, market: Marketplace) -> float | int | None:
    """Return an amount in minor units as a number in the marketplace's currency."""
    if minor is None or market.minor_units == 1:
        return minor
    return minor / market.minor_units


def listing_of(business: Business, line: Line) -> Listing:
    """Return the listing that a line sold."""
    return next(each for each in business.listings.by_asin[line.asin] if each.sku == line.sku)


def parcels(
    world: World, business: Business, since: float, until: float, markets: frozenset[str]
) -> Iterator[Parcel]:
    """Yield what left Amazon's warehouses in a stretch, begin included."""
    sent = frozenset({SHIPPED, PARTLY_CANCELLED})
    found = business.orders.changes_between(since - LONGEST_SPLIT, until, markets, sent)
    for _, order in found:
        if order.channel == "Amazon":
            for position, line in enumerate(order.lines):
                if line.quantity:
                    for parcel in _of_line(world, business, order, line, position):
                        if since <= parcel.shipped < until:
                            yield parcel


def _of_line(
    world: World, business: Business, order: Order, line: Line, position: int
) -> Iterator[Parcel]:
    account = business.account
    prefix = key(world.settings.seed, account.key, "parcel")
    chance = draws(prefix, order.number * 64 + position)
    parts = [line.quantity]
    if line.quantity > 1 and chance[0] % 3 == 0:
        parts = [1, line.quantity - 1]
    for part, quantity in enumerate(parts):
        shipped = order.updated
        if part:  # the other warehouse is slower, or as fast
            shipped += chance[1] % LONGEST_SPLIT if chance[2] % 2 else 0
        spread = chance[3 + part] % (LATEST_SEEN - EARLIEST_SEEN)
        yield Parcel(
            order=order,
            line=line,
            listing=listing_of(business, line),
            shipped=shipped,
            seen=shipped + EARLIEST_SEEN + spread,
            center=pick(_CENTERS[account.region], chance[5 + part]),
            quantity=quantity,
            shipping_price=0 if part else line.shipping_price or 0,
            gift_wrap_price=0 if part else line.gift_wrap_price or 0,
            item_discount=0 if part else line.item_discount or 0,
            ship_discount=0 if part else line.ship_discount or 0,
            shipment_id=f"D{order.number * 2 + part:010d}",
            shipment_item_id=f"D{(order.number * 64 + position) * 2 + part:012d}",
            carrier=_CARRIERS[account.region],
            tracking=f"1Z{chance[7]:010d}{part}",
            chance=chance,
        )

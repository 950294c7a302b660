"""What Amazon buys from a vendor: purchase orders, their confirmation, and what arrived of them.

Purchase order number N is a function of seed, account and N; N fixes its time, give or take four hours.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from amazon_seller_sandbox.chance import BASE36, draws, key, pick
from amazon_seller_sandbox.clock import DAY, HOUR
from amazon_seller_sandbox.world.catalog import identifiers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.world import Business, World

_EVERY = 4 * HOUR
LONGEST_TIMELINE = 26 * DAY
"""No purchase order changes later than this after it was placed (seconds)."""
_NAMES = 36**7
CENTRES = {"DE": ("DTM2", "LEJ1", "BER3"), "FR": ("ORY1", "LYS1", "MRS1")}


class Item(NamedTuple):
    """One item; amounts are in its unit, cents are per each."""

    sequence: int
    listing: Listing
    ordered: int
    changed: int
    """The amount after Amazon changed the order; the ordered one where it did not."""
    unit: str
    unit_size: int
    accepted: int
    receipts: tuple[tuple[int, int], ...]
    """When how many arrived, oldest first."""
    cost: int
    list_price: int
    identifier: str = ""
    """The vendor's id of the product."""

    def amount(self, changed: int | None, as_of: float) -> int:
        """Return the amount ordered, as of an instant."""
        return self.changed if changed is not None and changed <= as_of else self.ordered

    def received(self, as_of: float) -> int:
        """Return how many have arrived."""
        return sum(amount for instant, amount in self.receipts if instant <= as_of)


class PurchaseOrder(NamedTuple):
    """One purchase order and all that will happen to it; instants in seconds."""

    number: str
    market: Marketplace
    centre: str
    kind: str
    placed: int
    changed: int | None
    acknowledged: int
    closed: int
    items: tuple[Item, ...]

    def state(self, as_of: float) -> tuple[str, int]:
        """Return the state, and since when it has it."""
        if as_of >= self.closed:
            return "Closed", self.closed
        if as_of >= self.acknowledged:
            return "Acknowledged", self.acknowledged
        return "New", self.placed

    def updated(self, as_of: float) -> int:
        """Return when anything last happened to it."""
        receipts = (instant for item in self.items for instant, _ in item.receipts)
        events = (self.placed, self.changed, self.acknowledged, self.closed, *receipts)
        return max(event for event in events if event is not None and event <= as_of)

    def was_changed(self, as_of: float) -> bool:
        """Say whether Amazon has changed it."""
        return self.changed is not None and self.changed <= as_of


def vendor_code(market: Marketplace) -> str:
    """Return the vendor's code in a country: the selling party of its purchase orders."""
    return f"SAN{market.country}"


def vendor_identifier(world: World, business: Business, listing: Listing) -> str:
    """Return the vendor's id of a product: its EAN or UPC where it has one, else a number of its own.

    In the examples of Amazon's models vendorProductIdentifier is a barcode, such as 8806098286500; it
    may be any number of the vendor's choice.
    """
    barcodes = (
        each["identifier"]
        for each in identifiers(world, business, listing.product)
        if each["identifierType"] in ("EAN", "UPC")
    )
    return next(barcodes, listing.sku)


def short_name(draw: int, number: int) -> str:
    """Return an 8-character name that no other number has."""
    rest, name = (number * 1_000_003 + draw) % _NAMES, ""
    for _ in range(7):
        rest, digit = divmod(rest, 36)
        name += BASE36[digit]
    return BASE36[10 + number % 26] + name


def placed_between(
    world: World, business: Business, since: float, until: float
) -> Iterator[PurchaseOrder]:
    """Yield the purchase orders placed in a stretch of time, both ends included, oldest first."""
    start = world.history_start
    first = max(int((since - start) // _EVERY) - 1, 0)
    last = int((until - start) // _EVERY) + 1
    for number in range(first, max(last, first)):
        order = _order(world, business.account.key, number)
        if since <= order.placed <= until:
            yield order


@lru_cache(maxsize=2048)  # each day of stock looks at the orders of the weeks before
def _order(world: World, account_key: str, number: int) -> PurchaseOrder:
    business = world.businesses[account_key]
    account = business.account
    prefix = key(world.settings.seed, account.key, "purchase-order")
    chance = draws(prefix, number)
    placed = world.history_start + number * _EVERY + chance[0] % _EVERY
    market = pick(account.marketplaces, chance[1])
    changed = placed + 3 * HOUR + chance[2] % (37 * HOUR) if chance[3] % 4 == 0 else None
    acknowledged = (changed or placed) + 5 * HOUR + chance[4] % (43 * HOUR)
    sold = business.listings.sold
    listings = sold[market.id, True] + sold[market.id, False]
    items = tuple(
        item._replace(identifier=vendor_identifier(world, business, item.listing))
        for item in _items(prefix, number, listings, changed, acknowledged)
    )
    arrivals = [instant for item in items for instant, _ in item.receipts]
    return PurchaseOrder(
        number=short_name(draws(key(world.settings.seed, account.key, "po-name"))[0], number),
        market=market,
        centre=pick(CENTRES[market.country], chance[5]),
        kind="RushOrder" if chance[6] % 12 == 0 else "RegularOrder",
        placed=placed,
        changed=changed,
        acknowledged=acknowledged,
        closed=max(arrivals, default=acknowledged) + DAY + chance[7] % (3 * DAY),
        items=items,
    )


def _items(
    prefix: bytes,
    number: int,
    listings: list[Listing],
    changed: int | None,
    acknowledged: int,
) -> Iterator[Item]:
    taken: set[int] = set()
    for position in range(1 + draws(prefix + b"item", number * 16)[0] % 5):
        chance = draws(prefix + b"item", number * 16 + 1 + position)
        choice = chance[0] % len(listings)
        if choice in taken:
            continue
        is_changed = changed is not None and not taken
        taken.add(choice)
        in_cases = chance[1] % 3 == 0
        ordered = 1 + chance[2] % 12 if in_cases else 6 + chance[2] % 100
        after = ordered
        if is_changed:
            after = 0 if chance[3] % 4 == 0 else ordered // 2
        accepted = (after, after, after, after * 2 // 3, 0)[chance[4] % 5]
        listing = listings[choice]
        yield Item(
            sequence=len(taken),
            listing=listing,
            ordered=ordered,
            changed=after,
            unit="Cases" if in_cases else "Eaches",
            unit_size=6 if in_cases else 1,
            accepted=accepted,
            receipts=tuple(_receipts(chance, accepted, acknowledged)),
            cost=listing.base_price * 55 // 100,
            list_price=listing.base_price,
        )


def _receipts(
    chance: tuple[int, ...], accepted: int, acknowledged: int
) -> Iterator[tuple[int, int]]:
    """Yield the arrivals: most in one, the rest days later, now and then one short."""
    arrived = acknowledged + 4 * DAY + chance[5] % (8 * DAY)
    first = accepted if chance[6] % 2 else accepted * 3 // 5
    rest = accepted - first - (1 if chance[7] % 6 == 0 else 0)
    if first > 0:
        yield arrived, first
    if rest > 0:
        yield arrived + 2 * DAY + chance[8] % (3 * DAY), rest

"""The order history of an account: order number N and everything that happens to it.

An order is a pure function of (seed, account, its number), and its number fixes its minute: the
history is an even stream of ``per_second`` orders from ``start`` on. So any stretch of time can be
read without the stretches before it, and ten million orders need no memory.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from amazon_seller_sandbox.chance import SCALE, draws, key, pick
from amazon_seller_sandbox.clock import DAY, HOUR, MINUTE
from amazon_seller_sandbox.world import places
from amazon_seller_sandbox.world.order_lines import (
    CANCELLED,
    PARTLY_CANCELLED,
    PENDING,
    RETURNED,
    SHIPPED,
    UNSHIPPED,
    Line,
    in_stage,
    line,
    twin,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.world.accounts import Account, Marketplace
    from amazon_seller_sandbox.world.listings import Listing, Listings

TWO_YEARS = 730 * DAY
"""Seconds that Amazon keeps orders, in reports as in the API."""
LONGEST_TIMELINE = 36 * DAY
"""No order changes later than this after its purchase (seconds)."""
STAGES = frozenset({PENDING, UNSHIPPED, SHIPPED, PARTLY_CANCELLED, CANCELLED, RETURNED})
_REMEMBERED = 4_096
"""Orders of an account that are kept after they were read: small worlds are read time and again."""
_ORDER_NUMBERS = 10**14
_FACTOR = 7_368_787_123_457
_INVERSE = pow(_FACTOR, -1, _ORDER_NUMBERS)
_PREFIXES = {
    "NA": ("111", "112", "113", "114"),
    "EU": ("302", "303", "304", "305", "028"),
    "FE": ("249", "250", "503"),
}


class Order(NamedTuple):
    """One order in the state it had at some instant.

    A tuple rather than a dataclass: a report may hold a million of them.
    """

    number: int
    order_id: str
    merchant_order_id: str
    market: Marketplace
    purchased: int
    updated: int
    status: str
    channel: str
    service_level: str
    city: str
    state: str
    postal_code: str
    country: str
    is_business: bool
    purchase_order: str
    price_designation: str
    signature: bool
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class OrderRate:
    """When the history starts (seconds since 1970) and how many orders come per second."""

    start: int
    per_second: float


class OrderBook:
    """All orders of one account."""

    def __init__(self, seed: int, account: Account, rate: OrderRate, listings: Listings) -> None:
        """Prepare the history; nothing is generated yet."""
        self._account = account
        self._rate = rate
        self._listings = listings
        self._prefix = key(seed, account.key, "order")
        self._line_prefix = key(seed, account.key, "line")
        self._offset = draws(key(seed, account.key, "order-id"))[0]
        self._markets = [each for each in account.marketplaces for _ in range(each.share)]
        self._in_state = lru_cache(_REMEMBERED)(self._made)

    def _numbers(self, since: float, until: float) -> range:
        """Return the numbers of the orders that may have been purchased in this stretch."""
        rate = self._rate
        first = max(math.floor((since - rate.start) * rate.per_second) - 1, 0)
        last = math.ceil((until - rate.start) * rate.per_second) + 1
        return range(first, max(last, first))

    def purchased_between(
        self, since: float, until: float, as_of: int, markets: frozenset[str]
    ) -> Iterator[Order]:
        """Yield orders by purchase date, both ends included, in their state at ``as_of``."""
        for number in self._numbers(since, until):
            order = self.order(number, as_of, markets, (-math.inf, math.inf))
            if order is not None and since <= order.purchased <= until:
                yield order

    def updated_between(
        self, since: float, until: float, as_of: int, markets: frozenset[str]
    ) -> Iterator[Order]:
        """Yield orders whose last update as of ``as_of`` lies in the window, ends included."""
        for number in self._numbers(since - LONGEST_TIMELINE, min(until, as_of)):
            order = self.order(number, as_of, markets, (since, until))
            if order is not None:
                yield order

    def changes_between(
        self, since: float, until: float, markets: frozenset[str], stages: frozenset[str] = STAGES
    ) -> Iterator[tuple[str, Order]]:
        """Yield which of some stages orders enter in a stretch, begin included, and the orders then."""
        for number in self._numbers(since - LONGEST_TIMELINE, until):
            chance = draws(self._prefix, number)
            if pick(self._markets, chance[0]).id not in markets:
                continue
            purchased, fba = self._purchase(number, chance)
            before = ""
            for instant, stage in timeline(chance, purchased, fba=fba):
                if stage != before and stage in stages and since <= instant < until:
                    order = self.order(number, instant, markets, (-math.inf, math.inf))
                    if order is not None:
                        yield stage, order
                before = stage

    def _purchase(self, number: int, chance: tuple[int, ...]) -> tuple[int, bool]:
        """Return when an order is placed, and whether Amazon fulfils it."""
        spread = (number + chance[1] / SCALE) / self._rate.per_second
        fba = chance[2] % 100 < 65  # noqa: PLR2004 - 65 % fulfilled by Amazon
        return int(self._rate.start + spread), fba

    def find(self, order_id: str, as_of: int) -> Order | None:
        """Return the order of this id as of an instant; None where there is none."""
        _, _, digits = order_id.partition("-")
        try:
            number = (int(digits.replace("-", "")) - self._offset) * _INVERSE % _ORDER_NUMBERS
        except ValueError:
            return None
        markets = frozenset(each.id for each in self._account.marketplaces)
        found = self.order(number, as_of, markets, (-math.inf, math.inf))
        return found if found and found.order_id == order_id else None

    def order(
        self, number: int, as_of: int, markets: frozenset[str], updated: tuple[float, float]
    ) -> Order | None:
        """Return order ``number`` as of an instant.

        None when it is not of these marketplaces, not yet placed, or last updated elsewhere.
        """
        chance = draws(self._prefix, number)
        market = pick(self._markets, chance[0])
        if market.id not in markets:
            return None
        purchased, fba = self._purchase(number, chance)
        if purchased > as_of:
            return None
        stage, happened = _state(chance, purchased, as_of, fba=fba)
        if not updated[0] <= happened <= updated[1]:
            return None
        return self._in_state(number, stage, happened)

    def _made(self, number: int, stage: str, happened: int) -> Order:
        """Return order ``number`` in the state that it has entered at an instant."""
        chance = draws(self._prefix, number)
        market = pick(self._markets, chance[0])
        purchased, fba = self._purchase(number, chance)
        digits = (number * _FACTOR + self._offset) % _ORDER_NUMBERS
        head = pick(_PREFIXES[self._account.region], chance[3])
        order_id = f"{head}-{digits // 10**7:07d}-{digits % 10**7:07d}"
        business = chance[4] % 100 < 8  # noqa: PLR2004 - 8 % business orders
        city, state, postal_code, country = "", "", "", ""
        if stage != PENDING:
            city, state, postal_code, country = pick(places.PLACES[market.country], chance[5])
        status = stage
        if stage == PARTLY_CANCELLED or (stage == RETURNED and fba):
            status = SHIPPED
        elif stage == RETURNED:
            status = "Shipped - Returned to Seller"
        return Order(
            number=number,
            order_id=order_id,
            merchant_order_id=order_id if fba else "",
            market=market,
            purchased=purchased,
            updated=happened,
            status=status,
            channel="Amazon" if fba else "Merchant",
            service_level=pick(("Standard", "Expedited", "SecondDay", "NextDay"), chance[6]),
            city=city,
            state=state,
            postal_code=postal_code,
            country=country,
            is_business=business,
            purchase_order=f"PO-{chance[7] % 10**6:06d}" if business and chance[7] % 2 else "",
            price_designation="Business Price" if business else "",
            signature=chance[8] % 40 == 0,
            lines=self._lines(number, chance, market, stage),
        )

    def _lines(
        self, number: int, chance: tuple[int, ...], market: Marketplace, stage: str
    ) -> list[Line]:
        purchased, fba = self._purchase(number, chance)
        options = self._listings.sold[market.id, fba]
        count = min(_line_count(chance[9]), len(options))
        first_id = 10**13 + number * 64 * 1_009 + chance[10] % 7
        lines: list[Line] = []
        taken: set[int] = set()
        for position in range(count):
            dice = draws(self._line_prefix, number * 64 + position)
            # Squaring the draw makes a few products sell most.
            first = (dice[0] * dice[0] // SCALE) * len(options) // SCALE
            choice = self._in_stock(options, first, taken, (market, purchased))
            taken.add(choice)
            listing = self._listings.successor(options[choice], purchased)
            lines.append(line(f"{first_id + position * 7}", listing, market, dice))
        if count > 1 and chance[11] % 5 == 0 and not _loses_a_line(chance):
            lines[1] = twin(lines[0], lines[1].item_id, market)
        return [
            in_stage(each, stage, fba=fba, first=position == 0, last=position == count - 1)
            for position, each in enumerate(lines)
        ]

    def _in_stock(
        self,
        options: list[Listing],
        first: int,
        taken: set[int],
        place: tuple[Marketplace, int],
    ) -> int:
        """Return the place of the next listing, from ``first`` on, that is not taken nor sold out."""
        market, instant = place

        def free() -> Iterator[int]:
            rounds = ((first + turn) % len(options) for turn in range(len(options)))
            return (each for each in rounds if each not in taken)

        for each in free():
            listing = self._listings.successor(options[each], instant)
            if not self._listings.is_sold_out(listing, market, instant):
                return each
        return next(free())  # everything is sold out: it was ordered just before


def _line_count(draw: int) -> int:
    percent = draw % 100
    if percent < 80:  # noqa: PLR2004 - most orders have one line
        return 1
    if percent < 92:  # noqa: PLR2004
        return 2
    return 3 + (draw >> 8) % 3 if percent < 99 else 12  # noqa: PLR2004


def _loses_a_line(chance: tuple[int, ...]) -> bool:
    return 88 <= chance[12] % 100 < 92 and _line_count(chance[9]) > 1  # noqa: PLR2004


def timeline(chance: tuple[int, ...], purchased: int, *, fba: bool) -> list[tuple[int, str]]:
    """Return the instants at which an order changes, and the stage it is in from then on."""
    kind = chance[12] % 100
    accepted = purchased + 20 * MINUTE + chance[13] % (40 * MINUTE)
    shipped = purchased + 4 * HOUR + chance[14] % (68 * HOUR)
    later = shipped + 2 * DAY + chance[15] % (28 * DAY)
    events = [(purchased, PENDING)]
    if 80 <= kind < 86:  # noqa: PLR2004 - cancelled by the buyer at once
        return [*events, (purchased + HOUR + chance[13] % DAY, CANCELLED)]
    if not fba:
        events.append((accepted, UNSHIPPED))
    if 86 <= kind < 88:  # noqa: PLR2004 - cancelled by the seller
        return [*events, (accepted + HOUR + chance[14] % DAY, CANCELLED)]
    if _loses_a_line(chance):
        return [*events, (shipped, PARTLY_CANCELLED)]
    events.append((shipped, SHIPPED))
    if 92 <= kind < 97:  # noqa: PLR2004
        events.append((later, RETURNED))
    elif 70 <= kind < 80 or kind >= 97:  # noqa: PLR2004 - touched again without a new status
        events.append((later, SHIPPED))
    return events


def _state(chance: tuple[int, ...], purchased: int, as_of: int, *, fba: bool) -> tuple[str, int]:
    stage, happened = PENDING, purchased
    for instant, next_stage in timeline(chance, purchased, fba=fba):
        if instant > as_of:
            break
        stage, happened = next_stage, instant
    return stage, happened

"""The inventory ledger: all that moved units into and out of Amazon's warehouses, and what that left.

The events of a day are made so that they explain the difference of the stock at its two midnights
(:mod:`amazon_seller_sandbox.stock`): both always agree, and any day can be read without those before.
Some events come up to three days late, and with them the balances of the days since change.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from amazon_seller_sandbox.chance import draws, key, pick
from amazon_seller_sandbox.clock import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.world import Business, World

LATEST = 3
"""Days after its own at which an event is there at the latest."""
HISTORY = 548 * DAY
"""The ledger reaches back 18 months."""
SELLABLE, DAMAGED = "SELLABLE", "CUSTOMER_DAMAGED"
_MANY = 10
"""More units than that are neither lost nor found in a day."""
CENTERS = {
    "US": ("ABE2", "ONT8", "DFW7"),
    "CA": ("YYZ4", "YVR3"),
    "MX": ("MEX2", "MTY1"),
    "DE": ("LEJ1", "DTM2", "HAM2"),
    "FR": ("ORY1", "LIL1"),
    "GB": ("LTN4", "BHX4"),
    "IT": ("MXP5", "FCO1"),
    "ES": ("MAD4", "BCN1"),
    "NL": ("XNL1", "XNL2"),
    "BE": ("XBE1", "XBE2"),
    "SE": ("GOT1", "XSE1"),
    "PL": ("POZ1", "WRO5"),
    "JP": ("NRT5", "KIX3"),
    "AU": ("MEL1", "BWU2"),
}


@dataclass(frozen=True, slots=True)
class Day:
    """A day in the time of its country; it ends (seconds since 1970) where the next one starts."""

    date: date
    start: int
    end: int


class Event(NamedTuple):
    """Units that moved; ``seen`` is when the ledger has it, ``column`` where the summary counts it."""

    day: Day
    market: Marketplace
    listing: Listing
    kind: str
    column: str
    quantity: int
    center: str
    disposition: str
    reason: str
    reference: str
    seen: int

    @property
    def place(self) -> tuple[int, str]:
        """Return which units: those of a SKU in a disposition."""
        return self.listing.index, self.disposition


class Sum(NamedTuple):
    """One SKU in one country and disposition: what a day or a month began with, and what happened."""

    day: date
    market: Marketplace
    listing: Listing
    disposition: str
    starting: int
    moved: Counter[str]

    @property
    def ending(self) -> int:
        """Return what was left."""
        return self.starting + self.moved.total()


def days(zone: ZoneInfo, first: date, last: date) -> list[Day]:
    """Return the days from the first to the last, both included."""
    found = []
    for number in range((last - first).days + 1):
        one = first + timedelta(days=number)
        start, end = (
            int(datetime.combine(each, time(), zone).timestamp())
            for each in (one, one + timedelta(days=1))
        )
        found.append(Day(one, start, end))
    return found


def date_at(instant: float, market: Marketplace) -> date:
    """Return the marketplace's date at an instant."""
    return datetime.fromtimestamp(instant, ZoneInfo(market.zone)).date()


def events(world: World, business: Business, market: Marketplace, day: Day) -> tuple[Event, ...]:
    """Return everything that happened to the units in a marketplace's country on a day."""
    return _events(world, business.account.key, market, day)


@lru_cache(maxsize=512)  # details and summaries of a day are of the same events
def _events(world: World, account_key: str, market: Marketplace, day: Day) -> tuple[Event, ...]:
    return tuple(_happened(world, world.businesses[account_key], market, day))


def _happened(world: World, business: Business, market: Marketplace, day: Day) -> Iterator[Event]:
    prefix = key(world.settings.seed, business.account.key, "ledger", market.country)
    for listing in _stocked(business, market, day):
        before = _balance(business, listing, market, day.start)
        after = _balance(business, listing, market, day.end)
        chance = draws(prefix, (listing.index << 20) + day.date.toordinal())
        make = partial(_event, (day, market, listing), chance)
        yield from _sellable(chance, after[0] - before[0], market, make)
        yield from _damaged(chance, after[1] - before[1], make)


def _stocked(business: Business, market: Marketplace, day: Day) -> list[Listing]:
    return [
        each
        for each in business.listings.all
        if each.fba
        and market.id in each.titles
        and (each.listed_at(day.start) or each.listed_at(day.end))
    ]


def _balance(
    business: Business, listing: Listing, market: Marketplace, instant: int
) -> tuple[int, int]:
    if not listing.listed_at(instant):
        return 0, 0
    return business.stock.on_hand(listing, market, instant)


def _event(
    place: tuple[Day, Marketplace, Listing],
    chance: tuple[int, ...],
    kind: str,
    column: str,
    quantity: int,
    *,
    number: int,
    disposition: str = SELLABLE,
    reason: str = "",
    reference: str = "",
) -> Event:
    day, market, listing = place
    # Only what went out comes late, so that no balance is ever below zero.
    late = chance[8 + number % 7] if quantity < 0 else 1
    return Event(
        day=day,
        market=market,
        listing=listing,
        kind=kind,
        column=column,
        quantity=quantity,
        # All shipments of a SKU leave one warehouse, so that rows repeat.
        center=pick(CENTERS[market.country], chance[2 if kind == "Shipments" else 15 - number % 7]),
        disposition=disposition,
        reason=reason,
        reference=reference,
        seen=day.end + (1 + late % LATEST) * DAY if late % 11 == 0 else day.end,
    )


def _sellable(
    chance: tuple[int, ...], change: int, market: Marketplace, make: Callable[..., Event]
) -> Iterator[Event]:
    shipped = chance[0] % 5 if chance[1] % 3 == 0 else 0
    for number in range(shipped):
        yield make("Shipments", "Customer Shipments", -1, number=number)
    returned = int(chance[3] % 9 == 0)
    if returned:
        yield make("CustomerReturns", "Customer Returns", 1, number=5)
    if chance[4] % 8 == 0:
        centers = CENTERS[market.country]
        moved = 1 + chance[5] % 6
        for number, quantity in enumerate((-moved, moved)):
            event = make("WhseTransfers", "Warehouse Transfer In/Out", quantity, number=number)
            yield event._replace(center=centers[number])
    rest = change + shipped - returned
    if rest:
        kind, column, reason, reference = _explanation(chance, rest)
        yield make(kind, column, rest, number=6, reason=reason, reference=reference)


def _explanation(chance: tuple[int, ...], rest: int) -> tuple[str, str, str, str]:
    """Return kind, summary column, reason and reference of units that came or went otherwise."""
    number = f"{chance[6]:010d}{chance[7] % 10**4:04d}"
    transfer = ("WhseTransfers", "Warehouse Transfer In/Out", "", "")
    if rest > 0:
        if rest <= _MANY and chance[6] % 2:
            return "Adjustments", "Found", "F", number
        return transfer if chance[6] % 5 == 0 else ("Receipts", "Receipts", "", f"FBA15{number}")
    if rest < -_MANY:
        return ("VendorReturns", "Vendor Returns", "", number) if chance[6] % 3 == 0 else transfer
    return (
        ("Adjustments", "Lost", "M", number),
        ("Adjustments", "Damaged", "E", number),
        ("Adjustments", "Other Events", "Q", number),
    )[chance[6] % 3]


def _damaged(chance: tuple[int, ...], change: int, make: Callable[..., Event]) -> Iterator[Event]:
    if change > 0:
        yield make("CustomerReturns", "Customer Returns", change, number=3, disposition=DAMAGED)
    elif change < 0:
        yield make(
            "Adjustments",
            "Disposed",
            change,
            number=4,
            disposition=DAMAGED,
            reason="D",
            reference=f"{chance[7]:010d}",
        )


def sums(
    world: World, business: Business, market: Marketplace, asked: list[Day], as_of: int
) -> Iterator[Sum]:
    """Yield the balances of a marketplace's country, day by day, as the ledger knows them.

    What it does not know yet is missing in the balances of all days since.
    """
    unknown = _unknown_before(world, business, market, asked, as_of)
    for day in asked:
        moved: defaultdict[tuple[int, str], Counter[str]] = defaultdict(Counter)
        hidden: Counter[tuple[int, str]] = Counter()
        for event in events(world, business, market, day):
            if event.seen > as_of:
                hidden[event.place] += event.quantity
            else:
                moved[event.place][event.column] += event.quantity
        for listing in _stocked(business, market, day):
            balance = _balance(business, listing, market, day.start)
            for disposition, units in zip((SELLABLE, DAMAGED), balance, strict=True):
                place = listing.index, disposition
                starting = units - unknown[place]
                yield Sum(day.date, market, listing, disposition, starting, moved[place])
        unknown.update(hidden)


def _unknown_before(
    world: World, business: Business, market: Marketplace, asked: list[Day], as_of: int
) -> Counter[tuple[int, str]]:
    """Count what happened before the days requested and is not in the ledger yet."""
    unknown: Counter[tuple[int, str]] = Counter()
    if asked and asked[0].start + LATEST * DAY > as_of:
        oldest = asked[0].date - timedelta(days=LATEST + 1)
        for day in finished(world, market, oldest, asked[0].date - timedelta(days=1), as_of):
            for event in events(world, business, market, day):
                if event.seen > as_of:
                    unknown[event.place] += event.quantity
    return unknown


def by_month(daily: Iterable[Sum]) -> Iterator[Sum]:
    """Fold days into months, whose date is that of their first day."""
    months: dict[tuple[object, ...], Sum] = {}
    for each in daily:
        first = each.day.replace(day=1)
        place = first, each.market.id, each.listing.index, each.disposition
        known = months.get(place)
        if known is None:
            months[place] = each._replace(day=first)
        else:
            total = Counter(known.moved)
            total.update(each.moved)
            months[place] = known._replace(moved=total)
    yield from months.values()


def _first(world: World, market: Marketplace) -> date:
    """Return the ledger's first day: the first complete one of the account's history."""
    return date_at(world.history_start, market) + timedelta(days=1)


def finished(world: World, market: Marketplace, first: date, last: date, as_of: int) -> list[Day]:
    """Return those days of the account's history that are over."""
    found = days(ZoneInfo(market.zone), max(first, _first(world, market)), last)
    return [day for day in found if day.end <= as_of]


def all_days(world: World, market: Marketplace, as_of: int) -> list[Day]:
    """Return all days that the ledger has."""
    oldest = date_at(max(world.history_start, as_of - HISTORY), market)
    return finished(world, market, oldest, date_at(as_of, market), as_of)

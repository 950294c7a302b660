"""Reports of what sellers have removed from Amazon's warehouses: orders and their shipments."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from amazon_seller_sandbox.chance import draws, key, pick
from amazon_seller_sandbox.clock import DAY, iso
from amazon_seller_sandbox.files.rows import Period, Source, content, true_records
from amazon_seller_sandbox.files.tables import Column, Table, money
from amazon_seller_sandbox.report_types.fba.cool_downs import NEAR_REAL_TIME
from amazon_seller_sandbox.report_types.fba.shipments import too_old
from amazon_seller_sandbox.report_types.report_type import ReportType
from amazon_seller_sandbox.world.accounts import ROLE_FBA
from amazon_seller_sandbox.world.shipments import in_currency

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.world import Business, World

_EVERY = 3 * DAY
"""A marketplace's warehouses get one removal order in so long."""
_FIRST_PART, _SECOND_PART = 5 * DAY, 30 * DAY
"""Half of the units leave after some days, the others up to so long after the request."""
RETURN, DISPOSAL = "Return", "Disposal"
PENDING, PROCESSING, COMPLETED = "Pending", "Processing", "Completed"


class Removal(NamedTuple):
    """One SKU of a removal order, as it stands at an instant; quantities in units."""

    listing: Listing
    market: Marketplace
    order_id: str
    kind: str
    disposition: str
    requested: int
    updated: int
    status: str
    quantity: int
    cancelled: int
    done: int
    """Shipped, or disposed of."""
    parts: tuple[tuple[int, int], ...]
    """When units have left the warehouse, and how many."""
    chance: tuple[int, ...]

    def of(self, kind: str) -> int:
        """Return the units that have left, if the order is of this kind."""
        return self.done if self.kind == kind else 0


class RemovalShipment(NamedTuple):
    """Units of a removal order that have left together."""

    removal: Removal
    part: int
    shipped: int
    quantity: int


ORDERS: Table[Removal] = Table(
    (
        Column("request-date", lambda each: iso(each.requested)),
        Column("order-id", lambda each: each.order_id),
        Column("order-source", lambda _each: "Seller-initiated Manual Removal"),
        Column("order-type", lambda each: each.kind),
        Column("service-speed", lambda _each: "Standard"),
        Column("order-status", lambda each: each.status),
        Column("last-updated-date", lambda each: iso(each.updated)),
        Column("sku", lambda each: each.listing.sku),
        Column("fnsku", lambda each: each.listing.fnsku),
        Column("disposition", lambda each: each.disposition),
        Column("requested-quantity", lambda each: each.quantity),
        Column("cancelled-quantity", lambda each: each.cancelled),
        Column("disposed-quantity", lambda each: each.of(DISPOSAL)),
        Column("shipped-quantity", lambda each: each.of(RETURN)),
        Column("in-process-quantity", lambda each: each.quantity - each.cancelled - each.done),
        Column("removal-fee", lambda each: in_currency(52 * each.done, each.market), money),
        Column("currency", lambda each: each.market.currency),
    )
)
SHIPMENTS: Table[RemovalShipment] = Table(
    (
        Column("request-date", lambda each: iso(each.removal.requested)),
        Column("order-id", lambda each: each.removal.order_id),
        Column("shipment-date", lambda each: iso(each.shipped)),
        Column("sku", lambda each: each.removal.listing.sku),
        Column("fnsku", lambda each: each.removal.listing.fnsku),
        Column("disposition", lambda each: each.removal.disposition),
        Column("shipped-quantity", lambda each: each.quantity),
        Column("carrier", lambda _each: "UPS"),
        Column("tracking-number", lambda each: f"1Z{each.removal.chance[8]:010d}{each.part}"),
        Column("removal-order-type", lambda each: each.removal.kind),
    )
)


def _removals(
    world: World, business: Business, market: Marketplace, period: Period
) -> Iterator[Removal]:
    """Yield the removal orders that were requested in a stretch, by SKU."""
    prefix = key(world.settings.seed, business.account.key, "removal", market.id)
    listings = business.listings.sold[market.id, True]
    for slot in range(int(period.since // _EVERY), int(period.until // _EVERY) + 1):
        chance = draws(prefix, slot)
        requested = slot * _EVERY + chance[0] % _EVERY
        if period.since <= requested < min(period.until, period.as_of + 1) and listings:
            first = chance[1] % len(listings)
            for position in range(min(1 + chance[2] % 3, len(listings))):
                listing = listings[(first + position) % len(listings)]
                own = draws(prefix + b"line", slot * 4 + position)
                for disposition in ("Sellable", "Unsellable")[: 1 + own[9] % 2]:
                    yield _removal(
                        listing, market, requested, disposition, own, chance, period.as_of
                    )


def _removal(  # noqa: PLR0917 - what an order is made of
    listing: Listing,
    market: Marketplace,
    requested: int,
    disposition: str,
    own: tuple[int, ...],
    chance: tuple[int, ...],
    as_of: int,
) -> Removal:
    quantity = 2 + own[3] % 20
    cancelled = 1 if own[4] % 6 == 0 else 0
    wanted = quantity - cancelled
    plan = (
        (requested + DAY + own[5] % (_FIRST_PART - DAY), wanted // 2),
        (requested + _FIRST_PART + own[6] % (_SECOND_PART - _FIRST_PART), wanted - wanted // 2),
    )
    parts = tuple((instant, units) for instant, units in plan if units and instant <= as_of)
    done = sum(units for _, units in parts)
    return Removal(
        listing=listing,
        market=market,
        order_id=f"RM{chance[7]:08x}{market.country}",
        kind=pick((RETURN, RETURN, DISPOSAL), chance[3]),
        disposition=disposition,
        requested=requested,
        updated=parts[-1][0] if parts else requested,
        status=COMPLETED if done == wanted else PROCESSING if done else PENDING,
        quantity=quantity,
        cancelled=cancelled,
        done=done,
        parts=parts,
        chance=own,
    )


def _shipments(
    world: World, business: Business, market: Marketplace, period: Period
) -> Iterator[RemovalShipment]:
    since = max(period.since - _SECOND_PART, world.history_start)
    earlier = Period(since, period.until, period.as_of)
    for removal in _removals(world, business, market, earlier):
        if removal.kind == RETURN:
            for part, (shipped, units) in enumerate(removal.parts):
                if period.since <= shipped < period.until:
                    yield RemovalShipment(removal, part, shipped, units)


_SOURCES: dict[str, Source[Any]] = {
    "removal_orders": Source(ORDERS, _removals, ("order_id", "sku", "fnsku", "disposition")),
    "removal_shipments": Source(
        SHIPMENTS,
        _shipments,
        ("order_id", "shipment_date", "sku", "fnsku", "disposition"),
    ),
}


def _type(name: str, stream: str) -> ReportType:
    return ReportType(
        f"GET_FBA_FULFILLMENT_REMOVAL_{name}_DETAIL_DATA",
        partial(content, _SOURCES[stream]),
        ROLE_FBA,
        longest_window=365 * DAY,
        cool_down=NEAR_REAL_TIME,
        compressed=None,
        objection=too_old,
    )


REPORT_TYPES = (_type("ORDER", "removal_orders"), _type("SHIPMENT", "removal_shipments"))
TRUTH = {stream: partial(true_records, source) for stream, source in _SOURCES.items()}

"""What happens in a life: a list of events, drawn by a seed, that can be cut down.

An event knows itself alone, so that a script without some of its events is one, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FAULT, GARBLED, KILLED, USED_UP = "fault", "garbled", "killed", "quota used up"
AT_STATE = "killed after a bookmark"
CLOCK, DISK, TARGET, OVERLAP, CLOSED = (
    "clock jumps", "disk full", "target refuses", "overlap", "marketplace closed",
)  # fmt: skip
PUSH_FAULT, PUSH_KILLED, PUSH_DISK, POWER = (
    "fault of Optiply", "push killed", "disk full in push", "power cut",
)  # fmt: skip

TOKEN, SELLERS, CREATE, GET, LIST, URL, DOCUMENT, CATALOG = (
    "token", "getMarketplaceParticipations", "createReport", "getReport", "getReports",
    "getReportDocument", "document", "searchCatalogItems",
)  # fmt: skip
API = (SELLERS, CREATE, GET, LIST, URL, CATALOG)
SEARCH = "searchOrders"
OF_VENDORS = ("getPurchaseOrders", "getPurchaseOrdersStatus", "getOrders")
CREATE_QUERY = "createQuery"
QUERIES = (CREATE_QUERY, "getQuery", "getQueries", "getDocument")
BATCHES = ("getCompetitiveSummary", "getFeaturedOfferExpectedPriceBatch", "getMyFeesEstimates")
PAGED = (CATALOG, SEARCH, *OF_VENDORS)
EVERY_CALL = (*API, SEARCH, *OF_VENDORS, *QUERIES, *BATCHES)
ALL = (TOKEN, *EVERY_CALL, DOCUMENT)

CANCELS = "cancelled_report"
LONG_SYNC, MOST_CANCELLED = 90.0, 1200.0
"""Minutes that few syncs take longer than, and for which Amazon may cancel without a reason."""
ANYWHERE = (
    "429", "500", "503", "json_without_errors", "html", "empty", "reset", "reset_before",
    "reset_in_body", "truncated", "wrong_length", "wrong_type", "slow", "refused",
)  # fmt: skip
FAULTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(ANYWHERE, ALL),
    **dict.fromkeys(
        ("expired_token", "revoked_tokens", "403", "errors_in_success", "no_rate"), EVERY_CALL
    ),
    **dict.fromkeys(("not_an_object", "odd_members", "too_deep"), (TOKEN, *EVERY_CALL)),
    "endless_rate": (CREATE, GET, LIST, URL),
    "forged_words": (CREATE, GET, LIST),
    "404": (GET, URL, *PAGED),
    "range_refused": (CREATE,),
    **dict.fromkeys(("lost_report", "stuck_report", "unknown_status"), (CREATE, CREATE_QUERY)),
    "missing_document": (CREATE, CREATE_QUERY),
    "no_document": (CREATE,),
    "fatal_report": (CREATE, CREATE_QUERY),
    CANCELS: (CREATE,),
    "twice": (CREATE, LIST, CATALOG, SELLERS, DOCUMENT),
    "expired_url": (DOCUMENT,),
    "no_such_key": (DOCUMENT,),
    "slow_down": (DOCUMENT,),
    "clock_skew": (TOKEN, SELLERS, CREATE, LIST),
    "invalid_grant": (TOKEN,),
}
"""The sandbox's faults, and at which calls each may strike."""
OF_BATCHES = dict.fromkeys(("refused_entry", "failed_entry", "new_member"), BATCHES)
"""What strikes single entries of batches of prices."""
SELDOM = {"403", "invalid_grant", "forged_words", "clock_skew"}
"""What ends a sync at once, or a stream."""
OPTIPLY_FAULTS = (
    "429",
    "500",
    "503",
    "400",
    "reset",
    "reset_before",
    "reset_in_body",
    "slow",
    "404",
)
OPTIPLY = (
    "optiply.token", "optiply.products.POST", "optiply.products.PATCH", "optiply.sellOrders.POST",
    "optiply.products.GET", "optiply.sellOrders.GET",
)  # fmt: skip
OPTIPLY_OF_VENDOR = (
    *OPTIPLY, "optiply.suppliers.POST", "optiply.supplierProducts.POST",
    "optiply.supplierProducts.PATCH", "optiply.buyOrders.POST", "optiply.buyOrders.PATCH",
    "optiply.buyOrderLines.POST", "optiply.buyOrderLines.PATCH", "optiply.receiptLines.POST",
)  # fmt: skip
FE, NA, EU, VENDOR = "FE", "NA", "EU", "VENDOR"
INCREMENTAL = ("orders", "order_items")
SNAPSHOTS = ("marketplaces", "warehouse_inventory", "products_inventory", "product_catalog")
AROUND = ("rejected_rows", "sync_summary")
OF_SELLER = (*INCREMENTAL, *SNAPSHOTS, *AROUND)
TRAFFIC = "sales_traffic_by_date"
"""A stream whose report type has a limit of its own."""
FIGURES = (TRAFFIC, "economics")
"""Streams of days that Data Kiosk has."""
PRICES = ("competitive_prices", "featured_offer_prices", "fee_estimates")
BUYERS = ("order_buyer_info", "order_address")
OF_VENDOR = (
    "vendor_purchase_orders", "vendor_purchase_orders_status", "vendor_fulfilment_orders",
    "vendor_inventory", *AROUND,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens in a sync of a life.

    Attributes:
        sync: Number of the sync, from 0.
        kind: What happens.
        place: At which operation, or in which marketplace.
        what: Which fault.
        at: After so many calls, points, writes or bytes.
        times: How often.
        seconds: For how long, or how far.
    """

    sync: int
    kind: str
    place: str = ""
    what: str = ""
    at: int = 0
    times: int = 1
    seconds: float = 0.0

    @property
    def label(self) -> str:
        """What it is counted as."""
        return f"{self.kind}: {self.what}" if self.what else self.kind


@dataclass(frozen=True, slots=True)
class Script:
    """A life.

    Attributes:
        seed: Of the seller, of the order of threads, and of all that is not an event.
        account: The selling account.
        pushes: Whether each sync is brought into Optiply.
        streams: The streams that syncs read.
        batch: The format of the files in which records come; empty for RECORD messages.
        include_pii: Whether buyers' data come as well.
        reads_once: Whether syncs do not look back behind their bookmarks.
        gaps: Minutes before each sync; their number is that of the syncs.
        events: What happens.
    """

    seed: int
    account: str
    pushes: bool
    streams: tuple[str, ...]
    gaps: tuple[float, ...]
    events: tuple[Event, ...] = field(repr=False, default=())
    batch: str = ""
    include_pii: bool = False
    reads_once: bool = False

    @property
    def asks_data_kiosk(self) -> bool:
        """Whether figures come from queries, instead of reports whose type has a limit of its own."""
        return FIGURES[-1] in self.streams

    @property
    def token(self) -> str:
        """What the account's refresh token is named by."""
        return self.account.lower() if self.account == VENDOR else self.account

    @property
    def markets(self) -> tuple[str, ...]:
        """The countries that are chosen; none for all."""
        return ("DE", "FR") if self.account == VENDOR else ()

    @property
    def is_short(self) -> bool:
        """Whether the seller's history is short."""
        return self.is_busy or self.account == VENDOR or TRAFFIC in self.streams

    @property
    def is_busy(self) -> bool:
        """Whether each sync is to bring new orders."""
        return self.pushes or self.reads_once

    def with_events(self, events: Iterable[Event]) -> Script:
        """Return the same life with other events."""
        return replace(self, events=tuple(events))

    def shorter(self, syncs: int) -> Script:
        """Return the first syncs of the life."""
        kept = [each for each in self.events if each.sync < syncs]
        return replace(self, gaps=self.gaps[:syncs], events=tuple(kept))

    def of(self, sync: int, *kinds: str) -> Sequence[Event]:
        """Return what happens in a sync, of some kinds."""
        return [each for each in self.events if each.sync == sync and each.kind in kinds]


PARTS = 8
"""Of eight lives in a row, each is of another kind."""
PUSHED_VENDORS = 4
"""Of so many vendors one is pushed into Optiply: its push takes four times as long as its sync."""
PUSHED, LIMITED, BUSINESS, PERSONAL, IN_FILES, ASKING = (0, 4), 3, 5, 6, (1, 5), 7


def drawn(seed: int) -> Script:
    """Return the life of a seed."""
    chance = Random(f"script/{seed}")
    part = seed % PARTS
    is_vendor, is_limited = part == BUSINESS, part == LIMITED
    is_pushed = part in PUSHED or (is_vendor and seed // PARTS % PUSHED_VENDORS == 1)
    syncs = chance.randint(6, 10) if is_pushed or is_limited else chance.randint(12, 18)
    account = VENDOR if is_vendor else EU if is_pushed else chance.choice((FE, FE, FE, NA))
    gaps = tuple(
        chance.choice((2.0, 15.0, 30.0, 30.0, 30.0, 45.0, 240.0, 1500.0)) for _ in range(syncs)
    )
    streams: tuple[str, ...] = OF_VENDOR if is_vendor else OF_SELLER
    more = {LIMITED: (TRAFFIC,), PERSONAL: BUYERS, ASKING: (*FIGURES, *PRICES)}
    streams += more.get(part, ())
    is_in_files = part in IN_FILES and not (is_vendor and is_pushed)
    found = Script(
        seed,
        account,
        is_pushed,
        streams,
        gaps,
        batch=chance.choice(("parquet", "jsonl")) if is_in_files else "",
        include_pii=part == PERSONAL or (is_vendor and chance.random() < 0.5),
        reads_once=not is_vendor and Random(f"once/{seed}").random() < 0.4,
    )
    events = [event for sync in range(syncs) for event in _of_sync(chance, sync, found)]
    events += [event for sync in range(syncs) for event in _after_state(seed, sync)]
    found = replace(found, gaps=_gaps(found, events))
    return found.with_events(_believable(found, [*events, *_cancelled(found), *_cut_short(seed)]))


def _after_state(seed: int, sync: int) -> list[Event]:
    """A tap is killed when a bookmark of its has just reached the target, often in an early sync."""
    chance = Random(f"after a state/{seed}/{sync}")
    if chance.random() > (0.1 if sync else 0.4):
        return []
    return [Event(sync, AT_STATE, at=chance.randint(1, 6))]


def _gaps(script: Script, events: Sequence[Event]) -> tuple[float, ...]:
    """The minutes before each sync: what was killed is often started again soon."""
    chance = Random(f"again/{script.seed}")
    killed = {each.sync for each in events if each.kind in {KILLED, AT_STATE}}
    return tuple(
        chance.choice((2.0, 6.0, 12.0)) if sync - 1 in killed and chance.random() < 0.6 else gap
        for sync, gap in enumerate(script.gaps)
    )


def _believable(script: Script, events: Sequence[Event]) -> list[Event]:
    """The events without those that nobody could distinguish from the truth.

    What Amazon cancels whenever it is requested, for more than 24 hours, has no data.
    """
    first = min((each.sync for each in events if each.what == CANCELS), default=0)
    since = list(accumulate(gap + LONG_SYNC for gap in script.gaps[first + 1 :]))
    last = first + sum(each < MOST_CANCELLED for each in since)
    return [each for each in events if each.what != CANCELS or each.sync <= last]


def _of_sync(chance: Random, sync: int, script: Script) -> list[Event]:
    calls = calls_of(script)
    events = [_fault(chance, sync, calls) for _ in range(chance.randint(3, 9))]
    events += [
        Event(
            sync,
            GARBLED,
            chance.choice((TOKEN, *calls, DOCUMENT)),
            at=chance.randint(0, 6),
            times=chance.randint(1, 3),
        )
        for _ in range(chance.randint(0, 3))
    ]
    if chance.random() < 0.3:
        events.append(Event(sync, KILLED, at=int(10 ** chance.uniform(1, 3.5))))
    if chance.random() < 0.25:
        place = chance.choice(calls[1:])
        events.append(Event(sync, USED_UP, place, seconds=chance.uniform(0, 120), times=20))
    if chance.random() < 0.1:
        jump = chance.choice((-7200.0, -600.0, -30.0, 45.0, 900.0, 5400.0))
        events.append(Event(sync, CLOCK, at=chance.randint(1, 1500), seconds=jump))
    if chance.random() < 0.08:
        events.append(Event(sync, DISK, at=int(10 ** chance.uniform(1, 4.5))))
    if chance.random() < 0.08:
        events.append(Event(sync, TARGET, at=chance.randint(0, 40)))
    if chance.random() < 0.06:
        events.append(Event(sync, OVERLAP, seconds=chance.uniform(0, 90)))
    if chance.random() < 0.04:
        events.append(Event(sync, CLOSED))
    if script.pushes:
        events += _of_push(chance, sync, script)
        events += _outage(script, sync)
    return events


def calls_of(script: Script) -> tuple[str, ...]:
    """The operations that the syncs of a life call, the seller's marketplaces first."""
    if script.account == VENDOR:
        return (SELLERS, CREATE, GET, LIST, URL, *OF_VENDORS)
    if script.asks_data_kiosk:
        return (*API, *QUERIES, *BATCHES)
    return (*API, SEARCH) if script.include_pii else API


def _fault(chance: Random, sync: int, calls: tuple[str, ...]) -> Event:
    faults = FAULTS | OF_BATCHES if set(BATCHES) <= set(calls) else FAULTS
    names = list(faults)
    [name] = chance.choices(names, [0.1 if each in SELDOM else 1.0 for each in names])
    places = tuple(each for each in faults[name] if each in {TOKEN, *calls, DOCUMENT})
    [place] = chance.choices(places, [0.15 if each in {TOKEN, SELLERS} else 1.0 for each in places])
    seconds = chance.choice((0.5, 5.0, 90.0))
    if name == "clock_skew":
        seconds = chance.choice((-1800.0, -60.0, 60.0, 1800.0))
    return Event(
        sync,
        FAULT,
        place,
        name,
        at=chance.randint(0, 4),
        times=chance.randint(1, 5),
        seconds=seconds,
    )


def _of_push(chance: Random, sync: int, script: Script) -> list[Event]:
    places = OPTIPLY_OF_VENDOR if script.account == VENDOR else OPTIPLY
    events = [
        Event(
            sync, PUSH_FAULT, chance.choice(places), chance.choice(OPTIPLY_FAULTS),
            at=chance.randint(0, 20), times=chance.randint(1, 4),
            seconds=chance.choice((0.5, 30.0, 300.0)),
        )
        for _ in range(chance.randint(0, 5))
    ]  # fmt: skip
    if chance.random() < 0.3:
        events.append(Event(sync, PUSH_KILLED, at=int(10 ** chance.uniform(0.5, 3.2))))
    if chance.random() < 0.2:
        events.append(Event(sync, POWER, at=int(10 ** chance.uniform(0.5, 3.2))))
    if chance.random() < 0.1:
        events.append(Event(sync, PUSH_DISK, at=chance.randint(0, 60)))
    return events


def _cancelled(script: Script) -> list[Event]:
    """In one early sync of some sellers' lives, Amazon cancels all that is requested, for no reason."""
    chance = Random(f"cancelled/{script.seed}")
    if script.account == VENDOR or chance.random() > 0.4:
        return []
    sync = chance.choice((0, 0, 1, 2))
    return [Event(sync, FAULT, CREATE, CANCELS, times=60)]


def _cut_short(seed: int) -> list[Event]:
    """In one early sync of some lives, documents break off within a line."""
    chance = Random(f"cut short/{seed}")
    if chance.random() > 0.5:
        return []
    sync, at, times = chance.choice((0, 0, 1, 2)), chance.randint(0, 8), chance.randint(1, 3)
    return [Event(sync, FAULT, DOCUMENT, "truncated", at=at, times=times)]


def _outage(script: Script, sync: int) -> list[Event]:
    """Optiply answers nothing for longer than a push waits, so that this stops."""
    chance = Random(f"outage/{script.seed}/{sync}")
    if chance.random() > 0.2:
        return []
    place, fault = chance.choice(OPTIPLY), chance.choice(("500", "503"))
    times = chance.randint(11, 60)
    return [Event(sync, PUSH_FAULT, place, fault, at=chance.randint(0, 8), times=times)]

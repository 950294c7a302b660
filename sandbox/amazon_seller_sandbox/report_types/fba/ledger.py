"""The ledger's two reports: every event, and the balances of each day or month.

Europe's reports cover all the account's countries, whichever of its marketplaces is asked.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache, partial
from itertools import islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from amazon_seller_sandbox.clock import DAY, iso
from amazon_seller_sandbox.files.documents import Content
from amazon_seller_sandbox.files.rows import numbered
from amazon_seller_sandbox.files.tables import Column, Table
from amazon_seller_sandbox.report_types.report_type import ReportType
from amazon_seller_sandbox.world.accounts import ROLE_FBA, UTF8
from amazon_seller_sandbox.world.ledger import (
    HISTORY,
    Day,
    Event,
    Sum,
    all_days,
    by_month,
    date_at,
    events,
    finished,
    sums,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.files.tables import Value
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.world import Business, World

_LONGEST = 90 * DAY


def _month_first(value: Value) -> str:
    year, month, day = str(value).split("-")
    return f"{month}/{day}/{year}"


def _month(value: Value) -> str:
    return _month_first(value)[:3] + str(value)[:4]


def _local(zone: ZoneInfo, value: Value) -> str:
    return datetime.fromisoformat(str(value)).astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S%z")


def _reconciled(event: Event) -> int | None:
    return abs(event.quantity) if event.kind == "Adjustments" else None


@cache
def details(zone: str) -> Table[Event]:
    """Return the detail view's columns, as seen in 2026; times are written in this zone."""
    return Table(
        (
            Column("Date", lambda event: event.day.date.isoformat(), _month_first),
            Column("FNSKU", lambda event: event.listing.fnsku),
            Column("ASIN", lambda event: event.listing.asin),
            Column("MSKU", lambda event: event.listing.sku),
            Column("Title", lambda event: event.listing.titles[event.market.id]),
            Column("Event Type", lambda event: event.kind),
            Column("Reference ID", lambda event: event.reference),
            Column("Quantity", lambda event: event.quantity),
            Column("Fulfillment Center", lambda event: event.center),
            Column("Disposition", lambda event: event.disposition),
            Column("Reason", lambda event: event.reason),
            Column("Country", lambda event: event.market.country),
            Column("Reconciled Quantity", _reconciled),
            Column("Unreconciled Quantity", lambda event: 0 if _reconciled(event) else None),
            Column(
                "Date and Time", lambda event: iso(event.day.start), partial(_local, ZoneInfo(zone))
            ),
            Column("Store", lambda _: None),
        ),
        quoted=True,
    )


def _moved(column: str) -> Column[Sum]:
    return Column(column, lambda each: each.moved[column])


@cache
def summary(period: str) -> Table[Sum]:
    """Return the summary view's columns, as seen in 2026."""
    return Table(
        (
            Column(
                "Date",
                lambda each: each.day.isoformat(),
                _month if period == "MONTHLY" else _month_first,
            ),
            Column("FNSKU", lambda each: each.listing.fnsku),
            Column("ASIN", lambda each: each.listing.asin),
            Column("MSKU", lambda each: each.listing.sku),
            Column("Title", lambda each: each.listing.titles[each.market.id]),
            Column("Disposition", lambda each: each.disposition),
            Column("Starting Warehouse Balance", lambda each: each.starting),
            Column("In Transit Between Warehouses", lambda _: 0),
            _moved("Receipts"),
            _moved("Customer Shipments"),
            _moved("Customer Returns"),
            _moved("Vendor Returns"),
            _moved("Warehouse Transfer In/Out"),
            _moved("Found"),
            _moved("Lost"),
            _moved("Damaged"),
            _moved("Disposed"),
            _moved("Other Events"),
            Column("Ending Warehouse Balance", lambda each: each.ending),
            Column("Unknown Events", lambda _: 0),
            Column("Location", lambda each: each.market.country),
            Column("Store", lambda _: None),
        ),
        quoted=True,
    )


def _countries(asked: Asked) -> Iterator[tuple[Marketplace, list[Day]]]:
    """Yield the countries that a report covers, and the days of each."""
    start = max(asked.start, asked.created - HISTORY)
    first, last = date_at(start, asked.market), date_at(asked.end, asked.market)
    for market in (
        asked.business.account.marketplaces if asked.business.stock.shared else (asked.market,)
    ):
        yield market, finished(asked.world, market, first, last, asked.as_of)


def _details(asked: Asked) -> Content:
    def lines() -> Iterator[str]:
        for number, (market, covered) in enumerate(_countries(asked)):
            rows = (
                event
                for day in covered
                for event in events(asked.world, asked.business, market, day)
                if event.seen <= asked.as_of and _is_wanted(event, asked)
            )
            yield from islice(details(market.zone).lines(rows), 0 if number == 0 else 1, None)

    return Content(lines(), UTF8, asked.compressed)


def _summary(asked: Asked) -> Content:
    period = asked.options.get("aggregatedByTimePeriod", "MONTHLY")

    def rows() -> Iterator[Sum]:
        for market, covered in _countries(asked):
            daily = sums(asked.world, asked.business, market, covered, asked.as_of)
            wanted = (each for each in daily if _is_wanted(each, asked))
            yield from by_month(wanted) if period == "MONTHLY" else wanted

    return Content(summary(period).lines(rows()), UTF8, asked.compressed)


def _is_wanted(row: Event | Sum, asked: Asked) -> bool:
    """Heed the options that pick out products or kinds of events."""
    listing, options = row.listing, asked.options
    own = {"FNSKU": listing.fnsku, "MSKU": listing.sku, "ASIN": listing.asin}
    if isinstance(row, Event):
        own["eventType"] = row.kind
    return all(options.get(name, "") in {"", value} for name, value in own.items())


_CHOICES = {
    "aggregateByLocation": {"COUNTRY"},
    "aggregatedByTimePeriod": {"DAILY", "MONTHLY"},
    "eventType": {
        "", "Adjustments", "CustomerReturns", "Receipts", "Shipments", "VendorReturns",
        "WhseTransfers",
    },
}  # fmt: skip


def _objection(asked: Asked) -> str | None:
    """Name the option that Amazon, or this sandbox (which knows no ``FC``), does not take."""
    for name, choices in _CHOICES.items():
        if asked.options.get(name, next(iter(choices))) not in choices:
            return f"Invalid value for report option {name}"
    return None


_EVENT = (
    "date", "fnsku", "asin", "msku", "event_type", "fulfillment_center", "disposition", "country",
)  # fmt: skip
"""What events are known by, beside their number."""


def _true_details(
    world: World, business: Business, as_of: int, _since: float
) -> Iterator[dict[str, Any]]:
    for market in business.account.marketplaces:
        table = details(market.zone)
        for day in all_days(world, market, as_of):
            known = (one for one in events(world, business, market, day) if one.seen <= as_of)
            records = (table.record(event, marketplace_id=market.id) for event in known)
            yield from numbered(records, _EVENT)


def _true_summary(
    world: World, business: Business, as_of: int, _since: float
) -> Iterator[dict[str, Any]]:
    for market in business.account.marketplaces:
        covered = all_days(world, market, as_of)
        for each in sums(world, business, market, covered, as_of):
            yield summary("DAILY").record(each, marketplace_id=market.id, line_number=1)


REPORT_TYPES = (
    ReportType(
        "GET_LEDGER_DETAIL_VIEW_DATA",
        _details,
        ROLE_FBA,
        longest_window=_LONGEST,
        objection=_objection,
    ),
    ReportType(
        "GET_LEDGER_SUMMARY_VIEW_DATA",
        _summary,
        ROLE_FBA,
        longest_window=_LONGEST,
        objection=_objection,
    ),
)
TRUTH = {"fba_inventory_ledger": _true_details, "fba_inventory_ledger_summary": _true_summary}

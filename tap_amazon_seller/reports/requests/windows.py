"""Which reports a sync needs: (report type, marketplace, window), worked out from bookmarks.

Pure functions; nothing here calls Amazon.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from typing_extensions import override

from tap_amazon_seller.instants import midnight
from tap_amazon_seller.reports.definitions import Span

if TYPE_CHECKING:
    from collections.abc import Collection

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.definitions import ReportDefinition
    from tap_amazon_seller.reports.queries import Path


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A span of time, both ends in UTC and full seconds. Neighbours share their boundary."""

    start: datetime
    end: datetime

    @override
    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%dT%H:%M:%SZ} to {self.end:%Y-%m-%dT%H:%M:%SZ}"

    def halves(self) -> tuple[Window, Window]:
        """The window cut in two."""
        middle = (self.start + (self.end - self.start) / 2).replace(microsecond=0)
        return Window(self.start, middle), Window(middle, self.end)


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """One report that is needed.

    Attributes:
        definition: The report type.
        marketplace: Its one marketplace.
        window: The time that it covers; None for a snapshot.
        is_latest: Whether the window is the last of its plan, so that the next sync reads its end again.
        report_id: The one report that is meant, of a type that Amazon makes by itself.
        places: All marketplaces that one query of Data Kiosk is about; each of them reads its own rows.
        page: What requests a further page of a query's results, the page before has it.
        page_number: Which page of a query's results it is.
    """

    definition: ReportDefinition
    marketplace: Marketplace
    window: Window | None = None
    is_latest: bool = False
    report_id: str = ""
    places: tuple[Marketplace, ...] = ()
    page: str = ""
    page_number: int = 1

    @override
    def __hash__(self) -> int:
        """Of what distinguishes nearly all of them: to hash all of a definition takes long."""
        return hash((self.definition.report_type, self.marketplace.id, self.window, self.page))

    @property
    def as_one(self) -> ReportRequest:
        """The request as it is made: the same for all of its marketplaces."""
        return self.of(self.places[0]) if self.places else self

    def of(self, marketplace: Marketplace) -> ReportRequest:
        """The request as one of its marketplaces has it."""
        if not self.places or marketplace is self.marketplace:
            return self
        return replace(self, marketplace=marketplace)

    def next_page(self, token: str) -> ReportRequest:
        """The request of the next page of a query's results."""
        return replace(self.as_one, page=token, page_number=self.page_number + 1)

    def query_text(self, today: date, left_out: Collection[Path] = ()) -> str:
        """What is asked of Data Kiosk, in GraphQL.

        Args:
            today: The day of a query that is about time to come.
            left_out: Ways to fields that are not to be requested.

        Raises:
            ValueError: It is a report that is requested.
        """
        query = self.definition.query
        if query is None:
            raise ValueError(f"{self.definition.report_type} is not a query")
        days = today, today + timedelta(days=query.days_ahead)
        if asked := self.asked_window:
            days = asked[0].date(), asked[1].date()
        ids = [place.id for place in self.places or (self.marketplace,)]
        return query.text(days, ids, self.marketplace.currency, left_out)

    @property
    def options(self) -> dict[str, str]:
        """The reportOptions to ask with."""
        return self.definition.options_for(self.marketplace)

    @property
    def asked_window(self) -> tuple[datetime, datetime] | None:
        """What to request, from and to: of complete days, the end is the last second of the last day."""
        if self.window is None:
            return None
        to_the_second = self.definition.window.span in {Span.INSTANT, Span.HOUR}
        last_second = timedelta(seconds=0 if to_the_second else 1)
        return self.window.start, self.window.end - last_second

    @override
    def __str__(self) -> str:
        span = f" for {self.window}" if self.window else ""
        where = ", ".join(place.country for place in self.places or (self.marketplace,))
        page = f", page {self.page_number}" if self.page else ""
        return f"{self.definition.report_type} of {where}{span}{page}"

    def halves(self) -> tuple[ReportRequest, ReportRequest]:
        """Two requests that together cover the window, cut between two days, weeks or months of a sum.

        Raises:
            ValueError: A snapshot cannot be cut.
        """
        if self.window is None:
            raise ValueError(f"{self.definition.report_type} has no window")
        first, second = self.window.halves()
        zone = ZoneInfo(self.definition.window.zone or self.marketplace.time_zone)
        middle = begin_of(first.end, self.definition.window.span, zone)
        if middle > first.start:
            first, second = Window(first.start, middle), Window(middle, second.end)
        return replace(self, window=first, is_latest=False), replace(self, window=second)


def windows(
    definition: ReportDefinition,
    due_from: datetime,
    until: datetime,
    now: datetime,
    time_zone: str = "UTC",
) -> tuple[list[Window], Window | None]:
    """Cut the time from `due_from` to `until` into windows that Amazon allows.

    `due_from` is the start date, or a bookmark less the overlap; `time_zone` is the marketplace's.

    Windows are anchored at their start, so that a rerun from the same bookmark requests the same
    ones and can use reports that exist. Those of days, weeks or months begin and end where one does,
    and end before what is not over or not yet there.

    Returns:
        The windows, oldest first, and the gap that Amazon can no longer fill, if there is one.
    """
    if definition.window.longest is None:
        raise ValueError(f"{definition.report_type} is a snapshot and has no windows")
    zone = ZoneInfo(definition.window.zone or time_zone)
    start = due_from.astimezone(UTC).replace(microsecond=0)
    until = min(until, now - definition.window.delay).astimezone(UTC).replace(microsecond=0)
    gap = None
    if definition.window.retention:
        oldest = (now - definition.window.retention).replace(microsecond=0)
        if start < oldest:
            gap = Window(start, min(oldest, until))
            start = max(start, midnight(oldest))
    start = begin_of(start, definition.window.span, zone)
    until = begin_of(until, definition.window.span, zone)
    found = []
    while start < until:
        end = min(_end_of(start, definition, zone), until)
        found.append(Window(start, end))
        start = end
    return found, gap


def begin_of(instant: datetime, span: Span, zone: tzinfo) -> datetime:
    """The begin of the day, week or month that an instant lies in, in UTC."""
    if span is Span.INSTANT:
        return instant
    if span is Span.HOUR:
        return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    day = instant.astimezone(zone).date()
    if span is Span.WEEK:
        day -= timedelta(days=day.isoweekday() % 7)  # back to Sunday
    elif span is Span.MONTH:
        day = day.replace(day=1)
    return _midnight_of(day, zone)


def _end_of(start: datetime, definition: ReportDefinition, zone: tzinfo) -> datetime:
    """Where the longest window from `start` ends: in local days, whatever the clocks do."""
    longest = definition.window.longest or timedelta(0)
    if definition.window.span in {Span.INSTANT, Span.HOUR}:
        return start + longest
    if definition.window.span is Span.MONTH:
        next_month = start.astimezone(zone).date().replace(day=1) + timedelta(days=32)
        return _midnight_of(next_month.replace(day=1), zone)
    return _midnight_of(start.astimezone(zone).date() + timedelta(days=longest.days), zone)


def _midnight_of(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def urgency(request: ReportRequest) -> tuple[timedelta, datetime]:
    """What to request first: snapshots (they take longest to come up), then the most overdue window.

    Report types of short windows come after those of long ones: the orders of three months are a few
    reports, which do not wait for the hundreds of a report type that has one a day.
    """
    if not request.window:
        return timedelta.min, datetime.min.replace(tzinfo=UTC)
    longest = request.definition.window.longest or timedelta(0)
    return -longest, request.window.start

"""The plan of a sync: all reports that its streams need, before the first record."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from amazon_selling_partner import QUOTAS, AmazonError, SellingPartnerError, UnavailableError
from amazon_selling_partner.marketplaces import REGION_NAMES
from tap_amazon_seller.instants import midnight
from tap_amazon_seller.reports.requests.beyond import AGAIN_AFTER, SPARE, Beyond, revisits
from tap_amazon_seller.reports.requests.holes import MOST_AT_ONCE, Holes
from tap_amazon_seller.reports.requests.windows import ReportRequest, Window, windows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.definitions import ReportDefinition
    from tap_amazon_seller.reports.requests.existing_queries import QueryListing
    from tap_amazon_seller.reports.requests.existing_reports import ReportListing
    from tap_amazon_seller.reports.requests.reuse import ExistingReport

logger = logging.getLogger(__name__)

WORTH_TELLING = timedelta(minutes=30)
"""A sync that must take longer says so at its start."""


@dataclass(frozen=True, slots=True)
class ReportNeed:
    """What one stream needs of a report type.

    Attributes:
        definition: The report type.
        bookmarks: The stream's bookmark per marketplace id, where it has one.
        overlap: How far it reaches back behind a bookmark.
        cancelled: Ids of the marketplaces where Amazon cancelled the report last time.
        beyond: What is known of windows about the bookmark, per marketplace id.
        holes: What Amazon has said to be unavailable, per marketplace id.
    """

    definition: ReportDefinition
    bookmarks: Mapping[str, datetime]
    overlap: timedelta
    cancelled: Collection[str] = ()
    beyond: Mapping[str, Beyond] = field(default_factory=dict)
    holes: Mapping[str, Holes] = field(default_factory=dict)

    def beyond_of(self, marketplace_id: str) -> Beyond:
        """What is known of windows about the bookmark of a marketplace."""
        return self.beyond.get(marketplace_id) or Beyond()

    def again(
        self, marketplace: Marketplace, start: datetime | None, now: datetime
    ) -> list[Window]:
        """The windows before the bookmark that are to be read again, oldest first."""
        bookmark, rules = self.bookmarks.get(marketplace.id), self.definition.window
        if bookmark is None or not rules.revisits:
            return []
        oldest = max(bookmark - self.overlap - SPARE, start or bookmark - self.overlap - SPARE)
        if oldest >= bookmark:
            return []
        found, _ = windows(self.definition, oldest, bookmark, now, marketplace.time_zone)
        beyond, ages = self.beyond_of(marketplace.id), revisits(rules.revisits, self.overlap)
        return [one for one in found if beyond.is_due_again(one, rules.delay, ages, now)]


@dataclass(frozen=True, slots=True)
class Period:
    """The time that the user wants.

    Attributes:
        start: Its start; None for all since the bookmark, or for `history` without one.
        end: Its end; None for now.
        history: How far back a first sync reaches.
    """

    start: datetime | None
    end: datetime | None
    history: timedelta


class SyncPlan:
    """All reports that the streams of one sync need.

    Streams fed by the same report type share its requests, from the oldest of their bookmarks.

    Args:
        needs: What the selected streams need.
        marketplaces: Those that are synced.
        period: The time that the user wants.
        existing_reports: Reports that Amazon has already.
        existing_queries: Queries of Data Kiosk that it has already.
        now: Amazon's time.
        is_limited: Whether Amazon limits a report type by itself.

    Attributes:
        readers: How many streams read each request.
        existing: The reports that are read in the place of new ones, by request.
        cancelled: Requests like those that Amazon cancelled in the sync before.
    """

    def __init__(
        self,
        needs: Iterable[ReportNeed],
        marketplaces: Sequence[Marketplace],
        period: Period,
        *,
        existing_reports: ReportListing,
        existing_queries: QueryListing,
        now: Callable[[], datetime],
        is_limited: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._marketplaces = marketplaces
        self._period = period
        self._existing_reports = existing_reports
        self._existing_queries = existing_queries
        self._now = now
        self._is_limited = is_limited
        self._planned: dict[tuple[ReportDefinition, str], list[ReportRequest]] = {}
        self._refused: dict[tuple[ReportDefinition, str], SellingPartnerError] = {}
        self.readers: dict[ReportRequest, int] = {}
        self.existing: dict[ReportRequest, ExistingReport] = {}
        self.cancelled: set[ReportRequest] = set()
        shared: dict[ReportDefinition, list[ReportNeed]] = {}
        for need in needs:
            shared.setdefault(need.definition, []).append(need)
        self._request_windows(shared)
        self._ask_together()
        self._reuse(shared)

    def requests(
        self, definition: ReportDefinition, marketplace: Marketplace
    ) -> list[ReportRequest]:
        """The planned reports of a type for a marketplace, oldest window first.

        Raises:
            AmazonError: Amazon refuses to list those that it makes by itself.
            UnavailableError: Amazon does not answer.
        """
        key = definition, marketplace.id
        if key in self._refused:
            raise self._refused[key]
        return self._planned[key]

    def _request_windows(self, shared: Mapping[ReportDefinition, list[ReportNeed]]) -> None:
        """Plan the reports of each type and marketplace, and warn of time that Amazon no longer has."""
        gaps: dict[tuple[str, Window], list[str]] = {}
        for definition, together in shared.items():
            self._note_elsewhere(definition)
            for marketplace in self._marketplaces:
                key = definition, marketplace.id
                if not definition.exists_in(marketplace.region):
                    self._planned[key] = []
                    continue
                try:
                    self._planned[key], gap = self._requests(definition, marketplace, together)
                except (AmazonError, UnavailableError) as error:
                    self._refused[key] = error
                    continue
                if gap:
                    place = gaps.setdefault((definition.report_type, gap), [])
                    place.append(marketplace.country)
        for (report_type, gap), countries in gaps.items():
            logger.warning(
                "Amazon no longer has %s of %s for %s; the sync starts after that gap.",
                report_type, ", ".join(countries), gap,
            )  # fmt: skip

    def _ask_together(self) -> None:
        """Have marketplaces that are due for the same time share one query of Data Kiosk.

        Where all amounts are in one currency that is requested, those of one currency share it.
        """
        together: dict[tuple[ReportDefinition, str, Window | None], list[Marketplace]] = {}
        for (definition, _), plan in self._planned.items():
            for one in plan if definition.query else ():
                places = together.setdefault(_shared_by(one), [])
                if one.marketplace not in places:
                    places.append(one.marketplace)
        for (definition, _), plan in self._planned.items():
            if definition.query:
                plan[:] = [
                    replace(one, places=tuple(together[_shared_by(one)]), is_latest=False)
                    for one in plan
                ]

    def _reuse(self, shared: Mapping[ReportDefinition, list[ReportNeed]]) -> None:
        """Put reports that exist in the place of new ones, and count who reads what."""
        readers: Counter[ReportRequest] = Counter()
        for (definition, place), plan in self._planned.items():
            for one in plan:
                readers[one.as_one] += sum(
                    need.beyond_of(place).needs(one.window) for need in shared[definition]
                )
        planned = [one for one, count in readers.items() if count]
        existing = self._existing(planned)
        warn_of_length(
            one
            for one in planned
            if one not in existing and not self._is_limited(one.definition.report_type)
        )
        self.existing.update(existing.values())
        answered = {one: existing[one][0] if one in existing else one for one in readers}
        self.readers.update((answered[one], count) for one, count in readers.items() if count)
        for (definition, marketplace_id), plan in self._planned.items():
            plan[:] = [answered[one.as_one].of(one.marketplace) for one in plan]
            if any(marketplace_id in need.cancelled for need in shared[definition]):
                self.cancelled.update(one.as_one for one in plan)

    def _existing(
        self, planned: list[ReportRequest]
    ) -> dict[ReportRequest, tuple[ReportRequest, ExistingReport]]:
        """By request, what exists of it, and the request that this answers exactly."""
        now = self._now()
        reports = [one for one in planned if not one.definition.query]
        queries = [one for one in planned if one.definition.query]
        return self._existing_reports.find(reports, now) | self._existing_queries.find(queries, now)

    def _note_elsewhere(self, definition: ReportDefinition) -> None:
        """Say that a report type does not exist in some of the account's marketplaces."""
        without = [
            one.country for one in self._marketplaces if not definition.exists_in(one.region)
        ]
        if without:
            where = " and ".join(REGION_NAMES[region] for region in definition.access.regions)
            logger.info(
                "%s exists in %s only; there is nothing to sync of it for %s.",
                definition.report_type, where, ", ".join(without),
            )  # fmt: skip

    def _due_from(self, need: ReportNeed, marketplace: Marketplace, now: datetime) -> datetime:
        start = self._period.start
        bookmark = need.bookmarks.get(marketplace.id)
        if bookmark is None:
            return start or midnight(now - self._period.history)
        if need.definition.window.revisits:  # what is before the bookmark is read again by itself
            return max(start, bookmark) if start else bookmark
        overlapping = bookmark - need.overlap
        if read_at := need.beyond_of(marketplace.id).read_at:
            # What was old enough when it was read is not revised any more.
            final = read_at - need.definition.window.delay - need.overlap
            overlapping = min(bookmark, max(overlapping, final))
        return max(start, overlapping) if start else overlapping

    def _requests(
        self, definition: ReportDefinition, marketplace: Marketplace, needs: list[ReportNeed]
    ) -> tuple[list[ReportRequest], Window | None]:
        """The reports of one type and marketplace, oldest window first, and what Amazon has no more.

        Behind them come those of windows before the bookmark, which no later one waits for.
        """
        if definition.is_snapshot:
            return [ReportRequest(definition, marketplace)], None
        now = self._now()
        due_from = min(self._due_from(need, marketplace, now) for need in needs)
        if due_from >= now:
            logger.warning(
                "Nothing of %s is due in %s before %s: check 'start_date' and the state.",
                definition.report_type, marketplace.country, due_from.isoformat(),
            )  # fmt: skip
        if definition.is_scheduled:
            return self._existing_reports.made_by_amazon(
                definition, marketplace, self._marketplaces, due_from, now
            )
        found, gap = windows(
            definition, due_from, self._period.end or now, now, marketplace.time_zone
        )
        reads_news_alone = definition.query or self._is_limited(definition.report_type)
        if reads_news_alone and not self._has_new(found, marketplace, needs):
            found = []
        requests = [
            ReportRequest(definition, marketplace, window, is_latest=window is found[-1])
            for window in found
        ]
        before = self._before_bookmarks(definition, marketplace, needs, now)
        return requests + [one for one in before if not _covers(found, one.window)], gap

    def _before_bookmarks(
        self,
        definition: ReportDefinition,
        marketplace: Marketplace,
        needs: list[ReportNeed],
        now: datetime,
    ) -> list[ReportRequest]:
        """The reports of holes, a few at a time, and of what is read again because it may be revised."""
        is_slow = definition.query or self._is_limited(definition.report_type)
        pause = AGAIN_AFTER if is_slow else timedelta(0)
        found: dict[Window, ReportRequest] = {}
        for need in needs:
            holes = need.holes.get(marketplace.id) or Holes()
            for hole in holes.due(now, pause):
                whole = ReportRequest(definition, marketplace, hole.window)
                for one in whole.halves() if holes.is_long(hole) else (whole,):
                    if one.window and len(found) < MOST_AT_ONCE:
                        found[one.window] = replace(one, is_latest=False)
        for window in {
            one for need in needs for one in need.again(marketplace, self._period.start, now)
        }:
            found[window] = ReportRequest(definition, marketplace, window)
        return [found[window] for window in sorted(found)]

    @staticmethod
    def _has_new(
        found: Iterable[Window], marketplace: Marketplace, needs: Iterable[ReportNeed]
    ) -> bool:
        """Whether windows have come up that a stream has not had.

        What Amazon may have revised is read again along with them, and not by itself: figures of a day
        change once a day, and a limit would be used up by syncs every half hour.
        """
        bookmarks = [need.bookmarks.get(marketplace.id) for need in needs]
        return any(
            bookmark is None or window.end > bookmark for window in found for bookmark in bookmarks
        )


def _shared_by(request: ReportRequest) -> tuple[ReportDefinition, str, Window | None]:
    """What marketplaces have in common that share a query."""
    query = request.definition.query
    currency = request.marketplace.currency if query and query.takes_currency else ""
    return request.definition, currency, request.window


def _covers(found: Iterable[Window], window: Window | None) -> bool:
    """Whether one of these windows has another one in it."""
    return any(window and one.start <= window.start and window.end <= one.end for one in found)


def warn_of_length(wanted: Iterable[ReportRequest]) -> None:
    """Say how long a sync of many reports takes at least: Amazon makes about one a minute."""
    by_type = Counter(
        request.definition.report_type for request in wanted if not request.definition.query
    )
    quota = QUOTAS["createReport"]
    minutes = (by_type.total() - quota.burst) / quota.rate / 60
    if minutes < WORTH_TELLING.total_seconds() / 60:
        return
    many = ", ".join(f"{count} {report_type}" for report_type, count in by_type.most_common(3))
    logger.warning(
        "This sync needs %d new reports (%s), and Amazon makes about one a minute: it takes %.0f "
        "minutes or more. The state keeps what has come, so it may be stopped and run again; a later "
        "'start_date' or fewer 'marketplaces' make it shorter.",
        by_type.total(), many, minutes,
    )  # fmt: skip

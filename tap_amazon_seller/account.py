"""One selling account in one region, as a sync sees it: its marketplaces and its reports.

Nothing is called before the first stream asks, so discovery needs no credentials.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from amazon_selling_partner import (
    QUOTAS,
    AmazonClock,
    AmazonError,
    CredentialsError,
    PermissionDeniedError,
    SellingPartnerClient,
    SellingPartnerError,
    TokenRefusedError,
    UnavailableError,
    marketplaces,
)
from tap_amazon_seller.config.settings import DEFAULT_HISTORY
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.instants import midnight
from tap_amazon_seller.machine.answer_cache import KeptAnswers
from tap_amazon_seller.reports.fetch.queue import ReportQueue
from tap_amazon_seller.reports.requests.existing_reports import ReportListing
from tap_amazon_seller.reports.requests.reuse import AgeLimits, still_remembered
from tap_amazon_seller.reports.requests.windows import ReportRequest, Window, windows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
    from datetime import datetime

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.config.settings import Settings
    from tap_amazon_seller.reports.definitions import ReportDefinition

logger = logging.getLogger(__name__)

T = TypeVar("T")
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
    """

    definition: ReportDefinition
    bookmarks: Mapping[str, datetime]
    overlap: timedelta
    cancelled: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """What a sync has read of a stream and marketplace.

    Attributes:
        records: How many records it has emitted.
        complete: Whether these are all that Amazon has.
    """

    records: int
    complete: bool


class SellingAccount:
    """The account of one configuration.

    Args:
        settings: The configuration.
        remembered: Reports that an earlier sync asked for and did not read, as the state has them.
        remember: Told those of this sync whenever they change.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        remembered: object = None,
        remember: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> None:
        self.settings = settings
        self.incomplete: set[str] = set()
        self.read: dict[tuple[str, str], Read] = {}
        self.clock = AmazonClock(settings.clock_factor)
        self.kept = KeptAnswers(settings.spool_path)
        self._made: dict[Hashable, object] = {}
        self._remembered = remembered
        self._remember = remember
        self._plan: dict[tuple[ReportDefinition, str], list[ReportRequest]] = {}
        self._unplanned: dict[tuple[ReportDefinition, str], SellingPartnerError] = {}
        self._client: SellingPartnerClient | None = None
        self._queue: ReportQueue | None = None

    @property
    def participations(self) -> list[dict[str, Any]]:
        """The account's marketplace participations, as Sellers v1 answers them.

        Raises:
            PermissionDeniedError: The application may not list them.
        """
        if isinstance(self._participations, PermissionDeniedError):
            raise self._participations
        return list({one["marketplace"]["id"]: one for one in self._participations}.values())

    @cached_property
    def _participations(self) -> list[dict[str, Any]] | PermissionDeniedError:
        region = self.settings.region
        one_endpoint = len(set(self.settings.endpoints.values())) == 1
        if region or one_endpoint:
            return self._participations_in(region or "NA")
        refusal = None
        for candidate in marketplaces.ENDPOINTS:
            try:
                found = self._participations_in(candidate)
            except TokenRefusedError:
                logger.info("The refresh token is not of region %s.", candidate)
                continue
            if isinstance(found, list):
                return found
            refusal = found
        if refusal:
            return refusal
        raise CredentialsError(
            "No region accepts the refresh token; let the seller authorise the application again, "
            "or set 'region'."
        )

    @cached_property
    def marketplaces(self) -> tuple[Marketplace, ...]:
        """The marketplaces to sync: those configured, else all in which the account sells.

        Raises:
            ConfigurationError: The account does not sell in a configured marketplace.
        """
        if isinstance(self._participations, PermissionDeniedError):
            if self.settings.marketplaces:
                return self.settings.marketplaces
            raise ConfigurationError(
                "The application may not list the seller's marketplaces (it lacks the role 'Selling "
                "Partner Insights'); name them in 'marketplaces'."
            )
        sells_in = [
            marketplaces.BY_ID[participation["marketplace"]["id"]]
            for participation in self.participations
            if participation["participation"]["isParticipating"]
            and participation["marketplace"]["id"] in marketplaces.BY_ID
        ]
        countries = ", ".join(marketplace.country for marketplace in sells_in) or "none"
        for marketplace in self.settings.marketplaces:
            if marketplace not in sells_in:
                raise ConfigurationError(
                    f"Setting 'marketplaces' names {marketplace.country}, but the account does not "
                    f"sell there; it sells in {countries}."
                )
        if not sells_in:
            raise ConfigurationError("The account does not sell in any marketplace that is known.")
        return self.settings.marketplaces or tuple(sells_in)

    @property
    def client(self) -> SellingPartnerClient:
        """The calls of the account."""
        if self._client is None:
            self._participations  # noqa: B018 - finds the region's client
        assert self._client is not None  # noqa: S101
        return self._client

    @property
    def queue(self) -> ReportQueue:
        """The account's reports."""
        if self._queue is None:
            self._queue = ReportQueue(
                self.client,
                self.clock,
                listing=self.listing,
                timeout=self.settings.report_timeout,
                remember=self._remember,
                spool_path=self.settings.spool_path,
                charset=self.settings.report_charset,
            )
        return self._queue

    @cached_property
    def listing(self) -> ReportListing:
        """The account's reports that exist already."""
        return ReportListing(
            self.client,
            AgeLimits(self.settings.report_max_age, self.settings.report_timeout),
            still_remembered(self._remembered, self.now()),
        )

    def now(self) -> datetime:
        """Amazon's time."""
        return self.clock.now()

    def plan(self, needs: Iterable[ReportNeed]) -> None:
        """Start on all reports of the sync, before the first stream waits for one.

        Streams fed by the same report type share its requests, from the oldest of their bookmarks.
        """
        shared: dict[ReportDefinition, list[ReportNeed]] = {}
        for need in needs:
            shared.setdefault(need.definition, []).append(need)
        gaps: dict[tuple[str, Window], list[str]] = {}
        for definition, together in shared.items():
            self._tell_elsewhere(definition)
            for marketplace in self.marketplaces:
                if not definition.exists_in(marketplace.region):
                    self._plan[definition, marketplace.id] = []
                    continue
                try:
                    wanted, gap = self._requests(definition, marketplace, together)
                except (AmazonError, UnavailableError) as error:
                    self._unplanned[definition, marketplace.id] = error
                    continue
                self._plan[definition, marketplace.id] = wanted
                if gap:
                    place = gaps.setdefault((definition.report_type, gap), [])
                    place.append(marketplace.country)
        for (report_type, gap), countries in gaps.items():
            logger.warning(
                "Amazon no longer has %s of %s for %s; the sync starts after that gap.",
                report_type, ", ".join(countries), gap,
            )  # fmt: skip
        planned = [one for plan in self._plan.values() for one in plan]
        existing = self.listing.find(planned, self.now())
        warn_of_length(one for one in planned if one not in existing)
        stand_ins = dict(existing.values())
        readers: dict[ReportRequest, int] = {}
        cancelled: set[ReportRequest] = set()
        for (definition, marketplace_id), plan in self._plan.items():
            plan[:] = [existing[one][0] if one in existing else one for one in plan]
            readers.update(dict.fromkeys(plan, len(shared[definition])))
            if any(marketplace_id in need.cancelled for need in shared[definition]):
                cancelled.update(plan)
        self.queue.submit(readers, stand_ins, cancelled)

    def requests(
        self, definition: ReportDefinition, marketplace: Marketplace
    ) -> list[ReportRequest]:
        """The planned reports of a type for a marketplace, oldest window first.

        Raises:
            AmazonError: Amazon refuses to list those that it makes by itself.
            UnavailableError: Amazon does not answer.
        """
        key = definition, marketplace.id
        if key in self._unplanned:
            raise self._unplanned[key]
        return self._plan[key]

    def tell_unread(self) -> None:
        """Have it remembered which reports have been asked for and not read."""
        if self._queue:
            self._queue.tell_unread()

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What streams have in common, made when the first of them asks."""
        if key not in self._made:
            self._made[key] = make()
        return cast("T", self._made[key])

    def note_read(self, stream: str, marketplace_id: str, read: Read) -> None:
        """Remember what has been read of a stream and marketplace, for `sync_summary`."""
        self.read[stream, marketplace_id] = read

    def note_incomplete(self, place: str) -> None:
        """Remember a stream and marketplace that could not be synced whole, for the end of the run."""
        self.incomplete.add(place)

    def close(self) -> None:
        """Stop all work and close connections."""
        self.kept.close()
        if self._queue:
            self._queue.close()
        if self._client:
            self._client.close()

    def _participations_in(self, region: str) -> list[dict[str, Any]] | PermissionDeniedError:
        settings = self.settings
        client = SellingPartnerClient(
            settings.credentials,
            settings.endpoints[region],
            self.clock,
            token_url=settings.token_url,
            request_timeout=settings.request_timeout,
            patience=settings.report_timeout.total_seconds(),
        )
        try:
            found = client.marketplace_participations()
        except PermissionDeniedError as error:
            self._client = client
            return error
        except BaseException:
            client.close()
            raise
        self._client = client
        return found

    def _tell_elsewhere(self, definition: ReportDefinition) -> None:
        """Say that a report type does not exist in some of the account's marketplaces."""
        without = [one.country for one in self.marketplaces if not definition.exists_in(one.region)]
        if without:
            where = " and ".join(
                marketplaces.REGION_NAMES[region] for region in definition.access.regions
            )
            logger.info(
                "%s exists in %s only; there is nothing to sync of it for %s.",
                definition.report_type, where, ", ".join(without),
            )  # fmt: skip

    def _due_from(self, need: ReportNeed, marketplace: Marketplace, now: datetime) -> datetime:
        start = self.settings.start_date
        bookmark = need.bookmarks.get(marketplace.id)
        if bookmark is None:
            return start or midnight(now - DEFAULT_HISTORY)
        overlapping = bookmark - need.overlap
        return max(start, overlapping) if start else overlapping

    def _requests(
        self, definition: ReportDefinition, marketplace: Marketplace, needs: list[ReportNeed]
    ) -> tuple[list[ReportRequest], Window | None]:
        """The reports of one type and marketplace, oldest window first, and what Amazon has no more."""
        if definition.is_snapshot:
            return [ReportRequest(definition, marketplace)], None
        now = self.now()
        due_from = min(self._due_from(need, marketplace, now) for need in needs)
        if due_from >= now:
            logger.warning(
                "Nothing of %s is due in %s before %s: check 'start_date' and the state.",
                definition.report_type, marketplace.country, due_from.isoformat(),
            )  # fmt: skip
        if definition.is_scheduled:
            return self.listing.made_by_amazon(
                definition, marketplace, self.marketplaces, due_from, now
            )
        found, gap = windows(
            definition, due_from, self.settings.end_date or now, now, marketplace.time_zone
        )
        return [
            ReportRequest(definition, marketplace, window, is_latest=window is found[-1])
            for window in found
        ], gap


def warn_of_length(wanted: Iterable[ReportRequest]) -> None:
    """Say how long a sync of many reports takes at least: Amazon makes about one a minute."""
    by_type = Counter(request.definition.report_type for request in wanted)
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

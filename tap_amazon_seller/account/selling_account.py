"""One selling account in one region, as a sync sees it: its marketplaces and its reports.

Nothing is called before the first stream asks, so discovery needs no credentials.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from amazon_selling_partner import (
    MAX_TRIES,
    NOTHING_SHARED,
    REPORT_LIMITS,
    CredentialsError,
    PermissionDeniedError,
    ReportLimits,
    SellingPartnerClient,
    TokenRefusedError,
    marketplaces,
)
from tap_amazon_seller.account.tally import Due, Tally
from tap_amazon_seller.config import foreign_states
from tap_amazon_seller.config.settings import DEFAULT_HISTORY
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.machine.answer_cache import KeptAnswers
from tap_amazon_seller.notifications.opening import open_inbox
from tap_amazon_seller.reports.fetch.queue import ReportQueue
from tap_amazon_seller.reports.requests.existing_queries import QueryListing
from tap_amazon_seller.reports.requests.existing_reports import ReportListing
from tap_amazon_seller.reports.requests.plan import Period, SyncPlan
from tap_amazon_seller.reports.requests.reuse import AgeLimits, still_remembered
from tap_amazon_seller.reports.rows.rejected import RejectedRows

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping
    from datetime import datetime

    import httpx

    from amazon_selling_partner import AmazonClock, Participation, Redaction, SharedLimits
    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.config.settings import Settings
    from tap_amazon_seller.notifications.inbox import Inbox
    from tap_amazon_seller.reports.definitions import ReportDefinition
    from tap_amazon_seller.reports.requests.plan import ReportNeed
    from tap_amazon_seller.reports.requests.windows import ReportRequest

logger = logging.getLogger(__name__)

T = TypeVar("T")

FEW_TRIES = 2
"""How often a call is tried where only access is checked."""


class SellingAccount:
    """The account of one configuration.

    Attributes:
        tally: What has been read, and what is left for later syncs.
        left_marketplaces: Configured ones in which the account does not sell (any more).
        rejected: The rejected rows of all streams.
        machine: Whose threads do the work.
        inbox: What comes from the queue of notifications; None where it is not read.

    Args:
        settings: The configuration.
        remembered: Reports that an earlier sync requested and did not read, as the state has them.
        quotas: What is known of the limits of report types, as the state has it.
        left: What earlier syncs have left without a request, as the state has it.
        remember: Called with those of this sync whenever they change.
        keep_heard: Called with what the state is to have of notifications.
        redaction: Makes what is shown fit for it, and is given every secret.
        clock: Amazon's time; None for a clock of its own.
        transport: Sends requests instead of the network, for tests and simulations.
        shared_limits: What other processes use up as well.
        is_hurried: Whether a call that fails is given up soon, as when only access is checked.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        remembered: object = None,
        quotas: object = None,
        left: object = None,
        remember: Callable[[dict[str, Any]], None] = lambda _: None,
        keep_heard: Callable[[dict[str, Any]], None] = lambda _: None,
        redaction: Redaction | None = None,
        clock: AmazonClock | None = None,
        transport: httpx.BaseTransport | None = None,
        shared_limits: SharedLimits = NOTHING_SHARED,
        is_hurried: bool = False,
    ) -> None:
        self._is_hurried = is_hurried
        self.settings = settings
        self._redaction = redaction
        self._transport = transport
        self._shared_limits = shared_limits
        self.tally = Tally()
        self.left_marketplaces: tuple[Marketplace, ...] = ()
        self.rejected = RejectedRows(settings.spool_path)
        self.clock = clock or settings.clock()
        self.machine = self.clock.machine
        self.kept = KeptAnswers(settings.spool_path)
        self._made: dict[Hashable, object] = {}
        self._remembered = remembered
        self._quotas = quotas
        self._left = left
        self.report_limits = ReportLimits(
            self.clock, {**REPORT_LIMITS, **settings.report_limits}, shared_limits
        )
        self._remember = remember
        self._keep_heard = keep_heard
        self.inbox: Inbox | None = None
        self._plan: SyncPlan | None = None
        self._client: SellingPartnerClient | None = None
        self._queue: ReportQueue | None = None

    @property
    def participations(self) -> list[Participation]:
        """The account's marketplace participations, as Sellers v1 answers them.

        Raises:
            PermissionDeniedError: The application may not list them.
        """
        if isinstance(self._participations, PermissionDeniedError):
            raise self._participations
        return list({one.marketplace.id: one for one in self._participations}.values())

    @cached_property
    def _participations(self) -> list[Participation] | PermissionDeniedError:
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

        A configured one that the seller has left is left out, with a warning, and makes the sync
        incomplete: the others do not stop for it.

        Raises:
            ConfigurationError: The account sells in no configured marketplace, or in none at all.
        """
        if isinstance(self._participations, PermissionDeniedError):
            if self.settings.marketplaces:
                return self.settings.marketplaces
            raise ConfigurationError(
                "The application may not list the seller's marketplaces (it lacks the role 'Selling "
                "Partner Insights'); name them in 'marketplaces'."
            )
        sells_in = [
            marketplaces.BY_ID[one.marketplace.id]
            for one in self.participations
            if one.marketplace.id in marketplaces.BY_ID and self._is_open(one)
        ]
        countries = ", ".join(marketplace.country for marketplace in sells_in) or "none"
        if not sells_in:
            raise ConfigurationError("The account does not sell in any marketplace that is known.")
        if not self.settings.marketplaces:
            return tuple(sells_in)
        kept = tuple(place for place in self.settings.marketplaces if place in sells_in)
        left = tuple(place for place in self.settings.marketplaces if place not in sells_in)
        named = ", ".join(place.country for place in left)
        if not kept:
            raise ConfigurationError(
                f"Setting 'marketplaces' names {named}, but the account does not sell there; it sells "
                f"in {countries}."
            )
        if left:
            logger.warning(
                "Setting 'marketplaces' names %s, but the account does not sell there (it sells in %s): "
                "left out, and the sync is incomplete; correct the setting if the seller has left.",
                named, countries,
            )  # fmt: skip
            self.left_marketplaces = left
            for place in left:
                self.tally.note_incomplete(f"Marketplace {place.country} is left out")
        return kept

    def _is_open(self, one: Participation) -> bool:
        """Whether the account sells in a marketplace; where Amazon does not say, whether it is set."""
        told = one.participation.is_participating if one.participation else None
        if told is None:
            return marketplaces.BY_ID[one.marketplace.id] in self.settings.marketplaces
        return told

    @property
    def region(self) -> str | None:
        """The region, where the settings or Amazon say it."""
        if self.settings.region or not isinstance(self._participations, list):
            return self.settings.region
        found = (marketplaces.BY_ID.get(one.marketplace.id) for one in self._participations)
        return next((place.region for place in found if place), None)

    @property
    def identity(self) -> dict[str, Any]:
        """What says the account from others (see `foreign_states`); nothing where nothing does."""
        found = self._participations
        stores = {
            one.marketplace.id: one.store_name
            for one in (found if isinstance(found, list) else ())
            if one.store_name
        }
        return foreign_states.identity(stores, self.settings.seller_id)

    @property
    def client(self) -> SellingPartnerClient:
        """The calls of the account."""
        if self._client is None:
            self._participations  # noqa: B018 - finds the region's client
            self.report_limits.load(self._quotas)
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
                queries=self.queries,
                timeout=self.settings.report_timeout,
                patience=timedelta(0) if self.settings.leaves_reports else self.settings.limit_wait,
                remember=self._remember,
                leaves=self.settings.leaves_reports,
                left=self._left,
                told=self._remembered if isinstance(self._remembered, dict) else {},
                spool_path=self.settings.spool_path,
                charset=self.settings.report_charset,
                machine=self.machine,
                ends=self.inbox.next_ends if self.inbox else None,
            )
        return self._queue

    @cached_property
    def listing(self) -> ReportListing:
        """The account's reports that exist already."""
        return ReportListing(self.client, self._age_limits, self._still_remembered)

    @cached_property
    def queries(self) -> QueryListing:
        """The account's queries of Data Kiosk that exist already."""
        return QueryListing(self.client, self._age_limits, self._still_remembered)

    @property
    def _age_limits(self) -> AgeLimits:
        return AgeLimits(
            self.settings.report_max_age,
            self.settings.report_timeout,
            leaves=self.settings.leaves_reports,
            is_limited=self.report_limits.is_limited,
        )

    @cached_property
    def _still_remembered(self) -> dict[str, dict[str, Any]]:
        return still_remembered(self._remembered, self.now())

    def now(self) -> datetime:
        """Amazon's time."""
        return self.clock.now()

    def hear(self, kept: object, readers: Mapping[str, str]) -> None:
        """Have this sync read notifications, where the settings want it.

        Args:
            kept: What the state has of them.
            readers: The selected stream of each type that one reads.

        Raises:
            ConfigurationError: The queue is not named, or boto3 is not installed.
        """
        settings = self.settings
        if not settings.hears_notifications:
            return
        if not settings.queue.url:
            raise ConfigurationError(
                "Setting 'enable_notifications' needs 'notifications_queue', the address of the queue; "
                "'tap-amazon-seller notifications setup' makes one and shows it."
            )
        self.inbox = open_inbox(
            settings.queue,
            self.region,
            kept,
            readers,
            now=self.now,
            factor=self.clock.factor,
            redaction=self._redaction,
        )

    def keep_notifications(self) -> None:
        """Have the state contain which notifications have been handed over."""
        if self.inbox:
            self._keep_heard(self.inbox.to_state())

    def plan(self, needs: Iterable[ReportNeed]) -> None:
        """Start on all reports of the sync, before the first stream waits for one."""
        self._plan = self.planned(needs)
        self.queue.submit(self._plan.readers, self._plan.existing, self._plan.cancelled)

    def planned(self, needs: Iterable[ReportNeed]) -> SyncPlan:
        """The reports that streams need, and those that exist of them; nothing is requested."""
        start, end = self.settings.start_date, self.settings.end_date
        reports = list(needs)
        return SyncPlan(
            reports,
            # A vendor without the role that lists marketplaces syncs streams that know none.
            self.marketplaces if reports else (),
            Period(start, end, DEFAULT_HISTORY),
            existing_reports=self.listing,
            existing_queries=self.queries,
            now=self.now,
            is_limited=self.report_limits.is_limited,
        )

    def requests(
        self, definition: ReportDefinition, marketplace: Marketplace
    ) -> list[ReportRequest]:
        """The planned reports of a type for a marketplace, oldest window first.

        Raises:
            AmazonError: Amazon refuses to list those that it makes by itself.
            UnavailableError: Amazon does not answer.
        """
        assert self._plan is not None  # noqa: S101 - the tap plans before streams are read
        return self._plan.requests(definition, marketplace)

    def tell_unread(self) -> None:
        """Have it remembered which reports have been requested and not read."""
        if self._queue:
            self._queue.tell_unread()

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What streams have in common, made when the first of them asks."""
        if key not in self._made:
            self._made[key] = make()
        return cast("T", self._made[key])

    def due_of(self, stream: str, marketplace_id: str) -> Due | None:
        """What a stream and marketplace leave for a later sync."""
        requests = self.tally.requests_due(stream, marketplace_id)
        if not requests:
            return self.tally.calls_due(stream, marketplace_id)
        instants = [self.queue.readable_at(request) for request in requests]
        return Due(len(requests), min(instants), max(instants))

    @property
    def left(self) -> dict[str, int]:
        """What this sync leaves without a request, as the next one is given it."""
        return self._queue.left() if self._queue else {}

    @property
    def next_sync_at(self) -> datetime | None:
        """When another sync is worth its while for what this one leaves, by the machine's clock.

        None where it leaves nothing.
        """
        reports = map(self.queue.worth_a_sync_at, self.tally.due_requests)
        calls = (due.first_at for dues in self.tally.due_calls.values() for due in dues)
        found = min((*reports, *calls), default=None)
        if found is None:
            return None
        return self.machine.now() + (found - self.now()) / self.clock.factor

    def is_limited(self, definition: ReportDefinition) -> bool:
        """Whether Amazon limits a report type by itself."""
        return self.report_limits.is_limited(definition.report_type)

    def close(self) -> None:
        """Stop all work and close connections."""
        self.kept.close()
        self.rejected.close()
        if self.inbox:
            self.inbox.close()
        if self._queue:
            self._queue.close()
        if self._client:
            self._client.close()

    def _participations_in(self, region: str) -> list[Participation] | PermissionDeniedError:
        settings = self.settings
        client = SellingPartnerClient(
            settings.credentials,
            settings.endpoints[region],
            self.clock,
            token_url=settings.token_url,
            request_timeout=settings.request_timeout,
            download_timeout=settings.report_timeout.total_seconds(),
            patience=0.0 if self._is_hurried else settings.report_timeout.total_seconds(),
            tries=FEW_TRIES if self._is_hurried else MAX_TRIES,
            allow_private_documents=settings.allow_private_documents,
            redaction=self._redaction,
            report_limits=self.report_limits,
            shared_limits=self._shared_limits,
            transport=self._transport,
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

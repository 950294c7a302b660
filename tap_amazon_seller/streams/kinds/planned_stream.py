"""Streams whose partitions are read report by report, with a bookmark that moves after each window."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL
from typing_extensions import override

from amazon_selling_partner import SellingPartnerError
from tap_amazon_seller.config.settings import Settings
from tap_amazon_seller.errors import (
    ReportCancelledError,
    ReportDueError,
    ReportNotReadyError,
    ReportUnavailableError,
    TapError,
)
from tap_amazon_seller.instants import parse_instant
from tap_amazon_seller.reports.requests.beyond import Beyond
from tap_amazon_seller.reports.requests.bookmarks import Outcome, Reading
from tap_amazon_seller.reports.requests.cancellations import CancelledStreak
from tap_amazon_seller.reports.requests.plan import ReportNeed
from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from datetime import datetime

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.definitions import ReportDefinition
    from tap_amazon_seller.reports.requests.windows import ReportRequest


FILLED_AFTER = timedelta(days=14)
"""What Amazon has not filled so long after a window, it does not fill any more."""
BEYOND = "beyond"
"""In the state of a partition: windows beyond its bookmark (see `beyond`)."""
CANCELLED = "cancelled"
"""In the state of a partition: what Amazon cancels there (see `cancellations`)."""


@dataclass(slots=True)
class PartitionReading:
    """How far a sync has come in a partition.

    Attributes:
        requests: The reports that are yet to be read, oldest window first.
        reading: What has been read, for the rule that moves the bookmark.
        bookmark: Where the bookmark stood when the sync began.
        beyond: What is known of windows beyond the bookmark.
        keeps_beyond: Whether the state is to keep that.
        now: The same instant for all reports of the partition.
        due: The reports that are left for a later sync.
    """

    requests: deque[ReportRequest]
    reading: Reading
    bookmark: datetime | None
    beyond: Beyond
    keeps_beyond: bool
    now: datetime
    due: list[ReportRequest] = field(default_factory=list)

    @classmethod
    def of_nothing(cls, now: datetime) -> PartitionReading:
        """That of a partition whose reports cannot be planned."""
        return cls(deque(), Reading(), None, Beyond(), keeps_beyond=False, now=now)


class PlannedStream(AmazonStream):
    """A stream that is read from the reports that a sync has planned for it, in one turn or several."""

    definition: ClassVar[ReportDefinition]

    @abstractmethod
    def request_records(self, request: ReportRequest) -> Iterator[Record]:
        """The records of one report."""

    def need(self) -> ReportNeed:
        """What the stream needs of its report type, from the state."""
        bookmarks: dict[str, datetime] = {}
        cancelled: set[str] = set()
        beyond: dict[str, Beyond] = {}
        for partition in self.stream_state.get("partitions", []):
            marketplace_id = partition["context"]["marketplace_id"]
            if CancelledStreak.from_state(partition.get(CANCELLED)):
                cancelled.add(marketplace_id)
            value = partition.get("replication_key_value")
            if (
                self.replication_method == REPLICATION_INCREMENTAL
                and value
                and (bookmark := parse_instant(value))
            ):
                bookmarks[marketplace_id] = bookmark
            if self.replication_method == REPLICATION_INCREMENTAL:
                beyond[marketplace_id] = Beyond.from_state(
                    partition.get(BEYOND), self.account.now()
                )
        return ReportNeed(self.definition, bookmarks, self.overlap, cancelled, beyond)

    @property
    def overlap(self) -> timedelta:
        """How far a sync reaches back behind its bookmark."""
        own = Settings.from_config(self.config).lookback.get(self.name)
        return self.definition.window.overlap if own is None else own

    # Partitions, a window after the other

    takes_turns = False
    """Whether a partition is read only as far as its reports are made; it goes on in its next turn."""

    @cached_property
    def _reading(self) -> dict[str, PartitionReading]:
        return {}

    calls_api = False
    """Whether an API is called for the rows of its reports."""
    turn: list[dict[str, Any]] | None = None
    """The partitions that are read in this turn; None for all."""

    @property
    @override
    def partitions(self) -> list[dict[str, Any]] | None:
        """One partition per marketplace, or those whose turn it is."""
        return super().partitions if self.turn is None else self.turn

    @property
    def all_partitions(self) -> list[dict[str, Any]]:
        """One partition per marketplace."""
        return super().partitions or []

    def requests_left(self, marketplace: Marketplace) -> int:
        """How many reports of a partition are yet to be read."""
        reading = self._reading.get(marketplace.id)
        return len(reading.requests) if reading else 0

    def has_next(self, marketplace: Marketplace) -> bool:
        """Whether a partition has not been read to its end."""
        reading = self._reading.get(marketplace.id)
        return reading is None or bool(reading.requests)

    def next_request(self, marketplace: Marketplace) -> ReportRequest | None:
        """The report that a partition is read from next; None where none has to be waited for."""
        reading = self._reading.get(marketplace.id)
        if reading is None:
            try:
                reading = self._begin(marketplace)
            except (SellingPartnerError, TapError):
                return None  # it is raised again when the partition is read
        return self._awaited(reading)

    def _awaited(self, reading: PartitionReading) -> ReportRequest | None:
        """The next report of a partition, if it has to be waited for."""
        if not reading.requests or reading.due:
            return None
        request = reading.requests[0]
        is_needed = reading.beyond.needs(request.window) and not self._has_been_read(
            request, reading
        )
        return request if is_needed else None

    def _has_been_read(self, request: ReportRequest, reading: PartitionReading) -> bool:
        """Whether a window was read by an earlier sync, and is requested for another stream."""
        window, bookmark = request.window, reading.bookmark
        return bool(window and bookmark and window.end <= bookmark - self.overlap)

    def _begin(self, marketplace: Marketplace) -> PartitionReading:
        state, now = self.partition_state(marketplace), self.account.now()
        bookmark = self.bookmark_of(marketplace)
        requests = self.account.requests(self.definition, marketplace)
        reading = self._reading[marketplace.id] = PartitionReading(
            requests=deque(requests),
            reading=Reading(bookmark, CancelledStreak.from_state(state.get(CANCELLED))),
            bookmark=bookmark,
            beyond=Beyond.from_state(state.get(BEYOND), now),
            keeps_beyond=self.account.is_limited(self.definition),
            now=now,
        )
        return reading

    @override
    def marketplace_records(self, marketplace: Marketplace) -> Iterator[Record]:
        """The records of all planned reports; the bookmark moves after each window.

        When a window cannot be had, later ones are still read, but the bookmark stays before it,
        unless it has been cancelled for so long that it must be without data. A window that is left for
        a later sync leaves all after it there, too.
        """
        try:
            reading = self._reading.get(marketplace.id) or self._begin(marketplace)
        except BaseException:
            self._reading[marketplace.id] = PartitionReading.of_nothing(self.account.now())
            raise
        try:
            while reading.requests:
                awaited = self._awaited(reading)
                if self.takes_turns and awaited and not self.account.queue.is_finished(awaited):
                    return
                request = reading.requests.popleft()
                if reading.beyond.needs(request.window):
                    yield from self._window(request, reading)
                else:
                    self._passed_over(request, reading)
        except BaseException:
            reading.requests.clear()
            raise
        self.account.note_due(self.name, marketplace.id, reading.due)

    def _window(self, request: ReportRequest, reading: PartitionReading) -> Iterator[Record]:
        """The records of one window, if it is due for this stream and not left for a later sync."""
        is_left = bool(reading.due)
        try:
            if is_left or self._has_been_read(request, reading):
                return
            try:
                error = yield from self._records_or_error(request)
            except ReportDueError:
                is_left = True
                return
            self._ended(request, reading, error)
        finally:
            if is_left:
                reading.due.append(request)
            self.account.queue.release(request, is_left=is_left)

    def _passed_over(self, request: ReportRequest, reading: PartitionReading) -> None:
        """A window that an earlier sync has read already, or found unfilled a short while ago."""
        if request.window in reading.beyond.read:
            self._ended(request, reading, None)
        else:
            self._ended(
                request,
                reading,
                ReportNotReadyError(f"{request}: Amazon has not filled the report yet"),
            )

    def _ended(
        self,
        request: ReportRequest,
        reading: PartitionReading,
        error: ReportUnavailableError | None,
    ) -> None:
        """Take note of what became of a window, and move the bookmark if it may."""
        marketplace, window = request.marketplace, request.window
        end = window.end if window else None
        reading.reading, moved_to = reading.reading.after(Outcome.of(error), end, reading.now)
        state = self.partition_state(marketplace)
        if reading.reading.streak:
            state[CANCELLED] = reading.reading.streak.to_state()
        else:
            state.pop(CANCELLED, None)
        if reading.keeps_beyond and window:
            is_read = False if isinstance(error, ReportNotReadyError) else not error or None
            bookmark = moved_to or self.bookmark_of(marketplace)
            reading.beyond = reading.beyond.after(window, bookmark, reading.now, is_read=is_read)
            state[BEYOND] = reading.beyond.to_state()
        if error:
            self._note_missing(request, error, reading.reading, reading.now)
        if moved_to:
            self.move_bookmark(marketplace, moved_to)

    def _records_or_error(
        self, request: ReportRequest
    ) -> Generator[Record, None, ReportUnavailableError | None]:
        """The records of one report; why they are not all, if they are not."""
        try:
            yield from self.request_records(request)
        except ReportNotReadyError as error:
            window = request.window
            if window is None or self.account.now() - window.end < FILLED_AFTER:
                return error
            self.leave_out(
                request.marketplace, f"{error}, {FILLED_AFTER.days} days later; taken as it is"
            )
        except ReportUnavailableError as error:
            return error
        except MemoryError:  # Arrow's is one as well
            return ReportUnavailableError(
                f"{request}: there is not enough memory to read the report"
            )
        return None

    def _note_missing(
        self, request: ReportRequest, error: ReportUnavailableError, reading: Reading, now: datetime
    ) -> None:
        """Log that a report is missing, or without data; raise where a snapshot is missing."""
        is_cancelled = reading.lacks_only_cancelled and isinstance(error, ReportCancelledError)
        if is_cancelled and reading.streak and reading.streak.is_long(now):
            self.logger.warning("%s; taken as a time without data.", error)
        elif request.window is None:
            raise error
        else:
            self.leave_out(request.marketplace, str(error))

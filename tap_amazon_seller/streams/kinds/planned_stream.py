"""Streams whose partitions are read report by report, with a bookmark that moves after each window."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL
from typing_extensions import override

from amazon_selling_partner import SellingPartnerError
from tap_amazon_seller.config.settings import Settings
from tap_amazon_seller.errors import (
    FieldsRefusedError,
    ReportDueError,
    ReportNotReadyError,
    ReportUnavailableError,
    TapError,
)
from tap_amazon_seller.instants import parse_instant
from tap_amazon_seller.reports.requests.beyond import SPARE, Beyond
from tap_amazon_seller.reports.requests.bookmarks import Reading
from tap_amazon_seller.reports.requests.cancellations import CancelledStreak
from tap_amazon_seller.reports.requests.holes import FILLED_AFTER, Holes
from tap_amazon_seller.reports.requests.plan import ReportNeed
from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream
from tap_amazon_seller.streams.kinds.partition_reading import (
    BEYOND,
    CANCELLED,
    HOLES,
    PartitionReading,
    put_holes,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from datetime import datetime

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.definitions import ReportDefinition
    from tap_amazon_seller.reports.requests.windows import ReportRequest


class PlannedStream(AmazonStream):
    """A stream that is read from the reports that a sync has planned for it, in one turn or several."""

    definition: ReportDefinition

    @abstractmethod
    def request_records(self, request: ReportRequest) -> Iterator[Record]:
        """The records of one report."""

    def need(self) -> ReportNeed:
        """What the stream needs of its report type, from the state."""
        bookmarks: dict[str, datetime] = {}
        cancelled: set[str] = set()
        beyond: dict[str, Beyond] = {}
        holes: dict[str, Holes] = {}
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
                holes[marketplace_id] = self._holes_of(partition)
        return ReportNeed(self.definition, bookmarks, self.overlap, cancelled, beyond, holes)

    @property
    def overlap(self) -> timedelta:
        """How far a sync reaches back behind its bookmark."""
        own = Settings.from_config(self.config).lookback.get(self.name)
        return self.definition.window.overlap if own is None else own

    @property
    def _reach(self) -> timedelta:
        """How far behind its bookmark a window may be due once more."""
        return self.overlap + (SPARE if self.definition.window.revisits else timedelta(0))

    def _holes_of(self, state: dict[str, Any]) -> Holes:
        """The holes in the state of a partition that are wanted and that Amazon may still fill."""
        rules, start = self.definition.window, self.account.settings.start_date
        oldest = [start] if start else []
        if rules.retention:
            oldest.append(self.account.now() - rules.retention)
        return Holes.from_state(state.get(HOLES), rules.unit, max(oldest, default=None))

    # Partitions, a window after the other

    takes_turns = False
    """Whether a partition is read only as far as its reports are made; it continues in its next turn."""

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
        return reading is None or not reading.is_ended

    @property
    def is_slow(self) -> bool:
        """Whether nothing but the quota of an operation is waited for, which holds up no other."""
        return False

    def seconds_until_ready(self) -> float:
        """How long that quota has to be waited for."""
        return 0.0

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
        if not reading.requests:
            return None
        request = reading.requests[0]
        if reading.due and not reading.is_before_bookmark(request.window):
            return None
        is_needed = reading.beyond.needs(request.window) and not reading.has_been_read(
            request.window
        )
        return request if is_needed else None

    def _begin(self, marketplace: Marketplace) -> PartitionReading:
        state, now = self.partition_state(marketplace), self.account.now()
        bookmark = self.bookmark_of(marketplace)
        requests = self.account.requests(self.definition, marketplace)
        reading = self._reading[marketplace.id] = PartitionReading(
            requests=deque(requests),
            reading=Reading(
                bookmark, CancelledStreak.from_state(state.get(CANCELLED)), self._holes_of(state)
            ),
            bookmark=bookmark,
            beyond=Beyond.from_state(state.get(BEYOND), now),
            keeps_beyond=self.account.is_limited(self.definition)
            or bool(self.definition.window.revisits),
            now=now,
            reads_again=bool(self.definition.window.revisits),
            reach=self._reach,
        )
        return reading

    @override
    def marketplace_records(self, marketplace: Marketplace) -> Iterator[Record]:
        """The records of all planned reports; the bookmark moves after each window.

        When a window cannot be obtained, later ones are still read, but the bookmark stays before it,
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
            reading.is_ended = True
            raise
        reading.is_ended = True
        self._tell_holes(marketplace, reading)
        self.account.tally.note_due(self.name, marketplace.id, reading.due)

    @override
    def holes_in(self, place: str) -> int:
        """How many windows Amazon has said to be unavailable, and are requested again."""
        return len(self._reading[place].reading.holes.every) if place in self._reading else 0

    def _tell_holes(self, marketplace: Marketplace, reading: PartitionReading) -> None:
        """Say what is missing of the time before the bookmark, and was not requested in this sync."""
        holes = reading.reading.holes
        rest = [
            hole for hole in holes.every if hole.asked < reading.now and not holes.is_settled(hole)
        ]
        if rest:
            self.leave_out(
                marketplace,
                f"Amazon has said of {len(rest)} times that their data is unavailable, the first from "
                f"{rest[0].window}; they are requested again, a few in each sync",
            )

    def _window(self, request: ReportRequest, reading: PartitionReading) -> Iterator[Record]:
        """The records of one window, if it is due for this stream and not left for a later sync."""
        is_left = bool(reading.due) and not reading.is_before_bookmark(request.window)
        try:
            if is_left or reading.has_been_read(request.window):
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
        """Take note of what became of a window, and move the bookmark if it may.

        What is missing is in the state at once, what has been read once it is handed over.
        """
        marketplace, window = request.marketplace, request.window
        moved_to, is_unavailable = reading.after(window, error)
        state = self.partition_state(marketplace)
        if reading.reading.streak:
            state[CANCELLED] = reading.reading.streak.to_state()
        else:
            state.pop(CANCELLED, None)
        if window and is_unavailable:
            put_holes(state, self._holes_of(state).seen(window, reading.now))
        if error:
            self._note_missing(request, error, reading, is_unavailable=is_unavailable)
        if window is None:
            return
        beyond = reading.beyond if reading.keeps_beyond else None
        fills = error is None and self._holes_of(state).without(window) != self._holes_of(state)

        def keep() -> None:
            if fills:
                put_holes(state, self._holes_of(state).without(window))
            if beyond:
                state[BEYOND] = beyond.to_state()
            if moved_to:
                self.put_bookmark(marketplace, moved_to)

        if fills or beyond or moved_to:
            self.once_handed_over(marketplace, keep)

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
        self,
        request: ReportRequest,
        error: ReportUnavailableError,
        reading: PartitionReading,
        *,
        is_unavailable: bool,
    ) -> None:
        """Log that a report is missing, or without data; raise where a snapshot is missing."""
        if reading.is_without_data(request.window, error, is_unavailable=is_unavailable):
            refused = isinstance(error, FieldsRefusedError)
            taken = "taken as complete" if refused else "taken as a time without data"
            self.logger.warning("%s; %s.", error, taken)
        elif request.window is None:
            raise error
        else:
            self.leave_out(request.marketplace, str(error))

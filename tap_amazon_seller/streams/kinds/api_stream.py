"""Streams that ask an API page by page rather than wait for a report."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_amazon_seller.config.settings import DEFAULT_HISTORY
from tap_amazon_seller.instants import midnight
from tap_amazon_seller.reports.requests.windows import Window
from tap_amazon_seller.reports.text.headers import snake_case
from tap_amazon_seller.streams.kinds.amazon_stream import ANY_TYPE, AmazonStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace


class ApiStream(AmazonStream):
    """A stream of an operation that answers page by page.

    Attributes:
        operation: Amazon's operationId, one that `SellingPartnerClient.pages` knows.
        of_account: Whether the operation knows no marketplaces, so that the stream has no partitions.
        window_parameters: The names of the parameters that bound the time asked for; none for a
            snapshot.
        max_window: The longest time that may be asked for at once.
        overlap: How far a sync reaches back behind its bookmark; `lookback_days` changes it.
        retention: How far back Amazon has data.
        delay: How long before now the time asked for must end.
        margin: How much before its window a question begins, where Amazon leaves out both ends of the
            time asked for: neighbours would lose what happened at their boundary.
    """

    selected_by_default = False
    operation: ClassVar[str]
    role: ClassVar[str]
    of_account: ClassVar[bool] = False
    window_parameters: ClassVar[tuple[str, str] | None] = None
    max_window: ClassVar[timedelta] = timedelta(days=30)
    overlap: ClassVar[timedelta] = timedelta(0)
    retention: ClassVar[timedelta] = timedelta(days=730)
    delay: ClassVar[timedelta] = timedelta(minutes=2)
    margin: ClassVar[timedelta] = timedelta(0)

    @property
    @override
    def partitions(self) -> list[dict[str, Any]] | None:
        """The marketplaces, unless the operation knows none."""
        return None if self.of_account else super().partitions

    def parameters(self, marketplace: Marketplace | None) -> dict[str, Any]:  # noqa: ARG002
        """The operation's parameters beside the window."""
        return {}

    def records_of_item(self, item: Record, marketplace: Marketplace | None) -> Iterable[Record]:
        """The records that one item of a page makes: itself, its own properties in snake_case."""
        record = {snake_case(name): value for name, value in item.items()}
        if marketplace:
            record["marketplace_id"] = marketplace.id
        yield record

    @override
    def records_of(self, marketplace: Marketplace | None) -> Iterator[Record]:
        """The records of all windows; the bookmark moves after each."""
        self._tell_what_is_not_asked_for(marketplace)
        bookmark = self.bookmark_of(marketplace)
        for start, end in self.windows(marketplace):
            for item in self.items(start, end, marketplace):
                for record in self.records_of_item(item, marketplace):
                    self._announce_new(record)
                    yield self.in_window(record, start)
            if self.window_parameters and not (bookmark and end <= bookmark):
                self.move_bookmark(marketplace, end)

    def items(
        self, start: datetime, end: datetime, marketplace: Marketplace | None
    ) -> Iterable[Record]:
        """The items of all pages of one window."""
        asked = {**self.parameters(marketplace), **self.window(start, end)}
        for page in self.account.client.pages(self.operation, asked):
            yield from page

    def window(self, start: datetime, end: datetime) -> dict[str, str]:
        """The parameters that ask for one window; none for a snapshot."""
        if not self.window_parameters:
            return {}
        return dict(
            zip(self.window_parameters, map(_text, (start - self.margin, end)), strict=True)
        )

    def in_window(self, record: Record, start: datetime) -> Record:  # noqa: ARG002
        """The record with what only the window tells that it was found in."""
        return record

    def _announce_new(self, record: Record) -> None:
        new = record.keys() - self.schema["properties"].keys()
        if new:
            self.announce(dict.fromkeys(sorted(new), ANY_TYPE), self.operation)

    def windows(self, marketplace: Marketplace | None) -> Iterator[tuple[datetime, datetime]]:
        """Whole seconds, oldest first; one window of no length for a snapshot."""
        now = self.account.now().replace(microsecond=0)
        if not self.window_parameters:
            yield now, now
            return
        yield from self.cut(self.due_from(marketplace, now), now)

    def due_from(self, marketplace: Marketplace | None, now: datetime) -> datetime:
        """Where a sync starts: where it is wanted from, or where Amazon's data begins."""
        wanted = self._wanted_from(marketplace) or midnight(now - DEFAULT_HISTORY)
        return max(wanted, now - self.retention)

    def _wanted_from(self, marketplace: Marketplace | None) -> datetime | None:
        """The start date, or the bookmark less the look-back; None where there is neither."""
        settings = self.account.settings
        start = settings.start_date
        if bookmark := self.bookmark_of(marketplace):
            due = bookmark - settings.lookback.get(self.name, self.overlap)
            return max(start or due, due)
        return start

    def _tell_what_is_not_asked_for(self, marketplace: Marketplace | None) -> None:
        """Warn of time that Amazon no longer has, and of a start that is yet to come."""
        wanted, now = self._wanted_from(marketplace), self.account.now()
        if not self.window_parameters or not wanted:
            return
        oldest = (now - self.retention).replace(microsecond=0)
        where = f" of {marketplace.country}" if marketplace else ""
        if wanted < oldest:
            self.logger.warning(
                "Amazon no longer has %s%s for %s; the sync starts after that gap.",
                self.operation, where, Window(wanted, oldest),
            )  # fmt: skip
        elif wanted >= now:
            self.logger.warning(
                "Nothing of %s%s is due before %s: check 'start_date' and the state.",
                self.operation, where, wanted.isoformat(),
            )  # fmt: skip

    def cut(self, start: datetime, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The time from `start` on, in windows that Amazon allows."""
        until = min(self.account.settings.end_date or now, now - self.delay)
        while start < until:
            end = min(start + self.max_window - self.margin, until)
            yield start, end
            start = end


class SharedApiStream(ApiStream):
    """A stream whose calls serve all marketplaces, and all streams of the operation.

    For operations that take several marketplaces in one call and are scarce. Each stream and marketplace
    has a bookmark of its own; the calls start at the oldest. What they answer is kept until all have
    read it (see `KeptAnswers`).
    """

    @override
    def windows(self, marketplace: Marketplace | None) -> Iterator[tuple[datetime, datetime]]:
        """The windows shared by all, less those that this marketplace has had."""
        shared = self.account.once(("windows", self.operation), self._shared_windows)
        due = self.due_from(marketplace, self.account.now().replace(microsecond=0))
        for start, end in shared:
            if end > due:
                yield start, end

    @override
    def items(
        self, start: datetime, end: datetime, marketplace: Marketplace | None
    ) -> Iterator[Record]:
        """The marketplace's items of one window."""
        key = self.operation, start, end
        for item in self.account.kept.items(key, lambda: self._asked(start, end)):
            if self.place_of(item) is marketplace:
                yield item

    def calls(self, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
        """The parameters of the calls that together bring a window for all marketplaces."""
        raise NotImplementedError

    def place_of(self, item: Record) -> Marketplace | None:
        """The marketplace whose partition has an item."""
        raise NotImplementedError

    def kept(self, item: Record) -> Record:
        """What is kept of an item for all streams of the operation."""
        return item

    def _asked(self, start: datetime, end: datetime) -> Iterator[Record]:
        nowhere = 0
        for parameters in self.calls(start, end):
            for page in self.account.client.pages(self.operation, parameters):
                for item in page:
                    nowhere += self.place_of(item) not in self.account.marketplaces
                    yield self.kept(item)
        if nowhere:
            self.logger.warning(
                "%s: %d items for %s name no marketplace that is synced; they are left out.",
                self.operation, nowhere, Window(start, end),
            )  # fmt: skip

    def _shared_windows(self) -> list[tuple[datetime, datetime]]:
        now = self.account.now().replace(microsecond=0)
        together = [
            stream
            for stream in self._tap.streams.values()
            if isinstance(stream, SharedApiStream)
            and stream.operation == self.operation
            and stream.selected
        ]
        due = [
            stream.due_from(marketplace, now)
            for stream in together or [self]
            for marketplace in self.account.marketplaces
        ]
        return list(self.cut(min(due), now))


def _text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")

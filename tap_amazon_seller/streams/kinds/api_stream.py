"""Streams that ask an API page by page rather than wait for a report."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from typing_extensions import override

from amazon_selling_partner import PAGED, PageTokenError
from tap_amazon_seller.config.settings import DEFAULT_HISTORY
from tap_amazon_seller.instants import TWO_YEARS, midnight
from tap_amazon_seller.machine.answer_cache import KeptAnswers
from tap_amazon_seller.reports.definitions import Audience
from tap_amazon_seller.reports.requests.windows import Window
from tap_amazon_seller.reports.rows.rejected import RejectedItem
from tap_amazon_seller.reports.text.headers import snake_case
from tap_amazon_seller.streams.kinds.amazon_stream import (
    ALL_MARKETPLACES,
    ANY_TYPE,
    AmazonStream,
)
from tap_amazon_seller.streams.kinds.conform import Conformer, UnfitError
from tap_amazon_seller.streams.kinds.emitted import Emitted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace

    Found = dict[str, Any]
    """`item`, as Amazon has it, and `wrong`, where it cannot be relied on: why."""

ASKED_SPAN = timedelta(minutes=1)
"""The time that `--test` requests: few records, which nobody reads."""
NOTHING: tuple[Any, ...] = (None, "", [], {})
MOST_ATTEMPTS = 6
"""How often a window is begun at most where Amazon refuses the tokens of its pages."""


class ApiStream(AmazonStream):
    """A stream of an operation that answers page by page.

    Attributes:
        change_dates: The properties that say when a record last changed; an older copy is not emitted.
        operation: Amazon's operationId, one that `SellingPartnerClient.pages` knows.
        of_account: Whether the operation knows no marketplaces, so that the stream has no partitions.
        window_parameters: The names of the parameters that bound the time requested; none for a
            snapshot.
        max_window: The longest time that may be requested at once.
        overlap: How far a sync reaches back behind its bookmark; `lookback_days` changes it.
        retention: How far back Amazon has data.
        delay: How long before now the time requested must end.
        margin: How much before its window a question begins, where Amazon leaves out both ends of the
            time requested: neighbours would lose what happened at their boundary.
    """

    selected_by_default = False
    change_dates: ClassVar[tuple[str, ...]] = ()
    operation: ClassVar[str]
    role: ClassVar[str]
    of_account: ClassVar[bool] = False
    window_parameters: ClassVar[tuple[str, str] | None] = None
    max_window: ClassVar[timedelta] = timedelta(days=30)
    overlap: ClassVar[timedelta] = timedelta(0)
    retention: ClassVar[timedelta] = TWO_YEARS
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

    # What `--test` asks

    @property
    @override
    def keeps_bookmarks_by_marketplace(self) -> bool:
        """Not where the operation knows no marketplaces."""
        return super().keeps_bookmarks_by_marketplace and not self.of_account

    @property
    @override
    def audience(self) -> Audience:
        """Sellers, unless a stream says otherwise."""
        return Audience.SELLERS

    @property
    def asked_as(self) -> str:
        """What streams have in common that need not be requested twice."""
        return self.operation

    @property
    def asked_operations(self) -> tuple[str, ...]:
        """The calls of `ask`."""
        restricted = PAGED[self.operation].restricted_path
        return (self.operation, "createRestrictedDataToken") if restricted else (self.operation,)

    def ask(self) -> None:
        """Make one call as a sync makes it; only whether it is answered matters.

        Raises:
            AmazonError: Amazon refuses it.
            UnavailableError: Amazon does not answer.
        """
        until = self.account.now().replace(microsecond=0) - self.delay
        question = self.first_question(until - ASKED_SPAN, until)
        next(self.account.client.pages(self.operation, question, lambda *_: None), None)

    def first_question(self, start: datetime, end: datetime) -> dict[str, Any]:
        """The parameters of the first call for a window."""
        place = None if self.of_account else self.account.marketplaces[0]
        return {**self.parameters(place), **self.window(start, end)}

    # What a sync reads

    @override
    def records_of(self, marketplace: Marketplace | None) -> Iterator[Record]:
        """The records of all windows; the bookmark moves after each."""
        self._tell_what_is_not_asked_for(marketplace)
        bookmark = self.bookmark_of(marketplace)
        emitted = Emitted(self.primary_keys, self.change_dates)
        yield from self.records_before_windows(marketplace)
        for start, end in self.windows(marketplace):
            yield from self._window_records(start, end, marketplace, emitted)
            if self.window_parameters:
                self.window_is_read(marketplace)
                if not (bookmark and end <= bookmark):
                    self.move_bookmark(marketplace, end)
        self.all_is_read(marketplace)

    def records_before_windows(self, marketplace: Marketplace | None) -> Iterable[Record]:  # noqa: ARG002
        """Records from before the windows that may have changed since they were emitted."""
        return ()

    def window_is_read(self, marketplace: Marketplace | None) -> None:
        """Note in the state what a window has shown, before the bookmark passes it."""

    def all_is_read(self, marketplace: Marketplace | None) -> None:
        """Judge what all windows have shown."""

    def begin_window(self) -> None:
        """Begin to number what shares its keys within a window."""

    def _window_records(
        self, start: datetime, end: datetime, marketplace: Marketplace | None, emitted: Emitted
    ) -> Iterator[Record]:
        """The records of one window, each key once; what cannot be a record is rejected alone."""
        emitted.begin_window()
        self.begin_window()
        for item in self.items(start, end, marketplace):
            yield from self.conforming(item, start, marketplace, emitted)
        if emitted.sharing:
            self.logger.warning(
                "%s: %d records for %s share their keys with others that have other contents; the last "
                "of each is kept.", self.operation, emitted.sharing, Window(start, end),
            )  # fmt: skip
        place = marketplace.id if marketplace else ALL_MARKETPLACES
        self.account.tally.note_passed_over(self.name, place, emitted.passed_over)

    def conforming(
        self, item: Record, start: datetime, marketplace: Marketplace | None, emitted: Emitted
    ) -> list[Record]:
        """The records of an item that are to be emitted, in the types of the schema.

        The one place where an item becomes records: one that cannot is rejected, with its id.
        """
        try:
            records = self._fitting(item, start, marketplace)
        except UnfitError as error:
            self.reject_item(RejectedItem(item, str(error)), marketplace, self.operation)
            return []
        found = [record for record in records if emitted.is_news(record)]
        for record in found:
            self._announce_new(record)
        return found

    def _fitting(
        self, item: Record, start: datetime, marketplace: Marketplace | None
    ) -> list[Record]:
        """The records of an item, in the types of the schema.

        Raises:
            UnfitError: It cannot become a record.
        """
        if all(value in NOTHING for value in item.values()):
            raise UnfitError("none of its members has a value")
        return [
            self._conform(self.in_window(record, start))
            for record in self.records_of_item(item, marketplace)
        ]

    @cached_property
    def _conform(self) -> Conformer:
        return Conformer(self.own_schema()["properties"], self.primary_keys)

    def items(
        self, start: datetime, end: datetime, marketplace: Marketplace | None
    ) -> Iterator[Record]:
        """The items of all pages of one window, read before the first is handed out.

        A target takes its time, and a page's token lives for 5 minutes in some operations.
        """
        answers = KeptAnswers(self.account.settings.spool_path)
        try:
            ask = partial(self.asked, marketplace=marketplace)
            for found in self.read_ahead(answers, start, end, ask):
                if (item := self.sound(found, marketplace)) is not None:
                    yield item
        finally:
            answers.close()

    def asked(
        self, start: datetime, end: datetime, marketplace: Marketplace | None
    ) -> Iterator[Found]:
        """What the pages of one window hold."""
        yield from self.pages({**self.parameters(marketplace), **self.window(start, end)})

    def pages(self, parameters: Mapping[str, Any]) -> Iterator[Found]:
        """What the pages of one question hold: items, and those that cannot be relied on."""
        wrong: list[Found] = []

        def reject(item: object, reason: str) -> None:
            wrong.append({"item": item, "wrong": reason})

        for page in self.account.client.pages(self.operation, parameters, reject):
            yield from ({"item": item} for item in page)
            yield from wrong
            wrong.clear()

    def sound(self, found: Found, marketplace: Marketplace | None) -> Record | None:
        """An item that can be relied on; None where it is rejected."""
        item = found["item"]
        if "wrong" in found:
            self.reject_item(RejectedItem(item, found["wrong"]), marketplace, self.operation)
            return None
        return cast("Record", item)

    def read_ahead(
        self,
        answers: KeptAnswers,
        start: datetime,
        end: datetime,
        ask: Callable[[datetime, datetime], Iterator[Found]],
        attempt: int = 1,
    ) -> Iterator[Found]:
        """What a window holds, once all of it has come.

        Where Amazon refuses a page's token, which it does once it is expired, the window starts again at
        once, as two shorter ones; a snapshot as a whole.

        Raises:
            SellingPartnerError: Amazon refuses or does not answer; what came before is handed out.
        """
        key = self.operation, start, end, attempt
        is_new = not answers.has(key)
        question = partial(ask, start, end)
        failure = answers.fetch(key, question)
        if not isinstance(failure, PageTokenError) or attempt >= MOST_ATTEMPTS:
            yield from answers.items(key, question)
            return
        if is_new:
            self.logger.warning("%s; starting again for %s.", failure, Window(start, end))
        for shorter in Window(start, end).halves() if start < end else (Window(start, end),):
            yield from self.read_ahead(answers, shorter.start, shorter.end, ask, attempt + 1)

    def window(self, start: datetime, end: datetime) -> dict[str, str]:
        """The parameters that request one window; none for a snapshot."""
        if not self.window_parameters:
            return {}
        return dict(
            zip(self.window_parameters, map(_text, (start - self.margin, end)), strict=True)
        )

    def in_window(self, record: Record, start: datetime) -> Record:  # noqa: ARG002
        """The record with what only the window says that it was found in."""
        return record

    def _announce_new(self, record: Record) -> None:
        new = record.keys() - self.schema["properties"].keys()
        if new:
            self.announce(dict.fromkeys(sorted(new), ANY_TYPE), self.operation)

    def windows(self, marketplace: Marketplace | None) -> Iterator[tuple[datetime, datetime]]:
        """Full seconds, oldest first; one window of no length for a snapshot."""
        now = self.account.now().replace(microsecond=0)
        if not self.window_parameters:
            yield now, now
            return
        yield from self.cut(self.due_from(marketplace, now), now)

    def due_from(self, marketplace: Marketplace | None, now: datetime) -> datetime:
        """Where a sync starts: where it is wanted from, or where Amazon's data begins."""
        wanted = self._wanted_from(marketplace) or midnight(now - DEFAULT_HISTORY)
        return max(wanted, now - self.retention)

    def overlap_of(self, marketplace: Marketplace | None) -> timedelta:  # noqa: ARG002
        """How far this sync reaches back behind the bookmark of a partition."""
        return self.overlap

    def _wanted_from(self, marketplace: Marketplace | None) -> datetime | None:
        """The start date, or the bookmark less the look-back; None where there is neither."""
        settings = self.account.settings
        start = settings.start_date
        if bookmark := self.bookmark_of(marketplace):
            due = bookmark - settings.lookback.get(self.name, self.overlap_of(marketplace))
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


def _text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")

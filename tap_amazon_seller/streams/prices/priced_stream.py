"""Streams that ask about each of the seller's listings, in batches, as far as Amazon's quota goes.

A round over all listings may take hours (0.033 calls a second for 20 ASINs). A sync waits for quota as
long as `limit_wait_minutes` says; what does not come within that is due, and the next sync continues
there. While one of these streams waits for its quota, others are read (see `turns`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter, defaultdict
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from amazon_selling_partner import LARGEST_BATCHES, AmazonError, BatchEntry
from tap_amazon_seller import roles
from tap_amazon_seller.account.tally import Due
from tap_amazon_seller.reports.rows.rejected import RejectedItem
from tap_amazon_seller.streams.kinds.amazon_stream import ANY_TYPE, CULPRITS, MOST_REFUSED, SCHEMAS
from tap_amazon_seller.streams.kinds.conform import Conformer, UnfitError
from tap_amazon_seller.streams.kinds.report_stream import ReportStream
from tap_amazon_seller.streams.prices.gathering import Gathering
from tap_amazon_seller.streams.prices.listings import Listing, listings_of
from tap_amazon_seller.streams.prices.rounds import Round, rank
from tap_amazon_seller.streams.products import LISTINGS, ProductsInventory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.requests.windows import ReportRequest
    from tap_amazon_seller.reports.rows.flat_file import FlatFile
    from tap_amazon_seller.reports.text.document import ReportDocument

ROUND = "round"
"""The key in the state of a partition."""
MOST_NAMED = 5


class PricedStream(ReportStream):
    """A stream of an operation that takes many items at once."""

    definition = LISTINGS
    calls_api = True
    required_columns = ("seller_sku", "asin1")
    selected_by_default = False
    role = roles.PRICING
    source = "Product Pricing 2022-05-01"
    operation: ClassVar[str]
    due_in = "call"
    id_name: ClassVar[str]
    """What identifies an item in the answers: `asin` or `sku`."""

    @abstractmethod
    def questions(self, listings: Sequence[Listing], marketplace: Marketplace) -> dict[str, Any]:
        """What is asked, by the id of the item."""

    @abstractmethod
    def entries(self, batch: Mapping[str, Any], marketplace: Marketplace) -> list[BatchEntry]:
        """Amazon's answer to some questions.

        Raises:
            AmazonError: Amazon refuses all of them.
            UnavailableError: Amazon does not answer.
        """

    @abstractmethod
    def record_of(self, entry: BatchEntry, question: Any, marketplace: Marketplace) -> Record:
        """The record of an answer, without what all streams of this kind have.

        Raises:
            UnfitError: The answer cannot become one.
        """

    @property
    def asked_operation(self) -> str:
        """The operation that answers for the seller's listings."""
        return self.operation

    def operation_of(self, id_: str) -> str:  # noqa: ARG002 - streams with two operations go by it
        """The operation that answers for the item with an id; items of one share a batch."""
        return self.asked_operation

    # What `--test` asks

    def ask(self) -> None:
        """Make one call as a sync makes it; that Amazon does not know the item is an answer, too.

        Raises:
            AmazonError: Amazon refuses it.
            UnavailableError: Amazon does not answer.
        """
        place = self.account.marketplaces[0]
        anything = Listing("-", "B000000000", price=None, is_amazon_fulfilled=False)
        try:
            self.entries(self.question_about(anything), place)
        except AmazonError as error:
            if error.status not in CULPRITS:
                raise

    def question_about(self, listing: Listing) -> dict[str, Any]:
        """The question about one listing, by the id of the item, whatever it lacks."""
        return {getattr(listing, self.id_name): listing}

    # The listings

    @property
    @override
    def columns(self) -> dict[str, object]:
        """The listing report's known columns."""
        return dict(SCHEMAS.get_schema(ProductsInventory.name)["properties"])

    @override
    def file_batches(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Any]:
        """The rows as they are; they are only asked about."""
        return flat_file.batches()

    @override
    def flat_records(self, document: ReportDocument, request: ReportRequest) -> Iterator[Record]:
        """None: the round over the listings begins."""
        place = request.marketplace
        found = [
            each
            for rows in super().flat_records(document, request)
            for each in listings_of(rows)
            if each.is_wanted(self.account.settings.price_items)
        ]
        self._questions[place.id] = questions = self.questions(found, place)
        state = self.partition_state(place).get(ROUND)
        self._rounds[place.id] = Round(questions, state, self.account.now())
        yield from ()

    @cached_property
    def _questions(self) -> dict[str, dict[str, Any]]:
        return {}

    @cached_property
    def _rounds(self) -> dict[str, Round]:
        return {}

    # Turns

    @property
    @override
    def all_partitions(self) -> list[dict[str, Any]]:
        """One partition per marketplace: first what an earlier sync has left, then the oldest round."""
        ranks = {
            partition["context"]["marketplace_id"]: rank(partition.get(ROUND))
            for partition in self.stream_state.get("partitions", [])
        }
        return sorted(
            super().all_partitions, key=lambda each: ranks.get(each["marketplace_id"], "")
        )

    @property
    @override
    def partitions(self) -> list[dict[str, Any]] | None:
        """Those partitions, or those whose turn it is."""
        return self.all_partitions if self.turn is None else self.turn

    @property
    @override
    def is_slow(self) -> bool:
        """Whether all listings are known, so that it waits for nothing but the operation's quota."""
        return not any(super(PricedStream, self).has_next(place) for place in self._places)

    @property
    def _places(self) -> Sequence[Marketplace]:
        return self.account.marketplaces

    @override
    def has_next(self, marketplace: Marketplace) -> bool:
        """Whether its listings are yet to be read, or, once all are, the round continues."""
        if not self.is_slow:
            return super().has_next(marketplace)
        return marketplace.id in self._rounds and self._rounds[marketplace.id].goes_on

    @override
    def seconds_until_ready(self) -> float:
        """How long until the operation may be called without waiting that its next batch needs."""
        found = (self._rounds.get(each["marketplace_id"]) for each in self.all_partitions)
        waiting = next((each.waiting for each in found if each and each.goes_on), ())
        operation = self.operation_of(waiting[0]) if waiting else self.asked_operation
        return self.account.client.seconds_until_ready(operation)

    @override
    def marketplace_records(self, marketplace: Marketplace) -> Iterator[Record]:
        """The records of one batch where the stream takes turns; else those of the round."""
        if super().has_next(marketplace):
            yield from super().marketplace_records(marketplace)
            if self.takes_turns:
                return
        found = self._rounds.get(marketplace.id)
        try:
            while found and found.goes_on:
                if self._is_due_later(found, marketplace):
                    found.stop()
                    break
                yield from self._passed_on(found, marketplace)
                if self.takes_turns and found.goes_on:
                    return
        except BaseException as error:
            if found:
                found.stop()
            if isinstance(error, Exception):
                yield from self._released(marketplace)
            raise
        yield from self._released(marketplace)
        if found:
            self._tell_given_up(found, marketplace)

    def _is_due_later(self, found: Round, marketplace: Marketplace) -> bool:
        """Whether the rest of a round is left for the next sync, because the quota is used up."""
        settings, now = self.account.settings, self.account.now()
        patience = timedelta(0) if settings.leaves_reports else settings.limit_wait
        deadline = self.account.once((PricedStream, "deadline"), lambda: now + patience)
        client, waiting = self.account.client, found.waiting
        operation = self.operation_of(waiting[0])
        wait = client.seconds_until_ready(operation)
        is_free = not wait and not self._has_called
        if is_free or now + timedelta(seconds=wait) <= deadline:
            self._has_called = True
            return False
        items = Counter(map(self.operation_of, waiting))
        calls = {name: -(-count // LARGEST_BATCHES[name]) for name, count in items.items()}
        last = max(client.seconds_until_ready(name, count) for name, count in calls.items())
        first_at, last_at = (now + timedelta(seconds=each) for each in (wait, last))
        due = Due(sum(calls.values()), first_at, last_at)
        self.account.tally.note_due_calls(self.name, marketplace.id, operation, due)
        return True

    _has_called = False

    # What has been read and not been passed on

    def _passed_on(self, found: Round, marketplace: Marketplace) -> Iterator[Record]:
        """The records of the next batch; where they go into files, those of some minutes together."""
        gathering = self._gatherings[marketplace.id]
        goes_into_files = bool(self.config.get("batch_config"))
        for record in self._batch(found, marketplace):
            if goes_into_files:
                gathering.add(record, self.account.now())
            else:
                yield record
        is_to_go = not goes_into_files or gathering.is_enough(self.account.now())
        if is_to_go or not found.goes_on:
            yield from self._released(marketplace)

    def _released(self, marketplace: Marketplace) -> Iterator[Record]:
        """What is gathered; where the round stands is kept once that is handed over."""
        yield from self._gatherings[marketplace.id].take()
        if state := self._standing.pop(marketplace.id, None):
            self.once_handed_over(marketplace, partial(self._keep, state, marketplace))

    @cached_property
    def _gatherings(self) -> defaultdict[str, Gathering]:
        return defaultdict(Gathering)

    @cached_property
    def _standing(self) -> dict[str, Mapping[str, Any]]:
        """Where rounds stand with what is gathered."""
        return {}

    # A batch

    def _batch(self, found: Round, marketplace: Marketplace) -> Iterator[Record]:
        """The records of the next batch, after which the round stands elsewhere.

        Not while Amazon refuses one item after the other: if it is not about them, the next sync
        requests them again.
        """
        questions = self._questions[marketplace.id]
        operation = self.operation_of(found.waiting[0])
        ids = found.batch(LARGEST_BATCHES[operation], self.operation_of)
        batch = {each: questions[each] for each in ids}
        unanswered = dict.fromkeys(batch)
        for entry in self._answers(batch, marketplace):
            if entry.id not in batch:
                self.account.tally.note_passed_over(self.name, marketplace.id)
                continue
            if entry.may_pass:
                continue
            unanswered.pop(entry.id, None)
            yield from self._records(entry, batch[entry.id], operation, marketplace)
        found.settle(batch, unanswered)
        if found.left and self._refused_in_a_row >= len(batch):
            return
        self._standing[marketplace.id] = found.to_state(self.account.now())

    def _keep(self, state: Mapping[str, Any], marketplace: Marketplace) -> None:
        self.partition_state(marketplace)[ROUND] = dict(state)

    def _answers(self, batch: Mapping[str, Any], marketplace: Marketplace) -> Iterator[BatchEntry]:
        """What Amazon says of each item; a batch that it refuses is halved down to the culprit.

        Raises:
            AmazonError: Amazon refuses one item after the other, so that it is not about them.
        """
        waiting = [batch]
        while waiting:
            part = waiting.pop()
            try:
                yield from self.entries(part, marketplace)
                self._refused_in_a_row = 0
            except AmazonError as error:
                if error.status not in CULPRITS:
                    raise
                ids = list(part)
                if len(ids) > 1:
                    middle = len(ids) // 2
                    halves = ids[middle:], ids[:middle]
                    waiting += [{each: part[each] for each in half} for half in halves]
                    continue
                self._refused_in_a_row += 1
                if self._refused_in_a_row > MOST_REFUSED:
                    raise
                yield BatchEntry(ids[0], error.status, {}, f"{error.code}: {error.message}")

    _refused_in_a_row = 0

    def _records(
        self, entry: BatchEntry, question: Any, operation: str, marketplace: Marketplace
    ) -> Iterator[Record]:
        """The record of an entry; one that is none is rejected alone."""
        try:
            record = self._record(entry, question, marketplace)
        except UnfitError as error:
            item = RejectedItem(
                {self.id_name: self.shown_id(question), **entry.content}, str(error)
            )
            self.reject_item(item, marketplace, operation)
            return
        new = record.keys() - self.schema["properties"].keys()
        if new:
            self.announce(dict.fromkeys(sorted(new), ANY_TYPE), operation)
        yield record

    def _record(self, entry: BatchEntry, question: Any, marketplace: Marketplace) -> Record:
        """The record of an entry, in the types of the schema.

        Raises:
            UnfitError: Amazon refuses the item, or says what cannot become a record.
        """
        if not entry.is_answer:
            raise UnfitError(f"Amazon refuses it: {entry.status}, {entry.reason}")
        return self._conform_to_schema(
            {
                **self.record_of(entry, question, marketplace),
                "marketplace_id": marketplace.id,
                "synced_at": self.account.now().replace(microsecond=0).isoformat(),
            }
        )

    @abstractmethod
    def shown_id(self, question: Any) -> str:
        """What identifies an item for a person."""

    @cached_property
    def _conform_to_schema(self) -> Conformer:
        return Conformer(self.own_schema()["properties"], self.primary_keys)

    def _tell_given_up(self, found: Round, marketplace: Marketplace) -> None:
        if not found.given_up:
            return
        questions = self._questions[marketplace.id]
        names = ", ".join(self.shown_id(questions[each]) for each in found.given_up[:MOST_NAMED])
        self.leave_out(
            marketplace,
            f"{self.asked_operation} has given no answer for {len(found.given_up)} items, however often "
            f"it was called: {names}{', ...' if len(found.given_up) > MOST_NAMED else ''}",
        )

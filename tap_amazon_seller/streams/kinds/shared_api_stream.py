"""Streams of an operation whose calls serve several marketplaces and streams at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_amazon_seller.reports.requests.windows import Window
from tap_amazon_seller.streams.kinds.api_stream import ApiStream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.streams.kinds.api_stream import Found


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
        for found in self.read_ahead(self.account.kept, start, end, self._asked):
            if self._place_of(found) is marketplace:
                item = self.sound(found, marketplace)
                if item is not None:
                    yield item

    @override
    def first_question(self, start: datetime, end: datetime) -> dict[str, Any]:
        """The parameters of the first call for a window."""
        return next(self.calls(start, end))

    def calls(self, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
        """The parameters of the calls that together bring a window for all marketplaces."""
        raise NotImplementedError

    def place_of(self, item: Record) -> Marketplace | None:
        """The marketplace whose partition has an item."""
        raise NotImplementedError

    def kept(self, item: Record) -> Record:
        """What is kept of an item for all streams of the operation."""
        return item

    def _place_of(self, found: Found) -> Marketplace | None:
        """The marketplace of an item; the first one, of an item that cannot be relied on."""
        return self.account.marketplaces[0] if "wrong" in found else self.place_of(found["item"])

    def _asked(self, start: datetime, end: datetime) -> Iterator[Found]:
        nowhere = 0
        for found in self.found(start, end):
            place = self._place_of(found)
            nowhere += place not in self.account.marketplaces
            yield found if "wrong" in found else {**found, "item": self.kept(found["item"])}
        if nowhere:
            self.account.tally.note_passed_over(self.name, self.account.marketplaces[0].id, nowhere)
            self.logger.warning(
                "%s: items for %s that name no marketplace that is synced are left out: %d.",
                self.operation, Window(start, end), nowhere,
            )  # fmt: skip

    def found(self, start: datetime, end: datetime) -> Iterator[Found]:
        """What the calls of a window bring."""
        for parameters in self.calls(start, end):
            yield from self.pages(parameters)

    @property
    def together(self) -> list[SharedApiStream]:
        """The selected streams of the operation."""
        return [
            stream
            for stream in self._tap.streams.values()
            if isinstance(stream, SharedApiStream)
            and stream.operation == self.operation
            and stream.selected
        ] or [self]

    @property
    @override
    def readers(self) -> list[str]:
        """The selected streams of the operation."""
        return [stream.name for stream in self.together]

    def _shared_windows(self) -> list[tuple[datetime, datetime]]:
        now = self.account.now().replace(microsecond=0)
        due = [
            stream.due_from(marketplace, now)
            for stream in self.together
            for marketplace in self.account.marketplaces
        ]
        return list(self.cut(min(due), now))

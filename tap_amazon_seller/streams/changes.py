"""Changes as Amazon reports them, from a queue: of orders, of FBA stock, of listings.

Amazon delivers at least once and in any order. Each stream keeps the newest record of a key by the time
of its event, whatever the order in which they come; an older one that comes late is dropped.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from typing_extensions import override

from tap_amazon_seller.notifications import records
from tap_amazon_seller.notifications.envelope import UnreadableError, digest
from tap_amazon_seller.notifications.sqs import QueueError
from tap_amazon_seller.notifications.types import (
    INVENTORY_CHANGE,
    LISTING_ISSUES,
    LISTING_STATUS,
    ORDER_CHANGE,
)
from tap_amazon_seller.reports.definitions import Audience
from tap_amazon_seller.streams.kinds.amazon_stream import ALL_MARKETPLACES, ANY_TYPE, AmazonStream
from tap_amazon_seller.streams.kinds.conform import Conformer, UnfitError
from tap_amazon_seller.streams.order_lines import OrderLines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.notifications.envelope import Notification
    from tap_amazon_seller.notifications.inbox import Inbox, Received
    from tap_amazon_seller.notifications.types import NotificationType


class _Newest(NamedTuple):
    """The newest record of a key, and what orders it among others."""

    rank: tuple[datetime, datetime]
    record: Record

    @property
    def milliseconds(self) -> int:
        """The event's time, since 1970."""
        return round(self.rank[0].timestamp() * 1000)


class ChangeStream(AmazonStream):
    """A stream of notifications, without partitions: a message may be about several marketplaces.

    Attributes:
        types: The types of notifications that it reads.
    """

    selected_by_default = False
    replication_key = "event_time"
    unproven = (
        "; the queue can be read, and whether Amazon sends to it, 'tap-amazon-seller notifications "
        "status' shows"
    )
    types: ClassVar[tuple[NotificationType, ...]]

    @abstractmethod
    def records_of_notification(self, one: Notification) -> Iterable[Record]:
        """The records that a notification makes.

        Raises:
            UnreadableError: It makes none.
        """

    @property
    @override
    def partitions(self) -> list[dict[str, Any]] | None:
        """None: what comes from the queue is of all marketplaces."""
        return None

    @property
    @override
    def keeps_bookmarks_by_marketplace(self) -> bool:
        """One for the stream: the time of the newest event."""
        return False

    @property
    @override
    def audience(self) -> Audience:
        """Sellers: vendors have no such notifications."""
        return Audience.SELLERS

    @override
    def records_of(self, marketplace: Marketplace | None) -> Iterator[Record]:
        """The newest record of each key that has come, and not before."""
        inbox = self.account.inbox
        if inbox is None:
            self.logger.warning(
                "Stream %s comes from notifications, so it yields nothing unless 'enable_notifications' "
                "is set.", self.name,
            )  # fmt: skip
            return
        try:
            self.account.once(("notifications", "drained"), inbox.drain)
        except QueueError as error:
            self.leave_out(None, str(error))
            return
        if taken := inbox.take(self.name):
            yield from self._records_of(taken, inbox)

    def _records_of(self, taken: Sequence[Received], inbox: Inbox) -> Iterator[Record]:
        """The records of notifications; once they are handed over, the state has that they were."""
        ids: list[str] = []
        newest: dict[str, _Newest] = {}
        passed_over = 0
        for received in taken:
            try:
                found = self._fitting(received.notification)
            except (UnreadableError, UnfitError) as error:
                inbox.bury(received, str(error))
                continue
            ids.append(received.notification.id)
            for record in found:
                one = _Newest(received.notification.age_rank, record)
                passed_over += not self._keep_newest(one, newest, inbox)
        for record in self.completed([one.record for one in newest.values()]):
            self._announce_new(record)
            yield record
        self.account.tally.note_passed_over(self.name, ALL_MARKETPLACES, passed_over)
        times = {key: one.milliseconds for key, one in newest.items()}
        latest = max((one.rank[0] for one in newest.values()), default=None)
        self.once_handed_over(None, partial(self._store, inbox, ids, times, latest))

    def completed(self, found: Sequence[Record]) -> Iterable[Record]:
        """The records with what notifications lack."""
        return found

    def _keep_newest(self, one: _Newest, newest: dict[str, _Newest], inbox: Inbox) -> bool:
        """Take a record among the newest; whether no other had to give way, or it itself."""
        place = one.record["marketplace_id"]
        if place not in self._places:
            return False
        key = digest("\n".join(str(one.record[name]) for name in self.primary_keys))
        before = newest.get(key)
        stored = inbox.newest(self.name, key)
        if (before and one.rank < before.rank) or (stored and one.milliseconds < stored):
            return False
        newest[key] = one
        return before is None

    @cached_property
    def _places(self) -> frozenset[str]:
        return frozenset([records.ALL, *(place.id for place in self.account.marketplaces)])

    def _fitting(self, one: Notification) -> list[Record]:
        """The records of a notification, in the types of the schema.

        Raises:
            UnreadableError: It makes none.
            UnfitError: One does not fit.
        """
        return [self._conform(dict(record)) for record in self.records_of_notification(one)]

    @cached_property
    def _conform(self) -> Conformer:
        return Conformer(self.own_schema()["properties"], self.primary_keys)

    def _announce_new(self, record: Record) -> None:
        new = record.keys() - self.schema["properties"].keys()
        if new:
            self.announce(dict.fromkeys(sorted(new), ANY_TYPE), record["notification_type"])

    def _store(
        self, inbox: Inbox, ids: Sequence[str], times: Mapping[str, int], latest: datetime | None
    ) -> None:
        inbox.stored(self.name, ids, times)
        self.account.keep_notifications()
        before = self.bookmark_of(None)
        if latest and not (before and latest <= before):
            self.put_bookmark(None, latest)


class OrderChanges(ChangeStream):
    """Each order as it was after its last change, within a minute of it."""

    name = "order_changes"
    primary_keys = ("marketplace_id", "amazon_order_id", "order_item_id")
    role = ORDER_CHANGE.role
    source = "Notifications v1 `ORDER_CHANGE`"
    types = (ORDER_CHANGE,)

    @override
    def records_of_notification(self, one: Notification) -> Iterable[Record]:
        """The order, or one line of it."""
        return records.of_order(one, include_pii=self.account.settings.include_pii)

    @override
    def completed(self, found: Sequence[Record]) -> Iterator[Record]:
        """The orders with their lines, as far as the quota has them at once; the others without."""
        lines = OrderLines(self.account.client, self.account.clock)
        for record in found:
            try:
                yield self._conform({**record, "lines": lines.of(record["amazon_order_id"])})
            except UnfitError:
                lines.lacking += 1
                yield record
        if lines.refusal:
            self.leave_out(None, f"orders come without their lines: {lines.refusal}")
        elif lines.lacking:
            self.logger.info(
                "order_changes: %d orders come without their lines, for want of quota or an answer; "
                "reports have them later.", lines.lacking,
            )  # fmt: skip


class InventoryChanges(ChangeStream):
    """What each marketplace can sell of an FBA SKU after a change of its stock."""

    name = "inventory_changes"
    primary_keys = ("marketplace_id", "sku", "fnsku")
    role = INVENTORY_CHANGE.role
    source = "Notifications v1 `FBA_INVENTORY_AVAILABILITY_CHANGES`"
    types = (INVENTORY_CHANGE,)

    @override
    def records_of_notification(self, one: Notification) -> Iterable[Record]:
        """One for each marketplace."""
        return records.of_inventory(one)


class ListingChanges(ChangeStream):
    """Status and issues of each listing after a change of them."""

    name = "listing_changes"
    primary_keys = ("marketplace_id", "sku", "change")
    role = LISTING_STATUS.role
    source = "Notifications v1 `LISTINGS_ITEM_STATUS_CHANGE`, `LISTINGS_ITEM_ISSUES_CHANGE`"
    types = (LISTING_STATUS, LISTING_ISSUES)

    @override
    def records_of_notification(self, one: Notification) -> Iterable[Record]:
        """One, of the status or of the issues."""
        return records.of_listing(one)


CLASSES = (InventoryChanges, ListingChanges, OrderChanges)

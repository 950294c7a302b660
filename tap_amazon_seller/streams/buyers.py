"""Who bought, and where it is sent: buyers' data, which only `include_pii` lets pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeGuard

from typing_extensions import override

from amazon_selling_partner import marketplaces
from tap_amazon_seller import roles
from tap_amazon_seller.instants import TWO_YEARS, parse_instant
from tap_amazon_seller.reports.text.headers import snake_case
from tap_amazon_seller.streams.kinds.api_stream import ASKED_SPAN
from tap_amazon_seller.streams.kinds.shared_api_stream import SharedApiStream
from tap_amazon_seller.streams.orders_access import (
    NoneHadIt,
    OrdersAccess,
    RefusedOrdersError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner import PermissionDeniedError
    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.streams.kinds.api_stream import Found
    from tap_amazon_seller.streams.orders_access import Question

KEPT = ("orderId", "lastUpdatedTime", "createdTime", "salesChannel", "buyer", "recipient")
ADDRESS = ("deliveryAddress", "deliveryPreference")
DATASETS = "datasets"
"""In what is kept of an order: the data sets that were requested with it."""
LOOK_BACK_EVERY = timedelta(hours=24)
LOOKED_BACK, WITHOUT_DATA = "looked_back", "without_data"
"""In the state of a partition: when a sync last read the complete look-back, and since when no order has
had what the stream is about (see `NoneHadIt`)."""


class BuyersStream(SharedApiStream):
    """A stream of the orders of Orders 2026-01-01, which need no restricted data token."""

    primary_keys = ("marketplace_id", "amazon_order_id")
    replication_key = "last_updated_date"
    selected_by_default = False
    is_personal = True
    role = roles.PERSONAL
    source = "Orders 2026-01-01"
    operation = "searchOrders"
    change_dates = ("last_updated_date",)
    window_parameters = ("lastUpdatedAfter", "lastUpdatedBefore")
    # One page of 100 orders in three minutes, after 20 at once: two years are 52 windows at least, and
    # what has to be requested again after a crash is little.
    max_window = timedelta(days=14)
    overlap = timedelta(days=5)  # once a day; other syncs of the day reach back an hour
    shortest_overlap: ClassVar[timedelta] = timedelta(hours=1)
    retention = TWO_YEARS
    delay = timedelta(minutes=5)  # Amazon requires two, by its own clock
    unproven = "; whether buyers' data come with orders, Amazon does not say beforehand"
    dataset: ClassVar[str]
    """The data set that the stream is about."""
    member: ClassVar[str]
    """The member of an order that holds it."""
    _first: datetime | None = None
    _orders = _with_data = 0
    _is_whole = True

    @override
    def overlap_of(self, marketplace: Marketplace | None) -> timedelta:
        """The complete look-back where a day has passed since the last time, as calls are scarce."""
        value = self.partition_state(marketplace).get(LOOKED_BACK)
        last = parse_instant(value) if isinstance(value, str) else None
        is_recent = last is not None and self.account.now() - last < LOOK_BACK_EVERY
        return self.shortest_overlap if is_recent else self.overlap

    @property
    @override
    def asked_as(self) -> str:
        """One question for each data set: what of it is refused is requested again at once."""
        return f"{self.operation} {self.dataset}"

    @override
    def ask(self) -> None:
        """Request the data sets of all selected streams together, once.

        Raises:
            RefusedOrdersError: Amazon refuses this stream's in a marketplace.
            AmazonError: It refuses the call.
        """
        until = self.account.now().replace(microsecond=0) - self.delay
        self.account.once(
            (self.operation, "asked"), lambda: list(self.found(until - ASKED_SPAN, until))
        )
        for place in self.account.marketplaces:
            if refusal := self._access.refusal(place.id, self.dataset):
                raise refusal

    @override
    def records_of(self, marketplace: Marketplace | None) -> Iterator[Record]:
        """The records of all windows; refused where Amazon refuses the data set in this marketplace."""
        assert marketplace is not None  # noqa: S101 - the stream has partitions
        self._is_whole = self.overlap_of(marketplace) == self.overlap
        self._first = None
        self._orders = self._with_data = 0
        yield from super().records_of(marketplace)

    @override
    def items(
        self, start: datetime, end: datetime, marketplace: Marketplace | None
    ) -> Iterator[Record]:
        """The marketplace's orders of one window, of which the stream's data set was requested.

        Raises:
            PermissionDeniedError: Amazon refuses it in this marketplace.
            AmazonError: So.
        """
        assert marketplace is not None  # noqa: S101 - the stream has partitions
        self._first = self._first or start
        for item in super().items(start, end, marketplace):
            if self.dataset in item[DATASETS]:
                self._orders += 1
                self._with_data += self.has_data(item)
                yield item
        if refusal := self._access.refusal(marketplace.id, self.dataset):
            raise refusal

    @override
    def all_is_read(self, marketplace: Marketplace | None) -> None:
        """Note that the look-back has been read; judge orders that have no such data at all.

        Amazon leaves out what the application has no role for, without a word. The state has since when
        no order has had such data, so that the time since then is read once one has.
        """
        assert marketplace is not None  # noqa: S101 - the stream has partitions
        state = self.partition_state(marketplace)
        if self._is_whole:
            state[LOOKED_BACK] = self.account.now().isoformat()
        self.account.tally.note_passed_over(
            self.name, marketplace.id, self._orders - self._with_data
        )
        before = NoneHadIt.from_state(state.get(WITHOUT_DATA))
        found = before.after(self._orders, self._with_data, self._first)
        if found.since is None:
            state.pop(WITHOUT_DATA, None)
        else:
            state[WITHOUT_DATA] = found.to_state()
        if found.is_many:
            self.leave_out(
                marketplace,
                f"{found.orders} orders, none with a {self.member}: the application probably lacks the "
                f"role '{self.role}'; once it is granted, the time since "
                f"{found.since:%Y-%m-%d} is read",
            )
        elif before.is_many and before.since:
            self.leave_out(
                marketplace,
                f"orders have a {self.member} again; the next sync reads the time since "
                f"{before.since.isoformat()}",
            )
            self.move_bookmark(marketplace, before.since)

    @override
    def role_for(self, error: PermissionDeniedError) -> str:
        """The role that the data set needs, or orders do."""
        return error.role if isinstance(error, RefusedOrdersError) else self.role

    @property
    def _access(self) -> OrdersAccess:
        """Which marketplaces and data sets Amazon lets the application request together."""
        datasets = sorted({stream.dataset for stream in self.together if _is_of_buyers(stream)})
        places = [marketplace.id for marketplace in self.account.marketplaces]
        return self.account.once((self.operation, "access"), lambda: OrdersAccess(places, datasets))

    @override
    def found(self, start: datetime, end: datetime) -> Iterator[Found]:
        """What one call brings for all marketplaces and data sets; where it is refused, several."""
        window = self.window(start, end)
        for datasets, found in self._access.orders(partial(self._of_question, window)):
            yield {**found, DATASETS: datasets}

    def _of_question(self, window: Mapping[str, str], question: Question) -> Iterator[Found]:
        asked = {
            "marketplaceIds": ",".join(question.places),
            "maxResultsPerPage": 100,
            **window,
        }
        if question.datasets:
            asked["includedData"] = ",".join(question.datasets)
        return self.pages(asked)

    @override
    def place_of(self, item: Record) -> Marketplace | None:
        """Where the order was placed, or comes under (see `marketplaces.of_order`)."""
        channel = item["salesChannel"]
        return marketplaces.BY_ID.get(channel.get("marketplaceId") or "") or marketplaces.of_order(
            channel.get("marketplaceName") or "", self.account.marketplaces
        )

    @override
    def kept(self, item: Record) -> Record:
        """What both streams need of an order."""
        return {name: item[name] for name in KEPT if name in item}

    @override
    def sound(self, found: Found, marketplace: Marketplace | None) -> Record | None:
        """An order, with the data sets that were requested; None where it is rejected."""
        item = super().sound(found, marketplace)
        return None if item is None else {**item, DATASETS: found[DATASETS]}

    def has_data(self, item: Record) -> bool:
        """Whether an order has what the stream is about."""
        return bool(item.get(self.member))

    @override
    def records_of_item(self, item: Record, marketplace: Marketplace | None) -> Iterator[Record]:
        """The order's record, if it has such data."""
        found = self.of_order(item)
        if found is not None and marketplace is not None:
            yield {
                "marketplace_id": marketplace.id,
                "amazon_order_id": item["orderId"],
                "purchase_date": _in_utc(item["createdTime"]),
                "last_updated_date": _in_utc(item["lastUpdatedTime"]),
                **found,
            }

    def of_order(self, item: Record) -> Record | None:
        """The stream's own properties of an order; None where Amazon gives none."""
        raise NotImplementedError


class OrderBuyerInfo(BuyersStream):
    """Each order's buyer: name, anonymised e-mail address, company and purchase order number."""

    name = "order_buyer_info"
    dataset, member = "BUYER", "buyer"

    @override
    def of_order(self, item: Record) -> Record | None:
        """The buyer."""
        buyer = item.get("buyer")
        return {snake_case(name): value for name, value in buyer.items()} if buyer else None


class OrderAddress(BuyersStream):
    """Each order's delivery address and what the buyer prefers for the delivery."""

    name = "order_address"
    dataset, member = "RECIPIENT", "recipient"

    @override
    def of_order(self, item: Record) -> Record | None:
        """The address, its parts as properties."""
        recipient = item.get("recipient")
        if not recipient:
            return None
        address = recipient.get("deliveryAddress") or {}
        more = {name: value for name, value in recipient.items() if name not in ADDRESS}
        return {
            **{snake_case(name): value for name, value in address.items()},
            "delivery_preference": recipient.get("deliveryPreference"),
            **{snake_case(name): value for name, value in more.items()},
        }


def _is_of_buyers(stream: SharedApiStream) -> TypeGuard[BuyersStream]:
    return isinstance(stream, BuyersStream)


def _in_utc(text: str) -> str:
    """An instant of the API, which has milliseconds, as other streams write instants."""
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="seconds")

"""What the streams of Replenishment 2022-11-07 share: where it is, and its days.

Metrics are of complete days. As the hosted tap does, a sync requests none of the last two days, which
Amazon has not counted yet, and none of more than two years ago, which Amazon no longer has.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
from typing_extensions import override

from amazon_selling_partner import AmazonError
from tap_amazon_seller import roles
from tap_amazon_seller.instants import DAY, midnight, parse_instant
from tap_amazon_seller.reports.definitions import Audience
from tap_amazon_seller.streams.kinds.api_stream import ApiStream
from tap_amazon_seller.streams.kinds.conform import UnfitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace

LAG = timedelta(days=2)
"""How long Amazon counts, as the hosted tap has it: its newest day is the one before yesterday."""
SETTLING = timedelta(days=7)
"""How late Amazon may be with a day, or change it: so much is requested again, once a day."""
FOR_ALL = frozenset({"US", "CA", "ES", "GB", "FR", "IT", "IN", "DE", "JP"})
FOR_VENDORS = frozenset({"BR", "AU", "MX", "AE", "NL"})
"""Where the API is: Amazon's model of it, under `MarketplaceId`."""
PROGRAM = ("SUBSCRIBE_AND_SAVE",)


class SubscriptionsStream(ApiStream):
    """A stream of Subscribe & Save, which is not everywhere."""

    role = roles.BRAND_ANALYTICS
    source = "Replenishment 2022-11-07"
    selected_by_default = False
    delay = LAG
    overlap = SETTLING
    retention = timedelta(days=729)  # "the trailing 2 years", to the day

    @property
    @override
    def audience(self) -> Audience:
        """Sellers and vendors."""
        return Audience.ALL

    @override
    def first_question(self, start: datetime, end: datetime) -> dict[str, Any]:
        """A question about a marketplace in which the program is."""
        return {**self.parameters(self.first_place), **self.window(start, end)}

    @property
    def first_place(self) -> Marketplace:
        """The first marketplace in which the program is; any other where there is none."""
        there = [each for each in self.account.marketplaces if each.country in FOR_ALL]
        return (there or self.account.marketplaces)[0]

    @override
    def records_of(self, marketplace: Marketplace | None) -> Iterator[Record]:
        """The records of a marketplace; none where the program is not, or not for sellers."""
        assert marketplace is not None  # noqa: S101 - the stream has partitions
        if marketplace.country not in FOR_ALL | FOR_VENDORS:
            self.logger.info("%s does not exist for %s.", self.source, marketplace.country)
            return
        try:
            yield from super().records_of(marketplace)
        except AmazonError as error:
            if marketplace.country in FOR_ALL or error.status != httpx.codes.BAD_REQUEST:
                raise
            self.logger.warning(
                "%s; taken as nothing there: in %s, %s is for vendors.",
                error, marketplace.country, self.source,
            )  # fmt: skip

    @override
    def due_from(self, marketplace: Marketplace | None, now: datetime) -> datetime:
        """The start of the first day that is due; where no further day is complete, the bookmark."""
        bookmark = self.bookmark_of(marketplace)
        if bookmark and bookmark >= self._complete_until(now):
            return bookmark
        return midnight(super().due_from(marketplace, now))

    @override
    def cut(self, start: datetime, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The complete days from `start` on, in windows that Amazon allows; their ends are exclusive."""
        until = self._complete_until(now)
        while start < until:
            end = min(start + self.max_window, until)
            yield start, end
            start = end

    def _complete_until(self, now: datetime) -> datetime:
        """The end of the newest day that Amazon has counted and that is wanted."""
        newest = midnight(now - self.delay) + DAY
        end = self.account.settings.end_date
        return min(midnight(end), newest) if end else newest


def interval(first: datetime, until: datetime) -> dict[str, str]:
    """A timeInterval as a request has it: from the start of its first day to that of its last one.

    Args:
        first: The start of the first day.
        until: The end of the last day, or an instant in it.
    """
    last = midnight(until - timedelta(seconds=1))
    return {"startDate": _text(midnight(first)), "endDate": _text(max(last, midnight(first)))}


def day_of(item: Mapping[str, Any]) -> str:
    """The day that metrics are of, as the hosted tap has it: its midnight.

    Raises:
        UnfitError: Amazon gives no interval, or one that is not a day.
    """
    start, end = bounds_of(item)
    if start.date() != end.date():
        raise UnfitError("its timeInterval is not one day")
    return _text(midnight(end))


def bounds_of(item: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """The instants of an item's timeInterval.

    Raises:
        UnfitError: Amazon gives none.
    """
    found = item.get("timeInterval") or {}
    start, end = (parse_instant(str(found.get(name) or "")) for name in ("startDate", "endDate"))
    if start is None or end is None:
        raise UnfitError("its timeInterval has no startDate or endDate that is an instant")
    return start, end


def _text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")

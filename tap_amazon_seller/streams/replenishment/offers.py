"""Metrics of each offer in Subscribe & Save: of a day, and of the next 30, 60 and 90 days."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
from typing_extensions import override

from amazon_selling_partner import AmazonError
from tap_amazon_seller.instants import DAY, midnight
from tap_amazon_seller.reports.definitions import Audience
from tap_amazon_seller.reports.rows.cells import EMPTY_KEY
from tap_amazon_seller.streams.replenishment.complete import Listing, Shown
from tap_amazon_seller.streams.replenishment.subscriptions import (
    PROGRAM,
    SubscriptionsStream,
    bounds_of,
    day_of,
    interval,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner import SellingPartnerClient
    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.streams.kinds.api_stream import Found

OFFERS = "listOffers"
METRICS_PAGE, OFFERS_PAGE = 500, 100
"""`maximum` of `limit` in Amazon's model."""
CHANNELS = ("AMAZON", "MERCHANT")
ELIGIBILITIES = ("ELIGIBLE", "INELIGIBLE", "SUSPENDED", "REPLENISHMENT_ONLY_ORDERING")
OF_DAYS = ("SHIPPED_SUBSCRIPTION_UNITS", "TOTAL_SUBSCRIPTIONS_REVENUE", "ACTIVE_SUBSCRIPTIONS")
OF_FORECASTS = tuple(
    f"NEXT_{days}DAYS_{metric}"
    for days in (90, 60, 30)
    for metric in ("TOTAL_SUBSCRIPTIONS_REVENUE", "SHIPPED_SUBSCRIPTION_UNITS")
)
OF_OFFERS = ("ASIN", "PRICE", "INVENTORY", "SUBSCRIPTION_COUNT")
"""What Amazon can sort by."""
AHEAD = timedelta(days=7)
"""The days that a forecast is requested for, from tomorrow on, as the hosted tap has it."""


@dataclass(frozen=True, slots=True)
class _Pages:
    """Requests the pages of a list of offers.

    Attributes:
        client: The calls of the account.
        operation: Amazon's operationId.
        size: How many offers a page has.
        common: The filters of all questions.
    """

    client: SellingPartnerClient
    operation: str
    size: int
    common: Mapping[str, Any]

    def __call__(self, filters: Mapping[str, Any], sort: Mapping[str, str], offset: int) -> Shown:
        """A page; none where Amazon refuses a filter, which is then of no use."""
        wrong: list[Found] = []

        def reject(item: object, reason: str) -> None:
            wrong.append({"item": item, "wrong": reason})

        question = {
            "filters": {**self.common, **filters},
            "pagination": {"limit": self.size, "offset": offset},
            "sort": dict(sort),
        }
        try:
            page = self.client.counted_page(self.operation, question, reject)
        except AmazonError as error:
            if not filters or error.status != httpx.codes.BAD_REQUEST:
                raise
            return Shown((), 0)
        return Shown([*({"item": item} for item in page.items), *wrong], page.total)


class OffersStream(SubscriptionsStream):
    """A stream of listOfferMetrics, which is complete however many offers there are."""

    operation = "listOfferMetrics"
    cost = "1 call for 500 offers of a marketplace"
    period: ClassVar[str]
    sorts: ClassVar[tuple[str, ...]]

    @override
    def parameters(self, marketplace: Marketplace | None) -> dict[str, Any]:
        """The first page."""
        return {"pagination": {"limit": METRICS_PAGE, "offset": 0}, "filters": {}}

    @override
    def first_question(self, start: datetime, end: datetime) -> dict[str, Any]:
        """The first page of a marketplace in which the program is."""
        place = self.first_place
        return {**self.parameters(place), "filters": self.filters(start, end, place)}

    def filters(self, start: datetime, end: datetime, marketplace: Marketplace) -> dict[str, Any]:
        """What all questions of a window have in common."""
        return {
            "marketplaceId": marketplace.id,
            "programTypes": list(PROGRAM),
            "timePeriodType": self.period,
            "timeInterval": interval(start, end),
        }

    @override
    def window(self, start: datetime, end: datetime) -> dict[str, Any]:
        """Nothing: the filters have it."""
        return {}

    @override
    def asked(
        self, start: datetime, end: datetime, marketplace: Marketplace | None
    ) -> Iterator[Found]:
        """Each offer of a window once; says how many Amazon does not show."""
        assert marketplace is not None  # noqa: S101 - the stream has partitions
        common = self.filters(start, end, marketplace)
        listing = Listing(
            _Pages(self.account.client, self.operation, METRICS_PAGE, common),
            METRICS_PAGE,
            _key,
            _sorts(self.sorts),
        )
        seen: list[Record] = []
        found = listing.every(parts=lambda: _parts(seen), asins=partial(self._asins, marketplace))
        for each in found:
            if len(seen) < METRICS_PAGE and isinstance(each["item"], dict):
                seen.append(each["item"])
            yield each
        if listing.missing:
            self.leave_out(
                marketplace,
                f"{self.operation} counts {listing.total} offers for {common['timeInterval']} and "
                f"shows {len(listing.known)}",
            )

    def _asins(self, marketplace: Marketplace) -> Iterable[str]:
        """The ASINs of all offers of a marketplace, requested once a sync."""
        return self.account.once(
            (OFFERS, marketplace.id), partial(self._requested_asins, marketplace)
        )

    def _requested_asins(self, marketplace: Marketplace) -> list[str]:
        common = {"marketplaceId": marketplace.id, "programTypes": list(PROGRAM)}
        listing = Listing(
            _Pages(self.account.client, OFFERS, OFFERS_PAGE, common),
            OFFERS_PAGE,
            _key,
            _sorts(OF_OFFERS),
        )
        parts = [{"eligibilities": [each]} for each in ELIGIBILITIES]
        found = listing.every(parts=lambda: parts)
        return [str(each["item"]["asin"]) for each in found if "wrong" not in each]

    @override
    def records_of_item(self, item: Record, marketplace: Marketplace | None) -> Iterator[Record]:
        """The offer, with a word where a vendor's has no SKU and no channel, which are keys."""
        for record in super().records_of_item(item, marketplace):
            for name in ("sku", "fulfillment_channel_type"):
                record[name] = record.get(name) or EMPTY_KEY
            yield record


class OfferMetrics(OffersStream):
    """Subscribe & Save of each offer by day: units shipped, revenue, subscriptions, losses."""

    name = "replenishment_offer_metrics"
    primary_keys = (
        "marketplace_id",
        "asin",
        "sku",
        "fulfillment_channel_type",
        "report_end_date",
    )
    replication_key = "report_end_date"
    window_parameters = ("startDate", "endDate")
    max_window = DAY  # "only supports a time interval which covers a single unit"
    cost = "1 call for 500 offers of a day and marketplace"
    period = "PERFORMANCE"
    sorts = OF_DAYS

    @override
    def filters(self, start: datetime, end: datetime, marketplace: Marketplace) -> dict[str, Any]:
        """Those of a day."""
        return {**super().filters(start, end, marketplace), "aggregationFrequency": "DAY"}

    @override
    def records_of_item(self, item: Record, marketplace: Marketplace | None) -> Iterator[Record]:
        """The offer's metrics with their day."""
        day = day_of(item)
        for record in super().records_of_item(item, marketplace):
            yield {**record, "report_end_date": day}


class OfferForecast(OffersStream):
    """Units and revenue that Amazon expects of each Subscribe & Save offer in 30, 60 and 90 days."""

    name = "replenishment_offer_forecast"
    primary_keys = ("marketplace_id", "asin", "sku", "fulfillment_channel_type")
    period = "FORECAST"
    sorts = OF_FORECASTS

    @property
    @override
    def audience(self) -> Audience:
        """Sellers: the hosted tap for vendors says that it is not for them."""
        return Audience.SELLERS

    @override
    def filters(self, start: datetime, end: datetime, marketplace: Marketplace) -> dict[str, Any]:
        """The week from tomorrow on."""
        tomorrow = midnight(self.account.now()) + DAY
        return super().filters(tomorrow, tomorrow + AHEAD, marketplace)

    @override
    def records_of_item(self, item: Record, marketplace: Marketplace | None) -> Iterator[Record]:
        """The offer's forecast with its interval."""
        bounds = item.get("timeInterval")
        if bounds:
            bounds_of(item)
        for record in super().records_of_item(item, marketplace):
            yield {
                **record,
                "interval_start_date": (bounds or {}).get("startDate"),
                "interval_end_date": (bounds or {}).get("endDate"),
            }

    @override
    def in_window(self, record: Record, start: datetime) -> Record:
        """The forecast with when it was read: it changes from day to day."""
        return {**record, "synced_at": start.isoformat()}


def _sorts(keys: Iterable[str]) -> list[dict[str, str]]:
    """Every order, the most useful first: from the top by the first key, then from its other end."""
    return [{"order": order, "key": key} for key in keys for order in ("DESC", "ASC")]


def _key(found: Found) -> str:
    """What identifies an offer; what cannot be relied on is identified by all that it says."""
    item = found["item"]
    if "wrong" in found:
        return json.dumps(item, sort_keys=True)
    return json.dumps([item.get(name) for name in ("asin", "sku", "fulfillmentChannelType")])


def _parts(seen: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Filters that split offers: a seller's by who ships them, a vendor's by product group."""
    groups: dict[str, None] = {}
    for item in seen:
        if item.get("fulfillmentChannelType"):
            return [{"fulfillmentChannelTypes": [each]} for each in CHANNELS]
        if group := item.get("productGroup"):
            groups[str(group)] = None
    return [{"productGroups": [each]} for each in groups]

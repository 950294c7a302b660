"""Metrics of a selling partner's Subscribe & Save: by day, and over rolling intervals of Amazon's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_amazon_seller.instants import DAY, midnight
from tap_amazon_seller.streams.replenishment.subscriptions import (
    LAG,
    PROGRAM,
    SubscriptionsStream,
    bounds_of,
    day_of,
    interval,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace

DAILY = (
    "SHIPPED_SUBSCRIPTION_UNITS",
    "TOTAL_SUBSCRIPTIONS_REVENUE",
    "ACTIVE_SUBSCRIPTIONS",
    "NOT_DELIVERED_DUE_TO_OOS",
    "LOST_REVENUE_DUE_TO_OOS",
    "REVENUE_PENETRATION",
    "COUPONS_REVENUE_PENETRATION",
    "SHARE_OF_COUPON_SUBSCRIPTIONS",
)
ROLLING = (
    "SUBSCRIBER_NON_SUBSCRIBER_AVERAGE_REVENUE",
    "SUBSCRIBER_NON_SUBSCRIBER_AVERAGE_REORDERS",
    "SUBSCRIBER_RETENTION",
    "SUBSCRIBER_LIFETIME_VALUE_BY_CUSTOMER_SEGMENT",
    "SIGNUP_CONVERSION_BY_SELLER_FUNDING",
    "REVENUE_BY_DELIVERIES",
    "REVENUE_PENETRATION_BY_SELLER_FUNDING",
)
"""Amazon's model: `Metric`. Those of a day are of the days requested; the others look back 6, 12 or 24
months, and Amazon gives them intervals of their own."""


class MetricsStream(SubscriptionsStream):
    """A stream of getSellingPartnerMetrics."""

    operation = "getSellingPartnerMetrics"
    cost = "1 call for 31 days of a marketplace"
    metrics: ClassVar[tuple[str, ...]]

    @override
    def parameters(self, marketplace: Marketplace | None) -> dict[str, Any]:
        """The stream's metrics, by day."""
        assert marketplace is not None  # noqa: S101 - the stream has partitions
        return {
            "aggregationFrequency": "DAY",
            "marketplaceId": marketplace.id,
            "metrics": list(self.metrics),
            "programTypes": list(PROGRAM),
            "timePeriodType": "PERFORMANCE",
        }

    @override
    def window(self, start: datetime, end: datetime) -> dict[str, Any]:
        """The days of a window."""
        return {"timeInterval": interval(start, end)}


class DailyMetrics(MetricsStream):
    """Subscribe & Save by day: units shipped, revenue, subscriptions, losses for want of stock."""

    name = "replenishment_daily_metrics"
    primary_keys = ("marketplace_id", "report_end_date")
    replication_key = "report_end_date"
    window_parameters = ("startDate", "endDate")
    max_window = timedelta(days=31)
    metrics = DAILY

    @override
    def records_of_item(self, item: Record, marketplace: Marketplace | None) -> Iterator[Record]:
        """The metrics with their day."""
        day = day_of(item)
        for record in super().records_of_item(item, marketplace):
            yield {**record, "report_end_date": day}


class RollingMetrics(MetricsStream):
    """Subscribe & Save over the last months: retention, reorders, lifetime value, sign-up conversion."""

    name = "replenishment_rolling_metrics"
    primary_keys = ("marketplace_id", "interval_start_date", "interval_end_date")
    cost = "1 call for a marketplace"
    metrics = ROLLING

    @override
    def window(self, start: datetime, end: datetime) -> dict[str, Any]:
        """The newest day that Amazon has counted."""
        day = midnight(end if end <= self.account.now() - LAG else end - LAG)
        return super().window(day, day + DAY)

    @override
    def records_of_item(self, item: Record, marketplace: Marketplace | None) -> Iterator[Record]:
        """The metrics with their interval; metrics of a single day are none of these."""
        start, end = bounds_of(item)
        if start == end:
            assert marketplace is not None  # noqa: S101 - the stream has partitions
            self.account.tally.note_passed_over(self.name, marketplace.id)
            return
        bounds = item["timeInterval"]
        for record in super().records_of_item(item, marketplace):
            yield {
                **record,
                "interval_start_date": bounds["startDate"],
                "interval_end_date": bounds["endDate"],
            }

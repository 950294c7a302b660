"""What Amazon buys from a vendor and sells on, and what a vendor ships to Amazon's buyers.

Orders: a vendor is one account for all its marketplaces; the operations know no marketplaces, so these
streams have no partitions. Details of an order are lifted to the record; what is in them is as Amazon
sends it, with amounts of money as decimal text.

Reports: by day, so that they add up to any other period, of all that the vendor makes, whoever sold it
to Amazon (MANUFACTURING; SOURCING leaves out what other vendors sold), in Amazon's own shop (RETAIL).
Amazon's days are those of the Pacific coast for all marketplaces. It ignores the times beside the dates
that are requested, so these are requested in UTC.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_amazon_seller import roles
from tap_amazon_seller.instants import DAY, midnight
from tap_amazon_seller.reports.definitions import (
    Access,
    Aggregate,
    Audience,
    Format,
    Layout,
    ReportDefinition,
    ReportStreamDefinition,
    Span,
    WindowRules,
    currency_of,
)
from tap_amazon_seller.streams.kinds.api_stream import ApiStream
from tap_amazon_seller.streams.kinds.report_stream import LINE_NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.definitions import Option
    from tap_amazon_seller.streams.kinds.api_stream import Found

LATE = timedelta(days=5)
"""How late Amazon may deliver: these operations have quota enough to read that again in every sync."""


class VendorStream(ApiStream):
    """A stream of vendors: windows of 7 days at most, of which Amazon leaves out both ends."""

    primary_keys: tuple[str, ...] = ("purchase_order_number",)
    selected_by_default = False
    of_account = True
    max_window = timedelta(days=7)
    margin = timedelta(seconds=1)
    personal: ClassVar[tuple[str, ...]] = ()
    """Properties that hold personal data."""
    personal_in_items: ClassVar[tuple[str, ...]] = ()
    """Properties of items that hold personal data."""

    @property
    @override
    def audience(self) -> Audience:
        """Vendors alone."""
        return Audience.VENDORS

    @override
    def parameters(self, marketplace: Marketplace | None) -> dict[str, Any]:
        """The longest pages, oldest orders first."""
        return {"limit": 100, "sortOrder": "ASC"}

    @override
    def records_of_item(self, item: Record, marketplace: Marketplace | None) -> Iterator[Record]:
        """The order and its details as one record; personal data only where they are wanted."""
        details = item.get("orderDetails") or {}
        order = {name: value for name, value in item.items() if name != "orderDetails"}
        for record in super().records_of_item({**order, **details}, marketplace):
            if not self.account.settings.include_pii:
                self._leave_out_personal(record)
            yield record

    @property
    @override
    def has_buyers_data(self) -> bool:
        """Whether orders have personal data that is not wanted."""
        has_some = bool(self.personal or self.personal_in_items)
        return has_some and not self.account.settings.include_pii

    def _leave_out_personal(self, record: Record) -> None:
        record.update(dict.fromkeys(self.personal))
        if self.personal_in_items:
            record["items"] = [
                {name: value for name, value in item.items() if name not in self.personal_in_items}
                for item in record.get("items") or ()
            ]


class VendorPurchaseOrders(VendorStream):
    """Amazon's purchase orders to a vendor, with their items."""

    name = "vendor_purchase_orders"
    replication_key = "purchase_order_changed_date"
    role = roles.ORDERS
    source = "Vendor Retail Procurement Orders v1"
    operation = "getPurchaseOrders"
    window_parameters = ("changedAfter", "changedBefore")
    change_dates = ("purchase_order_changed_date", "purchase_order_state_changed_date")
    overlap = timedelta(days=28)
    retention = timedelta(days=180)

    @override
    def parameters(self, marketplace: Marketplace | None) -> dict[str, Any]:
        """The longest pages, with the orders' items."""
        return {**super().parameters(marketplace), "includeDetails": "true"}

    @override
    def asked(
        self, start: datetime, end: datetime, marketplace: Marketplace | None
    ) -> Iterator[Found]:
        """What was placed in a window and what Amazon changed in it.

        An order that Amazon never changed has no date of change, and the vendor's own confirmation is
        no change. So orders are requested by both dates, and those of the last 28 days again in every
        sync, for their state; `vendor_purchase_orders_status` has each order's last word.
        """
        changed = self.window(start, end)
        created = dict(zip(("createdAfter", "createdBefore"), changed.values(), strict=True))
        for window in (created, changed):
            yield from self.pages({**self.parameters(marketplace), **window})


class VendorPurchaseOrdersStatus(VendorStream):
    """Ordered, confirmed and received quantities of Amazon's purchase orders to a vendor."""

    name = "vendor_purchase_orders_status"
    replication_key = "last_updated_date"
    role = roles.ORDERS
    source = "Vendor Retail Procurement Orders v1"
    operation = "getPurchaseOrdersStatus"
    window_parameters = ("updatedAfter", "updatedBefore")
    change_dates = ("last_updated_date",)
    overlap = LATE
    retention = timedelta(days=180)


class VendorFulfilmentOrders(VendorStream):
    """Orders of Amazon's buyers that a vendor ships itself (direct fulfilment), with their items."""

    name = "vendor_fulfilment_orders"
    replication_key = "order_date"
    role = roles.PERSONAL
    source = "Vendor Direct Fulfillment Orders 2021-12-28"
    operation = "getOrders"
    window_parameters = ("createdAfter", "createdBefore")
    overlap = timedelta(days=14)
    personal = ("ship_to_party", "bill_to_party")
    personal_in_items = ("giftDetails", "buyerCustomizedInfo")

    @override
    def parameters(self, marketplace: Marketplace | None) -> dict[str, Any]:
        """The longest pages, with the orders' items."""
        return {**super().parameters(marketplace), "includeDetails": "true"}


class VendorCustomerInvoices(VendorStream):
    """Invoices to Amazon's buyers for the orders that a vendor ships itself."""

    name = "vendor_customer_invoices"
    primary_keys = ("purchase_order_number", "created_date", LINE_NUMBER)
    replication_key = "created_date"
    role = roles.PERSONAL
    source = "Vendor Direct Fulfillment Shipping 2021-12-28"
    operation = "getCustomerInvoices"
    window_parameters = ("createdAfter", "createdBefore")
    max_window = DAY
    overlap = LATE
    personal = ("content",)

    @override
    def begin_window(self) -> None:
        """Number the invoices of each order and day from 1, the oldest first, as Amazon sorts them."""
        self._of_order: dict[str, list[str]] = {}

    @override
    def records_of_item(self, item: Record, marketplace: Marketplace | None) -> Iterator[Record]:
        """The invoice, with its number among those of its order and day."""
        known = self._of_order.setdefault(str(item["purchaseOrderNumber"]), [])
        contents = hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()
        if contents not in known:
            known.append(contents)
        for record in super().records_of_item(item, marketplace):
            yield {**record, LINE_NUMBER: known.index(contents) + 1}

    @override
    def windows(self, marketplace: Marketplace | None) -> Iterator[tuple[datetime, datetime]]:
        """Days, because an invoice has no date but that of the day that it was requested with."""
        found = list(super().windows(marketplace))
        if not found:
            return
        day, until = midnight(found[0][0]), found[-1][1]
        while day < until:
            end = min(day + DAY, until)
            yield day, end
            day = end

    @override
    def in_window(self, record: Record, start: datetime) -> Record:
        """The invoice with the day on which it was made."""
        record["created_date"] = start.date().isoformat()
        return record


CLASSES = (
    VendorCustomerInvoices,
    VendorFulfilmentOrders,
    VendorPurchaseOrders,
    VendorPurchaseOrdersStatus,
)


def _by_day(
    report_type: str, options: Mapping[str, Option] | None = None, delay: timedelta = 4 * DAY
) -> ReportDefinition:
    """A report with one row per ASIN and day; Amazon publishes a day 72 hours after its end."""
    return ReportDefinition(
        report_type,
        Access(roles.BRAND_ANALYTICS),
        window=WindowRules(
            longest=timedelta(days=14),
            overlap=timedelta(days=7),
            retention=timedelta(days=1460),
            span=Span.DAY,
            delay=delay,
        ),
        options={"reportPeriod": "DAY", **(options or {})},
        layout=Layout(format=Format.JSON),
    )


def _by_hour(
    report_type: str, retention: timedelta, options: Mapping[str, Option] | None = None
) -> ReportDefinition:
    """A report with one row per ASIN and hour; Amazon answers with complete hours of one day at most."""
    return ReportDefinition(
        report_type,
        Access(roles.BRAND_ANALYTICS),
        window=WindowRules(
            longest=DAY, overlap=DAY, retention=retention, span=Span.HOUR, delay=timedelta(hours=1)
        ),
        options=options or {},
        may_have_options=True,  # currencyCode, of sales
        layout=Layout(format=Format.JSON),
    )


def _forecast(program: str) -> ReportDefinition:
    return ReportDefinition(
        "GET_VENDOR_FORECASTING_REPORT",
        Access(roles.BRAND_ANALYTICS),
        options={"sellingProgram": program},
        layout=Layout(format=Format.JSON),
    )


RETAIL = {"distributorView": "MANUFACTURING", "sellingProgram": "RETAIL"}
FORECAST_KEYS = ("forecast_generation_date", "asin", "start_date")
MONTH_BACK = timedelta(days=29)

REPORTS = (
    ReportStreamDefinition(
        "vendor_sales",
        about="Units and revenue that Amazon ordered, shipped and took back, of each ASIN and day",
        report=_by_day("GET_VENDOR_SALES_REPORT", RETAIL),
        keys=("end_date", "asin"),
        replication_key="end_date",
        records="salesByAsin",
        aggregate=Aggregate(
            "salesAggregate", ("orderedUnits", "shippedUnits", "customerReturns"), period="endDate"
        ),
    ),
    ReportStreamDefinition(
        "vendor_inventory",
        about="Amazon's stock, receipts and open purchase order units of each ASIN and day",
        report=_by_day("GET_VENDOR_INVENTORY_REPORT", RETAIL),
        keys=("end_date", "asin"),
        replication_key="end_date",
        records="inventoryByAsin",
        aggregate=Aggregate(
            "inventoryAggregate",
            ("sellableOnHandInventoryUnits", "openPurchaseOrderUnits", "netReceivedInventoryUnits"),
            period="endDate",
        ),
    ),
    ReportStreamDefinition(
        "vendor_traffic",
        about="Views of the product page of each ASIN and day",
        report=_by_day("GET_VENDOR_TRAFFIC_REPORT"),
        keys=("end_date", "asin"),
        replication_key="end_date",
        records="trafficByAsin",
        aggregate=Aggregate("trafficAggregate", ("glanceViews",), period="endDate"),
    ),
    ReportStreamDefinition(
        "vendor_net_pure_product_margin",
        about="Amazon's margin on each ASIN and day",
        report=_by_day("GET_VENDOR_NET_PURE_PRODUCT_MARGIN_REPORT", delay=8 * DAY),
        keys=("end_date", "asin"),
        replication_key="end_date",
        records="netPureProductMarginByAsin",
        aggregate=Aggregate(
            "netPureProductMarginAggregate", ("netPureProductMargin",), period="endDate"
        ),
    ),
    ReportStreamDefinition(
        "vendor_forecasting_retail",
        about="Amazon's forecast of demand for each ASIN and week to come",
        report=_forecast("RETAIL"),
        keys=FORECAST_KEYS,
        is_numbered=True,  # a week may be reported twice
        records="forecastByAsin",
    ),
    ReportStreamDefinition(
        "vendor_forecasting_fresh",
        about="Amazon's forecast of demand for each ASIN and week to come, at Amazon Fresh",
        report=_forecast("FRESH"),
        keys=FORECAST_KEYS,
        is_numbered=True,  # a week may be reported twice
        records="forecastByAsin",
    ),
    ReportStreamDefinition(
        "vendor_real_time_sales",
        about="Units and revenue ordered of each ASIN and hour",
        report=_by_hour(
            "GET_VENDOR_REAL_TIME_SALES_REPORT", MONTH_BACK, {"currencyCode": currency_of}
        ),
        keys=("end_time", "asin"),
        replication_key="end_time",
        records="reportData",
    ),
    ReportStreamDefinition(
        "vendor_real_time_inventory",
        about="Units that Amazon can sell of each ASIN and hour",
        report=_by_hour("GET_VENDOR_REAL_TIME_INVENTORY_REPORT", timedelta(days=6)),
        keys=("end_time", "asin"),
        replication_key="end_time",
        records="reportData",
    ),
    ReportStreamDefinition(
        "vendor_real_time_traffic",
        about="Views of the product page of each ASIN and hour",
        report=_by_hour("GET_VENDOR_REAL_TIME_TRAFFIC_REPORT", MONTH_BACK),
        keys=("end_time", "asin"),
        replication_key="end_time",
        records="reportData",
    ),
)

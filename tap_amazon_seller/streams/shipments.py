"""What Amazon's warehouses have shipped."""

from __future__ import annotations

from datetime import timedelta

from tap_amazon_seller.reports.definitions import ReportDefinition, ReportStreamDefinition
from tap_amazon_seller.streams.inventory import FULFILLMENT, NEAR_REAL_TIME

MONTH = timedelta(days=30)
LATE = timedelta(days=2)
"""Shipments are reported one to three hours late, at times 24; twice that is read again."""

REPORTS = (
    ReportStreamDefinition(
        "fba_customer_shipment_sales",
        about="What FBA has shipped to buyers, with prices, by parcel",
        report=ReportDefinition(
            "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_SALES_DATA",
            FULFILLMENT,
            max_window=MONTH,
            overlap=LATE,
            retention=timedelta(days=540),
            max_age=NEAR_REAL_TIME,
            is_rationed=True,
        ),
        keys=("amazon_order_id", "sku", "shipment_date", "fulfillment_center_id"),
        is_numbered=True,
        replication_key="shipment_date",
    ),
)

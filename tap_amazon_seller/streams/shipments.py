"""What Amazon's warehouses have shipped."""

from __future__ import annotations

from datetime import timedelta

from tap_amazon_seller.reports.definitions import (
    Access,
    ReportDefinition,
    ReportStreamDefinition,
    Reuse,
    WindowRules,
)
from tap_amazon_seller.streams.inventory import FULFILLMENT, NEAR_REAL_TIME

MONTH = timedelta(days=30)
QUARTER = timedelta(days=90)
DAILY = timedelta(hours=4)
"""The cool-down of FBA reports that Amazon brings up to date once a day."""
KEPT = timedelta(days=540)
"""FBA reports reach back 18 months; those that request more end FATAL."""
LATE = timedelta(days=2)
"""Shipments are reported one to three hours late, at times 24; twice that is read again."""
CUSTOMER_SHIPMENT = "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_"

REPORTS = (
    ReportStreamDefinition(
        "fba_customer_shipment_sales",
        about="What FBA has shipped to buyers, with prices, by parcel",
        report=ReportDefinition(
            CUSTOMER_SHIPMENT + "SALES_DATA",
            Access(FULFILLMENT),
            window=WindowRules(longest=MONTH, overlap=LATE, retention=KEPT),
            reuse=Reuse(NEAR_REAL_TIME, is_rationed=True),
        ),
        keys=("amazon_order_id", "sku", "shipment_date", "fulfillment_center_id"),
        is_numbered=True,
        required_columns=("amazon_order_id", "sku", "shipment_date", "quantity"),
        replication_key="shipment_date",
    ),
    ReportStreamDefinition(
        "fulfilled_shipments",
        about="FBA shipments to buyers with carrier, tracking number and destination",
        report=ReportDefinition(
            "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL",
            Access(FULFILLMENT),
            window=WindowRules(longest=MONTH, overlap=LATE, retention=KEPT),
            reuse=Reuse(NEAR_REAL_TIME, is_rationed=True),
        ),
        keys=("amazon_order_id", "shipment_id", "shipment_item_id"),
        required_columns=("amazon_order_id", "shipment_item_id", "quantity_shipped"),
        replication_key="shipment_date",
    ),
    ReportStreamDefinition(
        "fba_promotions",
        about="Promotions that applied to FBA shipments (North America only)",
        report=ReportDefinition(
            CUSTOMER_SHIPMENT + "PROMOTION_DATA",
            Access(FULFILLMENT, regions=("NA",)),
            window=WindowRules(longest=QUARTER, overlap=LATE, retention=KEPT),
            reuse=Reuse(DAILY, is_rationed=True),
        ),
        keys=("amazon_order_id", "shipment_id", "shipment_item_id"),  # not all name a promotion
        is_numbered=True,
        replication_key="shipment_date",
    ),
    ReportStreamDefinition(
        "fba_replacements",
        about="Free replacements that FBA has shipped, with the orders that they replace",
        report=ReportDefinition(
            CUSTOMER_SHIPMENT + "REPLACEMENT_DATA",
            Access(FULFILLMENT),
            window=WindowRules(longest=QUARTER, overlap=LATE, retention=KEPT),
            reuse=Reuse(DAILY, is_rationed=True),
        ),
        keys=("replacement_amazon_order_id", "original_amazon_order_id", "sku", "shipment_date"),
        is_numbered=True,
        required_columns=("replacement_amazon_order_id", "shipment_date"),
        replication_key="shipment_date",
    ),
)

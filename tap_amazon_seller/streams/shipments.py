"""What Amazon's warehouses have shipped."""

from __future__ import annotations

from datetime import timedelta

from tap_amazon_seller import roles
from tap_amazon_seller.reports.definitions import (
    Access,
    ReportDefinition,
    ReportStreamDefinition,
    Reuse,
    WindowRules,
)
from tap_amazon_seller.streams.inventory import DAILY, EIGHTEEN_MONTHS, NEAR_REAL_TIME

MONTH = timedelta(days=30)
QUARTER = timedelta(days=90)
LATE = timedelta(days=2)
"""Shipments are reported one to three hours late, at times 24; twice that is read again."""
CUSTOMER_SHIPMENT = "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_"

REPORTS = (
    ReportStreamDefinition(
        "fba_customer_shipment_sales",
        about="What FBA has shipped to buyers, with prices, by parcel",
        report=ReportDefinition(
            CUSTOMER_SHIPMENT + "SALES_DATA",
            Access(roles.FULFILLMENT),
            window=WindowRules(longest=MONTH, overlap=LATE, retention=EIGHTEEN_MONTHS),
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
            Access(roles.FULFILLMENT),
            window=WindowRules(longest=MONTH, overlap=LATE, retention=EIGHTEEN_MONTHS),
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
            Access(roles.FULFILLMENT, regions=("NA",)),
            window=WindowRules(longest=QUARTER, overlap=LATE, retention=EIGHTEEN_MONTHS),
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
            Access(roles.FULFILLMENT),
            window=WindowRules(longest=QUARTER, overlap=LATE, retention=EIGHTEEN_MONTHS),
            reuse=Reuse(DAILY, is_rationed=True),
        ),
        keys=("replacement_amazon_order_id", "original_amazon_order_id", "sku", "shipment_date"),
        is_numbered=True,
        required_columns=("replacement_amazon_order_id", "shipment_date"),
        replication_key="shipment_date",
    ),
)

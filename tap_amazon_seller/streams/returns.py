"""What comes back: buyers' returns, reimbursements, and removals from Amazon's warehouses."""

from __future__ import annotations

from datetime import timedelta

from tap_amazon_seller import roles
from tap_amazon_seller.instants import TWO_YEARS
from tap_amazon_seller.reports.definitions import (
    Access,
    ReportDefinition,
    ReportStreamDefinition,
    Reuse,
    WindowRules,
)
from tap_amazon_seller.streams.inventory import DAILY, EIGHTEEN_MONTHS, NEAR_REAL_TIME
from tap_amazon_seller.streams.shipments import QUARTER

REVISED = timedelta(days=30)
"""Returns change their status, to Reimbursed say, for weeks."""
REMOVED = timedelta(days=60)
"""Removals are reported by the day of their request, and take weeks to leave the warehouse."""

REPORTS = (
    ReportStreamDefinition(
        "fba_customer_returns",
        about="Units that buyers have returned to FBA, with reason and condition",
        report=ReportDefinition(
            "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA",
            Access(roles.FULFILLMENT),
            window=WindowRules(longest=QUARTER, overlap=REVISED, retention=EIGHTEEN_MONTHS),
            reuse=Reuse(DAILY, is_rationed=True),
        ),
        keys=("order_id", "sku", "return_id"),
        # Units may come back at one instant; their labels distinguish them, where they have some.
        called={"return_id": ("license_plate_number", "return_date")},
        is_numbered=True,
        required_columns=("order_id", "sku", "return_date"),
        replication_key="return_date",
    ),
    ReportStreamDefinition(
        "merchant_returns",
        about="Returns of orders that the seller ships, by the day of the request",
        report=ReportDefinition(
            "GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE",
            Access(roles.ORDERS),
            window=WindowRules(longest=timedelta(days=60), overlap=REVISED, retention=TWO_YEARS),
            reuse=Reuse(timedelta(hours=24)),
        ),
        keys=("order_id", "return_id", "merchant_sku", "asin"),
        called={"return_id": ("amazon_rma_id", "merchant_rma_id", "return_request_date")},
        is_numbered=True,
        replication_key="return_request_date",
    ),
    ReportStreamDefinition(
        "fba_reimbursements",
        about="What Amazon has reimbursed for lost, damaged or unreturned units",
        report=ReportDefinition(
            "GET_FBA_REIMBURSEMENTS_DATA",
            Access(roles.FULFILLMENT),
            window=WindowRules(
                longest=QUARTER,
                overlap=timedelta(days=7),  # some are reported five days after their approval
                retention=EIGHTEEN_MONTHS,
            ),
            reuse=Reuse(DAILY, is_rationed=True),
        ),
        keys=("reimbursement_id", "sku"),
        is_numbered=True,
        required_columns=("reimbursement_id", "sku"),
        replication_key="approval_date",
    ),
    ReportStreamDefinition(
        "removal_orders",
        about="Orders to remove stock from Amazon's warehouses, with their progress",
        report=ReportDefinition(
            "GET_FBA_FULFILLMENT_REMOVAL_ORDER_DETAIL_DATA",
            Access(roles.FULFILLMENT),
            window=WindowRules(longest=QUARTER, overlap=REMOVED, retention=EIGHTEEN_MONTHS),
            reuse=Reuse(NEAR_REAL_TIME, is_rationed=True),
        ),
        keys=("order_id", "sku", "fnsku", "disposition"),
        is_numbered=True,
        replication_key="last_updated_date",
    ),
    ReportStreamDefinition(
        "removal_shipments",
        about="Removed units on their way, with carrier and tracking number",
        report=ReportDefinition(
            "GET_FBA_FULFILLMENT_REMOVAL_SHIPMENT_DETAIL_DATA",
            Access(roles.FULFILLMENT),
            window=WindowRules(longest=QUARTER, overlap=REMOVED, retention=EIGHTEEN_MONTHS),
            reuse=Reuse(NEAR_REAL_TIME, is_rationed=True),
        ),
        keys=("order_id", "shipment_date", "sku", "fnsku", "disposition"),
        is_numbered=True,  # not all parcels have a tracking number
        required_columns=("order_id", "shipment_date", "sku"),
        replication_key="shipment_date",
    ),
)

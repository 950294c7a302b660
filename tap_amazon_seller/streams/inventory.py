"""Stock in Amazon's warehouses."""

from __future__ import annotations

from datetime import timedelta

from tap_amazon_seller.reports.definitions import ReportDefinition, ReportStreamDefinition

FULFILLMENT = "Amazon Fulfillment"
NEAR_REAL_TIME = timedelta(minutes=30)
"""The cool-down of FBA reports that Amazon makes on demand; see "FBA reports" in its documentation."""

REPORTS = (
    ReportStreamDefinition(
        "warehouse_inventory",
        about="FBA stock of each SKU, as it stands now",
        report=ReportDefinition(
            "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA", FULFILLMENT, max_age=NEAR_REAL_TIME
        ),
        keys=("sku", "fnsku", "condition"),
        selected_by_default=True,
    ),
)

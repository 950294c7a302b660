"""Stock in Amazon's warehouses, what moved it, and what storing it costs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_amazon_seller import roles
from tap_amazon_seller.reports.definitions import (
    Access,
    Layout,
    ReportDefinition,
    ReportStreamDefinition,
    Reuse,
    Span,
    WindowRules,
)
from tap_amazon_seller.streams.kinds.api_stream import ApiStream

if TYPE_CHECKING:
    from amazon_selling_partner.marketplaces import Marketplace

NEAR_REAL_TIME = timedelta(minutes=30)
"""The cool-down of FBA reports that Amazon makes on demand; see "FBA reports" in its documentation."""
DAILY = timedelta(hours=4)
"""The cool-down of those whose content is of the day; from the same page."""
EIGHTEEN_MONTHS = timedelta(days=540)
"""FBA reports reach back so far; those that request more end FATAL."""
MOST_PER_PAGE = 200

REPORTS = (
    ReportStreamDefinition(
        "warehouse_inventory",
        about="FBA stock of each SKU, as it stands now",
        report=ReportDefinition(
            "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA",
            Access(roles.FULFILLMENT),
            reuse=Reuse(NEAR_REAL_TIME),
        ),
        keys=("sku", "fnsku", "condition"),
        is_numbered=True,  # a SKU may have a row for each `store`
        required_columns=("sku", "afn_fulfillable_quantity", "afn_total_quantity"),
        selected_by_default=True,
    ),
    ReportStreamDefinition(
        "afn_inventory",
        about="FBA stock of each SKU by condition, as it stands now",
        report=ReportDefinition(
            "GET_AFN_INVENTORY_DATA", Access(roles.FULFILLMENT), reuse=Reuse(NEAR_REAL_TIME)
        ),
        keys=(
            "seller_sku",
            "fulfillment_channel_sku",
            "asin",
            "condition_type",
            "warehouse_condition_code",
        ),
        required_columns=("seller_sku", "quantity_available"),
    ),
    # One report covers all of Europe; see `ReportStreamDefinition.country`.
    ReportStreamDefinition(
        "afn_inventory_country",
        about="FBA stock of each SKU in each country, as it stands now (Europe only)",
        report=ReportDefinition(
            "GET_AFN_INVENTORY_DATA_BY_COUNTRY",
            Access(roles.FULFILLMENT, regions=("EU",)),
            reuse=Reuse(NEAR_REAL_TIME),
        ),
        keys=("seller_sku", "fulfillment_channel_sku", "asin", "condition_type", "country"),
        required_columns=("seller_sku", "country", "quantity_for_local_fulfillment"),
        country="country",
    ),
    # Amazon requires a start at least 72 hours ago, and makes the report once a day.
    ReportStreamDefinition(
        "fba_fee_preview",
        about="Amazon's estimated fees for one unit of each SKU, as they stand now",
        report=ReportDefinition(
            "GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA",
            Access(roles.FULFILLMENT),
            window=WindowRules(reach=timedelta(hours=72)),
            reuse=Reuse(timedelta(hours=24)),
        ),
        keys=("sku", "fnsku", "asin"),
    ),
    ReportStreamDefinition(
        "fba_inventory_archived",
        about="FBA stock of each SKU as it stands now, archived SKUs included",
        report=ReportDefinition(
            "GET_FBA_MYI_ALL_INVENTORY_DATA", Access(roles.FULFILLMENT), reuse=Reuse(NEAR_REAL_TIME)
        ),
        keys=("sku", "fnsku", "condition"),
        is_numbered=True,
        required_columns=("sku", "afn_fulfillable_quantity", "afn_total_quantity"),
    ),
    # The ledger's days are those of the country, whatever the region's dates look like; its history
    # is of 18 months, and third parties know 90 days as the most that one report covers.
    ReportStreamDefinition(
        "fba_inventory_ledger",
        about="Everything that moved units in Amazon's warehouses, one record per event",
        report=ReportDefinition(
            "GET_LEDGER_DETAIL_VIEW_DATA",
            Access(roles.FULFILLMENT),
            window=WindowRules(
                longest=timedelta(days=90),
                overlap=timedelta(days=5),
                retention=EIGHTEEN_MONTHS,
                span=Span.DAY,
                zone=None,
            ),
            reuse=Reuse(DAILY),
            may_have_options=True,  # eventType, FNSKU, MSKU, ASIN
            layout=Layout(month_first=True),
        ),
        keys=(
            "date",
            "fnsku",
            "asin",
            "msku",
            "event_type",
            "fulfillment_center",
            "disposition",
            "country",
        ),
        is_numbered=True,  # many events have no reference and no reason
        required_columns=("date", "msku", "event_type", "quantity", "country"),
        replication_key="date",
        country="country",
    ),
    ReportStreamDefinition(
        "fba_inventory_ledger_summary",
        about="Units in Amazon's warehouses by day and country, and what changed them",
        report=ReportDefinition(
            "GET_LEDGER_SUMMARY_VIEW_DATA",
            Access(roles.FULFILLMENT),
            window=WindowRules(
                longest=timedelta(days=90),
                overlap=timedelta(days=5),
                retention=EIGHTEEN_MONTHS,
                span=Span.DAY,
                zone=None,
            ),
            reuse=Reuse(DAILY),
            options={"aggregateByLocation": "COUNTRY", "aggregatedByTimePeriod": "DAILY"},
            layout=Layout(month_first=True),
        ),
        keys=("date", "fnsku", "asin", "msku", "disposition", "location"),
        is_numbered=True,  # a SKU may have a row for each `store`
        required_columns=("date", "msku", "ending_warehouse_balance", "location"),
        replication_key="date",
        country="location",
    ),
    ReportStreamDefinition(
        "fba_inventory_planning",
        about="Age, sales, costs and supply of FBA stock as it stands now",
        report=ReportDefinition(
            "GET_FBA_INVENTORY_PLANNING_DATA", Access(roles.FULFILLMENT), reuse=Reuse(DAILY)
        ),
        keys=("sku", "fnsku", "asin", "condition"),
        required_columns=("sku", "available"),
    ),
    # Charged in the middle of each month, and reported some days later.
    ReportStreamDefinition(
        "fba_longterm_storage_fees",
        about="Amazon's surcharges for units that are stored for long",
        report=ReportDefinition(
            "GET_FBA_FULFILLMENT_LONGTERM_STORAGE_FEE_CHARGES_DATA",
            Access(roles.FULFILLMENT),
            window=WindowRules(
                longest=timedelta(days=30), overlap=timedelta(days=10), retention=EIGHTEEN_MONTHS
            ),
            reuse=Reuse(DAILY),
        ),
        keys=(
            "snapshot_date",
            "sku",
            "fnsku",
            "asin",
            "condition",
            "country",
            "surcharge_age_tier",
        ),
        is_numbered=True,
        required_columns=("snapshot_date", "sku"),  # files of before 2023 have no tiers of age
        replication_key="snapshot_date",
    ),
    # Amazon says a month's fees by the 15th of the next, and may revise them.
    ReportStreamDefinition(
        "fba_storage_fees",
        about="Amazon's fees for storage in a month, by product and warehouse",
        report=ReportDefinition(
            "GET_FBA_STORAGE_FEE_CHARGES_DATA",
            Access(roles.FULFILLMENT),
            window=WindowRules(
                longest=timedelta(days=31),
                overlap=timedelta(days=31),
                retention=EIGHTEEN_MONTHS,
                span=Span.MONTH,
                delay=timedelta(days=15),
            ),
            reuse=Reuse(DAILY),
        ),
        keys=("month_of_charge", "asin", "fnsku", "fulfillment_center", "country_code"),
        is_numbered=True,
        required_columns=("month_of_charge", "fnsku"),
        replication_key="month_of_charge",
    ),
    ReportStreamDefinition(
        "reserved_inventory",
        about="FBA units that are reserved, as it stands now",
        report=ReportDefinition(
            "GET_RESERVED_INVENTORY_DATA", Access(roles.FULFILLMENT), reuse=Reuse(NEAR_REAL_TIME)
        ),
        keys=("sku", "fnsku", "asin"),
        is_numbered=True,  # a SKU may have a row for each `program`
        required_columns=("sku", "reserved_qty"),
    ),
    ReportStreamDefinition(
        "restock_recommendations",
        about="What Amazon recommends to send to its warehouses, as it stands now",
        report=ReportDefinition(
            "GET_RESTOCK_INVENTORY_RECOMMENDATIONS_REPORT",
            Access(roles.FULFILLMENT),
            reuse=Reuse(NEAR_REAL_TIME),
        ),
        keys=("merchant_sku", "fnsku", "asin", "condition", "country"),
    ),
    ReportStreamDefinition(
        "stranded_inventory",
        about="FBA units without an active listing, as it stands now",
        report=ReportDefinition(
            "GET_STRANDED_INVENTORY_UI_DATA", Access(roles.FULFILLMENT), reuse=Reuse(NEAR_REAL_TIME)
        ),
        keys=("sku", "fnsku", "asin", "condition"),
    ),
)


class AwdInventory(ApiStream):
    """Stock of each SKU in Amazon Warehousing and Distribution, as it stands now."""

    name = "awd_inventory"
    primary_keys = ("sku",)
    role = roles.WAREHOUSING
    source = "AWD 2024-05-09"
    operation = "listInventory"
    of_account = True
    selected_by_default = False

    @override
    def parameters(self, marketplace: Marketplace | None) -> dict[str, Any]:
        """All details, in the largest pages."""
        return {"details": "SHOW", "maxResults": MOST_PER_PAGE}

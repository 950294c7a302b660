"""What shoppers look at, search for and buy together: sales and traffic, and Brand Analytics.

All are JSON. Amazon ignores the time in the dates requested (see its report schemas), so days and weeks
are requested by their date in UTC, whatever the marketplace's midnight.
"""

from __future__ import annotations

from datetime import timedelta

from tap_amazon_seller import roles
from tap_amazon_seller.instants import TWO_YEARS
from tap_amazon_seller.reports.definitions import (
    Access,
    Aggregate,
    Format,
    Layout,
    ReportDefinition,
    ReportStreamDefinition,
    Span,
    WindowRules,
)
from tap_amazon_seller.streams.data_kiosk import (
    PUBLISHED,
    SALES_TRAFFIC_BY_DATE,
    SALES_TRAFFIC_BY_SKU,
)

__all__ = ["REPORTS", "SALES_AND_TRAFFIC"]

SALES_AND_TRAFFIC = ReportDefinition(
    "GET_SALES_AND_TRAFFIC_REPORT",
    Access(roles.BRAND_ANALYTICS),
    window=WindowRules(
        longest=timedelta(days=1),
        overlap=timedelta(days=7),
        retention=TWO_YEARS,
        span=Span.DAY,
        delay=PUBLISHED,
        # Three reports a day and marketplace, where seven days read every day would be eight of 96.
        revisits=(timedelta(days=1), timedelta(days=7)),
    ),
    options={"dateGranularity": "DAY", "asinGranularity": "SKU"},
    layout=Layout(format=Format.JSON),
)
"""One day a report, because `salesAndTrafficByAsin` sums the complete time requested and has no dates.

By SKU unless the user wants it otherwise, because SKUs add up to ASINs and not the other way round, and
because SKUs are what listings, stock and order lines have.
"""


def _of_week(report_type: str, retention: timedelta) -> ReportDefinition:
    """A Brand Analytics report of one week, Sunday to Saturday; a request cannot span two."""
    return ReportDefinition(
        report_type,
        Access(roles.BRAND_ANALYTICS),
        window=WindowRules(
            longest=timedelta(days=7), retention=retention, span=Span.WEEK, delay=PUBLISHED
        ),
        options={"reportPeriod": "WEEK"},
        layout=Layout(format=Format.JSON),
    )


GRANULARITY = {"asinGranularity": "asin_granularity"}

REPORTS = (
    ReportStreamDefinition(
        "sales_traffic_report",
        about="Sales, sessions, page views and featured offer share of each SKU and day",
        report=SALES_AND_TRAFFIC,
        keys=("report_end_date", "parent_asin", "child_asin", "sku"),
        is_numbered=True,  # rows without SKU share their keys
        replication_key="report_end_date",
        records="salesAndTrafficByAsin",
        aggregate=Aggregate("salesAndTrafficByDate", ("unitsOrdered", "pageViews", "sessions")),
        options_of_settings=GRANULARITY,
        data_kiosk=SALES_TRAFFIC_BY_SKU,
    ),
    ReportStreamDefinition(
        "sales_traffic_by_date",
        about="Sales, refunds, sessions and page views of each day, all products together",
        report=SALES_AND_TRAFFIC,
        keys=("date",),
        replication_key="date",
        records="salesAndTrafficByDate",
        options_of_settings=GRANULARITY,  # both are read from one report
        data_kiosk=SALES_TRAFFIC_BY_DATE,
    ),
    ReportStreamDefinition(
        "market_basket",
        about="Products bought most often together with each ASIN, by week",
        report=_of_week("GET_BRAND_ANALYTICS_MARKET_BASKET_REPORT", TWO_YEARS),
        keys=("end_date", "asin", "purchased_with_asin", "purchased_with_rank"),
        replication_key="end_date",
        records="dataByAsin",
    ),
    ReportStreamDefinition(
        "repeat_purchase",
        about="Orders, customers and repeat customers of each ASIN, by week",
        report=_of_week("GET_BRAND_ANALYTICS_REPEAT_PURCHASE_REPORT", TWO_YEARS),
        keys=("end_date", "asin"),
        replication_key="end_date",
        records="dataByAsin",
    ),
    ReportStreamDefinition(
        "search_catalog_performance",
        about="Impressions, clicks, cart adds and purchases of each ASIN in search, by week",
        report=_of_week("GET_BRAND_ANALYTICS_SEARCH_CATALOG_PERFORMANCE_REPORT", TWO_YEARS),
        keys=("end_date", "asin"),
        replication_key="end_date",
        records="dataByAsin",
    ),
    ReportStreamDefinition(
        "search_terms",
        about="What a marketplace's shoppers search for and the three products they click most, by week",
        report=_of_week("GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT", TWO_YEARS),
        keys=(
            "report_end_date",
            "department_name",
            "search_term",
            "click_share_rank",
            "clicked_asin",
        ),
        replication_key="report_end_date",
        records="dataByDepartmentAndSearchTerm",
    ),
)

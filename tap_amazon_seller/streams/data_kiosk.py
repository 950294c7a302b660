"""Queries of Data Kiosk: sales and traffic, the economics of each SKU, and the views of vendors.

Each selects what it needs by name, because fields come and go without a new version of a dataset. Rows
say their days and marketplace. Names, windows and refresh are those of Amazon's schemas
(amzn/selling-partner-api-models, `schemas/data-kiosk`).
"""

from __future__ import annotations

from datetime import timedelta

from tap_amazon_seller import roles
from tap_amazon_seller.instants import DAY, TWO_YEARS
from tap_amazon_seller.reports.definitions import (
    Access,
    Aggregate,
    Format,
    Layout,
    ReportDefinition,
    ReportStreamDefinition,
    Reuse,
    Span,
    WindowRules,
)
from tap_amazon_seller.reports.queries import KioskQuery, selection

PUBLISHED = timedelta(hours=72)
"""How long after a period its figures are there."""
REUSED_FOR = timedelta(hours=12)
"""Figures are refreshed once a day, so the same question has the same answer for a while."""

SALES_TRAFFIC = "analytics_salesAndTraffic_2024_04_24"
ECONOMICS = "analytics_economics_2024_03_15"
VENDOR = "analytics_vendorAnalytics_2024_09_30"

_MONEY = "{amount currencyCode}"
_BOTH = (  # for all buyers and for Amazon Business customers
    "browserPageViews", "browserSessions", "buyBoxPercentage", "mobileAppPageViews",
    "mobileAppSessions", "pageViews", "sessions", "unitSessionPercentage",
)  # fmt: skip
_SHARES = (
    "browserPageViewsPercentage", "browserSessionPercentage", "mobileAppPageViewsPercentage",
    "mobileAppSessionPercentage", "pageViewsPercentage", "sessionPercentage",
)  # fmt: skip


def _and_b2b(*names: str, value: str = "") -> str:
    """Fields, each with that of Amazon Business customers."""
    return " ".join(f"{name}{value} {name}B2B{value}" for name in names)


def by_day(
    query: KioskQuery,
    longest: timedelta,
    *,
    delay: timedelta = PUBLISHED,
    overlap: timedelta = 7 * DAY,
    revisits: tuple[timedelta, ...] = (),
) -> ReportDefinition:
    """A query of complete days, all marketplaces together."""
    return ReportDefinition(
        query.source,
        Access(roles.BRAND_ANALYTICS),
        window=WindowRules(
            longest=longest,
            overlap=overlap,
            retention=TWO_YEARS,
            span=Span.DAY,
            delay=delay,
            revisits=revisits,
        ),
        reuse=Reuse(max_age=REUSED_FOR),
        layout=Layout(format=Format.JSON_LINES),
        query=query,
    )


SALES_TRAFFIC_BY_SKU = by_day(
    KioskQuery(
        SALES_TRAFFIC,
        "salesAndTrafficByAsin",
        selection(
            "marketplaceId startDate endDate parentAsin childAsin sku "
            f"sales{{{_and_b2b('unitsOrdered', 'totalOrderItems')} "
            f"{_and_b2b('orderedProductSales', value=_MONEY)}}}"
            f"traffic{{{_and_b2b(*_BOTH, *_SHARES)}}}"
        ),
        arguments=(("aggregateBy", "SKU"),),
        renamed=(("sales", "sales_by_asin"), ("traffic", "traffic_by_asin")),
    ),
    longest=DAY,  # its rows sum the complete time requested
    revisits=(DAY, 7 * DAY),
)
SALES_TRAFFIC_BY_DATE = by_day(
    KioskQuery(
        SALES_TRAFFIC,
        "salesAndTrafficByDate",
        selection(
            "marketplaceId startDate endDate sales{"
            f"{_and_b2b('unitsOrdered', 'totalOrderItems', 'averageUnitsPerOrderItem')} "
            "unitsRefunded refundRate claimsGranted unitsShipped ordersShipped "
            f"claimsAmount{_MONEY} shippedProductSales{_MONEY} "
            + _and_b2b(
                "orderedProductSales",
                "averageSalesPerOrderItem",
                "averageSellingPrice",
                value=_MONEY,
            )
            + f"}}traffic{{{_and_b2b(*_BOTH, 'orderItemSessionPercentage')} averageOfferCount "
            "averageParentItems feedbackReceived negativeFeedbackReceived "
            "receivedNegativeFeedbackRate}"
        ),
        arguments=(("aggregateBy", "DAY"),),
        renamed=(("sales", "sales_by_date"), ("traffic", "traffic_by_date")),
    ),
    longest=TWO_YEARS,  # a row a day and marketplace
)

_DETAIL = (
    f"{{amount{_MONEY} amountPerUnit{_MONEY} amountPerUnitDelta{_MONEY} promotionAmount{_MONEY} "
    f"quantity taxAmount{_MONEY} totalAmount{_MONEY}}}"
)
_PROPERTIES = "properties{propertyName propertyValue}"
ECONOMICS_BY_SKU = by_day(
    KioskQuery(
        ECONOMICS,
        "economics",
        selection(
            "marketplaceId startDate endDate parentAsin childAsin fnsku msku "
            f"sales{{unitsOrdered unitsRefunded netUnitsSold averageSellingPrice{_MONEY} "
            f"orderedProductSales{_MONEY} refundedProductSales{_MONEY} netProductSales{_MONEY}}}"
            f"fees{{feeTypeName charges{{identifier startDate endDate aggregatedDetail{_DETAIL} "
            f"components{{name aggregatedDetail{_DETAIL} {_PROPERTIES}}}{_PROPERTIES}}}}}"
            f"ads{{adTypeName charge{_DETAIL}}}"
            f"cost{{costOfGoodsSold{_MONEY} miscellaneousCost{_MONEY} "
            f"fbaCost{{shippingToAmazonCost{_MONEY}}}"
            f"mfnCost{{fulfillmentCost{_MONEY} storageCost{_MONEY}}}}}"
            f"netProceeds{{perUnit{_MONEY} total{_MONEY}}}"
        ),
        arguments=(
            ("aggregateBy", "{date:DAY productId:MSKU}"),
            ("includeComponentsForFeeTypes", "[FBA_FULFILLMENT_FEE FBA_STORAGE_FEE]"),
        ),
        needs=("marketplaceId", "startDate", "endDate", "msku"),
    ),
    longest=14 * DAY,
)

_GROUP = (
    "asin parentAsin ean upc isbn13 brand brandCode productGroup productTitle modelNumber "
    f"msrp{_MONEY}"
)
"""Attributes of the ASIN itself: others, such as the customer's city, would split its figures."""
_UNITS = f"{{units value{_MONEY}}}"
_METRICS = (
    f"costs{{averageSalesDiscount{_MONEY} contraCogs{_MONEY} contraCogsPerUnit{_MONEY} netPPM "
    f"salesDiscount{_MONEY} shippedCogs{_MONEY}}}"
    "customerSatisfaction{customerReturns}"
    f"productAvailability{{aged90DaysSellableInventory{_UNITS} sellThroughRate "
    f"sellableInTransitInventory sellableOnHandInventory{_UNITS} sourceableROOS ultraFastTrack "
    f"unhealthyInventory{_UNITS} unsellableInTransitInventory unsellableOnHandInventory{_UNITS}}}"
    f"shippedOrders{{averageSellingPrice{_MONEY} shippedUnitsWithRevenue{_UNITS}}}"
    f"sourcing{{confirmedUnits mostRecentSubmitted netReceived{_UNITS} openPurchaseOrderQuantity "
    "overallVendorLeadTime procurableProductOOS receivedFillRate vendorConfirmationRate}"
)
_OF_MANUFACTURERS = (
    f"orders{{netOrderedGMS{_MONEY} netShipmentGMS{_MONEY} orderedUnitsWithRevenue{_UNITS} "
    "unfilledOrderedUnits}traffic{glanceViews lostFeaturedOffer}"
    "forecasting{weekNumber startDate endDate demand{mean p70 p80 p90}}"
)
_COUNTED = f"shippedOrders{{shippedUnitsWithRevenue{_UNITS}}}"
"""Of the totals: what says whether a day without rows is one without data."""


def _view(name: str, metrics: str) -> ReportDefinition:
    """A view of a vendor's ASINs by day, in the currency of each marketplace.

    Few days at once: a day of one large vendor came as some 16 MB, and one of thirty days was without
    rows that shorter queries had (amzn/selling-partner-api-models#5036).
    """
    query = KioskQuery(
        VENDOR,
        name,
        selection(
            f"marketplaceId startDate endDate totals{{{_COUNTED}}}"
            f"metrics{{groupByKey{{{_GROUP}}}metrics{{{metrics}}}}}"
        ),
        arguments=(("aggregateBy", "DAY"),),
        needs=("marketplaceId", "startDate", "endDate", "metrics.groupByKey.asin"),
        takes_marketplaces=False,
        takes_currency=True,
    )
    return by_day(query, 3 * DAY, delay=4 * DAY)


def _of_totals() -> Aggregate:
    return Aggregate("totals", ("units",), period="endDate")


QUERIES = (
    ReportStreamDefinition(
        "economics",
        about="Sales, fees with their components, ads, cost and net proceeds of each SKU and day",
        report=ECONOMICS_BY_SKU,
        keys=("end_date", "msku", "child_asin"),
        replication_key="end_date",
    ),
    ReportStreamDefinition(
        "vendor_manufacturing_view",
        about="What a vendor makes: orders, stock, costs, traffic and forecast of each ASIN and day",
        report=_view("manufacturingView", _METRICS + _OF_MANUFACTURERS),
        keys=("end_date", "asin"),
        replication_key="end_date",
        records="metrics",
        aggregate=_of_totals(),
    ),
    ReportStreamDefinition(
        "vendor_sourcing_view",
        about="What a vendor sells to Amazon: stock, costs and shipments of each ASIN and day",
        report=_view("sourcingView", _METRICS),
        keys=("end_date", "asin"),
        replication_key="end_date",
        records="metrics",
        aggregate=_of_totals(),
    ),
)

"""What Amazon insists on for analytics reports, and how it says no."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox.conftest import Amazon

DE = "A1PA6795UKMFR9"
TRAFFIC = "GET_SALES_AND_TRAFFIC_REPORT"
BASKET = "GET_BRAND_ANALYTICS_MARKET_BASKET_REPORT"
SALES = "GET_VENDOR_SALES_REPORT"
MARGIN = "GET_VENDOR_NET_PURE_PRODUCT_MARGIN_REPORT"
STOCK = "GET_VENDOR_REAL_TIME_INVENTORY_REPORT"
FORECAST = "GET_VENDOR_FORECASTING_REPORT"
WEEK = {"reportPeriod": "WEEK"}
DAY = {"reportPeriod": "DAY", "distributorView": "MANUFACTURING", "sellingProgram": "RETAIL"}


def days(first: str, last: str) -> dict[str, str]:
    return {"dataStartTime": f"2026-{first}T00:00:00Z", "dataEndTime": f"2026-{last}T23:59:59Z"}


@pytest.mark.parametrize(
    ("account", "report_type", "options", "window"),
    [
        ("EU", TRAFFIC, {"asinGranularity": "EAN"}, days("10-20", "10-20")),
        ("EU", BASKET, {}, days("10-18", "10-24")),
        ("EU", BASKET, WEEK, days("10-19", "10-25")),
        ("EU", BASKET, WEEK, days("10-11", "10-24")),
        ("EU", BASKET, WEEK, days("10-25", "10-31")),
        ("vendor", SALES, {}, days("10-20", "10-20")),
        ("vendor", SALES, DAY | WEEK, days("10-20", "10-26")),
        ("vendor", SALES, DAY, days("10-01", "10-16")),
        ("vendor", SALES, DAY, days("10-31", "10-31")),
        ("vendor", MARGIN, DAY, days("10-27", "10-27")),
        ("vendor", STOCK, {}, days("10-20", "10-20")),
        ("vendor", STOCK, {}, days("10-30", "10-31")),
        ("vendor", FORECAST, {}, {}),
    ],
)
def test_what_cannot_be_made_ends_fatal_with_an_explanation(
    amazon: Amazon,
    account: str,
    report_type: str,
    options: dict[str, str],
    window: dict[str, str],
) -> None:
    amazon.log_in(f"Atzr|sandbox-{account}")

    report = amazon.finished(report_type, DE, reportOptions=options, **window)

    assert report["processingStatus"] == "FATAL"
    explanation = json.loads(amazon.download(report)[0])["errorDetails"]
    assert "range" not in explanation  # which would have it requested in halves


def test_sales_and_traffic_ignores_the_times_beside_the_dates(amazon: Amazon) -> None:
    options = {"dateGranularity": "DAY", "asinGranularity": "SKU"}
    window = {"dataStartTime": "2026-10-20T17:00:00Z", "dataEndTime": "2026-10-21T01:00:00Z"}

    report = amazon.finished(TRAFFIC, DE, reportOptions=options, **window)
    body, content_type = amazon.download(report)

    found = json.loads(body)
    dates = [day["date"] for day in found["salesAndTrafficByDate"]]
    assert content_type == "text/plain; charset=UTF-8"
    assert dates == ["2026-10-20", "2026-10-21"]
    assert found["reportSpecification"]["reportOptions"] == options


def test_visits_are_still_coming_in_for_three_days(amazon: Amazon) -> None:
    sessions = []
    for _ in range(3):
        amazon.log_in()
        report = amazon.finished(TRAFFIC, DE, **days("11-01", "11-01"))
        day = json.loads(amazon.download(report)[0])["salesAndTrafficByDate"][0]
        sessions.append(day["trafficByDate"]["sessions"])
        amazon.sandbox.world.data_time.advance(3 * 86_400)

    assert sessions[0] < sessions[1] == sessions[2]


def test_an_hour_is_in_a_report_only_as_a_whole(amazon: Amazon) -> None:
    amazon.log_in("Atzr|sandbox-vendor")
    window = {"dataStartTime": "2026-11-01T00:30:00Z", "dataEndTime": "2026-11-01T05:30:00Z"}

    report = amazon.finished(STOCK, DE, **window)

    hours = {row["startTime"] for row in json.loads(amazon.download(report)[0])["reportData"]}
    assert hours <= {f"2026-11-01T0{hour}:00:00Z" for hour in (1, 2, 3, 4)}
    assert hours


def test_receipts_in_inventory_are_those_of_the_purchase_orders(amazon: Amazon) -> None:
    stock = amazon.truth("VENDOR", "vendor_inventory")
    orders = amazon.truth("VENDOR", "vendor_purchase_orders_status")
    received = sum(
        item["receivingStatus"]["receivedQuantity"]["amount"]
        * item["receivingStatus"]["receivedQuantity"]["unitSize"]
        for order in orders
        for item in order["item_status"]
        if item["receivingStatus"].get("lastReceiveDate", "9") < "2026-10-25"
    )

    arrived = sum(
        row["net_received_inventory_units"] for row in stock if row["end_date"] <= "2026-10-28"
    )
    assert 0 < received <= arrived
    assert any(row["open_purchase_order_units"] for row in stock)

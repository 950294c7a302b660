"""Reports in JSON: each object is a record of its own, in the types of the schema, or is rejected."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from scripted_amazon import ago, now, scripted_amazon, summary_of, written

if TYPE_CHECKING:
    from pathlib import Path

FORECAST = {
    "forecastGenerationDate": "2026-11-20",
    "asin": "B000000001",
    "startDate": "2026-11-22T00:00:00Z",
    "endDate": "2026-11-28",
    "meanForecastUnits": "1.5",
}
STREAM = "vendor_forecasting_retail"


def report(objects: Any) -> Any:
    """A forecasting report."""
    return {"reportSpecification": {}, "forecastByAsin": objects}


def test_a_week_that_is_told_twice_comes_twice_and_a_wrong_object_is_rejected(
    tmp_path: Path,
) -> None:
    objects = [
        FORECAST,
        FORECAST | {"meanForecastUnits": 2},
        FORECAST | {"startDate": None},
        FORECAST | {"asin": "B000000002", "meanForecastUnits": "many"},
    ]
    with scripted_amazon(document=lambda _: report(objects)) as amazon:
        output = amazon.sync(tmp_path, STREAM)

    assert output.returncode == 0, output.errors
    found = output.records[STREAM]
    assert [(each["line_number"], each["mean_forecast_units"]) for each in found] == [
        (1, 1.5),
        (2, 2),
    ]
    assert {each["start_date"] for each in found} == {"2026-11-22"}
    validator = jsonschema_rs.Draft202012Validator(output.schemas[STREAM][-1]["schema"])
    for each in found:
        validator.validate(each)
    reasons = {row["reason"] for row in output.records["rejected_rows"]}
    assert reasons == {
        "start_date, which identifies it, is not a date",
        "mean_forecast_units is not the number that is due, but string",
    }
    summary = summary_of(output, STREAM)
    assert (summary["records"], summary["rejected"], summary["complete"]) == (2, 2, True)


def test_a_list_that_is_null_is_empty(tmp_path: Path) -> None:
    with scripted_amazon(document=lambda _: {"forecastByAsin": None}) as amazon:
        output = amazon.sync(tmp_path, STREAM)

    summary = summary_of(output, STREAM)
    assert (summary["records"], summary["complete"]) == (0, True)


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    text = "\ufeff" + json.dumps(report([FORECAST]))
    with scripted_amazon(document=lambda _: text) as amazon:
        output = amazon.sync(tmp_path, STREAM)

    [record] = output.records[STREAM]
    assert record["asin"] == FORECAST["asin"]
    assert summary_of(output, STREAM)["complete"]


# Keys that records share

WEEK = {"startDate": "2026-11-01", "endDate": "2026-11-07", "asin": "B1"}
SHARED = {
    "market_basket": ("dataByAsin", WEEK | {"purchasedWithAsin": "B2", "purchasedWithRank": 1}),
    "repeat_purchase": ("dataByAsin", WEEK | {"orders": 1}),
    "search_catalog_performance": ("dataByAsin", WEEK),
    "search_terms": (
        "dataByDepartmentAndSearchTerm",
        {
            "departmentName": "D",
            "searchTerm": "t",
            "clickShareRank": 1,
            "clickedAsin": "B1",
        },
    ),
    "vendor_sales": ("salesByAsin", WEEK | {"orderedUnits": 1}),
    "vendor_inventory": ("inventoryByAsin", WEEK),
    "vendor_traffic": ("trafficByAsin", WEEK | {"glanceViews": 1}),
    "vendor_net_pure_product_margin": ("netPureProductMarginByAsin", WEEK),
    "vendor_real_time_sales": (
        "reportData",
        {"startTime": "2026-11-01T00:00:00Z", "endTime": "2026-11-01T01:00:00Z", "asin": "B1"},
    ),
    "sales_traffic_by_date": ("salesAndTrafficByDate", {"date": "2026-11-01"}),
}


@pytest.mark.parametrize("stream", SHARED)
def test_records_that_share_their_keys_in_one_report_are_reported(
    tmp_path: Path, stream: str
) -> None:
    path, item = SHARED[stream]
    with scripted_amazon(document=lambda _: {path: [item, item, item]}) as amazon:
        output = amazon.sync(tmp_path, stream, start_date=ago(days=20), end_date=ago(days=19))
        if not output.records.get(stream):  # no complete week in a day
            output = amazon.sync(tmp_path, stream, start_date=ago(days=27), end_date=ago(days=12))

    assert len(output.records[stream]) % 3 == 0
    assert "2 records of report 1 share their keys with others" in output.errors


def test_rows_of_sales_and_traffic_without_an_sku_are_numbered(tmp_path: Path) -> None:
    row = {"parentAsin": "B1", "childAsin": "B1", "salesByAsin": {"unitsOrdered": 1}}
    document = {"salesAndTrafficByDate": [], "salesAndTrafficByAsin": [row, row]}
    with scripted_amazon(document=lambda _: document) as amazon:
        output = amazon.sync(
            tmp_path, "sales_traffic_report", start_date=ago(days=6), end_date=ago(days=5)
        )

    found = output.records["sales_traffic_report"]
    assert [(each["sku"], each["line_number"]) for each in found] == [("-", 1), ("-", 2)]


# What is requested of sales and traffic, and of which days it comes


@pytest.mark.parametrize("granularity", ["SKU", "CHILD"])
def test_the_granularity_of_sales_and_traffic_is_the_users(
    tmp_path: Path, granularity: str
) -> None:
    streams = ("sales_traffic_report", "sales_traffic_by_date")
    document = {
        "salesAndTrafficByDate": [{"date": "2026-11-01"}],
        "salesAndTrafficByAsin": [{"parentAsin": "B1", "childAsin": "B2"}],
    }
    with scripted_amazon(document=lambda _: document) as amazon:
        output = amazon.sync(
            tmp_path, *streams, asin_granularity=granularity,
            start_date=ago(days=6), end_date=ago(days=5),
        )  # fmt: skip

    [asked] = amazon.reports.values()
    assert asked["reportOptions"] == {
        "dateGranularity": "DAY",
        "asinGranularity": granularity,
    }
    [record] = output.records["sales_traffic_report"]
    assert (record["child_asin"], record["sku"]) == ("B2", "-")


def test_a_document_of_other_days_is_dated_by_itself_and_those_requested_are_requested_again(
    tmp_path: Path,
) -> None:
    stream = "sales_traffic_report"
    wrong: list[bool] = [True]

    def document(asked: dict[str, Any]) -> Any:
        days = {name: asked[name] for name in ("dataStartTime", "dataEndTime")}
        if wrong:
            days = dict.fromkeys(days, "2026-10-01")
        return {
            "reportSpecification": {"reportType": asked["reportType"], **days},
            "salesAndTrafficByDate": [],
            "salesAndTrafficByAsin": [{"parentAsin": "B1", "childAsin": "B1", "sku": "S"}],
        }

    settings: dict[str, Any] = {"start_date": ago(days=6)[:10], "end_date": ago(days=5)[:10]}
    with scripted_amazon(document=document) as amazon:
        first = amazon.sync(tmp_path, stream, **settings)
        wrong.clear()
        amazon.ahead = timedelta(hours=36)
        second = amazon.sync(tmp_path, stream, state=first.state, **settings)

    [record] = first.records[stream]
    assert (record["report_start_date"], record["report_end_date"]) == ("2026-10-01",) * 2
    assert "is of 2026-10-01 to 2026-10-01" in first.errors
    summary = summary_of(first, stream)
    assert (summary["complete"], summary["holes"]) == (False, 1)
    [record] = second.records[stream]
    assert record["report_end_date"] == settings["start_date"]
    assert summary_of(second, stream)["complete"]


def test_a_day_of_sales_and_traffic_is_read_again_a_day_and_a_week_later(tmp_path: Path) -> None:
    """Amazon revises a day for a week, and makes 96 reports a day for all marketplaces."""
    report_type, stream = "GET_SALES_AND_TRAFFIC_REPORT", "sales_traffic_by_date"
    morning = now().replace(hour=6, minute=0, second=0)
    first_day = morning - timedelta(days=4)  # its figures came this night
    read: dict[str, list[int]] = {}
    figures: dict[str, int] = {}
    with scripted_amazon() as amazon:

        def document(asked: dict[str, Any]) -> Any:
            day = asked["dataStartTime"][:10]
            sold = {"unitsOrdered": (amazon.now() - first_day).days}
            return {"salesAndTrafficByDate": [{"date": day, "salesByDate": sold}]}

        amazon.script["document"] = document
        state, counts = None, []
        for days in range(9):
            amazon.ahead = morning - now() + timedelta(days=days)
            before = len(amazon.reports)
            output = amazon.sync(
                tmp_path, stream, state=state, start_date=written(first_day)[:10],
                clock_factor=300, report_limits={report_type: 3_600},
            )  # fmt: skip
            state = output.state
            counts.append(len(amazon.reports) - before)
            for record in output.records[stream]:
                read.setdefault(record["date"], []).append(days)
                figures[record["date"]] = record["sales_by_date"]["unitsOrdered"]

    day = written(first_day)[:10]
    assert read[day] == [0, 1, 7]
    assert figures[day] == 4 + 7
    assert max(counts) == 3

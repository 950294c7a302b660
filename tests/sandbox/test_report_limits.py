"""Limits of single report types, as strict as Amazon has made them in 2026."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sandbox.conftest import REPORTS, Amazon

if TYPE_CHECKING:
    from sandbox.conftest import MakeAmazon

TRAFFIC = "GET_SALES_AND_TRAFFIC_REPORT"
QUERIES = "GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT"
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
DE = "A1PA6795UKMFR9"
US = "ATVPDKIKX0DER"
NA = "Atzr|sandbox-NA"
MINUTE, DAY = 60, 86_400
WEEK = {"dataStartTime": "2026-10-11T00:00:00Z", "dataEndTime": "2026-10-17T23:59:59Z"}
OPTIONS = {"reportOptions": {"reportPeriod": "WEEK", "asin": "B000000001 B000000002"}}


def test_sales_and_traffic_is_made_once_in_fifteen_minutes(amazon: Amazon) -> None:
    assert amazon.create(TRAFFIC, DE, **WEEK).status_code == 202
    amazon.clock.advance(14 * MINUTE)
    refused = amazon.create(TRAFFIC, DE, **WEEK)

    assert refused.status_code == 429
    assert refused.json()["errors"][0]["code"] == "QuotaExceeded"
    assert "x-amzn-ratelimit-limit" not in refused.headers, "nothing says which limit it was"
    assert amazon.create(LISTINGS, DE).status_code == 202, "others continue"
    amazon.clock.advance(MINUTE)
    assert amazon.create(TRAFFIC, DE, **WEEK).status_code == 202


@pytest.mark.parametrize(("whose", "status"), [("seller", 202), ("application", 429), ("off", 202)])
def test_another_seller_shares_the_limit_of_an_application(
    make_amazon: MakeAmazon, whose: str, status: int
) -> None:
    amazon = make_amazon(report_limits=whose)
    assert amazon.create(TRAFFIC, DE, **WEEK).status_code == 202
    assert amazon.create(TRAFFIC, DE, **WEEK).status_code == (202 if whose == "off" else 429)

    amazon.log_in(NA)

    assert amazon.create(TRAFFIC, US, **WEEK).status_code == status


def test_twenty_reports_of_search_queries_are_made_a_day_and_the_others_wait(
    amazon: Amazon,
) -> None:
    made = []
    for _ in range(21):
        amazon.log_in()  # a token lives an hour
        answer = amazon.create(QUERIES, DE, **WEEK, **OPTIONS)
        assert answer.status_code == 202, "requests are accepted"
        made.append(answer.json()["reportId"])
        amazon.clock.advance(5 * MINUTE)
    amazon.log_in()

    twentieth, last = (amazon.call("GET", f"{REPORTS}/{one}").json() for one in made[-2:])
    assert twentieth["processingStatus"] == "DONE"
    assert (last["processingStatus"], last.get("processingStartTime")) == ("IN_QUEUE", None)
    amazon.clock.advance(DAY)
    amazon.log_in()
    assert amazon.call("GET", f"{REPORTS}/{made[-1]}").json()["processingStatus"] == "DONE"


def test_search_queries_need_asins(amazon: Amazon) -> None:
    options = {"reportOptions": {"reportPeriod": "WEEK"}}

    assert amazon.finished(QUERIES, DE, **WEEK, **options)["processingStatus"] == "FATAL"

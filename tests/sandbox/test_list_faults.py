"""Faults of lists and of reports that say no more than a sentence: what the sandbox does, on demand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sandbox.conftest import Amazon

DE = "A1PA6795UKMFR9"
ORDERS, CATALOG = "/orders/2026-01-01/orders", "/catalog/2022-04-01/items"
TRANSACTIONS = "/finances/2024-06-19/transactions"
ASKED = {"lastUpdatedAfter": "2026-09-04T00:00:00Z", "includedData": "BUYER,RECIPIENT"}
POSTED = {"postedAfter": "2026-09-04T00:00:00Z", "postedBefore": "2026-10-30T00:00:00Z"}
BASKETS = "GET_BRAND_ANALYTICS_MARKET_BASKET_REPORT"
WEEK = {
    "dataStartTime": "2026-10-18T00:00:00Z",
    "dataEndTime": "2026-10-24T23:59:59Z",
    "reportOptions": {"reportPeriod": "WEEK"},
}


def switch_on(amazon: Amazon, operation: str, fault: str) -> None:
    entry = {"operation": operation, "fault": fault}
    amazon.http.post("/_sandbox/faults", json=[entry]).raise_for_status()


def orders(amazon: Amazon, **more: str) -> Any:
    amazon.clock.advance(200)
    answer = amazon.call("GET", ORDERS, None, **ASKED, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_report_of_unavailable_data_says_so_in_its_document(amazon: Amazon) -> None:
    switch_on(amazon, "createReport", "unavailable_data")

    report = amazon.finished(BASKETS, DE, **WEEK)

    assert report["processingStatus"] == "FATAL"
    text, _ = amazon.download(report)
    assert json.loads(text)["errorDetails"].startswith("The requested data is unavailable.")
    assert amazon.finished(BASKETS, DE, **WEEK)["processingStatus"] == "DONE"


def test_a_report_of_other_days_says_which(amazon: Amazon) -> None:
    switch_on(amazon, "createReport", "other_days")

    text, _ = amazon.download(amazon.finished(BASKETS, DE, **WEEK))

    specification = json.loads(text)["reportSpecification"]
    assert specification["dataStartTime"][:10] == "2026-10-11"
    assert specification["dataEndTime"][:10] == "2026-10-17"


@pytest.mark.parametrize("operation", ["searchOrders", "*"])
def test_an_answer_can_lack_its_list(amazon: Amazon, operation: str) -> None:
    switch_on(amazon, operation, "no_list")

    assert orders(amazon) == {}
    assert orders(amazon)["orders"]


def test_items_can_be_odd_stale_or_without_buyers(amazon: Amazon) -> None:
    right = orders(amazon)["orders"]
    switch_on(amazon, "searchOrders", "odd_item")
    odd = orders(amazon)["orders"]
    switch_on(amazon, "searchOrders", "stale_copy")
    stale = orders(amazon)["orders"]
    switch_on(amazon, "searchOrders", "no_buyers")
    bare = orders(amazon)["orders"]

    assert odd[0] == dict.fromkeys(right[0])
    assert odd[1:] == right
    assert stale[::2] == right
    for newer, older in zip(stale[::2], stale[1::2], strict=True):
        assert older["orderId"] == newer["orderId"]
        assert older["lastUpdatedTime"] < newer["lastUpdatedTime"]
    assert any("buyer" in order for order in right)
    assert not any("buyer" in order or "recipient" in order for order in bare)


def status(amazon: Amazon, **query: str) -> int:
    amazon.clock.advance(200)
    return int(amazon.call("GET", ORDERS, None, **(ASKED | query)).status_code)


def test_one_data_set_or_marketplace_can_refuse_all_that_is_requested_with_it(
    amazon: Amazon,
) -> None:
    assert status(amazon) == 200
    for _ in range(2):
        switch_on(amazon, "searchOrders", "refused_data_set")
    assert status(amazon) == 403
    assert status(amazon, includedData="BUYER") == 200
    amazon.http.delete("/_sandbox/faults")
    places = sorted({each["marketplace_id"] for each in amazon.truth("EU", "order_buyer_info")})
    for _ in range(4):
        switch_on(amazon, "searchOrders", "refused_marketplace")
    assert [status(amazon, marketplaceIds=each) for each in (places[0], places[-1])] == [200, 403]
    assert status(amazon) == 403
    assert status(amazon, marketplaceIds=",".join(places[:-1])) == 200


def transactions(amazon: Amazon, fault: str = "") -> list[Any]:
    """The transactions of the first page that has any; the pages before it are empty."""
    token: dict[str, str] = {}
    while True:
        amazon.clock.advance(5)
        if fault:
            switch_on(amazon, "listTransactions", fault)
        answer = amazon.call("GET", TRANSACTIONS, None, **POSTED, **token)
        payload = answer.raise_for_status().json()["payload"]
        if payload["transactions"]:
            found: list[Any] = payload["transactions"]
            return found
        token = {"nextToken": payload["nextToken"]}


def test_values_can_be_of_other_types(amazon: Amazon) -> None:
    right = transactions(amazon)
    other = transactions(amazon, "other_types")

    assert [each["transactionId"] for each in other] == [each["transactionId"] for each in right]
    for one, another in zip(right, other, strict=True):
        amount = another["totalAmount"]["currencyAmount"]
        assert isinstance(amount, str)
        assert float(amount) == one["totalAmount"]["currencyAmount"]


def test_transactions_can_share_a_key_or_have_none(amazon: Amazon) -> None:
    right = transactions(amazon)
    shared = transactions(amazon, "shared_key")
    bare = transactions(amazon, "no_ids")

    assert shared[1:] == right
    assert shared[0] == {**right[0], "description": "Another one"}
    assert bare[0] == bare[1]
    assert len(bare) == len(right) + 1
    assert not any("transactionId" in each for each in bare)


def test_pages_can_repeat_themselves_or_be_refused(amazon: Amazon) -> None:
    first = orders(amazon, maxResultsPerPage="10")
    token = first["pagination"]["nextToken"]
    switch_on(amazon, "searchOrders", "same_page")
    again = orders(amazon, maxResultsPerPage="10", paginationToken=token)
    switch_on(amazon, "searchOrders", "refused_token")
    amazon.clock.advance(200)
    refused = amazon.call(
        "GET", ORDERS, None, **ASKED, maxResultsPerPage="10", paginationToken=token
    )

    assert again["orders"] == first["orders"]
    assert refused.status_code == 400


def test_the_catalog_can_refuse_one_asin_or_count_more_than_it_gives(amazon: Amazon) -> None:
    asins = sorted({each["asin"] for each in amazon.truth("EU", "product_catalog")})

    def status(*wanted: str) -> int:
        amazon.clock.advance(5)
        switch_on(amazon, "searchCatalogItems", "refused_asin")
        answer = amazon.call(
            "GET", CATALOG, None, identifiers=",".join(wanted), identifiersType="ASIN",
            marketplaceIds=DE,
        )  # fmt: skip
        return answer.status_code

    refused = [asin for asin in asins[:100] if status(asin) == 400]

    assert refused
    assert len(refused) < 10
    assert status(*asins[:3], refused[0]) == 400
    amazon.http.delete("/_sandbox/faults")
    amazon.clock.advance(5)
    switch_on(amazon, "searchCatalogItems", "short_list")
    answer = amazon.call(
        "GET", CATALOG, None, identifiers=",".join(asins[:3]), identifiersType="ASIN",
        marketplaceIds=DE,
    ).json()  # fmt: skip
    assert answer["numberOfResults"] == len(answer["items"]) + 1

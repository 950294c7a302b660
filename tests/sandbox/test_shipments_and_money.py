"""Shipments, transactions and settlements are reported as late and as often as Amazon reports them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from amazon_seller_sandbox.world.accounts import DE, GB, US

if TYPE_CHECKING:
    from sandbox.conftest import Amazon, MakeAmazon

SALES = "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_SALES_DATA"
PROMOTIONS = "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_PROMOTION_DATA"
SHIPMENTS = "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL"
SETTLEMENTS = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
TRANSACTIONS = "/finances/2024-06-19/transactions"
REPORTS = "/reports/2021-06-30/reports"
OCTOBER = {"dataStartTime": "2026-10-02T00:00:00Z", "dataEndTime": "2026-11-01T00:00:00Z"}
SEPTEMBER = {"dataStartTime": "2026-09-03T00:00:00Z", "dataEndTime": "2026-10-02T00:00:00Z"}
DAY = 86_400


def every_transaction(amazon: Amazon, **query: str) -> list[dict[str, Any]]:
    """All pages of listTransactions."""
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        amazon.clock.advance(2)
        answer = amazon.call("GET", TRANSACTIONS, None, **query, **token)
        assert answer.status_code == 200, answer.text
        payload = answer.json()["payload"]
        found += payload["transactions"]
        if "nextToken" not in payload:
            return found
        token = {"nextToken": payload["nextToken"]}


def test_shipments_belong_to_lines_of_fba_orders(amazon: Amazon) -> None:
    ordered: Counter[tuple[str, str]] = Counter()
    for line in amazon.truth("EU", "order_items"):
        if line["fulfillment_channel"] == "Amazon" and line["order_status"] == "Shipped":
            ordered[line["amazon_order_id"], line["sku"]] += line["quantity"]
    shipped: Counter[tuple[str, str]] = Counter()
    for row in amazon.truth("EU", "fba_customer_shipment_sales"):
        shipped[row["amazon_order_id"], row["sku"]] += row["quantity"]

    assert shipped
    assert all(units <= ordered[key] for key, units in shipped.items())
    assert sum(shipped.values()) > 0.9 * sum(ordered.values()), "all but the latest are reported"


def test_a_shipment_is_told_an_hour_to_a_day_late(amazon: Amazon) -> None:
    before = amazon.truth("EU", "fba_customer_shipment_sales")
    amazon.sandbox.world.data_time.advance(DAY)
    after = amazon.truth("EU", "fba_customer_shipment_sales")

    late = [row for row in after if row not in before]
    assert any(row["shipment_date"] < "2026-11-02T08:00:00" for row in late)
    assert all(row["shipment_date"] > "2026-11-01T08:00:00" for row in late)


@pytest.mark.parametrize("report_type", [SALES, SHIPMENTS])
def test_reports_of_shipments_cover_30_days_and_reach_back_18_months(
    amazon: Amazon, report_type: str
) -> None:
    long = {**OCTOBER, "dataStartTime": "2026-09-30T00:00:00Z"}
    old = {"dataStartTime": "2025-01-01T00:00:00Z", "dataEndTime": "2025-01-20T00:00:00Z"}

    assert amazon.finished(report_type, DE.id, **OCTOBER)["processingStatus"] == "DONE"
    for window in (long, old):
        amazon.clock.advance(DAY)
        amazon.log_in()
        assert amazon.finished(report_type, DE.id, **window)["processingStatus"] == "FATAL"


def test_fba_reports_are_rationed_by_the_time_that_they_cover(amazon: Amazon) -> None:
    def outcome(**window: str) -> str:
        status: str = amazon.finished(SALES, DE.id, **window)["processingStatus"]
        return status

    assert outcome(**OCTOBER) == "DONE"
    assert outcome(**SEPTEMBER) == "DONE", "another time"
    assert outcome(**OCTOBER) in {"FATAL", "CANCELLED"}
    amazon.clock.advance(30 * 60)
    assert outcome(**OCTOBER) == "DONE"


def test_promotions_are_known_in_north_america_alone(amazon: Amazon) -> None:
    europe = amazon.rows(PROMOTIONS, DE.id, "latin-1", **OCTOBER)
    amazon.log_in("Atzr|sandbox-NA")
    america = amazon.rows(PROMOTIONS, US.id, "utf-8", **OCTOBER)

    assert europe == []
    assert america


def test_transactions_add_up_to_the_last_node(amazon: Amazon) -> None:
    def check(node: dict[str, Any], amount: str) -> None:
        if node["breakdowns"]:
            parts = sum(each["breakdownAmount"]["currencyAmount"] for each in node["breakdowns"])
            assert parts == pytest.approx(node[amount]["currencyAmount"])
        for each in node["breakdowns"]:
            check(each, "breakdownAmount")

    found = every_transaction(amazon, postedAfter="2026-09-04T00:00:00Z", marketplaceId=DE.id)

    assert {each["transactionType"] for each in found} == {"Shipment", "Refund", "ServiceFee"}
    for transaction in found:
        check(transaction, "totalAmount")
        items = sum(each["totalAmount"]["currencyAmount"] for each in transaction["items"])
        if transaction["items"]:
            assert items == pytest.approx(transaction["totalAmount"]["currencyAmount"])
        for item in transaction["items"]:
            check(item, "totalAmount")


def test_transactions_are_found_by_order_and_status(amazon: Amazon) -> None:
    order = next(
        each["amazon_order_id"]
        for each in amazon.truth("EU", "order_financial_events")
        if each["transaction_type"] == "Refund"
    )
    of_order = every_transaction(
        amazon, relatedIdentifierName="ORDER_ID", relatedIdentifierValue=order
    )
    deferred = every_transaction(
        amazon, postedAfter="2026-09-04T00:00:00Z", transactionStatus="DEFERRED"
    )

    kinds = Counter(each["transactionType"] for each in of_order)
    assert kinds["Refund"] == 1
    # Where the money was held back, its release is reported beside it.
    assert kinds["Shipment"] == 1 + any(
        each["transactionStatus"] == "DEFERRED_RELEASED" for each in of_order
    )
    assert deferred
    assert {each["transactionStatus"] for each in deferred} == {"DEFERRED"}


def test_money_that_was_held_back_is_released_by_a_transaction_of_its_own(amazon: Amazon) -> None:
    asked = {"postedAfter": "2026-09-04T00:00:00Z", "marketplaceId": DE.id}
    amazon.clock.advance(60 * DAY)
    amazon.sandbox.world.data_time.advance(60 * DAY)
    amazon.log_in()
    found = every_transaction(amazon, **asked)
    by_order: dict[tuple[Any, ...], Counter[str]] = {}
    for each in found:
        if each["transactionType"] == "Shipment":
            what = each["relatedIdentifiers"][0]["relatedIdentifierValue"], str(each["totalAmount"])
            by_order.setdefault(what, Counter())[each["transactionStatus"]] += 1

    held = [each for each in by_order.values() if each["DEFERRED_RELEASED"]]
    assert held
    assert all(each["RELEASED"] == 1 for each in held)
    assert len({each["transactionId"] for each in found}) == len(found)


def test_more_than_180_days_are_an_empty_answer(amazon: Amazon) -> None:
    assert every_transaction(amazon, postedAfter="2026-05-01T00:00:00Z") == []
    assert every_transaction(amazon, postedAfter="2026-05-10T00:00:00Z") != []


def test_the_us_hides_orders_that_sellers_ship_where_the_marketplace_is_named(
    amazon: Amazon,
) -> None:
    def networks(**query: str) -> set[str]:
        return {
            item["contexts"][0]["fulfillmentNetwork"]
            for each in every_transaction(amazon, postedAfter="2026-09-04T00:00:00Z", **query)
            if each["marketplaceDetails"]["marketplaceId"] == US.id
            for item in each["items"]
        }

    amazon.log_in("Atzr|sandbox-NA")

    assert networks(marketplaceId=US.id) == {"AFN"}
    assert networks() == {"AFN", "MFN"}


def test_settlements_exist_by_themselves_and_cannot_be_asked_for(amazon: Amazon) -> None:
    def listed() -> list[dict[str, Any]]:
        answer = amazon.call("GET", REPORTS, reportTypes=SETTLEMENTS, marketplaceIds=DE.id)
        reports: list[dict[str, Any]] = answer.json()["reports"]
        return reports

    before = listed()
    refused = amazon.create(SETTLEMENTS, DE.id, **OCTOBER)
    amazon.sandbox.world.data_time.advance(14 * DAY)
    amazon.log_in()
    after = listed()

    assert refused.status_code == 400
    assert 3 <= len(before) <= 5
    assert len(after) == len(before) + 1
    assert [each["createdTime"] for each in after] == sorted(
        (each["createdTime"] for each in after), reverse=True
    )
    assert {each["processingStatus"] for each in after} == {"DONE"}


def test_settlements_write_numbers_and_dates_as_their_marketplace_does(
    make_amazon: MakeAmazon,
) -> None:
    amazon = make_amazon(orders=300)
    rows: dict[str, list[list[str]]] = defaultdict(list)
    for market in (DE, GB):
        answer = amazon.call("GET", REPORTS, reportTypes=SETTLEMENTS, marketplaceIds=market.id)
        text = amazon.download(answer.json()["reports"][0])[0].decode("cp1252")
        rows[market.country] = [line.split("\t") for line in text.splitlines()]

    header, german = rows["DE"][0], dict(zip(rows["DE"][0], rows["DE"][1], strict=True))
    british = dict(zip(rows["GB"][0], rows["GB"][1], strict=True))
    assert len(header) == 24
    for name in ("settlement-start-date", "settlement-end-date", "deposit-date"):
        assert re.fullmatch(r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d UTC", german[name])
    assert german["total-amount"].count(",") == 1
    assert british["total-amount"].count(".") == 1
    assert all(row[4] == "" for row in rows["DE"][2:]), "only the first row has the total"

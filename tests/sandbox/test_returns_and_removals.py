"""Returns and removals belong to what was shipped, and their progress adds up."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from amazon_seller_sandbox.world.accounts import DE

if TYPE_CHECKING:
    from sandbox.conftest import Amazon, MakeAmazon

SELLER_RETURNS = "GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE"
WINDOW = {"dataStartTime": "2026-09-04T00:00:00Z", "dataEndTime": "2026-11-02T00:00:00Z"}
DAY = 86_400


@pytest.fixture
def busy(make_amazon: MakeAmazon) -> Amazon:
    """A sandbox with orders enough for returns of every kind."""
    return make_amazon(orders=1500)


def test_returns_belong_to_orders_of_their_channel(busy: Amazon) -> None:
    channels = {
        (each["amazon_order_id"], each["sku"]): each["fulfillment_channel"]
        for each in busy.truth("EU", "order_items")
    }
    fba = busy.truth("EU", "fba_customer_returns")
    seller = busy.truth("EU", "merchant_returns")

    assert {channels[each["order_id"], each["sku"]] for each in fba} == {"Amazon"}
    assert {channels[each["order_id"], each["merchant_sku"]] for each in seller} == {"Merchant"}


def test_a_return_may_be_reimbursed_later(busy: Amazon) -> None:
    def statuses() -> Counter[str]:
        return Counter(each["status"] for each in busy.truth("EU", "fba_customer_returns"))

    before = statuses()
    busy.sandbox.world.data_time.advance(20 * DAY)

    assert statuses()["Reimbursed"] > before["Reimbursed"]
    orders = {each["order_id"] for each in busy.truth("EU", "fba_customer_returns")}
    reimbursed = busy.truth("EU", "fba_reimbursements")
    assert {each["amazon_order_id"] for each in reimbursed} - {None} <= orders


def test_dates_of_sellers_returns_name_the_month(busy: Amazon) -> None:
    rows = busy.rows(SELLER_RETURNS, DE.id, "cp1252", **WINDOW)

    assert rows
    assert all(row["Return request date"][2:8:4] == "--" for row in rows)
    assert {row["Is prime"] for row in rows} <= {"Y", "N"}


def test_removal_shipments_are_the_shipped_units_of_removal_orders(amazon: Amazon) -> None:
    ordered, shipped = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for each in amazon.truth("EU", "removal_orders"):
        key = each["order_id"], each["sku"], each["disposition"]
        ordered[key] += each["shipped_quantity"]
        accounted = each["cancelled_quantity"] + each["disposed_quantity"]
        accounted += each["shipped_quantity"] + each["in_process_quantity"]
        assert accounted == each["requested_quantity"]
    for each in amazon.truth("EU", "removal_shipments"):
        shipped[each["order_id"], each["sku"], each["disposition"]] += each["shipped_quantity"]

    assert shipped
    assert +ordered == shipped

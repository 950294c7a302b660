"""What the vendor APIs insist on, and that purchase orders add up over their life."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sandbox.conftest import Amazon

ORDERS = "/vendor/orders/v1/purchaseOrders"
STATUS = "/vendor/orders/v1/purchaseOrdersStatus"
DIRECT = "/vendor/directFulfillment/orders/2021-12-28/purchaseOrders"
INVOICES = "/vendor/directFulfillment/shipping/2021-12-28/customerInvoices"
TOKENS = "/tokens/2021-03-01/restrictedDataToken"
WEEK = {"createdAfter": "2026-10-20T00:00:00Z", "createdBefore": "2026-10-27T00:00:00Z"}


@pytest.fixture
def vendor(amazon: Amazon) -> Amazon:
    amazon.log_in("Atzr|sandbox-vendor")
    return amazon


def open_path(amazon: Amazon, path: str) -> None:
    """Call with a restricted data token of a path from now on."""
    body = {"restrictedResources": [{"method": "GET", "path": path}]}
    amazon.token = amazon.call("POST", TOKENS, body).json()["restrictedDataToken"]


def test_vendors_and_sellers_may_not_call_what_is_the_others(amazon: Amazon) -> None:
    assert amazon.call("GET", ORDERS, **WEEK).status_code == 403
    amazon.log_in("Atzr|sandbox-vendor")

    assert amazon.call("GET", ORDERS, **WEEK).status_code == 200
    assert amazon.call("GET", "/sellers/v1/marketplaceParticipations").status_code == 403
    assert amazon.create("GET_MERCHANT_LISTINGS_ALL_DATA", "A1PA6795UKMFR9").status_code == 403


@pytest.mark.parametrize("path", [DIRECT, INVOICES])
def test_paths_with_personal_data_need_their_own_restricted_data_token(
    vendor: Amazon, path: str
) -> None:
    other = INVOICES if path == DIRECT else DIRECT

    assert vendor.call("GET", path, **WEEK).status_code == 403
    open_path(vendor, path)
    assert vendor.call("GET", path, **WEEK).status_code == 200
    assert vendor.call("GET", other, **WEEK).status_code == 403
    assert vendor.call("GET", ORDERS, **WEEK).status_code == 403


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (ORDERS, {}),
        (ORDERS, {"createdAfter": "2026-10-20T00:00:00Z"}),
        (ORDERS, WEEK | {"createdBefore": "2026-10-27T00:00:01Z"}),
        (ORDERS, WEEK | {"createdBefore": "2026-10-19T00:00:00Z"}),
        (ORDERS, WEEK | {"limit": "101"}),
        (ORDERS, WEEK | {"createdAfter": "yesterday"}),
        (
            ORDERS,
            {"createdAfter": "2026-04-01T00:00:00Z", "createdBefore": "2026-04-02T00:00:00Z"},
        ),
        (ORDERS, {"nextToken": "bm9uZQ=="}),
        (STATUS, {}),
        (STATUS, {"updatedAfter": "2026-10-20T00:00:00Z"}),
        (DIRECT, {"createdAfter": "2026-11-01T00:00:00Z"}),
        (INVOICES, {"createdBefore": "2026-11-01T00:00:00Z"}),
    ],
)
def test_a_time_that_amazon_does_not_answer_is_refused(
    vendor: Amazon, path: str, query: dict[str, str]
) -> None:
    if path in {DIRECT, INVOICES}:
        open_path(vendor, path)

    assert vendor.call("GET", path, **query).status_code == 400


def pages(amazon: Amazon, path: str, name: str, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        payload = amazon.call("GET", path, **query).json()["payload"]
        found += payload[name]
        if "nextToken" not in payload["pagination"]:
            return found
        query = {"nextToken": payload["pagination"]["nextToken"]}


def test_pages_make_up_the_whole_and_both_ends_are_left_out(vendor: Amazon) -> None:
    week = pages(vendor, ORDERS, "orders", **WEEK)
    placed = [order["orderDetails"]["purchaseOrderDate"] for order in week]
    between = {"createdAfter": placed[0], "createdBefore": placed[-1]}

    assert len(week) > len(pages(vendor, ORDERS, "orders", limit="10", **between)) == len(week) - 2
    assert placed == sorted(placed)
    assert len({order["purchaseOrderNumber"] for order in week}) == len(week)


def test_windows_of_changes_have_what_amazon_changed_and_nothing_else(vendor: Amazon) -> None:
    week = {"changedAfter": WEEK["createdAfter"], "changedBefore": WEEK["createdBefore"]}
    changed = pages(vendor, ORDERS, "orders", **week)
    created = pages(vendor, ORDERS, "orders", **WEEK)

    assert changed
    assert all(
        week["changedAfter"]
        < order["orderDetails"]["purchaseOrderChangedDate"]
        < week["changedBefore"]
        for order in changed
    )
    assert any("purchaseOrderChangedDate" not in order["orderDetails"] for order in created)


def test_quantities_add_up_from_order_to_receipt(vendor: Amazon) -> None:
    orders = {
        order["purchase_order_number"]: order
        for order in vendor.truth("VENDOR", "vendor_purchase_orders")
    }
    statuses = vendor.truth("VENDOR", "vendor_purchase_orders_status")
    seen: set[str] = set()
    for status in statuses:
        order = orders[status["purchase_order_number"]]
        assert status["purchase_order_date"] == order["purchase_order_date"]
        assert (status["purchase_order_status"] == "CLOSED") == (
            order["purchase_order_state"] == "Closed"
        )
        for ordered, item in zip(order["items"], status["item_status"], strict=True):
            acknowledged, arrived = item["acknowledgementStatus"], item["receivingStatus"]
            amount = ordered["orderedQuantity"]["amount"]
            assert item["buyerProductIdentifier"] == ordered["amazonProductIdentifier"]
            assert item["orderedQuantity"]["orderedQuantity"]["amount"] == amount
            seen |= {acknowledged["confirmationStatus"], arrived["receiveStatus"]}
            accepted = acknowledged.get("acceptedQuantity", {"amount": 0})["amount"]
            rejected = acknowledged.get("rejectedQuantity", {"amount": amount})["amount"]
            assert accepted + rejected == amount
            assert arrived["receivedQuantity"]["amount"] <= accepted
            if "lastReceiveDate" in arrived:
                assert order["purchase_order_date"] < arrived["lastReceiveDate"]

    assert len(statuses) == len(orders)
    assert seen == {
        "ACCEPTED",
        "PARTIALLY_ACCEPTED",
        "REJECTED",
        "UNCONFIRMED",
        "NOT_RECEIVED",
        "PARTIALLY_RECEIVED",
        "RECEIVED",
    }

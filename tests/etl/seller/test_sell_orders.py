"""The rules by which orders and their lines become sell orders."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from etl.conftest import Built, SellerFolder

DE = "A1PA6795UKMFR9"
FR = "A13V1IB3VIYZZH"
ASIN = "B0000000AA"
OTHER = "B0000000BB"


@pytest.fixture(autouse=True)
def _two_listings(seller: SellerFolder) -> None:
    seller.listing(ASIN)
    seller.listing(OTHER)


def test_an_order_becomes_a_sell_order(seller: SellerFolder) -> None:
    seller.order(purchase_date="2026-10-01T12:00:00+02:00", order_total=15.49)
    seller.line(quantity=2, item_price=9.99)
    built = seller.build()
    assert built.sell_orders == {
        "302-1": {
            "remoteId": "302-1",
            "placed": "2026-10-01T10:00:00Z",
            "totalValue": 15.49,
            "orderLines": [{"quantity": 2, "subtotalValue": 9.99, "Remote_productId": ASIN}],
        }
    }


def test_data_singer_has_the_form_that_target_optiply_loads(seller: SellerFolder) -> None:
    seller.order(order_total=15.5)
    seller.line(quantity=2)
    messages = seller.build().messages
    kinds = [(each["type"], each["stream"]) for each in messages]
    assert kinds == [
        ("SCHEMA", "Products"), ("RECORD", "Products"), ("RECORD", "Products"),
        ("SCHEMA", "SellOrders"), ("RECORD", "SellOrders"),
    ]  # fmt: skip
    order = messages[-1]["record"]
    lines = json.loads(order.pop("line_items"))
    assert order == {"externalId": "302-1", "placed": "2026-10-01T10:00:00Z", "totalValue": "15.50"}
    assert lines == [{"quantity": 2, "subtotalValue": "9.99", "Remote_productId": ASIN}]
    for message in messages:
        if message["type"] == "SCHEMA":
            assert message["key_properties"] == []
            assert "format" not in json.dumps(message["schema"])
    declared = {
        each["stream"]: each["schema"]["properties"] for each in messages if "schema" in each
    }
    for message in messages:
        assert set(message.get("record", {})) <= set(declared[message["stream"]])


def test_lines_of_one_product_are_one_line(seller: SellerFolder) -> None:
    seller.order()
    seller.line(quantity=1, item_price=0.1, line_number=1)
    seller.line(quantity=2, item_price=0.2, line_number=2)
    seller.line(quantity=4, item_price=5, sku="SECOND-SKU")
    seller.line(asin=OTHER, quantity=1, item_price=1.005)
    lines = seller.build().sell_orders["302-1"]["orderLines"]
    assert lines == [
        {"quantity": 7, "subtotalValue": 5.3, "Remote_productId": ASIN},
        {"quantity": 1, "subtotalValue": 1.01, "Remote_productId": OTHER},
    ]


def test_without_order_total_the_lines_are_summed(seller: SellerFolder) -> None:
    seller.order(order_total=None)
    seller.line(item_price=0.1)
    seller.line(asin=OTHER, item_price=0.2)
    assert seller.build().sell_orders["302-1"]["totalValue"] == 0.3


NOT_SOLD = {
    "Pending": "the order is pending, so not sold yet",
    "PENDING": "the order is pending, so not sold yet",
    "PendingAvailability": "the order is pending, so not sold yet",
    "Canceled": "the order is cancelled",
    "cancelled": "the order is cancelled",
}


@pytest.fixture(scope="module")
def of_not_sold(new_seller: Callable[[], SellerFolder]) -> Built:
    """An order in each state, numbered by it."""
    seller = new_seller()
    seller.listing(ASIN)
    for status in NOT_SOLD:
        seller.order(status, order_status=status)
        seller.line(status)
    return seller.build()


@pytest.mark.parametrize(("status", "reason"), NOT_SOLD.items())
def test_an_order_that_is_not_sold_is_left_out(
    of_not_sold: Built, status: str, reason: str
) -> None:
    assert of_not_sold.sell_orders == {}
    for what, id_ in (("orders", status), ("order_items", f"{status} {ASIN} SKU-{ASIN} 1")):
        left_out = of_not_sold.left_out(what)
        assert [why for why, ids in left_out.items() if id_ in ids] == [reason]
        assert sum(len(ids) for ids in left_out.values()) == len(NOT_SOLD)


LINES: dict[str, tuple[dict[str, Any], str]] = {
    "cancelled": ({"item_status": "Cancelled"}, "the line is cancelled"),
    "of none": ({"quantity": 0}, "its quantity is not above 0"),
    "without a quantity": ({"quantity": None}, "its quantity is not above 0"),
    "of an unknown product": ({"asin": "B0UNKNOWN0"}, "its product is not known"),
    "of no ASIN": ({"asin": None}, "it has no ASIN"),
}


@pytest.fixture(scope="module")
def of_lines(new_seller: Callable[[], SellerFolder]) -> Built:
    """An order for each line that is left out, with one that goes out."""
    seller = new_seller()
    seller.listing(ASIN)
    seller.listing(OTHER)
    for name, (changed, _) in LINES.items():
        seller.order(name)
        seller.line(name, asin=OTHER)
        seller.line(name, **({"asin": ASIN} | changed))
    return seller.build()


@pytest.mark.parametrize("name", LINES)
def test_a_line_is_left_out_with_its_order_named(of_lines: Built, name: str) -> None:
    lines = of_lines.sell_orders[name]["orderLines"]
    assert [line["Remote_productId"] for line in lines] == [OTHER]
    left_out = of_lines.left_out("order_items")
    of_order = [why for why, ids in left_out.items() for id_ in ids if id_.startswith(f"{name} ")]
    assert of_order == [LINES[name][1]]
    assert sum(len(ids) for ids in left_out.values()) == len(LINES)


ORDERS: dict[str, tuple[dict[str, Any], str]] = {
    "whose product is unknown": (
        {"asin": "B0UNKNOWN0"},
        "no line of the order has a known product",
    ),
    "with cancelled lines only": (
        {"item_status": "Cancelled"},
        "all lines of the order are cancelled or without quantity",
    ),
    "without lines": ({"number": "302-9"}, "the order has no lines in the input"),
}


@pytest.mark.parametrize(("line", "reason"), ORDERS.values(), ids=ORDERS.keys())
def test_an_order_is_left_out(seller: SellerFolder, line: dict[str, Any], reason: str) -> None:
    seller.order()
    seller.line(**line)
    built = seller.build()
    assert built.sell_orders == {}
    assert built.left_out("orders") == {reason: ["302-1"]}


def test_a_line_without_its_order_is_left_out(seller: SellerFolder) -> None:
    seller.order()
    seller.line()
    seller.line("302-2")
    left_out = seller.build().left_out("order_items")
    assert left_out == {"its order is not in the input": [f"302-2 {ASIN} SKU-{ASIN} 1"]}


@pytest.mark.parametrize("column", ["purchase_date", "order_status"])
def test_an_order_without_date_or_status_is_left_out(seller: SellerFolder, column: str) -> None:
    changed: dict[str, Any] = {column: None}
    seller.order(**changed)
    seller.line()
    assert seller.build().left_out("orders") == {f"the order has no {column}": ["302-1"]}


def test_with_marketplaces_the_product_is_that_of_the_orders_marketplace(
    seller: SellerFolder,
) -> None:
    seller.config["marketplaces"] = "DE,FR"
    seller.listing(ASIN, marketplace_id=FR)
    seller.order("302-1", marketplace_id=FR)
    seller.line("302-1", marketplace_id=FR)
    seller.order("302-2", marketplace_id=FR)
    seller.line("302-2", asin=OTHER, marketplace_id=FR)
    built = seller.build()
    assert built.sell_orders["302-1"]["orderLines"][0]["Remote_productId"] == f"{ASIN}_{FR}"
    assert list(built.sell_orders) == ["302-1"]


def test_the_newest_state_of_an_order_counts(seller: SellerFolder) -> None:
    for day, status, quantity in ((3, "Shipped", 3), (2, "Pending", 2)):
        updated = f"2026-10-0{day}T00:00:00Z"
        seller.order(order_status=status, last_updated_date=updated)
        seller.line(quantity=quantity, last_updated_date=updated)
    built = seller.build()
    assert built.sell_orders["302-1"]["orderLines"][0]["quantity"] == 3
    assert built.report["counts"]["orders"] == {"in": 2, "out": 1, "unchanged": 0, "left_out": 1}


def test_of_equal_dates_the_last_record_counts(seller: SellerFolder) -> None:
    seller.order()
    seller.line(quantity=1)
    seller.line(quantity=2)
    built = seller.build()
    assert built.sell_orders["302-1"]["orderLines"][0]["quantity"] == 2
    assert list(built.left_out("order_items")) == ["a newer record of the same key is in the input"]


def test_an_order_id_in_two_marketplaces_goes_out_once(seller: SellerFolder) -> None:
    for marketplace in (DE, FR):
        seller.order(marketplace_id=marketplace)
        seller.line(marketplace_id=marketplace)
    built = seller.build()
    assert built.report["counts"]["orders"]["out"] == 1
    assert built.sell_orders["302-1"]["orderLines"][0]["quantity"] == 1


def test_a_line_without_price_is_sent_with_0_and_noted(seller: SellerFolder) -> None:
    seller.order(order_total=None)
    seller.line(item_price=None)
    built = seller.build()
    assert built.sell_orders["302-1"]["orderLines"][0]["subtotalValue"] == 0.0
    assert built.notes()["a line without item_price is sent with 0"] == ["302-1"]

"""Rules by which a vendor's sell orders are made, sent once, and wait."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from vendor_folder import (
    EAN,
    OTHER_EAN,
    UPC,
    VendorFolder,
    cases,
    direct_item,
    eaches,
    euro,
    item,
    status_item,
)

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.verdicts import outcomes

if TYPE_CHECKING:
    from collections.abc import Callable

    from etl.conftest import SellerFolder

pytestmark = pytest.mark.usefixtures("remembered_runs")


@pytest.fixture
def vendor(seller: SellerFolder) -> VendorFolder:
    return VendorFolder(seller)


STATES: dict[str, tuple[str | None, str | None]] = {
    "new": ("New", outcomes.NOT_ACCEPTED),
    "acknowledged": ("Acknowledged", None),
    "closed": ("Closed", None),
    "unknown": ("Lost", outcomes.UNKNOWN_STATE),
    "none": (None, "it has no purchase_order_state"),
}


REASONS: dict[str, tuple[dict[str, Any], str, str]] = {
    "nothing ordered": (
        {"quantity": eaches(0)},
        outcomes.NOTHING_SOLD,
        outcomes.ALL_LINES_CANCELLED,
    ),
    "no barcode": ({"code": "PEN-1"}, outcomes.NO_EAN, outcomes.NO_KNOWN_PRODUCT),
}


UNREADABLE: dict[str, tuple[Any, str]] = {
    "no items": ([], outcomes.NO_LINES),
    "items that are none": ({"a": 1}, "its items cannot be read as JSON"),
    "an amount that is none": (
        [item(netCost=euro("cheap"))],
        outcomes.UNREAD_LINE,
    ),
    "several currencies": (
        [item(), item(itemSequenceNumber="2", netCost={"amount": "1", "currencyCode": "GBP"})],
        outcomes.SEVERAL_CURRENCIES,
    ),
}


@pytest.fixture(scope="module")
def of_cases(new_seller: Callable[[], SellerFolder]) -> VendorFolder:
    """Orders in each state, with each kind of item and reason, and ordinary ones."""
    vendor = VendorFolder(new_seller())
    for name, (state, _) in STATES.items():
        vendor.purchase(name, purchase_order_state=state)
    for number, (name, (changed, _, _)) in enumerate(REASONS.items()):
        other = {"itemSequenceNumber": "2", "amazonProductIdentifier": f"B{number:09}"}
        odd = item(**(changed | other))
        vendor.purchase(f"{name} 1", item(), odd)
        vendor.purchase(f"{name} 2", odd)
    for name, (items, _) in UNREADABLE.items():
        vendor.purchase(name, items=items)
    vendor.purchase(
        "PO1",
        item(quantity=cases(2, 6), netCost=euro("2.505")),
        item(quantity=eaches(3), itemSequenceNumber="2"),
        item(OTHER_EAN, itemSequenceNumber="3", amazonProductIdentifier="B0000000BB"),
    )
    vendor.direct("D1", direct_item(amount=2))
    vendor.purchase("SAME")
    vendor.direct("SAME")
    vendor.build()
    return vendor


def test_all_orders_are_sent_of_which_nothing_else_is_said(of_cases: VendorFolder) -> None:
    sold = {name for name, (_, reason) in STATES.items() if reason is None}
    sold |= {f"{name} 1" for name in REASONS} | {"PO1", "D1", "SAME"}
    left_out = of_cases.built.left_out("vendor_purchase_orders")
    assert set(of_cases.rows("sell_orders")) == sold
    assert sorted(number for ids in left_out.values() for number in ids) == sorted(
        {*STATES, *UNREADABLE, *(f"{name} 2" for name in REASONS)} - sold
    )


@pytest.mark.parametrize("name", STATES)
def test_a_purchase_order_is_a_sale_once_it_is_accepted(of_cases: VendorFolder, name: str) -> None:
    reason = STATES[name][1]
    left_out = of_cases.built.left_out("vendor_purchase_orders")
    assert (name in of_cases.rows("sell_orders")) == (reason is None)
    assert [why for why, ids in left_out.items() if name in ids] == ([reason] if reason else [])
    # The order at the supplier is there from the beginning.
    assert name in of_cases.rows("buy_orders")


def test_what_a_sell_order_says(of_cases: VendorFolder) -> None:
    orders = of_cases.rows("sell_orders")
    assert orders["PO1"] == {
        "remoteId": "PO1",
        "placed": "2026-10-01T10:00:00Z",
        "totalValue": 62.56,
        "orderLines": [
            {"quantity": 15, "subtotalValue": 37.56, "Remote_productId": EAN},
            {"quantity": 10, "subtotalValue": 25.0, "Remote_productId": OTHER_EAN},
        ],
    }
    assert (orders["D1"]["placed"], orders["D1"]["totalValue"]) == ("2026-10-03T10:00:00Z", 6.0)


@pytest.mark.parametrize("name", REASONS)
def test_items_that_are_no_sale_are_left_out_and_listed(of_cases: VendorFolder, name: str) -> None:
    _, of_item, of_order = REASONS[name]
    order = of_cases.rows("sell_orders")[f"{name} 1"]
    assert [line["quantity"] for line in order["orderLines"]] == [10]
    left_out = of_cases.built.left_out("vendor_purchase_orders")
    assert [why for why, ids in left_out.items() if f"{name} 2" in ids] == [of_order]
    of_items = of_cases.built.left_out("vendor_purchase_orders items")
    assert [each.split(" 2 B0")[0] for each in of_items[of_item]] == [f"{name} 1", f"{name} 2"]


@pytest.mark.parametrize("name", UNREADABLE)
def test_orders_that_cannot_be_summed_are_left_out_alone(of_cases: VendorFolder, name: str) -> None:
    left_out = of_cases.built.left_out("vendor_purchase_orders")
    assert [reason for reason, ids in left_out.items() if name in ids] == [UNREADABLE[name][1]]


def test_an_order_of_both_kinds_is_sent_once(of_cases: VendorFolder) -> None:
    left_out = of_cases.built.left_out("vendor_fulfilment_orders")
    assert of_cases.rows("sell_orders")["SAME"]["placed"] == "2026-10-01T10:00:00Z"
    assert left_out == {outcomes.REPEATED_NUMBER: ["SAME"]}


GIFT = {"giftMessage": "For Ida", "giftWrapId": "W1"}
DIRECT_STATES = {
    "NEW": outcomes.NOT_ACCEPTED,
    "ACCEPTED": None,
    "SHIPPED": None,
    "CANCELLED": outcomes.CANCELLED,
}


@pytest.fixture(scope="module")
def of_direct_states(new_seller: Callable[[], SellerFolder]) -> VendorFolder:
    """A direct order in each state, numbered by it."""
    vendor = VendorFolder(new_seller())
    for state in DIRECT_STATES:
        vendor.direct(state, direct_item(giftDetails=GIFT), order_status=state)
    vendor.build(host_snapshots=False)
    return vendor


@pytest.mark.parametrize(("state", "reason"), DIRECT_STATES.items())
def test_a_direct_order_is_a_sale_once_it_is_accepted(
    of_direct_states: VendorFolder, state: str, reason: str | None
) -> None:
    left_out = of_direct_states.built.left_out("vendor_fulfilment_orders")
    assert (state in of_direct_states.rows("sell_orders")) == (reason is None)
    assert [why for why, ids in left_out.items() if state in ids] == ([reason] if reason else [])
    assert (f"vendor_fulfilment_orders {state}" in of_direct_states.waiting()) == (
        reason == outcomes.NOT_ACCEPTED
    )
    assert of_direct_states.rows("buy_orders") == {}


def test_a_sell_order_is_sent_once_and_never_changed(vendor: VendorFolder) -> None:
    vendor.purchase("PO1")
    vendor.build()
    vendor.host_loads_all()
    vendor.next_sync()
    vendor.purchase(
        "PO1",
        item(quantity=eaches(4)),
        purchase_order_state="Closed",
        purchase_order_state_changed_date="2026-10-20T10:00:00Z",
    )
    vendor.build()

    assert vendor.rows("sell_orders") == {}
    assert vendor.built.report["counts"]["vendor_purchase_orders"]["unchanged"] == 1


def test_an_order_that_is_new_waits_until_the_vendor_accepts_it(vendor: VendorFolder) -> None:
    vendor.purchase("PO1", purchase_order_state="New")
    vendor.build()
    vendor.host_loads_all()
    assert vendor.waiting() == ["vendor_purchase_orders PO1"]
    vendor.next_sync()
    vendor.direct("D1")
    vendor.build()
    vendor.host_loads_all()
    assert list(vendor.rows("sell_orders")) == ["D1"]
    vendor.next_sync()
    vendor.status("PO1")  # which says that it was accepted
    vendor.build()
    assert list(vendor.rows("sell_orders")) == ["PO1"]
    vendor.host_loads_all()
    vendor.next_sync()
    vendor.direct("D1")
    vendor.build()

    assert vendor.rows("sell_orders") == {}
    assert vendor.waiting() == []


def test_what_waits_holds_nothing_of_buyers(of_direct_states: VendorFolder) -> None:
    kept = (of_direct_states.root / "snapshots" / "waiting.singer").read_text()
    assert "A pen" in kept
    assert "Ida" not in kept


def test_an_order_waits_for_the_id_of_its_product(vendor: VendorFolder) -> None:
    vendor.purchase("PO1")
    vendor.build(host_snapshots=False)
    vendor.next_sync()
    vendor.purchase("PO2", purchase_order_date="2026-10-08T00:00:00Z")
    # The product is not in this run's output, and nobody has reported its id.
    vendor.build(host_snapshots=False)
    assert vendor.built.left_out("vendor_purchase_orders") == {outcomes.WAITS_FOR_ID: ["PO2"]}
    assert vendor.waiting() == ["vendor_purchase_orders PO2"]

    vendor.next_sync()
    vendor.direct("D1", order_status="CANCELLED")
    (vendor.root / "snapshots" / "Products_f.snapshot.csv").write_text(
        f"InputId,RemoteId\n{EAN},77\n"
    )
    vendor.build(host_snapshots=False)
    (line,) = vendor.rows("sell_orders")["PO2"]["orderLines"]
    assert line == {"quantity": 10, "subtotalValue": 25.0, "productId": "77"}


@pytest.mark.parametrize("folder", ["parent-snapshots", "snapshots"])
def test_a_sub_tenant_sends_sell_orders_of_another_shops_products(
    vendor: VendorFolder, folder: str
) -> None:
    """By remoteId, by eanCode, by remoteId before eanCode, and not one that is unknown."""
    by_ean, both, unknown = OTHER_EAN, f"0{UPC}", "96385074"
    rows = f"{EAN},7,\nSHOP-1,8,{by_ean}\nSHOP-2,9,{both}\n{both},10,\n"
    items = [
        item(each, itemSequenceNumber=f"{n}", amazonProductIdentifier=f"B{n}")
        for n, each in enumerate((EAN, by_ean, both, unknown), 1)
    ]
    vendor.purchase("PO1", *items)
    vendor.status("PO1")
    vendor.held()
    vendor.folder.write(f"{folder}/products.snapshot.csv", f"remoteId,optiply_id,eanCode\n{rows}")
    vendor.folder.config = {"flavour": "vendor", "sync_sell_orders_only": True}
    done = vendor.folder.run("build", "--format", "singer,jsonl")

    assert (done.returncode, done.stderr) == (0, "")
    (order,) = vendor.rows("sell_orders").values()
    assert order["orderLines"] == [
        {"quantity": 10, "subtotalValue": 25.0, "productId": id_} for id_ in ("10", "7", "8")
    ]
    assert {message["stream"] for message in vendor.built.messages} == {"SellOrders"}
    snapshots = {each.name for each in (vendor.root / "snapshots").iterdir()}
    assert "suppliers.snapshot.csv" not in snapshots
    assert vendor.built.left_out("vendor_purchase_orders items") == {
        outcomes.UNKNOWN_PRODUCT: [f"PO1 4 B4 {unknown}"]
    }


def test_without_any_products_to_refer_to_the_run_is_refused(vendor: VendorFolder) -> None:
    vendor.purchase()
    with pytest.raises(EtlError, match=r"products\.snapshot\.csv with columns remoteId"):
        vendor.build(sync_sell_orders_only=True)


def test_entities_can_be_left_out(vendor: VendorFolder) -> None:
    vendor.purchase("PO1", item(), purchase_order_state="New")
    vendor.purchase("PO2")
    vendor.status("PO2", status_item(received=eaches(4)))
    vendor.build(not_sync_entities="sell_orders")

    assert {message["stream"] for message in vendor.built.messages} == {
        "Products", "Suppliers", "SupplierProducts", "BuyOrders", "BuyOrderLines", "ReceiptLines",
    }  # fmt: skip
    assert vendor.built.left_out("vendor_purchase_orders") == {outcomes.NOT_SYNCED: ["PO1", "PO2"]}
    assert vendor.waiting() == []


def test_what_snapshots_tell_is_not_asked_of_optiply(vendor: VendorFolder) -> None:
    vendor.purchase("PO1")
    vendor.build(not_sync_entities="sell_orders")
    credentials = dict.fromkeys(("username", "password", "client_id", "client_secret"), "x")
    vendor.folder.write(
        "snapshots/tenant-config.json",
        json.dumps({"apiCredentials": credentials | {"account_id": 1, "couplingId": 2}}),
    )
    nowhere = "http://127.0.0.1:9"  # the port of discard, where nobody listens
    done = vendor.folder.run(
        "build", optiply_base_url=nowhere, optiply_dashboard_url=f"{nowhere}/api"
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_an_order_that_waits_stays_confirmed(vendor: VendorFolder) -> None:
    head = "remoteId,optiply_id,eanCode\n"
    vendor.folder.write("parent-snapshots/products.snapshot.csv", head)
    vendor.folder.config = {"flavour": "vendor", "sync_sell_orders_only": True}
    vendor.folder.config["host_snapshots"] = False
    vendor.purchase("PO1", purchase_order_state="New")
    vendor.status("PO1")
    assert vendor.folder.run("build", "--format", "jsonl").returncode == 0
    assert vendor.rows("sell_orders") == {}

    vendor.next_sync()
    vendor.direct("D1", order_status="CANCELLED")
    vendor.folder.write("parent-snapshots/products.snapshot.csv", f"{head}{EAN},7,{EAN}\n")
    assert vendor.folder.run("build", "--format", "jsonl").returncode == 0

    assert list(vendor.rows("sell_orders")) == ["PO1"]
    assert vendor.waiting() == []

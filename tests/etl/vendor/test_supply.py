"""Rules by which Amazon's purchase orders are orders at the supplier, kept up, and received once."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from vendor_folder import (
    EAN,
    OTHER_EAN,
    VendorFolder,
    cases,
    direct_item,
    eaches,
    euro,
    item,
    status_item,
)

from amazon_optiply_etl.verdicts import notes, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable

    from etl.conftest import SellerFolder

pytestmark = pytest.mark.usefixtures("remembered_runs")

LINE = "PO1_1"


@pytest.fixture
def vendor(seller: SellerFolder) -> VendorFolder:
    return VendorFolder(seller)


def test_what_a_buy_order_its_line_and_its_receipt_say(vendor: VendorFolder) -> None:
    vendor.purchase("PO1")
    vendor.status("PO1", status_item(accepted=cases(1, 6), received=eaches(4)))
    vendor.build()

    assert vendor.rows("buy_orders") == {
        "PO1": {
            "remoteId": "PO1",
            "placed": "2026-10-01T10:00:00Z",
            "totalValue": 15.0,
            "expectedDeliveryDate": "2026-10-09T00:00:00Z",
            "Remote_supplierId": "PENSA",
        }
    }
    assert vendor.rows("buy_order_lines") == {
        LINE: {
            "remoteId": LINE,
            "quantity": 6,
            "subtotalValue": 15.0,
            "expectedDeliveryDate": "2026-10-09T00:00:00Z",
            "Remote_productId": EAN,
            "Remote_buyOrderId": "PO1",
        }
    }
    assert vendor.rows("receipt_lines") == {
        f"{LINE}_4": {
            "remoteId": f"{LINE}_4",
            "occurred": "2026-10-05T09:00:00Z",
            "quantity": 4,
            "Remote_buyOrderLineId": LINE,
        }
    }


def acknowledged(status: str, accepted: dict[str, Any] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"confirmationStatus": status}
    return found if accepted is None else found | {"acceptedQuantity": accepted}


QUANTITIES = {
    "not confirmed": (acknowledged("UNCONFIRMED"), 12),
    "accepted": (acknowledged("ACCEPTED", eaches(12)), 12),
    "accepted, of how many is not reported": (acknowledged("ACCEPTED"), 12),
    "accepted in part": (acknowledged("PARTIALLY_ACCEPTED", cases(1, 6)), 6),
    "rejected": (acknowledged("REJECTED"), 0),
}


LEFT_OUT: dict[str, tuple[dict[str, Any], str]] = {
    "without a vendor code": ({"selling_party": None}, outcomes.NO_VENDOR_CODE),
    "without a date": ({"purchase_order_date": None}, "it has no purchase_order_date"),
    "without items": ({"item_status": []}, outcomes.NO_LINES),
    "without a barcode": (
        {"item_status": [status_item("PEN-1", buyerProductIdentifier="B0000000BB")]},
        outcomes.NO_KNOWN_PRODUCT,
    ),
}


ODD_ITEMS: dict[str, tuple[dict[str, Any], str]] = {
    "less than nothing ordered": (status_item(ordered=eaches(-1)), outcomes.NEGATIVE),
    "less than nothing accepted": (status_item(accepted=eaches(-1)), outcomes.NEGATIVE),
    "more than Optiply takes": (status_item(ordered=eaches(10_000_000)), outcomes.BEYOND),
    "more than a computer counts": (status_item(ordered=cases(10**14, 10**14)), outcomes.BEYOND),
    "cases of a size beyond all": (status_item(ordered=cases(0, 10**14)), outcomes.BEYOND),
    "a cost beyond all": (status_item(netCost=euro("99999999999999")), outcomes.BEYOND),
    "a cost with too many digits": (
        status_item(netCost=euro("999999999999999")),
        "its cost cannot be read as an amount of money",
    ),
}


IMPOSSIBLE = {"less than nothing": eaches(-1), "more than can be": cases(10**14, 10**14)}


@pytest.fixture(scope="module")
def of_cases(new_seller: Callable[[], SellerFolder]) -> VendorFolder:
    """Orders with each answer of the vendor, reason and odd item, and ordinary ones."""
    vendor = VendorFolder(new_seller())
    for name, (told, _) in QUANTITIES.items():
        vendor.purchase(name, item(quantity=cases(2, 6)))
        vendor.status(name, status_item(ordered=cases(2, 6), acknowledgementStatus=told))
    for name, (changed, _) in LEFT_OUT.items():
        vendor.status(name, **changed)
    for name, (odd, _) in ODD_ITEMS.items():
        vendor.status(name, odd, status_item(itemSequenceNumber="2"))
    for name, quantity in IMPOSSIBLE.items():
        vendor.purchase(name, item(quantity=quantity))
    vendor.purchase("no status", item(quantity=cases(2, 6)))
    vendor.purchase("closed", purchase_order_state="Closed")
    vendor.status("status alone", status_item(OTHER_EAN, buyerProductIdentifier="B0000000CC"))
    vendor.purchase("twice", item(itemSequenceNumber="001"), item(netCost=euro("3.00")))
    vendor.status("twice", status_item(netCost=euro("3.00")))
    vendor.build()
    return vendor


def test_all_orders_are_there_of_which_nothing_else_is_said(of_cases: VendorFolder) -> None:
    sold = {*QUANTITIES, "no status", "closed", "twice"}
    assert set(of_cases.rows("sell_orders")) == sold
    assert set(of_cases.rows("buy_orders")) >= {*sold, *ODD_ITEMS, "status alone"}
    assert not of_cases.rows("buy_orders").keys() & LEFT_OUT.keys()


@pytest.mark.parametrize("name", QUANTITIES)
def test_a_line_has_what_the_vendor_accepted_else_what_amazon_ordered(
    of_cases: VendorFolder, name: str
) -> None:
    quantity = QUANTITIES[name][1]
    line = of_cases.rows("buy_order_lines")[f"{name}_1"]
    assert (line["quantity"], line["subtotalValue"]) == (quantity, quantity * 2.5)


def test_without_a_status_the_order_itself_counts(of_cases: VendorFolder) -> None:
    assert of_cases.rows("buy_order_lines")["no status_1"]["quantity"] == 12
    assert of_cases.rows("buy_orders")["closed"]["completed"] == "2026-10-02T10:00:00Z"


def test_without_the_order_its_status_counts_and_makes_its_product(of_cases: VendorFolder) -> None:
    assert list(of_cases.rows("products")) == [EAN, OTHER_EAN]
    assert "expectedDeliveryDate" not in of_cases.rows("buy_orders")["status alone"]
    assert of_cases.rows("buy_order_lines")["status alone_1"]["quantity"] == 10
    assert "status alone" not in of_cases.rows("sell_orders")


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_status_of_which_no_buy_order_can_be_made_is_left_out(
    of_cases: VendorFolder, name: str
) -> None:
    assert name not in of_cases.rows("buy_orders")
    left_out = of_cases.built.left_out("vendor_purchase_orders_status")
    assert [reason for reason, ids in left_out.items() if name in ids] == [LEFT_OUT[name][1]]
    assert sum(len(ids) for ids in left_out.values()) == len(LEFT_OUT)


@pytest.mark.parametrize("name", ODD_ITEMS)
def test_an_item_that_optiply_cannot_take_is_left_out_alone(
    of_cases: VendorFolder, name: str
) -> None:
    lines = of_cases.rows("buy_order_lines")
    assert [each for each in lines if each.startswith(f"{name}_")] == [f"{name}_2"]
    left_out = of_cases.built.left_out("vendor_purchase_orders_status items")
    item_id = f"{name} 1 B0000000AA {EAN}"
    assert [reason for reason, ids in left_out.items() if item_id in ids] == [ODD_ITEMS[name][1]]
    without_a_barcode = 1
    others = len(IMPOSSIBLE) + without_a_barcode
    assert sum(len(ids) for ids in left_out.values()) == len(ODD_ITEMS) + others


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_an_order_of_a_quantity_that_cannot_be_is_left_out_alone(
    of_cases: VendorFolder, name: str
) -> None:
    assert name not in of_cases.rows("sell_orders")
    assert f"{name}_1" not in of_cases.rows("buy_order_lines")


def test_an_item_read_twice_counts_once_and_numbers_match_without_zeros(
    of_cases: VendorFolder,
) -> None:
    lines = of_cases.rows("buy_order_lines")
    assert [each for each in lines if each.startswith("twice")] == ["twice_1"]
    assert of_cases.rows("sell_orders")["twice"]["totalValue"] == 30.0
    left_out = of_cases.built.left_out("vendor_purchase_orders items")
    assert left_out[outcomes.SUPERSEDED] == ["twice 1 B0000000AA 4006381333931"]


def sent_once(vendor: VendorFolder) -> None:
    vendor.purchase("PO1")
    vendor.status("PO1", status_item(accepted=eaches(6), received=eaches(4)))
    vendor.build()
    vendor.host_loads_all()
    vendor.next_sync()


def test_what_a_sync_does_not_tell_stays_as_it_was_sent(vendor: VendorFolder) -> None:
    sent_once(vendor)
    vendor.purchase("PO1", item(quantity=eaches(10)))  # again, without news of its status
    vendor.build()

    assert vendor.rows("buy_order_lines") == vendor.rows("buy_orders") == {}


def test_an_order_that_amazon_cuts_is_cut_without_news_of_its_status(vendor: VendorFolder) -> None:
    sent_once(vendor)
    vendor.purchase("PO1", item(quantity=eaches(5)))
    vendor.build()

    (line,) = vendor.rows("buy_order_lines").values()
    assert (line["quantity"], line["id"], "Remote_productId" in line) == (5, "1001", False)


def test_an_order_is_completed_when_its_status_is_closed(vendor: VendorFolder) -> None:
    sent_once(vendor)
    closed = {"purchase_order_status": "CLOSED", "last_updated_date": "2026-10-12T08:00:00Z"}
    vendor.status("PO1", status_item(accepted=eaches(6), received=eaches(4)), **closed)
    vendor.build()
    first = vendor.rows("buy_orders")["PO1"]
    vendor.next_sync()
    later = {**closed, "last_updated_date": "2026-10-15T08:00:00Z"}
    vendor.status("PO1", status_item(accepted=eaches(6), received=eaches(4)), **later)
    vendor.build()

    assert first["completed"] == "2026-10-12T08:00:00Z"
    assert first["expectedDeliveryDate"] == "2026-10-09T00:00:00Z"
    assert vendor.rows("buy_orders") == {}
    assert vendor.rows("receipt_lines") == {}


RECEIVED = {
    "as before": (eaches(4), {}),
    "more": (eaches(9), {"more_1_9": 5}),
    "more by cases": (cases(2, 6), {"more by cases_1_12": 8}),
    "less": (eaches(3), {}),
}


@pytest.fixture(scope="module")
def of_receipts(new_seller: Callable[[], SellerFolder]) -> VendorFolder:
    """An order for each, of which 4 were received at first; the folder as the second build left it."""
    vendor = VendorFolder(new_seller())
    for name in RECEIVED:
        vendor.purchase(name)
        vendor.status(name, status_item(accepted=eaches(6), received=eaches(4)))
    vendor.build()
    vendor.host_loads_all()
    vendor.next_sync()
    for name, (received, _) in RECEIVED.items():
        vendor.status(name, status_item(accepted=eaches(6), received=received))
    vendor.build()
    return vendor


@pytest.fixture(scope="module")
def of_the_same_receipts(
    of_receipts: VendorFolder, new_seller: Callable[[], SellerFolder]
) -> VendorFolder:
    """The same folder once more, after all of that was loaded and nothing has changed."""
    again = VendorFolder(new_seller())
    shutil.copytree(of_receipts.root, again.root, dirs_exist_ok=True)
    again.folder.records = of_receipts.folder.records
    again.host_loads_all()
    again.build()
    return again


@pytest.mark.parametrize("name", RECEIVED)
def test_a_receipt_is_what_was_received_since_the_last_one(
    of_receipts: VendorFolder, of_the_same_receipts: VendorFolder, name: str
) -> None:
    found = {
        key: row["quantity"]
        for key, row in of_receipts.rows("receipt_lines").items()
        if key.startswith(f"{name}_")
    }
    noted = of_the_same_receipts.built.notes().get(notes.RECEIVED_LESS, [])

    assert found == RECEIVED[name][1]
    assert of_the_same_receipts.rows("receipt_lines") == {}
    assert any(name in each for each in noted) == (name == "less")


def test_a_receipt_waits_for_the_id_of_its_line(vendor: VendorFolder) -> None:
    vendor.purchase("PO1")
    vendor.status("PO1")
    vendor.build(host_snapshots=False)
    vendor.next_sync()
    vendor.status("PO1", status_item(received=eaches(4)), last_updated_date="2026-10-06T10:00:00Z")
    # The line is not in this run's output, and nobody has reported its id.
    vendor.build(host_snapshots=False)
    assert vendor.built.left_out("receipt_lines") == {outcomes.NO_OPTIPLY_ID_YET: [f"{LINE}_4"]}
    assert vendor.waiting() == ["vendor_purchase_orders_status PO1"]

    vendor.next_sync()
    vendor.direct("D1", direct_item(title=None), order_status="CANCELLED")
    (vendor.root / "snapshots" / "BuyOrderLines_f.snapshot.csv").write_text(
        f"InputId,RemoteId\n{LINE},77\n"
    )
    vendor.build(host_snapshots=False)
    assert vendor.rows("receipt_lines")[f"{LINE}_4"]["buyOrderLineId"] == "77"
    assert vendor.waiting() == []


def test_a_receipt_without_any_date_is_left_out_and_listed(vendor: VendorFolder) -> None:
    received = {"receivedQuantity": eaches(4)}
    vendor.status("PO1", status_item(receivingStatus=received), last_updated_date=None)
    vendor.build()
    left_out = vendor.built.left_out("receipt_lines")
    vendor.next_sync()
    vendor.status("PO1", status_item(receivingStatus=received))
    vendor.host_loads_all()
    vendor.build()

    assert left_out == {outcomes.NO_RECEIVE_DATE: [f"{LINE}_4"]}
    assert vendor.rows("receipt_lines")[f"{LINE}_4"]["occurred"] == "2026-10-05T10:00:00Z"


def test_a_row_that_is_forced_waits_for_the_ids_that_it_refers_to(vendor: VendorFolder) -> None:
    vendor.purchase("PO1")
    vendor.build()
    vendor.folder.write("state.json", '{"force_patch_buy_order_lines": true}')
    vendor.folder.config = {"flavour": "vendor"}
    done = vendor.folder.run("build", "--format", "singer,jsonl")

    assert done.returncode == 0
    assert vendor.rows("buy_order_lines") == {}
    assert vendor.built.left_out("buy_order_lines") == {outcomes.NO_OPTIPLY_ID_YET: [LINE]}


def test_what_was_not_taken_of_an_order_heals_without_its_records(vendor: VendorFolder) -> None:
    """The look-back of the next syncs no longer brings the order; Optiply has taken none of it."""
    vendor.purchase("PO1")
    closed = {"purchase_order_status": "CLOSED", "last_updated_date": "2026-10-12T08:00:00Z"}
    vendor.status("PO1", status_item(accepted=eaches(6), received=eaches(4)), **closed)
    vendor.build(flow="flow1")
    vendor.host_loads("Products", "Suppliers", "SupplierProducts", "SellOrders")
    vendor.next_sync()
    vendor.purchase("PO2", purchase_order_date="2026-10-30T00:00:00Z")
    vendor.build(flow="flow1")
    assert vendor.rows("buy_orders")["PO1"]["completed"] == "2026-10-12T08:00:00Z"
    vendor.host_loads_all()
    vendor.build(flow="flow1")
    # Which had to wait: their order was the suspect, and went last of all.
    assert vendor.rows("buy_order_lines")[LINE]["quantity"] == 6
    assert vendor.rows("receipt_lines")[f"{LINE}_4"]["quantity"] == 4
    vendor.host_loads_all()
    vendor.build(flow="flow1")
    assert vendor.rows("receipt_lines") == vendor.rows("buy_order_lines") == {}
    assert vendor.rows("buy_orders") == {}

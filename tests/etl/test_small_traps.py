"""Small traps of files and settings that a host, a target or a person leaves behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from vendor_folder import EAN, OTHER_EAN, VendorFolder, item, status_item

from amazon_optiply_etl.config.settings import settings_from
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.json_files import read_job_state
from amazon_optiply_etl.runs import pipeline
from amazon_optiply_etl.tables.ids import number_text

if TYPE_CHECKING:
    from pathlib import Path

    from etl.conftest import Built, SellerFolder

ASIN, OTHER = "B0000000AA", "B0000000BB"


@pytest.fixture
def sold(seller: SellerFolder) -> SellerFolder:
    """Return a folder with a product and an order of it."""
    seller.listing(ASIN)
    seller.order("302-1")
    seller.line("302-1")
    return seller


@pytest.fixture
def vendor(seller: SellerFolder) -> VendorFolder:
    return VendorFolder(seller)


NOTHING = (
    ("orders.csv", ""), ("orders.csv", "\n"), ("orders.csv", '""\n'), ("orders.jsonl", ""),
    ("orders.parquet", ""), ("warehouse_inventory.csv", ""),
    ("orders.csv", "marketplace_id,amazon_order_id,order_status\n"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "content"), NOTHING, ids=range(len(NOTHING)))
def test_a_file_of_nothing_or_a_header_alone_holds_no_records(
    sold: SellerFolder, name: str, content: str
) -> None:
    if name.startswith("orders"):
        orders = sold.records.pop("orders")
        sold.write(
            "sync-output/orders-1.jsonl", "".join(f"{json.dumps(each)}\n" for each in orders)
        )
    sold.write(f"sync-output/{name}", content)
    assert list(sold.build().sell_orders) == ["302-1"]


@pytest.mark.parametrize("text", ["", " \n", "[]", "null", "{}"])
def test_a_jobs_state_may_be_empty(sold: SellerFolder, text: str) -> None:
    assert read_job_state(sold.write("state.json", text)) == {}


def test_a_broken_state_of_a_job_is_named(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(EtlError, match=r"state\.json, line 1: this is not JSON"):
        read_job_state(tmp_path / "state.json")


@pytest.mark.parametrize("ean", [4006381333931.0, 4006381333931, "4006381333931"])
def test_an_ean_may_be_a_number_in_json(sold: SellerFolder, ean: object) -> None:
    sold.catalog(EAN=ean)
    assert sold.build().products[ASIN]["eanCode"] == "4006381333931"


def test_a_vendors_codes_may_be_numbers_in_json(vendor: VendorFolder) -> None:
    code: Any = float(EAN)
    vendor.purchase("PO1", item(code, itemSequenceNumber=1.0))
    vendor.status("PO1", status_item(code))
    vendor.build()
    assert list(vendor.rows("products")) == [EAN]
    assert list(vendor.rows("buy_order_lines")) == ["PO1_1"]


def test_a_whole_number_is_written_with_its_digits() -> None:
    assert [number_text(each) for each in (1.0, 1, "1.0", 1.5, 1e300)] == [
        "1", "1", "1.0", "1.5", "1e+300",
    ]  # fmt: skip


def test_skus_that_differ_in_case_or_blanks_are_named(sold: SellerFolder) -> None:
    sold.config |= {"flavour": "secondary", "optiply_key": "skuCode"}
    sold.write(
        "snapshots/products.snapshot.csv", "remoteId,optiply_id,skuCode\nP1,7,sku-a \nP2,8,B\n"
    )
    sold.records["order_items"][0]["sku"] = "SKU-A"
    built = sold.build()
    assert built.sell_orders == {}
    note = (
        "its SKU differs from another product's in case or outer blanks alone, so they do not match"
    )
    assert built.notes()[note] == ["'SKU-A' (there 'sku-a ')"]


def test_credentials_without_coupling_do_not_stop_build(
    sold: SellerFolder, caplog: pytest.LogCaptureFixture
) -> None:
    credentials = dict.fromkeys(("username", "password", "client_id", "client_secret"), "x")
    content = {"apiCredentials": credentials | {"account_id": 1}}
    sold.write("snapshots/tenant-config.json", json.dumps(content))
    assert list(sold.build().products) == [ASIN]
    assert (
        "has no couplingId; add it, or remove apiCredentials. Optiply is not asked" in caplog.text
    )


def test_an_item_that_the_status_does_not_list_keeps_its_line(vendor: VendorFolder) -> None:
    vendor.purchase("PO1", item(), item(OTHER_EAN, itemSequenceNumber="2"))
    vendor.status("PO1")
    vendor.build()
    lines = vendor.rows("buy_order_lines")
    assert {name: each["quantity"] for name, each in lines.items()} == {"PO1_1": 10, "PO1_2": 10}
    assert vendor.rows("buy_orders")["PO1"]["totalValue"] == 50.0


def version_1(seller: SellerFolder) -> Built:
    seller.config["target_optiply"] = "v1"
    return seller.build()


def test_for_version_1_an_order_waits_for_the_ids_of_its_products(sold: SellerFolder) -> None:
    built = version_1(sold)
    assert (list(built.products), built.sell_orders) == ([ASIN], {})
    reason = "Optiply's id of a product of it is not known yet; it waits for the next run"
    assert built.left_out("orders") == {reason: ["302-1"]}
    sold.records["orders"].clear()
    sold.records["order_items"].clear()
    sold.host_loads()
    lines = version_1(sold).sell_orders["302-1"]["orderLines"]
    assert lines == [{"quantity": 1, "subtotalValue": 9.99, "productId": sold.optiply_id(ASIN)}]
    assert version_1(sold).sell_orders == {}


def test_for_version_1_a_vendors_rows_name_nothing_by_its_remote_id(vendor: VendorFolder) -> None:
    vendor.purchase("PO1", item())
    vendor.status("PO1", status_item(received={"amount": 4, "unitOfMeasure": "Eaches"}))
    for _ in range(4):
        vendor.build(target_optiply="v1")
        messages = vendor.built.messages
        assert "ReceiptLines" not in {each["stream"] for each in messages}
        records = [each["record"] for each in messages if each["type"] == "RECORD"]
        assert "Remote_" not in json.dumps(records)
        vendor.host_loads_all()
    snapshots = vendor.root / "snapshots"
    for name in ("BuyOrderLines", "SupplierProducts", "SellOrders"):
        assert (snapshots / f"{name}_flow1.snapshot.csv").exists(), name
    reason = "its entity is not sent (not_sync_entities, sync_sell_orders_only, target_optiply)"
    assert reason in vendor.built.left_out("receipt_lines")


def test_looking_touches_no_snapshot_and_no_payload(sold: SellerFolder) -> None:
    sold.build()
    sold.order("302-2")
    sold.line("302-2")
    sold.write_input()
    before = {
        path: (path.read_bytes(), path.stat().st_mtime_ns)
        for name in ("snapshots", "sync-output")
        for path in (sold.root / name).iterdir()
    }
    payloads = (sold.built.folder / "data.singer").read_bytes()
    report = pipeline.look(settings_from({}, {}), sold.folders, ("singer",))
    assert report.settings["flavour"] == "full"
    assert sold.built.report["counts"]["orders"]["unchanged"] == 1
    assert (sold.built.folder / "data.singer").read_bytes() == payloads
    assert before == {
        path: (path.read_bytes(), path.stat().st_mtime_ns)
        for name in ("snapshots", "sync-output")
        for path in (sold.root / name).iterdir()
    }


def test_looking_sees_what_the_next_run_puts_back_and_leaves_it_there(sold: SellerFolder) -> None:
    sold.build()
    before = sold.root / "snapshots" / ".before-this-run"
    before.mkdir()
    (before / ".written").write_text("products.snapshot.csv\nsell_orders.snapshot.csv")
    sold.write_input()
    pipeline.look(settings_from({}, {}), sold.folders, ("singer",))
    assert sold.built.report["counts"]["orders"]["out"] == 1
    assert before.is_dir()
    assert (sold.root / "snapshots" / "products.snapshot.csv").exists()

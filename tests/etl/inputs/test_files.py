"""Which files are read, in which formats, and how broken ones are named."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from amazon_optiply_etl.config.settings import Settings
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.runs import pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from etl.conftest import Built, SellerFolder

DE = "A1PA6795UKMFR9"
ASIN = "B0000000AA"
EAN = "0012345678905"


def _fill(seller: SellerFolder) -> None:
    seller.listing(item_name='A "quoted" name, with comma')
    seller.catalog(EAN=EAN)
    seller.stock(afn_fulfillable_quantity_local=3)
    seller.order()
    seller.line()


def _write_json_lines(seller: SellerFolder) -> None:
    seller.write_input()


def _write_csv(seller: SellerFolder) -> None:
    for stream, records in seller.records.items():
        rows = [list(records[0]), *([_csv_cell(v) for v in each.values()] for each in records)]
        text = "\r\n".join(",".join(row) for row in rows)
        seller.write(f"sync-output/{stream}-20261102T080000.csv", f"\ufeff{text}\r\n")


def _csv_cell(value: Any) -> str:
    text = json.dumps(value) if isinstance(value, list) else "" if value is None else str(value)
    return '"' + text.replace('"', '""') + '"' if '"' in text or "," in text else text


def _write_parquet(seller: SellerFolder) -> None:
    (seller.root / "sync-output").mkdir()
    for stream, records in seller.records.items():
        path = seller.root / f"sync-output/{stream}-20261102T080000.parquet"
        parquet.write_table(pa.Table.from_pylist(records), path)


def _write_singer(seller: SellerFolder) -> None:
    messages: list[dict[str, Any]] = [{"type": "STATE", "value": {}}]
    for stream, records in seller.records.items():
        messages.append({"type": "SCHEMA", "stream": stream, "schema": {}, "key_properties": []})
        messages += [{"type": "RECORD", "stream": stream, "record": each} for each in records]
    text = "".join(f"{json.dumps(each)}\n" for each in messages)
    seller.write("sync-output/all.singer", text)


@pytest.mark.parametrize("write", [_write_json_lines, _write_csv, _write_parquet, _write_singer])
def test_every_format_gives_the_same_payloads(
    seller: SellerFolder, write: Callable[[SellerFolder], None]
) -> None:
    _fill(seller)
    write(seller)
    built = _build_as_written(seller)
    product = built.products[ASIN]
    assert product["name"] == 'A "quoted" name, with comma'
    assert (product["eanCode"], product["stockLevel"], product["price"]) == (EAN, 3, 9.99)
    assert built.sell_orders["302-1"] == {
        "remoteId": "302-1",
        "placed": "2026-10-01T10:00:00Z",
        "totalValue": 9.99,
        "orderLines": [{"quantity": 1, "subtotalValue": 9.99, "Remote_productId": ASIN}],
    }


def test_parquet_may_hold_dates_and_whole_numbers_as_floats(seller: SellerFolder) -> None:
    _fill(seller)
    seller.records["order_items"][0]["quantity"] = 2.0
    for stream in ("orders", "order_items"):
        for record in seller.records[stream]:
            for column in ("purchase_date", "last_updated_date"):
                if column in record:
                    record[column] = datetime.fromisoformat(str(record[column]))
    _write_parquet(seller)
    order = _build_as_written(seller).sell_orders["302-1"]
    assert (order["placed"], order["orderLines"][0]["quantity"]) == ("2026-10-01T10:00:00Z", 2)


def test_columns_of_the_older_hosted_tap_are_read(seller: SellerFolder) -> None:
    seller.order()
    seller.line()
    seller.write_input()
    seller.write(
        "sync-output/products_inventory.csv",
        "marketplace_id,item-name,seller-sku,price,quantity,asin1,status\n"
        f"{DE},Name,00012,9.90,4,{ASIN},Active\n",
    )
    product = _build_as_written(seller).products[ASIN]
    assert (product["skuCode"], product["name"], product["price"]) == ("00012", "Name", 9.9)


def test_later_files_of_a_stream_come_last(seller: SellerFolder) -> None:
    header = "marketplace_id,seller_sku,item_name,asin1,quantity,status\n"
    for stamp, name in (("20261102T083000", "New"), ("20261102T080000", "Old")):
        row = f"{DE},SKU,{name},{ASIN},1,Active\n"
        seller.write(f"sync-output/products_inventory-{stamp}.csv", header + row)
    seller.write("sync-output/orders.jsonl", "")
    assert _build_as_written(seller).products[ASIN]["name"] == "New"


def test_nested_json_may_be_a_string(seller: SellerFolder) -> None:
    seller.listing()
    seller.catalog(EAN=EAN)
    seller.records["orders"] = []
    record = seller.records["product_catalog"][0]
    record["identifiers"] = json.dumps(record["identifiers"])
    assert seller.build().products[ASIN]["eanCode"] == EAN


def test_line_ends_inside_a_title_do_not_end_a_record(seller: SellerFolder) -> None:
    seller.listing(item_name="one\u2028two\u0085three")
    seller.records["orders"] = []
    seller.write(
        "sync-output/products_inventory.jsonl",
        json.dumps(seller.records.pop("products_inventory")[0], ensure_ascii=False) + "\n",
    )
    seller.write("sync-output/orders.jsonl", "")
    built = _build_as_written(seller)
    raw = (built.folder / "data.singer").read_text(encoding="utf-8")
    assert len(raw.splitlines()) == 3
    assert built.products[ASIN]["name"] == "one two three"


def test_files_that_are_no_stream_are_named_in_the_report(seller: SellerFolder) -> None:
    _fill(seller)
    seller.write("sync-output/orders-final.csv", "a,b\n1,2\n")
    seller.write("sync-output/marketplaces.jsonl", "{}\n")
    for name in ("orders.CSV", "orders.csv.gz", "orders.parquet/part.0.parquet"):
        seller.write(f"sync-output/{name}", "")
    assert seller.build().report["files_not_read"] == [
        "orders-final.csv",
        "orders.CSV",
        "orders.csv.gz",
        "orders.parquet",
    ]


def test_numbers_that_are_missing_may_be_no_numbers_in_parquet(seller: SellerFolder) -> None:
    _fill(seller)
    listing = {**seller.records.pop("products_inventory")[0]}
    missing = {**listing, "seller_sku": "ZZZ", "price": float("nan"), "quantity": float("nan")}
    table = pa.Table.from_pylist([{**listing, "quantity": 5.0}, missing])
    seller.write_input()
    parquet.write_table(table, seller.root / "sync-output/products_inventory.parquet")
    built = _build_as_written(seller)
    assert built.report["counts"]["products_inventory"]["out"] == 2
    assert built.products[ASIN]["price"] == 9.99


BROKEN: dict[str, tuple[str, str | bytes, str]] = {
    "a JSON line cut off": (
        "orders.jsonl",
        '{"marketplace_id":"M","amazon_order_id":"1"}\n{"marketplace_id":"M","ama',
        r"orders.jsonl, line 2: this is not one complete JSON record",
    ),
    "a JSON line that is not an object": ("orders.jsonl", "[1]\n", r"orders.jsonl, line 1: "),
    "a Singer line cut off": ("all.singer", '{"type":"RECORD","str', r"all.singer, line 1: "),
    "a file that is not Parquet": (
        "orders.parquet",
        b"PAR1 not",
        r"orders.parquet is not a readable",
    ),
    "a CSV file without header": (
        "orders.csv",
        "\n1,2\n",
        r"orders.csv, line 1: there is no header",
    ),
    "a CSV column twice": ("orders.csv", "a,b,a\n", r"orders.csv, line 1: .* column 'a' twice"),
    "a CSV file without its keys": (
        "orders.csv",
        "a,b\n1,2\n",
        r"orders.csv has no column marketplace",
    ),
    "a CSV file with semicolons": (
        "orders.csv",
        "marketplace_id;amazon_order_id\nM;1\n",
        r"orders.csv, line 1: its cells are separated by ';'; write it with commas",
    ),
    "a CSV file with tabs": (
        "orders.csv",
        "marketplace_id\tamazon_order_id\nM\t1\n",
        r"orders.csv, line 1: its cells are separated by '\\t'",
    ),
    "a short CSV row": (
        "orders.csv",
        "marketplace_id,amazon_order_id,order_status\nM,1,Shipped\nM,2\n",
        r"orders.csv, line 3: this row has not as many cells",
    ),
    "a CSV file in another charset": (
        "orders.csv",
        "marketplace_id,amazon_order_id,order_status\nM,1,Zugestellt\xfc\n".encode("latin-1"),
        r"orders.csv cannot be read as CSV in UTF-8",
    ),
}


@pytest.mark.parametrize(("name", "content", "sentence"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_named_and_nothing_is_written(
    seller: SellerFolder, name: str, content: str | bytes, sentence: str
) -> None:
    seller.listing()
    seller.records["orders"] = []
    seller.write_input()
    seller.write(f"sync-output/{name}", content)
    with pytest.raises(EtlError, match=sentence):
        _build_as_written(seller)
    assert not (seller.root / "etl-output").exists()
    assert not (seller.root / "snapshots").exists()


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (None, "There is no input folder .*sync-output"),
        ([], "sync-output holds no records"),
        (["products_inventory.jsonl"], "holds neither orders nor order_items"),
        (["vendor_inventory.jsonl"], "a vendor's records .vendor_inventory.jsonl. and none of"),
    ],
)
def test_a_folder_without_what_is_needed_is_refused(
    seller: SellerFolder, files: list[str] | None, sentence: str
) -> None:
    if files is not None:
        (seller.root / "sync-output").mkdir()
        for name in files:
            seller.listing()
            line = json.dumps(seller.records["products_inventory"][0])
            seller.write(f"sync-output/{name}", f"{line}\n")
    with pytest.raises(EtlError, match=sentence):
        _build_as_written(seller)


def test_a_quiet_half_hour_without_orders_is_no_error_after_a_first_run(
    seller: SellerFolder,
) -> None:
    _fill(seller)
    seller.build()
    for stream in ("orders", "order_items"):
        (seller.root / f"sync-output/{stream}.jsonl").unlink()
        seller.records.pop(stream)
    assert "there are no orders in the input" in seller.build().notes()


def _build_as_written(seller: SellerFolder) -> Built:
    seller.records.clear()
    pipeline.build(Settings(), seller.folders, ("singer", "jsonl"))
    return seller.built

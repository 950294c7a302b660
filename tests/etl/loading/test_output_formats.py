"""Payloads as Parquet and CSV hold what the JSON Lines hold, field by field."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest
from pyarrow import parquet
from vendor_folder import VendorFolder, item

from amazon_optiply_etl.config.settings import settings_from
from amazon_optiply_etl.loading.outputs import FORMATS
from amazon_optiply_etl.runs import pipeline

if TYPE_CHECKING:
    from etl.conftest import Built, SellerFolder


def sold_by(seller: SellerFolder) -> Built:
    """Two products of a seller, one of them without a price, and orders with several lines."""
    seller.listing(item_name='Füller, 27" breit; "blau"\u2028')
    seller.listing("B0000000BB", price=None, quantity=0)
    seller.order(order_total=29.97)
    seller.line(quantity=2, item_price=19.98)
    seller.line(asin="B0000000BB", line_number=2)
    seller.order("302-2")
    seller.line("302-2")
    seller.write_input()
    pipeline.build(settings_from({}, {}), seller.folders, FORMATS, seller.clock)
    return seller.built


def bought_from(seller: SellerFolder) -> Built:
    """What a vendor has been ordered."""
    vendor = VendorFolder(seller)
    vendor.purchase("4Z32PABC", item(), item("4006381333931"))
    vendor.direct()
    vendor.held()
    seller.write_input()
    pipeline.build(settings_from({"flavour": "vendor"}, {}), seller.folders, FORMATS, seller.clock)
    return seller.built


def without_nulls(row: dict[str, Any]) -> dict[str, Any]:
    """A row with the fields that it has a value in, at any depth."""
    return {
        name: [without_nulls(each) for each in value] if isinstance(value, list) else value
        for name, value in row.items()
        if value is not None
    }


def read_from_csv(text: str, like: Any) -> Any:
    """A cell as what the JSON Lines have in its place."""
    return text if isinstance(like, str) else json.loads(text)


@pytest.mark.parametrize("filled", [sold_by, bought_from])
def test_every_format_holds_the_same(seller: SellerFolder, filled: Any) -> None:
    built = filled(seller)
    files = {path.stem: built.json_lines(path.name) for path in built.folder.glob("*.jsonl")}
    assert sum(map(bool, files.values())) >= 2
    for name, rows in files.items():
        table = parquet.read_table(built.folder / f"{name}.parquet").to_pylist()
        assert [without_nulls(each) for each in table] == [without_nulls(each) for each in rows]
        with (built.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            cells = list(csv.DictReader(file))
        assert [
            {k: read_from_csv(text, row[k]) for k, text in each.items() if text}
            for each, row in zip(cells, rows, strict=True)
        ] == [{k: v for k, v in row.items() if v not in (None, "")} for row in rows]

"""Rows of reports that could not be read hold back what they may belong to, and no more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from amazon_optiply_etl.verdicts import notes, outcomes

if TYPE_CHECKING:
    from etl.conftest import Built, SellerFolder

DE, FR = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
KEPT, GONE, NAMED = "B0000000AA", "B0000000BB", "B0000000CC"


def reject(seller: SellerFolder, line: int, *asins: str, **changed: Any) -> None:
    """Have the tap reject a line of the German listing report, in which these ASINs can be read."""
    record = {
        "report_type": "GET_MERCHANT_LISTINGS_ALL_DATA", "marketplace_id": DE,
        "row_hash": f"{line:064}", "occurrence": 1, "report_id": "R1", "line": line,
        "reason": "it has 30 cells, not 29", "amazon_order_ids": [], "asins": list(asins),
        "cells": list(asins), "streams": ["products_inventory"],
    }  # fmt: skip
    seller.add("rejected_rows", record | changed)


def summary(seller: SellerFolder, place: str = DE, **changed: Any) -> None:
    listings = seller.records["products_inventory"]
    record = {
        "stream": "products_inventory", "marketplace_id": place, "complete": True,
        "records": sum(each["marketplace_id"] == place for each in listings),
        "synced_at": "2026-10-03T10:00:00Z",
    }  # fmt: skip
    seller.add("sync_summary", record | changed)


@pytest.fixture(autouse=True)
def _two_of_three_products_are_not_listed_any_more(
    seller: SellerFolder,
    remembered_runs: None,  # noqa: ARG001 - before the first build
) -> None:
    seller.records["orders"] = []
    for asin in (KEPT, GONE, NAMED):
        seller.listing(asin)
    seller.build()
    seller.host_loads()
    seller.records["products_inventory"].clear()
    seller.listing(KEPT, quantity=1)


def disabled(built: Built) -> list[str]:
    return [name for name, each in built.products.items() if each["status"] == "disabled"]


def test_a_row_that_names_an_asin_holds_back_that_product_alone(seller: SellerFolder) -> None:
    reject(seller, 17, NAMED)
    summary(seller, rejected=1)
    built = seller.build()
    assert disabled(built) == [GONE]
    assert KEPT in built.products
    reason = outcomes.REJECTED_LISTING.format("line 17", "DE")
    assert built.left_out("products") == {reason: [NAMED]}


def test_a_product_of_several_listings_waits_for_the_one_that_is_rejected(
    seller: SellerFolder,
) -> None:
    reject(seller, 17, KEPT)
    summary(seller, rejected=1)
    built = seller.build()
    assert KEPT not in built.products
    assert disabled(built) == [GONE, NAMED]


def test_neighbouring_lines_are_one_row(seller: SellerFolder) -> None:
    reject(seller, 17, NAMED)
    reject(seller, 18)
    summary(seller, rejected=2)
    assert disabled(seller.build()) == [GONE]


@pytest.mark.parametrize("lines", [(17,), (17, 40)])
def test_a_row_that_names_none_holds_back_every_disable(
    seller: SellerFolder, lines: tuple[int, ...]
) -> None:
    for line in lines:
        reject(seller, line)
    summary(seller, rejected=len(lines))
    built = seller.build()
    assert list(built.products) == [KEPT]
    named = "line 17" if len(lines) == 1 else "lines 17, 40"
    assert built.left_out("products") == {
        outcomes.REJECTED_UNKNOWN.format(named, "DE"): [GONE, NAMED]
    }


def test_rows_that_are_only_counted_hold_back_every_disable(seller: SellerFolder) -> None:
    summary(seller, rejected=2)
    built = seller.build()
    assert disabled(built) == []
    assert built.left_out("products") == {
        outcomes.REJECTED_UNKNOWN.format("2 rows", "DE"): [GONE, NAMED]
    }


def test_rows_of_other_reports_hold_back_nothing(seller: SellerFolder) -> None:
    reject(seller, 17, report_type="GET_MERCHANT_LISTINGS_DATA", streams=["active_listings"])
    summary(seller, rejected=0)
    assert disabled(seller.build()) == [GONE, NAMED]


def test_with_marketplaces_a_row_holds_back_its_own_marketplace_alone(
    seller: SellerFolder,
) -> None:
    for path in (seller.root / "snapshots").iterdir():
        path.unlink()
    seller.config["marketplaces"] = "DE,FR"
    seller.records["products_inventory"] = []
    for place in (DE, FR):
        for asin in (KEPT, GONE):
            seller.listing(asin, marketplace_id=place)
    seller.build()
    seller.host_loads()
    seller.records["products_inventory"] = []
    for place in (DE, FR):
        seller.listing(KEPT, marketplace_id=place)
        summary(seller, place, rejected=int(place == DE))
    reject(seller, 17)
    assert disabled(seller.build()) == [f"{GONE}_{FR}"]


def test_a_known_sku_names_its_product_too(seller: SellerFolder) -> None:
    reject(seller, 17, cells=["Towel", f"SKU-{NAMED}", "19.99"])
    summary(seller, rejected=1)
    assert disabled(seller.build()) == [GONE]


def test_the_page_lists_the_rows_that_could_not_be_read(seller: SellerFolder) -> None:
    reject(seller, 17, NAMED)
    reject(seller, 40)
    reject(seller, 9, streams=["returns"])
    summary(seller, rejected=2)
    built = seller.build()
    assert built.left_out("rejected_rows") == {
        outcomes.ROW_NAMES_PRODUCTS: ["DE line 17 of report R1"],
        outcomes.ROW_OF_ANY_LISTING: ["DE line 40 of report R1"],
        outcomes.ROW_NOT_NEEDED: ["DE line 9 of report R1"],
    }
    page = (built.folder / "mapping-report.html").read_text("utf-8")
    assert "Rows that could not be read" in page
    assert "it has 30 cells, not 29" in page


def test_cells_never_reach_what_is_written(seller: SellerFolder) -> None:
    reject(seller, 17, cells=["Erika Mustermann"], streams=["orders", "order_items"])
    built = seller.build()
    written = [*built.folder.iterdir(), *(seller.root / "snapshots").iterdir()]
    assert not any("Mustermann" in path.read_text("utf-8") for path in written)


def test_a_report_that_is_complete_disables_though_rows_were_rejected(
    seller: SellerFolder,
) -> None:
    summary(seller, complete="True", rejected=0)
    assert disabled(seller.build()) == [GONE, NAMED]


class TestOfFbaStock:
    """A quantity that was not read is never 0."""

    @pytest.fixture(autouse=True)
    def _amazon_ships_two_products(
        self, seller: SellerFolder, _two_of_three_products_are_not_listed_any_more: None
    ) -> None:
        for path in (seller.root / "snapshots").iterdir():
            path.unlink()
        seller.records["products_inventory"] = []
        for asin in (KEPT, NAMED):
            seller.listing(asin, fulfillment_channel="AMAZON_EU", quantity=None)
            seller.stock(asin, afn_total_quantity=7)
        seller.build()
        seller.host_loads()
        seller.records["warehouse_inventory"] = []
        seller.stock(KEPT, afn_total_quantity=3)

    def reject_stock(self, seller: SellerFolder, line: int, *asins: str, **changed: Any) -> None:
        report = {
            "report_type": "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA",
            "streams": ["warehouse_inventory"],
        }
        reject(seller, line, *asins, **(report | changed))

    def test_a_sku_that_is_not_in_the_report_is_sold_out(self, seller: SellerFolder) -> None:
        products = seller.build().products
        assert {name: each["stockLevel"] for name, each in products.items()} == {KEPT: 3, NAMED: 0}

    @pytest.mark.parametrize("named", [{"asins": [NAMED]}, {"cells": [f"SKU-{NAMED}"]}])
    def test_a_row_that_names_a_product_keeps_its_stock(
        self, seller: SellerFolder, named: dict[str, Any]
    ) -> None:
        self.reject_stock(seller, 5, **named)
        built = seller.build()
        assert list(built.products) == [KEPT]
        reason = outcomes.REJECTED_STOCK.format("line 5", "DE")
        assert built.left_out("products") == {reason: [NAMED]}

    def test_one_of_two_rows_of_a_product_keeps_its_stock(self, seller: SellerFolder) -> None:
        self.reject_stock(seller, 5, KEPT)
        assert list(seller.build().products) == [NAMED]

    @pytest.mark.parametrize("is_there", [True, False])
    def test_a_row_that_names_none_keeps_what_the_report_does_not_know(
        self, seller: SellerFolder, *, is_there: bool
    ) -> None:
        if is_there:
            self.reject_stock(seller, 5)
        summary(seller, stream="warehouse_inventory", records=1, rejected=1)
        built = seller.build()
        assert list(built.products) == [KEPT]
        named = "line 5" if is_there else "1 row"
        reason = outcomes.REJECTED_STOCK_UNKNOWN.format(named, "DE")
        assert built.left_out("products") == {reason: [NAMED]}

    def test_a_new_product_waits_for_its_stock(self, seller: SellerFolder) -> None:
        seller.listing("B0000000DD", fulfillment_channel="AMAZON_EU", quantity=None)
        self.reject_stock(seller, 5, "B0000000DD")
        assert "B0000000DD" not in seller.build().products

    def test_the_sellers_own_stock_does_not_need_it(self, seller: SellerFolder) -> None:
        seller.config["second_flavour"] = True
        seller.listing("B0000000DD", quantity=4)
        self.reject_stock(seller, 5, "B0000000DD")
        built = seller.build()
        assert built.products["B0000000DD"]["stockLevel"] == 4
        assert built.left_out("rejected_rows") == {
            outcomes.ROW_NOT_NEEDED: ["DE line 5 of report R1"]
        }

    def test_a_row_without_a_quantity_keeps_the_stock_of_its_product(
        self, seller: SellerFolder
    ) -> None:
        seller.stock(NAMED, afn_total_quantity=None)
        built = seller.build()
        assert list(built.products) == [KEPT]
        assert built.left_out("products") == {outcomes.UNREAD_STOCK: [NAMED]}


class TestOfOrders:
    """An order with a row that could not be read waits, complete, until it is reported again."""

    NEWS = "2026-10-05T10:00:00+00:00"

    def reject_line(self, seller: SellerFolder, number: int, *orders: str, **changed: Any) -> None:
        report = {
            "report_type": "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL", "asins": [KEPT],
            "amazon_order_ids": list(orders), "cells": None, "streams": ["orders", "order_items"],
        }  # fmt: skip
        reject(seller, number, **(report | changed))

    def test_it_is_listed_and_its_other_lines_wait(self, seller: SellerFolder) -> None:
        seller.line("302-1", KEPT)
        self.reject_line(seller, 8, "302-1")
        built = seller.build()
        assert built.sell_orders == {}
        assert built.left_out("order_items") == {
            outcomes.REJECTED_ORDER: [f"302-1 {KEPT} SKU-{KEPT} 1"]
        }
        assert built.notes()[notes.REJECTED_ORDERS] == ["302-1"]
        assert built.left_out("rejected_rows") == {
            outcomes.ROW_NAMES_ORDERS: ["DE line 8 of report R1"]
        }
        assert KEPT in built.products  # the ASIN of an order's row holds back no product

    def test_it_goes_out_once_it_is_reported_anew(self, seller: SellerFolder) -> None:
        seller.line("302-1", KEPT)
        self.reject_line(seller, 8, "302-1")
        seller.build()
        seller.records = {"orders": [], "order_items": []}
        for number in (1, 2):
            seller.line("302-1", KEPT, line_number=number, last_updated_date=self.NEWS)
        seller.order("302-1", last_updated_date=self.NEWS, order_total=19.98)
        built = seller.build()
        assert built.sell_orders["302-1"]["totalValue"] == 19.98
        assert built.notes().get(notes.REJECTED_ORDERS) is None

    def test_an_earlier_record_of_it_does_not_go_out_with_the_lines_that_are_left(
        self, seller: SellerFolder
    ) -> None:
        seller.order("302-1", order_total=19.98)
        for number in (1, 2):
            seller.line("302-1", "B0000000EE", line_number=number)
        seller.build()  # it waits for its product
        seller.records["orders"] = []
        seller.records["order_items"] = []
        seller.listing("B0000000EE")
        seller.line("302-1", "B0000000EE", last_updated_date=self.NEWS)
        self.reject_line(seller, 8, "302-1")
        built = seller.build()
        assert built.sell_orders == {}
        assert built.notes()[notes.REJECTED_ORDERS] == ["302-1"]
        seller.records["order_items"] = []
        seller.records["rejected_rows"] = []
        built = seller.build()  # nor with a later run, in which nothing speaks of it any more
        assert built.left_out("orders") == {outcomes.OLDER_THAN_LINES: ["302-1"]}
        for number in (1, 2):
            seller.line("302-1", "B0000000EE", line_number=number, last_updated_date=self.NEWS)
        seller.order("302-1", last_updated_date=self.NEWS, order_total=19.98)
        seller.host_loads()
        order = seller.build().sell_orders["302-1"]
        assert [line["quantity"] for line in order["orderLines"]] == [2]

    def test_one_that_another_report_tells_of_goes_out(self, seller: SellerFolder) -> None:
        seller.order("302-1")
        seller.line("302-1", KEPT)
        self.reject_line(seller, 8, "302-1")
        built = seller.build()
        assert list(built.sell_orders) == ["302-1"]
        assert notes.REJECTED_ORDERS not in built.notes()

    def test_those_that_are_only_counted_are_told_by_marketplace(
        self, seller: SellerFolder
    ) -> None:
        summary(seller, stream="orders", records=0, rejected=4, held_back=2)
        summary(seller, FR, stream="orders", records=0, rejected=1, held_back=1)
        assert seller.build().notes()[notes.HELD_BACK_ORDERS] == [
            "2 orders of DE",
            "1 order of FR",
        ]

    def test_a_row_that_names_none_is_listed_by_its_line(self, seller: SellerFolder) -> None:
        self.reject_line(seller, 8)
        assert seller.build().left_out("rejected_rows") == {
            outcomes.ROW_OF_ANY_ORDER: ["DE line 8 of report R1"]
        }


@pytest.mark.parametrize("kind", ["csv", "parquet", "parquet-of-texts"])
def test_arrays_are_read_as_targets_write_them(seller: SellerFolder, kind: str) -> None:
    reject(seller, 17, NAMED)
    summary(seller, rejected=1)
    rows = seller.records.pop("rejected_rows")
    if kind != "parquet":
        rows = [
            {name: json.dumps(v) if isinstance(v, list) else v for name, v in each.items()}
            for each in rows
        ]
    table = pa.Table.from_pylist(rows)
    path = seller.write(f"sync-output/rejected_rows.{kind.partition('-')[0]}", "")
    write = parquet.write_table if path.suffix == ".parquet" else csv.write_csv
    write(table, path)
    assert disabled(seller.build()) == [GONE]

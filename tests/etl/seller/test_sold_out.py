"""Sold out is not gone: what becomes of a product by its listings' status and stock, row by row."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from amazon_optiply_etl.optiply.entities import PRODUCTS
from amazon_optiply_etl.seller.availability import FbaStock, OwnQuantity, Status
from amazon_optiply_etl.verdicts import notes, outcomes

if TYPE_CHECKING:
    from etl.conftest import Built, SellerFolder

DE, FR = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
ASIN, OTHER = "B0000000AA", "B0000000BB"
# What a report has for all its rows or none needs a marketplace of its own.
PLACES = (
    DE, FR, "A1F83G8C2ARO7P", "APJ6JRA9NG5V4",
    "A1RKKUPIHCS9HS", "A1805IZSGTT6HS", "A2NODRKZP88ZB9", "A1C3SOZRARQ6R3",
)  # fmt: skip
REPORTS = dict(zip(itertools.product((True, False), repeat=3), PLACES, strict=True))
OWN, FBA, BEFORE = 5, 7, 3
QUANTITIES = {OwnQuantity.ZERO: 0, OwnQuantity.MORE: OWN}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table."""

    status: Status
    own: OwnQuantity
    fba: FbaStock
    known: bool
    named: bool

    @property
    def place(self) -> str:
        return REPORTS[
            self.status is Status.NO_COLUMN,
            self.own is OwnQuantity.NO_COLUMN,
            self.fba is FbaStock.NOT_READ,
        ]

    @property
    def asin(self) -> str:
        return f"B{ROWS.index(self):09}"

    @property
    def remote_id(self) -> str:
        return f"{self.asin}_{self.place}"

    @property
    def stock(self) -> int | None:
        """The units that there are; None where a quantity was not read."""
        if self.fba is FbaStock.MORE:
            return FBA
        if self.own in QUANTITIES:
            return QUANTITIES[self.own]
        return 0 if self.fba is FbaStock.ZERO else None

    @property
    def outcome(self) -> tuple[str, int] | str | None:
        """Status and stock that are sent; ``stays``; None where there is no product."""
        if self.stock is None:
            return "stays" if self.known else None
        if self.status in {Status.ACTIVE, Status.NO_COLUMN}:
            return "enabled", self.stock
        if self.stock > 0:
            return ("disabled", BEFORE) if self.known else None
        return ("enabled", 0) if self.known or self.named else None

    def __str__(self) -> str:
        facts = f"{self.status.value}, own {self.own.value}, FBA {self.fba.value}"
        return f"{facts}{', known' * self.known}{', named' * self.named}"


ROWS = [
    Row(*each)
    for each in itertools.product(Status, OwnQuantity, FbaStock, (False, True), (False, True))
]


@pytest.fixture(scope="module")
def built(module_seller: SellerFolder) -> Built:
    """One run over a seller who has a listing of each row."""
    seller = module_seller
    seller.config["marketplaces"] = ",".join(PLACES)
    snapshot = [",".join(PRODUCTS.snapshot_columns)]
    for row in ROWS:
        no_quantity = row.own not in QUANTITIES
        seller.listing(
            row.asin,
            marketplace_id=row.place,
            status=None if row.status is Status.NO_COLUMN else row.status.value,
            quantity=QUANTITIES.get(row.own),
            fulfillment_channel="AMAZON_EU" if no_quantity else "DEFAULT",
        )
        if row.fba is not FbaStock.NOT_READ:
            units = FBA if row.fba is FbaStock.MORE else 0
            seller.stock(row.asin, marketplace_id=row.place, afn_total_quantity=units)
        if row.named:
            seller.order(row.asin, marketplace_id=row.place)
            seller.line(row.asin, row.asin, marketplace_id=row.place)
        if row.known:
            snapshot.append(
                f"{row.remote_id},{ROWS.index(row) + 1},Thing,SKU-{row.asin},,{row.asin},1.00,{BEFORE},"
                "false,enabled"
            )
    for place in PLACES:
        count = sum(row.place == place for row in ROWS)
        seller.add("sync_summary", summary(place, count))
    seller.write("snapshots/products.snapshot.csv", "".join(f"{line}\n" for line in snapshot))
    return seller.build()


def summary(place: str, records: int) -> dict[str, Any]:
    return {
        "stream": "products_inventory", "marketplace_id": place, "complete": True,
        "records": records, "synced_at": "2026-10-03T10:00:00Z",
    }  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_table_row_by_row(built: Built, row: Row) -> None:
    sent = built.products.get(row.remote_id)
    stays = [
        reason
        for reason, ids in built.left_out("products").items()
        if row.remote_id in ids and reason.endswith("it stays as it was")
    ]

    if row.outcome == "stays":
        assert stays
    elif row.outcome is not None:
        assert sent is not None
        assert (sent["status"], sent["stockLevel"]) == row.outcome
    if row.outcome in {None, "stays"}:
        assert sent is None


@pytest.mark.parametrize("row", [row for row in ROWS if row.named], ids=str)
def test_an_order_goes_out_where_there_is_a_product(built: Built, row: Row) -> None:
    assert (row.asin in built.sell_orders) is (row.known or row.outcome is not None)


@pytest.fixture
def _two_products(seller: SellerFolder) -> None:
    seller.records["orders"] = []
    for asin in (ASIN, OTHER):
        seller.listing(asin)
    seller.build()
    seller.host_loads()
    seller.records["products_inventory"].clear()


def synced(seller: SellerFolder) -> Built:
    """Run with all listings of Germany read."""
    count = len(seller.records["products_inventory"])
    seller.records["sync_summary"] = [summary(DE, count)]
    return seller.build()


@pytest.mark.usefixtures("_two_products")
class TestSeveralListingsOfAnAsin:
    """Enabled comes before stock 0, and stock 0 before disabled."""

    def test_one_that_is_for_sale_counts_alone(self, seller: SellerFolder) -> None:
        seller.listing(ASIN, seller_sku="S1", status="Inactive", quantity=0)
        seller.listing(ASIN, seller_sku="S2", status="Inactive", quantity=9)
        seller.listing(ASIN, seller_sku="S3", quantity=2)
        product = synced(seller).products[ASIN]
        assert (product["status"], product["stockLevel"]) == ("enabled", 2)

    def test_one_that_is_sold_out_counts_before_one_that_is_closed(
        self, seller: SellerFolder
    ) -> None:
        seller.listing(ASIN, seller_sku="S1", status="Inactive", quantity=0)
        seller.listing(ASIN, seller_sku="S2", status="Inactive", quantity=9)
        seller.stock(ASIN, sku="S2", afn_total_quantity=4)
        built = synced(seller)
        product = built.products[ASIN]
        assert (product["status"], product["stockLevel"]) == ("enabled", 0)
        assert built.left_out("warehouse_inventory") == {outcomes.NOT_FOR_SALE: [f"{DE} S2"]}

    def test_one_whose_stock_was_not_read_keeps_the_product_as_it_was(
        self, seller: SellerFolder
    ) -> None:
        seller.listing(ASIN, seller_sku="S1", status="Inactive", quantity=0)
        seller.listing(ASIN, seller_sku="S2", status="Inactive", quantity=None)
        built = synced(seller)
        assert ASIN not in built.products
        assert built.left_out("products")[outcomes.UNREAD_QUANTITY] == [ASIN]


@pytest.mark.usefixtures("_two_products")
def test_a_product_that_is_sold_out_comes_back_with_its_stock(seller: SellerFolder) -> None:
    seller.listing(OTHER)
    seller.listing(ASIN, status="Inactive", quantity=0)
    built = synced(seller)
    assert built.notes()[notes.SOLD_OUT] == [ASIN]
    assert built.products[ASIN]["stockLevel"] == 0
    assert seller.build().products == {}
    seller.records["products_inventory"].clear()
    seller.listing(OTHER)
    seller.listing(ASIN, quantity=12)
    product = synced(seller).products[ASIN]
    assert (product["status"], product["stockLevel"]) == ("enabled", 12)


@pytest.mark.usefixtures("_two_products")
def test_units_on_their_way_to_amazon_are_no_stock_that_could_be_sold(
    seller: SellerFolder,
) -> None:
    seller.listing(ASIN, status="Inactive", quantity=None, fulfillment_channel="AMAZON_NA")
    seller.stock(ASIN, afn_total_quantity=40, afn_fulfillable_quantity=0)
    product = synced(seller).products[ASIN]
    assert (product["status"], product["stockLevel"]) == ("enabled", 40)


@pytest.mark.usefixtures("_two_products")
def test_a_quantity_that_is_empty_is_not_0(seller: SellerFolder) -> None:
    seller.listing(ASIN, quantity=None)
    seller.listing(OTHER, quantity=1)
    built = synced(seller)
    assert list(built.products) == [OTHER]
    assert built.left_out("products") == {outcomes.UNREAD_QUANTITY: [ASIN]}


def test_dead_listings_become_no_products_and_are_told_apart(seller: SellerFolder) -> None:
    seller.listing(ASIN)
    seller.listing(OTHER, status="Inactive", quantity=0)
    seller.listing("B0000000CC", status="Inactive", quantity=8)
    seller.records["orders"] = []
    built = seller.build()
    assert list(built.products) == [ASIN]
    assert built.left_out("products_inventory") == {
        outcomes.SOLD_OUT_UNKNOWN: [f"{DE} SKU-{OTHER}"],
        outcomes.NOT_ACTIVE: [f"{DE} SKU-B0000000CC"],
    }


def test_a_first_run_makes_sold_out_products_of_what_is_ordered(seller: SellerFolder) -> None:
    seller.listing(ASIN, status="Inactive", quantity=0)
    seller.order()
    seller.line()
    built = seller.build()
    assert built.products[ASIN]["stockLevel"] == 0
    assert list(built.sell_orders) == ["302-1"]


def test_a_report_without_status_and_asin1_holds_what_is_for_sale(seller: SellerFolder) -> None:
    seller.records["orders"] = []
    for asin in (ASIN, OTHER):
        seller.listing(asin, status=None, asin1=None, product_id_type="1")
    assert list(seller.build().products) == [ASIN, OTHER]

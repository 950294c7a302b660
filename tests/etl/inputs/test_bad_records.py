"""A record that cannot be used is named with the reason, and the others continue without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pytest

from amazon_optiply_etl.inputs.identifiers import barcodes
from amazon_optiply_etl.inputs.streams import Kind, Stream
from amazon_optiply_etl.inputs.typed import typed_frame
from amazon_optiply_etl.verdicts import outcomes

if TYPE_CHECKING:
    from etl.conftest import SellerFolder

ASIN, OTHER = "B0000000AA", "B0000000BB"
DE, FR, GB = "A1PA6795UKMFR9", "A13V1IB3VIYZZH", "A1F83G8C2ARO7P"

AMOUNTS: dict[str, tuple[str, int | None]] = {
    "plain": ("12.5", 125_000),
    "a currency's sign": ("€ 12.50", 125_000),
    "a sign after it": ("12,50 €", 125_000),
    "a pound": ("£1,234.50", 12_345_000),
    "a currency's code": ("EUR 12.50", 125_000),
    "a decimal comma": ("1,5", 15_000),
    "continental thousands": ("1.234,56", 12_345_600),
    "thousands by a thin space": ("1\u202f234,56", 12_345_600),
    "scientific notation": ("1.5E+2", 1_500_000),
    "a comma that may be either": ("1,234", None),
    "words": ("free", None),
    "two numbers": ("1.50 2.50", None),
}
WHOLE: dict[str, tuple[str, int | None]] = {
    "plain": ("12", 12),
    "below zero": ("-3", -3),
    "a float": ("12.0", 12),
    "scientific notation": ("1.2E+3", 1200),
    "a part of one": ("1.5", None),
    "words": ("many", None),
}
EANS: dict[str, tuple[str, str | None]] = {
    "13 digits": ("4006381333931", "4006381333931"),
    "8 digits": ("96385074", "96385074"),
    "a zero lost": ("012345678905", "0012345678905"),
    "two zeros lost": ("12345678905", "0012345678905"),
    "a float of a spreadsheet": ("4006381333931.0", "4006381333931"),
    "scientific notation with all digits": ("4.006381333931E+12", "4006381333931"),
    "scientific notation that has lost digits": ("4.00638E+12", None),
    "too short for its check digit": ("12345678906", None),
    "letters": ("B0000000AA", None),
}


@pytest.mark.parametrize(("text", "expected"), AMOUNTS.values(), ids=AMOUNTS)
def test_an_amount_is_read_as(text: str, expected: int | None) -> None:
    assert _read(text, Kind.AMOUNT) == expected


@pytest.mark.parametrize(("text", "expected"), WHOLE.values(), ids=WHOLE)
def test_a_whole_number_is_read_as(text: str, expected: int | None) -> None:
    assert _read(text, Kind.WHOLE) == expected


@pytest.mark.parametrize(("text", "expected"), EANS.values(), ids=EANS)
def test_an_ean_is_read_as(text: str, expected: str | None) -> None:
    read = barcodes(pd.Series([text], dtype="string"))[0]
    assert (None if pd.isna(read) else read) == expected


def _read(text: str, kind: Kind) -> Any:
    stream = Stream("a_stream", key=("value",), required=(), columns={"value": kind})
    table = pa.table({"value": pa.chunked_array([pa.array([text])])})
    frame, unreadable = typed_frame(table, stream)
    value = frame["value"][0]
    assert bool(unreadable) is bool(pd.isna(value))
    return None if pd.isna(value) else value


def test_a_listing_that_cannot_be_read_leaves_its_product_as_it_was(seller: SellerFolder) -> None:
    seller.listing(ASIN)
    seller.listing(OTHER)
    seller.order()
    seller.line()
    seller.build()
    seller.records["products_inventory"].clear()
    seller.listing(ASIN, price="1,234")
    seller.listing(OTHER, price=5)
    seller.add("sync_summary", _summary(DE, 2))
    built = seller.build()
    assert list(built.products) == [OTHER]
    assert built.left_out("products_inventory") == {
        "its price cannot be read as an amount of money": [f"{DE} SKU-{ASIN}"]
    }
    assert built.notes()["products_inventory: price cannot be read as an amount of money"] == [
        f"'{DE} SKU-{ASIN}: 1,234' (products_inventory.jsonl, record 1)"
    ]


@pytest.mark.parametrize("second_flavour", [False, True])
def test_fba_stock_that_cannot_be_read_leaves_its_product_as_it_was(
    seller: SellerFolder,
    second_flavour: bool,  # noqa: FBT001
) -> None:
    seller.config["second_flavour"] = second_flavour
    for asin in (ASIN, OTHER):
        seller.listing(asin, quantity=None, fulfillment_channel="AMAZON_EU")
        seller.stock(asin)
    seller.order()
    seller.build()
    for records in (seller.records["products_inventory"], seller.records["warehouse_inventory"]):
        records.clear()
    for asin, units in ((ASIN, "many"), (OTHER, 8)):
        seller.listing(asin, quantity=1, fulfillment_channel="AMAZON_EU")
        seller.stock(asin, afn_total_quantity=units)
    built = seller.build()
    assert list(built.products) == ([ASIN, OTHER] if second_flavour else [OTHER])
    assert built.left_out("products") == ({} if second_flavour else {outcomes.UNREAD_STOCK: [ASIN]})


@pytest.mark.parametrize("nothing", ["nan", "NaN", "None", "NaT", "<NA>", "null", " ", "N/A"])
@pytest.mark.parametrize("kind", [Kind.WHOLE, Kind.AMOUNT, Kind.INSTANT])
def test_what_other_tools_write_for_a_missing_number_is_none(nothing: str, kind: Kind) -> None:
    stream = Stream("a_stream", key=("value",), required=(), columns={"value": kind})
    frame, unreadable = typed_frame(pa.table({"value": pa.array([nothing])}), stream)
    assert frame["value"].isna().all()
    assert not unreadable


@pytest.mark.parametrize("asin", ["nan", "None", "<NA>", "#N/A"])
def test_what_other_tools_write_for_a_missing_asin_is_no_product(
    seller: SellerFolder, asin: str
) -> None:
    seller.listing(ASIN)
    seller.listing(asin1=asin, product_id=asin, product_id_type="1", seller_sku="LOST")
    seller.listing(asin1=asin, product_id=OTHER, product_id_type="1.0", seller_sku=OTHER)
    seller.order()
    built = seller.build()
    assert list(built.products) == [ASIN, OTHER]
    assert built.left_out("products_inventory") == {"it has no ASIN": [f"{DE} LOST"]}


def test_an_order_with_a_line_that_cannot_be_read_does_not_go_out(seller: SellerFolder) -> None:
    seller.listing(ASIN)
    seller.order("302-1")
    seller.line("302-1")
    seller.line("302-1", line_number=2, quantity="many")
    seller.order("302-2")
    seller.line("302-2")
    built = seller.build()
    assert list(built.sell_orders) == ["302-2"]
    assert built.left_out("orders") == {"a line of the order cannot be read": ["302-1"]}
    reasons = built.left_out("order_items")
    assert reasons["its quantity cannot be read as a whole number"] == [
        f"302-1 {ASIN} SKU-{ASIN} 2"
    ]


def test_a_record_without_its_key_is_left_out(seller: SellerFolder) -> None:
    seller.listing(ASIN)
    seller.order("302-1")
    seller.line("302-1")
    seller.order(amazon_order_id=None)
    built = seller.build()
    assert list(built.sell_orders) == ["302-1"]
    assert built.left_out("orders") == {"it has no amazon_order_id": ["?"]}


def test_identifiers_that_are_nested_otherwise_are_noted(seller: SellerFolder) -> None:
    seller.listing(ASIN)
    seller.listing(OTHER)
    seller.add("product_catalog", {"marketplace_id": DE, "asin": ASIN, "identifiers": {"EAN": "1"}})
    seller.catalog(OTHER, EAN="4006381333931")
    seller.order()
    built = seller.build()
    assert built.products[OTHER]["eanCode"] == "4006381333931"
    note = "product_catalog: identifiers are not nested as Amazon nests them"
    assert built.notes()[note] == [ASIN]


def test_an_order_in_several_currencies_is_left_out(seller: SellerFolder) -> None:
    seller.listing(ASIN)
    seller.listing(OTHER)
    seller.order()
    seller.line(currency="EUR")
    seller.line(asin=OTHER, currency="SEK")
    built = seller.build()
    assert built.sell_orders == {}
    assert list(built.left_out("orders")) == [
        "its lines are in several currencies, which cannot be summed"
    ]


@pytest.mark.parametrize(("quantity", "sent"), [(9_999_999, True), (10_000_000, False), (-5, True)])
def test_stock_beyond_what_optiply_takes_holds_the_product_back(
    seller: SellerFolder, quantity: int, *, sent: bool
) -> None:
    seller.listing(ASIN, quantity=quantity)
    seller.listing(OTHER)
    seller.order()
    built = seller.build()
    assert (ASIN in built.products) is sent
    assert OTHER in built.products
    if not sent:
        reason = "its stock is more than Optiply takes (9,999,999); it stays as it was"
        assert built.left_out("products") == {reason: [ASIN]}


def test_an_order_under_two_marketplaces_goes_out_where_its_lines_are(seller: SellerFolder) -> None:
    seller.listing(ASIN)
    seller.order("302-1", marketplace_id=FR)
    seller.order("302-1", marketplace_id=DE)
    seller.line("302-1", marketplace_id=DE)
    assert list(seller.build().sell_orders) == ["302-1"]


def test_a_line_that_an_order_has_no_more_does_not_count(seller: SellerFolder) -> None:
    seller.listing(ASIN)
    seller.listing(OTHER)
    seller.order("302-1", last_updated_date="2026-10-03T10:00:00Z")
    seller.line("302-1", ASIN)
    seller.line("302-1", OTHER, last_updated_date="2026-10-03T10:00:00Z")
    lines = seller.build().sell_orders["302-1"]["orderLines"]
    assert [line["Remote_productId"] for line in lines] == [OTHER]


def _summary(marketplace: str, records: int, *, complete: bool | str = True) -> dict[str, Any]:
    return {
        "stream": "products_inventory", "marketplace_id": marketplace, "complete": complete,
        "records": records, "synced_at": "2026-10-03T10:00:00Z",
    }  # fmt: skip


class TestPriceInTheRightCurrency:
    """Optiply knows no currencies, so a price in another one would be a wrong price."""

    @pytest.mark.parametrize(
        ("listings", "expected"),
        [
            ({DE: 10, GB: 8}, 10),
            ({FR: 11, GB: 8}, 11),
            ({GB: 8}, None),
            ({DE: None, FR: 11}, None),
        ],
        ids=["the main one's", "another's in its currency", "none", "the main one has none"],
    )
    def test_the_price_is(
        self, seller: SellerFolder, listings: dict[str, Any], expected: float | None
    ) -> None:
        seller.config["uri"] = "https://www.amazon.de/"
        for place, price in listings.items():
            seller.listing(ASIN, marketplace_id=place, price=price)
        seller.order()
        assert seller.build().products[ASIN].get("price") == expected

    def test_a_price_that_is_gone_stays_as_optiply_keeps_it(self, seller: SellerFolder) -> None:
        seller.config["uri"] = "https://www.amazon.co.uk/"
        seller.listing(ASIN, marketplace_id=GB, price=8)
        seller.listing(ASIN, marketplace_id=DE, price=10)
        seller.order()
        seller.build()
        seller.host_loads()
        seller.records["products_inventory"].clear()
        seller.listing(ASIN, marketplace_id=DE, price=10)
        assert seller.build().products == {}
        seller.listing(ASIN, marketplace_id=FR, price=10, quantity=6)
        assert seller.build().products[ASIN]["price"] == 8

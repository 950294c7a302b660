"""Secondary flavour: sell orders for the products of another shop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amazon_optiply_etl.errors import EtlError

if TYPE_CHECKING:
    from etl.conftest import SellerFolder

ASIN = "B0000000AA"
SHOP = "remoteId,optiply_id,name,skuCode,eanCode\n"


@pytest.fixture(autouse=True)
def _secondary(seller: SellerFolder) -> None:
    seller.config["flavour"] = "secondary"


def test_lines_are_matched_by_ean_through_the_catalog(seller: SellerFolder) -> None:
    seller.write("snapshots/products.snapshot.csv", f"{SHOP}shop-1,777,Towel,T1,4006381333931\n")
    seller.catalog(EAN="4006381333931")
    seller.order()
    seller.line()
    built = seller.build()
    assert built.sell_orders["302-1"]["orderLines"] == [
        {"quantity": 1, "subtotalValue": 9.99, "productId": "777"}
    ]
    assert not (built.folder / "products.jsonl").exists()
    assert {each["stream"] for each in built.messages} == {"SellOrders"}


def test_the_shops_snapshot_is_left_as_it_is(seller: SellerFolder) -> None:
    text = f"{SHOP}shop-1,777,Towel,T1,4006381333931\n"
    path = seller.write("snapshots/products.snapshot.csv", text)
    seller.order()
    seller.build()
    assert path.read_text("utf-8") == text


def test_the_shops_snapshot_outlives_a_run_that_could_not_write(seller: SellerFolder) -> None:
    text = f"{SHOP}shop-1,777,Towel,T1,4006381333931\n"
    path = seller.write("snapshots/products.snapshot.csv", text)
    seller.catalog(EAN="4006381333931")
    seller.order()
    seller.line()
    in_the_way = seller.root / "etl-output" / "sell_orders.jsonl"
    in_the_way.mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        seller.build()
    in_the_way.rmdir()

    assert list(seller.build().sell_orders) == ["302-1"]
    assert path.read_text("utf-8") == text


def test_lines_are_matched_by_sku(seller: SellerFolder) -> None:
    seller.config["optiply_key"] = "skuCode"
    seller.write("snapshots/products.snapshot.csv", f"{SHOP}shop-1,777,Towel,00012,\n")
    seller.order()
    seller.line(sku="00012")
    assert seller.build().sell_orders["302-1"]["orderLines"][0]["productId"] == "777"


def test_a_upc_at_amazon_matches_the_ean_of_the_shop(seller: SellerFolder) -> None:
    seller.write("snapshots/products.snapshot.csv", f"{SHOP}shop-1,777,Towel,T1,0012345678905\n")
    seller.catalog(UPC="012345678905")
    seller.order()
    seller.line()
    assert list(seller.build().sell_orders) == ["302-1"]


def test_the_hosts_snapshot_gives_the_optiply_ids(seller: SellerFolder) -> None:
    seller.config["optiply_key"] = "skuCode"
    seller.write("snapshots/products.snapshot.csv", "remoteId,skuCode\nshop-1,T1\n")
    seller.write("snapshots/Products_flow1.snapshot.csv", "InputId,RemoteId\nshop-1,888\n")
    seller.order()
    seller.line(sku="T1")
    assert seller.build().sell_orders["302-1"]["orderLines"][0]["productId"] == "888"


NOT_MATCHED = {
    "of an unknown SKU": ("shop-1,777,Towel,OTHER,\n", "its product is not known"),
    "of two products": (
        "shop-1,777,Towel,T1,\nshop-2,778,Towel,T1,\n",
        "its key belongs to several products of Optiply",
    ),
    "of a product without Optiply id": (
        "shop-1,,Towel,T1,\n",
        "its product has no Optiply id in the snapshot",
    ),
}


@pytest.mark.parametrize(("rows", "reason"), NOT_MATCHED.values(), ids=NOT_MATCHED.keys())
def test_a_line_is_left_out(seller: SellerFolder, rows: str, reason: str) -> None:
    seller.config["optiply_key"] = "skuCode"
    seller.write("snapshots/products.snapshot.csv", SHOP + rows)
    seller.order()
    seller.line(sku="T1")
    built = seller.build()
    assert built.left_out("order_items") == {reason: [f"302-1 {ASIN} T1 1"]}
    assert built.left_out("orders") == {"no line of the order has a known product": ["302-1"]}


def test_without_a_catalog_nothing_can_be_matched_by_ean(seller: SellerFolder) -> None:
    seller.write("snapshots/products.snapshot.csv", f"{SHOP}shop-1,777,Towel,T1,4006381333931\n")
    seller.order()
    seller.line()
    with pytest.raises(EtlError, match="no records of product_catalog, which know the EAN"):
        seller.build()


def test_a_line_without_ean_is_left_out(seller: SellerFolder) -> None:
    seller.write("snapshots/products.snapshot.csv", f"{SHOP}shop-1,777,Towel,T1,4006381333931\n")
    seller.catalog("B0000000BB", EAN="4006381333931")
    seller.order()
    seller.line()
    assert list(seller.build().left_out("order_items")) == [
        "it has no value of the field that products are matched by"
    ]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        (
            "unrelated.csv",
            "",
            "needs the other shop's products: put them into .*products.snapshot.csv",
        ),
        (
            "Products_f.snapshot.csv",
            "InputId,RemoteId\n",
            "besides the Products_<flow>.snapshot.csv",
        ),
        ("products.snapshot.csv", "remoteId,optiply_id\na,1\n", "has no column eanCode"),
        ("products.snapshot.csv", "id,eanCode\na,1\n", "has no column remoteId"),
    ],
)
def test_without_the_shops_products_the_run_stops(
    seller: SellerFolder, name: str, text: str, sentence: str
) -> None:
    seller.write(f"snapshots/{name}", text)
    seller.order()
    with pytest.raises(EtlError, match=sentence):
        seller.build()


def test_an_order_that_was_not_taken_goes_out_again_after_its_listing_is_gone(
    seller: SellerFolder,
) -> None:
    seller.write("snapshots/products.snapshot.csv", f"{SHOP}shop-1,777,Towel,T1,4006381333931\n")
    seller.catalog(EAN=["4006381333931", "4006381333948"])
    for number in ("302-1", "302-2"):
        seller.order(number)
        seller.line(number)
    assert set(seller.build().sell_orders) == {"302-1", "302-2"}
    seller.write("snapshots/SellOrders_flow1.snapshot.csv", "InputId,RemoteId\n302-2,5\n")
    seller.records = {}
    seller.catalog("B0000000BB", EAN="4012345678901")

    for _ in range(2):
        assert seller.build().sell_orders["302-1"]["orderLines"][0]["productId"] == "777"
    assert seller.snapshot("asins.snapshot.csv")[1:] == [
        "B0000000AA,4006381333931 4006381333948,",
        "B0000000BB,4012345678901,",
    ]

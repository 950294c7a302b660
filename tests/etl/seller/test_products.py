"""The rules by which listings, FBA stock and catalog become products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amazon_optiply_etl.errors import EtlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from etl.conftest import Built, SellerFolder

DE = "A1PA6795UKMFR9"
FR = "A13V1IB3VIYZZH"
GB = "A1F83G8C2ARO7P"
ASIN = "B0000000AA"


@pytest.fixture(autouse=True)
def _an_empty_stream_of_orders(seller: SellerFolder) -> None:
    seller.records["orders"] = []


def test_a_listing_becomes_an_enabled_product(seller: SellerFolder) -> None:
    seller.listing(item_name=" Küche & Bad ", price=12.5)
    seller.catalog(EAN="0012345678905")
    assert seller.build().products == {
        ASIN: {
            "remoteId": ASIN,
            "name": " Küche & Bad ",
            "stockLevel": 5,
            "unlimitedStock": False,
            "skuCode": f"SKU-{ASIN}",
            "eanCode": "0012345678905",
            "articleCode": ASIN,
            "price": 12.5,
            "status": "enabled",
        }
    }


PRICES: list[tuple[object, float]] = [
    (2.675, 2.68),
    (2.665, 2.67),
    (1.005, 1.01),
    (0.1, 0.1),
    (10, 10.0),
    ("19.99", 19.99),
    (0, 0.0),
]


def _asin(number: int) -> str:
    return f"B{number:09}"


@pytest.fixture(scope="module")
def of_prices(new_seller: Callable[[], SellerFolder]) -> Built:
    """A product for each price."""
    seller = new_seller()
    seller.records["orders"] = []
    for number, (price, _) in enumerate(PRICES):
        seller.listing(_asin(number), price=price)
    return seller.build()


@pytest.mark.parametrize(("number", "sent"), list(enumerate(sent for _, sent in PRICES)))
def test_prices_are_rounded_half_up_in_decimals(of_prices: Built, number: int, sent: float) -> None:
    assert of_prices.products[_asin(number)]["price"] == sent


NO_PRODUCTS: list[tuple[dict[str, Any], str]] = [
    ({"status": "Inactive"}, "its status is not Active"),
    ({"status": "Incomplete"}, "its status is not Active"),
    ({"status": None}, "its status is not Active"),
    ({"asin1": None, "product_id": None}, "it has no ASIN"),
    ({"asin1": None, "product_id": "4006381333931", "product_id_type": "4"}, "it has no ASIN"),
    ({"item_name": None}, "it has no item_name"),
]


@pytest.fixture(scope="module")
def of_no_products(new_seller: Callable[[], SellerFolder]) -> Built:
    """A product, and a listing that is none for each reason."""
    seller = new_seller()
    seller.records["orders"] = []
    seller.listing("B0000000ZZ")
    for number, (changed, _) in enumerate(NO_PRODUCTS):
        seller.listing(_asin(number), seller_sku=f"LOST-{number}", **changed)
    return seller.build()


@pytest.mark.parametrize(("number", "reason"), list(enumerate(reason for _, reason in NO_PRODUCTS)))
def test_a_listing_that_is_no_product_is_left_out_with_its_reason(
    of_no_products: Built, number: int, reason: str
) -> None:
    assert list(of_no_products.products) == ["B0000000ZZ"]
    left_out = of_no_products.left_out("products_inventory")
    assert sum(len(ids) for ids in left_out.values()) == len(NO_PRODUCTS)
    assert f"{DE} LOST-{number}" in left_out[reason]


def test_an_asin_in_product_id_counts_when_its_type_says_so(seller: SellerFolder) -> None:
    seller.listing(asin1=None, product_id=ASIN, product_id_type="1")
    assert list(seller.build().products) == [ASIN]


STOCK: dict[str, tuple[list[dict[str, Any]], int]] = {
    "the total": ([{"afn_total_quantity": 7}], 7),
    "local instead of the total": (
        [{"afn_total_quantity": 7, "afn_fulfillable_quantity_local": 4}],
        4,
    ),
    "local 0 instead of the total, so the listing's quantity": (
        [{"afn_total_quantity": 7, "afn_fulfillable_quantity_local": 0}],
        5,
    ),
    "all SKUs and conditions": (
        [
            {"afn_total_quantity": 1},
            {"afn_total_quantity": 2, "sku": "OTHER"},
            {"afn_total_quantity": 4, "condition": "Used"},
        ],
        7,
    ),
    "all marketplaces, local only": (
        [
            {"afn_total_quantity": 9, "afn_fulfillable_quantity_local": 4},
            {"afn_total_quantity": 9, "afn_fulfillable_quantity_local": 5, "marketplace_id": FR},
        ],
        9,
    ),
    "the listing's quantity where FBA has none": ([{"afn_total_quantity": 0}], 5),
    "the listing's quantity where FBA knows nothing": ([{"afn_total_quantity": None}], 5),
    "the last row of a repeated key": ([{"afn_total_quantity": 3}, {"afn_total_quantity": 2}], 2),
    "a row without ASIN by its SKU": (
        [{"afn_total_quantity": 6, "asin": None}],
        6,
    ),
}


@pytest.fixture(scope="module")
def of_stock(new_seller: Callable[[], SellerFolder]) -> Built:
    """A product for each kind of stock."""
    seller = new_seller()
    seller.records["orders"] = []
    for number, (rows, _) in enumerate(STOCK.values()):
        seller.listing(_asin(number), quantity=5)
        for row in rows:
            asin = _asin(number)
            seller.stock(**({"asin": asin, "sku": f"SKU-{asin}", "fnsku": f"X-{asin}"} | row))
    return seller.build()


@pytest.mark.parametrize(
    ("number", "level"), list(enumerate(level for _, level in STOCK.values())), ids=STOCK
)
def test_the_stock_level_is(of_stock: Built, number: int, level: int) -> None:
    assert of_stock.products[_asin(number)]["stockLevel"] == level


def test_second_flavour_takes_the_listings_own_quantity(seller: SellerFolder) -> None:
    seller.config["second_flavour"] = "true"
    seller.listing(quantity=3)
    seller.listing(quantity=4, seller_sku="OTHER")
    seller.stock(afn_total_quantity=100)
    built = seller.build()
    assert built.products[ASIN]["stockLevel"] == 7
    assert list(built.left_out("warehouse_inventory")) == [
        "second_flavour takes the stock from the listings"
    ]


def test_fba_listings_without_any_stock_report_stop_the_run(seller: SellerFolder) -> None:
    seller.listing(fulfillment_channel="AMAZON_EU", quantity=None)
    with pytest.raises(EtlError, match="no warehouse_inventory of A1PA6795UKMFR9 in the input"):
        seller.build()


def test_without_marketplaces_an_asin_is_one_product_of_all_marketplaces(
    seller: SellerFolder,
) -> None:
    seller.listing(marketplace_id=FR, item_name="Nom", price=8)
    seller.listing(marketplace_id=DE, item_name="Name", price=9, seller_sku="A-SKU")
    seller.stock(marketplace_id=FR, afn_total_quantity=2)
    seller.stock(marketplace_id=DE, afn_total_quantity=3)
    product = seller.build().products[ASIN]
    assert (product["name"], product["price"]) == ("Name", 9.0)
    assert (product["skuCode"], product["stockLevel"]) == ("A-SKU", 5)


def test_the_main_marketplace_gives_name_and_price(seller: SellerFolder) -> None:
    seller.config["uri"] = "https://www.amazon.fr/"
    seller.listing(marketplace_id=DE, item_name="Name", price=9)
    seller.listing(marketplace_id=FR, item_name="Nom", price=8)
    product = seller.build().products[ASIN]
    assert (product["name"], product["price"]) == ("Nom", 8.0)


def test_a_missing_price_is_not_filled_with_another_currency(seller: SellerFolder) -> None:
    seller.listing(marketplace_id=DE, price=None)
    seller.listing(marketplace_id=GB, price=8)
    built = seller.build()
    assert "price" not in built.products[ASIN]
    assert built.notes()["no price; sent without price"] == [ASIN]


def test_with_marketplaces_an_asin_is_a_product_in_each(seller: SellerFolder) -> None:
    seller.config["marketplaces"] = "DE, FR"
    for marketplace, quantity in ((DE, 3), (FR, 4), (GB, 5)):
        seller.listing(marketplace_id=marketplace)
        seller.stock(marketplace_id=marketplace, afn_total_quantity=quantity)
    built = seller.build()
    levels = {remote_id: each["stockLevel"] for remote_id, each in built.products.items()}
    assert levels == {f"{ASIN}_{DE}": 3, f"{ASIN}_{FR}": 4}
    assert built.products[f"{ASIN}_{DE}"]["articleCode"] == ASIN
    assert built.left_out("products_inventory") == {
        "its marketplace is not among the marketplaces requested": [f"{GB} SKU-{ASIN}"]
    }


EANS: dict[str, tuple[dict[str, Any], str | None, str | None]] = {
    "the EAN": ({"EAN": "4012345678901", "UPC": "614141007349"}, "4012345678901", None),
    "the JAN where there is no EAN": ({"JAN": "4912345678904"}, "4912345678904", None),
    "a UPC with its leading zero": (
        {"UPC": "012345678905"},
        "0012345678905",
        "eanCode got back its leading zeros",
    ),
    "the smallest of several": (
        {"EAN": ["4006381333948", "4006381333931"]},
        "4006381333931",
        "several EANs; eanCode is the smallest",
    ),
    "nothing from a GTIN": (
        {"GTIN": "04006381333931"},
        None,
        "no EAN in the catalog; sent without eanCode",
    ),
    "nothing that is not a barcode": (
        {"EAN": "unknown"},
        None,
        "no EAN in the catalog; sent without eanCode",
    ),
}


@pytest.fixture(scope="module")
def of_eans(new_seller: Callable[[], SellerFolder]) -> Built:
    """A product for each kind of code."""
    seller = new_seller()
    seller.records["orders"] = []
    for number, (identifiers, _, _) in enumerate(EANS.values()):
        seller.listing(_asin(number))
        seller.catalog(_asin(number), **identifiers)
    return seller.build()


@pytest.mark.parametrize(
    ("number", "ean", "note"),
    [(number, ean, note) for number, (_, ean, note) in enumerate(EANS.values())],
    ids=EANS,
)
def test_the_ean_code_is(of_eans: Built, number: int, ean: str | None, note: str | None) -> None:
    assert of_eans.products[_asin(number)].get("eanCode") == ean
    noted = [
        each for each, ids in of_eans.notes().items() if any(_asin(number) in id_ for id_ in ids)
    ]
    assert noted == ([note] if note else [])


def test_identifiers_of_another_marketplace_do_not_count(seller: SellerFolder) -> None:
    seller.config["marketplaces"] = "DE,FR"
    seller.listing()
    seller.catalog(marketplace=FR, EAN="4006381333931")
    assert "eanCode" not in seller.build().products[f"{ASIN}_{DE}"]


def test_several_skus_give_the_first_and_a_note(seller: SellerFolder) -> None:
    seller.listing(seller_sku="0002")
    seller.listing(seller_sku="0001")
    seller.listing(seller_sku="0000", status="Inactive")
    built = seller.build()
    assert built.products[ASIN]["skuCode"] == "0001"
    assert built.notes()["several SKUs; skuCode is the first"] == [ASIN]


def test_the_catalogs_sku_wins_when_a_listing_has_it(seller: SellerFolder) -> None:
    seller.listing(seller_sku="0001")
    seller.listing(seller_sku="0002")
    seller.catalog(SKU=["0002", "FOREIGN"])
    built = seller.build()
    assert built.products[ASIN]["skuCode"] == "0002"
    assert "several SKUs; skuCode is the first" not in built.notes()


def test_a_long_name_is_cut_and_noted(seller: SellerFolder) -> None:
    seller.listing(item_name="long\r\n" + "x" * 300)
    built = seller.build()
    assert built.products[ASIN]["name"] == "long " + "x" * 250
    assert built.notes()["name cut to 255 characters"] == [ASIN]


def test_without_listings_the_full_flavour_stops(seller: SellerFolder) -> None:
    seller.order()
    with pytest.raises(EtlError, match="no records of products_inventory"):
        seller.build()


def test_stock_that_is_missing_for_one_marketplace_leaves_its_products_as_they_were(
    seller: SellerFolder,
) -> None:
    for place, units in ((DE, 5), (FR, 7)):
        seller.listing(marketplace_id=place, fulfillment_channel="AMAZON_EU", quantity=None)
        seller.stock(marketplace_id=place, afn_total_quantity=units)
    seller.config["marketplaces"] = "DE,FR"
    first = seller.build()
    assert {p["stockLevel"] for p in first.products.values()} == {5, 7}

    seller.records["warehouse_inventory"] = [
        row for row in seller.records["warehouse_inventory"] if row["marketplace_id"] == FR
    ]
    seller.records["warehouse_inventory"][0]["afn_total_quantity"] = 8
    second = seller.build()

    assert {key: p["stockLevel"] for key, p in second.products.items()} == {f"{ASIN}_{FR}": 8}
    assert second.report["counts"]["products"] == {"in": 2, "out": 1, "unchanged": 0, "left_out": 1}


def test_without_any_listings_products_stay_as_they_were_and_orders_go_out(
    seller: SellerFolder,
) -> None:
    seller.listing()
    seller.order()
    seller.line()
    seller.build()
    seller.host_loads()
    seller.records["products_inventory"] = []
    seller.order("302-2")
    seller.line("302-2")

    second = seller.build()

    assert second.products == {}
    assert list(second.sell_orders) == ["302-2"]


def test_stock_that_eu_marketplaces_share_counts_once_where_one_report_does_not_split_it(
    seller: SellerFolder,
) -> None:
    for place in (DE, FR):
        seller.listing(marketplace_id=place, fulfillment_channel="AMAZON_EU", quantity=None)
    seller.stock(
        marketplace_id=DE,
        afn_total_quantity=8,
        afn_fulfillable_quantity_local=3,
        afn_fulfillable_quantity_remote=5,
    )
    seller.stock(marketplace_id=FR, afn_total_quantity=8)

    assert seller.build().products[ASIN]["stockLevel"] == 3


def test_a_price_below_0_is_left_out_and_stops_nothing(seller: SellerFolder) -> None:
    seller.listing(price=-1)
    seller.order()
    seller.line()

    built = seller.build()

    assert "price" not in built.products[ASIN]
    assert built.notes()["no price; sent without price"] == [ASIN]
    assert list(built.sell_orders) == ["302-1"]


def test_an_ean_that_the_catalog_has_lost_stays_as_optiply_keeps_it(seller: SellerFolder) -> None:
    seller.listing()
    seller.catalog(EAN="4006381333931")
    seller.order()
    seller.build()
    seller.records["product_catalog"].clear()
    seller.catalog(ISBN="3161484100")
    assert seller.build().products == {}
    assert ",4006381333931," in seller.snapshot("products.snapshot.csv")[1]

"""The seller's own stock is one stock, however many marketplaces show it; so is a pool of FBA units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amazon_optiply_etl.verdicts import notes

if TYPE_CHECKING:
    from etl.conftest import SellerFolder

US, CA, MX = "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2", "A1AM78C64UM0Y8"
DE, FR = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
ASIN = "B0000000AA"


@pytest.fixture(autouse=True)
def _an_empty_stream_of_orders(seller: SellerFolder) -> None:
    seller.records["orders"] = []


OWN: dict[str, tuple[list[dict[str, Any]], int]] = {
    "the quantity that three marketplaces show": (
        [{"marketplace_id": place, "quantity": 10} for place in (US, CA, MX)],
        10,
    ),
    "the largest, where a sale has not reached all": (
        [{"marketplace_id": US, "quantity": 9}, {"marketplace_id": CA, "quantity": 10}],
        10,
    ),
    "that of marketplaces where it is for sale": (
        [
            {"marketplace_id": US, "quantity": 9},
            {"marketplace_id": CA, "quantity": 10, "status": "Inactive"},
        ],
        9,
    ),
    "that of the marketplace that says it": (
        [{"marketplace_id": US, "quantity": None}, {"marketplace_id": CA, "quantity": 4}],
        4,
    ),
    "the sum of its SKUs": (
        [
            {"marketplace_id": place, "quantity": quantity, "seller_sku": sku}
            for sku, quantity in (("S1", 10), ("S2", 3))
            for place in (US, CA)
        ],
        13,
    ),
}


@pytest.mark.parametrize(("listings", "level"), OWN.values(), ids=OWN.keys())
def test_the_own_stock_of_an_asin_is(
    seller: SellerFolder, listings: list[dict[str, Any]], level: int
) -> None:
    for each in listings:
        seller.listing(**{"seller_sku": "S1"} | each)
    built = seller.build()
    assert built.products[ASIN]["stockLevel"] == level
    assert sum(each["listed"] for each in built.report["figures"]["stock"]) == level


def test_the_page_says_where_the_same_units_are_shown_again(seller: SellerFolder) -> None:
    for place in (US, CA, MX):
        seller.listing(marketplace_id=place, quantity=10)
    (article,) = seller.build().report["articles"]["articles"]
    sentence = article["products"][0]["stock"]["sentence"]
    assert sentence == "own US 10 (the same units are shown in CA MX); none in the FBA report."


def test_different_quantities_of_a_sku_are_noted(seller: SellerFolder) -> None:
    for place, quantity in ((US, 9), (CA, 10)):
        seller.listing(marketplace_id=place, quantity=quantity)
    assert seller.build().notes()[notes.UNEQUAL_STOCK] == [ASIN]


def test_separate_stocks_add_up(seller: SellerFolder) -> None:
    seller.config["separate_stocks"] = True
    for place in (US, CA, MX):
        seller.listing(marketplace_id=place, quantity=10)
    built = seller.build()
    assert built.products[ASIN]["stockLevel"] == 30
    assert built.notes()[notes.SUMMED_STOCK] == [ASIN]


def test_with_marketplaces_each_country_shows_the_stock_and_a_note_says_that_it_is_one(
    seller: SellerFolder,
) -> None:
    seller.config["marketplaces"] = "DE,FR"
    for place in (DE, FR):
        seller.listing(marketplace_id=place, quantity=10)
    built = seller.build()
    levels = {name: each["stockLevel"] for name, each in built.products.items()}
    assert levels == {f"{ASIN}_{DE}": 10, f"{ASIN}_{FR}": 10}
    assert built.notes()[notes.SHARED_STOCK] == sorted(levels)


def fba(seller: SellerFolder, **figures: Any) -> None:
    """List in Germany and France what Amazon ships, with these figures of FBA stock in both."""
    for place in (DE, FR):
        seller.listing(marketplace_id=place, quantity=None, fulfillment_channel="AMAZON_EU")
        seller.stock(marketplace_id=place, **figures)


def test_a_pool_of_fba_stock_counts_once_without_its_local_part(seller: SellerFolder) -> None:
    fba(seller, afn_total_quantity=8, afn_fulfillable_quantity=6)
    built = seller.build()
    assert built.products[ASIN]["stockLevel"] == 8
    assert built.notes()[notes.POOLED_STOCK] == [ASIN]
    assert built.report["counts"]["warehouse_inventory"]["out"] == 2
    (article,) = built.report["articles"]["articles"]
    sentence = article["products"][0]["stock"]["sentence"]
    assert sentence == "FBA DE 8 (the same units are shown in FR)."


def test_equal_fba_figures_of_separate_stocks_add_up(seller: SellerFolder) -> None:
    seller.config["separate_stocks"] = True
    fba(seller, afn_total_quantity=8)
    assert seller.build().products[ASIN]["stockLevel"] == 16


def test_other_fba_figures_are_other_units(seller: SellerFolder) -> None:
    fba(seller, afn_total_quantity=8)
    seller.records["warehouse_inventory"][1]["afn_fulfillable_quantity"] = 7
    assert seller.build().products[ASIN]["stockLevel"] == 16


def test_with_marketplaces_each_country_shows_the_pool_and_a_note_says_that_it_is_one(
    seller: SellerFolder,
) -> None:
    seller.config["marketplaces"] = "DE,FR"
    fba(seller, afn_total_quantity=8)
    built = seller.build()
    assert {each["stockLevel"] for each in built.products.values()} == {8}
    assert built.notes()[notes.SHOWN_POOL] == [f"{ASIN}_{FR}", f"{ASIN}_{DE}"]

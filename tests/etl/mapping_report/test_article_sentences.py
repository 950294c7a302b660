"""What the mapping report says of an article: its verdict, and how its stock came about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from amazon_optiply_etl.mapping_report.articles import (
    Article,
    ArticleProduct,
    LeftOutPlaces,
    StockFacts,
    StockPart,
)
from amazon_optiply_etl.mapping_report.wording import stock_sentence, title_of, verdict
from amazon_optiply_etl.verdicts import outcomes

if TYPE_CHECKING:
    from etl.conftest import SellerFolder

DE, FR = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
INACTIVE = LeftOutPlaces(outcomes.NOT_ACTIVE, ("GB", "DE"))
SENT = ArticleProduct(
    remote_id="B0000000AA",
    places=("FR", "IT", "ES"),
    outcome=outcomes.UNCHANGED,
    is_enabled=True,
    optiply_id="17",
    is_new=False,
    price="9.99",
    ean=None,
    stock=StockFacts(7),
)
REFUSED = outcomes.REFUSED.format("name is too long")


@pytest.mark.parametrize(
    ("products", "left_out", "said"),
    [
        ((SENT,), (), "yes, from FR IT ES."),
        (
            (SENT,),
            (INACTIVE,),
            "yes, from FR IT ES; not from GB DE, where the listing is not active.",
        ),
        ((), (INACTIVE,), "no; not from GB DE, where the listing is not active."),
        (
            (replace(SENT, outcome=outcomes.GOES_OUT, is_new=True),),
            (),
            "yes, new with this run, from FR IT ES.",
        ),
        (
            (replace(SENT, outcome=outcomes.GOES_OUT, is_new=True, optiply_id=None),),
            (),
            "on its way there with this run, from FR IT ES.",
        ),
        ((replace(SENT, stock=StockFacts(0)),), (), "yes, with stock 0, from FR IT ES."),
        (
            (replace(SENT, is_enabled=False, places=()),),
            (INACTIVE,),
            (
                "disabled, because it has no listing any more that is for sale; "
                "not from GB DE, where the listing is not active."
            ),
        ),
        (
            (replace(SENT, outcome=outcomes.UNREAD_STOCK),),
            (),
            "yes, as it was before this run, because its FBA stock cannot be read.",
        ),
        (
            (replace(SENT, outcome=REFUSED, is_new=True),),
            (),
            "no; not sent, because Optiply refused it: name is too long.",
        ),
        (
            (
                replace(SENT, places=("DE",)),
                replace(SENT, places=("FR",), stock=StockFacts(0)),
                replace(SENT, places=("IT",)),
            ),
            (),
            "yes, from DE IT; with stock 0, from FR.",
        ),
    ],
)
def test_the_verdict_comes_first_then_from_where_and_from_where_not_and_why(
    products: tuple[ArticleProduct, ...], left_out: tuple[LeftOutPlaces, ...], said: str
) -> None:
    article = Article("B0000000AA", "A name", ("SKU",), None, products, left_out)
    assert verdict(article) == f"In Optiply: {said}"


FBA = (StockPart("DE", 12), StockPart("FR", 3))
NO_FBA = (StockPart("DE", 0), StockPart("FR", 0))
OWN = (StockPart("DE", 5),)


@pytest.mark.parametrize(
    ("stock", "said"),
    [
        (
            StockFacts(15, FBA, OWN, in_fba=True),
            "FBA DE 12 + FR 3; own DE 5 counts only where FBA is 0.",
        ),
        (StockFacts(15, FBA, in_fba=True), "FBA DE 12 + FR 3."),
        (StockFacts(15, FBA, (StockPart("DE", 0),), in_fba=True), "FBA DE 12 + FR 3."),
        (StockFacts(5, NO_FBA, OWN), "own DE 5; FBA 0 (DE FR)."),
        (StockFacts(0, NO_FBA), "FBA 0 (DE FR); no listing names an own quantity."),
        (StockFacts(0, (), (StockPart("DE", 0),)), "own 0 (DE); none in the FBA report."),
        (
            StockFacts(5, FBA, OWN, source_is_own=True),
            "own DE 5; FBA does not count (second_flavour).",
        ),
        (
            StockFacts(10, (), (StockPart("DE", 10, ("FR", "IT")),)),
            "own DE 10 (the same units are shown in FR IT); none in the FBA report.",
        ),
        (StockFacts(15, FBA, in_fba=True, is_vendors=True), "at Amazon DE 12 + FR 3."),
        (StockFacts(0, is_vendors=True), "none in Amazon's stock report."),
        (StockFacts(3, FBA, was_sent=True), "3, as it was sent before."),
        (StockFacts(None, was_sent=True), "not known, as it was sent before."),
    ],
)
def test_why_a_stock_is_what_it_is_has_an_answer(stock: StockFacts, said: str) -> None:
    assert stock_sentence(stock) == said


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("products_inventory", "Listings"),
        ("warehouse_inventory", "FBA stock"),
        ("orders", "Orders"),
        ("order_items", "Order lines"),
        ("buy_order_lines", "Buy order lines"),
    ],
)
def test_records_have_peoples_names(name: str, title: str) -> None:
    assert title_of(name) == title


def test_the_facts_of_a_run_are_those_of_its_records(seller: SellerFolder) -> None:
    seller.listing("B0000000AA", quantity=3)
    seller.listing(
        "B0000000AA", marketplace_id=FR, seller_sku="FR-AA", status="Inactive", quantity=4
    )
    seller.stock("B0000000AA", afn_total_quantity=12)
    seller.listing("B0000000BB", quantity=0)
    seller.order()
    seller.line()
    seller.build()
    seller.host_loads()
    seller.records["products_inventory"][2]["quantity"] = 8
    facts = seller.build().report["articles"]
    counts = ("in_optiply", "not_in_optiply", "new", "changed", "without_stock")
    assert [facts[name] for name in counts] == [2, 0, 0, 1, 0]
    changed, kept = facts["articles"]
    assert changed["products"][0]["changes"] == {"stockLevel": ["0", "8"]}
    [product] = kept["products"]
    assert product["stockLevel"] == 12
    assert product["optiply_id"] == seller.optiply_id("B0000000AA")
    assert product["stock"]["sentence"] == "FBA DE 12; own DE 3 counts only where FBA is 0."
    assert kept["verdict"] == (
        "In Optiply: yes, from DE; not from FR, where the listing is not active."
    )


def test_a_stock_that_several_marketplaces_show_is_told_as_one(seller: SellerFolder) -> None:
    for marketplace in (DE, FR):
        seller.listing("B0000000AA", marketplace_id=marketplace, quantity=5)
    seller.order()
    seller.line()
    [article] = seller.build().report["articles"]["articles"]
    [product] = article["products"]
    assert product["stockLevel"] == 5
    assert product["stock"]["sentence"] == (
        "own DE 5 (the same units are shown in FR); none in the FBA report."
    )


def test_a_product_that_is_sold_out_is_in_optiply_with_stock_0(seller: SellerFolder) -> None:
    seller.listing("B0000000AA", quantity=5)
    seller.order()
    seller.line()
    seller.build()
    seller.host_loads()
    seller.records["products_inventory"][0] |= {"status": "Inactive", "quantity": 0}
    [article] = seller.build().report["articles"]["articles"]
    assert article["verdict"] == "In Optiply: yes, with stock 0, from DE."
    assert article["products"][0]["changes"] == {"stockLevel": ["5", "0"]}
    assert article["products"][0]["stock"]["sentence"] == "own 0 (DE); none in the FBA report."


def test_products_that_another_source_sends_are_no_articles_of_this_run(
    seller: SellerFolder,
) -> None:
    seller.listing("B0000000AA")
    seller.order()
    seller.line()
    seller.config["not_sync_entities"] = "products"
    assert seller.build().report["articles"]["articles"] == []

"""Rows of a listing report that could not be read hold back what they may belong to, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amazon_optiply_etl.verdicts import outcomes

if TYPE_CHECKING:
    from etl.conftest import Built, SellerFolder

DE, FR = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
KEPT, GONE, NAMED = "B0000000AA", "B0000000BB", "B0000000CC"


def reject(seller: SellerFolder, line: int, *asins: str, **changed: Any) -> None:
    """Have the tap reject a line of the German listing report, in which these ASINs can be read."""
    record = {
        "report_type": "GET_MERCHANT_LISTINGS_ALL_DATA", "marketplace_id": DE, "report_id": "R1",
        "line": line, "reason": "it has 30 cells, not 29", "amazon_order_ids": [],
        "asins": list(asins),
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
def _two_of_three_products_are_not_listed_any_more(seller: SellerFolder) -> None:
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
    reject(seller, 17, report_type="GET_MERCHANT_LISTINGS_DATA")
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

"""A push that ends early, in whatever way, leaves what the next one needs: nothing is made twice."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import loopback
import pytest
from push_shop import PushShop

from amazon_optiply_etl.optiply.entities import SELL_ORDERS
from amazon_optiply_etl.state.journal import Doubt, Journal, read_journal

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox
    from etl.conftest import SellerFolder

FIRST, ASIN, OTHER = "B00000000A", "B0000000AA", "B0000000BB"
EANS = {ASIN: "4006381333931", OTHER: "4006381333948"}
AWAY: dict[str, Any] = {"fault": "429", "seconds": 2_000, "times": 100}  # longer than a push waits


@pytest.fixture
def shop(seller: SellerFolder, sandbox: RunningSandbox) -> PushShop:
    """A shop with two products and two orders of them."""
    seller.listing(ASIN)
    seller.listing(OTHER)
    for number, asin in (("302-1", ASIN), ("302-2", OTHER)):
        seller.order(number)
        seller.line(number, asin)
    return PushShop(seller, sandbox)


def stopped(shop: PushShop) -> None:
    """Push, which an outage ends, and let Optiply come back."""
    done = shop.push()
    assert (done.returncode, "run push again for the rest" in done.stderr) == (1, True), done.stderr
    shop.sandbox.clear_faults()


def remote_ids(shop: PushShop, entity: str) -> list[str]:
    return sorted(str(each["remoteId"]) for each in shop.there(entity))


def without_snapshots(shop: PushShop) -> None:
    for path in (shop.seller.root / "snapshots").glob("*.snapshot.csv"):
        path.unlink()


def made_in_optiply(shop: PushShop) -> None:
    """Put products into Optiply that no shop knows, with the EANs of ours."""
    attributes = {"name": "Old", "stockLevel": 1, "unlimitedStock": False, "status": "enabled"}
    entries = []
    for each in shop.seller.records["products_inventory"]:
        ean = EANS[each["asin1"]]
        shop.seller.catalog(each["asin1"], EAN=ean)
        product = {"coupling": "EU", "attributes": {**attributes, "eanCode": ean}}
        entries.append({"entity": "products", **product})
    loopback.post(f"{shop.sandbox.url}/_sandbox/optiply", json=entries).raise_for_status()


def test_an_order_in_doubt_is_looked_up_after_an_outage(shop: PushShop) -> None:
    shop.fault(operation="optiply.sellOrders.POST", fault="reset", times=1)
    shop.fault(operation="optiply.sellOrders.GET", skip=1, **AWAY)
    stopped(shop)
    shop.pushed()
    assert remote_ids(shop, "sellOrders") == ["302-1", "302-2"]
    assert not shop.journal.exists()


@pytest.mark.parametrize("entity", ["products", "sellOrders"])
def test_what_is_in_doubt_twice_is_looked_up_by_the_next_push(shop: PushShop, entity: str) -> None:
    shop.seller.config["push_concurrency"] = 1  # so that both faults meet the same object
    shop.fault(operation=f"optiply.{entity}.POST", fault="reset_before", times=1)
    shop.fault(operation=f"optiply.{entity}.POST", fault="reset", times=1)
    stopped(shop)
    shop.pushed()
    assert remote_ids(shop, "products") == [ASIN, OTHER]
    assert remote_ids(shop, "sellOrders") == ["302-1", "302-2"]


def test_products_found_by_ean_are_known_after_an_outage(shop: PushShop) -> None:
    made_in_optiply(shop)
    shop.fault(operation="optiply.products.PATCH", skip=1, **AWAY)
    stopped(shop)
    shop.pushed()
    assert len(shop.there("products")) == 2
    assert {each["name"] for each in shop.there("products")} == {
        f"Name of {ASIN}",
        f"Name of {OTHER}",
    }


def test_a_product_found_by_ean_is_known_after_it_was_refused(shop: PushShop) -> None:
    made_in_optiply(shop)
    shop.fault(operation="optiply.products.PATCH", fault="400", skip=1, times=1)
    shop.pushed()
    shop.pushed()
    assert len(shop.there("products")) == 2


def test_products_found_by_ean_are_known_after_a_kill(shop: PushShop) -> None:
    made_in_optiply(shop)
    shop.seller.listing(FIRST)
    assert shop.killed_at("products", 0)
    shop.pushed()
    assert len(shop.there("products")) == 3


def test_orders_that_were_there_are_known_after_a_first_push_is_killed(shop: PushShop) -> None:
    shop.pushed()
    without_snapshots(shop)
    for number, hour in (("302-0", 8), ("302-9", 12)):
        shop.seller.order(number, purchase_date=f"2026-10-01T{hour:02}:00:00+00:00")
        shop.seller.line(number, ASIN)
    assert shop.killed_at("sellOrders", 1)
    shop.pushed()
    assert remote_ids(shop, "sellOrders") == ["302-0", "302-1", "302-2", "302-9"]


def test_a_product_that_was_there_is_changed_when_it_is_listed_again(shop: PushShop) -> None:
    shop.pushed()
    without_snapshots(shop)
    shop.seller.records["products_inventory"][1]["status"] = "Inactive"
    shop.pushed()
    shop.seller.records["products_inventory"][1] |= {"status": "Active", "quantity": 8}
    shop.pushed()
    levels = {each["remoteId"]: float(each["stockLevel"]) for each in shop.there("products")}
    assert levels == {ASIN: 5, OTHER: 8}
    assert shop.calls()["products.POST"] == 2


def test_a_push_does_not_begin_while_another_is_at_work(shop: PushShop) -> None:
    shop.fault(operation="optiply.sellOrders.POST", fault="slow", seconds=600, times=1)
    first = shop.started()
    shop.wait_for("sellOrders", 0)
    for command in ("push", "build"):
        done = shop.push(command)
        assert (done.returncode, "Another run is at work on" in done.stderr) == (1, True)
        assert len(done.stderr.splitlines()) == 1
    first.kill()
    first.wait()
    shop.sandbox.clear_faults()
    shop.pushed()
    assert remote_ids(shop, "sellOrders") == ["302-1", "302-2"]


def test_a_line_of_the_journal_is_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:7]))  # as a full disk may
    row: dict[str, str | None] = {"remoteId": "302-1", "placed": "2026-10-01T10:00:00Z"}
    with Journal(tmp_path) as journal:
        journal.about(SELL_ORDERS, row, {})
    done = read_journal(tmp_path)
    assert done is not None
    assert done.in_doubt == (Doubt("sellOrders", row, {}),)

"""`amazon-optiply-etl push` against the sandbox's Optiply: once each, whatever happens on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import loopback
import pytest
from optiply_shop import CLIENT_SECRET, PASSWORD
from push_shop import PushShop

if TYPE_CHECKING:
    from conftest import RunningSandbox
    from etl.conftest import SellerFolder

ASIN, OTHER, THIRD = "B0000000AA", "B0000000BB", "B0000000CC"


@pytest.fixture
def shop(seller: SellerFolder, sandbox: RunningSandbox) -> PushShop:
    seller.listing(ASIN, quantity=5, price=9.99)
    seller.listing(OTHER)
    seller.order("302-1", order_total=19.98)
    seller.line("302-1", ASIN)
    seller.line("302-1", OTHER)
    seller.order("302-2")
    seller.line("302-2", OTHER)
    return PushShop(seller, sandbox)


def test_products_and_orders_are_in_optiply_with_their_lines(shop: PushShop) -> None:
    shop.pushed()
    products = {each["remoteId"]: each for each in shop.there("products")}
    assert set(products) == {ASIN, OTHER}
    assert products[ASIN]["name"] == f"Name of {ASIN}"
    assert float(products[ASIN]["stockLevel"]) == 5
    orders = {each["remoteId"]: each for each in shop.there("sellOrders")}
    assert set(orders) == {"302-1", "302-2"}
    assert shop.calls() == {"products.POST": 2, "sellOrders.POST": 2}


def test_a_second_push_sends_nothing(shop: PushShop) -> None:
    shop.pushed()
    before = shop.calls()
    shop.pushed()
    assert shop.calls() == before


def test_what_a_build_in_between_has_written_is_pushed(shop: PushShop) -> None:
    shop.pushed()
    shop.seller.listing(THIRD)
    shop.seller.order("302-3")
    shop.seller.line("302-3", THIRD)
    assert shop.push("build").returncode == 0
    for _ in range(2):
        shop.pushed()
    assert {each["remoteId"] for each in shop.there("products")} == {ASIN, OTHER, THIRD}
    assert {each["remoteId"] for each in shop.there("sellOrders")} == {"302-1", "302-2", "302-3"}
    assert shop.calls() == {"products.POST": 3, "sellOrders.POST": 3}


def test_what_only_builds_have_written_is_neither_lost_nor_made_twice(shop: PushShop) -> None:
    config = shop.seller.root / "snapshots" / "tenant-config.json"
    credentials = config.read_bytes()
    config.unlink()
    assert shop.push("build").returncode == 0
    config.write_bytes(credentials)
    refused = shop.push()
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert (
        "Optiply knows nothing of products.snapshot.csv and sell_orders.snapshot.csv"
        in refused.stderr
    )
    for name in ("products", "sell_orders"):
        (shop.seller.root / "snapshots" / f"{name}.snapshot.csv").unlink()
    shop.pushed()
    assert len(shop.there("products")) == len(shop.there("sellOrders")) == 2


def test_changes_are_patched_and_new_orders_posted(shop: PushShop) -> None:
    shop.pushed()
    shop.seller.records["products_inventory"].clear()
    shop.seller.listing(ASIN, quantity=6)
    shop.seller.listing(OTHER)
    shop.seller.order("302-3")
    shop.seller.line("302-3", ASIN)
    shop.pushed()
    assert {e["remoteId"]: float(e["stockLevel"]) for e in shop.there("products")} == {
        ASIN: 6,
        OTHER: 5,
    }
    assert shop.calls() == {"products.POST": 2, "products.PATCH": 1, "sellOrders.POST": 3}


def test_without_a_snapshot_what_is_there_is_found_again(shop: PushShop) -> None:
    shop.pushed()
    for path in (shop.seller.root / "snapshots").glob("*.snapshot.csv"):
        path.unlink()
    for _ in range(2):
        shop.pushed()
        assert len(shop.there("products")) == 2
        assert len(shop.there("sellOrders")) == 2


@pytest.mark.parametrize("key", ["eanCode", "skuCode"])
def test_the_other_shops_product_of_the_same_key_is_changed_not_made(
    shop: PushShop, key: str
) -> None:
    value = {"eanCode": "4006381333931", "skuCode": f"SKU-{ASIN}"}[key]
    shop.seller.config["optiply_key"] = key
    shop.seller.catalog(ASIN, EAN="4006381333931")
    loopback.post(
        f"{shop.sandbox.url}/_sandbox/optiply",
        json=[
            {
                "entity": "products",
                "coupling": "EU",
                "attributes": {
                    "name": "Old", "stockLevel": 1, "unlimitedStock": False, "status": "enabled",
                    key: value,
                },
            }
        ],
    ).raise_for_status()  # fmt: skip
    shop.pushed()
    assert len(shop.there("products")) == 2
    assert shop.calls()["products.PATCH"] == 1


def test_a_product_that_optiply_has_under_another_remote_id_is_named(shop: PushShop) -> None:
    shop.seller.config["optiply_key"] = "skuCode"
    product = {"name": "Theirs", "stockLevel": 1, "unlimitedStock": False, "status": "enabled"}
    product |= {"skuCode": f"SKU-{ASIN}", "remoteId": "shop-1"}
    theirs = {"entity": "products", "coupling": "EU-SHOP", "attributes": product}
    loopback.post(f"{shop.sandbox.url}/_sandbox/optiply", json=[theirs]).raise_for_status()
    shop.pushed()
    assert len(shop.there("products")) == 3
    note = "made again, though Optiply has its skuCode under another remoteId"
    assert shop.seller.built.notes()[note] == [f"{ASIN} (there shop-1)"]


@pytest.mark.parametrize(
    ("products", "outcome"),
    [
        ([{}], {}),
        ([{"remoteId": "1", "coupling": "EU-SHOP"}], {}),
        (
            [{"remoteId": "1", "coupling": "EU-SHOP"}, {"remoteId": "1", "coupling": "EU"}],
            {"its key belongs to several products of Optiply": [f"302-1 {ASIN} SKU-{ASIN} 1"]},
        ),
    ],
    ids=["made in Optiply itself", "another shop's", "two that two shops call the same"],
)
def test_in_the_secondary_flavour_a_line_finds_a_product(
    shop: PushShop, products: list[dict[str, str]], outcome: dict[str, list[str]]
) -> None:
    shop.seller.config |= {"flavour": "secondary", "optiply_key": "skuCode"}
    shop.seller.records["order_items"].clear()
    shop.seller.line("302-1", ASIN)
    shared = {
        "name": "Theirs", "stockLevel": 1, "unlimitedStock": False, "status": "enabled",
        "skuCode": f"SKU-{ASIN}",
    }  # fmt: skip
    entries = [
        {
            "entity": "products",
            "coupling": each.pop("coupling", "EU"),
            "attributes": shared | each,
        }
        for each in map(dict, products)
    ]
    loopback.post(f"{shop.sandbox.url}/_sandbox/optiply", json=entries).raise_for_status()
    shop.pushed()
    assert shop.seller.built.left_out("order_items") == outcome
    assert len(shop.there("sellOrders")) == (0 if outcome else 1)


@pytest.mark.parametrize("fault", ["reset", "reset_before"])
def test_an_object_whose_answer_was_lost_is_not_made_twice(shop: PushShop, fault: str) -> None:
    before = shop.sandbox.struck()
    for entity in ("products", "sellOrders"):
        shop.fault(operation=f"optiply.{entity}.POST", fault=fault, times=1)
    shop.pushed()
    assert shop.sandbox.struck() == before + 2
    assert sorted(str(each["remoteId"]) for each in shop.there("products")) == [ASIN, OTHER]
    assert sorted(str(each["remoteId"]) for each in shop.there("sellOrders")) == ["302-1", "302-2"]


def test_a_token_that_is_revoked_in_the_middle_is_renewed(shop: PushShop) -> None:
    shop.fault(operation="optiply.sellOrders.POST", fault="revoked_tokens", times=1)
    shop.pushed()
    assert len(shop.there("sellOrders")) == 2
    config = json.loads((shop.seller.root / "snapshots" / "tenant-config.json").read_text("utf-8"))
    assert config["apiCredentials"]["access_token"]


def test_a_refused_product_stops_nothing_else_and_is_sent_again(shop: PushShop) -> None:
    shop.fault(operation="optiply.products.POST", fault="400", where={"remoteId": ASIN}, times=1)
    shop.pushed()
    assert [each["remoteId"] for each in shop.there("products")] == [OTHER]
    assert {each["remoteId"] for each in shop.there("sellOrders")} == {"302-2"}
    left = shop.seller.built.left_out("products")
    assert list(left.values()) == [[ASIN]]
    assert next(iter(left)).startswith("Optiply refused it: ")
    shop.pushed()
    assert {each["remoteId"] for each in shop.there("products")} == {ASIN, OTHER}


def test_a_refused_order_waits_for_the_next_run(shop: PushShop) -> None:
    shop.fault(
        operation="optiply.sellOrders.POST", fault="400", where={"remoteId": "302-1"}, times=1
    )
    shop.pushed()
    assert [each["remoteId"] for each in shop.there("sellOrders")] == ["302-2"]
    for stream in ("orders", "order_items"):  # the next sync does not hold it any more
        shop.seller.records[stream].clear()
    shop.pushed()
    assert {each["remoteId"] for each in shop.there("sellOrders")} == {"302-1", "302-2"}


def test_wrong_credentials_are_one_sentence_and_no_secret(shop: PushShop) -> None:
    path = shop.seller.root / "snapshots" / "tenant-config.json"
    path.write_text(path.read_text("utf-8").replace(PASSWORD, "wrong-password"), encoding="utf-8")
    done = shop.push()
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "wrong-password" not in done.stderr + done.stdout
    assert CLIENT_SECRET not in done.stderr + done.stdout


def test_without_credentials_push_says_what_it_needs(shop: PushShop) -> None:
    (shop.seller.root / "snapshots" / "tenant-config.json").unlink()
    done = shop.push()
    assert done.returncode == 1
    assert "push needs Optiply's credentials: put apiCredentials" in done.stderr


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_push_that_is_killed_is_completed_by_the_next(shop: PushShop, after: int) -> None:
    # The next call after so many is never answered, so the kill comes in the middle of it.
    shop.seller.listing(THIRD)
    shop.seller.line("302-2", THIRD)
    writing = ["products"] * 3 + ["sellOrders"] * 2
    shop.seller.write_input()
    killed = shop.killed_at(writing[after], nth=after if after < 3 else after - 3)
    assert killed
    journal = shop.seller.root / "snapshots" / "push-journal.jsonl"
    assert journal.exists()
    built = shop.push("build")
    assert (built.returncode, "a push did not come to its end" in built.stderr) == (1, True)
    for stream in ("orders", "order_items"):  # the next sync does not hold them any more
        shop.seller.records[stream].clear()
    shop.pushed()
    assert sorted(str(e["remoteId"]) for e in shop.there("products")) == [ASIN, OTHER, THIRD]
    assert sorted(str(e["remoteId"]) for e in shop.there("sellOrders")) == ["302-1", "302-2"]
    assert not journal.exists()


def test_an_order_waits_for_its_product_that_was_refused_in_the_same_run(shop: PushShop) -> None:
    """It names another product as well, and went out with that line alone before."""
    shop.fault(operation="optiply.products.POST", fault="400", where={"remoteId": ASIN}, times=1)
    shop.pushed()
    assert {each["remoteId"] for each in shop.there("sellOrders")} == {"302-2"}
    for stream in ("orders", "order_items"):  # Amazon does not report them again
        shop.seller.records[stream].clear()
    shop.pushed()
    orders = {each["remoteId"]: each for each in shop.there("sellOrders")}
    assert len(orders["302-1"]["orderLines"]) == 2


@pytest.mark.parametrize("recreate", [False, True])
def test_a_product_that_is_gone_is_listed_or_created_anew(
    shop: PushShop, *, recreate: bool
) -> None:
    shop.pushed()
    shop.seller.config["recreate_missing"] = recreate
    (dead,) = (each["id"] for each in shop.there("products") if each["remoteId"] == ASIN)
    entry = {"entity": "products", "where": {"id": dead}}
    url = f"{shop.sandbox.url}/_sandbox/optiply/lose"
    loopback.post(url, json=[entry]).raise_for_status()
    for stream in ("orders", "order_items"):
        shop.seller.records[stream].clear()
    shop.seller.order("302-8")
    shop.seller.line("302-8", ASIN)
    shop.pushed()
    shop.pushed()
    there = {each["remoteId"] for each in shop.there("products")}
    orders = {each["remoteId"] for each in shop.there("sellOrders")}
    listed = [note for note in shop.seller.built.notes() if note.startswith("gone from Optiply")]
    assert (ASIN in there, "302-8" in orders, len(listed)) == (recreate, recreate, not recreate)
    shop.pushed()
    assert len([each for each in shop.there("products") if each["remoteId"] == ASIN]) == recreate


def test_what_a_build_wrote_and_its_target_refused_is_pushed_within_the_hour(
    shop: PushShop,
) -> None:
    """To a target a change goes out at most once an hour; `push` is answered at once."""
    shop.pushed()
    ids = "".join(f"{each['remoteId']},{each['id']}\n" for each in shop.there("products"))
    shop.seller.write("snapshots/Products_flow1.snapshot.csv", f"InputId,RemoteId\n{ids}")
    shop.seller.records.clear()
    shop.seller.listing(ASIN, quantity=77)
    shop.seller.listing(OTHER)
    assert shop.push("build").returncode == 0  # and the target refuses the change
    assert "change" in "".join(shop.seller.snapshot("deliveries.csv"))
    for _ in range(2):
        shop.pushed()
    stock = {each["remoteId"]: float(each["stockLevel"]) for each in shop.there("products")}
    assert stock == {ASIN: 77, OTHER: 5}
    assert shop.calls() == {"products.POST": 2, "products.PATCH": 1, "sellOrders.POST": 2}
    assert not (shop.seller.root / "snapshots" / "deliveries.csv").exists()


def test_looking_keeps_no_new_token(shop: PushShop) -> None:
    """Though Optiply is asked what it has already."""
    shop.push("check")  # makes what is looked at
    folder = shop.seller.root / "snapshots"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for command in (("check",), ("build", "--dry-run")):
        looked = shop.push(*command)
        assert looked.returncode == 0, looked.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert "access_token" not in (folder / "tenant-config.json").read_text()
    assert loopback.get(f"{shop.sandbox.url}/_sandbox/calls").json()["calls"][
        "optiply.products.GET"
    ]

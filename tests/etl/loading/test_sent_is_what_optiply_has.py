"""A record is sent when Optiply has it: what was not taken goes out again, and nothing twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hosted_shop import ASINS, ORDERS, START, HostedShop, sent
from hosted_target import HostedTarget

from amazon_optiply_etl.verdicts import notes, outcomes

if TYPE_CHECKING:
    from etl.conftest import SellerFolder

pytestmark = pytest.mark.usefixtures("remembered_runs")


@pytest.fixture
def shop(seller: SellerFolder) -> HostedShop:
    return HostedShop(seller, HostedTarget(seller.root))


@pytest.mark.parametrize("stop_at", [0, 1, 4, 5, 7, 9])
def test_after_one_refusal_anywhere_everything_arrives(shop: HostedShop, stop_at: int) -> None:
    shop.sync(*ORDERS, stop_at=stop_at)
    for _ in range(2):
        shop.sync()
    assert shop.arrived("Products") == set(ASINS)
    assert shop.arrived("SellOrders") == {number for number, _ in ORDERS}
    assert shop.doubled() == []


def test_what_was_not_taken_is_listed_and_counts_as_unchanged_once_it_is(shop: HostedShop) -> None:
    shop.sync(*ORDERS, stop_at=7)
    again = shop.sync()
    assert again.notes()[notes.NOT_TAKEN] == [
        "302-2 (SellOrders, 1 attempt)", "302-3 (SellOrders)", "302-4 (SellOrders)"
    ]  # fmt: skip
    last = shop.sync()
    assert notes.NOT_TAKEN not in last.notes()
    assert sent(last, "SellOrders") == []
    assert sent(shop.sync(), "Products") == []


def test_what_was_not_taken_goes_after_all_others_and_the_suspect_last(shop: HostedShop) -> None:
    shop.sync(*ORDERS, stop_at=7)
    again = shop.sync(("302-9", ASINS[0]))
    assert sent(again, "SellOrders") == ["302-9", "302-3", "302-4", "302-2"]


def test_one_that_is_refused_for_ever_stops_nothing_else(shop: HostedShop) -> None:
    shop.target.never = {"Products": {ASINS[1]}, "SellOrders": {"302-3"}}
    shop.sync(*ORDERS)
    for n in range(6):
        shop.sync((f"303-{n}", ASINS[n % 5]))
    expected = {number for number, asin in ORDERS if asin != ASINS[1]} - {"302-3"}
    expected |= {f"303-{n}" for n in range(6) if n % 5 != 1}
    assert shop.arrived("Products") == set(ASINS) - {ASINS[1]}
    assert shop.arrived("SellOrders") == expected
    assert shop.doubled() == []


def test_after_three_attempts_it_goes_out_once_a_day_until_its_content_changes(
    shop: HostedShop,
) -> None:
    shop.target.never = {"Products": {ASINS[1]}}
    for n in range(4):
        built = shop.sync((f"303-{n}", ASINS[0]))
        assert (ASINS[1] in sent(built, "Products")) == (n < 3)
    assert built.left_out("products") == {outcomes.NOT_TAKEN: [ASINS[1]]}
    shop.now += timedelta(hours=23)
    for n in range(2):
        built = shop.sync((f"304-{n}", ASINS[0]))
        assert (ASINS[1] in sent(built, "Products")) == (n == 0)
    assert built.left_out("products") == {outcomes.NOT_TAKEN: [ASINS[1]]}
    assert built.notes()[notes.NOT_TAKEN] == [f"{ASINS[1]} (Products, 4 attempts)"]
    shop.quantity[ASINS[1]] += 1
    assert ASINS[1] in sent(shop.sync(), "Products")


def test_an_outage_counts_against_nobody(shop: HostedShop) -> None:
    shop.sync(*ORDERS)
    for n in range(3):
        shop.sync((f"303-{n}", ASINS[0]), stop_at=0)
    built = shop.sync()
    assert built.left_out("orders") == {}
    assert not any("attempt" in each for each in built.notes()[notes.NOT_TAKEN])
    shop.sync()
    assert shop.arrived("SellOrders") >= {f"303-{n}" for n in range(3)}


@pytest.mark.parametrize("custom_data", [False, True])
def test_a_change_that_was_refused_goes_out_again(shop: HostedShop, *, custom_data: bool) -> None:
    shop.target.custom_data = custom_data
    shop.sync(*ORDERS)
    shop.sync()
    shop.quantity[ASINS[2]] = 77
    shop.sync(("303-1", ASINS[0]), stop_at=0)
    for n in range(2):
        shop.sync((f"304-{n}", ASINS[0]))
    assert shop.target.value("Products", ASINS[2], "stockLevel") == 77
    assert shop.arrived("SellOrders") >= {"303-1", "304-1"}
    assert shop.doubled() == []
    assert ASINS[2] not in sent(shop.sync(("305-1", ASINS[0])), "Products")


def test_without_a_creation_after_it_a_change_goes_out_hourly_for_three_days(
    shop: HostedShop,
) -> None:
    shop.sync(*ORDERS)
    shop.sync()
    shop.quantity[ASINS[2]] = 77
    out = [ASINS[2] in sent(shop.sync(), "Products") for _ in range(3)]
    assert out == [True, False, True]
    shop.now = START + timedelta(days=3, minutes=30)
    assert ASINS[2] in sent(shop.sync(), "Products")
    shop.now = START + timedelta(days=3, hours=2)
    assert ASINS[2] not in sent(shop.sync(), "Products")


def test_a_product_that_is_not_in_the_input_goes_out_from_the_snapshot(shop: HostedShop) -> None:
    shop.sync(*ORDERS, stop_at=2)
    shop.quantity.clear()  # Amazon delivered no listings
    shop.sync(("303-1", ASINS[0]))
    shop.sync(("303-2", ASINS[0]))
    assert shop.arrived("Products") == set(ASINS)


def test_what_earlier_versions_wrote_goes_out_while_its_records_are_in_the_input(
    shop: HostedShop,
) -> None:
    shop.sync(*ORDERS)
    for name in ("deliveries.csv", "deliveries.json", "waiting.singer"):
        (shop.seller.root / "snapshots" / name).unlink()
    path = shop.seller.root / "snapshots" / "SellOrders_flow1.snapshot.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:3]) + "\n")
    built = shop.sync(*ORDERS[:3])
    assert sent(built, "SellOrders") == ["302-2"]
    assert built.notes()[notes.NOT_TAKEN] == [f"302-{n} (SellOrders)" for n in (2, 3, 4)]


def test_without_a_file_of_the_stream_what_earlier_versions_wrote_counts_as_sent(
    shop: HostedShop,
) -> None:
    shop.sync(*ORDERS)
    for name in (
        "deliveries.csv",
        "deliveries.json",
        "waiting.singer",
        "SellOrders_flow1.snapshot.csv",
    ):
        (shop.seller.root / "snapshots" / name).unlink()
    assert sent(shop.sync(*ORDERS), "SellOrders") == []


def test_a_flow_whose_host_keeps_no_snapshot_gets_it_once_more_and_then_waits(
    shop: HostedShop,
) -> None:
    assert len(sent(shop.sync(*ORDERS, loads=False), "SellOrders")) == 5
    assert len(sent(shop.sync(loads=False), "SellOrders")) == 5
    built = shop.sync(("303-1", ASINS[0]), loads=False)
    assert sent(built, "SellOrders") == sent(built, "Products") == []
    assert built.left_out("products") == {outcomes.WRITTEN_ONCE: ASINS}
    assert any("host_snapshots" in each for each in built.notes())
    shop.seller.config["host_snapshots"] = True
    for _ in range(2):
        shop.sync()
    assert shop.arrived("SellOrders") == {*(number for number, _ in ORDERS), "303-1"}
    assert shop.doubled() == []


@pytest.mark.parametrize(
    "config", [{"host_snapshots": False}, {"flow": None, "target_optiply": "v1"}]
)
def test_where_nobody_reports_what_was_written_was_sent(
    shop: HostedShop, config: dict[str, Any]
) -> None:
    shop.seller.config = config
    shop.sync(*ORDERS, loads=False)
    built = shop.sync(*ORDERS, loads=False)
    assert sent(built, "SellOrders") == sent(built, "Products") == []
    assert not (shop.seller.root / "snapshots" / "deliveries.csv").exists()


def test_where_the_host_is_known_to_keep_snapshots_all_goes_out_until_there_is_one(
    shop: HostedShop,
) -> None:
    shop.seller.config = {"flow": None, "host_snapshots": True}
    for _ in range(3):
        built = shop.sync(*ORDERS, loads=False)
        assert set(sent(built, "Products")) == set(ASINS)
        # One whose product goes last of all waits until that is known to have arrived.
        assert len(sent(built, "SellOrders")) >= 4


def test_an_order_that_is_cancelled_before_it_arrived_does_not_go_out_again(
    shop: HostedShop,
) -> None:
    shop.sync(*ORDERS, stop_at=5)
    shop.seller.records.clear()
    shop.sync()
    shop.sync()
    assert shop.arrived("SellOrders") == {number for number, _ in ORDERS}


def test_a_product_that_is_gone_is_listed_and_its_orders_wait_for_its_new_id(
    shop: HostedShop,
) -> None:
    shop.sync(*ORDERS)
    shop.sync()
    dead = shop.target.ids["Products"][ASINS[1]]
    shop.target.lose("Products", ASINS[1])
    for n in range(5):  # those of the deleted product come first, and keep no other back
        built = shop.sync((f"304-{n}", ASINS[1]), (f"305-{n}", ASINS[0]))
    assert built.notes()[notes.PRODUCT_GONE] == [f"{ASINS[1]} (id {dead})"]
    assert set(built.left_out("orders")) == {outcomes.PRODUCT_GONE}
    assert shop.arrived("SellOrders") >= {f"305-{n}" for n in range(5)}
    shop.target.objects["Products"]["7777"] = {"name": "made by hand"}
    shop.target.ids["Products"][ASINS[1]] = "7777"
    for n in range(2):
        shop.sync((f"306-{n}", ASINS[0]))
    assert shop.arrived("SellOrders") >= {f"304-{n}" for n in range(5)}
    assert shop.doubled() == []


def test_a_product_whose_one_order_is_refused_for_ever_is_not_given_up(shop: HostedShop) -> None:
    shop.sync(*ORDERS)
    shop.target.never = {"SellOrders": {"304-0"}}
    shop.sync(("303-0", ASINS[0]), ("304-0", ASINS[1]))
    for n in range(1, 4):
        shop.sync((f"303-{n}", ASINS[0]))
    shop.sync(("303-9", ASINS[0]), ("304-9", ASINS[1]))
    built = shop.sync(("303-8", ASINS[0]), ("304-8", ASINS[1]))
    assert notes.PRODUCT_GONE not in built.notes()
    assert shop.arrived("SellOrders") >= {"304-9", "304-8"}


def test_orders_that_were_only_skipped_say_nothing_about_their_products(shop: HostedShop) -> None:
    shop.sync(*ORDERS)
    shop.sync()
    for n in range(3):
        orders = [(f"30{n + 3}-{asin}", asin) for asin in ASINS]
        shop.sync(*orders, stop_at=1)
        built = shop.sync(*((f"31{n}-{asin}", asin) for asin in ASINS[:1]))
        assert notes.PRODUCT_GONE not in built.notes()
    for _ in range(3):
        shop.sync()
    assert len(shop.arrived("SellOrders")) == 5 + 3 * 5 + 3


@pytest.mark.parametrize("known", [True, False])
def test_a_product_that_is_refused_with_each_new_stock_stops_nothing(
    shop: HostedShop, *, known: bool
) -> None:
    """Its content is another one in each run, and it stands first in the file."""
    shop.sync(*ORDERS)
    shop.sync()
    asin = ASINS[1] if known else "B0000000XX"
    shop.quantity[asin] = 1
    shop.target.never = {"Products": {asin}}
    for n in range(5):
        shop.quantity[asin] += 1
        shop.sync((f"305-{n}", ASINS[0]))
    assert shop.arrived("SellOrders") >= {f"305-{n}" for n in range(3)}


def test_an_old_order_is_not_given_up_while_it_waits_for_optiply(shop: HostedShop) -> None:
    shop.sync(("302-0", ASINS[0]), stop_at=2)
    long_ago = "2026-02-01T10:00:00+00:00"
    dates = {"last_updated_date": long_ago, "purchase_date": long_ago}
    shop.seller.order("301-0", **dates)
    shop.seller.line("301-0", ASINS[2], last_updated_date=long_ago)
    shop.build(stop_at=0)
    for _ in range(2):
        shop.sync()
    assert shop.arrived("SellOrders") == {"302-0", "301-0"}


def test_an_order_that_is_cancelled_before_it_was_taken_is_listed_once(shop: HostedShop) -> None:
    shop.sync(*ORDERS, stop_at=9)
    shop.seller.order("302-4", order_status="Cancelled", last_updated_date="2026-10-05T00:00:00Z")
    shop.build()
    built = shop.sync()
    assert notes.NOT_TAKEN not in built.notes()
    assert "302-4" not in (shop.seller.root / "snapshots" / "sell_orders.snapshot.csv").read_text()


def test_what_is_odd_in_the_file_of_deliveries_stops_nothing(shop: HostedShop) -> None:
    shop.sync(*ORDERS, stop_at=7)
    path = shop.seller.root / "snapshots" / "deliveries.csv"
    lines = path.read_text().splitlines()
    odd = ["sellOrders,,creation,v,1,,,0,0,false,", "sellOrders,1-1,,v,1,,,0,0,false,"]
    odd += ["sellOrders,1-2,creation,v,,,,,,,", lines[-1]]
    path.write_text("".join(f"{line}\n" for line in [*lines, *odd]))
    for _ in range(3):
        shop.sync()
    assert shop.arrived("SellOrders") == {number for number, _ in ORDERS}
    assert shop.doubled() == []


def test_an_order_number_like_a_formula_is_known_again(shop: HostedShop) -> None:
    shop.sync(("=302", ASINS[0]), *ORDERS, stop_at=5)
    for _ in range(2):
        built = shop.sync()
    assert "=302" in shop.arrived("SellOrders")
    assert notes.NOT_TAKEN not in built.notes()


def test_content_that_is_not_due_yet_is_not_taken_for_sent(shop: HostedShop) -> None:
    shop.sync(*ORDERS)
    shop.sync()
    shop.quantity[ASINS[2]] = 77
    shop.sync(("303-1", ASINS[0]), stop_at=0)
    shop.sync(stop_at=0)
    shop.now = START + timedelta(days=3, minutes=30)
    shop.sync(stop_at=0)
    shop.quantity[ASINS[2]] = 88
    for _ in range(2):
        shop.sync()
    assert shop.target.value("Products", ASINS[2], "stockLevel") == 88

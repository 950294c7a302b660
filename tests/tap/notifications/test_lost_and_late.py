"""What notifications lose, polls find; what comes late, twice or in another order harms nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notified_shop import newest_orders
from running import by_key

if TYPE_CHECKING:
    from notified_shop import NotifiedShop

ORDERS, ENDS = "ORDER_CHANGE", "REPORT_PROCESSING_FINISHED"
HOUR = 3600.0  # seconds


def test_polls_find_what_notifications_lose(shop: NotifiedShop) -> None:
    shop.habits(lost=[ORDERS, ENDS])
    before = by_key("orders", shop.sandbox.truth("EU", "orders"))

    output = shop.sync("orders", "order_changes", "sync_summary")

    assert "order_changes" not in output.records
    assert by_key("orders", output.records["orders"]).keys() >= before.keys() != set()
    assert all(each["complete"] for each in output.records["sync_summary"])
    assert shop.sandbox.get_json("/_sandbox/notifications")["counts"]["lost"] > 0
    calls = shop.sandbox.calls()
    assert sum(sum(calls.get(name, {}).values()) for name in ("getReport", "getReports")) > 0


def test_changes_that_come_an_hour_late_are_the_newest_all_the_same(shop: NotifiedShop) -> None:
    shop.habits(delay_seconds=HOUR, copies=2, disorder=True)
    target: dict[str, str] = {}
    for minutes in (240, 90, 90):
        shop.sandbox.advance(minutes=minutes)
        shop.settle()
        for record in shop.sync("order_changes").records.get("order_changes", []):
            target[record["amazon_order_id"]] = record["order_status"]

    assert target == newest_orders(shop.sent(ORDERS))
    assert target


def test_the_end_of_a_report_that_comes_after_it_was_read_harms_nothing(
    shop: NotifiedShop,
) -> None:
    shop.habits(delay_seconds=HOUR)
    first = shop.sync("products_inventory")
    shop.settle()  # the notifications are on their way
    shop.sandbox.advance(minutes=70)
    shop.wait_for(1, ENDS)

    second = shop.sync("products_inventory")
    third = shop.sync("products_inventory")

    for output in (first, second, third):
        records = output.records["products_inventory"]
        assert len(by_key("products_inventory", records)) == len(records) > 0
        assert "have ended without a notification" not in output.errors
    assert shop.left(shop.dead_letters) == 0

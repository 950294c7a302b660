"""Changes reach the target over SQS: each once, the newest last; none is deleted before it arrived."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
from notices import DE, listing, order
from notified_shop import newest_orders

if TYPE_CHECKING:
    from conftest import OpenShop
    from notified_shop import NotifiedShop

SCHEMAS = Path(__file__).parents[3] / "schemas" / "streams"
ORDERS, STOCK = "ORDER_CHANGE", "FBA_INVENTORY_AVAILABILITY_CHANGES"
SELLER = "A1SANDBOXEU01"


def statuses(records: list[dict[str, Any]]) -> dict[str, str]:
    return {each["amazon_order_id"]: each["order_status"] for each in records}


def test_what_amazon_reports_is_what_the_target_has_and_the_next_sync_deletes_it(
    shop: NotifiedShop,
) -> None:
    shop.sandbox.advance(minutes=240)
    came = shop.settle()

    first = shop.sync()
    assert "no message is deleted from the queue" in first.errors
    assert shop.left() == came
    second = shop.sync()

    assert second.records == {}
    assert shop.left() == 0
    assert statuses(first.records["order_changes"]) == newest_orders(shop.sent(ORDERS))
    for stream, records in first.records.items():
        schema = json.loads((SCHEMAS / f"{stream}.json").read_text("utf-8"))
        validator = jsonschema_rs.Draft202012Validator(schema)
        assert not [each.message for one in records for each in validator.iter_errors(one)]
        keys = first.schemas[stream][-1]["key_properties"]
        assert len({tuple(each[key] for key in keys) for each in records}) == len(records)
    bought: dict[str, set[tuple[str, str]]] = {}
    for line in shop.sandbox.truth("EU", "order_items"):
        bought.setdefault(line["amazon_order_id"], set()).add((line["sku"], line["asin"]))
    for each in first.records["order_changes"]:
        lines = {(line["sku"], line["asin"]) for line in each["lines"]}
        assert lines == bought[each["amazon_order_id"]]
    told = {
        (place["MarketplaceId"], each["Payload"]["SKU"])
        for each in shop.sent(STOCK)
        for place in each["Payload"]["FulfillmentInventoryByMarketplace"]
    }
    records = first.records["inventory_changes"]
    assert {(each["marketplace_id"], each["sku"]) for each in records} == told != set()
    assert not any("destination_postal_code" in each for each in first.records["order_changes"])


def test_duplicates_disorder_and_days_of_silence_lose_and_double_nothing(
    open_shop: OpenShop,
) -> None:
    shop = open_shop(orders=400, listings=20, report_seconds=(1, 5))
    shop.set_up()
    shop.habits(copies=2, disorder=True, down=[ORDERS])
    target: dict[str, str] = {}
    for _ in range(2):
        shop.sandbox.advance(minutes=1_440)
        shop.settle()
        assert "order_changes" not in shop.sync().records
    shop.habits(copies=2, disorder=True)
    emitted = 0
    for _ in range(3):
        shop.settle()
        records = shop.sync("order_changes").records.get("order_changes", [])
        emitted += len(records)
        target |= statuses(records)

    assert target == newest_orders(shop.sent(ORDERS))
    assert emitted == len(target) > 0
    assert shop.left() == 0


def test_an_older_change_that_comes_in_a_later_sync_is_dropped(shop: NotifiedShop) -> None:
    def of(status: str, minute: int) -> dict[str, Any]:
        at = f"2026-11-02T09:{minute:02}:00.000Z"
        return order("302-0000000-0000001", status, at, seller=SELLER)

    shop.send(of("Shipped", 30))
    shop.sync("order_changes")
    shop.send(of("Unshipped", 10))
    older = shop.sync("order_changes")
    shop.send(of("Canceled", 40))
    newer = shop.sync("order_changes")

    assert older.records == {}
    assert [each["order_status"] for each in newer.records["order_changes"]] == ["Canceled"]


def test_a_state_that_does_not_arrive_has_everything_come_again(shop: NotifiedShop) -> None:
    shop.send(order("302-0000000-0000001", seller=SELLER))
    shop.sync("order_changes")
    shop.send(order("302-0000000-0000002", seller=SELLER))

    lost = shop.sync("order_changes", keeps=False)
    again = shop.sync("order_changes")

    assert len(lost.records["order_changes"]) == len(again.records["order_changes"]) == 1
    assert shop.left() == 1
    shop.sync("order_changes")
    assert shop.left() == 0


def test_messages_that_cannot_be_read_are_moved_and_hold_up_nothing(shop: NotifiedShop) -> None:
    shop.send("not JSON")
    shop.send(listing("", Status=["BUYABLE"], SellerId=SELLER))  # a key that is empty
    shop.send(order("302-0000000-0000001", seller=SELLER))

    output = shop.sync()

    assert len(output.records["order_changes"]) == 1
    assert shop.left(shop.dead_letters) == 2
    assert "2 moved to the dead-letter queue" in output.errors
    assert "not JSON" not in output.errors.replace("it is not JSON", "")


def test_marketplaces_that_are_not_synced_are_passed_over(shop: NotifiedShop) -> None:
    shop.settings["marketplaces"] = ["FR"]
    shop.send(order("302-0000000-0000001", seller=SELLER, place=DE))

    output = shop.sync("order_changes", "sync_summary")

    assert "order_changes" not in output.records
    (summary,) = output.records["sync_summary"]
    assert summary["passed_over"] == 1


def test_no_secret_of_aws_is_in_the_log_or_the_state(shop: NotifiedShop) -> None:
    shop.settings["notifications_queue"] += "-that-is-not-there"

    output = shop.sync("order_changes", "sync_summary")

    assert "does not exist" in output.errors
    assert output.records["sync_summary"][0]["complete"] is False
    for secret in ("AKIASANDBOX", "sandbox-aws-key"):
        assert secret not in output.errors + json.dumps(output.state)


def test_without_the_setting_the_streams_say_so(shop: NotifiedShop) -> None:
    shop.settings["enable_notifications"] = False

    output = shop.sync("order_changes")

    assert output.records == {}
    assert "unless 'enable_notifications' is set" in output.errors

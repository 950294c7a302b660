"""A message becomes a notification, and that becomes records, whatever its key style."""

from __future__ import annotations

import json
from typing import Any

import pytest
from notices import inventory, listing, order, report

from tap_amazon_seller.notifications import envelope, records
from tap_amazon_seller.notifications.envelope import UnreadableError


def read(message: object) -> envelope.Notification:
    return envelope.read(message if isinstance(message, str) else json.dumps(message))


def test_pascal_case_and_camel_case_are_read_alike() -> None:
    changed, finished = read(order("302-1")), read(report("4711"))

    assert (changed.type, changed.seller_id) == ("ORDER_CHANGE", "A1")
    assert changed.payload["amazon_order_id"] == "302-1"
    assert (finished.type, finished.payload["report_id"]) == ("REPORT_PROCESSING_FINISHED", "4711")
    assert finished.event_time.isoformat() == "2026-11-02T08:00:00+00:00"


def test_a_notification_without_metadata_is_known_by_its_text() -> None:
    one, other = inventory("A"), inventory("B")

    assert read(one).id == read(one).id != read(other).id
    assert read(one).published == read(one).event_time


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is not JSON"),
        ("{", "it is not JSON"),
        ('{"a": NaN}', "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "it is not a JSON object"),
        ("{}", "NotificationType is missing"),
        ('{"NotificationType": "X", "EventTime": "yesterday"}', "EventTime is not an instant"),
        (
            '{"NotificationType": "X", "EventTime": "2026-11-02T08:00:00Z", "Payload": 7}',
            "Payload is not an object",
        ),
        ('{"a": ' * 60 + "1" + "}" * 60, "it is nested too deep"),
    ],
)
def test_what_is_no_notification_says_why_without_a_word_of_it(text: str, reason: str) -> None:
    with pytest.raises(UnreadableError) as refusal:
        envelope.read(text)

    assert str(refusal.value) == reason


def test_the_postal_code_needs_include_pii() -> None:
    one = read(order("302-1"))

    (without,) = records.of_order(one, include_pii=False)
    (with_it,) = records.of_order(one, include_pii=True)

    assert "destination_postal_code" not in without
    assert with_it["destination_postal_code"] == "10115"
    assert without["order_item_id"] == "all"


def test_a_change_of_one_line_has_a_record_of_its_own() -> None:
    message = order("302-1", level="OrderItemLevel", items=[{"OrderItemId": "7", "Quantity": 1}])

    (record,) = records.of_order(read(message), include_pii=False)

    assert record["order_item_id"] == "7"
    with pytest.raises(UnreadableError, match="is about an item and has none"):
        list(records.of_order(read(order("302-1", level="OrderItemLevel")), include_pii=False))


def test_values_and_members_that_amazon_adds_are_kept() -> None:
    message = order("302-1", status="UpComing")
    message["Payload"]["OrderChangeNotification"]["Summary"]["GiftNote"] = "yes"

    (record,) = records.of_order(read(message), include_pii=False)

    assert (record["order_status"], record["gift_note"]) == ("UpComing", "yes")


def test_stock_has_a_record_for_each_marketplace() -> None:
    found = list(records.of_inventory(read(inventory("A", {"DE": 3, "FR": 4}))))

    assert [(each["marketplace_id"], each["fulfillable"]) for each in found] == [
        ("DE", 3),
        ("FR", 4),
    ]
    assert found[0]["inbound_working"] == 1
    assert found[0]["reserved_pending_customer_order"] == 2


@pytest.mark.parametrize(
    ("more", "change", "place"),
    [
        ({"Status": []}, "status", "A1PA6795UKMFR9"),
        ({"Severities": ["ERROR"]}, "issues", "A1PA6795UKMFR9"),
        ({"Status": [], "MarketplaceId": None}, "status", "all"),
    ],
)
def test_a_listing_has_a_record_of_its_status_and_one_of_its_issues(
    more: dict[str, Any], change: str, place: str
) -> None:
    (record,) = records.of_listing(read(listing("S", **more)))

    assert (record["change"], record["marketplace_id"]) == (change, place)

"""`tap-amazon-seller notifications` makes what is missing, names it, and undoes what it made."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import warm_start
from altered_tap import altered
from notices import order
from notified_shop import NAME
from running import BIN, configuration, write_json

from tap_amazon_seller.notifications.types import ORDER_CHANGE
from tap_amazon_seller.subscriptions.queues import FoundQueue

if TYPE_CHECKING:
    from notified_shop import NotifiedShop

ARN = "arn:aws:sqs:eu-west-1:123456789012:q"


def test_setup_is_made_once_and_removed_completely(shop: NotifiedShop) -> None:
    first, second = shop.command("setup"), shop.command("setup")

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert (first.stdout.count(": made."), second.stdout.count(": made.")) == (3, 0)
    shown = json.loads(first.stdout.partition("Settings: ")[2].partition("}")[0] + "}")
    assert shown == {"enable_notifications": True, "notifications_queue": shop.queue}
    attributes = shop.sqs.get_queue_attributes(QueueUrl=shop.queue, AttributeNames=["All"])
    assert "RedrivePolicy" not in attributes["Attributes"]
    found = shop.sandbox.get_json("/_sandbox/notifications")
    assert (len(found["destinations"]), len(found["subscriptions"])) == (1, 6)

    shop.settings["notifications_queue"] = shop.queue
    removed = shop.command("remove")

    assert removed.returncode == 0, removed.stderr
    found = shop.sandbox.get_json("/_sandbox/notifications")
    assert (found["destinations"], found["subscriptions"]) == ([], [])
    assert shop.sqs.list_queues().get("QueueUrls", []) == []


def test_a_missing_permission_is_silent_at_amazon_and_named_by_status(shop: NotifiedShop) -> None:
    shop.set_up()
    shop.sqs.set_queue_attributes(
        QueueUrl=shop.queue,
        Attributes={
            "Policy": "",
            "RedrivePolicy": json.dumps(
                {"deadLetterTargetArn": f"{ARN[:-1]}{NAME}-dead-letters", "maxReceiveCount": "5"}
            ),
        },
    )

    status = shop.command("status")

    assert status.returncode == 1
    assert "does not let Amazon send" in status.stdout
    assert "after 5 receives" in status.stdout
    assert status.stdout.count(": subscribed (") == 6
    assert "2 of its parts need something done" in status.stderr
    assert shop.command("setup").returncode == 1  # the redrive policy is not setup's to take away
    assert "does not let Amazon send" not in shop.command("status").stdout


def test_a_missing_permission_is_named_by_test_before_it_waits(shop: NotifiedShop) -> None:
    shop.set_up()
    shop.sqs.set_queue_attributes(QueueUrl=shop.queue, Attributes={"Policy": ""})
    path = write_json(shop.folder / "config.json", shop.config())
    words = [str(BIN / "tap-amazon-seller"), "notifications", "test", "--scenario", "Any"]
    words += ["--type", "ORDER_CHANGE", "--config", str(path)]

    run = warm_start.run(
        altered(words, "impatient"), capture_output=True, encoding="utf-8", check=False
    )

    assert run.returncode == 1
    assert "does not let Amazon send: its policy lacks sqs:SendMessage" in run.stdout
    assert "ORDER_CHANGE: did not come within 1 seconds, though Amazon took it" in run.stdout


def test_a_role_that_is_missing_is_named(shop: NotifiedShop) -> None:
    shop.account = "limited"

    run = shop.command("setup")

    assert run.returncode == 1
    assert (
        "FBA_INVENTORY_AVAILABILITY_CHANGES: not allowed; the application needs the role"
        in run.stdout
    )
    assert "ORDER_CHANGE: subscribed (stream order_changes)." in run.stdout
    assert "3 of its parts need something done" in run.stderr


def test_a_queue_of_ones_own_stays_and_its_policy_keeps_what_it_had(shop: NotifiedShop) -> None:
    own = {
        "Effect": "Allow",
        "Principal": {"AWS": "123456789012"},
        "Action": "sqs:*",
        "Resource": "*",
    }
    url = shop.sqs.create_queue(
        QueueName="mine", Attributes={"Policy": json.dumps({"Statement": own})}
    )["QueueUrl"]
    shop.settings["notifications_queue"] = url

    assert shop.command("setup").returncode == 0
    policy = shop.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    assert [each["Effect"] for each in json.loads(policy["Policy"])["Statement"]] == ["Allow"] * 2
    removed = shop.command("remove")

    assert "stay: setup did not make the queue" in removed.stdout
    assert url in shop.sqs.list_queues()["QueueUrls"]
    assert shop.sandbox.get_json("/_sandbox/notifications")["subscriptions"] == []


def test_a_queue_with_messages_is_deleted_only_when_that_is_wanted(shop: NotifiedShop) -> None:
    shop.set_up()
    shop.send("still to be read")

    kept, deleted = shop.command("remove"), shop.command("remove", "--with-messages")

    assert kept.returncode == 1
    assert "has about 1 messages, which would be lost" in kept.stdout
    assert deleted.returncode == 0, deleted.stderr
    assert shop.sqs.list_queues().get("QueueUrls", []) == []


def test_status_names_each_part_that_is_missing_and_what_makes_it(shop: NotifiedShop) -> None:
    shop.set_up()
    shop.sqs.delete_queue(QueueUrl=shop.dead_letters)
    without_dead_letters = shop.command("status")
    gone = f"{shop.queue}-gone"
    own = shop.sqs.create_queue(QueueName="mine")["QueueUrl"]
    without_queue = shop.command("status", notifications_queue=gone)
    test = shop.command("test", "--scenario", "Any", notifications_queue=own)
    without_destination = shop.command("status", notifications_queue=own)
    second = shop.command("setup", notifications_queue=own)
    elsewhere = shop.command("status", notifications_queue=own)
    unknown = shop.command("setup", notifications_queue=gone)

    assert f"Dead letters {shop.dead_letters} do not exist" in without_dead_letters.stdout
    assert "1 of its parts needs something done" in without_dead_letters.stderr
    assert without_queue.stdout.startswith(f"Queue {gone} does not exist")
    assert f"Queue {own} is not a destination of Amazon's; run" in test.stderr
    assert "Amazon has no destination for it" in without_destination.stdout
    assert elsewhere.stdout.count(": sent to another destination (") == 6
    assert f"'notifications_queue' names {gone}, which does not exist" in unknown.stderr
    looks = (without_dead_letters, without_queue, without_destination, elsewhere)
    assert {each.returncode for each in (*looks, test, second, unknown)} == {1}
    assert len(shop.sandbox.get_json("/_sandbox/notifications")["subscriptions"]) == 6


def test_an_example_comes_and_no_sync_sees_it(shop: NotifiedShop) -> None:
    shop.set_up()

    run = shop.command("test", "--scenario", "Any", "--type", "ORDER_CHANGE")

    assert (run.returncode, run.stdout) == (0, "ORDER_CHANGE: came.\n")
    assert shop.left() == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("status",), "Setting 'notifications_queue' is missing"),
        (("test", "--scenario", "X"), "Setting 'notifications_queue' is missing"),
        (("remove",), "Setting 'notifications_queue' is missing"),
    ],
)
def test_a_queue_that_is_not_named_is_asked_after_in_one_sentence(
    shop: NotifiedShop, words: tuple[str, ...], says: str
) -> None:
    run = shop.command(*words)

    assert run.returncode == 1
    assert says in run.stderr
    assert "Traceback" not in run.stderr


def test_a_tap_without_boto3_names_the_extra_and_a_sync_without_notifications_never_loads_it() -> (
    None
):
    code = (
        "import sys; sys.modules['boto3'] = None\n"
        "from tap_amazon_seller.tap import TapAmazonSeller\n"
        "assert 'botocore' not in sys.modules\n"
        "from tap_amazon_seller.notifications.sqs import Sqs\n"
        "Sqs('eu-west-1', None)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert "Setting 'enable_notifications' needs boto3, which is not installed" in run.stderr
    assert "[notifications]" in run.stderr


def test_what_keeps_a_queue_from_serving_is_said_of_each_part() -> None:
    attributes = {
        "QueueArn": ARN,
        "FifoQueue": "true",
        "MessageRetentionPeriod": "3600",
        "KmsMasterKeyId": "alias/own",
    }
    queue = type("Queue", (), {"url": NAME})()
    found = FoundQueue(queue, attributes)

    assert ["FIFO" in each for each in found.faults()] == [True, False, False]
    assert "kms:GenerateDataKey and kms:Decrypt" in next(found.notes())


def test_a_key_that_nobody_can_share_is_named() -> None:
    queue = type("Queue", (), {"url": NAME})()
    found = FoundQueue(queue, {"QueueArn": ARN, "KmsMasterKeyId": "alias/aws/sqs"})

    assert any("alias/aws/sqs, a key that Amazon cannot be" in each for each in found.faults())
    assert list(found.notes()) == []


def test_a_change_that_comes_beside_an_example_stays(shop: NotifiedShop) -> None:
    shop.set_up()
    subscriptions = shop.sandbox.get_json("/_sandbox/notifications")["subscriptions"]
    (own,) = [each for each in subscriptions if each["type"] == "ORDER_CHANGE"]
    real = order("302-0000000-0000001")
    real["NotificationMetadata"]["SubscriptionId"] = own["subscriptionId"]
    shop.send(real)

    run = shop.command("test", "--scenario", "Any", "--type", "ORDER_CHANGE")

    assert (run.returncode, run.stdout) == (0, "ORDER_CHANGE: came.\n")
    assert (shop.left(), shop.left(shop.dead_letters)) == (1, 0)


def test_what_may_be_an_example_or_a_change_is_kept_in_the_dead_letters(
    shop: NotifiedShop,
) -> None:
    shop.set_up()

    run = shop.command("test", "--scenario", "Any", "--type", "FBA_INVENTORY_AVAILABILITY_CHANGES")

    assert (run.returncode, run.stdout) == (0, "FBA_INVENTORY_AVAILABILITY_CHANGES: came.\n")
    assert (shop.left(), shop.left(shop.dead_letters)) == (0, 1)


def test_orders_are_subscribed_to_with_a_filter_that_lets_all_pass(shop: NotifiedShop) -> None:
    assert ORDER_CHANGE.event_filter == {"eventFilterType": "ORDER_CHANGE"}

    run = shop.command("setup", "--type", "ORDER_CHANGE")

    assert run.returncode == 0, run.stdout


def test_a_destination_that_others_use_stays_with_its_queue(shop: NotifiedShop) -> None:
    shop.set_up()

    run = shop.command("remove", "--type", "ORDER_CHANGE")

    assert run.returncode == 1
    assert "stay: Amazon refuses to delete the destination" in run.stdout
    assert shop.queue in shop.sqs.list_queues()["QueueUrls"]


@pytest.mark.parametrize(
    ("words", "settings", "says"),
    [
        (("setup", "--queue-name", "mine.fifo"), {}, "Amazon cannot send to a FIFO queue"),
        (("setup", "--queue-name", "a b"), {}, "'a b' is not 1 to 67 letters, digits, hyphens"),
        (("setup", "--queue-name", "n" * 68), {}, "is not 1 to 67 letters"),
        (
            ("status",),
            {"notifications_queue": "https://sqs.eu-west-1.amazonaws.com/1/mine.fifo"},
            "mine.fifo', a FIFO queue, to which Amazon cannot send; name a standard queue.",
        ),
        (
            ("status",),
            {
                "notifications_queue": "https://sqs.eu-west-1.amazonaws.com/1/q",
                "notifications_endpoint_url": "http://127.0.0.1:9",
            },
            "1/q does not answer at http://127.0.0.1:9/ (EndpointConnectionError).",
        ),
    ],
)
def test_what_cannot_work_is_refused_in_a_sentence(
    shop: NotifiedShop, words: tuple[str, ...], settings: dict[str, str], says: str
) -> None:
    run = shop.command(*words, **settings)

    assert run.returncode in {1, 2}
    assert says in run.stderr.replace("\n", " ")
    assert "Traceback" not in run.stderr


def test_enabling_without_a_queue_is_one_sentence(shop: NotifiedShop) -> None:
    config = configuration(shop.sandbox.url, enable_notifications=True)
    shop.settings = config
    with pytest.raises(AssertionError, match="needs 'notifications_queue'"):
        shop.sync("order_changes")

"""`tap-amazon-seller notifications` makes what is missing, names it, and undoes what it made."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from notified_shop import NAME
from running import configuration

from tap_amazon_seller.notifications.sqs import allows_amazon
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


@pytest.mark.parametrize(
    ("statement", "allows"),
    [
        ({}, False),
        ({"Principal": {"AWS": "437568002678"}}, True),
        ({"Principal": {"AWS": ["arn:aws:iam::437568002678:root"]}}, True),
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": "123456789012"}}, False),
        ({"Principal": "*", "Action": "SQS:*"}, True),
        ({"Principal": "*", "Action": "sqs:ReceiveMessage"}, False),
        ({"Principal": "*", "Effect": "Deny"}, False),
        ({"Principal": "*", "Resource": "arn:aws:sqs:eu-west-1:1:other"}, False),
    ],
)
def test_a_policy_lets_amazon_send_or_not(statement: dict[str, object], *, allows: bool) -> None:
    full = {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": ARN} | statement

    assert allows_amazon(json.dumps({"Statement": [full]}), ARN) is allows
    assert allows_amazon(json.dumps({"Statement": full}), ARN) is allows
    assert not allows_amazon("", ARN)
    assert not allows_amazon("{", ARN)


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


def test_enabling_without_a_queue_is_one_sentence(shop: NotifiedShop) -> None:
    config = configuration(shop.sandbox.url, enable_notifications=True)
    shop.settings = config
    with pytest.raises(AssertionError, match="needs 'notifications_queue'"):
        shop.sync("order_changes")

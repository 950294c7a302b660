"""`--test` reads the queue of notifications once, and leaves its messages there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import warm_start
from notified_shop import CHANGES, NotifiedShop
from running import command, select

if TYPE_CHECKING:
    import subprocess

    from conftest import OpenShop


@pytest.fixture
def shop(open_shop: OpenShop) -> NotifiedShop:
    """A seller whose notifications are set up."""
    found = open_shop(orders=50, listings=20)
    found.set_up()
    return found


def checked(shop: NotifiedShop, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run `--test` for the streams of notifications."""
    config = shop.config(**settings)
    words = command(shop.folder, config, None, "--test", *select(shop.folder, *CHANGES))
    return warm_start.run(words, capture_output=True, encoding="utf-8", timeout=120, check=False)


def test_a_queue_that_can_be_read_keeps_its_messages(shop: NotifiedShop) -> None:
    shop.send("anything")

    run = checked(shop)

    assert run.returncode == 0, run.stderr
    for name in CHANGES:
        assert f"{name}: allowed; the queue can be read, and whether Amazon sends" in run.stdout
    found = shop.sqs.get_queue_attributes(QueueUrl=shop.queue, AttributeNames=["All"])
    attributes: dict[str, str] = {str(key): value for key, value in found["Attributes"].items()}
    assert int(attributes["ApproximateNumberOfMessages"]) >= 1
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_a_queue_that_cannot_be_read_is_named(shop: NotifiedShop) -> None:
    absent = shop.queue + "-absent"

    run = checked(shop, notifications_queue=absent, fail_on_incomplete=True)

    for name in CHANGES:
        assert f"{name}: could not be read (Queue {absent} does not exist, or" in run.stdout
    assert run.returncode == 1
    assert "A sync would be incomplete in 3 streams" in run.stderr


def test_a_queue_that_is_not_named_is_one_sentence(shop: NotifiedShop) -> None:
    run = checked(shop, notifications_queue="")

    assert run.returncode == 1
    assert "Setting 'enable_notifications' needs 'notifications_queue'" in run.stderr
    assert "Traceback" not in run.stderr

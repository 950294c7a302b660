"""A sync that listens emits a change soon after its event; whatever is killed, nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
import warm_start
from altered_tap import altered
from notices import order
from running import command, select

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import OpenShop
    from notified_shop import NotifiedShop

SELLER = "A1SANDBOXEU01"
SOON = 60.0  # seconds


def listening(shop: NotifiedShop) -> subprocess.Popen[str]:
    """The tap as it listens."""
    words = command(
        shop.folder, shop.config(), shop.state, *select(shop.folder, "order_changes"), "--listen"
    )
    return warm_start.Popen(altered(words, "short-sighted"), stdout=subprocess.PIPE, text=True)


def messages(tap: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """What it writes, as it comes."""
    assert tap.stdout is not None
    for line in tap.stdout:
        yield json.loads(line)


def killed(tap: subprocess.Popen[str]) -> None:
    """End it without a word, as a machine that fails does."""
    os.kill(tap.pid, signal.SIGKILL)
    tap.wait(60)
    assert tap.stdout is not None
    tap.stdout.close()


def test_an_order_change_is_out_within_a_minute_of_its_event(
    open_shop: OpenShop,
) -> None:
    shop = open_shop(
        {"clock_factor": 1, "listen_minutes": 5},
        live=True, clock_factor=1, orders=6_000, days=1, listings=20,
    )  # fmt: skip
    shop.set_up()
    tap = listening(shop)
    passed: list[float] = []
    try:
        for message in messages(tap):
            if message["type"] == "RECORD":
                now = shop.sandbox.get_json("/_sandbox/clock")["now_seconds"]
                event = datetime.fromisoformat(message["record"]["event_time"])
                passed.append(now - event.timestamp())
            if len(passed) >= 5:
                break
    finally:
        killed(tap)

    assert min(passed) < SOON


@pytest.mark.parametrize(
    "victim", ["tap at a schema", "tap at a record", "target before its flush"]
)
def test_whatever_is_killed_nothing_is_lost_and_nothing_deleted_too_soon(
    shop: NotifiedShop, victim: str
) -> None:
    shop.settings |= {"listen_minutes": 60}
    ids = [f"302-0000000-000000{number}" for number in range(8)]
    target: dict[str, str] = {}
    for order_id in ids[:4]:
        shop.send(order(order_id, seller=SELLER))
    tap = listening(shop)
    for message in messages(tap):
        if message["type"] == "SCHEMA" and victim == "tap at a schema":
            break
        if message["type"] == "RECORD":
            target[message["record"]["amazon_order_id"]] = message["record"]["order_status"]
            if victim == "tap at a record":
                break
        if message["type"] == "STATE" and target:
            target.clear()  # the target has read it, and dies before it has flushed
            break
    killed(tap)
    for order_id in ids[4:]:
        shop.send(order(order_id, seller=SELLER))

    for _ in range(4):
        subprocess.run(["sleep", "2"], check=True)  # the queue's own clock is the machine's
        for record in shop.sync("order_changes").records.get("order_changes", []):
            target[record["amazon_order_id"]] = record["order_status"]

    assert target == dict.fromkeys(ids, "Unshipped")
    assert shop.left() == 0
    assert shop.left(shop.dead_letters) == 0

"""A sync that listens is stopped by a signal, and continues when its queue has been away."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import warm_start
from notices import order
from queue_gate import gate_to
from running import command, select

from tap_amazon_seller.notifications.types import TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import OpenShop
    from notified_shop import NotifiedShop

SELLER = "A1SANDBOXEU01"
PATIENCE = 120  # seconds


@pytest.fixture
def shop(open_shop: OpenShop) -> NotifiedShop:
    """A seller whose notifications are set up; those that count are the test's own."""
    found = open_shop({"listen_minutes": 60}, orders=20, listings=20)
    found.set_up()
    found.habits(lost=[each.name for each in TYPES])
    return found


class Listener:
    """The tap as it listens; its log is in a file."""

    def __init__(self, shop: NotifiedShop) -> None:
        self._log = shop.folder / "listening.log"
        words = command(
            shop.folder,
            shop.config(),
            shop.state,
            *select(shop.folder, "order_changes"),
            "--listen",
        )
        with self._log.open("wb") as log:
            self.process = warm_start.Popen(words, stdout=subprocess.PIPE, stderr=log, text=True)

    @property
    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text("utf-8")

    def messages(self) -> Iterator[dict[str, Any]]:
        """What it writes, as it comes."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            yield json.loads(line)

    def wait_for(self, order_id: str) -> dict[str, Any]:
        """Wait for the record of an order and a state after it; the state."""
        has_come = False
        for message in self.messages():
            if message["type"] == "RECORD":
                has_come = has_come or message["record"]["amazon_order_id"] == order_id
            elif message["type"] == "STATE" and has_come:
                state: dict[str, Any] = message["value"]
                return state
        raise AssertionError(f"{order_id} does not come:\n{self.log}")

    def wait_until_logged(self, words: str) -> None:
        """Wait until the log has these words."""
        for _ in range(10 * PATIENCE):
            if words in self.log:
                return
            subprocess.run(["sleep", "0.1"], check=True)
        raise AssertionError(self.log)

    def stop(self, number: signal.Signals) -> int:
        """Send a signal and wait; the exit code."""
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.returncode


def _delete_the_rest(shop: NotifiedShop) -> None:
    """Sync until the queue is empty, without a record: the last call may still hide a message."""
    for _ in range(10):
        assert shop.sync("order_changes").records == {}
        if shop.left() == 0:
            return
        subprocess.run(["sleep", "2"], check=True)  # the queue's own clock is the machine's
    raise AssertionError(f"{shop.left()} messages are never deleted")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_the_next_sync_continues(
    shop: NotifiedShop, number: signal.Signals
) -> None:
    shop.send(order("302-0000000-0000001", seller=SELLER))
    with gate_to(shop.endpoint) as gate:
        shop.settings["notifications_endpoint_url"] = gate.url
        listener = Listener(shop)
        shop.state = listener.wait_for("302-0000000-0000001")
        calls = len(gate.actions)
        listener.wait_until_logged("Listening for")

        code = listener.stop(number)

        assert code == 128 + number
        assert "Stopped by a signal" in listener.log
        assert "Traceback" not in listener.log
        assert calls > 0
        assert shop.left() == 1
        _delete_the_rest(shop)


def test_a_queue_that_goes_away_and_comes_back_loses_nothing(shop: NotifiedShop) -> None:
    with gate_to(shop.endpoint) as gate:
        shop.settings["notifications_endpoint_url"] = gate.url
        shop.send(order("302-0000000-0000001", seller=SELLER))
        listener = Listener(shop)
        listener.wait_for("302-0000000-0000001")

        gate.go_away()
        shop.send(order("302-0000000-0000002", seller=SELLER))
        listener.wait_until_logged(f"does not answer at {gate.url}/")
        gate.come_back()
        listener.wait_for("302-0000000-0000002")
        shop.send(order("302-0000000-0000003", seller=SELLER))
        shop.state = listener.wait_for("302-0000000-0000003")

        assert listener.stop(signal.SIGTERM) == 128 + signal.SIGTERM
        assert "Trying again in 10 s." in listener.log
        assert "Traceback" not in listener.log
        _delete_the_rest(shop)

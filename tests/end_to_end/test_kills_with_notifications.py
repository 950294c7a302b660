"""Tap, target and queue are killed in turn as programs; in the end every change is loaded, each once."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from notices import listing, order
from postgres_server import running
from programs_in_a_pipe import Programs, wait_until
from queue_gate import gate_to
from running import command, select, write_json
from warehouses import DUCKDB, HAS_DUCKDB, tables, target

from tap_amazon_seller.notifications.types import TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import OpenShop
    from notified_shop import NotifiedShop
    from queue_gate import QueueGate

SELLER = "A1SANDBOXEU01"
SCHEMA = "changes"
STREAMS = ("listing_changes", "order_changes")
MOST_SYNCS = 8
"""A sync that finds nothing new deletes what the one before it has handed over."""


class Host:
    """What runs tap and target, and keeps the state between runs.

    Args:
        shop: The seller.
        gate: The queue.
        target: The target's command.
    """

    def __init__(self, shop: NotifiedShop, gate: QueueGate, target: list[str]) -> None:
        self.state: dict[str, Any] | None = None
        self.shop = shop
        self.gate = gate
        self._target = target
        shop.settings["notifications_endpoint_url"] = gate.url

    @contextmanager
    def run(self) -> Iterator[Programs]:
        """A run; what it has left as a state is kept."""
        shop = self.shop
        chosen = select(shop.folder, *STREAMS)
        tap = command(shop.folder, shop.config(), self.state, *chosen)
        programs = Programs(tap, self._target, shop.folder)
        yield programs
        self.gate.stops = lambda *_: False
        self.state = programs.last_state() or self.state

    def sync(self) -> None:
        """A run that nothing disturbs."""
        with self.run() as programs:
            programs.pass_on()
        assert (programs.tap.returncode, programs.target.returncode) == (0, 0)

    def sync_until_the_queue_is_empty(self) -> None:
        """Runs that nothing disturbs, until there is nothing more to do."""
        for _ in range(MOST_SYNCS):
            self.sync()
            if self.shop.left() == 0:
                return
        raise AssertionError(f"{self.shop.left()} messages are never deleted")


@pytest.fixture
def shop(open_shop: OpenShop) -> NotifiedShop:
    """A seller whose notifications are set up; those that count are the test's own."""
    found = open_shop(orders=20, listings=20)
    found.set_up()
    found.habits(lost=[each.name for each in TYPES])
    return found


def of(number: int, status: str = "Unshipped", minute: int = 0) -> dict[str, Any]:
    """A change of an order."""
    at = f"2026-11-02T09:{minute:02}:00.000Z"
    return order(f"302-0000000-{number:07}", status, at, seller=SELLER)


def test_whatever_is_killed_each_change_is_loaded_once(shop: NotifiedShop, tmp_path: Path) -> None:
    with running() as address, gate_to(shop.endpoint) as gate:
        config = {
            "sqlalchemy_url": address.replace("postgresql://", "postgresql+psycopg2://"),
            "default_target_schema": SCHEMA,
            "activate_version": False,
            "add_record_metadata": False,
        }
        path = write_json(tmp_path / "target.json", config)
        host = Host(shop, gate, [str(target("target-postgres")), "--config", str(path)])
        with psycopg.connect(address, autocommit=True) as database:
            _kill_each(host, lambda: _rows(database))

            host.sync_until_the_queue_is_empty()

            rows = _rows(database)
    truth = {f"302-0000000-{number:07}": "Unshipped" for number in range(18)}
    truth["302-0000000-0000000"] = "Canceled"
    assert sorted(rows) == sorted(truth.items())
    assert shop.left(shop.dead_letters) == 0


def _rows(database: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    """Every row of the table: order and status."""
    query = f"select amazon_order_id, order_status from {SCHEMA}.order_changes"  # noqa: S608
    try:
        return list(database.execute(query))
    except psycopg.errors.UndefinedTable:
        return []


def _kill_each(host: Host, rows: Callable[[], list[tuple[str, str]]]) -> None:
    """Kill one program after the other, each at the moment that could lose or double the most."""
    send = host.shop.send

    # The tap, once the queue has handed over its messages and before the tap has them.
    send(of(0, "Pending"))
    for number in range(1, 3):
        send(of(number))
    with host.run() as programs:
        host.gate.stops = _kills(programs, "ReceiveMessage")
        programs.pass_on()
    assert host.shop.left() == 3
    assert rows() == []

    # The tap, at a record.
    for number in range(3, 6):
        send(of(number))
    with host.run() as programs:
        programs.pass_on(lambda message: message["type"] == "RECORD")
        programs.kill(programs.tap)
    assert host.shop.left() == 6

    # The target, when it has read records and the state after them, and has loaded nothing.
    send(of(0, "Canceled", minute=30))
    for number in range(6, 9):
        send(of(number))
    before = host.state, rows()
    with host.run() as programs:
        programs.pass_on()
        programs.wait_until_read()
        programs.kill(programs.target)
    assert (host.state, rows()) == before

    # The target, when it has loaded all and its state has not arrived.
    for number in range(9, 12):
        send(of(number))
    with host.run() as programs:
        programs.pass_on()
        programs.block_output()
        programs.end_input()
        wait_until(lambda: len(rows()) == 12)
        programs.kill(programs.target)
    assert host.state == before[0]

    # Nothing, so that there is a state that contains what is still in the queue.
    send(of(0, "Shipped", minute=10))  # older than what has come already
    host.sync()
    assert host.shop.left() > 12

    # The tap, once the queue has deleted messages and before the tap knows.
    for number in range(12, 15):
        send(of(number))
    with host.run() as programs:
        host.gate.stops = _kills(programs, "DeleteMessageBatch")
        programs.pass_on()

    # The queue, before the tap has called it, and the target right after its state.
    for number in range(15, 18):
        send(of(number))
    host.gate.go_away()
    with host.run() as programs:
        programs.pass_on()
        programs.end_input()
        programs.first_state()
        programs.kill(programs.target)
    host.gate.come_back()


def _kills(programs: Programs, action: str) -> Callable[[str, dict[str, Any]], bool]:
    """Kills the tap once a call is answered with something, and keeps the answer from it."""

    def strike(called: str, answer: dict[str, Any]) -> bool:
        if called != action or not (answer.get("Messages") or answer.get("Successful")):
            return False
        programs.kill(programs.tap)
        return True

    return strike


@pytest.mark.skipif(
    not HAS_DUCKDB, reason="no DuckDB for this Python loads first rows of texts alone"
)
def test_a_target_that_flushes_stream_by_stream_loses_nothing_of_the_others(
    shop: NotifiedShop, tmp_path: Path
) -> None:
    database = tmp_path / "changes.duckdb"
    config = {
        "path": str(database),
        "filepath": str(database),
        "default_target_schema": "amazon",
        "batch_size_rows": 5,
    }
    path = write_json(tmp_path / "target.json", config)
    skus, orders = [f"SKU-{number}" for number in range(3)], range(6)
    for sku in skus:
        shop.send(listing(sku, Status=["BUYABLE"], SellerId=SELLER))
    for number in orders:
        shop.send(of(number))
    with gate_to(shop.endpoint) as gate:
        host = Host(shop, gate, [str(target("target-duckdb")), "--config", str(path)])
        with host.run() as programs:
            programs.pass_on()
            host.state = programs.first_state()  # orders are loaded, and listings are not
            programs.kill(programs.target)

        host.sync_until_the_queue_is_empty()

    found = tables("target-duckdb", DUCKDB, database)
    assert sorted(each["sku"] for each in found["listing_changes"]) == skus
    assert len(found["order_changes"]) == len(orders)

"""A push keeps several calls under way: each ends as it would alone, and a 429 slows them all."""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from push_shop import PushShop

from amazon_optiply_etl.config.settings import settings_from
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.optiply.entities import PRODUCTS, SELL_ORDERS
from amazon_optiply_etl.optiply.pace import Pace
from amazon_optiply_etl.runs.in_flight import in_flight
from amazon_optiply_etl.state.journal import Doubt, Journal, Row, read_journal

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox
    from etl.conftest import SellerFolder

PATIENCE = 30  # seconds, for what happens at once


def test_so_many_calls_are_under_way_at_once_and_none_more() -> None:
    met = threading.Barrier(4)  # holds each call until four are under way
    running, most = set[int](), []

    def call(number: int) -> int:
        running.add(number)
        most.append(len(running))
        met.wait(PATIENCE)
        running.discard(number)
        return number * 10

    assert sorted(in_flight(range(12), call, 4)) == [number * 10 for number in range(12)]
    assert max(most) == 4


def test_a_call_that_is_slow_does_not_hold_up_the_others() -> None:
    others_ended = threading.Event()
    returned: list[int] = []

    def call(number: int) -> int:
        if number == 0:
            assert others_ended.wait(PATIENCE)
        return number

    for each in in_flight(range(20), call, 2):
        returned.append(each)
        if len(returned) == 19:
            others_ended.set()
    assert returned[-1] == 0


def test_when_a_call_raises_no_other_begins_and_those_under_way_end() -> None:
    both = threading.Barrier(2)
    began, ended = set[int](), set[int]()

    def call(number: int) -> None:
        began.add(number)
        if number < 2:
            both.wait(PATIENCE)
        if number == 0:
            raise OSError("the disk is full")
        ended.add(number)

    with pytest.raises(OSError, match="the disk is full"):
        list(in_flight(itertools.count(), call, 2))
    assert ended == began - {0}
    assert 1 in ended


class FakeTime:
    """A clock that only sleeping moves on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 2, tzinfo=UTC)
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


def test_a_429_makes_all_calls_wait_and_halves_how_many_there_are_at_once() -> None:
    time = FakeTime()
    pace = Pace(8, time.sleep, lambda: time.now)
    with pace.turn():
        pass
    assert (time.slept, pace.allowed) == ([], 8)
    pace.slow_down(time.now + timedelta(seconds=20))
    pace.slow_down(time.now + timedelta(seconds=30))  # one of those that were under way
    assert pace.allowed == 4
    with pace.turn():
        assert time.slept == [30]
    for _ in range(3):
        pace.slow_down(time.now + timedelta(seconds=1))
        with pace.turn():
            pass
    assert (pace.allowed, time.slept) == (1, [30, 1, 1, 1])


def test_what_goes_well_brings_back_one_call_a_round_up_to_all() -> None:
    time = FakeTime()
    pace = Pace(8, time.sleep, lambda: time.now)
    for _ in range(5):
        pace.slow_down(time.now)
    seen = [pace.allowed]
    for _ in range(60):
        pace.went_well()
        if pace.allowed != seen[-1]:
            seen.append(pace.allowed)
    assert seen == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_call_waits_until_its_turn_comes() -> None:
    time = FakeTime()
    pace = Pace(2, time.sleep, lambda: time.now)
    pace.slow_down(time.now)
    order: list[str] = []

    def second() -> None:
        with pace.turn():
            order.append("second")

    thread = threading.Thread(target=second)
    with pace.turn():
        thread.start()
        order.append("first")
    thread.join(PATIENCE)
    assert order == ["first", "second"]


def row(number: int) -> Row:
    return {"remoteId": f"302-{number}", "placed": "2026-10-01T10:00:00Z"}


def test_the_journal_knows_each_row_in_doubt_whatever_the_order_of_ends(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        for number in range(4):
            journal.about(SELL_ORDERS, row(number), {})
        journal.about(PRODUCTS, {"remoteId": "302-2"}, {"skuCode": "SKU"})
        journal.done(SELL_ORDERS, {**row(2), "optiply_id": "7"})
        journal.not_done(SELL_ORDERS, row(0))
        left = journal.in_doubt
    doubts = (
        Doubt("sellOrders", row(1), {}),
        Doubt("sellOrders", row(3), {}),
        Doubt("products", {"remoteId": "302-2"}, {"skuCode": "SKU"}),
    )
    state = read_journal(tmp_path)
    assert state is not None
    assert state.in_doubt == doubts
    assert state.rows == {"sellOrders": {"302-2": {**row(2), "optiply_id": "7"}}}
    (tmp_path / "push-journal.jsonl").write_bytes(left or b"")
    again = read_journal(tmp_path)
    assert again is not None
    assert again.in_doubt == doubts


def test_threads_write_whole_lines_of_the_journal(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:

        def write(number: int) -> None:
            journal.about(SELL_ORDERS, row(number), {})
            journal.done(SELL_ORDERS, {**row(number), "optiply_id": f"{number}"})

        assert len(list(in_flight(range(200), write, 8))) == 200
        assert journal.in_doubt is None
    state = read_journal(tmp_path)
    assert state is not None
    assert len(state.rows["sellOrders"]) == 200
    assert state.in_doubt == ()


def test_a_thread_that_outlives_the_journal_writes_into_no_other_file(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with journal:
        pass
    with (
        (tmp_path / "other").open("wb"),
        pytest.raises(OSError, match="Bad file descriptor"),
    ):
        journal.done(SELL_ORDERS, row(1))
    assert (tmp_path / "other").read_bytes() == b""


@pytest.mark.parametrize("value", [0, 33, -1, "many", True, "8.0", "²"])
def test_a_number_of_calls_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(EtlError, match=r"push_concurrency is .*; it must be a whole number from 1"):
        settings_from({"push_concurrency": value}, {})


def test_the_number_of_calls_is_8_or_as_set() -> None:
    assert settings_from({}, {}).push_concurrency == 8
    assert settings_from({"push_concurrency": "3"}, {}).push_concurrency == 3
    assert settings_from({"push_concurrency": 3}, {"push_concurrency": "1"}).push_concurrency == 1


@pytest.fixture
def shop(seller: SellerFolder, sandbox: RunningSandbox) -> PushShop:
    """A shop with ten products and twelve orders."""
    for n in range(10):
        seller.listing(f"B00000000{n}")
    for n in range(12):
        seller.order(f"302-{n:02}")
        seller.line(f"302-{n:02}", f"B00000000{n % 10}")
    return PushShop(seller, sandbox)


def orders(shop: PushShop) -> list[str]:
    return sorted(str(each["remoteId"]) for each in shop.there("sellOrders"))


ALL = [f"302-{n:02}" for n in range(12)]


def test_after_a_kill_every_call_that_was_under_way_is_looked_up(shop: PushShop) -> None:
    slow = {"fault": "slow", "seconds": 600}
    shop.fault(operation="optiply.sellOrders.POST", skip=2, times=12, **slow)
    process = shop.started()
    shop.wait_for("sellOrders", 9)  # two that have ended, and eight under way
    process.kill()
    process.wait()
    state = read_journal(shop.seller.root / "snapshots")
    assert state is not None
    assert len(state.in_doubt) == 8
    shop.sandbox.clear_faults()
    shop.pushed()
    assert orders(shop) == ALL
    assert len(shop.there("products")) == 10
    assert not shop.journal.exists()


def test_refusals_and_lost_answers_among_calls_under_way_lose_and_double_nothing(
    shop: PushShop,
) -> None:
    shop.fault(operation="optiply.sellOrders.POST", fault="400", skip=1, times=1)
    shop.fault(operation="optiply.sellOrders.POST", fault="reset", skip=3, times=2)
    shop.fault(operation="optiply.sellOrders.POST", fault="reset_before", skip=6, times=1)
    shop.pushed()
    assert len(orders(shop)) == len(set(orders(shop))) == 11
    shop.pushed()
    assert orders(shop) == ALL


def test_one_call_at_a_time_is_a_setting(shop: PushShop) -> None:
    shop.seller.config["push_concurrency"] = 1
    shop.pushed()
    lines = shop.there("sellOrders")
    ids = [int(each["id"]) for each in sorted(lines, key=lambda each: str(each["remoteId"]))]
    assert ids == sorted(ids)


def test_a_journal_is_copied_before_the_call_that_it_tells_of(tmp_path: Path) -> None:
    copied = bytearray()
    row: Row = {"remoteId": "A1", "optiply_id": "7"}
    with Journal(tmp_path, copy=copied.extend) as calls:
        calls.about(PRODUCTS, row, {})
        assert copied.count(b"\n") == 1
        calls.done(PRODUCTS, row)
    assert bytes(copied) == (tmp_path / "push-journal.jsonl").read_bytes()


def test_what_a_copy_could_not_take_is_copied_with_the_next_line(tmp_path: Path) -> None:
    copied, failures = bytearray(), [OSError("the other place is away")]

    def copy(lines: bytes) -> None:
        if failures:
            raise failures.pop()
        copied.extend(lines)

    row: Row = {"remoteId": "A1", "optiply_id": "7"}
    with Journal(tmp_path, copy=copy) as calls:
        with pytest.raises(OSError, match="away"):
            calls.about(PRODUCTS, row, {})
        calls.done(PRODUCTS, row)
    assert bytes(copied) == (tmp_path / "push-journal.jsonl").read_bytes()

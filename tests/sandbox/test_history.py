"""The order history: a pure function of seed, account, rate and time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from amazon_seller_sandbox.clock import DataTime, ManualClock, RunningClock
from amazon_seller_sandbox.server.truth import TRUTH
from amazon_seller_sandbox.world import orders as orders_module
from amazon_seller_sandbox.world.accounts import ACCOUNTS
from amazon_seller_sandbox.world.world import DEFAULT_NOW_SECONDS, Settings, World

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.conftest import MakeAmazon

    from amazon_seller_sandbox.world.orders import Order

NOW = DEFAULT_NOW_SECONDS
DAY = 86_400
EUROPE = frozenset(market.id for market in ACCOUNTS["EU"].marketplaces)


def world(**settings: Any) -> World:
    found = Settings(**settings)
    return World(found, ManualClock(found.now))


def records(where: World, stream: str) -> list[dict[str, Any]]:
    return list(TRUTH[stream](where, where.businesses["EU"], NOW, -math.inf))


def updated(
    where: World, since: float, until: float, as_of: int = NOW, markets: frozenset[str] = EUROPE
) -> list[Order]:
    return list(where.businesses["EU"].orders.updated_between(since, until, as_of, markets))


def ids(orders: Iterable[Order]) -> list[str]:
    return [order.order_id for order in orders]


def test_the_account_has_exactly_the_orders_asked_for() -> None:
    found = updated(world(orders=777), 0, NOW)

    assert len(found) == 777
    assert len(set(ids(found))) == 777
    assert min(order.purchased for order in found) >= NOW - 60 * DAY


def test_the_same_seed_gives_the_same_records_and_another_one_does_not() -> None:
    one, again, another = (records(world(seed=seed), "order_items") for seed in (1, 1, 2))

    assert one == again
    assert one != another


def test_a_window_holds_what_the_whole_history_holds() -> None:
    where = world(orders=4000)
    everything = updated(where, 0, NOW)
    for since, until in (
        (NOW - 30 * DAY, NOW),
        (NOW - 3 * DAY, NOW - 2 * DAY),
        (0, NOW - 50 * DAY),
    ):
        expected = [order for order in everything if since <= order.updated <= until]
        assert updated(where, since, until) == expected


def test_no_order_changes_after_the_longest_timeline() -> None:
    where = world(orders=20_000)
    found = updated(where, 0, NOW + 40 * DAY, NOW + 40 * DAY)

    longest = max(order.updated - order.purchased for order in found)
    assert 20 * DAY < longest <= orders_module.LONGEST_TIMELINE


def test_the_history_goes_on_at_the_same_rate_after_the_epoch() -> None:
    before, after = world(orders=6000), world(orders=6000, now=NOW + 30 * DAY)
    known = updated(before, 0, NOW)
    later = updated(after, 0, NOW + 30 * DAY, NOW + 30 * DAY)

    assert ids(later)[: len(known)] == ids(known)
    assert len(later) == 9000
    assert updated(after, 0, NOW, NOW) == known


def test_orders_keep_their_lines_while_their_state_changes() -> None:
    where = world(orders=3000)
    changed = 0
    for earlier in updated(where, 0, NOW - 5 * DAY, NOW - 5 * DAY):
        later = where.businesses["EU"].orders.order(earlier.number, NOW, EUROPE, (0, NOW))
        assert later is not None
        assert later.updated >= earlier.updated
        assert [line.item_id for line in later.lines] == [line.item_id for line in earlier.lines]
        assert [line.sku for line in later.lines] == [line.sku for line in earlier.lines]
        changed += later.updated != earlier.updated
    assert changed > 100


def test_line_ids_are_unique() -> None:
    lines = [line.item_id for order in updated(world(orders=5000), 0, NOW) for line in order.lines]

    assert len(lines) == len(set(lines))


def test_some_orders_are_for_skus_that_are_no_longer_listed() -> None:
    where = world(orders=5000)
    listed = {record["seller_sku"] for record in records(where, "products_inventory")}
    sold = {record["sku"] for record in records(where, "order_items")}

    assert 1 <= len(sold - listed) <= 3


def test_data_stands_still_unless_it_is_advanced() -> None:
    clock = ManualClock(1_000.0)
    time = DataTime(clock, 1_000.0)
    clock.advance(50)
    assert time.now() == 1_000
    time.advance(600)
    assert clock.now() == 1_650
    assert time.now() == 1_600
    assert time.at(1_050) == 1_000
    assert time.at(1_150) == 1_100


def test_on_a_fast_clock_what_a_client_holds_ages_by_the_machines_time_and_by_jumps() -> None:
    clock = RunningClock(1_000.0, 6_000)
    issued = clock.now()
    while clock.now() < issued + 1:  # less than a millisecond
        pass

    before, age, after = clock.now(), clock.age(issued), clock.now()
    assert (before - issued) / 6_000 <= age <= (after - issued) / 6_000

    clock.advance(3_600)
    assert clock.age(issued) >= 3_600 + age
    assert clock.age(clock.now()) <= 3_600


def test_live_data_follows_the_clock() -> None:
    clock = ManualClock(1_000.0)
    time = DataTime(clock, 1_000.0, live=True)
    clock.advance(50)

    assert time.now() == 1_050


def test_a_second_sync_sees_other_prices_stock_and_orders(make_amazon: MakeAmazon) -> None:
    amazon = make_amazon()
    streams = ("products_inventory", "warehouse_inventory", "orders")
    before = {stream: amazon.truth("EU", stream) for stream in streams}
    again = {stream: amazon.truth("EU", stream) for stream in streams}
    answer = amazon.http.post("/_sandbox/advance", json={"minutes": 48 * 60})
    after = {stream: amazon.truth("EU", stream) for stream in streams}

    assert before == again
    assert answer.json()["data_now"] == "2026-11-04T08:00:00+00:00"
    for stream in streams:
        assert before[stream] != after[stream]
    assert len(after["products_inventory"]) > len(before["products_inventory"])
    past = amazon.truth("EU", "orders", as_of="2026-11-02T08:00:00Z")
    assert past == before["orders"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/_sandbox/truth/XX/orders", None, 404),
        ("GET", "/_sandbox/truth/EU/unknown", None, 404),
        ("GET", "/_sandbox/truth/EU/orders?as_of=now", None, 400),
        ("POST", "/_sandbox/advance", {"minutes": -1}, 400),
        ("POST", "/_sandbox/advance", [], 400),
        ("POST", "/_sandbox/faults", {"fault": "unheard of"}, 400),
        ("POST", "/_sandbox/faults", [{"fault": "429", "often": 1}], 400),
        ("POST", "/_sandbox/faults", [1], 400),
    ],
)
def test_a_wrong_control_request_is_one_clear_sentence(
    make_amazon: MakeAmazon, method: str, path: str, body: object, status: int
) -> None:
    answer = make_amazon().http.request(method, path, json=body)

    assert answer.status_code == status
    assert isinstance(answer.json()["error"], str)


def test_calls_are_counted_by_operation_and_status(make_amazon: MakeAmazon) -> None:
    amazon = make_amazon()
    for _ in range(16):
        amazon.call("GET", "/sellers/v1/account")
    found = amazon.http.get("/_sandbox/calls").json()
    amazon.http.post("/_sandbox/calls/reset")

    assert found == {
        "calls": {"getAccount": {"200": 15, "429": 1}, "token": {"200": 1}},
        "total": 17,
    }
    assert amazon.http.get("/_sandbox/calls").json() == {"calls": {}, "total": 0}

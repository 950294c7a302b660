"""A day of a seller, synced time and again into Optiply: at each moment Optiply holds the truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from end_to_end.conftest import WHOLE_DAY
from proofs import is_full
from whole_day.expectation import DE, FR, GB, Expectation, OtherShops
from whole_day.others import seeded
from whole_day.shops import Shop
from whole_day.syncs import a_day_of_syncs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox
    from running import Record
    from whole_day.syncs import Sync

pytestmark = pytest.mark.usefixtures("stand_ins")

MARKETPLACES = {"marketplaces": "DE,FR,UK", "uri": "https://www.amazon.fr/"}
POUNDS = {"second_flavour": True, "uri": "https://www.amazon.co.uk/"}


@dataclass(frozen=True, slots=True)
class Day:
    """The sandbox, and the syncs of its day, which all shops share."""

    sandbox: RunningSandbox
    syncs: list[Sync]


@pytest.fixture(scope="module")
def day(
    request: pytest.FixtureRequest,
    start_module_sandbox: StartSandbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> Day:
    sandbox = start_module_sandbox(
        clock_factor=60,
        orders=300,
        days=5,
        listings=150,
        report_seconds=(1, 30),
        optiply_token_seconds=10_000_000,  # one that expires costs a call more, which is counted
    )
    runs, minutes = (48, 30) if is_full(request.config) else (4, 360)
    folder = tmp_path_factory.mktemp("syncs")
    return Day(sandbox, list(a_day_of_syncs(sandbox, folder, runs=runs, minutes=minutes)))


@dataclass(frozen=True, slots=True)
class Case:
    """A shop: its flags, and the rules that these mean."""

    flags: Record
    rules: dict[str, Any] = field(default_factory=dict)
    through_target: bool = False


OWN_PRODUCTS = {
    "push": Case({}),
    "push, by marketplace": Case(MARKETPLACES, {"marketplaces": (DE, FR, GB), "main": FR}),
    "push, second flavour": Case(POUNDS, {"second_flavour": True, "main": GB}),
    "target": Case({}, {"total_of_lines": True}, through_target=True),
    "target, by marketplace": Case(
        MARKETPLACES,
        {"marketplaces": (DE, FR, GB), "main": FR, "total_of_lines": True},
        through_target=True,
    ),
}
OTHER_SHOPS = {
    "push, by EAN": Case({"flavour": "secondary", "optiply_key": "eanCode"}),
    "push, by SKU": Case({"flavour": "secondary", "optiply_key": "skuCode"}),
    "target, by EAN": Case(
        {"flavour": "secondary", "optiply_key": "eanCode"},
        {"total_of_lines": True},
        through_target=True,
    ),
}
SMALL = {
    "own": ("push, second flavour", "target, by marketplace"),
    "other": ("push, by SKU",),
}
"""What `make test` lives through here; its disturbed day has one product an ASIN, and EANs."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each shop."""
    full = {"own": OWN_PRODUCTS, "other": OTHER_SHOPS}
    cases = full if is_full(metafunc.config) else SMALL
    for kind in cases.keys() & set(metafunc.fixturenames):
        metafunc.parametrize(kind, cases[kind])


def test_products_and_sell_orders_equal_the_truth_all_day(
    day: Day, tmp_path: Path, record_property: Any, own: str
) -> None:
    case = OWN_PRODUCTS[own]
    shop = Shop.opened(tmp_path, day.sandbox, case.flags, through_target=case.through_target)
    expected = Expectation(**case.rules)

    live_through(day, shop, expected)

    record_property(WHOLE_DAY, told(own, day, shop, expected))
    assert len(expected.orders) > 100
    assert expected.changed > 30
    assert expected.sold_out
    assert expected.left_out, "no order had a line without a product"
    if expected.marketplaces:
        assert expected.disabled


def test_sell_orders_of_another_shops_products_equal_the_truth_all_day(
    day: Day, tmp_path: Path, record_property: Any, other: str
) -> None:
    case = OTHER_SHOPS[other]
    shop = Shop.opened(tmp_path, day.sandbox, case.flags, through_target=case.through_target)
    key = case.flags["optiply_key"]
    expected = OtherShops(key=key, products=seeded(day.sandbox, day.syncs[0], key), **case.rules)

    live_through(day, shop, expected)

    record_property(WHOLE_DAY, told(other, day, shop, expected))
    assert len(expected.orders) > 100
    assert expected.ambiguous
    assert expected.left_out > expected.ambiguous


def live_through(day: Day, shop: Shop, expected: Expectation) -> None:
    """Take sync after sync in; Optiply equals the truth after each, and no call was too much.

    One push from the middle of the day on is killed between its orders, and run again.
    """
    to_be_killed = not shop.through_target
    for number, sync in enumerate(day.syncs):
        shop.take(sync)
        sold_before = len(expected.orders)
        expected.after(sync)
        sold = len(expected.orders) - sold_before
        if number >= len(day.syncs) // 2 and sold > 1 and to_be_killed:
            shop.push_and_die(sold // 2)
            to_be_killed = False
        shop.load()
        assert shop.differences(expected) == {}, f"sync {number}"
        calls = {
            "products.POST": expected.made,
            "products.PATCH": expected.changed,
            "sellOrders.POST": len(expected.orders),
        }
        assert {name: shop.posted(name) for name in calls} == calls, f"sync {number}"
        check_counts(shop.report()["counts"], sync)
    assert not to_be_killed, "no push had orders enough to be killed in the middle of"


def check_counts(counts: Mapping[str, Record], sync: Sync) -> None:
    """The mapping report adds up, and covers all that the sync has written."""
    for name, each in counts.items():
        assert each["in"] == each["out"] + each["unchanged"] + each["left_out"], name
    for stream in ("products_inventory", "warehouse_inventory"):
        assert counts[stream]["in"] == sync.written[stream]
    for stream in ("orders", "order_items"):  # besides, there are those that wait
        assert counts[stream]["in"] >= sync.written[stream]


def told(name: str, day: Day, shop: Shop, expected: Expectation) -> str:
    """Return the figures of a shop's day in a line."""
    calls = {
        each: shop.posted(each) for each in ("products.POST", "products.PATCH", "sellOrders.POST")
    }
    return (
        f"{name}: {len(day.syncs)} syncs, {len(expected.products)} products "
        f"({expected.disabled} times disabled), {len(expected.orders)} orders, calls {calls}, "
        f"{sum(each.total() for each in shop.differences(expected).values())} differences"
    )

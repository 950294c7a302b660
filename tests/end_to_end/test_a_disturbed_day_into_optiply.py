"""A day on which Optiply refuses and loses things: three quiet syncs later it holds the truth.

The day has 48 disturbed syncs and all shops with ``--prove``, else three syncs and some shops.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from end_to_end.conftest import WHOLE_DAY
from proofs import is_full
from whole_day.disturbances import (
    LOST_PRODUCTS,
    QUIET_SYNCS,
    Disturbances,
    a_second_of_one_order,
    an_asin_that_is_sold,
    judged,
)
from whole_day.expectation import DE, FR, GB, Expectation, OtherShops
from whole_day.others import seeded
from whole_day.shops import Shop
from whole_day.syncs import a_day_of_syncs

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox
    from running import Record
    from whole_day.syncs import Sync

pytestmark = pytest.mark.usefixtures("stand_ins")


@dataclass(frozen=True, slots=True)
class Case:
    """A shop: its flags, the rules that these mean, and the way to Optiply."""

    flags: Record
    rules: dict[str, Any] = field(default_factory=dict)
    through_target: bool = True


MARKETPLACES = {"marketplaces": "DE,FR,UK", "uri": "https://www.amazon.fr/"}
OF_MARKETPLACES = {"marketplaces": (DE, FR, GB), "main": FR}
SUM = {"total_of_lines": True}
RECREATE = {"recreate_missing": True}
BY_EAN = {"flavour": "secondary", "optiply_key": "eanCode"}
CASES = {
    "target": Case(RECREATE, SUM),
    "target, by marketplace": Case(MARKETPLACES | RECREATE, OF_MARKETPLACES | SUM),
    "target, lost products stay lost": Case({}, SUM),
    "target, by EAN": Case(BY_EAN, SUM),
    "push": Case(RECREATE, through_target=False),
    "push, by marketplace": Case(MARKETPLACES | RECREATE, OF_MARKETPLACES, through_target=False),
    "push, by EAN": Case(BY_EAN, through_target=False),
}
SMALL = ("target", "target, by EAN", "push, by marketplace")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each shop."""
    metafunc.parametrize("name", CASES if is_full(metafunc.config) else SMALL)


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
        orders=150 if is_full(request.config) else 80,
        days=5,
        listings=80 if is_full(request.config) else 60,
        report_seconds=(1, 30),
        optiply_token_seconds=10_000_000,
    )
    full = is_full(request.config)
    runs, minutes = (48 + QUIET_SYNCS, 30) if full else (3 + QUIET_SYNCS, 300)
    folder = tmp_path_factory.mktemp("syncs")
    return Day(sandbox, list(a_day_of_syncs(sandbox, folder, runs=runs, minutes=minutes)))


def test_a_disturbed_day_ends_equal_to_the_truth(
    day: Day, tmp_path: Path, record_property: Any, name: str
) -> None:
    case = CASES[name]
    shop = Shop.opened(tmp_path, day.sandbox, case.flags, through_target=case.through_target)
    disturbed = disturbances(day, shop, case)
    expected = rules_of(day, case)
    syncs = len(day.syncs) - QUIET_SYNCS

    for number, sync in enumerate(day.syncs):
        shop.take(sync)
        before = expected.made + expected.changed + len(expected.orders)
        expected.after(sync)
        if number < syncs:
            calls = expected.made + expected.changed + len(expected.orders) - before
            disturbed.before(number, syncs, calls)
        else:
            disturbed.be_quiet()
        shop.load(disturbed=True)
    day.sandbox.clear_faults()

    found = judged(disturbed, expected, recreated="recreate_missing" in case.flags)
    record_property(
        WHOLE_DAY,
        f"{name}: {len(day.syncs)} syncs, {len(expected.products)} products, "
        f"{len(expected.orders)} orders, {len(found.products)} products and {len(found.orders)} "
        f"orders may be missing, {sum(each.total() for each in found.wrong.values())} differences, "
        f"{len(found.unlisted)} not listed",
    )
    assert found.wrong == {}
    assert found.unlisted == frozenset()
    assert found.orders


def rules_of(day: Day, case: Case) -> Expectation:
    """Return what Optiply must hold before the first sync, by the case's rules."""
    if case.flags.get("flavour") != "secondary":
        return Expectation(**case.rules)
    key = case.flags["optiply_key"]
    return OtherShops(key=key, products=seeded(day.sandbox, day.syncs[0], key), **case.rules)


def disturbances(day: Day, shop: Shop, case: Case) -> Disturbances:
    """Choose what is refused for ever, by a look at the day's end; another shop loses no products."""
    others = case.flags.get("flavour") == "secondary"
    asin = "" if others else an_asin_that_is_sold(day.syncs[0].truth)
    end = rules_of(day, case)
    for sync in day.syncs:
        end.after(sync)
    if others:  # `rules_of` has seeded, and will again
        shop.empty()
    losses = 0 if others else LOST_PRODUCTS
    return Disturbances(shop, asin, a_second_of_one_order(end, asin), losses=losses)

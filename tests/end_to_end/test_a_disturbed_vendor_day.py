"""A day on which Optiply refuses and loses a vendor's things: three quiet syncs later it is the truth.

The day has 48 disturbed syncs with ``--prove``, by the target and by `push`, else three, by the target,
which stops at what is refused, so that the product, the sell order and the call refused take a sync each
before what waits for them arrives. A sell order that is cancelled before it does never goes.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from end_to_end.conftest import WHOLE_DAY
from proofs import is_full
from vendor_shop import FAST, Vendor
from vendor_truth import Expected
from whole_day.disturbances import LOST_PRODUCTS, QUIET_SYNCS, REFUSALS, WRITES

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartSandbox
    from running import Record

pytestmark = pytest.mark.usefixtures("stand_ins")
MOST_CALLS = 40
"""Among so many calls of a sync one is refused: a quiet half-hour has few, the first sync hundreds."""

SLOW_CLOCK = 15
"""The sandbox's clock runs on while programs work, and its data do not: in an hour of work, by 15 hours,
which is less than the tap looks back."""


@dataclass(slots=True)
class Disturbed:
    """A vendor's day: what is refused for ever, and what has been lost.

    Attributes:
        cancelled: Sell orders that were sold in one sync, and are not in the last.
    """

    vendor: Vendor
    product: str
    order: str
    placed: str
    dead: dict[str, str] = field(default_factory=dict)
    cancelled: frozenset[str] = frozenset()

    def be_quiet(self) -> None:
        """Refuse nothing but the product and the sell order that are refused for ever."""
        self.vendor.sandbox.clear_faults()
        forever = {"fault": "400", "times": None}
        entries = [
            {"operation": "optiply.products.P*", "where": {"eanCode": self.product}},
            {"operation": "optiply.sellOrders.P*", "where": {"placed": self.placed}},
        ]
        self.vendor.sandbox.post("/_sandbox/faults", [each | forever for each in entries])

    def before(self, number: int, syncs: int) -> None:
        """Disturb a sync."""
        self.be_quiet()
        drawn = random.Random(number)  # noqa: S311 - a reproducible day
        if number % 2:
            entry = {"operation": WRITES, "fault": drawn.choice(REFUSALS), "seconds": 0}
            among = {"among": MOST_CALLS, "seed": f"vendor/{number}"}
            self.vendor.sandbox.post("/_sandbox/faults", [entry | among])
        places = [syncs * (each + 1) // (LOST_PRODUCTS + 1) for each in range(LOST_PRODUCTS)]
        if number in places and number:
            products = self.vendor.dump()["products"]
            known = [each for each in products if each["eanCode"] not in self.dead.values()]
            lost = drawn.choice(known)
            entry = {"entity": "products", "where": {"id": lost["id"]}}
            self.vendor.sandbox.post("/_sandbox/optiply/lose", [entry])
            self.dead[lost["id"]] = lost["eanCode"]

    def may_be_missing(self, entity: str, key: str, row: Record, expected: Expected) -> bool:
        """Say whether an object is one of the two that are refused, refers to them, or was cancelled."""
        if entity == "products":
            return key == self.product
        if entity == "sell_orders":
            return key in {self.order, *self.cancelled} or self.product in row["lines"]
        if entity == "receipt_lines":
            line = row["buy_order_line"]
            return bool(expected.buy_order_lines[line]["product"] == self.product)
        return row.get("product") == self.product


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """By the target, whose refusals wait for one another; `push` goes the same day with ``--prove``."""
    metafunc.parametrize("way", ["target", "push"] if is_full(metafunc.config) else ["target"])


def test_a_disturbed_day_of_a_vendor_ends_equal_to_the_truth(
    request: pytest.FixtureRequest,
    start_sandbox: StartSandbox,
    tmp_path: Path,
    record_property: Any,
    way: str,
) -> None:
    full = is_full(request.config)
    syncs, minutes = (48, 30) if full else (3, 300)
    world = FAST | (
        {"orders": 80, "clock_factor": SLOW_CLOCK}
        if full
        else {"orders": 20, "days": 16, "listings": 60}
    )
    vendor = Vendor(start_sandbox(**world), tmp_path, {"recreate_missing": True})
    expected, state = Expected(), vendor.sync()
    expected.sync(vendor.truth())
    disturbed = chosen(vendor, expected)
    for number in range(syncs + QUIET_SYNCS):
        if number:
            vendor.sandbox.advance(minutes=minutes)
            state = vendor.sync(state)
            expected.sync(vendor.truth())
        if number < syncs:
            disturbed.before(number, syncs)
        else:
            disturbed.be_quiet()
        load(vendor, way)
    vendor.sandbox.clear_faults()
    disturbed.cancelled = cancelled(vendor, expected)

    found = vendor.loaded(disturbed.dead) if way == "target" else vendor.pushed(disturbed.dead)
    missing, wrong = compared(disturbed, found, expected)
    listed = (vendor.folder / "etl-output" / "mapping-report.json").read_text("utf-8")
    record_property(
        WHOLE_DAY,
        f"vendor, {way}: {syncs + QUIET_SYNCS} syncs, "
        + ", ".join(f"{len(rows)} {entity}" for entity, rows in asdict(expected).items())
        + f"; {len(missing)} missing as they may, {sum(wrong.values())} differences",
    )
    assert wrong == Counter()
    assert [each for each in (disturbed.product, disturbed.order) if each not in listed] == []


def chosen(vendor: Vendor, expected: Expected) -> Disturbed:
    """Choose the product and the sell order that are refused for ever."""
    sold = Counter(ean for row in expected.sell_orders.values() for ean in row["lines"])
    product = sorted(sold, key=lambda ean: (sold[ean], ean))[len(sold) // 2]
    placed = Counter(row["placed"] for row in expected.sell_orders.values())
    order, at = next(
        (number, row["placed"])
        for number, row in sorted(expected.sell_orders.items())
        if placed[row["placed"]] == 1 and product not in row["lines"]
    )
    return Disturbed(vendor, product, order, at)


def cancelled(vendor: Vendor, expected: Expected) -> frozenset[str]:
    """Return the sell orders of earlier syncs that are not sold now, and may not have arrived before."""
    now = Expected()
    now.sync(vendor.truth())
    return frozenset(expected.sell_orders.keys() - now.sell_orders.keys())


def load(vendor: Vendor, way: str) -> None:
    """Bring what a sync has written into Optiply; a push may have to be run again."""
    if way == "target":
        vendor.etl("build")
        vendor.target(disturbed=True)
        return
    done = vendor.run("push")
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr, done.stderr


def compared(
    disturbed: Disturbed, found: dict[str, Any], expected: Expected
) -> tuple[list[str], Counter[str]]:
    """Return what is missing as it may be, and what else differs from the truth.

    What was received may have come in fewer receipts, so those are summed by line.
    """
    missing: list[str] = []
    wrong: Counter[str] = Counter()
    for entity, rows in asdict(expected).items():
        if entity == "receipt_lines":
            continue
        wrong.update(f"{entity} {key} too much" for key in found[entity].keys() - rows.keys())
        for key, row in rows.items():
            if found[entity].get(key) == row:
                continue
            if key not in found[entity] and disturbed.may_be_missing(entity, key, row, expected):
                missing.append(f"{entity} {key}")
            else:
                wrong[f"{entity} {key}: {found[entity].get(key)} instead of {row}"] += 1
    units: Counter[str] = Counter()
    for row in expected.receipt_lines.values():
        if not disturbed.may_be_missing("receipt_lines", "", row, expected):
            units[row["buy_order_line"]] += row["quantity"]
    for row in found["receipt_lines"].values():
        units[row["buy_order_line"]] -= row["quantity"]
    wrong.update(f"receipts of {line}: {count} short" for line, count in units.items() if count)
    return missing, wrong

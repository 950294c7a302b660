"""A vendor's orders go from Amazon through the tap and the ETL into Optiply, over several syncs."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest
from vendor_shop import FAST, Vendor
from vendor_truth import Expected

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartSandbox

pytestmark = pytest.mark.usefixtures("stand_ins")


@pytest.fixture
def vendor(start_sandbox: StartSandbox, tmp_path: Path) -> Vendor:
    return Vendor(start_sandbox(**FAST | {"days": 16, "orders": 25, "listings": 20}), tmp_path)


@pytest.fixture
def larger_vendor(start_sandbox: StartSandbox, tmp_path: Path) -> Vendor:
    """One with more kinds of items."""
    return Vendor(start_sandbox(**FAST | {"days": 16, "orders": 50, "listings": 40}), tmp_path)


def check(found: dict[str, Any], expected: Expected) -> None:
    for entity, rows in asdict(expected).items():
        assert rows, entity
        assert found[entity].keys() == rows.keys(), entity
        other = [
            (found[entity][key], row) for key, row in rows.items() if found[entity][key] != row
        ]
        assert not other, f"{entity}: {len(other)} of {len(rows)}, such as {other[:2]}"


def test_what_is_pushed_equals_the_truth_after_every_sync(larger_vendor: Vendor) -> None:
    vendor = larger_vendor
    expected = Expected()
    state = vendor.sync()
    expected.sync(vendor.truth())
    vendor.etl("push")
    check(vendor.pushed(), expected)
    first = asdict(expected)

    vendor.sandbox.advance(minutes=3 * 24 * 60)
    state = vendor.sync(state)
    expected.sync(vendor.truth())
    report = vendor.etl("push")
    check(vendor.pushed(), expected)
    for entity, rows in asdict(expected).items():
        assert entity == "suppliers" or rows != first[entity], f"{entity} has not changed"
    assert report["counts"]["receipt_lines"]["out"] > 0
    before = vendor.dump()

    again = vendor.etl("push")
    assert vendor.dump() == before
    assert all(again["counts"][each]["out"] == 0 for each in asdict(expected))


def test_what_a_conflict_refuses_is_sent_again_and_what_optiply_has_is_not(vendor: Vendor) -> None:
    expected = Expected()
    state = vendor.sync()
    expected.sync(vendor.truth())
    # A conflict with nothing refuses its record alone.
    vendor.sandbox.fault("optiply.supplierProducts.POST", "409", times=1)
    report = vendor.etl("push")
    sent = vendor.pushed()["supplier_products"].keys()
    assert len(sent) == len(expected.supplier_products) - 1
    assert "Optiply refused it" in json.dumps(report)
    vendor.etl("push")
    check(vendor.pushed(), expected)

    # Another machine, on which no snapshot says what Optiply has.
    shutil.rmtree(vendor.folder / "snapshots")
    vendor.etl("push")
    check(vendor.pushed(), expected)
    vendor.sandbox.advance(minutes=24 * 60)
    vendor.sync(state)
    expected.sync(vendor.truth())
    vendor.etl("push")
    check(vendor.pushed(), expected)


def test_whatever_stops_a_push_nothing_is_lost_or_made_twice(vendor: Vendor) -> None:
    expected = Expected()
    state = vendor.sync()
    expected.sync(vendor.truth())
    for entity in ("supplierProducts", "sellOrders", "buyOrderLines", "receiptLines"):
        # The answer to one call is lost; later on Optiply requests longer than a run waits.
        vendor.sandbox.fault(f"optiply.{entity}.POST", "reset", times=1, skip=5)
        vendor.sandbox.fault(f"optiply.{entity}.POST", "429", times=1, skip=20, seconds=7200)
        done = vendor.run("push")
        assert done.returncode == 1, done.stdout
        assert "run push again for the rest" in done.stderr
    # Meanwhile another sync has put newer records into the place of those that were not sent.
    vendor.sandbox.advance(minutes=24 * 60)
    state = vendor.sync(state)
    vendor.etl("push")
    expected.sync(vendor.truth())

    found = vendor.pushed()
    for entity in ("products", "suppliers", "supplier_products", "sell_orders", "buy_orders"):
        assert found[entity].keys() == asdict(expected)[entity].keys(), entity
    received = {"sent": 0, "true": 0}
    for name, rows in (("sent", found["receipt_lines"]), ("true", expected.receipt_lines)):
        received[name] = sum(row["quantity"] for row in rows.values())
    assert received["sent"] == received["true"] > 0


def test_what_target_optiply_loads_equals_the_truth_in_the_end(vendor: Vendor) -> None:
    expected = Expected()
    state = vendor.sync()
    expected.sync(vendor.truth())
    vendor.etl("build")
    vendor.target()
    check(vendor.loaded(), expected)

    vendor.sandbox.advance(minutes=3 * 24 * 60)
    vendor.sync(state)
    expected.sync(vendor.truth())
    vendor.etl("build")
    vendor.target()
    check(vendor.loaded(), expected)

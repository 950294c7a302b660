"""A vendor's orders go from Amazon through the tap and the ETL into Optiply, over several syncs."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from running import BIN, configuration, run_tap, select
from vendor_truth import STREAMS, Expected, held

if TYPE_CHECKING:
    from conftest import RunningSandbox, StartSandbox

ROOT = Path(__file__).parents[2]
FAST: dict[str, object] = {
    "clock_factor": 150,
    "report_seconds": (1, 30),
    "orders": 200,
    "days": 30,
}
LOGIN = {
    "username": "vendor@optiply.example",
    "password": "optiply-sandbox-password",
    "client_id": "optiply-sandbox",
    "client_secret": "optiply-sandbox-secret",
    "account_id": "105",
}
COUPLING = "1005"


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor's folder in the hosted layout, beside a sandbox."""

    sandbox: RunningSandbox
    folder: Path

    def sync(self, state: Any = None) -> Any:
        """Run the tap into sync-output/, and return its state."""
        config = configuration(
            self.sandbox.url,
            "vendor",
            clock_factor=FAST["clock_factor"],
            start_date="2026-10-01T00:00:00Z",
            marketplaces=["DE", "FR"],
        )
        output = run_tap(self.folder, config, state, *select(self.folder, *STREAMS))
        assert output.returncode == 0, output.errors
        shutil.rmtree(self.folder / "sync-output", ignore_errors=True)
        (self.folder / "sync-output").mkdir()
        for stream, records in output.records.items():
            lines = "".join(f"{json.dumps(record)}\n" for record in records)
            path = self.folder / "sync-output" / f"{stream}.jsonl"
            path.write_text(lines, encoding="utf-8")
        return output.state

    def truth(self) -> dict[str, list[dict[str, Any]]]:
        """Return what is true now."""
        return {stream: self.sandbox.truth("VENDOR", stream) for stream in STREAMS}

    def etl(self, command: str) -> dict[str, Any]:
        """Run a command of the ETL to its end and return its report."""
        done = self.run(command)
        assert done.returncode == 0, done.stderr
        report: dict[str, Any] = json.loads(
            (self.folder / "etl-output" / "mapping-report.json").read_text("utf-8")
        )
        return report

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the ETL."""
        (self.folder / "config.json").write_text(json.dumps({"flavour": "vendor"}))
        snapshots = self.folder / "snapshots"
        snapshots.mkdir(exist_ok=True)
        tenant = snapshots / "tenant-config.json"
        if command == "push":
            tenant.write_text(json.dumps({"apiCredentials": {**LOGIN, "couplingId": COUPLING}}))
            tenant.chmod(0o600)
        url = f"{self.sandbox.url}/optiply"
        return subprocess.run(
            [sys.executable, "-m", "amazon_optiply_etl", command, "--root", str(self.folder)],
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT / "etl"),
                "optiply_base_url": f"{url}/v1",
                "optiply_dashboard_url": f"{url}/api",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def target(self) -> None:
        """Load data.singer by target-optiply, whose host keeps the ids."""
        url = f"{self.sandbox.url}/optiply"
        config = self.folder / "target-config.json"
        config.write_text(
            json.dumps(
                {
                    **LOGIN,
                    "coupling_id": COUPLING,
                    "optiply_base_url": f"{url}/v1",
                    "optiply_dashboard_url": f"{url}/api",
                }
            )
        )
        words = [str(BIN / "sandbox-target-optiply"), "--config", str(config), "--flow", "f1"]
        words += ["--snapshots", str(self.folder / "snapshots")]
        words += ["--target-state", str(self.folder / "target-state.json"), "--retry-seconds", "0"]
        with (self.folder / "etl-output" / "data.singer").open() as messages:
            done = subprocess.run(
                words, stdin=messages, capture_output=True, text=True, check=False
            )
        assert done.returncode == 0, done.stderr
        assert "fail" not in done.stderr

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """Return everything in Optiply."""
        found: dict[str, list[dict[str, Any]]] = self.sandbox.get_json(
            f"/_sandbox/optiply?accountId={LOGIN['account_id']}"
        )
        return found

    def pushed(self) -> dict[str, Any]:
        """Return what Optiply holds, by the remoteIds that it was given."""
        dump = self.dump()
        ids = {
            entity: {
                each["id"]: each["remoteIdMap"][COUPLING]
                for each in things
                if each.get("remoteIdMap")
            }
            for entity, things in dump.items()
        }
        return held(dump, ids)

    def loaded(self) -> dict[str, Any]:
        """Return what Optiply holds, by the remoteIds that the host has noted."""
        ids = {}
        for path in (self.folder / "snapshots").glob("*_f1.snapshot.csv"):
            stream = path.name.removesuffix("_f1.snapshot.csv")
            with path.open(newline="") as file:
                ids[stream[0].lower() + stream[1:]] = {
                    row["RemoteId"]: row["InputId"] for row in csv.DictReader(file)
                }
        return held(self.dump(), ids)


@pytest.fixture
def vendor(start_sandbox: StartSandbox, tmp_path: Path) -> Vendor:
    return Vendor(start_sandbox(**FAST), tmp_path)


def check(found: dict[str, Any], expected: Expected) -> None:
    for entity, rows in asdict(expected).items():
        assert rows, entity
        assert found[entity].keys() == rows.keys(), entity
        other = [
            (found[entity][key], row) for key, row in rows.items() if found[entity][key] != row
        ]
        assert not other, f"{entity}: {len(other)} of {len(rows)}, such as {other[:2]}"


def test_what_is_pushed_equals_the_truth_after_every_sync(vendor: Vendor) -> None:
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


def test_what_optiply_has_already_is_not_made_again(vendor: Vendor) -> None:
    expected = Expected()
    state = vendor.sync()
    expected.sync(vendor.truth())
    vendor.etl("push")

    # Another machine, on which no snapshot tells what Optiply has.
    shutil.rmtree(vendor.folder / "snapshots")
    vendor.etl("push")
    check(vendor.pushed(), expected)
    vendor.sandbox.advance(minutes=24 * 60)
    vendor.sync(state)
    expected.sync(vendor.truth())
    vendor.etl("push")
    check(vendor.pushed(), expected)


def test_a_conflict_with_nothing_refuses_its_record_alone(vendor: Vendor) -> None:
    expected = Expected()
    vendor.sync()
    expected.sync(vendor.truth())
    vendor.sandbox.fault("optiply.supplierProducts.POST", "409", times=1)

    report = vendor.etl("push")
    sent = vendor.pushed()["supplier_products"].keys()
    assert len(sent) == len(expected.supplier_products) - 1
    assert "Optiply refused it" in json.dumps(report)

    vendor.etl("push")
    check(vendor.pushed(), expected)


def test_whatever_stops_a_push_nothing_is_lost_or_made_twice(vendor: Vendor) -> None:
    expected = Expected()
    state = vendor.sync()
    expected.sync(vendor.truth())
    for entity in ("supplierProducts", "sellOrders", "buyOrderLines", "receiptLines"):
        # The answer to one call is lost; later on Optiply asks for longer than a run waits.
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

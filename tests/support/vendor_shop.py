"""A vendor's folder in the hosted layout, beside a sandbox, and the ways into its Optiply."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import warm_start
from click.testing import CliRunner
from half_hours import HalfHours
from running import configuration, run_tap, select
from vendor_truth import STREAMS, held

from amazon_seller_sandbox.optiply.target.cli import main as target

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

    from conftest import RunningSandbox

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
LATEST_PUBLICATION = timedelta(days=10)
"""After so long a day's stock is in every report."""
FLOW = "f1"


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor's folder in the hosted layout, beside a sandbox."""

    sandbox: RunningSandbox
    folder: Path
    flags: Mapping[str, Any] = field(default_factory=dict)
    clock: HalfHours = field(default_factory=HalfHours)
    newest_day: dict[str, str] = field(default_factory=dict)

    def sync(self, state: Any = None) -> Any:
        """Run the tap into sync-output/, and return its state."""
        config = configuration(
            self.sandbox.url,
            "vendor",
            clock_factor=int(self.sandbox.get_json("/_sandbox/clock")["factor"]),
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
        for record in output.records.get("vendor_inventory", ()):
            market, day = record["marketplace_id"], record["end_date"]
            self.newest_day[market] = max(day, self.newest_day.get(market, day))
        return output.state

    def truth(self) -> dict[str, list[dict[str, Any]]]:
        """Return what is true now; of stock, up to the last day that Amazon has published to the tap.

        That goes by the sandbox's clock, which runs on while a busy machine works, and not by the time
        of its data.
        """
        truth = {stream: self.sandbox.truth("VENDOR", stream) for stream in STREAMS}
        published = datetime.fromisoformat(max(self.newest_day.values())) + LATEST_PUBLICATION
        as_of = published.astimezone(UTC).isoformat()
        later = self.sandbox.truth("VENDOR", "vendor_inventory", as_of=as_of)
        truth["vendor_inventory"] = [
            each for each in later if each["end_date"] <= self.newest_day[each["marketplace_id"]]
        ]
        return truth

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
        (self.folder / "config.json").write_text(json.dumps({"flavour": "vendor", **self.flags}))
        snapshots = self.folder / "snapshots"
        snapshots.mkdir(exist_ok=True)
        tenant = snapshots / "tenant-config.json"
        if command == "push" or "recreate_missing" in self.flags:
            tenant.write_text(json.dumps({"apiCredentials": {**LOGIN, "couplingId": COUPLING}}))
            tenant.chmod(0o600)
        url = f"{self.sandbox.url}/optiply"
        return warm_start.run(
            [sys.executable, "-m", "amazon_optiply_etl", command, "--root", str(self.folder)],
            env={
                **os.environ,
                "AMAZON_OPTIPLY_ETL_NOW": str(self.clock),
                "optiply_base_url": f"{url}/v1",
                "optiply_dashboard_url": f"{url}/api",
                **({"FLOW": FLOW} if command == "build" else {}),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def target(self, *, disturbed: bool = False) -> None:
        """Load data.singer by target-optiply; undisturbed it has no failure."""
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
        words = ["--config", str(config), "--flow", FLOW, "--retry-seconds", "0"]
        words += ["--input", str(self.folder / "etl-output" / "data.singer")]
        words += ["--snapshots", str(self.folder / "snapshots")]
        words += ["--target-state", str(self.folder / "target-state.json")]
        done = CliRunner().invoke(target, words)
        assert done.exit_code == 0, done.stderr
        assert disturbed or "fail" not in done.stderr, done.stderr

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """Return everything in Optiply."""
        found: dict[str, list[dict[str, Any]]] = self.sandbox.get_json(
            f"/_sandbox/optiply?accountId={LOGIN['account_id']}"
        )
        return found

    def pushed(self, dead: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return what Optiply holds, by the remoteIds that it was given.

        ``dead``: remoteIds of products that are gone, by the ids that others still refer to.
        """
        dump = self.dump()
        return held(dump, self._own_ids(dump, dead))

    def _own_ids(
        self, dump: Mapping[str, list[dict[str, Any]]], dead: Mapping[str, str] | None
    ) -> dict[str, dict[str, str]]:
        """Return by entity the remoteIds that Optiply has been given, by its ids."""
        found = {
            entity: {
                each["id"]: each["remoteIdMap"][COUPLING]
                for each in things
                if each.get("remoteIdMap")
            }
            for entity, things in dump.items()
        }
        found["products"].update(dead or {})
        return found

    def loaded(self, dead: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return what Optiply holds, by the remoteIds that the host has noted; ``dead`` as above."""
        dump = self.dump()
        ids = self._own_ids(dump, dead)
        for path in (self.folder / "snapshots").glob(f"*_{FLOW}.snapshot.csv"):
            stream = path.name.removesuffix(f"_{FLOW}.snapshot.csv")
            with path.open(newline="") as file:
                known = {row["RemoteId"]: row["InputId"] for row in csv.DictReader(file)}
                ids[stream[0].lower() + stream[1:]].update(known)
        return held(dump, ids)

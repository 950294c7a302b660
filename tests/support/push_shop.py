"""A seller's folder with credentials for the sandbox's Optiply, and the push that is run on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import loopback
import warm_start
from optiply_shop import CLIENT_SECRET, PASSWORD, Connect

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

    from conftest import RunningSandbox
    from etl.conftest import SellerFolder


class PushShop:
    """A seller's folder with credentials for the sandbox's Optiply."""

    def __init__(self, seller: SellerFolder, sandbox: RunningSandbox) -> None:
        self.seller = seller
        self.sandbox = sandbox
        self.credentials = Connect(sandbox).credentials()
        self.environment = {
            "optiply_base_url": self.credentials.api_url,
            "optiply_dashboard_url": self.credentials.dashboard_url,
        }
        seller.write(
            "snapshots/tenant-config.json",
            json.dumps(
                {
                    "apiCredentials": {
                        "username": self.credentials.username,
                        "password": PASSWORD,
                        "client_id": self.credentials.client_id,
                        "client_secret": CLIENT_SECRET,
                        "account_id": 102,
                        "couplingId": 1002,
                    }
                }
            ),
        )

    def push(self, *more: str) -> CompletedProcess[str]:
        """Run the command."""
        return self.seller.run(*(more or ("push",)), **self.environment)

    def pushed(self) -> None:
        """Run the command, which comes to a good end."""
        done = self.push()
        assert (done.returncode, done.stderr.count("Error")) == (0, 0), done.stderr

    def there(self, entity: str) -> list[dict[str, Any]]:
        """Return what Optiply has of an entity: attributes with the coupling's remoteId and the id."""
        dump = loopback.get(f"{self.sandbox.url}/_sandbox/optiply").json()
        return [
            {**each, "remoteId": next(iter((each.get("remoteIdMap") or {}).values()), None)}
            for each in dump[entity]
        ]

    def calls(self) -> dict[str, int]:
        """Count the writing calls that Optiply has answered."""
        counts = loopback.get(f"{self.sandbox.url}/_sandbox/calls").json()["calls"]
        return {
            name.removeprefix("optiply."): sum(by_status.values())
            for name, by_status in counts.items()
            if name.endswith((".POST", ".PATCH", ".DELETE"))
        }

    def fault(self, **fault: Any) -> None:
        """Switch a fault on."""
        loopback.post(f"{self.sandbox.url}/_sandbox/faults", json=fault).raise_for_status()

    def killed_at(self, entity: str, nth: int) -> bool:
        """Kill a push while Optiply is slow to answer the nth call; says whether it was running."""
        self.fault(operation=f"optiply.{entity}.POST", fault="slow", seconds=600, skip=nth, times=1)
        process = self.started()
        self.wait_for(entity, nth)
        running = process.poll() is None
        process.kill()
        process.wait()
        self.sandbox.clear_faults()
        return running

    def started(self) -> subprocess.Popen[bytes]:
        """Start a push, and do not wait for it."""
        self.seller.write_input()
        self.seller.write("config.json", json.dumps(self.seller.config))
        return warm_start.Popen(
            [sys.executable, "-m", "amazon_optiply_etl", "push"],
            cwd=self.seller.root,
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait_for(self, entity: str, nth: int) -> None:
        """Wait until a push is about to create the nth object of an entity, from 0."""
        wanted = f'{{"about": "{entity}"'
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            lines = self.journal.read_text("utf-8").splitlines() if self.journal.exists() else []
            if sum(line.startswith(wanted) for line in lines) > nth:
                return
            time.sleep(0.02)

    @property
    def journal(self) -> Path:
        """What a push that has not come to its end leaves."""
        return self.seller.root / "snapshots" / "push-journal.jsonl"

"""A shop's folder that lasts a day, the ways its syncs reach Optiply, and what Optiply holds then."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import loopback
import warm_start
from click.testing import CliRunner
from half_hours import HalfHours
from optiply_shop import CLIENT_SECRET, PASSWORD, Connect
from running import BIN, write_json
from whole_day.expectation import Order

from amazon_optiply_etl.command.cli import commands
from amazon_seller_sandbox.optiply.target.cli import main as target

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import click
    from conftest import RunningSandbox
    from running import Record
    from whole_day.expectation import Expectation
    from whole_day.syncs import Sync

FLOW = "flow1"
_COMPARED = (
    "name", "skuCode", "eanCode", "articleCode", "price", "stockLevel", "unlimitedStock", "status",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop's folder in the hosted layout, and the sandbox's Optiply, which it has to itself.

    Attributes:
        root: The folder.
        sandbox: Where Optiply is.
        through_target: Whether it is target-optiply that loads, or `push`.
        sells_others: Whether its products are another shop's, which are distinguished by Optiply's id.
        clock: When its runs take place.
    """

    root: Path
    sandbox: RunningSandbox
    through_target: bool
    sells_others: bool
    clock: HalfHours = field(default_factory=HalfHours)

    @classmethod
    def opened(
        cls, root: Path, sandbox: RunningSandbox, flags: Record, *, through_target: bool
    ) -> Shop:
        """Make the folder, with credentials, and empty Optiply."""
        sandbox.clear_faults()
        loopback.delete(f"{sandbox.url}/_sandbox/optiply").raise_for_status()
        sandbox.reset_calls()
        credentials = Connect(sandbox).credentials()
        (root / "snapshots").mkdir(parents=True)
        write_json(root / "config.json", flags)
        common = {
            "username": credentials.username,
            "password": PASSWORD,
            "client_id": credentials.client_id,
            "client_secret": CLIENT_SECRET,
            "account_id": credentials.account_id,
        }
        own = {"apiCredentials": common | {"couplingId": credentials.coupling_id}}
        write_json(root / "snapshots" / "tenant-config.json", own)
        addresses = {
            "optiply_base_url": credentials.api_url,
            "optiply_dashboard_url": credentials.dashboard_url,
        }
        of_target = common | addresses | {"coupling_id": credentials.coupling_id}
        write_json(root / "target-config.json", of_target)
        return cls(root, sandbox, through_target, flags.get("flavour") == "secondary")

    def empty(self) -> None:
        """Empty Optiply."""
        loopback.delete(f"{self.sandbox.url}/_sandbox/optiply").raise_for_status()

    def take(self, sync: Sync) -> None:
        """Replace sync-output by that of a sync."""
        shutil.rmtree(self.root / "sync-output", ignore_errors=True)
        shutil.copytree(sync.folder, self.root / "sync-output")

    def load(self, *, disturbed: bool = False) -> None:
        """Bring what is in sync-output into Optiply.

        A push that is disturbed may end with 1, so that it is run again. Undisturbed, the target has no
        failures.
        """
        if not self.through_target:
            words = ("push", "--root", str(self.root), "--now", str(self.clock))
            self._run(commands, *words, codes=(0, disturbed))
            return
        self._run(commands, "build", "--root", str(self.root), "--now", str(self.clock))
        said = self._run(
            target,
            *("--config", str(self.root / "target-config.json")),
            *("--input", str(self.root / "etl-output" / "data.singer")),
            *("--snapshots", str(self.root / "snapshots"), "--flow", FLOW),
            *("--target-state", str(self.root / "target-state.json"), "--retry-seconds", "0"),
        )
        assert disturbed or "fail" not in said, said

    def _run(self, program: click.Command, *words: str, codes: tuple[int, int] = (0, 0)) -> str:
        run = CliRunner().invoke(program, words, env=self._environment())
        assert run.exit_code in codes, f"{run.exception}\n{run.output}"
        assert run.exception is None or isinstance(run.exception, SystemExit), run.exception
        return run.output

    def _environment(self) -> dict[str, str]:
        content = json.loads((self.root / "target-config.json").read_text("utf-8"))
        found = {name: content[name] for name in ("optiply_base_url", "optiply_dashboard_url")}
        return found | ({"FLOW": FLOW} if self.through_target else {})

    def push_and_die(self, orders: int) -> None:
        """Start a push, and kill it while it waits for the answer about an order after so many."""
        name = "sellOrders.POST"
        before = self.posted(name)
        self.sandbox.fault(f"optiply.{name}", "slow", seconds=600, skip=orders, times=1)
        with warm_start.Popen(
            [BIN / "amazon-optiply-etl", "push", "--root", self.root],
            env=os.environ | self._environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            while self.posted(name) <= before + orders:
                assert process.poll() is None, "the push ended before it could be killed"
            process.kill()
        self.sandbox.clear_faults()

    def posted(self, name: str) -> int:
        """Count the calls of a kind, such as ``products.POST``, that Optiply has done."""
        by_status = self.sandbox.calls().get(f"optiply.{name}", {})
        assert all(status.startswith("2") for status in by_status), by_status
        return sum(by_status.values())

    def report(self) -> Record:
        """Return the mapping report of the last run."""
        path = self.root / "etl-output" / "mapping-report.json"
        report: Record = json.loads(path.read_text("utf-8"))
        return report

    def differences(
        self, expected: Expectation, dead: Mapping[str, str] | None = None
    ) -> dict[str, Counter[str]]:
        """Hold Optiply against what it must hold; empty when equal.

        ``dead``: remoteIds of products that are gone, by the ids that orders still refer to.
        """
        dump = self.sandbox.get_json("/_sandbox/optiply")
        products, twice = {each["id"]: each for each in dump["products"]}, list[str]()
        if not self.sells_others:
            products, twice = self.by_remote_id("Products", dump["products"])
        orders, also_twice = self.by_remote_id("SellOrders", dump["sellOrders"])
        remote_ids = {each["id"]: remote_id for remote_id, each in products.items()}
        remote_ids.update(dead or {})
        there = {number: order_of(each, remote_ids) for number, each in orders.items()}
        if dead is not None:  # what was refused at first goes out as it is by then
            there |= {
                number: expected.orders[number]
                for number, order in there.items()
                if order in expected.delayed.get(number, ())
            }
        wanted = expected.products
        if self.through_target and not self.sells_others:
            wanted = {remote_id: _on_one_line(each) for remote_id, each in wanted.items()}
        found = {
            "more than once": Counter(twice + also_twice),
            **_compared(
                "product",
                {remote_id: compared_product(each) for remote_id, each in products.items()},
                wanted,
            ),
            **_compared(
                "order",
                there,
                expected.orders,
            ),
        }
        return {name: counter for name, counter in found.items() if counter}

    def by_remote_id(
        self, stream: str, objects: list[Record]
    ) -> tuple[dict[str, Record], list[str]]:
        """Return objects by remoteId, and the remoteIds of several.

        The target does not send a remoteId; the host's snapshot knows which object is whose.
        """
        host = self._host_snapshot(stream) if self.through_target else {}
        found: dict[str, Record] = {}
        twice = []
        for each in objects:
            own = next(iter(each["remoteIdMap"].values()), None)
            remote_id = host.get(each["id"], own or f"(id {each['id']})")
            if remote_id in found:
                twice.append(remote_id)
            found[remote_id] = each
        return found, twice

    def _host_snapshot(self, stream: str) -> dict[str, str]:
        path = self.root / "snapshots" / f"{stream}_{FLOW}.snapshot.csv"
        if not path.exists():
            return {}
        with path.open(encoding="utf-8", newline="") as file:
            return {row["RemoteId"]: row["InputId"] for row in csv.DictReader(file)}


def _on_one_line(product: Record) -> Record:
    """Return a product as target-optiply sends it: no line breaks, no outer blanks."""
    return {
        name: value.replace("\r", "").replace("\n", "").strip() if isinstance(value, str) else value
        for name, value in product.items()
    }


def compared_product(found: Record) -> Record:
    """Return what matters here of a product as Optiply shows it."""
    product = {name: found.get(name) for name in _COMPARED}
    price = product["price"]
    status = str(product["status"]).lower()
    return product | {"price": None if price is None else Decimal(price), "status": status}


def order_of(found: Record, remote_ids: Mapping[str, str]) -> Order:
    lines = {}
    for each in found["orderLines"]:
        number = str(each["productId"])
        product = remote_ids.get(number, number)
        assert product not in lines, f"an order has two lines of {product}"
        lines[product] = int(each["quantity"]), Decimal(each["subtotalValue"])
    return Order(found["placed"], Decimal(found["totalValue"]), lines)


def _compared(
    what: str, have: Mapping[str, Any], want: Mapping[str, Any]
) -> dict[str, Counter[str]]:
    altered = (
        f"{key}: {have[key]} instead of {want[key]}"
        for key in have.keys() & want.keys()
        if have[key] != want[key]
    )
    return {
        f"{what} lost": Counter(want.keys() - have.keys()),
        f"{what} too much": Counter(have.keys() - want.keys()),
        f"{what} altered": Counter(altered),
    }

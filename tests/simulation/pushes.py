"""The ETL's push as a simulated process, and what Optiply must hold in the end."""

from __future__ import annotations

import itertools
import json
import os
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from whole_day.expectation import Expectation, cents

from amazon_optiply_etl.config.settings import settings_from
from amazon_optiply_etl.runs.pipeline import Folders
from amazon_optiply_etl.runs.push import push
from amazon_optiply_etl.state import consumed_files
from amazon_seller_sandbox.optiply.entities import ENTITIES
from simulation.amazon import URL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import httpx

    from amazon_seller_sandbox.optiply.entities import Entity
    from simulation.amazon import Amazon
    from simulation.machine import SimulatedMachine

    Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Login:
    """A user of the sandbox's Optiply.

    Attributes:
        username: Its address.
        account: The number of its account.
        coupling: The number of its coupling.
    """

    username: str
    account: str
    coupling: str

    @property
    def credentials(self) -> Record:
        """What a folder's tenant-config.json has of it."""
        return {
            "username": self.username,
            "password": "optiply-sandbox-password",
            "client_id": "optiply-sandbox",
            "client_secret": "optiply-sandbox-secret",
            "account_id": self.account,
            "couplingId": self.coupling,
        }


SELLER = Login("eu@optiply.example", "102", "1002")
COMPARED = (
    "name", "skuCode", "eanCode", "articleCode", "stockLevel", "unlimitedStock",
)  # fmt: skip
NOT_SOLD = ("Pending", "Cancelled")


class Shop:
    """A seller's folder in the hosted layout, and the sandbox's Optiply."""

    def __init__(
        self, root: Path, login: Login = SELLER, flags: Mapping[str, Any] | None = None
    ) -> None:
        self.folders = Folders(
            input=root / "sync-output",
            snapshots=root / "snapshots",
            output=root / "etl-output",
            parent=root / "parent-snapshots",
        )
        self.settings = settings_from(flags or {}, {}, {})
        for folder in (self.folders.input, self.folders.snapshots, self.folders.output):
            folder.mkdir()
        config = {"apiCredentials": login.credentials}
        (self.folders.snapshots / "tenant-config.json").write_text(json.dumps(config), "utf-8")
        os.environ["optiply_base_url"] = f"{URL}/optiply/v1"  # noqa: SIM112 - its name
        os.environ["optiply_dashboard_url"] = f"{URL}/optiply/api"  # noqa: SIM112
        self._orders: dict[str, list[Record]] = defaultdict(list)
        self._lines: dict[str, list[list[Record]]] = defaultdict(list)

    @property
    def places(self) -> tuple[Path, ...]:
        """The folders that a push writes to."""
        return self.folders.input, self.folders.snapshots, self.folders.output

    def clear(self) -> None:
        """Remove what a finished push has read, as a job does before the next sync."""
        consumed_files.clear(self.folders.input)

    def take(self, name: str, synced: Mapping[str, list[Record]]) -> None:
        """Write what a sync has brought, as target-jsonl does."""
        for stream, records in synced.items():
            text = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records)
            (self.folders.input / f"{stream}-{name}.jsonl").write_text(text, "utf-8", newline="\n")
        lines: dict[str, list[Record]] = defaultdict(list)
        for each in synced.get("order_items", ()):
            lines[each["amazon_order_id"]].append(each)
        for number, found in lines.items():
            self._lines[number] += versions_of(found)
        for each in synced.get("orders", ()):
            self._orders[each["amazon_order_id"]].append(each)

    def _versions(self, number: str) -> Iterator[tuple[Record, list[Record]]]:
        """What syncs have brought of an order: itself and its lines may have come apart."""
        return itertools.product(self._orders[number], self._lines[number])

    def push(self, machine: SimulatedMachine, transport: httpx.BaseTransport) -> None:
        """Push once; raises what the command reports in a sentence."""
        result = push(
            self.settings,
            self.folders,
            lambda _stream, calls: iter(calls),
            machine.now,
            machine=machine,
            transport=transport,
        )
        if result.stopped is not None:
            raise result.stopped

    def twice(self, amazon: Amazon) -> Iterator[str]:
        """What Optiply has more than once."""
        for name in ("products", "sellOrders"):
            yield from self.doubled(amazon, ENTITIES[name])

    @staticmethod
    def doubled(amazon: Amazon, entity: Entity) -> Iterator[str]:
        """The objects of an entity that Optiply has more than once."""
        seen = set()
        for each in amazon.sandbox.optiply.all(entity):
            remote_id = next(iter(each.remote_ids.values()), None)
            if remote_id in seen:
                yield f"{entity.name} {remote_id} doubled in Optiply"
            seen.add(remote_id)

    def differences(self, amazon: Amazon, truth: Mapping[str, list[Record]]) -> Iterator[str]:
        """How Optiply differs from the truth of a seller that has stopped."""
        yield from self.twice(amazon)
        store = amazon.sandbox.optiply
        products = {_remote_id(each): each for each in store.all(ENTITIES["products"])}
        have = {name: _product(each.attributes()) for name, each in products.items()}
        expected = Expectation(products={name: dict(each) for name, each in have.items()})
        whole = frozenset(amazon.markets)
        expected.after(SimpleNamespace(truth=truth, ordered=frozenset(), whole=whole))  # type: ignore[arg-type]
        for name in sorted(expected.products.keys() - have.keys()):
            yield f"product {name} lost in Optiply"
        for name in sorted(expected.products.keys() & have.keys()):
            if have[name] != expected.products[name]:
                yield f"product {name} altered in Optiply: {have[name]} for {expected.products[name]}"
        names = {each.id: _remote_id(each) for each in store.all(ENTITIES["products"])}
        orders = {_remote_id(each): each for each in store.all(ENTITIES["sellOrders"])}
        for number in sorted(expected.orders.keys() - orders.keys()):
            yield f"order {number} lost in Optiply"
        for number, order in sorted(orders.items()):
            lines = {
                names[line.values["productId"]]: (
                    int(line.values["quantity"]),
                    Decimal(line.values["subtotalValue"]),
                )
                for line in store.lines(order)
            }
            total = Decimal(order.values["totalValue"])
            if not any(
                _fits(lines, total, version, expected) for version in self._versions(number)
            ):
                yield f"order {number} altered in Optiply: {lines}, {total}"


def versions_of(lines: Sequence[Record]) -> Iterator[list[Record]]:
    """The lines of an order as often as a sync has brought them: windows, and syncs, may overlap."""
    last: dict[tuple[Any, ...], Record] = {}
    version: dict[tuple[Any, ...], Record] = {}
    for line in lines:
        key = line["sku"], line["line_number"]
        if key in version:
            yield list(version.values())
            version = {}
        version[key] = last[key] = line
    yield list(version.values())
    yield list(last.values())


def _fits(
    lines: Mapping[str, tuple[int, Decimal]],
    total: Decimal,
    version: tuple[Record, list[Record]],
    expected: Expectation,
) -> bool:
    """Say whether an order in Optiply is a version of an order, maybe without a line that waits."""
    order, records = version
    if order["order_status"].startswith(NOT_SOLD):
        return False
    sold = [
        each
        for each in records
        if not str(each["item_status"]).startswith("Cancelled") and each["quantity"] > 0
    ]
    merged = expected._merged(sold, {})  # noqa: SLF001 - the same rule
    own = order["order_total"]
    wanted = (
        cents(own) if own is not None else sum((each[1] for each in lines.values()), Decimal(0))
    )
    return (
        bool(lines)
        and total == wanted
        and all(name in merged and merged[name] == line for name, line in lines.items())
    )


def _remote_id(thing: Any) -> str:
    return next(iter(thing.remote_ids.values()), f"(id {thing.id})")


def _product(found: Record) -> Record:
    """Return what matters here of a product."""
    price = found.get("price")
    return {
        **{name: found.get(name) for name in COMPARED},
        "price": None if price is None else Decimal(price),
        "status": str(found.get("status")).lower(),
    }

"""A vendor's folder, and what Optiply must hold of orders, receipts and stock in the end."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from typing_extensions import override
from vendor_truth import Expected, barcode, held

from amazon_seller_sandbox.optiply.entities import ENTITIES
from simulation.pushes import Login, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from simulation.amazon import Amazon

    Record = dict[str, Any]

LOGIN = Login("vendor@optiply.example", "105", "1005")
HELD = (
    "products", "suppliers", "supplier_products", "sell_orders", "buy_orders", "buy_order_lines",
)  # fmt: skip
"""What is compared one by one; receipts by the sums of their lines."""
NAMED, DIRECT = ("products", "supplier_products"), "vendor_fulfilment_orders"
STATES = {"vendor_purchase_orders": "purchase_order_state", DIRECT: "order_status"}
SOLD = ("Acknowledged", "Closed", "ACCEPTED", "SHIPPED")
OF_ORDERS = "sellOrderLines"
"""They have no remoteId of their own, and are compared with their orders."""


class VendorShop(Shop):
    """A vendor's folder, and the sandbox's Optiply."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, LOGIN, {"flavour": "vendor"})
        self._sold: set[str] = set()

    @override
    def take(self, name: str, synced: Mapping[str, list[Record]]) -> None:
        """Write what a sync has brought, and remember which orders were sold then."""
        super().take(name, synced)
        self._sold |= {
            order["purchase_order_number"]
            for stream, state in STATES.items()
            for order in synced.get(stream, ())
            if order[state] in SOLD
        }

    @override
    def twice(self, amazon: Amazon) -> Iterator[str]:
        """What Optiply has more than once."""
        for entity in ENTITIES.values():
            if entity.writable and entity.name != OF_ORDERS:
                yield from self.doubled(amazon, entity)

    @override
    def differences(self, amazon: Amazon, truth: Mapping[str, list[Record]]) -> Iterator[str]:
        """How Optiply differs from the truth of a vendor that has stopped."""
        doubled = list(self.twice(amazon))
        if doubled:
            yield from doubled
            return
        expected = Expected()
        expected.sync({name: list(records) for name, records in truth.items()})
        found = _held(amazon)
        for rows, their in ((found[name], getattr(expected, name)) for name in NAMED):
            for key in rows.keys() & their.keys():
                titles = _titles(truth[DIRECT], key.partition("_")[0])
                if rows[key]["name"] in titles:  # the first that came stays
                    their[key]["name"] = rows[key]["name"]
        cancelled = self._sold - expected.sell_orders.keys()  # once sold, they stay
        for number in cancelled:
            found["sell_orders"].pop(number, None)
        for entity in HELD:
            yield from _differences(entity, found[entity], getattr(expected, entity))
        yield from _receipts(found["receipt_lines"], expected.receipt_lines)


def _titles(orders: list[Record], ean: str) -> set[str]:
    """The titles of an article in the orders of consumers: marketplaces have their own."""
    return {
        " ".join(item["title"].split())[:255]
        for order in orders
        for item in order["items"]
        if barcode(item["vendorProductIdentifier"]) == ean
    }


def _held(amazon: Amazon) -> dict[str, Any]:
    """What Optiply holds, by the remoteIds that it was given."""
    store = amazon.sandbox.optiply
    dump: dict[str, list[Record]] = {}
    ids: dict[str, dict[str, str]] = {}
    for name, entity in ENTITIES.items():
        if not entity.writable or name == OF_ORDERS:
            continue
        things = store.all(entity)
        ids[name] = {
            str(each.id): each.remote_ids[LOGIN.coupling] for each in things if each.remote_ids
        }
        dump[name] = [
            {
                "id": str(each.id),
                **each.attributes(),
                "orderLines": [line.attributes() for line in store.lines(each)],
            }
            for each in things
        ]
    return held(dump, ids)


def _differences(
    entity: str, found: Mapping[str, Record], expected: Mapping[str, Record]
) -> Iterator[str]:
    for name in sorted(expected.keys() - found.keys()):
        yield f"{entity} {name} lost in Optiply"
    for name in sorted(found.keys() - expected.keys()):
        yield f"{entity} {name} too much in Optiply"
    for name in sorted(found.keys() & expected.keys()):
        for field in sorted(expected[name]):
            have, want = found[name].get(field), expected[name][field]
            if have != want:
                yield f"{entity} {name} altered in Optiply: {field} is {have!r} for {want!r}"


def _receipts(found: Mapping[str, Record], expected: Mapping[str, Record]) -> Iterator[str]:
    """How the units received differ; in how many parts they came depends on when syncs ran."""
    have, want = _units(found), _units(expected)
    for line in sorted(have.keys() | want.keys()):
        if have[line] != want[line]:
            yield (
                f"receipts of {line} altered in Optiply: {have[line]} units for {want[line]} "
                "have been received"
            )


def _units(receipts: Mapping[str, Record]) -> dict[str, int]:
    units: dict[str, int] = defaultdict(int)
    for each in receipts.values():
        units[each["buy_order_line"]] += int(each["quantity"])
    return units

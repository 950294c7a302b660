"""What the stand-in for Optiply keeps: the objects of every account, and what ties them."""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.optiply import checks
from amazon_seller_sandbox.optiply.accounts import COUPLINGS
from amazon_seller_sandbox.optiply.entities import ENTITIES
from amazon_seller_sandbox.optiply.errors import Problem, Refused, attribute
from amazon_seller_sandbox.optiply.kinds import MOMENT, Reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from amazon_seller_sandbox.clock import Clock
    from amazon_seller_sandbox.optiply.accounts import Coupling
    from amazon_seller_sandbox.optiply.entities import Entity


_PARENTS = {each.lines.entity: each.lines.parent for each in ENTITIES.values() if each.lines}
"""By the entity of lines, the attribute that refers to their order."""


def moment(instant: float) -> str:
    """Write an instant, in seconds since 1970, as Optiply does."""
    return datetime.fromtimestamp(int(instant), UTC).strftime(MOMENT)


@dataclass(slots=True)
class Thing:
    """One object: a product, a supplier, an order, a line, ..."""

    entity: Entity
    id: int
    account_id: int
    created: str
    updated: str
    values: dict[str, Any] = field(default_factory=dict)
    """The attributes that writes have sent, in the form of their kinds."""
    remote_ids: dict[str, str] = field(default_factory=dict)
    """By coupling, the id that its webshop calls the object by."""

    def uuid(self) -> str:
        """Return its UUID, which is the same in every sandbox."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"optiply/{self.entity.name}/{self.id}"))

    def given(self) -> dict[str, Any]:
        """Return the attributes that Optiply sets, in the form that filters compare."""
        return {
            "id": self.id,
            "uuid": self.uuid(),
            "accountId": self.account_id,
            "createdAt": self.created,
            "updatedAt": self.updated,
        }

    def attributes(self) -> dict[str, Any]:
        """Return the attributes as a read shows them."""
        fields = self.entity.fields
        shown = {
            name: None if value is None else fields[name].kind.shown(value)
            for name, value in self.values.items()
        }
        found = shown | self.given() | {"remoteIdMap": dict(self.remote_ids)}
        del found["id"]
        if self.entity.name == "products":
            found["createdFromPublicApi"] = True
        return found

    def body(self) -> dict[str, Any]:
        """Return the object in the form of JSON:API."""
        return {"type": self.entity.name, "id": str(self.id), "attributes": self.attributes()}

    def key(self) -> tuple[object, ...] | None:
        """Return what no other object may have too, if there is such a thing."""
        if not self.entity.unique:
            return None
        return (self.entity.name, *(self.values[name] for name in self.entity.unique))


class Store:
    """The objects of all accounts."""

    def __init__(
        self, clock: Clock, couplings: tuple[Coupling, ...] = COUPLINGS, *, strict: bool = False
    ) -> None:
        """Begin with the accounts alone; a strict one refuses totals that are sums of floats."""
        self._clock = clock
        self.couplings = couplings
        self._strict = strict
        self.reset()

    def reset(self) -> None:
        """Forget everything but the accounts; ids start again."""
        self._things: dict[str, dict[int, Thing]] = {name: {} for name in ENTITIES}
        self._made: dict[str, int] = defaultdict(int)
        self._taken: dict[tuple[object, ...], int] = {}
        self._lines: dict[int, set[int]] = defaultdict(set)
        now = moment(self._clock.now())
        for each in self.couplings:
            account = Thing(ENTITIES["accounts"], each.account_id, each.account_id, now, now)
            account.values = {"name": f"Sandbox {each.name}"}
            self._things["accounts"].setdefault(each.account_id, account)

    def all(self, entity: Entity) -> list[Thing]:
        """Return the objects of an entity, of all accounts, by id."""
        return [thing for _, thing in sorted(self._things[entity.name].items())]

    def get(self, entity: Entity, name: str) -> Thing | None:
        """Return the object of this id, in whichever account."""
        known = self._things[entity.name]
        return known.get(int(name)) if re.fullmatch("[0-9]{1,18}", name) else None

    def find(self, account_id: int, entity: Entity, name: str) -> Thing:
        """Return an account's object.

        Raises:
            Refused: 404, because there is none of this id in the account.
        """
        found = self.get(entity, name)
        if found is None or found.account_id != account_id:
            raise Refused(Problem(f"there is no {entity.name} with id {name}", status=404))
        return found

    def lines(self, order: Thing) -> list[Thing]:
        """Return the lines of an order, by id."""
        lines = order.entity.lines
        if lines is None:
            return []
        return [self._things[lines.entity][each] for each in sorted(self._lines[order.id])]

    def create(self, coupling: Coupling, entity: Entity, attributes: Mapping[str, Any]) -> Thing:
        """Make an object, with its lines; all or nothing.

        Raises:
            Refused: 400, 404 for a reference to what is not there, or 409.
        """
        if problems := list(checks.of_new(entity, attributes)):
            raise Refused(*problems)
        self._be_strict(entity, attributes)
        own = dict(attributes)
        lines = [checks.unwrapped(line) for line in own.pop(checks.LINES, ())]
        made = self._changed(self._new(coupling, entity), coupling, own)
        problems = list(self._ties(made))
        for place, line in enumerate(lines):
            product = int(line["productId"])
            if not self._has(coupling.account_id, "products", product):
                path = f"{checks.LINES}/{place}/productId"
                problems.append(attribute(path, f"there are no products with id {product}", 404))
        if problems:
            raise Refused(*problems)
        self._keep(made)
        if entity.lines is not None:
            for line in lines:
                of_order = self._new(coupling, ENTITIES[entity.lines.entity])
                sent = {**line, entity.lines.parent: made.id}
                self._keep(self._changed(of_order, coupling, sent))
        return made

    def update(self, coupling: Coupling, thing: Thing, attributes: Mapping[str, Any]) -> Thing:
        """Change an object.

        Whether an order's lines can be sent with PATCH is not documented; strict: they cannot.

        Raises:
            Refused: 400, 404 for a reference to what is not there, or 409.
        """
        if not attributes:
            # Not documented; strict.
            raise Refused(Problem("there is nothing to change", "/data/attributes"))
        fields = thing.entity.fields
        if problems := list(checks.of_attributes(fields, attributes, new=False)):
            raise Refused(*problems)
        self._be_strict(thing.entity, attributes)
        changed = replace(thing, values=dict(thing.values), remote_ids=dict(thing.remote_ids))
        self._changed(changed, coupling, attributes)
        if problems := list(self._ties(changed)):
            raise Refused(*problems)
        self._drop(thing)
        self._keep(changed)
        return changed

    def delete(self, thing: Thing) -> None:
        """Delete an object, and what goes with it.

        What becomes of other objects that refer to it is not documented; strict: it is refused
        while there are any, as the lines of a product's orders.

        Raises:
            Refused: 409, because another object refers to it.
        """
        doomed: list[Thing] = []
        waiting = [thing]
        while waiting:
            each = waiting.pop()
            doomed.append(each)
            for other, reference in self._referring(each):
                if not reference.owned:
                    detail = f"{other.entity.name} {other.id} refers to it"
                    raise Refused(Problem(detail, status=409))
                waiting.append(other)
        for each in doomed:
            self._drop(each)

    def lose(self, thing: Thing) -> None:
        """Delete an object and what goes with it; what else refers to it refers to nothing then."""
        for other, reference in list(self._referring(thing)):
            if reference.owned:
                self.lose(other)
        self._drop(thing)

    def _be_strict(self, entity: Entity, attributes: Mapping[str, Any]) -> None:
        """Refuse sums of floats, if this is the stricter server."""
        if self._strict and (problems := list(checks.of_exact(entity.fields, attributes))):
            raise Refused(*problems)

    def _new(self, coupling: Coupling, entity: Entity) -> Thing:
        now = moment(self._clock.now())
        return Thing(entity, 0, coupling.account_id, now, now)

    def _changed(self, thing: Thing, coupling: Coupling, sent: Mapping[str, Any]) -> Thing:
        """Write checked attributes into an object that is not kept yet."""
        for name, value in sent.items():
            if name == "remoteId":
                thing.remote_ids[str(coupling.coupling_id)] = value
            elif name != "updatedAt":
                kind = thing.entity.fields[name].kind
                thing.values[name] = None if value is None else kind.stored(value)
        thing.updated = moment(self._clock.now())
        return thing

    def _ties(self, thing: Thing) -> Iterator[Problem]:
        """Yield what is wrong with an object beside others."""
        values = thing.values
        for name, each in thing.entity.fields.items():
            kind, value = each.kind, values.get(name)
            if not isinstance(kind, Reference) or value is None:
                continue
            if not self._has(thing.account_id, kind.to, value):
                # POST of a receipt line answers 404 for an unknown line; so do the others here.
                yield attribute(name, f"there are no {kind.to} with id {value}", 404)
        composed = values.get("composedProductId")
        if composed is not None and composed == values["partProductId"]:
            # Not documented; strict.
            yield attribute("partProductId", "is the composed product itself")
        if thing.entity.name == "sellOrderLines":
            for line in self._lines.get(values["sellOrderId"], ()):
                other = self._things["sellOrderLines"][line]
                if line != thing.id and other.values["productId"] == values["productId"]:
                    yield attribute("productId", "the order has it already; once per order")
        taken = self._taken.get(thing.key() or ())
        if taken not in (None, thing.id):
            pair = " and ".join(thing.entity.unique)
            yield attribute(thing.entity.unique[0], f"{taken} has the same {pair}", 409)

    def _has(self, account_id: int, entity: str, number: int) -> bool:
        found = self._things[entity].get(number)
        return found is not None and found.account_id == account_id

    def _keep(self, thing: Thing) -> None:
        name = thing.entity.name
        if not thing.id:
            thing.id = thing.entity.first_id + self._made[name]
            self._made[name] += 1
        if name == "buyOrders":
            self._expect(thing)
        self._things[name][thing.id] = thing
        if key := thing.key():
            self._taken[key] = thing.id
        if parent := _PARENTS.get(name):
            self._lines[thing.values[parent]].add(thing.id)

    def _expect(self, order: Thing) -> None:
        """Fill in when a buy order is due: the supplier's delivery time after it was placed."""
        days = self._things["suppliers"][order.values["supplierId"]].values.get("deliveryTime")
        if days is not None and "expectedDeliveryDate" not in order.values:
            placed = datetime.strptime(order.values["placed"], MOMENT).replace(tzinfo=UTC)
            due = placed + timedelta(days=days)
            order.values["expectedDeliveryDate"] = due.strftime(MOMENT)

    def _drop(self, thing: Thing) -> None:
        name = thing.entity.name
        del self._things[name][thing.id]
        if key := thing.key():
            del self._taken[key]
        if parent := _PARENTS.get(name):
            self._lines[thing.values[parent]].discard(thing.id)

    def _referring(self, thing: Thing) -> Iterator[tuple[Thing, Reference]]:
        """Yield the objects that refer to one, and how."""
        for entity in ENTITIES.values():
            for name, each in entity.fields.items():
                kind = each.kind
                if isinstance(kind, Reference) and kind.to == thing.entity.name:
                    for other in self._things[entity.name].values():
                        if other.values.get(name) == thing.id:
                            yield other, kind

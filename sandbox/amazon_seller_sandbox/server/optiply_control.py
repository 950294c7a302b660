"""The control surface of the stand-in for Optiply, under /_sandbox/optiply."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from amazon_seller_sandbox.optiply.entities import ENTITIES
from amazon_seller_sandbox.optiply.errors import Refused
from amazon_seller_sandbox.server.answers import json_answer
from amazon_seller_sandbox.server.control import Mistake, json_list, tolerant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from amazon_seller_sandbox.optiply.store import Thing
    from amazon_seller_sandbox.server.answers import Answer
    from amazon_seller_sandbox.state.sandbox import Sandbox

_PATH = "/_sandbox/optiply"


def routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes of the control surface."""
    control = _Control(sandbox)
    return [
        Route(_PATH, tolerant(control.dump)),
        Route(_PATH, tolerant(control.seed), methods=["POST"]),
        Route(_PATH, tolerant(control.reset), methods=["DELETE"]),
        Route(f"{_PATH}/lose", tolerant(control.lose), methods=["POST"]),
    ]


@dataclass(frozen=True, slots=True)
class _Control:
    """The endpoints of the control surface."""

    sandbox: Sandbox

    def _dumped(self, thing: Thing) -> dict[str, Any]:
        found = {"id": str(thing.id)} | thing.attributes()
        if thing.entity.lines is not None:
            found["orderLines"] = [self._dumped(line) for line in self.sandbox.optiply.lines(thing)]
        return found

    async def dump(self, request: Request) -> Answer:
        account = request.query_params.get("accountId")
        found = {
            name: [
                self._dumped(thing)
                for thing in self.sandbox.optiply.all(entity)
                if account in (None, str(thing.account_id))
            ]
            for name, entity in ENTITIES.items()
            if entity.writable
        }
        return json_answer(200, found)

    async def seed(self, request: Request) -> Answer:
        made = [self._made(entry) for entry in await json_list(request)]
        return json_answer(200, {"made": [thing.body() for thing in made]})

    def _made(self, entry: Mapping[str, Any]) -> Thing:
        known = {"entity", "attributes", "coupling"}
        if not isinstance(entry, dict) or not known >= set(entry) >= {"entity", "attributes"}:
            raise Mistake(f"an entry has the keys entity, attributes and maybe coupling: {entry}")
        entity = ENTITIES.get(str(entry["entity"]))
        if entity is None or not entity.writable:
            raise Mistake(f"unknown entity {entry['entity']!r}")
        name = entry.get("coupling", "EU")
        couplings = {each.name: each for each in self.sandbox.optiply.couplings}
        if name not in couplings:
            raise Mistake(f"unknown coupling {name!r}; known: {', '.join(couplings)}")
        if not isinstance(entry["attributes"], dict):
            raise Mistake("attributes is not an object")
        # The numbers of a write are exact.
        attributes = json.loads(json.dumps(entry["attributes"]), parse_float=Decimal)
        try:
            return self.sandbox.optiply.create(couplings[name], entity, attributes)
        except Refused as refused:
            raise Mistake(f"{entity.name}: {refused}") from refused

    async def lose(self, request: Request) -> Answer:
        lost = [thing for entry in await json_list(request) for thing in self._named(entry)]
        for thing in lost:
            self.sandbox.optiply.lose(thing)
        return json_answer(200, {"lost": [thing.body() for thing in lost]})

    def _named(self, entry: Mapping[str, Any]) -> list[Thing]:
        if not isinstance(entry, dict) or set(entry) != {"entity", "where"}:
            raise Mistake(f"an entry has the keys entity and where: {entry}")
        entity, where = ENTITIES.get(str(entry["entity"])), entry["where"]
        if entity is None or not entity.writable:
            raise Mistake(f"unknown entity {entry['entity']!r}")
        if not isinstance(where, dict) or not where:
            raise Mistake("where is to be an object of attributes and values")
        found = []
        for thing in self.sandbox.optiply.all(entity):
            known = {"id": str(thing.id)} | thing.attributes()
            if all(known.get(name) == value for name, value in where.items()):
                found.append(thing)
        return found

    async def reset(self, request: Request) -> Answer:
        self.sandbox.optiply.reset()
        return await self.dump(request)

"""The HTTP surface of the stand-in for Optiply: its token endpoint and its entities."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.routing import Route

from amazon_seller_sandbox.optiply import accounts, listing
from amazon_seller_sandbox.optiply.entities import ENTITIES, Entity
from amazon_seller_sandbox.optiply.errors import Problem, Refused, parameter
from amazon_seller_sandbox.refusals import LoginRefusal
from amazon_seller_sandbox.server import optiply_hostile
from amazon_seller_sandbox.server.answers import JSON_API, Answer, json_answer
from amazon_seller_sandbox.server.fault_effects import counted, replaced
from amazon_seller_sandbox.state.faults import ANSWERS, OPTIPLY, AnswerFault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from amazon_seller_sandbox.optiply.accounts import Coupling
    from amazon_seller_sandbox.state.sandbox import Sandbox

API, DASHBOARD = "/optiply/v1", "/optiply/api"
"""Where the stand-ins of https://api.optiply.com/v1 and https://dashboard.optiply.nl/api are."""
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def _error(status: int, detail: str) -> str:
    return json.dumps(Refused(Problem(detail, status=status)).body())


def _html(title: str) -> str:
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"


_ANSWERS: Mapping[str, AnswerFault] = {
    **ANSWERS,
    "400": AnswerFault(400, JSON_API, _error(400, "the request is invalid")),
    "403": AnswerFault(403, JSON_API, _error(403, "access is denied")),
    "404": AnswerFault(404, JSON_API, _error(404, "there is no such object")),
    "409": AnswerFault(409, JSON_API, _error(409, "it is in conflict with another object")),
    "429": AnswerFault(429, JSON_API, _error(429, "too many requests"), retry_after=True),
    "500": AnswerFault(500, "text/html", _html("500 Internal Server Error")),
    "503": AnswerFault(503, "text/html", _html("503 Service Temporarily Unavailable")),
}


def routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes of the stand-in."""
    optiply = _Optiply(sandbox)
    return [
        Route(f"{DASHBOARD}/auth/oauth/token", optiply.token, methods=["POST"]),
        Route(f"{API}/{{entity}}", optiply.entity, methods=_METHODS),
        Route(f"{API}/{{entity}}/{{id}}", optiply.entity, methods=_METHODS),
    ]


@dataclass(frozen=True, slots=True)
class _Optiply:
    """The endpoints."""

    sandbox: Sandbox

    async def token(self, request: Request) -> Answer:
        name = f"{OPTIPLY}token"
        fault = self.sandbox.faults.next(name)
        sent = await request.body()
        answer = replaced(fault, {}, _ANSWERS) or optiply_hostile.answer(fault, request, sent)
        if answer is None:
            form = dict(parse_qsl(sent.decode("utf-8", "replace")))
            try:
                content = self.sandbox.optiply_login.token(
                    request.headers.get("authorization", ""), dict(request.query_params), form
                )
                answer = json_answer(200, content, {"cache-control": "no-store"})
            except LoginRefusal as refusal:
                error = {"error": refusal.error, "error_description": refusal.description}
                answer = json_answer(refusal.status, error)
        return counted(self.sandbox, name, answer, fault)

    async def entity(self, request: Request) -> Answer:
        entity = ENTITIES.get(request.path_params["entity"])
        name = f"{OPTIPLY}{entity.name if entity else 'unknown'}.{request.method}"
        sent = await request.body()
        body = _parsed(sent)
        fault = self.sandbox.faults.next(name, self._subject(request, entity, body))
        answer = replaced(fault, {}, _ANSWERS) or optiply_hostile.answer(fault, request, sent)
        if answer is None:
            effect = "" if fault is None else fault.name
            self._take_effect(effect, request, entity)
            try:
                status, content = self._perform(request, entity, body)
                if effect == "endless_links" and content is not None and "links" in content:
                    content["links"] = {
                        "next": f"{self.sandbox.url}{request.url.path}?{request.url.query}"
                    }
            except Refused as refused:
                status, content = refused.status, refused.body()
            answer = json_answer(status, content, {"content-type": JSON_API})
        return counted(self.sandbox, name, answer, fault)

    def _take_effect(self, effect: str, request: Request, entity: Entity | None) -> None:
        """Do what a fault does before the call."""
        if effect == "revoked_tokens":
            self.sandbox.optiply_login.revoke_all()
        if effect == "lost_object" and entity is not None:
            there = self.sandbox.optiply.get(entity, request.path_params.get("id", ""))
            if there is not None:
                self.sandbox.optiply.lose(there)

    def _subject(self, request: Request, entity: Entity | None, body: object) -> Mapping[str, Any]:
        """Return the attributes that faults look at: those sent, and those there already."""
        found: dict[str, Any] = {}
        number = request.path_params.get("id", "")
        there = self.sandbox.optiply.get(entity, number) if entity else None
        if there is not None:
            found = there.attributes()
            for remote in there.remote_ids.values():
                found["remoteId"] = remote
        data = body.get("data") if isinstance(body, dict) else None
        sent = data.get("attributes") if isinstance(data, dict) else None
        return found | sent if isinstance(sent, dict) else found

    def _perform(
        self, request: Request, entity: Entity | None, body: object
    ) -> tuple[int, dict[str, Any] | None]:
        user = self.sandbox.optiply_login.user(request.headers.get("authorization", ""))
        if entity is None:
            name = request.path_params["entity"]
            raise Refused(Problem(f"there is no entity {name}", status=404))
        number, method = request.path_params.get("id"), request.method
        query = parse_qsl(request.url.query, keep_blank_values=True)
        coupling = _coupling(self.sandbox.optiply.couplings, user, query)
        rest = [each for each in query if each[0] not in ("accountId", "couplingId")]
        allowed = {"GET", "PATCH", "DELETE"} if number else {"GET", "POST"}
        if method not in (allowed if entity.writable else {"GET"}):
            raise Refused(Problem(f"{method} is not allowed here", status=405))
        store, account_id = self.sandbox.optiply, coupling.account_id
        if method == "GET" and number is None:
            wanted = listing.asked(entity, rest)
            things = (each for each in store.all(entity) if each.account_id == account_id)
            url = f"{self.sandbox.url}{request.url.path}"
            return 200, listing.answer(things, wanted, url, query)
        for name, _ in rest:
            raise Refused(parameter(name, f"is not a parameter of {method}"))
        if number is None:
            made = store.create(coupling, entity, _attributes(request, entity, body))
            return 201, {"data": made.body()}
        thing = store.find(account_id, entity, number)
        if method == "GET":
            return 200, {"data": thing.body()}
        if method == "DELETE":
            store.delete(thing)
            return 204, None
        changed = store.update(coupling, thing, _attributes(request, entity, body, number))
        return 200, {"data": changed.body()}


def _refuse_constant(name: str) -> None:
    message = f"{name} is not JSON"
    raise ValueError(message)


def _parsed(body: bytes) -> object:
    """Return a body's JSON with exact numbers; None if it is not JSON."""
    try:
        found: object = json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
    except ValueError:
        return None
    return found


def _coupling(known: tuple[Coupling, ...], user: str, query: list[tuple[str, str]]) -> Coupling:
    """Return the coupling that a request names, once each.

    What happens to a request without it is not documented; strict: 400, and 403 for another user's.
    """
    found = {}
    for name in ("accountId", "couplingId"):
        values = [value for each, value in query if each == name]
        if len(values) != 1:
            raise Refused(parameter(name, "is needed, once"))
        found[name] = values[0]
    coupling = accounts.find(known, user, found["accountId"], found["couplingId"])
    if coupling is None:
        detail = f"account {found['accountId']}, coupling {found['couplingId']}: not this user's"
        raise Refused(Problem(detail, parameter="couplingId", status=403))
    return coupling


def _attributes(
    request: Request, entity: Entity, body: object, number: str | None = None
) -> Mapping[str, Any]:
    """Return the attributes of a write.

    Raises:
        Refused: 415 or 400, because the request is not a write of this entity, or of this object.
    """
    if request.headers.get("content-type") != JSON_API:
        raise Refused(Problem(f"the content type must be {JSON_API}", status=415))
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        raise Refused(Problem("the body is not JSON with an object data", "/data"))
    known = {"type", "attributes"} | ({"id"} if number is not None else set())
    for name in data.keys() - known:
        raise Refused(Problem(f"{name} has no place here", f"/data/{name}"))
    if data.get("type") != entity.name:
        raise Refused(Problem(f"type is not {entity.name}", "/data/type"))
    # Some clients leave the id out of PATCH; if it is there, it is that of the URL.
    if data.get("id", number) not in (number, int(number or 0)):
        raise Refused(Problem(f"id is not {number}", "/data/id"))
    attributes = data.get("attributes")
    if not isinstance(attributes, dict):
        raise Refused(Problem("attributes is not an object", "/data/attributes"))
    return attributes

"""The HTTP surface of the Creators API: its token endpoint, its operations, and short links."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.routing import Route

from amazon_seller_sandbox.creators import odd
from amazon_seller_sandbox.creators.accounts import MARKETS
from amazon_seller_sandbox.creators.items import Missing, asins, item
from amazon_seller_sandbox.creators.operations import OPERATIONS
from amazon_seller_sandbox.creators.refusals import (
    CreatorsRefusal,
    not_eligible,
    refused_request,
    throttled,
)
from amazon_seller_sandbox.creators.requests import ITEM_RESOURCES, Checked, checked
from amazon_seller_sandbox.creators.state import CreatorsState
from amazon_seller_sandbox.refusals import LoginRefusal
from amazon_seller_sandbox.server.answers import Answer, json_answer
from amazon_seller_sandbox.server.control import Mistake, tolerant
from amazon_seller_sandbox.server.fault_effects import counted, replaced
from amazon_seller_sandbox.state.faults import ANSWERS, CREATORS, AnswerFault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    from amazon_seller_sandbox.state.faults import Fault
    from amazon_seller_sandbox.state.sandbox import Sandbox

TOKEN, SHORT_LINKS = "/creators/token", "/creators/short-links"
"""The token endpoint of all versions, and where short links are resolved: `SHORT_LINKS/amzn.to/...`."""
_JSON = "application/json"
_HOPS = {"amzn.to": 1, "amzn.eu": 1, "amzn.asia": 1, "a.co": 2, "amzn.com": 1}
"""How many redirects a short link takes."""


def _fault(refusal: CreatorsRefusal, *, retry_after: bool = False) -> AnswerFault:
    return AnswerFault(refusal.status, _JSON, json.dumps(refusal.body()), retry_after=retry_after)


def _server_failed(status: int) -> AnswerFault:
    body = {"type": "InternalServerException", "message": "The server failed."}
    return AnswerFault(status, _JSON, json.dumps(body))


_ANSWERS: Mapping[str, AnswerFault] = {
    **ANSWERS,
    "400": _fault(refused_request("Other", "The request is invalid.")),
    "403": _fault(not_eligible()),
    "404": _fault(CreatorsRefusal(404, "ResourceNotFoundException", None, "Not found.")),
    "429": _fault(throttled("TPS")),
    "throttled_with_pause": _fault(throttled("TPS"), retry_after=True),
    "500": _server_failed(500),
}


def routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes of the stand-in."""
    creators = _Creators(sandbox, CreatorsState(sandbox.world.clock, sandbox.world.settings.seed))
    return [
        Route(TOKEN, creators.token, methods=["POST"]),
        *(
            Route(f"/catalog/v1/{name}", creators.operation(name), methods=["POST"])
            for name in OPERATIONS
        ),
        Route(f"{SHORT_LINKS}/{{host}}/{{path:path}}", creators.short_link),
        Route("/_sandbox/creators/{country}", tolerant(creators.truth)),
    ]


@dataclass(frozen=True, slots=True)
class _Creators:
    """The endpoints."""

    sandbox: Sandbox
    state: CreatorsState

    async def token(self, request: Request) -> Answer:
        """Answer the token request of any version."""
        name = f"{CREATORS}token"
        fault = self.sandbox.faults.next(name)
        answer = replaced(fault, {}, _ANSWERS)
        if answer is None:
            try:
                body, is_json = await _token_request(request)
                answer = json_answer(200, self.state.token(body, is_json=is_json))
            except LoginRefusal as refusal:
                said = {"error": refusal.error, "error_description": refusal.description}
                answer = json_answer(refusal.status, said)
        return counted(self.sandbox, name, answer, fault)

    def operation(self, name: str) -> Callable[[Request], Awaitable[Answer]]:
        """Return the endpoint of an operation."""

        async def endpoint(request: Request) -> Answer:
            body = await _body(request)
            asked_for = body.get("itemIds") if isinstance(body, dict) else None
            subject = {str(each): True for each in asked_for} if isinstance(asked_for, list) else {}
            full = f"{CREATORS}{name}"
            fault = self.sandbox.faults.next(full, subject)
            headers = {"x-amzn-RequestId": self.sandbox.request_id()}
            answer = replaced(fault, headers, _ANSWERS)
            if answer is None:
                try:
                    answer = json_answer(200, self._performed(name, request, body, fault), headers)
                except CreatorsRefusal as refusal:
                    answer = json_answer(refusal.status, refusal.body(), headers)
            return counted(self.sandbox, full, answer, fault)

        return endpoint

    def _performed(
        self, name: str, request: Request, body: object, fault: Fault | None
    ) -> dict[str, Any]:
        if fault is not None and fault.name == "revoked_tokens":
            self.state.revoke_all()
        associate = self.state.associate(request.headers.get("authorization"))
        self.state.take(associate)
        if "application/json" not in request.headers.get("content-type", ""):
            raise refused_request("CannotParse", "The content type must be application/json.")
        if not isinstance(body, dict):
            raise refused_request("CannotParse", "The request is not a JSON object.")
        asked = checked(name, associate, request.headers.get("x-marketplace"), body)
        answer = OPERATIONS[name](self.sandbox.world, asked)
        return odd.changed(fault.name, answer) if fault and fault.name in odd.NAMES else answer

    async def short_link(self, request: Request) -> Answer:
        """Redirect `amzn.to/3DE-ASIN` to the product's page, over as many hops as its host takes."""
        host, path = request.path_params["host"], request.path_params["path"]
        country, _, asin = path.rpartition("/")[2].removeprefix("3").partition("-")
        market = next((each for each in MARKETS.values() if each.country == country), None)
        self.sandbox.calls["creators.shortLink", 301 if market and asin else 404] += 1
        if host not in _HOPS or market is None or not asin:
            return Answer(404)
        to = f"https://{market.domain}/dp/{asin}?tag=sandbox&ref_=cm_sw_r_cp"
        if _HOPS[host] > 1:
            to = f"https://amzn.to/3{country}-{asin}"
        return Answer(301, b"", {"location": to, "set-cookie": "session-id=1; Path=/"})

    async def truth(self, request: Request) -> Answer:
        """Return what the API gives for every ASIN of the accounts in a marketplace."""
        country = request.path_params["country"]
        market = next((each for each in MARKETS.values() if each.country == country), None)
        if market is None:
            raise Mistake(f"there is no marketplace {country!r}")
        asked = Checked(market, "truth", {}, ITEM_RESOURCES)
        found: dict[str, Any] = {}
        for asin, _ in asins(self.sandbox.world, market):
            try:
                found[asin] = {"item": item(self.sandbox.world, asked, asin)}
            except Missing as missing:
                found[asin] = {"error": missing.body()}
        return json_answer(200, found)


async def _token_request(request: Request) -> tuple[dict[str, str], bool]:
    """Return the members of a token request, and whether they came as JSON."""
    content = await request.body()
    if "application/json" in request.headers.get("content-type", ""):
        body = await _body(request)
        if not isinstance(body, dict):
            raise LoginRefusal(400, "invalid_request", "The body is not a JSON object.")
        return body, True
    return dict(parse_qsl(content.decode("utf-8", "replace"))), False


async def _body(request: Request) -> object:
    try:
        found: object = json.loads(await request.body())
    except (ValueError, RecursionError):
        return None
    return found

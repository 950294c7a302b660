"""The control surface under /_sandbox: truth, call counts, time and faults."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from amazon_seller_sandbox.clock import iso, parse_instant
from amazon_seller_sandbox.server import truth
from amazon_seller_sandbox.server.answers import Answer, json_answer, ndjson_line
from amazon_seller_sandbox.world.code_catalog.rows import rows

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from starlette.requests import Request

    from amazon_seller_sandbox.state.sandbox import Sandbox

_BATCH = 500


class Mistake(Exception):  # noqa: N818 - answered with 400
    """A control request that makes no sense."""


def routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes of the control surface."""
    control = _Control(sandbox)
    return [
        Route("/_sandbox/truth/{account}/{stream}", tolerant(control.truth)),
        Route("/_sandbox/codes", tolerant(control.codes)),
        Route("/_sandbox/calls", tolerant(control.calls)),
        Route("/_sandbox/calls/reset", tolerant(control.reset_calls), methods=["POST"]),
        Route("/_sandbox/advance", tolerant(control.advance), methods=["POST"]),
        Route("/_sandbox/clock", tolerant(control.clock)),
        Route("/_sandbox/faults", tolerant(control.faults)),
        Route("/_sandbox/faults", tolerant(control.add_faults), methods=["POST"]),
        Route("/_sandbox/faults", tolerant(control.clear_faults), methods=["DELETE"]),
    ]


@dataclass(frozen=True, slots=True)
class _Control:
    """The endpoints of the control surface."""

    sandbox: Sandbox

    async def truth(self, request: Request) -> Response | Answer:
        world = self.sandbox.world
        account, stream = request.path_params["account"], request.path_params["stream"]
        as_of = _instant(request, "as_of", world.data_time.now())
        since = _instant(request, "updated_since", -math.inf)
        business = world.businesses.get(account)
        if business is not None and stream == truth.REPORTS:
            listed = truth.reports(self.sandbox, account, as_of)
            return StreamingResponse(_lines(listed), media_type="application/x-ndjson")
        if business is None or not truth.has(business.account, stream):
            return json_answer(404, {"error": f"no truth about {account}/{stream}"})
        records = truth.EVERY[stream](world, business, int(as_of), since)
        if place := request.query_params.get("marketplace_id"):
            records = (each for each in records if each.get("marketplace_id") == place)
        return StreamingResponse(_lines(records), media_type="application/x-ndjson")

    async def codes(self, request: Request) -> Response | Answer:
        settings = self.sandbox.world.settings
        asked = rows(settings.seed, settings.codes, request.query_params.get("language", "de"))
        return StreamingResponse(_lines(map(asdict, asked)), media_type="application/x-ndjson")

    async def calls(self, _request: Request) -> Answer:
        calls: dict[str, dict[str, int]] = {}
        for (name, status), count in sorted(self.sandbox.calls.items()):
            # 0 stands for connections that were reset before the answer.
            calls.setdefault(name, {})["reset" if status == 0 else str(status)] = count
        return json_answer(200, {"calls": calls, "total": self.sandbox.calls.total()})

    async def reset_calls(self, _request: Request) -> Answer:
        self.sandbox.calls.clear()
        return json_answer(200, {})

    async def advance(self, request: Request) -> Answer:
        minutes = (await json_body(request)).get("minutes")
        if not isinstance(minutes, (int, float)) or minutes < 0:
            raise Mistake('expected {"minutes": N} with N of 0 or more')
        self.sandbox.world.data_time.advance(minutes * 60)
        return await self.clock(request)

    async def clock(self, _request: Request) -> Answer:
        world = self.sandbox.world
        now = world.clock.now()
        return json_answer(
            200,
            {
                "now": iso(now),
                "now_seconds": now,
                "data_now": iso(world.data_time.now()),
                "factor": world.settings.clock_factor,
            },
        )

    async def faults(self, _request: Request) -> Answer:
        faults = [
            {
                "operation": each.operation,
                "fault": each.name,
                "times": each.times,
                "struck": each.struck,
            }
            for each in self.sandbox.faults.faults
        ]
        return json_answer(200, {"faults": faults, "struck": self.sandbox.faults.struck})

    async def add_faults(self, request: Request) -> Answer:
        entries = await json_list(request)
        try:
            for entry in entries:
                self.sandbox.faults.switch_on(entry)
        except (ValueError, TypeError, AttributeError) as error:
            raise Mistake(str(error)) from error
        return await self.faults(request)

    async def clear_faults(self, request: Request) -> Answer:
        self.sandbox.faults.faults.clear()
        return await self.faults(request)


def tolerant(
    endpoint: Callable[[Request], Awaitable[Response | Answer]],
) -> Callable[[Request], Awaitable[Response | Answer]]:
    """Return an endpoint of the control surface that answers mistakes with 400."""

    async def answered(request: Request) -> Response | Answer:
        try:
            return await endpoint(request)
        except Mistake as mistake:
            return json_answer(400, {"error": str(mistake)})

    return answered


def _instant(request: Request, name: str, default: float) -> float:
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        return parse_instant(text)
    except ValueError as error:
        raise Mistake(f"{name}: {error}") from error


async def json_body(request: Request) -> Mapping[str, Any]:
    """Return a request's JSON object."""
    body = await _json(request)
    if not isinstance(body, dict):
        raise Mistake("the body is not a JSON object")
    return body


async def json_list(request: Request) -> list[Any]:
    """Return a request's JSON list; an object is a list of one."""
    body = await _json(request)
    if isinstance(body, dict):
        return [body]
    if not isinstance(body, list):
        raise Mistake("the body is neither a JSON list nor a JSON object")
    return body


async def _json(request: Request) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(await request.body())
    except ValueError as error:
        raise Mistake("the body is not JSON") from error


def _lines(records: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    while batch := b"".join(ndjson_line(record) for record in islice(records, _BATCH)):
        yield batch

"""Answers of Optiply's that no documentation promises: a client has to survive each of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from amazon_seller_sandbox.optiply.errors import Problem, Refused
from amazon_seller_sandbox.server.answers import JSON_API, Answer
from amazon_seller_sandbox.state.faults import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from amazon_seller_sandbox.state.faults import Fault

_HEADERS = {"content-type": JSON_API}
_ODD: Sequence[str] = (
    "null", "[]", "{}", '"text"', "5", "true", '{"data": null}', '{"data": []}', '{"data": "x"}',
    '{"data": {"id": null}}', '{"data": {"id": {}}}', '{"data": [null, 3]}', '{"data": [{"id": "x"}]}',
    '{"links": null, "data": []}', '{"links": {"next": 7}, "data": []}', "NaN", "1e999999", "9" * 5000,
)  # fmt: skip
"""JSON where an object is due, one after another."""
_ODD_ERRORS: Sequence[str] = (
    "null", "[]", '"text"', '{"errors": null}', '{"errors": {}}', '{"errors": "text"}',
    '{"errors": [null, 5, "text", []]}', '{"errors": [{"detail": null}]}',
    '{"errors": [{"detail": {"a": ["b"]}}]}', '{"errors": [{"meta": "text"}]}', '{"message": ["x"]}',
)  # fmt: skip
_DEPTH = 100_000
_CONTROL = (
    "\x1b[2J\x1b[31m\x1b]0;title\x07 \x00\x08\r\n\u202eevil\u2028\u0085 =1+1 <script>x</script>"
)


def answer(fault: Fault | None, request: Request, body: bytes) -> Answer | None:
    """Return the hostile answer that a fault puts in the place of the right one; nothing is done."""
    if fault is None or fault.name not in HOSTILE:
        return None
    if fault.name == "echoed_secrets":
        # As servers do that quote the request which they could not make sense of.
        heard = f"{request.headers.get('authorization', '')} {body.decode('utf-8', 'replace')}"
        return _refused(f"cannot read: {heard}")
    if fault.name == "control_characters":
        return _refused(_CONTROL)
    place = fault.struck - 1
    if fault.name == "odd_errors":
        return Answer(400, _ODD_ERRORS[place % len(_ODD_ERRORS)].encode(), _HEADERS)
    if fault.name == "odd_json":
        return Answer(200, _ODD[place % len(_ODD)].encode(), _HEADERS)
    # Deep in an answer that went well, and in one that did not.
    text = "[" * _DEPTH + "]" * _DEPTH
    name, status = (("data", 200), ("errors", 400))[place % 2]
    return Answer(status, f'{{"{name}": {text}}}'.encode(), _HEADERS)


def _refused(detail: str) -> Answer:
    return Answer(400, json.dumps(Refused(Problem(detail)).body()).encode(), _HEADERS)

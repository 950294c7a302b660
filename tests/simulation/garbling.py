"""Answers that arrive other than they were sent, in ways that a client can notice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

BODIES = (
    b"", b"null", b"[]", b"[{}]", b"{}", b'"x"', b"7", b"{", b"<html></html>", b'{"a":' * 30_000,
    b"[" * 30_000, b"\xff\xfe{\x00}\x00", b'{"a":"\xe9"}', b'{"errors":["x"]}', b'{"errors":{"code":1}}',
    b'{"payload":null}', b'{"reports":[null]}',
)  # fmt: skip
STATUSES = (300, 302, 304, 404, 408, 418, 429, 500, 502, 504, 599)
VALUES: tuple[Any, ...] = (
    None,
    True,
    [],
    {},
    "",
    "x",
    "\x1b]52;c;cm0=\x07",
    "NaN",
    1e300,
    -1,
    2**64,
)
ABSENT_FOR_NONE = {"dataDocumentId", "nextToken", "pagination"}
"""Members that an answer does without where there are no rows, or no further page."""


def garbled(chance: Random, status: int, body: bytes) -> tuple[int, bytes]:
    """Return another status, another body, or a part of it."""
    kind = chance.random()
    if kind < 0.2:
        return chance.choice(STATUSES), body
    if kind < 0.45 or not body.startswith(b"{"):
        return status, chance.choice(BODIES)
    if kind < 0.65:
        return status, body[: chance.randrange(len(body))]
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return status, b""
    return status, json.dumps(_changed(chance, value)).encode()


def _changed(chance: Random, value: Any) -> Any:
    """Return a JSON value without one of its members, or with one of another type.

    What has the right type and another value nobody can notice; such answers are not made.
    """
    if isinstance(value, dict) and value:
        name = chance.choice(sorted(value))
        inner = value[name]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.7:
            return {**value, name: _changed(chance, inner)}
        if chance.random() < 0.5 and name not in ABSENT_FOR_NONE:
            return {key: each for key, each in value.items() if key != name}
        other = _another(chance, inner)
        return {**value, name: 7 if other is None and name in ABSENT_FOR_NONE else other}
    if isinstance(value, list) and value:
        at = chance.randrange(len(value))
        return [*value[:at], _changed(chance, value[at]), *value[at + 1 :]]
    return _another(chance, value)


def _another(chance: Random, value: Any) -> Any:
    """Return a value of another type; an empty text may stand for a text."""
    kind = _kind(value)
    return chance.choice([each for each in VALUES if _kind(each) is not kind or each == ""])


def _kind(value: Any) -> type:
    """Return the type of a JSON value; a number's is that of all numbers."""
    return float if type(value) is int else type(value)

"""How answers leave the sandbox: complete, or damaged by a fault."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from amazon_seller_sandbox.state.faults import Damage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

JSON_API = "application/vnd.api+json"  # what Optiply sends and takes
ABORT = "sandbox.abort"
"""The key in the scope's extensions under which the server lets a connection be reset."""
REFUSE = "sandbox.refuse"
"""The key under which it can be made to refuse all connections for so many wall seconds."""
WAIT = "sandbox.wait"
"""The key under which a server may say how it waits; else it is as asyncio does."""
_CHUNK = 256 * 1024
_ENDLESS = 1 << 40


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; the body is bytes, or a file to be streamed."""

    status: int
    body: bytes | Path = b""
    headers: dict[str, str] = field(default_factory=dict)
    damage: Damage | None = None
    seconds: float = 0.0
    """How long the damage lasts, if it does."""
    copies: int = 1
    """The body is sent so many times in a row."""
    length: int | None = None
    """Only so many bytes of the body are sent and declared."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer (ASGI)."""
        damage = self.damage or Damage()
        if damage.refuse:
            await scope["extensions"][REFUSE](self.seconds)
        if damage.sent < 0:
            await reset(scope, receive)
            return
        if damage.pause and not await self._paused(scope, receive):
            return
        body = self.body
        size = _size(body) if self.length is None else self.length
        declared = _ENDLESS if damage.drip else size * self.copies + damage.extra_declared
        headers = {**self.headers, "content-length": str(declared)}
        await send(
            {
                "type": "http.response.start",
                "status": self.status,
                "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()],
            }
        )
        if damage.drip:
            await self._drip(receive, send)
            return
        if scope["method"] != "HEAD":
            await self._send_body(send, int(size * damage.sent))
        if damage.reset:
            await reset(scope, receive)
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _paused(self, scope: Scope, receive: Receive) -> bool:
        """Wait as long as the damage lasts; say whether the answer is still to be sent."""
        try:
            await _wait(scope, self.seconds)
        except asyncio.CancelledError:  # the server ends, and does not wait for this answer
            with contextlib.suppress(asyncio.CancelledError):
                await _abort(scope, receive)
            return False
        return True

    async def _send_body(self, send: Send, size: int) -> None:
        """Send so much of the body, as often as it is to come."""
        for _ in range(self.copies):
            for chunk in _chunks(self.body, size):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def _drip(self, receive: Receive, send: Send) -> None:
        """Send blanks, one at a time, until the client has had enough."""
        while await _listens(receive, self.seconds):
            await send({"type": "http.response.body", "body": b" ", "more_body": True})


async def _listens(receive: Receive, seconds: float) -> bool:
    """Wait so many wall seconds; say whether the client still listens then."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return True
    return False


def length_within_line(body: bytes | Path, share: float) -> int:
    """Return the length of about such a share of a body that does not end at a line's end."""
    length = int(_size(body) * share)
    while length and _byte_at(body, length - 1) in b"\r\n":
        length -= 1
    return length


def _size(body: bytes | Path) -> int:
    return len(body) if isinstance(body, bytes) else body.stat().st_size


def _byte_at(body: bytes | Path, place: int) -> bytes:
    """Return the byte at a place."""
    if isinstance(body, bytes):
        return body[place : place + 1]
    with body.open("rb") as file:
        file.seek(place)
        return file.read(1)


def _chunks(body: bytes | Path, size: int) -> Iterator[bytes]:
    if isinstance(body, bytes):
        if size:
            yield body[:size]
        return
    with body.open("rb") as file:
        while size > 0 and (chunk := file.read(min(_CHUNK, size))):
            size -= len(chunk)
            yield chunk


async def reset(scope: Scope, receive: Receive) -> None:
    """Reset the connection of a request, and return once it is gone."""
    # What has been sent is to arrive before the reset.
    await _wait(scope, 0.05)
    await _abort(scope, receive)


async def _wait(scope: Scope, seconds: float) -> None:
    await scope.get("extensions", {}).get(WAIT, asyncio.sleep)(seconds)


async def _abort(scope: Scope, receive: Receive) -> None:
    abort = scope.get("extensions", {}).get(ABORT)
    if abort is None:
        message = "this server cannot reset connections"
        raise ConnectionResetError(message)
    abort()
    while (await receive())["type"] != "http.disconnect":
        pass


def json_answer(status: int, body: object, headers: dict[str, str] | None = None) -> Answer:
    """Return an answer with a JSON body; None is an empty body."""
    content = b"" if body is None else msgspec.json.encode(body)
    return Answer(status, content, {"content-type": "application/json"} | (headers or {}))


def ndjson_line(record: dict[str, Any]) -> bytes:
    """Return a record as one line of NDJSON."""
    return msgspec.json.encode(record) + b"\n"

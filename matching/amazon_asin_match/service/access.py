"""Who may call, and how much they may send."""

from __future__ import annotations

import contextlib
import hmac
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN_PATHS: Final = frozenset({"/", "/api/v1/health", "/docs", "/openapi.json"})
"""Need no token: the page has a field for it, and the others say nothing of jobs."""
FORM_ROOM: Final = 1 << 20
"""What a form may have beside its file."""


class TooLargeError(Exception):
    """More was sent than is taken."""


class Access:
    """Refuses calls without the token (401) and bodies above the limit (413), while they come.

    Args:
        app: The application.
        token: What callers send as Bearer token.
        largest: Bytes of an upload.
    """

    def __init__(self, app: ASGIApp, token: str, largest: int) -> None:
        self._app = app
        self._token = token.encode()
        self._largest = largest + FORM_ROOM

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if scope["path"] not in OPEN_PATHS and not self._is_known(
            headers.get(b"authorization", b"")
        ):
            await _refuse(
                send, 401, "The token is missing or wrong; send it as 'Authorization: Bearer ...'.",
                (b"www-authenticate", b"Bearer"),
            )  # fmt: skip
            return
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._largest:
            await self._refuse_size(send)
            return
        await self._limited(scope, receive, send)

    def _is_known(self, header: bytes) -> bool:
        kind, _, token = header.partition(b" ")
        return kind.lower() == b"bearer" and hmac.compare_digest(token.strip(), self._token)

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        came = 0
        has_begun = False

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > self._largest:
                raise TooLargeError
            return message

        async def watched(message: Message) -> None:
            nonlocal has_begun
            if came <= self._largest or has_begun:
                has_begun = True
                await send(message)

        with contextlib.suppress(TooLargeError):
            await self._app(scope, counted, watched)
        if came > self._largest and not has_begun:
            # The framework would call it a body that cannot be read.
            await self._refuse_size(send)

    async def _refuse_size(self, send: Send) -> None:
        most = (self._largest - FORM_ROOM) / 1_000_000
        await _refuse(
            send, 413, f"The file is too large: at most {most:.0f} MB are taken; split it."
        )


async def _refuse(send: Send, status: int, sentence: str, *headers: tuple[bytes, bytes]) -> None:
    body = json.dumps({"detail": sentence}).encode()
    fixed = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*fixed, *headers]})
    await send({"type": "http.response.body", "body": body})

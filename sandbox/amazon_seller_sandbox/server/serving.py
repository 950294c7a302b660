"""Runs the sandbox on uvicorn, on a socket that is bound before anything is announced."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from amazon_seller_sandbox.server.answers import ABORT, REFUSE, reset
from amazon_seller_sandbox.server.app import make_app
from amazon_seller_sandbox.server.notifications import start_queues
from amazon_seller_sandbox.state.postman import Postman
from amazon_seller_sandbox.state.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from starlette.types import ASGIApp, Receive, Scope, Send

    from amazon_seller_sandbox.world.world import World


class _ResettableProtocol(H11Protocol):
    """HTTP/1.1 that lets the application reset its connection, for the faults."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        connection = cast("asyncio.Transport", transport)
        super().connection_made(connection)
        app = self.app

        async def abortable(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[ABORT] = self.abort
            await app(scope, receive, send)

        self.app = abortable

    def abort(self) -> None:
        """Reset the connection, unless it is closing already."""
        if self.transport.is_closing():
            return
        # Without lingering, closing sends RST instead of FIN.
        linger = struct.pack("ii", 1, 0)
        found = self.transport.get_extra_info("socket")
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.transport.abort()


class _Server(uvicorn.Server):
    """A server that says when it accepts requests, and can refuse connections for a while."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self.refuses = False
        self._held: socket.socket | None = None
        self._wait: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._wait is not None:
            self._wait.cancel()
        if self._held is not None:
            self._held.close()
        await super().shutdown(sockets)

    async def refuse(self, seconds: float) -> None:
        """Drop all connections, and accept none for so many wall seconds."""
        if self.refuses or self.should_exit:
            return
        self.refuses = True
        (listener,) = self.servers[0].sockets
        asyncio.get_running_loop().remove_reader(listener.fileno())
        # What is being accepted becomes a connection, to be dropped with the others.
        await asyncio.sleep(0.01)
        if self.should_exit:
            return
        host, port = listener.getsockname()[:2]
        for server in self.servers:
            server.close()
        self.servers = []
        # Bound but not listening: connections are refused, and nobody else gets the port.
        self._held = bind(host, port)
        self._wait = asyncio.create_task(self._listen_again(self._held, seconds))
        for connection in list(self.server_state.connections):
            cast("_ResettableProtocol", connection).abort()

    async def _listen_again(self, held: socket.socket, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.refuses, self._held = False, None
        await super().startup([held])

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End on a signal, without raising it once more afterwards: that is a clean end."""
        super().handle_exit(sig, frame)
        self._captured_signals.clear()


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to host and port (0: any free port).

    Raises:
        OSError: the port is taken, or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, asyncio sends small packets at once; otherwise each answer waits 40 ms.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError:
        found.close()
        raise
    return found


def url_of(listener: socket.socket) -> str:
    """Return the URL under which a bound socket answers."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_server(app: ASGIApp, ready: Callable[[], None]) -> uvicorn.Server:
    """Return a server for an application; ``ready`` is called once it accepts requests."""

    async def refusable(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[REFUSE] = server.refuse
        if server.refuses:
            # It came in while the server stopped listening.
            await reset(scope, receive)
        else:
            await app(scope, receive, send)

    config = uvicorn.Config(
        refusable,
        http=_ResettableProtocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_level="warning",
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=2,
        # Seconds of an idle connection, as load balancers of AWS have them; with uvicorn's 5, which are
        # httpx's as well, one was closed now and then as the next request came.
        timeout_keep_alive=60,
    )
    server = _Server(config, ready)
    return server


def serve(world: World, listener: socket.socket, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; ``announce`` is given the URL once requests are accepted."""
    url = url_of(listener)
    sandbox = Sandbox(world, url)
    tasks: list[asyncio.Task[None]] = []
    with contextlib.ExitStack() as ends:
        ends.callback(sandbox.close)
        if world.settings.notifications:
            sandbox.post.endpoint, stop = start_queues()
            ends.callback(stop)

        def ready() -> None:
            if sandbox.post.endpoint:
                tasks.append(asyncio.get_running_loop().create_task(Postman(sandbox).run()))
            announce(url)

        make_server(make_app(sandbox), ready).run(sockets=[listener])

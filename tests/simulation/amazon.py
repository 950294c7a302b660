"""Amazon and Optiply in the same process: a transport that hands requests to the sandbox's application.

No socket, no sleep: a call takes simulated time, and while it is under way other threads continue.
"""

from __future__ import annotations

import math
from concurrent.futures import Executor, Future
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
from typing_extensions import override

from amazon_seller_sandbox.clock import DataTime
from amazon_seller_sandbox.server.answers import ABORT, REFUSE, WAIT
from amazon_seller_sandbox.server.app import make_app
from amazon_seller_sandbox.state.sandbox import Sandbox
from amazon_seller_sandbox.world.accounts import ACCOUNTS
from amazon_seller_sandbox.world.world import Settings, World
from simulation.machine import START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from starlette.types import Message, Scope

    from simulation.scheduler import Scheduler

URL = "http://127.0.0.1:1"
"""A loopback address, at which nothing listens."""
FASTEST, SLOWEST = 0.02, 0.8
"""Seconds that a call is on its way, there and back."""
PIECE = 4_096
"""Bytes of a body that arrive together."""


class SimulatedClock:
    """The clock of the sandbox: simulated time, and what Amazon's is ahead of it."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.ahead = 0.0

    def now(self) -> float:
        """Return the current sandbox time."""
        return START.timestamp() + self._scheduler.time + self.ahead

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._scheduler.sleep(seconds)

    def age(self, since: float) -> float:
        """Return the seconds that have passed since an instant."""
        return self.now() - since


class SellersTime(DataTime):
    """The seller's data follows the clock, until the seller stops."""

    stopped_at: float = math.inf

    @override
    def at(self, instant: float) -> int:
        """Return the data time when the clock showed an instant."""
        return int(min(instant, self.stopped_at))


class SameThread(Executor):
    """Does work at once."""

    @override
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do a piece of work."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - whoever waits for it gets it
            future.set_exception(error)
        return future


class Amazon:
    """The sandbox of one life.

    Args:
        scheduler: Whose time it is.
        chance: Draws how long calls take.
        account: The selling account.
        settings: The sandbox's.

    Attributes:
        refuses_until: Until when it accepts no connections.
        closed: Marketplaces in which the account does not sell any more.
        garbles: Calls whose answer is changed, given operation and body; answers the new body.
    """

    def __init__(
        self, scheduler: Scheduler, chance: Random, account: str, settings: Settings
    ) -> None:
        self.scheduler = scheduler
        self.account = account
        self.clock = SimulatedClock(scheduler)
        self.world = World(settings, self.clock)
        self.time = SellersTime(self.clock, settings.now, live=True)
        self.world.data_time = self.time
        self.sandbox = Sandbox(self.world, URL, writers=SameThread())
        self.refuses_until = 0.0
        self.chance = chance
        self.app = make_app(self.sandbox)

    @property
    def markets(self) -> list[str]:
        """The ids of the account's marketplaces."""
        return [each.id for each in ACCOUNTS[self.account].marketplaces]


class _TimedOut(BaseException):
    """Ends an application whose client has given up."""


class InProcess(httpx.BaseTransport):
    """Sends the requests of one process to the sandbox.

    Args:
        amazon: The sandbox.
        spoil: May change the body of an answer, or answer another status.
    """

    def __init__(
        self, amazon: Amazon, spoil: Callable[[httpx.Request, int, bytes], tuple[int, bytes]]
    ) -> None:
        self._amazon = amazon
        self._spoil = spoil

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; raises what httpx does where no answer comes."""
        amazon = self._amazon
        scheduler = amazon.scheduler
        scheduler.point()
        scheduler.sleep(self._latency())
        if scheduler.time < amazon.refuses_until:
            raise httpx.ConnectError("Connection refused", request=request)
        exchange = _Exchange(amazon, request)
        exchange.run()
        scheduler.sleep(self._latency())
        if exchange.status is None:
            raise httpx.ReadError("Connection reset by peer", request=request)
        status, body = self._spoil(request, exchange.status, bytes(exchange.body))
        headers = exchange.headers
        if body != exchange.body:
            length = str(len(body)).encode()
            headers = [each for each in headers if each[0] != b"content-length"]
            headers.append((b"content-length", length))
        stream = _Body(scheduler, request, headers, body, is_cut=exchange.is_aborted)
        return httpx.Response(status, headers=headers, stream=stream, request=request)

    def _latency(self) -> float:
        share: float = self._amazon.chance.random()
        return FASTEST + (SLOWEST - FASTEST) * share**3


class _Exchange:
    """One request that the application answers, without a loop: nothing in it has to be waited for."""

    def __init__(self, amazon: Amazon, request: httpx.Request) -> None:
        self._amazon = amazon
        self._request = request
        self._sent: bytes | None = request.read()
        self._patience = (request.extensions.get("timeout") or {}).get("read") or math.inf
        self.status: int | None = None
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()
        self.is_aborted = False

    def run(self) -> None:
        """Have it answered."""
        running = self._amazon.app(self._scope(), self._receive, self._send)
        try:
            running.send(None)  # type: ignore[attr-defined]
        except StopIteration:
            return
        except _TimedOut:
            raise httpx.ReadTimeout("timed out", request=self._request) from None
        raise AssertionError("the sandbox's application waits for something in a simulation")

    def _scope(self) -> Scope:
        url = self._request.url
        return {
            "type": "http",
            "http_version": "1.1",
            "method": self._request.method,
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.partition(b"?")[0],
            "root_path": "",
            "query_string": url.query,
            "headers": [(key.lower(), value) for key, value in self._request.headers.raw],
            "server": ("127.0.0.1", 1),
            "client": ("127.0.0.1", 2),
            "extensions": {ABORT: self._abort, REFUSE: self._refuse, WAIT: self._wait},
        }

    async def _receive(self) -> Message:
        if self._sent is None:
            return {"type": "http.disconnect"}
        body, self._sent = self._sent, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = list(message["headers"])
        else:
            self.body += message.get("body", b"")

    def _abort(self) -> None:
        self.is_aborted = True
        self._sent = None

    async def _refuse(self, seconds: float) -> None:
        self._amazon.refuses_until = self._amazon.scheduler.time + seconds

    async def _wait(self, seconds: float) -> None:
        """Wait within the call, as long as the client does."""
        self._amazon.scheduler.sleep(min(seconds, self._patience))
        if seconds >= self._patience:
            raise _TimedOut


class _Body(httpx.SyncByteStream):
    """A body that arrives in pieces, and may break off."""

    def __init__(
        self,
        scheduler: Scheduler,
        request: httpx.Request,
        headers: list[tuple[bytes, bytes]],
        body: bytes,
        *,
        is_cut: bool,
    ) -> None:
        self._scheduler = scheduler
        self._request = request
        self._declared = int(dict(headers).get(b"content-length", len(body)))
        self._body = body
        self._is_cut = is_cut

    @override
    def __iter__(self) -> Iterator[bytes]:
        body = self._body[: self._declared]
        for first in range(0, len(body), PIECE):
            self._scheduler.point()
            yield body[first : first + PIECE]
        if self._is_cut:
            raise httpx.ReadError("Connection reset by peer", request=self._request)
        if len(body) < self._declared:
            raise httpx.RemoteProtocolError(
                "peer closed connection without sending complete message body",
                request=self._request,
            )


def utc(seconds: float) -> datetime:
    """Return an instant of simulated time."""
    return datetime.fromtimestamp(START.timestamp() + seconds, UTC)

"""The sandbox inside the process, under a clock that waiting moves: hours of quotas pass in seconds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx

from amazon_seller_sandbox.clock import ManualClock
from amazon_seller_sandbox.server.app import make_app
from amazon_seller_sandbox.state.sandbox import Sandbox
from amazon_seller_sandbox.world.world import DEFAULT_NOW_SECONDS, Settings, World
from amazon_selling_partner import AmazonClock, Credentials, SellingPartnerClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from amazon_selling_partner import Event

URL = "http://127.0.0.1:9"


class MovedClock(AmazonClock):
    """A clock that stands, but for waits."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(believed=None)
        self._clock = clock

    def now(self) -> datetime:
        """The sandbox's time."""
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def monotonic(self) -> float:
        """Seconds of the sandbox."""
        return self._clock.now()

    def wait(self, seconds: float, wake: Event | None = None) -> None:
        """Let the time pass at once."""
        if wake is None or not wake.is_set():
            self._clock.advance(max(0.0, seconds))

    def synchronise(self, date_header: str, sent: float) -> None:
        """Do nothing: it is the sandbox's own clock."""


class InProcess(httpx.BaseTransport):
    """Hands requests to the sandbox's application; `watch` gets each first."""

    def __init__(self, app: Any, watch: Callable[[httpx.Request], None]) -> None:
        self._inner = httpx.ASGITransport(app=app)
        self._loop = asyncio.new_event_loop()
        self._watch = watch

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        self._watch(request)
        return self._loop.run_until_complete(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        content = b"".join([piece async for piece in answer.stream])  # type: ignore[union-attr]
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)

    def close(self) -> None:
        """Close the loop."""
        self._loop.close()


class InProcessAmazon:
    """A sandbox and a client of it."""

    def __init__(
        self,
        codes: int,
        seed: int,
        account: str = "EU",
        watch: Callable[[httpx.Request], None] = lambda _: None,
    ) -> None:
        self.clock = ManualClock(DEFAULT_NOW_SECONDS)
        world = World(Settings(seed=seed, codes=codes, listings=20, orders=1), self.clock)
        self.sandbox = Sandbox(world, URL)
        self.client = SellingPartnerClient(
            Credentials(
                lwa_client_id="amzn1.application-oa2-client.sandbox",
                client_secret="sandbox-secret",  # noqa: S106 - opens nothing
                refresh_token=f"Atzr|sandbox-{account}",
            ),
            URL,
            MovedClock(self.clock),
            token_url=f"{URL}/auth/o2/token",
            transport=InProcess(make_app(self.sandbox), watch),
        )

    def now(self) -> datetime:
        """The sandbox's time."""
        return datetime.fromtimestamp(self.clock.now(), UTC)

    def close(self) -> None:
        """End both."""
        self.client.close()
        self.sandbox.close()

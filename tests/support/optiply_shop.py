"""Clients of the sandbox's Optiply, which say what they waited for and which tokens they got."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl.optiply.client import Optiply
from amazon_optiply_etl.optiply.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import RunningSandbox

PASSWORD = "optiply-sandbox-password"
CLIENT_SECRET = "optiply-sandbox-secret"


@dataclass(slots=True)
class Watched:
    """A client with what it did: the waits it requested and the tokens it was given."""

    optiply: Optiply
    waits: list[float]
    tokens: list[str]


@dataclass(slots=True)
class Connect:
    """Makes clients that are closed when the test ends."""

    sandbox: RunningSandbox
    opened: list[Optiply] = field(default_factory=list)

    def credentials(self, **changed: Any) -> Credentials:
        """The credentials of the sandbox's European shop."""
        own = Credentials(
            username="eu@optiply.example",
            password=PASSWORD,
            client_id="optiply-sandbox",
            client_secret=CLIENT_SECRET,
            account_id="102",
            coupling_id="1002",
            api_url=f"{self.sandbox.url}/optiply/v1",
            dashboard_url=f"{self.sandbox.url}/optiply/api",
        )
        return replace(own, **changed)

    def __call__(
        self, *, timeout: float = 30.0, on_wait: Callable[[], object] = int, **changed: Any
    ) -> Watched:
        """Return a client with these credentials changed."""
        waits: list[float] = []
        tokens: list[str] = []

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            on_wait()

        optiply = Optiply(
            self.credentials(**changed),
            on_token=tokens.append,
            sleep=sleep,
            timeout=timeout,
        )
        self.opened.append(optiply)
        return Watched(optiply, waits, tokens)

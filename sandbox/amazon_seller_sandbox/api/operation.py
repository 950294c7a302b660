"""One operation of SP-API and one call of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from amazon_seller_sandbox.state.quotas import Rate
    from amazon_seller_sandbox.state.reports import ReportBook
    from amazon_seller_sandbox.state.sandbox import Sandbox
    from amazon_seller_sandbox.world.accounts import Grant

Json = dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised call."""

    sandbox: Sandbox
    grant: Grant
    path: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: Mapping[str, Any]
    effect: str | None = None
    """The fault that is to change what happens, if any."""
    opened: bool = False
    """Whether it came with a restricted data token for its path."""

    @property
    def book(self) -> ReportBook:
        """Return the reports of the calling account."""
        return self.sandbox.books[self.grant.account.key]

    def delivered(self, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the entries of a list as they are delivered: each once, or twice by a fault."""
        times = 2 if self.effect == "twice" else 1
        return [each for each in entries for _ in range(times)]


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of Amazon's API models."""

    name: str
    method: str
    path: str
    rate: Rate
    success: int
    perform: Callable[[Call], Awaitable[Json]]
    role: str | None = None
    rate_on_every_error: bool = False
    """Whether the model declares the rate limit header on all answers but 403."""
    takes: type = dict
    """What the body of a request is: an object, or a list."""
    restricted: bool = False
    """Whether it needs a restricted data token for its path."""
    grantless: str = ""
    """The scope of the token that it needs, the application's alone; none where it is a seller's."""

    def shows_rate(self, status: int) -> bool:
        """Say whether an answer carries ``x-amzn-RateLimit-Limit``, as Amazon's model has it."""
        shown = status in (self.success, 400, 404)
        return shown or (self.rate_on_every_error and status != 403)  # noqa: PLR2004

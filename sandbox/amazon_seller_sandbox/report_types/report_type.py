"""What the sandbox knows of a report type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.files.documents import Content
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.world import Business, World


@dataclass(frozen=True, slots=True)
class Unasked:
    """A report that Amazon makes by itself; instants in seconds."""

    id: str
    market: Marketplace
    start: float
    end: float
    created: float


def _none_unasked(_world: World, _business: Business, _now: int) -> tuple[Unasked, ...]:
    return ()


def _no_objection(_asked: Asked) -> None:
    return None


@dataclass(frozen=True, slots=True)
class TypeLimit:
    """What Amazon allows of one report type, beside the usage plan of createReport.

    Sources: amzn/selling-partner-api-models#5210 (a 429 where the type is requested too often) and #5240
    (requests are accepted, but so many reports a day are made and the others stay IN_QUEUE).
    """

    interval: float = 0.0
    """Seconds between two requests."""
    requests_a_day: int = 0
    made_a_day: int = 0


@dataclass(frozen=True, slots=True)
class ReportType:
    """What is special about a report type; durations in seconds."""

    name: str
    content: Callable[[Asked], Content]
    role: str
    longest_window: float | None = None
    oldest_data: float | None = None
    cool_down: float = 0.0
    one_marketplace: bool = False
    compressed: bool | None = True
    """None: compressed or not, as it comes."""
    objection: Callable[[Asked], str | None] = _no_objection
    """Why the report ends FATAL, as its document says; None where it can be made."""
    requestable: bool = True
    """False where Amazon makes the report by itself."""
    unasked: Callable[[World, Business, int], Iterable[Unasked]] = _none_unasked
    """The reports that Amazon has made by itself up to an instant."""
    regions: tuple[str, ...] = ()
    """Where the report exists; everywhere if none is named."""
    restricted: bool = False
    """Whether its document needs a restricted data token."""
    limit: TypeLimit = TypeLimit()

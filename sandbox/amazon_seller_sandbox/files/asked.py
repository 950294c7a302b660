"""What a report is asked to hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.world import Business, World


@dataclass(frozen=True, slots=True)
class Asked:
    """One report to be written: whose, of what time, with which options; instants in seconds."""

    world: World
    business: Business
    markets: tuple[Marketplace, ...]
    start: float
    end: float
    options: Mapping[str, str]
    created: float
    as_of: int
    """Up to when things have happened for this report."""
    compressed: bool

    @property
    def market(self) -> Marketplace:
        """Return the marketplace requested; most report types heed only the first."""
        return self.markets[0]

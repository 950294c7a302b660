"""How many codes a call should have: a page holds 20 items, and some codes have several.

Twenty codes that find 21 items cost two calls. Where Amazon knows nearly all codes and one in ten has
several ASINs, seventeen codes a call need a sixth fewer calls than twenty.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from amazon_asin_match.search.asking import MOST_CODES

PAGE: Final = 20
"""Items of a page of searchCatalogItems, at most."""
FEWEST_SEEN: Final = 200
"""Codes after whose answers the number is chosen; before it is 20."""
_LEAST: Final = 8


class BatchSize:
    """Learns from answers how many items a code has, and chooses the cheapest size of a batch."""

    def __init__(self) -> None:
        self._seen: Counter[int] = Counter()
        self._chosen = MOST_CODES
        self._chosen_at = 0

    def learn(self, items_of_a_code: int) -> None:
        """Take note of a code's answer."""
        self._seen[min(items_of_a_code, PAGE)] += 1

    @property
    def codes(self) -> int:
        """How many codes the next call should have."""
        total = self._seen.total()
        if total >= FEWEST_SEEN and total >= 1.2 * self._chosen_at:
            self._chosen, self._chosen_at = cheapest(self._seen), total
        return self._chosen


def cheapest(seen: Counter[int]) -> int:
    """The number of codes whose calls cost least per code.

    Args:
        seen: How many codes had how many items.

    >>> cheapest(Counter({0: 7, 1: 3})), cheapest(Counter({1: 90, 2: 10}))
    (20, 16)
    """
    total = seen.total()
    shares = [seen[items] / total for items in range(PAGE + 1)]
    sums = [1.0]
    best, least = MOST_CODES, float("inf")
    for codes in range(1, MOST_CODES + 1):
        sums = _convolved(sums, shares)
        pages = sum(
            share * max(1, -(-items // PAGE)) for items, share in enumerate(sums) if share > 0
        )
        cost = pages / codes
        if codes >= _LEAST and cost <= least:
            best, least = codes, cost
    return best


def _convolved(sums: list[float], shares: list[float]) -> list[float]:
    """The distribution of the items of one code more."""
    found = [0.0] * (len(sums) + len(shares) - 1)
    for items, share in enumerate(sums):
        if share > 1e-12:  # noqa: PLR2004 - nothing
            for more, chance in enumerate(shares):
                found[items + more] += share * chance
    return found

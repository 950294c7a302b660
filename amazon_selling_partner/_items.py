"""Searches by identifiers, in the catalog and in the seller's listings: all pages of one question."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amazon_selling_partner import _answers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amazon_selling_partner._answers import Answered, CatalogPage
    from amazon_selling_partner._calls import Calls

logger = logging.getLogger(__name__)

LARGEST_PAGE = 20
"""Of searchCatalogItems and searchListingsItems; their default is 10."""


@dataclass(frozen=True, slots=True)
class FoundItems:
    """What Amazon found.

    Attributes:
        items: Each as Amazon has it; those that cannot be relied on are left out, with a warning.
        number_of_results: How many it says that it found; None where it does not say.
        came: How many came, those left out included.
        calls: How many calls that took.
    """

    items: list[dict[str, Any]]
    number_of_results: int | None
    came: int
    calls: int

    @property
    def is_complete(self) -> bool:
        """Whether as many came as were found: Amazon has left out pages (docs#2377, models#2999)."""
        return self.number_of_results is None or self.came >= self.number_of_results


def search(
    calls: Calls,
    operation: str,
    item: type[Answered],
    parameters: Mapping[str, Any],
    arguments: Sequence[str] = (),
) -> FoundItems:
    """All pages of a search; each needs all parameters of the first beside its token (models#4178).

    Raises:
        UnavailableError: Amazon does not answer.
        AmazonError: Amazon refuses the call.
    """
    asked = {**parameters, "pageSize": LARGEST_PAGE}
    found: list[dict[str, Any]] = []
    tokens: set[str] = set()
    came = made = 0
    while True:
        page: CatalogPage = calls.call(operation, _answers.catalog_page, *arguments, **asked)
        made += 1
        came += len(page.items)
        for each in page.items:
            if flaw := _answers.flaw(each, item):
                logger.warning(
                    "%s gave an item that cannot be read, which is left out (%s).", operation, flaw
                )
            else:
                found.append(each)
        if not page.token or page.token in tokens:
            return FoundItems(found, page.number_of_results, came, made)
        tokens.add(page.token)
        asked["pageToken"] = page.token

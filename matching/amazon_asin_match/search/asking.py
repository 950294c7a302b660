"""Questions to Amazon: up to 20 codes a call, halved where one spoils the others or pages are missing.

Amazon's habits and their sources: one value that it refuses fails the call without being named
(amzn/selling-partner-api-docs#2543), an answer may lack its pagination (docs#2377, models#2999), and
nothing says which code found which item (docs#2378), so that answers are joined by canonical code.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from amazon_asin_match.codes.code import CodeKind
from amazon_asin_match.search.items import (
    CATALOG_DATASETS,
    LISTING_DATASETS,
    ItemFacts,
    catalog_item,
    listing_item,
)
from amazon_selling_partner import AmazonError, PermissionDeniedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amazon_asin_match.codes.code import Code
    from amazon_selling_partner import FoundItems

logger = logging.getLogger(__name__)

MOST_CODES: Final = 20
"""Identifiers of a call, in the models of both operations."""
CULPRITS: Final = frozenset({400, 404, 413})
"""How Amazon refuses a call for the sake of one value, or of too many."""
MOST_REFUSED: Final = 40
"""So many codes in a row that are refused one by one: then it is not about them."""


class Amazon(Protocol):
    """The calls that matching makes; `SellingPartnerClient` has them."""

    def search_catalog(
        self,
        identifiers: Sequence[str],
        identifiers_type: str,
        marketplace_id: str,
        datasets: Sequence[str],
        *,
        seller_id: str = "",
    ) -> FoundItems:
        """searchCatalogItems, all pages."""

    def search_listings(
        self,
        seller_id: str,
        identifiers: Sequence[str],
        identifiers_type: str,
        marketplace_id: str,
        datasets: Sequence[str],
    ) -> FoundItems:
        """searchListingsItems, all pages."""


@dataclass(frozen=True, slots=True)
class Found:
    """An item that a code found; `listed`: whether it shows the code among its identifiers."""

    item: ItemFacts
    listed: bool


@dataclass(frozen=True, slots=True)
class LeftOver:
    """An item that lists none of the codes that were asked: one of the `suspects` found it."""

    item: ItemFacts
    suspects: tuple[Code, ...]


@dataclass(slots=True)
class Asked:
    """What Amazon said to some codes.

    Attributes:
        found: The items of each code that was answered, none where Amazon knows it not.
        refused: Amazon's words to each code that it refuses.
        short: A sentence to each code of which Amazon found more than it gave.
        left_over: Items of which it is not known which code found them.
        calls: How many calls were made, further pages included.
    """

    found: dict[Code, list[Found]] = field(default_factory=dict)
    refused: dict[Code, str] = field(default_factory=dict)
    short: dict[Code, str] = field(default_factory=dict)
    left_over: list[LeftOver] = field(default_factory=list)
    calls: int = 0

    def add(self, other: Asked) -> None:
        """Take over what another question gave."""
        self.found |= other.found
        self.refused |= other.refused
        self.short |= other.short
        self.left_over += other.left_over
        self.calls += other.calls


class Asker:
    """Asks Amazon about the codes of one marketplace.

    Args:
        amazon: Makes the calls, within their quotas.
        marketplace_id: The marketplace.
        seller_id: The seller, whose listings are asked first; empty where it is not known.
    """

    def __init__(self, amazon: Amazon, marketplace_id: str, seller_id: str = "") -> None:
        self._amazon = amazon
        self._marketplace_id = marketplace_id
        self.seller_id = seller_id
        self._refused_in_a_row = 0

    def catalog(self, codes: Sequence[Code]) -> Asked:
        """SearchCatalogItems for up to 20 codes of one `identifiersType`.

        Raises:
            AmazonError: Amazon refuses the call, and not for the sake of a code.
            UnavailableError: Amazon does not answer.
        """
        return self._catalog(list(codes), "")

    def _catalog(self, codes: list[Code], known_refusal: str) -> Asked:
        """The same; `known_refusal` are Amazon's words where one of the codes must be the culprit."""
        if known_refusal and len(codes) == 1:
            return Asked(refused={codes[0]: known_refusal})
        if known_refusal:
            return self._halves(codes, known_refusal)
        try:
            answer = self._amazon.search_catalog(
                [code.identifier for code in codes],
                codes[0].identifiers_type,
                self._marketplace_id,
                CATALOG_DATASETS,
            )
        except PermissionDeniedError:
            raise
        except AmazonError as error:
            if error.status not in CULPRITS:
                raise
            return self._refused(codes, error)
        self._refused_in_a_row = 0
        if not answer.is_complete and len(codes) > 1:
            halved = self._halves(codes, "")
            halved.calls += answer.calls
            return halved
        asked = attribute(
            codes, [catalog_item(item, self._marketplace_id) for item in answer.items]
        )
        asked.calls = answer.calls
        if not answer.is_complete:
            asked.short[codes[0]] = (
                f"Amazon found {answer.number_of_results} items and gave {answer.came}."
            )
        return asked

    def _refused(self, codes: list[Code], error: AmazonError) -> Asked:
        words = f"{error.code}: {error.message}"
        if len(codes) == 1:
            self._refused_in_a_row += 1
            if self._refused_in_a_row > MOST_REFUSED:
                raise error
            return Asked(refused={codes[0]: words}, calls=1)
        halved = self._halves(codes, words)
        halved.calls += 1
        return halved

    def _halves(self, codes: list[Code], refusal: str) -> Asked:
        """Both halves; where the first is not to blame for a refusal, the second is, unasked."""
        middle = (len(codes) + 1) // 2
        asked = self._catalog(codes[:middle], "")
        culprit = refusal if refusal and not asked.refused else ""
        asked.add(self._catalog(codes[middle:], culprit))
        return asked

    def listings(self, codes: Sequence[Code]) -> Asked:  # noqa: C901 - one answer, one pass
        """SearchListingsItems for up to 20 codes of one type: the codes that the seller lists.

        Only codes that a listing names are in `found`. A listing that names none of them is passed over:
        the catalog gets its code.

        Raises:
            AmazonError: Amazon refuses the call, and not for the sake of a code.
            UnavailableError: Amazon does not answer.
        """
        batch = list(codes)
        try:
            answer = self._amazon.search_listings(
                self.seller_id,
                [code.identifier for code in batch],
                batch[0].identifiers_type,
                self._marketplace_id,
                LISTING_DATASETS,
            )
        except PermissionDeniedError:
            raise
        except AmazonError as error:
            if error.status not in CULPRITS:
                raise
            return self._refused_listings(batch, error)
        if not answer.is_complete and len(batch) > 1:
            return self._listings_in_halves(batch, answer.calls)
        asked = Asked(calls=answer.calls)
        for item in answer.items:
            facts = listing_item(item, self._marketplace_id)
            if facts is None:
                continue
            for code in batch:
                is_sku = code.kind is CodeKind.SKU and code.value in facts.own_skus
                if is_sku or code.key in facts.identifiers:
                    _add_own(asked.found.setdefault(code, []), facts)
        if batch[0].kind is CodeKind.SKU:
            for code in batch:
                asked.found.setdefault(code, [])
        return asked

    def _refused_listings(self, batch: list[Code], error: AmazonError) -> Asked:
        if len(batch) > 1:
            return self._listings_in_halves(batch, 1)
        asked = Asked(calls=1)
        if batch[0].kind is CodeKind.SKU:  # nobody else can be asked
            asked.refused[batch[0]] = f"{error.code}: {error.message}"
        return asked

    def _listings_in_halves(self, batch: list[Code], calls: int) -> Asked:
        middle = (len(batch) + 1) // 2
        asked = self.listings(batch[:middle])
        asked.add(self.listings(batch[middle:]))
        asked.calls += calls
        return asked


def _add_own(found: list[Found], facts: ItemFacts) -> None:
    """Add a listing; several SKUs of one ASIN are one item."""
    for place, each in enumerate(found):
        if each.item.asin == facts.asin:
            skus = (*each.item.own_skus, *facts.own_skus)
            found[place] = Found(_with_skus(each.item, skus), listed=True)
            return
    found.append(Found(facts, listed=True))


def _with_skus(facts: ItemFacts, skus: tuple[str, ...]) -> ItemFacts:
    values = {name: getattr(facts, name) for name in facts.__struct_fields__}
    return ItemFacts(**(values | {"own_skus": tuple(dict.fromkeys(skus))}))


def attribute(codes: Sequence[Code], items: Sequence[ItemFacts]) -> Asked:
    """Which code found which item, as far as the items show it.

    A single code has found whatever came. Codes without an item may still have found what is left over.
    """
    asked = Asked(found={code: [] for code in codes})
    by_key: Mapping[str, Code] = {code.key: code for code in codes}
    seen: set[str] = set()
    homeless: list[ItemFacts] = []
    for item in items:
        if item.asin in seen:  # a page that came twice
            continue
        seen.add(item.asin)
        keys = (*item.identifiers, f"{CodeKind.ASIN}:{item.asin}")
        listed = [by_key[key] for key in keys if key in by_key]
        for code in listed:
            asked.found[code].append(Found(item, listed=True))
        if not listed:
            homeless.append(item)
    if len(codes) == 1:
        asked.found[codes[0]] += [Found(item, listed=False) for item in homeless]
        return asked
    empty = [code for code in codes if not asked.found[code]]
    others = [code for code in codes if asked.found[code]]
    asked.left_over = [LeftOver(item, (*empty, *others)) for item in homeless]
    return asked

"""Answers searchCatalogItems by identifiers and searchListingsItems for the code catalog.

What is odd about Amazon is odd here: identifiers of any GTIN-compatible type find by GTIN (models#264),
items do not say which code found them (docs#2378), one bad value fails a call without being named
(docs#2543), and an answer of several pages may lack its pagination (docs#2377, docs#3711).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.world.code_catalog.items import Answer, Item, answer, is_refused
from amazon_seller_sandbox.world.code_catalog.products import (
    amazon_title,
    bundle_title,
    product,
    used_title,
)
from amazon_seller_sandbox.world.code_catalog.rows import make_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from amazon_seller_sandbox.world.accounts import Marketplace

GTIN_TYPES = frozenset({"EAN", "GTIN", "ISBN", "JAN", "UPC"})
"""What Amazon converts to GTIN before it searches."""
PAGES_LOST_EVERY = 25
"""Of so many answers of several pages one has no pagination."""
_BUNDLED = 90_000_000


def canonical(identifier: str) -> str | None:
    """Return an identifier as GTIN-14; None where it is none. An ISBN-10 becomes its ISBN-13."""
    if len(identifier) == 10 and identifier[:9].isdigit():  # noqa: PLR2004
        body = "978" + identifier[:9]
        total = sum(
            int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(body[::-1])
        )
        identifier = body + str(-total % 10)
    return identifier.zfill(14) if identifier.isdigit() and len(identifier) <= 14 else None  # noqa: PLR2004


@dataclass(frozen=True)
class CodeCatalog:
    """The products of so many codes, as a pure function of the seed."""

    seed: int
    count: int

    @cached_property
    def _by_gtin(self) -> dict[str, list[int]]:
        """Return the products whose items a GTIN-14 finds."""
        found: dict[str, list[int]] = {}
        for index in range(self.count):
            each = answer(self.seed, index)
            for code in {each.code, *(code for item in each.items for code in item.found_by)}:
                found.setdefault(code.zfill(14), []).append(index)
        return found

    @cached_property
    def _by_asin(self) -> dict[str, int]:
        return {
            item.asin: index
            for index in range(self.count - 1, -1, -1)
            for item in answer(self.seed, index).items
        }

    def refuses(self, identifier: str) -> bool:
        """Say whether Amazon refuses a call for this identifier."""
        gtin = canonical(identifier)
        return gtin is not None and any(map(is_refused, self._own(gtin)))

    def _own(self, gtin: str) -> list[int]:
        """Return the products that have this code themselves."""
        return [
            index
            for index in self._by_gtin.get(gtin, ())
            if answer(self.seed, index).code.zfill(14) == gtin
        ]

    def found_by(self, kind: str, identifier: str, market: Marketplace) -> list[Item]:
        """Return the items that an identifier of a type finds in a marketplace."""
        if kind == "ASIN":
            index = self._by_asin.get(identifier)
            return [] if index is None else [
                item for item in self._present(index, market) if item.asin == identifier
            ]  # fmt: skip
        gtin = canonical(identifier) if kind in GTIN_TYPES else None
        if gtin is None:
            return []
        items = {
            item.asin: item
            for index in self._by_gtin.get(gtin, ())
            for item in self._present(index, market)
            if index in self._own(gtin) or gtin in {code.zfill(14) for code in item.found_by}
        }
        return list(items.values())

    def _present(self, index: int, market: Marketplace) -> Sequence[Item]:
        """Return the items of a product that a marketplace has."""
        found = answer(self.seed, index)
        if not found.absent:
            return found.items
        # Known in France, Great Britain, Italy, Japan and the US alone.
        return found.items if market.country[0] > "E" else ()

    def own_listings(
        self, identifiers: Sequence[str], kind: str, market: Marketplace
    ) -> Iterator[tuple[str, Item, Answer]]:
        """Yield the seller's listings of the identified products: SKU, item and what is asked."""
        for identifier in dict.fromkeys(identifiers):
            gtin = canonical(identifier) if kind in GTIN_TYPES else None
            for index in self._own(gtin) if gtin else ():
                own = make_row(self.seed, index).own
                found = answer(self.seed, index)
                for item in self._present(index, market):
                    if item.asin == own:
                        yield f"SHOP-{index:07d}", item, found

    def lost_pages(self, identifiers: Sequence[str]) -> bool:
        """Say whether the answer to this call has no pagination though there is more."""
        digest = hashlib.blake2b(",".join(sorted(identifiers)).encode(), digest_size=4).digest()
        return int.from_bytes(digest, "big") % PAGES_LOST_EVERY == 0

    def title(self, item: Item, language: str) -> str:
        """Return an item's title."""
        short = language.split("_", maxsplit=1)[0]
        if item.wording == "bundle":
            other = product(self.seed, item.product.index + _BUNDLED)
            return bundle_title(item.product, other, short, item.form)
        if item.wording == "used":
            return used_title(item.product, short, item.form)
        pack = item.pack if item.in_title else 1
        return amazon_title(item.product, short, pack, item.form, parent=item.wording == "parent")

    def datasets(self, item: Item, market: Marketplace) -> dict[str, Any]:
        """Return all data sets of an item in a marketplace."""
        title = self.title(item, market.language)
        tells_pack = item.quantity_told or not item.in_title
        summary: dict[str, Any] = {
            "marketplaceId": market.id,
            "brand": item.product.brand,
            "itemClassification": item.classification,
            "itemName": title,
        }
        if (tells_pack and item.pack > 1) or item.form % 3:
            summary["packageQuantity"] = item.pack if tells_pack else 1
        if item.form % 2:
            summary |= {"manufacturer": item.product.brand, "modelNumber": item.product.model}
        if item.classification != "VARIATION_PARENT":
            summary |= {"color": item.product.colour_text(market.language.split("_")[0])}
        attributes: dict[str, Any] = {
            "item_name": [{"value": title, "language_tag": market.language,
                           "marketplace_id": market.id}],
        }  # fmt: skip
        if item.pack > 1 and tells_pack and item.form % 5:
            attributes["number_of_items"] = [{"value": item.pack, "marketplace_id": market.id}]
        relationships = [
            {"type": "VARIATION", "parentAsins": list(item.parents),
             "variationTheme": {"attributes": ["color", "size"], "theme": "SIZE_NAME/COLOR_NAME"}}
        ] if item.parents else []  # fmt: skip
        identifiers = [{"identifierType": kind, "identifier": code} for kind, code in item.listed]
        ranks = [{"websiteDisplayGroup": "grocery_display_on_website", "title": "Grocery",
                  "rank": item.rank}] if item.rank else []  # fmt: skip
        images = [
            {"variant": variant, "link": f"https://m.media-amazon.com/images/I/{item.asin}{side}.jpg",
             "height": side, "width": side}
            for variant in ("MAIN", "PT01", "PT02", "PT03")[: item.images]
            for side in (75, 500)
        ]  # fmt: skip
        own = {"marketplaceId": market.id}
        return {
            "attributes": attributes if item.has_summary else {},
            "classifications": [],
            "dimensions": [],
            "identifiers": [own | {"identifiers": identifiers}] if identifiers else [],
            "images": [own | {"images": images}] if images else [],
            "productTypes": [own | {"productType": "GROCERY"}],
            "relationships": [own | {"relationships": relationships}],
            "salesRanks": [own | {"displayGroupRanks": ranks}] if ranks else [],
            "summaries": [summary] if item.has_summary else [],
            "vendorDetails": [],
        }

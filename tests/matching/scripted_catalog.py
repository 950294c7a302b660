"""An Amazon of a few items, which a test makes up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from amazon_asin_match.codes import Code, CodeKind, read_cell
from amazon_asin_match.search.items import ItemFacts
from amazon_selling_partner import AmazonError, FoundItems

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DE = "A1PA6795UKMFR9"


def ean(number: int) -> str:
    """The EAN of a made-up product."""
    body = f"400{number:09d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return body + str(-total % 10)


def code(text: str) -> Code:
    """The one code that a text is read as."""
    [found] = read_cell(text).codes
    return found


def facts(asin: str, *codes: str, **more: Any) -> ItemFacts:
    """An item that lists some codes."""
    keys = tuple(Code(CodeKind.GTIN, each.zfill(14)).key for each in codes)
    return ItemFacts(asin=asin, identifiers=keys, **({"has_summary": True} | more))


def item(asin: str, *codes: str, **summary: Any) -> dict[str, Any]:
    """An item as searchCatalogItems has it."""
    listed = [{"identifierType": "EAN", "identifier": each} for each in codes]
    return {
        "asin": asin,
        "identifiers": [{"marketplaceId": DE, "identifiers": listed}],
        "summaries": [{"marketplaceId": DE, "itemName": f"Item {asin}", **summary}],
    }


@dataclass(slots=True)
class ScriptedCatalog:
    """Answers searches from tables.

    Attributes:
        items: The items by the code that finds them.
        refused: Codes for which Amazon refuses the call.
        listings: The seller's listings by code: SKU and ASIN.
        lost: Numbers of items above which an answer of several codes is cut off at 20, without a token.
        fail: Called with each operation before it is answered; may raise.
        calls: The codes of each call to the catalog.
        listing_calls: And to the listings.
    """

    items: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    listings: dict[str, tuple[str, str]] = field(default_factory=dict)
    lost: bool = False
    fail: Callable[[str], object] = lambda _: None
    calls: list[list[str]] = field(default_factory=list)
    listing_calls: list[list[str]] = field(default_factory=list)

    def search_catalog(
        self,
        identifiers: Sequence[str],
        identifiers_type: str,  # noqa: ARG002
        marketplace_id: str,
        datasets: Sequence[str],
        *,
        seller_id: str = "",  # noqa: ARG002
    ) -> FoundItems:
        """Answer as Amazon does."""
        assert marketplace_id == DE
        assert "identifiers" in datasets
        assert len(identifiers) <= 20
        self.fail("searchCatalogItems")
        self.calls.append(list(identifiers))
        if self.refused & set(identifiers):
            raise AmazonError("searchCatalogItems", 400, "InvalidInput", "Invalid value.")
        found = {
            each["asin"]: each for wanted in identifiers for each in self.items.get(wanted, [])
        }
        came = list(found.values())
        if self.lost and len(came) > 20:
            return FoundItems(came[:20], len(came), 20, 1)
        return FoundItems(came, len(came), len(came), max(1, -(-len(came) // 20)))

    def search_listings(
        self,
        seller_id: str,
        identifiers: Sequence[str],
        identifiers_type: str,
        marketplace_id: str,
        datasets: Sequence[str],  # noqa: ARG002
    ) -> FoundItems:
        """Answer as Amazon does."""
        assert seller_id
        self.fail("searchListingsItems")
        self.listing_calls.append(list(identifiers))
        found = []
        for wanted in identifiers:
            if wanted in self.listings:
                sku, asin = self.listings[wanted]
                value = {"value": wanted, "type": identifiers_type.lower()}
                found.append(
                    {
                        "sku": sku,
                        "summaries": [
                            {
                                "marketplaceId": marketplace_id,
                                "asin": asin,
                                "itemName": f"Own {asin}",
                            }
                        ],
                        "attributes": {"externally_assigned_product_identifier": [value]},
                    }
                )
        return FoundItems(found, len(found), len(found), 1)

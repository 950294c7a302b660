"""What a user searches for: product codes, keywords, brands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_amazon_associates.codes import gtin14
from tap_amazon_associates.errors import ConfigurationError
from tap_amazon_associates.marketplaces import find

if TYPE_CHECKING:
    from tap_amazon_associates.marketplaces import Marketplace

CRITERIA = {
    "keywords": "keywords",
    "brand": "brand",
    "title": "title",
    "author": "author",
    "artist": "artist",
    "actor": "actor",
    "search_index": "searchIndex",
    "browse_node_id": "browseNodeId",
}
"""What can be searched for, and Amazon's names for it."""
CODE_NAMES = ("ean", "upc", "gtin", "isbn")
SORT_ORDERS = (
    "AvgCustomerReviews", "Featured", "NewestArrivals", "Price:HighToLow", "Price:LowToHigh",
    "Relevance",
)  # fmt: skip
MOST_PAGES = 10
"""`itemPage` goes from 1 to 10."""
_LONGEST = 1_000  # characters of a criterion


@dataclass(frozen=True, slots=True)
class Search:
    """One search.

    Attributes:
        query: How records name it: the code, the keywords, or `brand=...; title=...`.
        criteria: By Amazon's names.
        code: The product code that items must have; None: all items are taken.
        marketplace: None: the usual one.
        pages: How many pages of ten items are read.
    """

    query: str
    criteria: tuple[tuple[str, str], ...]
    code: str | None = None
    marketplace: Marketplace | None = None
    pages: int = 1


def of_code(text: str, marketplace: Marketplace | None = None) -> Search:
    """The search for a product code; the Creators API has no look-up by code.

    Raises:
        ConfigurationError: It is none.
    """
    code = text.strip()
    if gtin14(code) is None:
        raise ConfigurationError(
            f"'{code[:40]}' is not a product code: EAN, UPC, GTIN and ISBN have 8 to 14 digits, of "
            "which the last one is a check digit."
        )
    return Search(code, (("keywords", code),), code, marketplace)


def search_of(value: Any, where: str) -> Search:
    """A search as a configuration or a line of a file has it: a text, or an object.

    A text that is a product code is one; any other is keywords.

    Args:
        value: A text or an object.
        where: What names its place in a sentence, such as `Setting 'searches', entry 3`.

    Raises:
        ConfigurationError: It is none.
    """
    if isinstance(value, str) and value.strip():
        text = " ".join(value.split())
        if gtin14(text) is not None:
            return of_code(text)
        return Search(_checked(text, where), (("keywords", text),))
    if not isinstance(value, dict) or not value:
        raise ConfigurationError(
            f"{where} must be a text or an object with one of {', '.join((*CODE_NAMES, *CRITERIA))}."
        )
    known = {*CRITERIA, *CODE_NAMES, "country", "pages", "sort_by"}
    for key in value:
        if key not in known:
            raise ConfigurationError(
                f"{where} has '{key}', which is none of {', '.join(sorted(known))}."
            )
    return _of_object(value, where)


def _of_object(value: dict[str, Any], where: str) -> Search:
    marketplace = _marketplace(value.get("country"), where)
    pages = value.get("pages", 1)
    if isinstance(pages, bool) or not isinstance(pages, int) or not 1 <= pages <= MOST_PAGES:
        raise ConfigurationError(f"{where}: 'pages' must be a whole number from 1 to {MOST_PAGES}.")
    for name in CODE_NAMES:
        if value.get(name):
            try:
                return of_code(str(value[name]), marketplace)
            except ConfigurationError as error:
                raise ConfigurationError(f"{where}: {error}") from None
    given = {name: _checked(value[name], where) for name in CRITERIA if value.get(name)}
    if not given:
        raise ConfigurationError(f"{where} says nothing to search for.")
    criteria = {CRITERIA[name]: text for name, text in given.items()}
    if order := value.get("sort_by"):
        if order not in SORT_ORDERS:
            raise ConfigurationError(f"{where}: 'sort_by' must be one of {', '.join(SORT_ORDERS)}.")
        criteria["sortBy"] = order
    keywords_alone = list(given) == ["keywords"]
    query = given["keywords"] if keywords_alone else "; ".join(f"{k}={v}" for k, v in given.items())
    return Search(query, tuple(criteria.items()), None, marketplace, pages)


def _checked(value: Any, where: str) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise ConfigurationError(
            f"{where}: a criterion is a text of at most {_LONGEST} characters."
        )
    return " ".join(value.split())


def _marketplace(name: Any, where: str) -> Marketplace | None:
    if name is None:
        return None
    found = find(name) if isinstance(name, str) else None
    if found is None:
        raise ConfigurationError(f"{where}: '{name}' is not a country that Amazon has a shop for.")
    return found

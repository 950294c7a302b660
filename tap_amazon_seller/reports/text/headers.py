"""Column names: canonical snake_case English, whatever language the file's header is in.

The localised names are those seen in GET_MERCHANT_LISTINGS_* files; other reports have English headers
everywhere. A name that is not known is kept under its own snake_case form, never dropped.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.errors import ReportUnavailableError
from tap_amazon_seller.reports.text.bounds import LONGEST_DATED, LONGEST_LINE, MOST_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

LONGEST_NAME = 63
"""Bytes of a property's name: PostgreSQL cuts longer ones, and takes two with one beginning for one."""

GERMAN = {
    "Artikelbezeichnung": "item_name",
    "Artikelbeschreibung": "item_description",
    "Angebotsnummer": "listing_id",
    "Händler-SKU": "seller_sku",
    "Preis": "price",
    "Menge": "quantity",
    "Erstellungsdatum": "open_date",
    "Artikel ist Marketplace-Angebot": "item_is_marketplace",
    "Produkt-ID-Typ": "product_id_type",
    "Anmerkung zum Artikel": "item_note",
    "Artikelzustand": "item_condition",
    "ASIN 1": "asin1",
    "ASIN 2": "asin2",
    "ASIN 3": "asin3",
    "Internationaler Versand": "will_ship_internationally",
    "Produkt-ID": "product_id",
    "hinzufügen-löschen": "add_delete",
    "Anzahl Bestellungen": "pending_quantity",
    "Versender": "fulfillment_channel",
    "Händlerversandgruppe": "merchant_shipping_group",
    "Status": "status",
    "Mindestbestellmenge": "minimum_order_quantity",
    "Restposten verkaufen": "sell_remainder",
}
JAPANESE = {
    "商品名": "item_name",
    "出品ID": "listing_id",
    "出品者SKU": "seller_sku",
    "価格": "price",
    "数量": "quantity",
    "出品日": "open_date",
    "商品IDタイプ": "product_id_type",
    "コンディション説明": "item_note",
    "コンディション": "item_condition",
    "商品ID": "asin1",
    "ASIN 1": "asin1",
    "フルフィルメント・チャンネル": "fulfillment_channel",
    "ステータス": "status",
}
LANGUAGES: tuple[Mapping[str, str], ...] = (GERMAN, JAPANESE)
RECOGNISED_FROM = 4
"""Cells of one language that make a header that language's: words such as `Status` are in several."""

SPELLINGS = {
    "fulfilment_channel": "fulfillment_channel",  # British
    # "(Current Selling on Amazon + Future Fulfillment fees)" stands behind it, too long for a name
    "estimated_future_fee_current_selling_on_amazon_future_fulfillment_fees": "estimated_future_fee",
}
"""Names that a column has in some files, and its one name."""

SYNONYMS = {
    "country_region": ("country", "country_code"),
    "country_region_code": ("country", "country_code"),
    "country_code": ("country",),
    "msku": ("merchant_sku", "seller_sku", "sku"),
    "merchant_sku": ("msku", "seller_sku", "sku"),
    "seller_sku": ("sku", "merchant_sku", "msku"),
    "sku": ("seller_sku", "merchant_sku", "msku"),
    "asin": ("asin1",),
    "order_id": ("amazon_order_id",),
    "amazon_order_id": ("order_id",),
    "quantity_available": ("quantity",),
}
"""Other names of a column, for files that lack it under its usual one (see `recognised`).

`Country/Region Code` stands in restock reports where `Country` was; the names of a SKU, an ASIN and an
order are those that Amazon's own reports have for them.
"""

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DATE_IN_NAME = re.compile(
    r"(?<![0-9])(?:"
    r"20\d\d(?P<mark>[-/._ ]?)(?:0[1-9]|1[0-2])(?:(?P=mark)(?:0[1-9]|[12]\d|3[01]))?"
    r"|20\d\d[-_ ]?w[0-5]\d"
    r"|\d{1,2}(?P<slash>[-/.])\d{1,2}(?P=slash)20\d\d"
    rf"|(?:\d{{1,2}}[-_. ]?)?(?:{_MONTHS})[a-z]*[-_. ]*(?:\d{{1,2}},? *)?20\d\d"
    r")(?![0-9])",
    re.IGNORECASE,
)
DATE_IN_NAME = "on_date"
DATED_COLUMNS = "dated_columns"
"""The property with what the columns `..._on_date` are called in the file, as a JSON object."""


def canonical_names(header: Sequence[str]) -> list[str]:
    """The canonical name of each header cell; repeated names are numbered from 2.

    A date in a name gives way to the word `on_date`, or the schema would grow with each report.

    >>> canonical_names(["Warehouse-Condition-code", "Deprecated column", "Deprecated column"])
    ['warehouse_condition_code', 'deprecated_column', 'deprecated_column_2']
    >>> canonical_names(["sku", "Units 2026-11-24", "Units 2026-11-25"])
    ['sku', 'units_on_date', 'units_on_date_2']

    Raises:
        ReportUnavailableError: There are more than any table takes.
    """
    if len(header) > MOST_COLUMNS:
        raise ReportUnavailableError(
            f"the first line of a document has {len(header):,} cells, and a table has "
            f"{MOST_COLUMNS:,} columns at most, so it is not a report"
        )
    cells = [cell.strip().strip('"').strip() for cell in header]
    language: Mapping[str, str] = max(
        LANGUAGES, key=lambda table: sum(cell in table for cell in cells)
    )
    if sum(cell in language for cell in cells) < RECOGNISED_FROM:
        language = {}
    names = FreeNames()
    found: list[str] = []
    for position, cell in enumerate(cells, start=1):
        name = language.get(cell) or snake_case(undated(cell)) or f"column_{position}"
        found.append(names.free(SPELLINGS.get(name, name)))
    return found


def undated(cell: str) -> str:
    """A header cell with a word where it has a date.

    >>> undated("Sales Nov 2026"), undated("inv-age-0-to-90-days"), undated("Sales 25/11/2026")
    ('Sales on_date', 'inv-age-0-to-90-days', 'Sales on_date')
    """
    return _DATE_IN_NAME.sub(_word_for_date, cell) if len(cell) <= LONGEST_DATED else cell


def _word_for_date(date: re.Match[str]) -> str:
    """The word, apart from letters beside it."""
    before, after = date.string[: date.start()][-1:], date.string[date.end() :][:1]
    return f"{' ' * before.isalpha()}{DATE_IN_NAME}{' ' * after.isalpha()}"


def recognised(names: Sequence[str], known: Collection[str]) -> list[str]:
    """The names with those that are not known under a known one that they are synonyms of.

    Only where the file has no column of that name: `country_code` stays beside `country`.

    >>> recognised(["country_region_code", "merchant_sku"], {"country", "merchant_sku"})
    ['country', 'merchant_sku']
    """
    found = list(names)
    for position, name in enumerate(names):
        if name not in known:
            others = (other for other in SYNONYMS.get(name, ()) if other in known)
            found[position] = next((other for other in others if other not in found), name)
    return found


class FreeNames:
    """Names that fit every target, each given once: the next one has a number, from 2.

    What is too long is cut, and a digest of it keeps it apart from others that begin alike.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._numbers: dict[str, int] = {}

    def free(self, name: str) -> str:
        """The name, or one like it that nobody has.

        >>> names = FreeNames(["sku"])
        >>> names.free("sku"), names.free("sku"), len(names.free("a" * 64))
        ('sku_2', 'sku_3', 63)
        """
        found, number = fitting(name), self._numbers.get(name, 1)
        while found in self._taken:
            number += 1
            found = fitting(f"{name}_{number}")
        self._numbers[name] = number
        self._taken.add(found)
        return found


def fitting(name: str) -> str:
    """A name of as many bytes as every target takes; a longer one is cut and ends with its digest."""
    if len(name) <= LONGEST_NAME // 4:  # a character has four bytes at most
        return name
    encoded = name.encode()
    if len(encoded) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(encoded).hexdigest()[:8]
    return f"{encoded[: LONGEST_NAME - 9].decode(errors='ignore').rstrip('_')}_{digest}"


class PropertyNames:
    """The names of the properties of a document's records, one for each spelling.

    `itemName` and `item_name` in one document are two properties.
    """

    def __init__(self) -> None:
        self._free = FreeNames([DATED_COLUMNS])
        self._names: dict[str, str] = {}
        self._dated: set[str] = set()
        self._size = 0

    def of(self, spelling: str) -> str:
        """The snake_case name of a property that is written so.

        Raises:
            TooManyNamesError: There are more of them than any table has columns.
        """
        found = self._names.get(spelling)
        if found is None:
            self._size += len(spelling)
            if len(self._names) >= MOST_COLUMNS or self._size > LONGEST_LINE:
                raise TooManyNamesError
            plain = undated(spelling)
            if plain != spelling:
                self._dated.add(spelling)
            found = self._names[spelling] = self._free.free(snake_case(plain) or "property")
        return found

    def record(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """The properties of an object under their names; those with dates are named in one of their own.

        Raises:
            TooManyNamesError: As `of`.
        """
        found = {self.of(spelling): value for spelling, value in item.items()}
        if self._dated and (dated := [spelling for spelling in item if spelling in self._dated]):
            found[DATED_COLUMNS] = json.dumps({self.of(spelling): spelling for spelling in dated})
        return found


class TooManyNamesError(ValueError):
    """The records of a document have more properties than a table has columns."""


def snake_case(text: str) -> str:
    """A header cell in lower case, its words joined by underscores; letters of any script are kept.

    >>> snake_case("item-promotion-discount"), snake_case("MerchantOrderID"), snake_case("FNSKU")
    ('item_promotion_discount', 'merchant_order_id', 'fnsku')
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    return re.sub(r"\W+", "_", words).strip("_").lower()

"""Column names: canonical snake_case English, whatever language the file's header is in.

The localised names are those seen in GET_MERCHANT_LISTINGS_* files; other reports have English headers
everywhere. A name that is not known is kept under its own snake_case form, never dropped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

BRITISH = {"fulfilment_channel": "fulfillment_channel"}


def canonical_names(header: Sequence[str]) -> list[str]:
    """The canonical name of each header cell; repeated names are numbered from 2.

    >>> canonical_names(["Warehouse-Condition-code", "Deprecated column", "Deprecated column"])
    ['warehouse_condition_code', 'deprecated_column', 'deprecated_column_2']
    """
    cells = [cell.strip().strip('"').strip() for cell in header]
    language: Mapping[str, str] = max(
        LANGUAGES, key=lambda table: sum(cell in table for cell in cells)
    )
    if sum(cell in language for cell in cells) < RECOGNISED_FROM:
        language = {}
    names: list[str] = []
    taken: set[str] = set()
    for position, cell in enumerate(cells, start=1):
        name = language.get(cell) or snake_case(cell) or f"column_{position}"
        name = base = BRITISH.get(name, name)
        number = 1
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name)
        names.append(name)
    return names


def snake_case(text: str) -> str:
    """A header cell in lower case, its words joined by underscores; letters of any script are kept.

    >>> snake_case("item-promotion-discount"), snake_case("MerchantOrderID"), snake_case("FNSKU")
    ('item_promotion_discount', 'merchant_order_id', 'fnsku')
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    return re.sub(r"\W+", "_", words).strip("_").lower()

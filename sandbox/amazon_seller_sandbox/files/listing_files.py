"""The listings flat file: its headers in each language, its local dates, and its rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from amazon_seller_sandbox.world.order_lines import money

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.listings import Listing, Offer
    from amazon_seller_sandbox.world.world import Business

COLUMNS = (
    "item-name",
    "item-description",
    "listing-id",
    "seller-sku",
    "price",
    "quantity",
    "open-date",
    "image-url",
    "item-is-marketplace",
    "product-id-type",
    "zshop-shipping-fee",
    "item-note",
    "item-condition",
    "zshop-category1",
    "zshop-browse-path",
    "zshop-storefront-feature",
    "asin1",
    "asin2",
    "asin3",
    "will-ship-internationally",
    "expedited-shipping",
    "zshop-boldface",
    "product-id",
    "bid-for-featured-placement",
    "add-delete",
    "pending-quantity",
    "fulfillment-channel",
    "merchant-shipping-group",
    "status",
)
_EXTRA = ("minimum-order-quantity", "sell-remainder")

# Headers that have no known local name stay English.
_GERMAN = {
    "item-name": "Artikelbezeichnung",
    "item-description": "Artikelbeschreibung",
    "listing-id": "Angebotsnummer",
    "seller-sku": "Händler-SKU",
    "price": "Preis",
    "quantity": "Menge",
    "open-date": "Erstellungsdatum",
    "item-is-marketplace": "Artikel ist Marketplace-Angebot",
    "product-id-type": "Produkt-ID-Typ",
    "item-note": "Anmerkung zum Artikel",
    "item-condition": "Artikelzustand",
    "asin1": "ASIN 1",
    "will-ship-internationally": "Internationaler Versand",
    "product-id": "Produkt-ID",
    "add-delete": "hinzufügen-löschen",
    "pending-quantity": "Anzahl Bestellungen",
    "fulfillment-channel": "Versender",
    "merchant-shipping-group": "Händlerversandgruppe",
    "status": "Status",
    "minimum-order-quantity": "Mindestbestellmenge",
    "sell-remainder": "Restposten verkaufen",
}
_JAPANESE = {
    "item-name": "商品名",
    "listing-id": "出品ID",
    "seller-sku": "出品者SKU",
    "price": "価格",
    "quantity": "数量",
    "open-date": "出品日",
    "product-id-type": "商品IDタイプ",
    "item-note": "コンディション説明",
    "item-condition": "コンディション",
    "asin1": "商品ID",
    "fulfillment-channel": "フルフィルメント・チャンネル",
    "status": "ステータス",
}
_BRITISH = {
    "fulfillment-channel": "fulfilment-channel",
    "minimum-order-quantity": "Minimum order quantity",
    "sell-remainder": "Sell remainder",
}
_LOCAL_NAMES = {"DE": _GERMAN, "JP": _JAPANESE, "GB": _BRITISH, "FR": _BRITISH, "IT": _BRITISH}
_WITH_EXTRA = ("DE", "GB")
_ZONES = {
    "DE": ({"CET": "MET", "CEST": "MEST"}, {"CET": "MEZ", "CEST": "MESZ"}),
    "AU": ({}, {"AEST": "EST", "AEDT": "EDT"}),
}
"""Other abbreviations that a country's files have been seen with, by turns."""


def canonical_columns(market: Marketplace) -> tuple[str, ...]:
    """Return the English names of this marketplace's columns, in file order."""
    if market.country == "US":
        return (*COLUMNS[:27], "optional-payment-type-exclusion", *COLUMNS[27:])
    return COLUMNS + _EXTRA if market.country in _WITH_EXTRA else COLUMNS


def header(market: Marketplace, *, english: bool, columns: tuple[str, ...] | None = None) -> str:
    """Return the header line, in the marketplace's language unless English is requested."""
    names = {} if english else _LOCAL_NAMES.get(market.country, {})
    return "\t".join(names.get(column, column) for column in columns or canonical_columns(market))


def cells(listing: Listing, offer: Offer, market: Marketplace) -> dict[str, str]:
    """Return a listing's cells by English column name; absent columns are empty."""
    index = listing.index
    asin = "" if listing.incomplete else listing.asin
    found = {
        "item-name": listing.titles[market.id],
        "item-description": '12" tall, "as new; don\'t bend' if index % 5 == 0 else "",
        "listing-id": listing.listing_ids[market.id],
        "seller-sku": listing.sku,
        "price": money(offer.price, market),
        "quantity": "" if offer.quantity is None else str(offer.quantity),
        "open-date": local_date(listing.opened, market),
        "item-is-marketplace": "y",
        "product-id-type": "" if listing.incomplete else "1",
        "item-note": 'Box says "10cm' if index % 13 == 0 else "",
        "item-condition": "11",
        "asin1": asin,
        "will-ship-internationally": "1" if index % 7 == 0 else "",
        "product-id": asin,
        "pending-quantity": "0" if listing.fba else str(index % 3),
        "fulfillment-channel": market.network if listing.fba else "DEFAULT",
        "merchant-shipping-group": "" if listing.fba else "Migrated Template",
        "status": offer.status,
    }
    if market.country in _WITH_EXTRA and index % 10 == 0:
        found |= {"minimum-order-quantity": "2", "sell-remainder": "true"}
    return found


def local_date(instant: int, market: Marketplace) -> str:
    """Write an instant as the marketplace's file does, e.g. ``29/09/2025 16:19:39 BST``."""
    moment = datetime.fromtimestamp(instant, UTC).astimezone(ZoneInfo(market.zone))
    abbreviation = moment.tzname() or ""
    if words := _ZONES.get(market.country):
        abbreviation = words[instant % len(words)].get(abbreviation, abbreviation)
    if market.network == "AMAZON_NA":
        return f"{moment:%Y-%m-%d %H:%M:%S} {abbreviation}"
    if market.country == "JP":
        return f"{moment:%Y/%m/%d %H:%M:%S} {abbreviation}"
    return f"{moment:%d/%m/%Y %H:%M:%S} {abbreviation}"


def rows(business: Business, market: Marketplace, as_of: int, *, english: bool) -> Iterator[str]:
    """Yield header and rows, without line ends."""
    yield header(market, english=english)
    names = canonical_columns(market)
    for listing in business.listings.in_marketplace(market, as_of):
        found = cells(listing, business.listings.offer(listing, market, as_of), market)
        row = [found.get(name, "") for name in names]
        if market.country == "GB" and not any(row[-2:]):
            # British files have been seen with two more header cells than row cells.
            row = row[:-2]
        yield "\t".join(row)

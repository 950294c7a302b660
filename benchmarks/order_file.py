"""An all-orders report made from a seed: 30 columns, ISO-8859-1, as every reader is given it."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

COLUMNS = (
    "amazon-order-id", "merchant-order-id", "purchase-date", "last-updated-date", "order-status",
    "fulfillment-channel", "sales-channel", "order-channel", "ship-service-level", "product-name",
    "sku", "asin", "item-status", "quantity", "currency", "item-price", "item-tax",
    "shipping-price", "shipping-tax", "gift-wrap-price", "gift-wrap-tax",
    "item-promotion-discount", "ship-promotion-discount", "ship-city", "ship-state",
    "ship-postal-code", "ship-country", "promotion-ids", "is-business-order",
    "purchase-order-number",
)  # fmt: skip
CHARSET = "ISO-8859-1"
_TITLES = (
    "Küchenwaage digital 5 kg, Edelstahl, Tara-Funktion", "Trinkflasche 750 ml auslaufsicher",
    "LED-Leuchtmittel E27, 10er-Pack, warmweiß", "Gästehandtuch 30 x 50 cm, 6 Stück, grau",
    "Ersatzfilter für Wasserkanne (12 Monate)", "Hundeleine verstellbar 2 m, reflektierend",
)  # fmt: skip
_CITIES = ("Berlin", "Köln", "München", "Hamburg", "Nürnberg", "Bad Oeynhausen")
_BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
_PRODUCTS = 5_000
_MINUTES = 28 * 24 * 60


def all_orders(rows: int, seed: int = 1) -> bytes:
    """Return the file; every fourth order has two lines, prices are in EUR with 19 % tax.

    No cell has a quotation mark, so that readers which take the file for CSV get the same rows.
    """
    dice = random.Random(seed)  # noqa: S311 - repeatable data, not secrets
    lines = ["\t".join(COLUMNS)]
    order = ""
    for number in range(rows):
        if number % 5 != 4 or not order:
            order = _order(dice, number)
        before, after = order.split("\n")
        lines.append(f"{before}\t{_line(dice)}\t{after}")
    return "\n".join([*lines, ""]).encode(CHARSET)


def _order(dice: random.Random, number: int) -> str:
    """Return the cells of an order before and after those of its line."""
    placed = _BEGIN + timedelta(minutes=dice.randrange(_MINUTES))
    changed = placed + timedelta(minutes=dice.randrange(60))
    order_id = f"302-{number:07d}-{dice.randrange(10**7):07d}"
    before = (
        f"{order_id}\t{order_id}\t{placed.isoformat()}\t{changed.isoformat()}\tShipped\tAmazon\t"
        "Amazon.de\t\tExpedited"
    )
    city = dice.choice(_CITIES)
    return f"{before}\n{city}\t\t{dice.randrange(10**4, 10**5)}\tDE\t\tfalse\t"


def _line(dice: random.Random) -> str:
    product = dice.randrange(_PRODUCTS)
    price = 199 + product * 37 % 9_000
    tax = price * 19 // 119
    return (
        f"{_TITLES[product % len(_TITLES)]}\tSKU-{product:05d}\tB0{product:08d}\tShipped\t1\tEUR\t"
        f"{price / 100:.2f}\t{tax / 100:.2f}\t4.99\t0.80\t\t\t\t"
    )

"""An all-orders report of any size, made from a seed: 30 columns, the same for every reader.

No cell begins with a quotation mark and all letters are in ISO-8859-1, so that readers which take it
for CSV, in any charset, get the same rows.
"""

from __future__ import annotations

import gzip
import io
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = 20261121
CHARSET, GZIPPED_CHARSET = "ISO-8859-1", "UTF-8"
HEADER = (
    "amazon-order-id\tmerchant-order-id\tpurchase-date\tlast-updated-date\torder-status\t"
    "fulfillment-channel\tsales-channel\torder-channel\tship-service-level\tproduct-name\tsku\tasin\t"
    "item-status\tquantity\tcurrency\titem-price\titem-tax\tshipping-price\tshipping-tax\t"
    "gift-wrap-price\tgift-wrap-tax\titem-promotion-discount\tship-promotion-discount\tship-city\t"
    "ship-state\tship-postal-code\tship-country\tpromotion-ids\tis-business-order\tprice-designation\n"
)
COLUMNS = tuple(HEADER.rstrip().split("\t"))
TITLES = (
    'Nordic Home Watering Can 1.5 l, "Large", Zinc', "Söhne & Töchter Bürste mit Griff, blau",
    "Towel Set 6 Pieces 100 % Cotton Grey", "LED Lamp E27 9 W warm white (Pack of 10)",
    "Garden Shovel with wooden handle® of 120 cm", "Kids' Rain Jacket size 116, yellow",
)  # fmt: skip
SECOND_LINES = 0.23  # of all lines
BY_AMAZON = 0.8
LINES_AT_ONCE = 5000
CITIES = (("Berlin", "", "10115"), ("München", "Bayern", "80331"), ("Köln", "NRW", "50667"))


def plain(rows: int, seed: int = SEED) -> bytes:
    """Return the report in CHARSET."""
    return "".join(blocks(rows, seed)).encode(CHARSET)


def gzipped(rows: int, seed: int = SEED) -> bytes:
    """Return the report in GZIPPED_CHARSET, gzipped; its text need not fit into memory."""
    document = io.BytesIO()
    with gzip.GzipFile(fileobj=document, mode="wb", compresslevel=6) as file:
        for text in blocks(rows, seed):
            file.write(text.encode(GZIPPED_CHARSET))
    return document.getvalue()


def blocks(rows: int, seed: int = SEED) -> Iterator[str]:
    """The text, some thousand lines at a time."""
    chance = random.Random(seed)  # noqa: S311 - the same seed gives the same report
    yield HEADER
    lines: list[str] = []
    order = 0
    for number in range(rows):
        if number == 0 or chance.random() > SECOND_LINES:
            order += 1
            head = _order(chance, order)
        lines.append(_line(chance, head))
        if len(lines) == LINES_AT_ONCE:
            yield "".join(lines)
            lines = []
    yield "".join(lines)


def _order(chance: random.Random, number: int) -> tuple[str, str, str]:
    order_id = f"{300 + number % 7}-{number:07}-{chance.randrange(10**7):07}"
    bought = (
        f"2026-10-{1 + number % 28:02}T{chance.randrange(24):02}:{chance.randrange(60):02}:07+00:00"
    )
    changed = (
        f"2026-10-{29 + number % 3}T{chance.randrange(24):02}:00:{chance.randrange(60):02}+00:00"
    )
    channel = "Amazon" if chance.random() < BY_AMAZON else "Merchant"
    city, state, code = chance.choice(CITIES)
    before = (
        f"{order_id}\t{order_id}\t{bought}\t{changed}\tShipped\t{channel}\tAmazon.de\t\tExpedited\t"
    )
    return before, f"{city}\t{state}\t{code}\tDE\t", "true" if number % 9 == 0 else "false"


def _line(chance: random.Random, head: tuple[str, str, str]) -> str:
    before, place, business = head
    product = chance.randrange(5000)
    price = chance.randrange(199, 19999) / 100
    quantity = chance.choice((1, 1, 1, 1, 2, 3))
    discount = f"{price / 10:.2f}" if product % 4 == 0 else ""
    promotion = "DE Core Free Shipping 2015/04/08 23-48-5-292" if product % 4 == 0 else ""
    return (
        f"{before}{TITLES[product % len(TITLES)]} No. {product}\tSKU-{product:05}-DE\t"
        f"B0{product:08}\tShipped\t{quantity}\tEUR\t{price:.2f}\t{price * 0.19:.2f}\t3.99\t0.64\t\t\t"
        f"{discount}\t\t{place}{promotion}\t{business}\t\n"
    )

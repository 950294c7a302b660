"""An all-orders report of any size, made from a seed: 30 columns, as Amazon writes them."""

from __future__ import annotations

import gzip
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEED = 20261121
HEADER = (
    "amazon-order-id\tmerchant-order-id\tpurchase-date\tlast-updated-date\torder-status\t"
    "fulfillment-channel\tsales-channel\torder-channel\tship-service-level\tproduct-name\tsku\tasin\t"
    "item-status\tquantity\tcurrency\titem-price\titem-tax\tshipping-price\tshipping-tax\t"
    "gift-wrap-price\tgift-wrap-tax\titem-promotion-discount\tship-promotion-discount\tship-city\t"
    "ship-state\tship-postal-code\tship-country\tpromotion-ids\tis-business-order\tprice-designation\n"
)
TITLES = (
    'Nordic Home Watering Can 1.5 l, "Large", Zinc', "Söhne & Töchter Bürste mit Griff, blau",
    "Towel Set 6 Pieces 100 % Cotton Grey", "LED Lamp E27 9 W warm white (Pack of 10)",
    "Garden Shovel with wooden handle™ 120 cm", "Kids' Rain Jacket size 116, yellow",
)  # fmt: skip
SECOND_LINES = 0.23  # of all lines
BY_AMAZON = 0.8
LINES_AT_ONCE = 5000
CITIES = (("Berlin", "", "10115"), ("München", "Bayern", "80331"), ("Köln", "NRW", "50667"))


def write(path: Path, rows: int, seed: int = SEED) -> int:
    """Write the report, gzipped, and give the bytes of its text."""
    size = 0
    with gzip.open(path, "wb", compresslevel=6) as file:
        for text in blocks(rows, seed):
            size += file.write(text.encode())
    return size


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
        f"2026-11-{1 + number % 28:02}T{chance.randrange(24):02}:00:{chance.randrange(60):02}+00:00"
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

"""An all-orders report of any size, made from a seed: 30 columns, the same for every reader.

No cell begins with a quotation mark and all letters are in ISO-8859-1, so that readers which take it
for CSV, in any charset, get the same rows. No two orders have the same id, at any size.
"""

from __future__ import annotations

import gzip
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from isal import igzip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

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
ROWS_OF_MEGABYTE = 3_541
TITLES = (
    'Nordic Home Watering Can 1.5 l, "Large", Zinc', "Söhne & Töchter Bürste mit Griff, blau",
    "Towel Set 6 Pieces 100 % Cotton Grey", "LED Lamp E27 9 W warm white (Pack of 10)",
    "Garden Shovel with wooden handle® of 120 cm", "Kids' Rain Jacket size 116, yellow",
)  # fmt: skip
SECOND_LINES = 0.23  # of all lines
BY_AMAZON = 0.8
LINES_AT_ONCE = 20_000
QUARTER = b"05"
"""What the ids of a fifth to a quarter of all orders end with."""
MIXED_LINES, MIXING = 32, 13
"""Lines that are mixed among themselves, and a number without a factor in common."""
CITIES = ("Berlin\t\t10115", "München\tBayern\t80331", "Köln\tNRW\t50667")
QUANTITIES = ("1", "1", "1", "1", "2", "3")
PROMOTION = "DE Core Free Shipping 2015/04/08 23-48-5-292"


def plain(rows: int, seed: int = SEED) -> bytes:
    """Return the report in CHARSET."""
    return b"".join(blocks(rows, seed)).decode().encode(CHARSET)


def gzipped(rows: int, seed: int = SEED) -> bytes:
    """Return the report in GZIPPED_CHARSET, gzipped; its text need not fit into memory."""
    document = io.BytesIO()
    with gzip.GzipFile(fileobj=document, mode="wb", compresslevel=6) as file:
        file.writelines(blocks(rows, seed))
    return document.getvalue()


def write_gzipped(
    path: Path,
    rows: int,
    seed: int = SEED,
    rearranged: Callable[[Iterator[bytes]], Iterator[bytes]] = iter,
) -> None:
    """Write the same, gzipped more quickly and a little larger, to a file.

    Args:
        path: The file.
        rows: Order lines.
        seed: What the lines are drawn by.
        rearranged: Puts the blocks' lines into another order, below the header.
    """
    opened: Any = igzip.open
    with opened(path, "wb", compresslevel=3) as file:
        file.writelines(rearranged(blocks(rows, seed)))


def late(source: Iterator[bytes]) -> Iterator[bytes]:
    """A quarter of the orders have their other lines at the end of the report."""
    yield next(source)
    held: list[bytes] = []
    before = b""
    for block in source:
        kept: list[bytes] = []
        for line in block.splitlines(keepends=True):
            order = line.partition(b"\t")[0]
            (held if order == before and order[-1] in QUARTER else kept).append(line)
            before = order
        yield b"".join(kept)
    yield b"".join(held)


def mixed(source: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of nearly all orders are some lines apart."""
    yield next(source)
    for block in source:
        lines = block.splitlines(keepends=True)
        order = sorted(
            range(len(lines)),
            key=lambda at: (at // MIXED_LINES, at * MIXING % MIXED_LINES),
        )
        yield b"".join(lines[at] for at in order)


def blocks(rows: int, seed: int = SEED) -> Iterator[bytes]:
    """The text in UTF-8, some thousand lines at a time."""
    dice = np.random.default_rng(seed)
    yield HEADER.encode()
    last = 0
    for start in range(0, rows, LINES_AT_ONCE):
        count = min(LINES_AT_ONCE, rows - start)
        is_first = dice.random(count) > SECOND_LINES
        is_first[0] |= start == 0
        orders = last + np.cumsum(is_first)
        last = int(orders[-1])
        yield _lines(dice, orders, seed)


def _lines(dice: Any, order: Any, seed: int) -> bytes:
    """One line for each number of an order, in which all lines of an order agree."""
    drawn = _drawn(order, seed)
    order_id = _joined(
        _digits(300 + order % 7, 3), "-", _digits(order // 7, 7), "-", _digits(drawn % 10**7, 7)
    )
    by_amazon = np.where(drawn % 100 < BY_AMAZON * 100, 0, 1)
    product = dice.integers(0, 5_000, len(order))
    cents = dice.integers(199, 19_999, len(order))
    reduced = pa.array(product % 4 == 0)
    lines = _joined(
        order_id, "\t", order_id,
        "\t2026-10-", _digits(1 + order % 28, 2), "T", _digits(drawn // 100 % 24, 2), ":",
        _digits(drawn // 2_400 % 60, 2), ":07+00:00",
        "\t2026-10-", _digits(29 + order % 3, 2), "T", _digits(drawn // 144_000 % 24, 2), ":00:",
        _digits(drawn // 3_456_000 % 60, 2), "+00:00",
        "\tShipped\t", _one_of(("Amazon", "Merchant"), by_amazon), "\tAmazon.de\t\tExpedited\t",
        _one_of(TITLES, product % len(TITLES)), " No. ", _text(product),
        "\tSKU-", _digits(product, 5), "-DE\tB0", _digits(product, 8),
        "\tShipped\t", _one_of(QUANTITIES, dice.integers(0, len(QUANTITIES), len(order))),
        "\tEUR\t", _amount(cents), "\t", _amount(cents * 19 // 100), "\t3.99\t0.64\t\t\t",
        pc.if_else(reduced, _amount(cents // 10), ""), "\t\t",
        _one_of(CITIES, drawn % len(CITIES)), "\tDE\t",
        pc.if_else(reduced, PROMOTION, ""), "\t",
        _one_of(("true", "false"), np.where(order % 9 == 0, 0, 1)), "\t\n",
    )  # fmt: skip
    _, _, text = lines.buffers()
    return bytes(text)


def _drawn(order: Any, seed: int) -> Any:
    """A number below 2**53 for each line, drawn as by chance for its order (SplitMix64)."""
    state = (order + seed).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((state ^ (state >> np.uint64(31))) >> np.uint64(11)).astype(np.int64)


def _joined(*parts: Any) -> Any:
    return pc.binary_join_element_wise(*parts, "")


def _text(numbers: Any) -> Any:
    return pa.array(numbers).cast(pa.string())


def _digits(numbers: Any, width: int) -> Any:
    return pc.utf8_lpad(_text(numbers), width, "0")


def _amount(cents: Any) -> Any:
    return _joined(_text(cents // 100), ".", _digits(cents % 100, 2))


def _one_of(choices: Sequence[str], index: Any) -> Any:
    return pa.array(choices).take(pa.array(index))

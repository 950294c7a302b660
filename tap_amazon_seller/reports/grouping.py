"""Rows of a document that belong together, such as the lines of an order.

Amazon writes an order's lines one after another, but nothing promises it. A first reading finds the
keys whose rows may lie apart, the second passes on every group whole; memory does not grow with the
document.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_amazon_seller.reports.parser import FlatFile

    Row = dict[str, Any]

T = TypeVar("T", str, bytes)
FILTER_BITS = 1 << 27  # 16 MiB; 1 in 4,000 keys of a million is held back needlessly
LARGEST_FILTER = 1 << 29
COMPRESSED_ROW = 50  # bytes of a document for each row, about
BITS_OF_KEY = 16


def groups(flat_file: FlatFile, key: Sequence[str]) -> Iterator[list[Row]]:
    """The rows of each key, whole, in the order in which the file finishes them.

    Args:
        flat_file: A fresh reading of the document.
        key: The canonical names of the columns to group by; rows without values form a group.
    """
    apart = apart_in(flat_file, key)
    held: dict[str, list[Row]] = {}
    current = ""
    rows: list[Row] = []
    for row in flat_file.rows(key):
        value = flat_file.key
        if value in apart:
            held.setdefault(value, []).append(row)
            continue
        if value != current and rows:
            yield rows
            rows = []
        current = value
        rows.append(row)
    if rows:
        yield rows
    yield from held.values()


def apart_in(flat_file: FlatFile, key: Sequence[str]) -> set[str]:
    """The keys whose rows may lie apart, found out once for all streams that read the document."""
    known = flat_file.document.apart
    columns = tuple(key)
    if columns not in known:
        cells = _in_large(flat_file, key) if flat_file.is_large else scattered(flat_file.cells(key))
        known[columns] = {cell.decode() for cell in cells}
    return known[columns]


def filter_bits(flat_file: FlatFile) -> int:
    """The size of the filter for a document, a power of two."""
    needed = flat_file.document.stored // COMPRESSED_ROW * BITS_OF_KEY
    return min(max(FILTER_BITS, 1 << needed.bit_length()), LARGEST_FILTER)


def _in_large(flat_file: FlatFile, key: Sequence[str]) -> set[bytes]:
    """What `scattered` finds, many lines at a time where the key is their first cell."""
    from tap_amazon_seller.arrow import is_utf8  # noqa: PLC0415 - only where it is needed
    from tap_amazon_seller.reports.repeats import Repeats  # noqa: PLC0415 - needs numpy

    repeats = Repeats(filter_bits(flat_file))
    is_first = list(key) == flat_file.names[:1]
    for block in flat_file.checked_blocks(is_utf8):
        if not (is_first and repeats.add_lines(block)):
            repeats.add_cells(flat_file.cells_of(block, key))
    return repeats.found


def scattered(cells: Iterable[T]) -> set[T]:
    """The values that come back after another value: all of them, and a few that do not.

    A Bloom filter remembers the values seen, so memory is that of the filter and of the answer.
    """
    seen = bytearray(FILTER_BITS // 8)
    found: set[T] = set()
    last = FILTER_BITS - 1
    for cell, _ in itertools.groupby(cells):
        code = hash(cell)
        first, second = code & last, (code >> 27) & last
        first_mask, second_mask = 1 << (first & 7), 1 << (second & 7)
        first >>= 3
        second >>= 3
        if seen[first] & first_mask and seen[second] & second_mask:
            found.add(cell)
        else:
            seen[first] |= first_mask
            seen[second] |= second_mask
    return found


def contents(row: Row) -> str:
    """A text by which rows of one key can be put into an order that does not depend on the file's."""
    return repr(sorted((name, str(value)) for name, value in row.items()))

"""Rows of a document that belong together, such as the lines of an order.

Amazon writes an order's lines one after another, but nothing promises it. A first reading finds the
keys whose rows may lie apart, the second passes on every group whole; memory does not grow with the
document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_amazon_seller.reports.parser import FlatFile

    Row = dict[str, Any]

FILTER_BITS = 1 << 27  # 16 MiB; 1 in 4,000 keys of a million is held back needlessly


def groups(flat_file: FlatFile, key: Sequence[str]) -> Iterator[list[Row]]:
    """The rows of each key, whole, in the order in which the file finishes them.

    Args:
        flat_file: A fresh reading of the document.
        key: The canonical names of the columns to group by; rows without values form a group.
    """
    apart = scattered(flat_file.cells(key))
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


def scattered(cells: Iterable[str]) -> set[str]:
    """The values that come back after another value: all of them, and a few that do not.

    A Bloom filter remembers the values seen, so memory is that of the filter and of the answer.
    """
    seen = bytearray(FILTER_BITS // 8)
    found: set[str] = set()
    previous: str | None = None
    for cell in cells:
        if cell == previous:
            continue
        previous = cell
        code = hash(cell)
        first, second = code % FILTER_BITS, (code >> 27) % FILTER_BITS
        known = True
        for bit in (first, second):
            byte, mask = bit >> 3, 1 << (bit & 7)
            if not seen[byte] & mask:
                known = False
                seen[byte] |= mask
        if known:
            found.add(cell)
    return found


def contents(row: Row) -> str:
    """A text by which rows of one key can be put into an order that does not depend on the file's."""
    return repr(sorted((name, str(value)) for name, value in row.items()))

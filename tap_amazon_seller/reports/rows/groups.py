"""Rows of a document that belong together, such as the lines of an order.

Amazon writes an order's lines one after another, but nothing promises it. A first reading finds the
keys whose rows may lie apart, the second passes on every group whole; memory does not grow with the
document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_amazon_seller.reports.text.key_filter import filter_bits, scattered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_amazon_seller.reports.rows.flat_file import FlatFile

    Row = dict[str, Any]


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
        bits = filter_bits(flat_file.document.stored)
        cells = (
            _in_large(flat_file, key, bits)
            if flat_file.is_large
            else scattered(flat_file.cells(key), bits)
        )
        known[columns] = {cell.decode() for cell in cells}
    return known[columns]


def _in_large(flat_file: FlatFile, key: Sequence[str], bits: int) -> set[bytes]:
    """What `scattered` finds, many lines at a time where the key is their first cell."""
    from tap_amazon_seller.machine.arrow import is_utf8  # noqa: PLC0415 - only where it is needed
    from tap_amazon_seller.reports.text.scattered_keys import Repeats  # noqa: PLC0415 - needs numpy

    repeats = Repeats(bits)
    is_first = list(key) == flat_file.names[:1]
    for block in flat_file.checked_blocks(is_utf8):
        if not (is_first and repeats.add_lines(block)):
            repeats.add_cells(flat_file.cells_of(block, key))
    return repeats.found


def contents(row: Row) -> str:
    """A text by which rows of one key can be put into an order that does not depend on the file's."""
    return repr(sorted((name, str(value)) for name, value in row.items()))

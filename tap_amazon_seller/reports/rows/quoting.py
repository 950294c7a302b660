"""Cells in quotation marks, also where the marks within them are not doubled.

`"27" Monitor"` is a cell of the ledger: Amazon quotes titles without doubling the marks in them.
Python's csv refuses such a line, or takes its tabs for text.
"""

from __future__ import annotations

import csv
import itertools
import re
from typing import TYPE_CHECKING

from tap_amazon_seller.reports.text.bounds import LARGEST_RECORD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

TAB, COMMA = "\t", ","

csv.field_size_limit(LARGEST_RECORD)  # the module's own 131,072 is less than some descriptions have

_MARKS = re.compile('"+')


def quoted_rows(
    lines: Iterable[str], separator: str, width: int
) -> Iterator[tuple[int, Sequence[str]]]:
    """The cells of each row, and how many lines came before it.

    A cell may continue in the next line. One that holds a tab as well, or makes the row longer than any,
    has lost its closing quotation mark: it is on the way to swallow rows.

    Args:
        lines: With their ends.
        separator: Tab or comma.
        width: How many cells a row has; 0 if that is not known.

    Raises:
        UnpairedMarkError: A quotation mark has no partner; its argument counts the lines before the row.
    """
    source = iter(lines)
    before = 0
    for line in source:
        if (cells := cells_of_line(line, separator, width)) is not None:
            yield before, cells
            before += 1
            continue
        lines_of_row = _of_row(itertools.chain([line], source))
        reader = csv.reader(lines_of_row, delimiter=separator, strict=True)
        try:
            cells = next(reader, [])
        except csv.Error:
            raise UnpairedMarkError(before) from None
        # Commas are common in cells that continue in the next line.
        if separator == TAB and any("\n" in cell and TAB in cell for cell in cells):
            raise UnpairedMarkError(before)
        yield before, cells
        before += reader.line_num


class UnpairedMarkError(ValueError):
    """A quotation mark has no partner."""


def _of_row(lines: Iterable[str]) -> Iterator[str]:
    """Lines, as long as one row may have them."""
    size = 0
    for line in lines:
        size += len(line)
        if size > LARGEST_RECORD:
            raise csv.Error
        yield line


def cells_of_line(line: str, separator: str, width: int) -> list[str] | None:
    r"""The cells of a row that is one line; None where only csv can read them, or none has that width.

    Each cell stands in quotation marks or has none at its start; marks within it need not be doubled.

    >>> cells_of_line('"A"\t"27" Monitor"\t7', TAB, 3)
    ['A', '27" Monitor', '7']
    """
    text = line.removesuffix("\n").removesuffix("\r")
    if '"' not in text:
        cells = text.split(separator)
        return cells if not width or len(cells) == width or separator == TAB else None
    if separator == TAB:
        # Two marks for each cell, and all of them at their ends: there are none within.
        if text[0] == text[-1] == '"' and text.count('"') == 2 * width:
            cells = text[1:-1].split('"\t"')
            if len(cells) == width and text.count(TAB) == width - 1:
                return cells
        cells = text.split(TAB)
        if len(cells) == width and all(_is_whole(cell) for cell in cells):
            return [_unquoted(cell) for cell in cells]
        return None
    return _cells_with_commas(text, separator, width)


def _cells_with_commas(text: str, separator: str, width: int) -> list[str] | None:
    """Where commas may stand within cells: as csv reads it, else by the marks beside commas."""
    try:
        [cells] = csv.reader([text], delimiter=separator, strict=True)
    except (csv.Error, ValueError):
        pieces = _pieces(text, separator)
        return [_unquoted(piece) for piece in pieces] if len(pieces) == width else None
    return cells if not width or len(cells) == width else None


def _pieces(text: str, separator: str) -> list[str]:
    """The cells of a row, quoted ones up to the next mark before a separator; none where that fails.

    >>> _pieces('"27" Monitor, black",7', COMMA)
    ['"27" Monitor, black"', '7']
    """
    found: list[str] = []
    start = 0
    while start <= len(text):
        if text.startswith('"', start):
            stop = text.find(f'"{separator}', start + 1) + 1
            if not stop:
                if not text.endswith('"') or start == len(text) - 1:
                    return []
                stop = len(text)
        else:
            stop = text.find(separator, start)
            stop = len(text) if stop < 0 else stop
            if '"' in text[start:stop]:
                return []
        found.append(text[start:stop])
        start = stop + 1
    return found


def _is_whole(cell: str) -> bool:
    """Whether a cell is quoted at both ends, or not at all at its start."""
    return not cell.startswith('"') or (len(cell) > 1 and cell.endswith('"'))


def _unquoted(cell: str) -> str:
    """The text of a cell; doubled marks are single ones where all are doubled."""
    if not cell.startswith('"'):
        return cell
    text = cell[1:-1]
    if '"' in text and all(len(marks) % 2 == 0 for marks in _MARKS.findall(text)):
        return text.replace('""', '"')
    return text


def has_quoted_rows(lines: Iterable[str], separator: str) -> bool:
    r"""Whether all rows are quoted under a header that is not: each cell at both ends, or empty.

    >>> has_quoted_rows(['"A"\t"b"'], TAB), has_quoted_rows(['A\t"5" pan"'], TAB)
    (True, False)
    """
    rows = [line.removesuffix("\n").removesuffix("\r").split(separator) for line in lines]
    return bool(rows) and all(
        any(cells) and len(cells) > 1 and all(not cell or _is_quoted(cell) for cell in cells)
        for cells in rows
    )


def _is_quoted(cell: str) -> bool:
    return len(cell) > 1 and cell.startswith('"') and cell.endswith('"')

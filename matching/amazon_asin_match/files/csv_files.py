"""Reads CSV: delimiter and charset by evidence, quoted line breaks, all cells as text."""

from __future__ import annotations

import codecs
import csv
import sys
from typing import TYPE_CHECKING, Final

from amazon_asin_match.errors import InputFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DELIMITERS: Final = ",;\t|"
_SAMPLE: Final = 1 << 16
_PIECE: Final = 1 << 20
_LONGEST_CELL: Final = min(sys.maxsize, 1 << 24)
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

Read = tuple[tuple[str, ...], int, "Callable[[], Iterator[list[str]]]", str, bool]


def read(path: Path, *, header: bool) -> Read:
    """Header, number of the first row, rows, delimiter, and whether there is a byte order mark.

    Raises:
        InputFileError: It holds no row.
    """
    charset, has_bom = _charset(path)
    delimiter = _delimiter(path, charset)

    def all_rows() -> Iterator[list[str]]:
        csv.field_size_limit(_LONGEST_CELL)
        try:
            with path.open(encoding=charset, newline="") as file:
                for cells in csv.reader(
                    (line.replace("\0", "") for line in file), delimiter=delimiter
                ):
                    # An empty line is a row of one empty cell, so that rows keep their numbers.
                    yield cells or [""]
        except csv.Error as error:
            raise InputFileError(f"{path.name} is not a CSV: {error}.") from None

    first = next(all_rows(), None)
    if first is None:
        raise InputFileError(f"{path.name} holds no row.")

    def rows() -> Iterator[list[str]]:
        found = all_rows()
        if header:
            next(found, None)
        yield from found

    names = _names(first) if header else tuple(f"column {n}" for n in range(1, len(first) + 1))
    return names, 2 if header else 1, rows, delimiter, has_bom


def _names(first: list[str]) -> tuple[str, ...]:
    return tuple(name.strip() or f"column {number}" for number, name in enumerate(first, 1))


def _charset(path: Path) -> tuple[str, bool]:
    """The charset: by its mark, else UTF-8 if all of it is, else that of Windows."""
    with path.open("rb") as file:
        start = file.read(4)
        for mark, name in _BOMS:
            if start.startswith(mark):
                return name, True
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            decoder.decode(start)
            while piece := file.read(_PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252", False
    return "utf-8", False


def _delimiter(path: Path, charset: str) -> str:
    """The delimiter that splits the first lines into the same number of cells, the more the better."""
    with path.open(encoding=charset, errors="replace", newline="") as file:
        sample = file.read(_SAMPLE)
    lines = sample.splitlines()[: -1 if len(sample) == _SAMPLE else None][:50]
    if path.suffix.lower() == ".tsv":
        return "\t"

    def fit(delimiter: str) -> tuple[float, int]:
        widths = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if cells]
        if not widths or widths[0] == 1:
            return 0.0, 0
        return sum(width == widths[0] for width in widths) / len(widths), widths[0]

    best = max(DELIMITERS, key=fit)
    return best if fit(best)[1] else ","

"""Reads Excel and OpenDocument by calamine: numbers without `.0`, dates as ISO 8601, all as text."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, ZipError

from amazon_asin_match.errors import InputFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Read = tuple[tuple[str, ...], int, "Callable[[], Iterator[list[str]]]"]
_EXACT = 2**53
"""Up to here a float is a whole number exactly."""


def read(path: Path, sheet: str, *, header: bool) -> Read:
    """Header, number of the first row, and rows.

    Raises:
        InputFileError: It is not such a file, or has no such sheet, or no row.
    """

    def all_rows() -> Iterator[tuple[int, list[str]]]:
        found = _sheet(path, sheet)
        begun = False
        for number, cells in enumerate(found.iter_rows(), 1):
            texts = [text_of(cell) for cell in cells]
            begun = begun or any(texts)
            if begun:  # blank rows above the first one that is filled are none
                yield number, texts

    start = next(all_rows(), None)
    if start is None:
        raise InputFileError(f"{path.name} holds no row.")
    number, first = start

    def rows() -> Iterator[list[str]]:
        found = all_rows()
        if header:
            next(found, None)
        for _, cells in found:
            yield cells

    if not header:
        return tuple(f"column {n}" for n in range(1, len(first) + 1)), number, rows
    names = tuple(name.strip() or f"column {n}" for n, name in enumerate(first, 1))
    return names, number + 1, rows


def _sheet(path: Path, sheet: str) -> CalamineSheet:
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
        if sheet and sheet not in names:
            raise InputFileError(
                f"{path.name} has no sheet '{sheet}'; it has {', '.join(names) or 'none'}."
            )
        if not names:
            raise InputFileError(f"{path.name} has no sheet.")
        return workbook.get_sheet_by_name(sheet or names[0])
    except (CalamineError, ZipError) as error:
        raise InputFileError(
            f"{path.name} is not an Excel file, whatever its name says ({error}); save it as .xlsx or "
            ".csv again."
        ) from None


def text_of(cell: object) -> str:
    """A cell as text: calamine gives every number as a float.

    >>> text_of(4006381333931.0), text_of(1.5), text_of("04006381333931"), text_of(True)
    ('4006381333931', '1.5', '04006381333931', 'TRUE')
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) <= _EXACT:
        return str(int(cell))
    if isinstance(cell, dt.datetime | dt.date | dt.time):
        return cell.isoformat()
    return "" if cell is None else str(cell)

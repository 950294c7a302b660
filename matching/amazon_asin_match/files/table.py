"""Opens a table, whatever its format: a header, and rows of texts."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from amazon_asin_match.errors import InputFileError
from amazon_asin_match.files import csv_files, excel_files, parquet_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LARGEST_FILE: Final = 100 * 1024 * 1024
LARGEST_UNPACKED: Final = 4 * 1024 * 1024 * 1024
"""Of an Excel file: a zip of 100 MB can unpack to terabytes."""
EXCEL: Final = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
CSV: Final = frozenset({".csv", ".tsv", ".txt"})
PARQUET: Final = frozenset({".parquet", ".pq"})
_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Table:
    """A table that can be read more than once.

    Attributes:
        header: The names of its columns.
        first_row: The number of its first row of data, as a spreadsheet numbers rows.
        rows: Begins to read: rows of as many cells as the header has.
        delimiter: Of a CSV.
        has_bom: Whether a CSV begins with a byte order mark.
    """

    header: tuple[str, ...]
    first_row: int
    rows: Callable[[], Iterator[list[str]]]
    delimiter: str = ","
    has_bom: bool = False

    def numbered(self) -> Iterator[tuple[int, list[str]]]:
        """The rows with their numbers; each has a cell for each column."""
        width = len(self.header)
        for number, cells in enumerate(self.rows(), self.first_row):
            if len(cells) < width:
                cells = [*cells, *[""] * (width - len(cells))]  # noqa: PLW2901 - the same row
            yield number, cells[:width]


def open_table(path: Path, *, sheet: str = "", header: bool = True) -> Table:
    """A table of a file, by the ending of its name.

    Args:
        path: The file.
        sheet: Of an Excel file, which sheet; the first one if empty.
        header: Whether the first row names the columns.

    Raises:
        InputFileError: It is not there, too large, or no such file.
    """
    check_size(path)
    kind = path.suffix.lower()
    try:
        if kind in EXCEL:
            if kind != ".xls":
                _check_unpacked(path)
            return Table(*excel_files.read(path, sheet, header=header))
        if kind in PARQUET:
            return Table(*parquet_files.read(path))
        if kind in CSV:
            return Table(*csv_files.read(path, header=header))
    except (OSError, UnicodeError) as error:
        raise InputFileError(f"{path.name} cannot be read: {_reason(error)}.") from None
    raise InputFileError(
        f"{path.name} is of no format that can be read; use .csv, .tsv, .xlsx, .xls, .xlsb, .ods or "
        ".parquet."
    )


def check_size(path: Path, largest: int = LARGEST_FILE) -> None:
    """Refuse a file that is not there, empty, or too large.

    Raises:
        InputFileError: It is so.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise InputFileError(f"{path} cannot be read: {_reason(error)}.") from None
    if path.is_dir():
        raise InputFileError(f"{path} is a folder; give a file.")
    if not size:
        raise InputFileError(f"{path.name} is empty.")
    if size > largest:
        raise InputFileError(
            f"{path.name} has {size / 1e6:.0f} MB, and at most {largest / 1e6:.0f} are read; split it."
        )


def _check_unpacked(path: Path) -> None:
    """Refuse an archive that unpacks to more than memory has room for.

    Raises:
        InputFileError: It is one, or no archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise InputFileError(
            f"{path.name} is not an Excel file, whatever its name says; save it as .xlsx or .csv again."
        ) from None
    if size > LARGEST_UNPACKED:
        raise InputFileError(
            f"{path.name} unpacks to {size / 1e9:.0f} GB, which is too much; split it."
        )


def digest(path: Path) -> str:
    """The SHA-256 of a file, by which a job knows its input again.

    Raises:
        InputFileError: It cannot be read.
    """
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                found.update(piece)
    except OSError as error:
        raise InputFileError(f"{path} cannot be read: {_reason(error)}.") from None
    return found.hexdigest()


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)

"""Writes the result: the rows of the input in their order, with columns for what was found.

A spreadsheet that opens a CSV takes codes for numbers again; in Excel files all cells are text. In a
CSV, texts of others that a spreadsheet would take for a formula get an apostrophe before them (OWASP:
CSV Injection).
"""

from __future__ import annotations

import csv
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from amazon_asin_match.errors import InputFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from amazon_asin_match.files.table import Table

RESULT_COLUMNS: Final = (
    "asin", "title", "image_url", "confidence", "status", "reason", "candidates",
)  # fmt: skip
MOST_ROWS_OF_A_SHEET: Final = 1_048_576
LONGEST_CELL: Final = 32_767
"""Characters of a cell of Excel."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_OWN_TEXTS: Final = frozenset({1, 5})
"""The places of the result's columns that hold texts of others: title and reason."""
_BATCH: Final = 5_000
FORMATS: Final = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
}


class Writer(Protocol):
    """Takes the rows of a result."""

    def row(self, cells: Sequence[str], result: Sequence[str]) -> None:
        """Take a row of the input and what was found."""

    def close(self) -> None:
        """Write what is left."""


def result_header(header: Sequence[str]) -> list[str]:
    """The names of the result's columns; those that the input has already get `match_` before them."""
    taken = {name.casefold() for name in header}
    return [f"match_{name}" if name in taken else name for name in RESULT_COLUMNS]


def check_output(path: Path, rows: int | None = None) -> str:
    """The format of an output file.

    Raises:
        InputFileError: It is none that can be written, or has no room.
    """
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise InputFileError(
            f"{path.name} is of no format that can be written; use .csv, .xlsx or .parquet."
        )
    if kind == "xlsx" and rows is not None and rows >= MOST_ROWS_OF_A_SHEET:
        raise InputFileError(
            f"{rows:,} rows are too many for a sheet of Excel ({MOST_ROWS_OF_A_SHEET:,}); write .csv or "
            ".parquet."
        )
    if not path.parent.is_dir():
        raise InputFileError(f"The folder {path.parent} of the output is not there; make it.")
    return kind


@contextmanager
def writing(path: Path, table: Table, rows: int | None = None) -> Iterator[Writer]:
    """A writer of a file, which appears in one piece once everything is written.

    Raises:
        InputFileError: It cannot be written.
    """
    kind = check_output(path, rows)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        writer = _writer(kind, temporary, table)
        try:
            yield writer
        finally:
            writer.close()  # also of a file that is given up, so that nothing stays open
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise InputFileError(f"{path} cannot be written: {error.strerror or error}.") from None
    finally:
        temporary.unlink(missing_ok=True)


class _CsvWriter:
    """A CSV with the input's delimiter, in UTF-8, with the byte order mark that the input had."""

    def __init__(self, path: Path, table: Table) -> None:
        charset = "utf-8-sig" if table.has_bom else "utf-8"
        self._file = path.open("w", encoding=charset, newline="")
        delimiter = "\t" if path.suffix == ".tsv" else table.delimiter
        self._csv = csv.writer(self._file, delimiter=delimiter, lineterminator="\r\n")
        self._csv.writerow([*table.header, *result_header(table.header)])

    def row(self, cells: Sequence[str], result: Sequence[str]) -> None:
        safe = [
            f"'{cell}" if place in _OWN_TEXTS and cell.startswith(_FORMULA) else cell
            for place, cell in enumerate(result)
        ]
        self._csv.writerow([*cells, *safe])

    def close(self) -> None:
        self._file.close()


class _ExcelWriter:
    """A sheet whose cells are all text, but for the confidence."""

    def __init__(self, path: Path, table: Table) -> None:
        self._book = xlsxwriter.Workbook(
            str(path),
            {"constant_memory": True, "strings_to_urls": False, "strings_to_formulas": False},
        )
        self._sheet = self._book.add_worksheet("Matches")
        self._text = self._book.add_format({"num_format": "@"})
        header = [*table.header, *result_header(table.header)]
        bold = self._book.add_format({"bold": True})
        self._sheet.freeze_panes(1, 0)
        self._confidence = len(table.header) + RESULT_COLUMNS.index("confidence")
        self._sheet.set_column(0, len(header) - 1, 18, self._text)
        for place, name in enumerate(header):
            self._sheet.write_string(0, place, name, bold)
        self._row = 0

    def row(self, cells: Sequence[str], result: Sequence[str]) -> None:
        self._row += 1
        for place, cell in enumerate((*cells, *result)):
            if place == self._confidence and cell:
                self._sheet.write_number(self._row, place, float(cell))
            elif cell:
                self._sheet.write_string(self._row, place, cell[:LONGEST_CELL], self._text)

    def close(self) -> None:
        self._book.close()


class _ParquetWriter:
    """A file of texts, but for the confidence."""

    def __init__(self, path: Path, table: Table) -> None:
        names = [*table.header, *result_header(table.header)]
        place = len(table.header) + RESULT_COLUMNS.index("confidence")
        self._confidence = place
        self._schema = pa.schema(
            [
                (name, pa.float64() if number == place else pa.string())
                for number, name in enumerate(_distinct(names))
            ]
        )
        self._writer = pq.ParquetWriter(path, self._schema)
        self._rows: list[Sequence[str]] = []

    def row(self, cells: Sequence[str], result: Sequence[str]) -> None:
        self._rows.append((*cells, *result))
        if len(self._rows) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        if not self._rows:
            return
        columns = []
        for place, values in enumerate(zip(*self._rows, strict=True)):
            if place == self._confidence:
                columns.append(pa.array([float(value) if value else None for value in values]))
            else:
                columns.append(pa.array(values, pa.string()))
        self._writer.write_table(pa.table(columns, schema=self._schema))
        self._rows = []

    def close(self) -> None:
        self._flush()
        self._writer.close()


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, those that come again with a number."""
    found: list[str] = []
    for name in names:
        number, free = 2, name
        while free in found:
            free, number = f"{name} {number}", number + 1
        found.append(free)
    return found


def _writer(kind: str, path: Path, table: Table) -> Writer:
    if kind == "xlsx":
        return _ExcelWriter(path, table)
    return _ParquetWriter(path, table) if kind == "parquet" else _CsvWriter(path, table)

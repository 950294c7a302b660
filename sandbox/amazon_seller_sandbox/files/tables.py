"""Flat files as tables of columns: one table writes the file's cells and says the true record."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from amazon_seller_sandbox.world.titles import as_in_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Row = TypeVar("Row")
Value = str | int | float | bool | None


def plain(value: Value) -> str:
    """Write a value as most files do."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def cents(value: Value) -> str:
    """Write an amount with two decimals."""
    return "" if value is None else f"{value:.2f}"


def money(value: Value) -> str:
    """Write a number in a currency: with two decimals, yen without."""
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.2f}"


def date_in(pattern: str) -> Callable[[Value], str]:
    """Return a writer of ISO 8601 instants in another form, ``%d.%m.%Y`` say; in UTC."""

    def write(value: Value) -> str:
        if value is None:
            return ""
        return datetime.fromisoformat(str(value)).astimezone(UTC).strftime(pattern)

    return write


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column: its header, the true value of a row, and how the file writes it."""

    header: str
    value: Callable[[Row], Value]
    write: Callable[[Value], str] = plain
    name: str = ""
    """The record's property; by default the header in snake_case."""

    @property
    def property_name(self) -> str:
        """Return the record's property."""
        return self.name or _in_snake_case(self.header)


@functools.cache
def _in_snake_case(header: str) -> str:
    """Return the property of a header; the same few are requested for each cell."""
    return re.sub(r"\W+", "_", header).strip("_").lower()


@dataclass(frozen=True, slots=True)
class Table(Generic[Row]):
    """A flat file's columns."""

    columns: tuple[Column[Row], ...]
    separator: str = "\t"
    quoted: bool = False
    """Whether every cell stands in quotation marks, as in the ledger."""

    def lines(self, rows: Iterable[Row]) -> Iterator[str]:
        """Yield header and rows, without line ends."""
        yield self._line(column.header for column in self.columns)
        for row in rows:
            yield self._line(column.write(column.value(row)) for column in self.columns)

    def record(self, row: Row, charset: str | None = "UTF-8", **more: Value) -> dict[str, Any]:
        """Return the true record of a row; text as the file's charset can carry it."""
        record: dict[str, Any] = dict(more)
        for column in self.columns:
            value = column.value(row)
            if isinstance(value, str):
                value = as_in_file(value, charset) or None
            record[column.property_name] = value
        return record

    def _line(self, cells: Iterable[str]) -> str:
        if self.quoted:
            # As Amazon writes them: marks within a cell are not doubled.
            cells = (f'"{cell}"' for cell in cells)
        return self.separator.join(cells)

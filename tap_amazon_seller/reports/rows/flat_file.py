"""From the lines of a flat file to rows of typed values, with counts that add up.

Flat files are not CSV: a quotation mark in a title is a character. Only a file whose header is itself
quoted is read with quoting.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import logging
import os
import re
from collections import Counter
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NoReturn

from tap_amazon_seller.errors import ReportUnavailableError, TapError
from tap_amazon_seller.machine.prefetch import ahead
from tap_amazon_seller.reports.rows.cells import EMPTY_KEY, NO_VALUE, converter, kind_of
from tap_amazon_seller.reports.rows.personal import is_personal, is_widely_personal
from tap_amazon_seller.reports.rows.quoting import (
    COMMA,
    TAB,
    UnpairedMarkError,
    has_quoted_rows,
    quoted_rows,
)
from tap_amazon_seller.reports.text import headers
from tap_amazon_seller.reports.text.lines import LARGE, cells_at

if TYPE_CHECKING:
    from collections.abc import (
        Callable,
        Collection,
        Generator,
        Iterable,
        Iterator,
        Mapping,
        Sequence,
    )
    from pathlib import Path

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.rows.cells import Converter, Kind
    from tap_amazon_seller.reports.text.document import ReportDocument

    Row = dict[str, Any]

logger = logging.getLogger(__name__)

SAMPLE = 20  # lines after the header, by which the rows are known
_ASIN = re.compile(r"[0-9]{9}[0-9X]|[A-Z][A-Z0-9]{9}")
TOLD_REJECTS = 10  # rejected rows of a document that are told one by one


@dataclass(slots=True)
class Counts:
    """What became of a document's rows. `read` is the sum of `emitted`, `rejected` and `elsewhere`.

    Attributes:
        read: Rows in the document, the header and blank lines aside.
        emitted: Rows passed on.
        rejected: Rows with more cells than the header, whose columns are not known, and rows that
            end before a required column.
        elsewhere: Rows of marketplaces that are not this report's (see the orders stream).
        unreadable: Cells that their column's type cannot read, by column; they are null.
        first_unreadable: The first such line of each column.
    """

    read: int = 0
    emitted: int = 0
    rejected: int = 0
    elsewhere: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)
    first_unreadable: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is passed on: where it stands, its name, and how its cells are read."""

    position: int
    name: str
    kind: Kind
    read: Converter | None


class FlatFile:
    """One reading of a document.

    Args:
        document: The text.
        columns: JSON Schema of each known column, by canonical name.
        marketplace: Whose dates and numbers these are.
        required: Columns without which the document cannot be what was asked for.
        positions: What the columns are, in their order, should the header not name the required ones
            and be as wide.
        separator: What stands between cells; a file with commas is read with quoting.
        include_pii: Whether personal columns are passed on.
        is_described: Whether the tap knows the report's columns, so that a narrow rule tells which are
            personal.
        reject_path: File that takes rejected rows; None drops them after counting.

    Raises:
        ReportUnavailableError: A required column is missing. While rows are read: the document holds
            its header twice, or is quoted and its quotation marks do not pair.
        TapError: The reject file cannot be written.
    """

    def __init__(
        self,
        document: ReportDocument,
        columns: Mapping[str, Mapping[str, Any]],
        marketplace: Marketplace,
        *,
        required: Iterable[str] = (),
        positions: Sequence[str] = (),
        separator: str = "\t",
        include_pii: bool = False,
        is_described: bool = True,
        reject_path: Path | None = None,
    ) -> None:
        self.counts = Counts()
        self.keyless = 0
        self.key = ""
        self._separator = separator
        self.document = document
        self._reject_path = reject_path
        self.header = "\n"
        self._lines_above = 0
        self._line = ""  # the one split last
        first, sample = self._head()
        self._separator = _separator_of(first, separator, required, columns)
        self.is_quoted = (
            first.startswith('"')
            or self._separator == COMMA
            or has_quoted_rows(sample, self._separator)
        )
        try:
            header = _header_cells(first, self._separator)
        except UnpairedMarkError:
            raise ReportUnavailableError(
                f"document {document.document_id} has a quotation mark without its partner in its header"
            ) from None
        self.names = headers.recognised(headers.canonical_names(header), columns)
        dated = {
            name: cell
            for name, cell in zip(self.names, header, strict=False)
            if headers.undated(cell) != cell
        }
        self.dated_columns = {headers.DATED_COLUMNS: json.dumps(dated)} if dated else {}
        if not set(required) <= set(self.names) and self._is_in_place(
            positions, columns, marketplace, sample
        ):
            self.names = list(positions)
            self.dated_columns = {}
        if len(self.names) > 1:  # a single column may well hold its own name
            self.header = first
        self._needed = max(
            (1 + self.names.index(n) for n in required if n in self.names), default=0
        )
        if missing := [name for name in required if name not in self.names]:
            raise ReportUnavailableError(
                f"document {document.document_id} {self._why_not(first, header, missing[0])}"
            )
        self.columns: list[Column] = []
        self.left_out: list[str] = []
        for position, name in enumerate(self.names):
            schema = columns.get(name, {})
            hidden = is_personal(name, schema) if is_described else is_widely_personal(name)
            if hidden and not include_pii:
                self.left_out.append(name)
                continue
            kind = kind_of(schema)
            self.columns.append(Column(position, name, kind, converter(kind, marketplace)))
        self.new_names = [column.name for column in self.columns if column.name not in columns]

    def rows(self, key: Sequence[str] = ()) -> Iterator[Row]:
        """Each row once, in the file's order: canonical column names to values.

        With each row comes `self.key`, the text of its cells in the columns of `key`. A short row is
        padded with nulls, empty cells beyond the header are forgiven. What ends before a required
        column is no row, and a last line that ends early may have been cut off.
        """
        key_positions = self._positions(key)
        for line_number, cells in self._split(self._body(), start=self.first_row):
            is_ended = self._line.endswith("\n")
            if whole := self.fitted(cells, line_number, is_ended=is_ended):
                if key_positions:
                    self.key = _joined(whole, key_positions)
                yield self._row(whole, line_number)

    def rows_of(self, lines: Iterable[str], start: int) -> Iterator[Row]:
        """The rows of some lines of the body, of which the first has the number `start`."""
        for line_number, cells in self._split(lines, start):
            is_ended = self._line.endswith("\n")
            if whole := self.fitted(cells, line_number, is_ended=is_ended):
                yield self._row(whole, line_number)

    def blocks(self, is_utf8: Callable[[bytes], bool] | None = None) -> Generator[bytes]:
        """The body in UTF-8 in pieces of whole lines, in a reading of its own."""
        above = self._lines_above + 1
        for block in self.document.blocks(is_utf8):
            start = 0
            while above and start < len(block):
                start = block.find(b"\n", start) + 1 or len(block)
                above -= 1
            if start < len(block):
                yield block[start:]

    def fitted(
        self, cells: Sequence[str], line_number: int, *, is_ended: bool
    ) -> Sequence[str] | None:
        """A row with as many cells as the header, and counted; None if it is rejected."""
        self.counts.read += 1
        width = len(self.names)
        if len(cells) != width:
            if self._is_no_row(cells, is_ended=is_ended):
                self._reject(line_number, cells)
                return None
            cells = [*cells[:width], *[""] * (width - len(cells))]
        self.counts.emitted += 1
        return cells

    def reject_keyless(self, count: int) -> None:
        """Count rows that were emitted, but lack a date that is part of their key."""
        self.counts.emitted -= count
        self.counts.rejected += count
        self.keyless += count

    def _row(self, cells: Sequence[str], line_number: int) -> Row:
        row: Row = {}
        for column in self.columns:
            cell = cells[column.position]
            if column.read is None:
                row[column.name] = cell or None
                continue
            try:
                row[column.name] = column.read(cell) if cell else None
            except (OverflowError, ValueError):
                row[column.name] = None
                self.note_unreadable(column.name, cell, line_number)
        return row

    def note_unreadable(self, name: str, cell: str, line_number: int, times: int = 1) -> None:
        """Count cells that their column's type cannot read, unless they say that there is no value."""
        if cell.strip() not in {"", NO_VALUE}:
            self.counts.unreadable[name] += times
            first = self.counts.first_unreadable.setdefault(name, line_number)
            self.counts.first_unreadable[name] = min(first, line_number)

    def values_of(self, name: str, cells: Iterable[str]) -> Iterator[str]:
        """What cells of a key's column become in records; those that cannot be read are left out."""
        read = next(column.read for column in self.columns if column.name == name)
        for cell in cells:
            if read is None:
                yield cell or EMPTY_KEY
            else:
                with contextlib.suppress(OverflowError, ValueError):
                    yield read(cell)

    def cells(self, key: Sequence[str]) -> Iterator[bytes]:
        r"""The text of some columns, row by row, in a reading of its own that counts nothing.

        In UTF-8; several cells have `\x1f` between them.
        """
        if self.is_quoted:
            positions = self._positions(key)
            for _, cells in self._split(self._body(), start=self.first_row):
                yield _joined(cells, positions).encode()
            return
        for block in self.checked_blocks():
            yield from self.cells_of(block, key)

    def cells_of(self, block: bytes, key: Sequence[str]) -> Iterator[bytes]:
        """The text of some columns of the lines of a block."""
        positions = self._positions(key)
        if len(positions) == 1 and positions[0] != len(self.names) - 1:
            return cells_at(positions[0], block.split(b"\n"))
        lines = io.StringIO(block.decode(), newline="\n")
        return (_joined(cells, positions).encode() for _, cells in self._split(lines))

    def checked_blocks(self, is_utf8: Callable[[bytes], bool] | None = None) -> Iterator[bytes]:
        """The blocks of the body; raises when one has a line that ends with the header."""
        header = self.header.encode()
        start = self.first_row
        for block in ahead(self.blocks(is_utf8)):
            if header in block:
                for _ in self._split(io.StringIO(block.decode(), newline="\n"), start):
                    """Raises if a line ends with the header."""
            yield block
            start += block.count(b"\n")

    def log_counts(self, report: str) -> None:
        """Say what became of the rows, and warn of all that was not passed on as it stood."""
        counts = self.counts
        self.document.rejects_kept = True
        logger.info(
            "%s: %d rows read from %d bytes of text, %d emitted, %d rejected, %d of other marketplaces.",
            report, counts.read, self.document.size, counts.emitted, counts.rejected, counts.elsewhere,
        )  # fmt: skip
        if self.document.undecodable:
            logger.warning(
                "%s: %d bytes are not %s; they are kept as Latin-1 characters (see 'report_charset').",
                report, self.document.undecodable, self.document.charset,
            )  # fmt: skip
        if self.keyless:
            logger.warning(
                "%s: %d rows have no date that they could be known by; they are left out.",
                report, self.keyless,
            )  # fmt: skip
        for name, number in counts.unreadable.items():
            logger.warning(
                "%s: %d cells of column %s cannot be read and are null, the first in line %d.",
                report, number, name, counts.first_unreadable[name],
            )  # fmt: skip

    @property
    def is_large(self) -> bool:
        """Whether reading in columns pays and is possible: not with quotation marks."""
        return (
            not self.is_quoted
            and len(self.names) > 1
            and self.document.stored >= LARGE
            and find_spec("pyarrow") is not None
            and find_spec("numpy") is not None
        )

    @property
    def first_row(self) -> int:
        """The number of the line after the header."""
        return self._lines_above + 2

    def _positions(self, names: Sequence[str]) -> list[int]:
        """Where columns stand; those that the file lacks are left out."""
        return [self.names.index(name) for name in names if name in self.names]

    def _head(self) -> tuple[str, list[str]]:
        """The first line that is not blank, without a byte-order mark, and some lines after it."""
        lines = self.document.lines()
        for lines_above, line in enumerate(lines):
            text = line.lstrip("\ufeff")
            if text.strip():
                self._lines_above = lines_above
                sample = [each for each in itertools.islice(lines, SAMPLE) if each.strip()]
                return text.removesuffix("\n").removesuffix("\r"), sample
        return "", []

    def _is_in_place(
        self,
        positions: Sequence[str],
        columns: Mapping[str, Mapping[str, Any]],
        marketplace: Marketplace,
        sample: Iterable[str],
    ) -> bool:
        """Whether the columns can be known by their places: as many, and what they hold fits."""
        if len(self.names) != len(positions):
            return False
        readers = [converter(kind_of(columns.get(name, {})), marketplace) for name in positions]
        for _, cells in self._split(sample):
            for name, read, cell in zip(positions, readers, cells, strict=False):
                if not cell:
                    continue
                try:
                    fits = read is None or read(cell) is not None
                except (OverflowError, ValueError):
                    fits = cell == NO_VALUE
                if not fits or (name.startswith("asin") and not _ASIN.fullmatch(cell)):
                    return False
        return True

    def _why_not(self, first: str, header: Sequence[str], missing: str) -> str:
        """Why a document cannot be what was asked for, and what to do about that."""
        if not first:
            return "is empty"
        if first.lstrip()[:1] in {"{", "[", "<"}:
            return "is no flat file but JSON or XML, or a message in the place of a report"
        if len(header) == 1:
            return f"has no column {missing}: its first line is no header with tabs or commas"
        if not first.isascii():
            return (
                f"has no column {missing}: its header is in a language that is not known, or not in "
                f"charset {self.document.charset} (see 'report_charset')"
            )
        return (
            f"has no column {missing} among its {len(header)}, and without it its rows cannot be used; "
            "Amazon may have renamed it"
        )

    def _body(self) -> Iterator[str]:
        """The lines after the header, in a reading of their own."""
        lines = self.document.lines()
        for _ in range(self._lines_above + 1):
            next(lines, None)
        return lines

    def _split(self, lines: Iterable[str], start: int = 1) -> Iterator[tuple[int, Sequence[str]]]:
        """The cells of each line that is not blank, and its number."""
        if self.is_quoted:
            yield from self._split_quoted(lines, start)
            return
        header = self.header
        for line_number, line in enumerate(lines, start=start):
            self._line = line
            text = line.removesuffix("\n").removesuffix("\r")
            if text.endswith(header):
                self._refuse_second_header(line_number)
            cells = text.split("\t")
            if cells[0] or any(cells):
                yield line_number, cells

    def _split_quoted(
        self, lines: Iterable[str], start: int
    ) -> Iterator[tuple[int, Sequence[str]]]:
        """The cells of each row, and the number of the line in which it begins."""
        width = len(self.names)
        try:
            for before, cells in quoted_rows(self._watched(lines, start), self._separator, width):
                if any(cells):
                    yield start + before, cells
        except UnpairedMarkError as error:
            raise ReportUnavailableError(
                f"document {self.document.document_id} has a quotation mark without its partner in "
                f"or after line {start + error.args[0]}, so its rows cannot be told apart"
            ) from None

    def _watched(self, lines: Iterable[str], start: int) -> Iterator[str]:
        for line_number, line in enumerate(lines, start=start):
            if line.removesuffix("\n").removesuffix("\r").endswith(self.header):
                self._refuse_second_header(line_number)
            self._line = line
            yield line

    def _refuse_second_header(self, line_number: int) -> NoReturn:
        """The header once more, even after a line that was not ended: everything came twice."""
        raise ReportUnavailableError(
            f"document {self.document.document_id} holds its header twice (line {line_number}), so "
            "it was delivered more than once"
        )

    def _is_no_row(self, cells: Sequence[str], *, is_ended: bool) -> bool:
        """Whether a line that is not as wide as the header is too wide, or too short to be known."""
        width = len(self.names)
        if len(cells) > width:
            return any(cells[width:])
        return len(cells) < self._needed or not is_ended

    def _reject(self, line_number: int, cells: Sequence[str]) -> None:
        self.counts.rejected += 1
        if self.counts.rejected <= TOLD_REJECTS:
            logger.warning(
                "Line %d of document %s has %d cells where the header has %d; the row is %s.",
                line_number,
                self.document.document_id,
                len(cells),
                len(self.names),
                f"kept in {self._reject_path}" if self._reject_path else "left out ('reject_path')",
            )
        if self._reject_path and not self.document.rejects_kept:
            try:
                with open(self._reject_path, "a", encoding="utf-8", opener=_private) as rejects:
                    rejects.write("\t".join([str(line_number), *cells]) + "\n")
            except OSError as error:
                raise TapError(
                    f"The reject file {self._reject_path} cannot be written ({error.strerror}); make "
                    "room there, or name another folder in 'reject_path'."
                ) from None


def _separator_of(first: str, due: str, required: Iterable[str], columns: Collection[str]) -> str:
    """What stands between cells: what is due, unless the header has the other alone, and fits so."""
    other = COMMA if due == TAB else TAB
    if due in first or other not in first:
        return due
    with contextlib.suppress(UnpairedMarkError):
        cells = _header_cells(first, other)
        names = headers.recognised(headers.canonical_names(cells), columns)
        return other if set(required) <= set(names) else due
    return due


def _header_cells(first: str, separator: str) -> Sequence[str]:
    if not first.startswith('"') and separator == TAB:
        return first.split(TAB) if first else []
    return next((cells for _, cells in quoted_rows([first], separator, 0)), [])


def _joined(cells: Sequence[str], positions: Sequence[int]) -> str:
    if len(positions) == 1:
        return cells[positions[0]] if positions[0] < len(cells) else ""
    return "\x1f".join(cells[at] if at < len(cells) else "" for at in positions)


def _private(path: str, flags: int) -> int:
    """Open a file that only its owner may read: rows hold buyers' data."""
    return os.open(path, flags, 0o600)

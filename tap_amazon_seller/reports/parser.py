"""From the lines of a flat file to rows of typed values, with counts that add up.

Flat files are not CSV: a quotation mark in a title is a character. Only a file whose header is itself
quoted is read with quoting.
"""

from __future__ import annotations

import csv
import logging
import os
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.errors import ReportUnavailableError
from tap_amazon_seller.reports import headers, values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tap_amazon_seller.marketplaces import Marketplace
    from tap_amazon_seller.reports.document import ReportDocument

    Row = dict[str, Any]

logger = logging.getLogger(__name__)

PERSONAL = re.compile(
    r"cpf|(buyer|recipient|bill|customer)_.*|.*(phone|e_?mail).*|ship_address_\d|.*_address(_line)?(_\d)?"
)
"""Columns with buyers' names, addresses, phones and e-mail addresses."""


TOLD_REJECTS = 10  # rejected rows of a document that are told one by one


@dataclass(slots=True)
class Counts:
    """What became of a document's rows. `read` is the sum of `emitted`, `rejected` and `elsewhere`.

    Attributes:
        read: Rows in the document, the header and blank lines aside.
        emitted: Rows passed on.
        rejected: Rows with more cells than the header, whose columns are not known.
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


class FlatFile:
    """One reading of a document.

    Args:
        document: The text.
        columns: JSON Schema of each known column, by canonical name.
        marketplace: Whose dates and numbers these are.
        required: Columns without which the document cannot be what was asked for.
        include_pii: Whether personal columns are passed on.
        reject_path: File that takes rows with too many cells; None drops them after counting.

    Raises:
        ReportUnavailableError: A required column is missing.
    """

    def __init__(
        self,
        document: ReportDocument,
        columns: Mapping[str, Mapping[str, Any]],
        marketplace: Marketplace,
        *,
        required: Iterable[str] = (),
        include_pii: bool = False,
        reject_path: Path | None = None,
    ) -> None:
        self.counts = Counts()
        self._document = document
        self._reject_path = reject_path
        first = next(document.lines(), "")
        self._quoted = first.startswith('"')
        header = next(self._split([first]), (0, [""]))[1]
        self.names = headers.canonical_names(header) if any(header) else []
        missing = [name for name in required if name not in self.names]
        if missing:
            raise ReportUnavailableError(
                f"document {document.document_id} has no column {missing[0]}, so it is not the file "
                f"that was asked for, or not in charset {document.charset} (see 'report_charset')"
                if self.names
                else f"document {document.document_id} is empty"
            )
        self._kept = [
            (position, name, values.converter(columns.get(name, {}), marketplace))
            for position, name in enumerate(self.names)
            if include_pii or not PERSONAL.fullmatch(name)
        ]
        self.new_names = [name for _, name, _ in self._kept if name not in columns]

    def rows(self) -> Iterator[Row]:
        """Each row once, in the file's order: canonical column names to values.

        A short row is padded with nulls, empty cells beyond the header are forgiven.
        """
        counts = self.counts
        width = len(self.names)
        text_columns = [(position, name) for position, name, read in self._kept if read is None]
        typed_columns = [
            (position, name, read) for position, name, read in self._kept if read is not None
        ]
        for line_number, found in self._split(self._body(), start=2):
            counts.read += 1
            cells = found
            if len(cells) > width:
                if any(cells[width:]):
                    self._reject(line_number, cells)
                    continue
            elif len(cells) < width:
                cells = [*cells, *[""] * (width - len(cells))]
            row: Row = {name: cells[position] or None for position, name in text_columns}
            for position, name, read in typed_columns:
                cell = cells[position]
                try:
                    row[name] = read(cell) if cell.strip() else None
                except (OverflowError, ValueError):
                    row[name] = None
                    counts.unreadable[name] += 1
                    counts.first_unreadable.setdefault(name, line_number)
            counts.emitted += 1
            yield row

    def cells(self, name: str) -> Iterator[str]:
        """The text of one column, row by row, in a reading of its own that counts nothing."""
        position = self.names.index(name)
        for _, cells in self._split(self._body()):
            yield cells[position] if position < len(cells) else ""

    def log_counts(self, report: str) -> None:
        """Say what became of the rows, and warn of all that was not passed on as it stood."""
        counts = self.counts
        self._document.rejects_kept = True
        logger.info(
            "%s: %d rows read from %d bytes of text, %d emitted, %d rejected, %d of other marketplaces.",
            report, counts.read, self._document.size, counts.emitted, counts.rejected, counts.elsewhere,
        )  # fmt: skip
        if self._document.undecodable:
            logger.warning(
                "%s: %d bytes are not %s; they are kept as Latin-1 characters (see 'report_charset').",
                report, self._document.undecodable, self._document.charset,
            )  # fmt: skip
        for name, number in counts.unreadable.items():
            logger.warning(
                "%s: %d cells of column %s cannot be read and are null, the first in line %d.",
                report, number, name, counts.first_unreadable[name],
            )  # fmt: skip

    def _body(self) -> Iterator[str]:
        """The lines after the header, in a reading of their own."""
        lines = self._document.lines()
        next(lines, None)
        return lines

    def _split(self, lines: Iterable[str], start: int = 1) -> Iterator[tuple[int, Sequence[str]]]:
        if self._quoted:
            reader = csv.reader(lines, delimiter="\t", strict=False)
            for cells in reader:
                if cells:
                    yield reader.line_num + start - 1, cells
            return
        for line_number, line in enumerate(lines, start=start):
            text = line.removesuffix("\n").removesuffix("\r")
            if text:
                yield line_number, text.split("\t")

    def _reject(self, line_number: int, cells: Sequence[str]) -> None:
        self.counts.rejected += 1
        if self.counts.rejected <= TOLD_REJECTS:
            logger.warning(
                "Line %d of document %s has %d cells where the header has %d; the row is %s.",
                line_number,
                self._document.document_id,
                len(cells),
                len(self.names),
                f"kept in {self._reject_path}" if self._reject_path else "left out ('reject_path')",
            )
        if self._reject_path and not self._document.rejects_kept:
            with open(self._reject_path, "a", encoding="utf-8", opener=_private) as rejects:
                rejects.write("\t".join([str(line_number), *cells]) + "\n")


def _private(path: str, flags: int) -> int:
    """Open a file that only its owner may read: rows hold buyers' data."""
    return os.open(path, flags, 0o600)

"""From the text of a flat file to batches of typed rows, with counts that add up.

Flat files are not CSV: a quotation mark in a title is a character. Only a file whose header or rows are
themselves quoted is read with quoting. A megabyte of lines is read at a time, complete columns at once;
lines that do not fit their columns are looked at one by one.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
from collections import Counter
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pyarrow.compute as pc

from amazon_selling_partner import THIS_MACHINE
from tap_amazon_seller.errors import ReportUnavailableError
from tap_amazon_seller.machine.arrow import is_utf8
from tap_amazon_seller.machine.prefetch import ahead
from tap_amazon_seller.reports.rows.alignment import LINES_OF_ROW, Alignment, Line
from tap_amazon_seller.reports.rows.counts import Counts
from tap_amazon_seller.reports.rows.header import read_header
from tap_amazon_seller.reports.rows.quoting import UnpairedMarkError, quoted_rows
from tap_amazon_seller.reports.rows.rejected import ORDER_ID, RejectedRow
from tap_amazon_seller.reports.rows.typed import RegularText, TypedColumns
from tap_amazon_seller.reports.text import lines

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from amazon_selling_partner import Machine
    from tap_amazon_seller.reports.rows.header import Expected
    from tap_amazon_seller.reports.rows.typed import Rows
    from tap_amazon_seller.reports.text.document import ReportDocument

logger = logging.getLogger(__name__)

TOLD_REJECTS = 10
"""Rejected rows of a document that are logged one by one."""
ROWS_AT_ONCE = 2_000
"""Of a quoted file."""
SPLIT_AHEAD = 2
"""Pieces: what is done with them takes longer for some, such as those with which a file is written."""
LINES_AT_ONCE = 500
"""That are looked at one by one, where some of a block do not fit."""
MOST_CELLS = 200_000
"""Of such lines: short ones under a wide header are padded."""


class FlatFile:
    """One reading of a document.

    Args:
        document: The text.
        expected: What it should be.
        on_reject: Takes rows that cannot become records.

    Raises:
        ReportUnavailableError: A required column is missing. While rows are read: the document holds
            its header twice, or is quoted and its quotation marks do not pair.
    """

    def __init__(
        self,
        document: ReportDocument,
        expected: Expected,
        on_reject: Callable[[RejectedRow], None] = lambda _: None,
        *,
        machine: Machine = THIS_MACHINE,
    ) -> None:
        self.document = document
        self._machine = machine
        self.header = read_header(document, expected)
        self.counts = Counts()
        self.order_ids_in_doubt: set[str] = set()
        self.rejected_order_ids: set[str] = set()
        self._on_reject = on_reject
        self._typed = TypedColumns(self.header, expected.keys)
        self._alignment = Alignment(
            self.header, expected.keys, may_be_broken=not self.header.is_quoted
        )
        self._regular_text = RegularText(
            self.header,
            self._typed,
            self._alignment,
            is_header_once=document.scattered is not None,
        )
        self._has_learnt = False
        self._doubts_next = False
        self._last = ""

    def batches(self) -> Iterator[Any]:
        """The rows as Arrow record batches, each once and in the file's order.

        A short row is padded with nulls, empty cells beyond the header are dropped, where that is how
        the file is written (see `alignment`).
        """
        return self._of_quoted() if self.header.is_quoted else self._of_plain()

    def batches_ahead(self) -> Iterator[Any]:
        """The same, those of quoted rows one ahead; plain rows are read ahead by their blocks."""
        if self.header.is_quoted:
            return ahead(self._of_quoted(), machine=self._machine)
        return self._of_plain()

    def blocks(self, utf8: Callable[[bytes], bool] | None = None) -> Generator[bytes]:
        """The body in UTF-8 in pieces of complete lines, in a reading of its own."""
        above = self.header.lines_above + 1
        for block in self.document.blocks(utf8):
            start = 0
            while above and start < len(block):
                start = block.find(b"\n", start) + 1 or len(block)
                above -= 1
            if start < len(block):
                yield block[start:]

    def move_elsewhere(self, count: int) -> None:
        """Count rows that were emitted, and belong to the reports of other marketplaces."""
        self.counts.emitted -= count
        self.counts.elsewhere += count

    def log_counts(self, report: str) -> None:
        """Report what became of the rows, and warn of all that was not passed on as it stood."""
        counts = self.counts
        logger.debug(
            "%s: %d rows read from %d bytes of text, %d emitted, %d rejected, %d of other marketplaces.",
            report, counts.read, self.document.size, counts.emitted, counts.rejected, counts.elsewhere,
        )  # fmt: skip
        if self.document.undecodable:
            logger.warning(
                "%s: %d bytes are not %s; they are kept as Cp1252 characters (see 'report_charset').",
                report, self.document.undecodable, self.document.charset,
            )  # fmt: skip
        if counts.repaired:
            logger.warning(
                "%s: %d rows had a tab or a line break in a text, or lacked a cell; they are passed on "
                "with their cells in the right columns.",
                report, counts.repaired,
            )  # fmt: skip
        for name, number in counts.unreadable.items():
            logger.warning(
                "%s: %d cells of column %s cannot be read and are null, the first in line %d.",
                report, number, name, counts.first_unreadable[name],
            )  # fmt: skip

    # Plain files

    def _of_plain(self) -> Generator[Any]:
        """The rows of a file without quoting.

        The last line of a block, and those before it that do not fit, are read again with the next
        block: a row may continue there.
        """
        start, kept = self.header.first_row, b""
        at_once = max(1, min(LINES_AT_ONCE, MOST_CELLS // len(self.header.names)))
        for text, again, is_last, columns in self._split_ahead():
            if kept != again:
                text = kept + text[len(again) :]  # noqa: PLW2901
                columns = self._split(text)  # noqa: PLW2901
            rows = self._regular_text.rows_of(text, columns)
            found = self._fitting(text, start, rows, is_last=is_last)
            del columns, rows  # or they would be kept while the next ones are read
            if found:
                batch, start, kept = found
                del found, text
                yield batch
                del batch
                continue
            kept = b""
            for piece, ends in _with_last(_pieces(text, at_once)):
                batch, start, kept = self._piece(kept + piece, start, is_last=is_last and ends)
                yield batch

    def _split_ahead(self) -> Iterator[tuple[bytes, bytes, bool, list[Any] | None]]:
        """Texts, how each begins with the end of the one before, whether it is the last, its columns.

        The columns are None where the lines are not as they should be. The first text shows how the file
        is written; the others are inflated and split ahead, each in a thread of its own.
        """
        texts = _overlapping(self.blocks(is_utf8))
        for text, again, is_last in texts:
            yield text, again, is_last, self._split(text)
            if not is_last:
                inflated = ahead(texts, machine=self._machine)
                yield from ahead(self._all_split(inflated), SPLIT_AHEAD, machine=self._machine)
            return

    def _all_split(
        self, texts: Generator[tuple[bytes, bytes, bool]]
    ) -> Generator[tuple[bytes, bytes, bool, list[Any] | None]]:
        with contextlib.closing(texts):
            for text, again, is_last in texts:
                yield text, again, is_last, self._split(text)
                del text  # or it would be kept while the next one is inflated

    def _piece(self, text: bytes, start: int, *, is_last: bool) -> tuple[Any, int, bytes]:
        """The rows of some lines, the number of the first line that is not read yet, and the rest."""
        rows = self._regular_text.rows_of(text, self._split(text))
        found = self._fitting(text, start, rows, is_last=is_last)
        return found or self._irregular(text, start, rows, is_last=is_last)

    def _fitting(
        self, text: bytes, start: int, rows: Rows | None, *, is_last: bool
    ) -> tuple[Any, int, bytes] | None:
        """The same, where all rows are as they should be; None where they are not."""
        if rows is None:
            return None
        self._learn(Counter({self._alignment.usual_width: rows.batch.num_rows}), rows.counted)
        if any(map(self._alignment.is_evidence, rows.misfits)):
            return None
        rest = b""
        if not is_last:
            rows = rows.first(rows.batch.num_rows - 1)
            rest = text[text.rfind(b"\n", 0, -1) + 1 :]
        batch = rows.batch
        self.counts.read += batch.num_rows
        self.counts.emitted += batch.num_rows
        self._note_unreadable(rows, range(start, start + batch.num_rows))
        self._note_neighbours(batch)
        return batch, start + batch.num_rows, rest

    def _split(self, text: bytes) -> list[Any] | None:
        """The columns of lines, where all have as many cells as is usual."""
        if not self._has_learnt:
            self._regular_text.guess_width(text)
        return self._regular_text.split(text)

    def _irregular(
        self, text: bytes, start: int, rows: Rows | None, *, is_last: bool
    ) -> tuple[Any, int, bytes]:
        """The rows of lines that are looked at one by one, as `_piece` answers them."""
        is_ended = text.endswith(b"\n")
        found = text.decode().split("\n")
        if is_ended:
            found.pop()
        lines: list[Line] = []
        for number, line in enumerate(found, start=start):
            plain = line.removesuffix("\r")
            if plain.endswith(self.header.line):
                self._refuse_second_header(number)
            cells = plain.split("\t")
            if cells[0] or any(cells):
                ends = is_ended or number < start + len(found) - 1
                lines.append(Line(number, tuple(cells), ends))
        flagged = None if rows is None else self._flagged(rows, lines)
        misfits = rows.counted if rows else self._sampled_misfits(lines)
        self._learn(Counter(len(line.cells) for line in lines), misfits)
        kept = 0 if is_last else self._unfinished(lines, flagged)
        judged = self._judged(lines[: len(lines) - kept], flagged)
        if not kept:
            return judged, start + len(found), b""
        first = lines[-kept].number
        rest = "\n".join(found[first - start :]) + "\n"
        return judged, first, rest.encode()

    def _flagged(self, rows: Rows, lines: Sequence[Line]) -> set[int] | None:
        """Which lines have a cell without its column's form; None if lines do not correspond to rows."""
        if rows.batch.num_rows != len(lines):
            return None
        places: set[int] = set()
        for at, mask in rows.misfits.items():
            if self._alignment.is_evidence(at):
                places.update(pc.indices_nonzero(mask).to_pylist())
        return places

    def _unfinished(self, lines: Sequence[Line], flagged: set[int] | None) -> int:
        """How many lines at the end are read again with what follows them."""
        kept = 1
        while kept < min(LINES_OF_ROW, len(lines)) and not self._is_fitting(
            lines[-kept], len(lines) - kept, flagged
        ):
            kept += 1
        return min(kept, len(lines))

    def _is_fitting(self, line: Line, place: int, flagged: set[int] | None) -> bool:
        if len(line.cells) != self._alignment.usual_width:
            return False
        if flagged is None:
            return not self._alignment.misfits(line.cells)
        return place not in flagged

    def _sampled_misfits(self, lines: Sequence[Line]) -> Counter[int]:
        """Cells without their column's form, of lines as wide as the header, by position."""
        width = len(self.header.names)
        found: Counter[int] = Counter()
        for line in lines:
            if len(line.cells) == width:
                found.update(self._alignment.misfits(line.cells))
        return found

    # Quoted files

    def _of_quoted(self) -> Generator[Any]:
        """The rows of a file with quoting, whose cells may hold tabs and line breaks."""
        rows = self._quoted_lines()
        while lines := list(itertools.islice(rows, ROWS_AT_ONCE)):
            self._learn(Counter(len(line.cells) for line in lines), self._sampled_misfits(lines))
            batch = self._judged(lines, None)
            if batch.num_rows:
                yield batch

    def _quoted_lines(self) -> Generator[Line]:
        """Each row that is not blank, under the number of the line in which it begins."""
        start = self.header.first_row
        width = len(self.header.names)
        last = [""]
        try:
            rows = quoted_rows(self._watched(start, last), self.header.separator, width)
            for before, cells in rows:
                if any(cells):
                    yield Line(start + before, tuple(cells), last[0].endswith("\n"))
        except UnpairedMarkError as error:
            raise ReportUnavailableError(
                f"document {self.document.document_id} has a quotation mark without its partner in "
                f"or after line {start + error.args[0]}, so its rows cannot be distinguished"
            ) from None

    def _watched(self, start: int, last: list[str]) -> Iterator[str]:
        """The lines of the body, of which the last one is remembered."""
        lines = itertools.islice(self.document.lines(), start - 1, None)
        for number, line in enumerate(lines, start=start):
            if line.removesuffix("\n").removesuffix("\r").endswith(self.header.line):
                self._refuse_second_header(number)
            last[0] = line
            yield line

    # Both

    def _judged(self, lines: Sequence[Line], flagged: set[int] | None) -> Any:
        """The rows that lines make; the others are rejected."""
        accepted: list[Line] = []
        for verdict in self._alignment.judged(lines, flagged):
            self.counts.read += 1
            if verdict.reason:
                self._reject(verdict.line, verdict.reason)
                continue
            if self.header.identity is not None:
                about = verdict.line.cells[self.header.identity]
                if self._doubts_next:
                    self._doubt(about)
                self._last = about
            accepted.append(verdict.line)
            self.counts.emitted += 1
            self.counts.repaired += verdict.is_repaired
        rows = self._typed.of_cells([line.cells for line in accepted])
        self._note_unreadable(rows, [line.number for line in accepted])
        return rows.batch

    def _reject(self, line: Line, reason: str) -> None:
        self.counts.rejected += 1
        row = RejectedRow(line.number, line.cells, reason)
        if self.counts.rejected <= TOLD_REJECTS:
            logger.warning(
                "Line %d of document %s is rejected: %s.",
                line.number, self.document.document_id, reason,
            )  # fmt: skip
        self._on_reject(row)
        if ids := row.order_ids:
            self.order_ids_in_doubt.update(ids)
            self.rejected_order_ids.update(ids)
        else:  # the orders above and below may be the one that it is of
            self._doubt(self._last)
            self._doubts_next = True

    def _doubt(self, order_id: str) -> None:
        """Take note of the order of a row beside one that does not say which order it is of."""
        self._doubts_next = False
        if ORDER_ID.fullmatch(order_id):
            self.order_ids_in_doubt.add(order_id)

    def _note_neighbours(self, batch: Any) -> None:
        """Take note of what the first and the last of some rows are about."""
        at = self.header.identity
        if not batch.num_rows or at is None or self.header.names[at] not in batch.schema.names:
            return
        identities = batch.column(self.header.names[at])
        if self._doubts_next:
            self._doubt(identities[0].as_py() or "")
        self._last = identities[-1].as_py() or ""

    def _learn(self, widths: Counter[int], misfits: Counter[int]) -> None:
        if not self._has_learnt:
            self._alignment.learn(widths, misfits)
            self._has_learnt = True

    def _note_unreadable(self, rows: Rows, numbers: Sequence[int]) -> None:
        """Count cells that their column's type cannot read."""
        for name, mask in rows.unreadable.items():
            if count := pc.sum(mask).as_py():
                self.counts.unreadable[name] += count
                first = numbers[pc.index(mask, value=True).as_py()]
                self.counts.first_unreadable.setdefault(name, first)

    def _refuse_second_header(self, line_number: int) -> NoReturn:
        """The header once more, even after a line that was not ended: everything came twice."""
        raise ReportUnavailableError(
            f"document {self.document.document_id} holds its header twice (line {line_number}), so "
            "it was delivered more than once"
        )


def _pieces(block: bytes, lines: int) -> Iterator[bytes]:
    """A block in pieces of so many lines at most."""
    if block.count(b"\n") <= lines:
        yield block
        return
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))[lines - 1 :: lines] + 1
    start = 0
    for end in [*ends.tolist(), len(block)]:
        if start < end:
            yield block[start:end]
        start = end


def _overlapping(blocks: Iterator[bytes]) -> Generator[tuple[bytes, bytes, bool]]:
    """Each block after the last line of the one before, that line, and whether nothing follows.

    After a full block another is likely, and is not waited for: where none comes, the last line is a
    text by itself.
    """
    again = b""
    waiting: bytes | None = None
    is_last = False
    while not is_last:
        block = next(blocks, b"") if waiting is None else waiting
        if not block and not again:
            return
        waiting = None if len(block) >= lines.READ_SIZE else next(blocks, b"")
        is_last = waiting == b""
        text = again + block
        del block  # or it would be kept while the next one is read
        yield text, again, is_last
        again = text[text.rfind(b"\n", 0, -1) + 1 :]
        del text


def _with_last(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each block, and whether it is the last."""
    before: bytes | None = None
    for block in blocks:
        if before is not None:
            yield before, False
        before = block
    if before is not None:
        yield before, True

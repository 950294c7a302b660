"""From the text of rows to Arrow columns of their types, in complete columns where that can be done.

Arrow reads figures as they are usually written while it splits the lines. A column in which some are
written in another way is read as text, and each distinct cell by `cells`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc
from pyarrow import csv

from tap_amazon_seller.machine.arrow import pa
from tap_amazon_seller.machine.arrow_text import INSTANT, cell_ends, text_bytes, utc_seconds
from tap_amazon_seller.reports.rows.cells import FALSE, LONGEST_INTEGER, NO_VALUE, TRUE, Kind
from tap_amazon_seller.reports.rows.forms import form_of
from tap_amazon_seller.reports.text.lines import UTF8_BOM

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from tap_amazon_seller.reports.rows.alignment import Alignment
    from tap_amazon_seller.reports.rows.header import Column, Header

TYPES: dict[Kind, Any] = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.INSTANT: INSTANT,
    Kind.DAY: pa.string(),
}
"""Days are texts in ISO 8601, as records have them."""
_AT_ONCE = {Kind.BOOLEAN, Kind.INSTANT, Kind.NUMBER}
"""What Arrow reads while it splits lines. Whole numbers are not: it would take `0x1F` for one."""
_MAY_BE_ODD = {Kind.INSTANT, Kind.NUMBER}
_PARSE = csv.ParseOptions(
    delimiter="\t",
    quote_char=False,
    double_quote=False,
    newlines_in_values=False,
    ignore_empty_lines=False,
)
_WHOLE_TEXT = 1 << 30  # bytes: a text is never divided
_FIRST, _LAST = -62_135_596_800, 253_402_300_799
"""Seconds of the first and the last instant that Python, and so a record, can have."""
_NOT_CONVERTED = re.compile(r"In CSV column #(\d+): CSV conversion error")


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as columns of their types.

    Attributes:
        batch: The columns that are passed on.
        unreadable: Which cells their column's type cannot read, by column; they are null.
        misfits: Which cells do not have their column's form, those that are unreadable included; by
            position.
    """

    batch: Any
    unreadable: dict[str, Any]
    misfits: dict[int, Any]

    def first(self, count: int) -> Rows:
        """The first rows."""
        return Rows(
            self.batch.slice(0, count),
            {name: mask.slice(0, count) for name, mask in self.unreadable.items()},
            {at: mask.slice(0, count) for at, mask in self.misfits.items()},
        )

    @property
    def counted(self) -> Counter[int]:
        """How many cells do not have their column's form, by position."""
        return Counter({at: pc.sum(mask).as_py() for at, mask in self.misfits.items()})


class TypedColumns:
    """Reads the rows of one file.

    Args:
        header: The file's header.
        keys: Names of columns that must have a value in each row.
    """

    def __init__(self, header: Header, keys: Collection[str] = ()) -> None:
        self._header = header
        self._keys = set(keys)
        self.schema = pa.schema([(column.name, TYPES[column.kind]) for column in header.columns])
        self._as_text = {
            column.position for column in header.columns if column.kind not in _AT_ONCE
        }
        self._made: dict[tuple[int, frozenset[int]], tuple[Any, Any]] = {}
        self._forms = {
            column.position: form for column in header.columns if (form := form_of(column))
        }

    def split(
        self, text: bytes, width: int, as_text: Collection[int] = frozenset()
    ) -> list[Any] | None:
        """The columns of some lines, of their types or of text; None if a line has not that many cells.

        Args:
            text: Lines in UTF-8, at least one, each with a tab after each cell but the last.
            width: How many cells a row has, the header's or more.
            as_text: Positions of columns that are not to be read as what they are.
        """
        while True:
            try:
                table = self._parsed(text, width, self._as_text.union(as_text))
            except pa.ArrowInvalid as error:
                failed = _NOT_CONVERTED.match(str(error))
                if not failed:
                    return None
                # Where one cell is not written in the common way, more will be.
                self._as_text.add(int(failed[1]))
                continue
            columns = list(map(_one_chunk, table.columns))
            count = len(self._header.columns)
            if any(column.null_count < len(table) for column in columns[count:]):
                return None
            return columns[:count]

    def of_columns(self, columns: Sequence[Any], text: bytes, width: int) -> Rows | None:
        """The rows of some lines that have been split; None as for `split`."""
        odd = [
            column.position
            for column, array in zip(self._header.columns, columns, strict=True)
            if column.kind in _MAY_BE_ODD and _has_odd(array)
        ]
        if odd:
            again = self.split(text, width, odd)
            return self._typed(again) if again else None
        return self._typed(columns)

    def of_cells(self, rows: Sequence[Sequence[str]]) -> Rows:
        """The rows of cells that are as many as the header's."""
        return self._typed(
            [
                pa.array([row[column.position] or None for row in rows], pa.string())
                for column in self._header.columns
            ]
        )

    def _parsed(self, text: bytes, width: int, as_text: Iterable[int]) -> Any:
        read, convert = self._options(width, frozenset(as_text))
        return csv.read_csv(pa.BufferReader(text), read, _PARSE, convert)

    def _options(self, width: int, as_text: frozenset[int]) -> tuple[Any, Any]:
        """How Arrow reads lines, and converts their cells; made once, which takes 0.1 ms."""
        if (width, as_text) not in self._made:
            beyond = _beyond(self._header, width)
            read = csv.ReadOptions(
                use_threads=False,
                block_size=_WHOLE_TEXT,
                column_names=[*self._header.names, *beyond],
            )
            convert = csv.ConvertOptions(
                check_utf8=False,
                column_types={
                    column.name: pa.string() if column.position in as_text else TYPES[column.kind]
                    for column in self._header.columns
                }
                | dict.fromkeys(beyond, pa.string()),
                include_columns=[*(column.name for column in self._header.columns), *beyond],
                null_values=[""],
                true_values=_spelled(TRUE),
                false_values=_spelled(FALSE),
                strings_can_be_null=True,
            )
            self._made[width, as_text] = read, convert
        return self._made[width, as_text]

    def _typed(self, arrays: Sequence[Any]) -> Rows:
        """Columns, of their types or of text, as columns of their types."""
        unreadable: dict[str, Any] = {}
        misfits: dict[int, Any] = {}
        found = []
        for column, array in zip(self._header.columns, arrays, strict=True):
            if column.read is None:
                form = self._forms.get(column.position)
                if form and (mask := form.misfits(array)) is not None:
                    misfits[column.position] = mask
                found.append(array)
                continue
            if array.type != pa.string():
                found.append(array)
                continue
            typed, mask = _converted(column, array)
            found.append(typed)
            if mask is not None:
                unreadable[column.name] = misfits[column.position] = mask
        for column, array in zip(self._header.columns, found, strict=True):
            if column.name in self._keys and array.null_count:
                lacks, others = array.is_null(), misfits.get(column.position)
                misfits[column.position] = lacks if others is None else pc.or_(lacks, others)
        return Rows(pa.RecordBatch.from_arrays(found, schema=self.schema), unreadable, misfits)


class RegularText:
    """Reads texts all of whose lines are rows as they should be, in two steps.

    The first is one call of Arrow's, for a thread of its own. The second has many short calls, after
    each of which a thread waits for the others: it took a fifth longer where both were in one.

    Args:
        header: The file's header.
        typed: Reads rows.
        alignment: Knows how many cells are usual.
        is_header_once: Whether it is known that the header does not come again.
    """

    def __init__(
        self,
        header: Header,
        typed: TypedColumns,
        alignment: Alignment,
        *,
        is_header_once: bool,
    ) -> None:
        self._header = header
        self._typed = typed
        self._alignment = alignment
        self._header_line = None if is_header_once else header.line.encode()
        self._blank = (b"\n", b"\r", b"\t" * (len(header.names) - 1))

    def split(self, text: bytes) -> list[Any] | None:
        """The columns of lines, where all have as many cells as is usual."""
        if not text.endswith(b"\n"):
            return None
        stray = b"\r" in text and text.count(b"\r") != text.count(b"\r\n")
        marked = UTF8_BOM[:1] in text and (text.startswith(UTF8_BOM) or b"\n" + UTF8_BOM in text)
        again = self._header_line is not None and self._header_line in text
        if stray or marked or again:
            return None  # Arrow would take these for something else
        return self._typed.split(text, self._alignment.usual_width)

    def rows_of(self, text: bytes, columns: Sequence[Any] | None) -> Rows | None:
        """Rows, where the lines have been split, and none is blank."""
        if columns is None:
            return None
        rows = self._typed.of_columns(columns, text, self._alignment.usual_width)
        if rows is None or self._has_blank_lines(text, rows.batch):
            return None
        return rows

    def guess_width(self, text: bytes) -> None:
        """Take the commonest number of cells for usual if all beyond the header's are empty."""
        width = len(self._header.names)
        lines = text.split(b"\n", 1_000)[:-1]
        tabs = Counter(line.count(b"\t") + 1 for line in lines if line.strip())
        [(usual, count), *_] = tabs.most_common(1) or [(width, 0)]
        beyond = b"\t" * (usual - width)
        if (
            usual > width
            and count * 2 > len(lines)
            and all(
                line.removesuffix(b"\r").endswith(beyond)
                for line in lines
                if line.count(b"\t") + 1 == usual
            )
        ):
            self._alignment.usual_width = usual

    def _has_blank_lines(self, text: bytes, batch: Any) -> bool:
        """Whether a line may be empty or have nothing but tabs: a row of nulls to Arrow."""
        if any(not column.null_count for column in batch.columns):
            return False
        return text.startswith(self._blank) or any(b"\n" + start in text for start in self._blank)


def _beyond(header: Header, width: int) -> list[str]:
    """Names of the columns that rows have beyond the header's."""
    return [f"\x00{number}" for number in range(width - len(header.names))]


def _one_chunk(column: Any) -> Any:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _spelled(words: Collection[str]) -> list[str]:
    return [spelled for word in words for spelled in {word, word.title(), word.upper()}]


def _has_odd(column: Any) -> bool:
    """Whether Arrow has read what is no value here: it knows `inf`, `nan` and the year 0."""
    if column.type == TYPES[Kind.NUMBER]:
        return _has_infinite(column)
    return column.type == INSTANT and not _are_dates(column.view(pa.int64()))


def _are_dates(seconds: Any) -> bool:
    found = pc.min_max(seconds)
    first, last = found["min"].as_py(), found["max"].as_py()
    return first is None or (first >= _FIRST and last <= _LAST)


def _has_infinite(column: Any) -> bool:
    total = pc.sum(column).as_py()  # not finite where a number is not, and seldom otherwise
    if total is None or math.isfinite(total):
        return False
    return bool(pc.any(pc.invert(pc.is_finite(column))).as_py())


def _converted(column: Column, text: Any) -> tuple[Any, Any]:
    """A column of text as what its kind makes of it, and which cells it cannot read, if any."""
    to = TYPES[column.kind]
    if text.null_count == len(text):
        return pa.nulls(len(text), to), None
    if column.kind is Kind.INSTANT and (instants := _usual_instants(text)) is not None:
        return instants, None
    if column.kind is Kind.INTEGER and _is_usual_integers(text):
        return text.cast(to), None
    assert column.read is not None  # noqa: S101
    encoded = text.dictionary_encode()
    found: list[Any] = []
    odd: list[bool] = []
    for cell in encoded.dictionary.to_pylist():
        try:
            found.append(column.read(cell))
            odd.append(False)
        except (OverflowError, ValueError):
            found.append(None)
            odd.append(cell.strip() not in {"", NO_VALUE})
    values = utc_seconds(pa.array(found, pa.string())).view(to) if to == INSTANT else found
    converted = pa.array(values, to).take(encoded.indices)
    if not any(odd):
        return converted, None
    return converted, pa.array(odd).take(encoded.indices).fill_null(fill_value=False)


def _usual_instants(text: Any) -> Any:
    """Cells like `2017-06-17T08:04:21+00:00` as instants; None if one of them is another."""
    seconds = utc_seconds(text)
    return seconds.view(INSTANT) if seconds is not None and _are_dates(seconds) else None


def _is_usual_integers(text: Any) -> bool:
    """Whether all cells are figures alone, and few enough of them."""
    characters = np.frombuffer(text_bytes(text), np.uint8)
    is_plain = bool(characters.min() >= ord("0") and characters.max() <= ord("9"))
    return is_plain and int(np.diff(cell_ends(text)).max()) <= LONGEST_INTEGER

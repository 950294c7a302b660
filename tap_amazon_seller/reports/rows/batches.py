"""From the text of a flat file to Arrow record batches, a megabyte of lines at a time.

The same rows, values and counts as `FlatFile.rows`, many times as fast: whole columns are converted at
once where every cell is written in the common way, and cell by cell, by `cells`, where one is not.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc
from pyarrow import csv

from tap_amazon_seller.machine.arrow import is_utf8, pa
from tap_amazon_seller.machine.arrow_text import cast_or_none, cell_ends, text_bytes, utc_seconds
from tap_amazon_seller.machine.prefetch import ahead
from tap_amazon_seller.reports.rows.cells import EMPTY_KEY, LONGEST_INTEGER, Kind
from tap_amazon_seller.reports.text.lines import UTF8_BOM

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence

    from tap_amazon_seller.reports.rows.flat_file import Column, FlatFile

TYPES: dict[Kind, Any] = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.INSTANT: pa.string(),
    Kind.DAY: pa.string(),
}
TAB = ord("\t")
_YEAR_ONE = -62_135_596_800  # seconds; Python knows no earlier date
_LONGEST_NUMBER = 300  # digits, as in `cells`


def batches(flat_file: FlatFile) -> Generator[Any]:
    """The rows, each once and in the file's order; what `rows` raises, this does.

    Instants and days are columns of text, as they are in `rows`.
    """
    schema = pa.schema([(column.name, TYPES[column.kind]) for column in flat_file.columns])
    start = flat_file.first_row
    for block in ahead(flat_file.blocks(is_utf8)):
        batch, lines = _batch(flat_file, block, start, schema)
        del block  # or it would be kept while its rows are used
        if batch.num_rows:
            yield batch
        start += lines


def with_constants(batch: Any, constants: Mapping[str, str | None]) -> Any:
    """The rows with columns that have the same text everywhere."""
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    for name, value in constants.items():
        columns[name] = pa.repeat(pa.scalar(value, pa.string()), batch.num_rows)
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def with_keys(batch: Any, names: Iterable[str]) -> Any:
    """The rows with `EMPTY_KEY` in the place of nulls in columns of text that are keys."""
    for name in names:
        column = batch.column(name)
        if column.null_count:
            at = batch.schema.get_field_index(name)
            batch = batch.set_column(at, batch.schema.field(at), column.fill_null(EMPTY_KEY))
    return batch


def first_and_last(column: Any) -> tuple[str | None, str | None]:
    """The least and the greatest text of a column; None where it has none."""
    found = pc.min_max(column).as_py()
    return found["min"], found["max"]


def where_valid(batch: Any, names: Iterable[str]) -> Any:
    """The rows that have a value in each of some columns."""
    for name in names:
        column = batch.column(name)
        if column.null_count:
            batch = batch.filter(column.is_valid())
    return batch


def with_called(batch: Any, called: Mapping[str, Sequence[str]]) -> Any:
    """The rows with columns that have the first text of several; those that are not there have none."""
    for name, columns in called.items():
        there = [batch.column(each) for each in columns if each in batch.schema.names]
        found = pc.coalesce(*there) if there else pa.nulls(batch.num_rows, pa.string())
        if name in batch.schema.names:
            batch = batch.drop_columns([name])
        batch = batch.append_column(name, found)
    return batch


def _batch(flat_file: FlatFile, block: bytes, start: int, schema: Any) -> tuple[Any, int]:
    """The rows of one block, whose first line has the number `start`, and how many lines it has."""
    is_ended = block.endswith(b"\n")
    text = block if is_ended else block + b"\n"
    stray = b"\r" in text and text.count(b"\r") != text.count(b"\r\n")
    marked = text.startswith(UTF8_BOM) or b"\n" + UTF8_BOM in text
    if stray or marked or flat_file.header.encode() in text:
        # Arrow would take these for something else, so the lines are read one by one.
        rows = list(flat_file.rows_of(io.StringIO(block.decode(), newline="\n"), start))
        return pa.RecordBatch.from_pylist(rows, schema=schema), text.count(b"\n")
    table = _parsed(flat_file, text)
    numbers: Sequence[int]
    if table is not None and not _has_blank_lines(flat_file, text, table):
        lines = table.num_rows
        numbers = range(start, start + lines)
        flat_file.counts.read += lines
        flat_file.counts.emitted += lines
    else:
        lines = text.count(b"\n")
        text, numbers = _fitted(flat_file, text, start, is_ended=is_ended)
        table = _parsed(flat_file, text)
    if table is None or table.num_rows != len(numbers):
        raise AssertionError(f"{len(numbers)} lines are not as many rows")
    arrays = [
        _typed(flat_file, column, table.column(column.name), numbers)
        for column in flat_file.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema), lines


def _has_blank_lines(flat_file: FlatFile, text: bytes, table: Any) -> bool:
    """Whether a line may be empty or have nothing but tabs: a row of nulls to Arrow."""
    if any(not column.null_count for column in table.columns):
        return False
    blank = (b"\n", b"\r", b"\t" * (len(flat_file.names) - 1))
    return text.startswith(blank) or any(b"\n" + start in text for start in blank)


def _fitted(
    flat_file: FlatFile, text: bytes, start: int, *, is_ended: bool
) -> tuple[bytes, list[int]]:
    """The lines that are rows, each with as many cells as the header, and their numbers."""
    tabs = len(flat_file.names) - 1
    lines: list[bytes] = []
    numbers: list[int] = []
    found = text.replace(b"\r\n", b"\n").split(b"\n")[:-1]
    last = start + len(found) - 1
    regular = 0
    for line_number, line in enumerate(found, start=start):
        if line.count(b"\t") == tabs and line[0] != TAB:
            regular += 1
        else:
            cells = line.decode().split("\t")
            if not any(cells):
                continue
            whole = flat_file.fitted(cells, line_number, is_ended=is_ended or line_number < last)
            if whole is None:
                continue
            line = "\t".join(whole).encode()  # noqa: PLW2901
        lines.append(line)
        numbers.append(line_number)
    flat_file.counts.read += regular
    flat_file.counts.emitted += regular
    lines.append(b"")
    return b"\n".join(lines), numbers


def _parsed(flat_file: FlatFile, data: bytes) -> Any:
    """The columns that are passed on, all as text; None if not all lines have all cells."""
    names = [column.name for column in flat_file.columns]
    if not data:
        return pa.table({name: pa.array([], pa.string()) for name in names})
    try:
        table = csv.read_csv(
            pa.BufferReader(data),
            read_options=csv.ReadOptions(
                use_threads=False, block_size=len(data) + 1, column_names=flat_file.names
            ),
            parse_options=csv.ParseOptions(
                delimiter="\t",
                quote_char=False,
                double_quote=False,
                newlines_in_values=False,
                ignore_empty_lines=False,
            ),
            convert_options=csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=names,
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        return None
    return table.combine_chunks()


def _typed(flat_file: FlatFile, column: Column, cells: Any, numbers: Sequence[int]) -> Any:
    """A column of text as what its kind makes of it."""
    text = cells.combine_chunks() if cells.num_chunks != 1 else cells.chunk(0)
    if column.read is None or not len(text):
        return text.cast(TYPES[column.kind])
    if text.null_count == len(text):
        return pa.nulls(len(text), TYPES[column.kind])
    converted = _COMMON[column.kind](text) if column.kind in _COMMON else None
    return _cell_by_cell(flat_file, column, text, numbers) if converted is None else converted


def _cell_by_cell(flat_file: FlatFile, column: Column, text: Any, numbers: Sequence[int]) -> Any:
    """Each distinct cell converted once."""
    assert column.read is not None  # noqa: S101
    encoded = text.dictionary_encode()
    found: list[Any] = []
    for index, cell in enumerate(encoded.dictionary.to_pylist()):
        try:
            found.append(column.read(cell))
        except (OverflowError, ValueError):
            found.append(None)
            at = pc.index(encoded.indices, index).as_py()
            times = pc.sum(pc.equal(encoded.indices, index)).as_py()
            flat_file.note_unreadable(column.name, cell, numbers[at], times)
    return pa.array(found, TYPES[column.kind]).take(encoded.indices)


def _numbers(text: Any) -> Any:
    if not _is_within("+", "9", text) or _longest(text) > _LONGEST_NUMBER:
        return None
    return cast_or_none(text, pa.float64())


def _integers(text: Any) -> Any:
    if not _is_within("-", "9", text) or _longest(text) > LONGEST_INTEGER:
        return None
    return cast_or_none(text, pa.int64())


def _instants(text: Any) -> Any:
    """The cells themselves, if all are like `2017-06-17T08:04:21+00:00`."""
    seconds = utc_seconds(text)
    return None if seconds is None or pc.min(seconds).as_py() < _YEAR_ONE else text


_COMMON = {Kind.NUMBER: _numbers, Kind.INTEGER: _integers, Kind.INSTANT: _instants}
"""Conversions of whole columns; None where not all cells are written in the common way."""


def _is_within(first: str, last: str, text: Any) -> bool:
    """Whether all characters are between two: those there that are of no number, Arrow refuses."""
    data = np.frombuffer(text_bytes(text), np.uint8)
    return bool(data.min() >= ord(first) and data.max() <= ord(last))


def _longest(text: Any) -> int:
    return int(np.diff(cell_ends(text)).max())

"""The cells of an Arrow column of text as bytes, and instants as text and as seconds."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pyarrow.compute as pc

from tap_amazon_seller.machine.arrow import pa

INSTANT = pa.timestamp("s", "UTC")
"""The type of instants in the rows of reports, to the second as reports have them."""
UTC_END = "+00:00"
"""How the text of an instant in UTC ends."""
_DATE_END = len("2017-06-17")
_EXAMPLE = b"0000-00-00T00:00:00+00:00"
_FIGURES = b"9999-99-99T99:99:99+00:00"
_INSTANT_SIZE = len(_EXAMPLE)
_WORD = 8  # bytes
_MONTHS = 12
_DAY = 86_400  # seconds


def text_bytes(array: Any) -> memoryview:
    """The cells of a column of text, one after another."""
    _, _, data = array.buffers()
    if data is None:
        return memoryview(b"")
    ends = cell_ends(array)
    return memoryview(data)[ends[0] : ends[-1]]


def cell_ends(array: Any) -> Any:
    """Where the cells of a column of text begin, and where the last ends."""
    offsets = np.frombuffer(array.buffers()[1], np.int32)
    return offsets[array.offset : array.offset + len(array) + 1]


def naive_texts(instants: Any) -> Any:
    """Instants as texts like `2017-06-17T08:04:21`, without `UTC_END`; null stays null."""
    # A cast from UTC would load the time zones.
    naive = instants.view(pa.int64()).view(pa.timestamp("s")).cast(pa.string())
    return pc.binary_replace_slice(naive, _DATE_END, _DATE_END + 1, "T")


def with_texts(column: Any) -> Any:
    """A column as records have it: instants as texts in ISO 8601, others as they are."""
    if column.type != INSTANT:
        return column
    return pc.binary_join_element_wise(naive_texts(column), UTC_END, "")


def rows_as_records(batch: Any) -> list[dict[str, Any]]:
    """The rows of an Arrow record batch as records."""
    columns = list(map(with_texts, batch.columns))
    found: list[dict[str, Any]] = pa.RecordBatch.from_arrays(
        columns, names=batch.schema.names
    ).to_pylist()
    return found


def utc_seconds(text: Any) -> Any:
    """Seconds since 1970 of texts like `2017-06-17T08:04:21+00:00`; None if one is not such an instant.

    Without Arrow's conversion of times with zones, for which it loads 40 MB of time zones.
    """
    cells = text.drop_null() if text.null_count else text
    if not len(cells):
        return pa.nulls(len(text), pa.int64())
    if (np.diff(cell_ends(cells)) != _INSTANT_SIZE).any():
        return None
    found = _seconds_of(text_bytes(cells))
    if found is None:
        return None
    seconds = pa.array(found)
    if text.null_count:
        return pc.replace_with_mask(pa.nulls(len(text), pa.int64()), text.is_valid(), seconds)
    return seconds


def _seconds_of(characters: memoryview) -> Any:
    """Seconds since 1970 of instants that stand one after another; None if one of them is none.

    Eight characters at a time are one number, whose bytes are figures less those of the example.
    """
    last = np.frombuffer(characters, np.uint8)[_INSTANT_SIZE - 1 :: _INSTANT_SIZE]
    if (last != _EXAMPLE[-1]).any():
        return None
    pairs = []
    for begin in range(0, _INSTANT_SIZE - 1, _WORD):
        words = np.ndarray(last.shape, "<u8", characters, begin, (_INSTANT_SIZE,))
        example, sixes, others = _word_masks(begin)
        figures = words ^ example
        if (((figures + sixes) | figures) & others).any():
            return None
        pairs.append((figures * np.uint64(10) + (figures >> np.uint64(8))).view(np.int64))
    date, time, rest = pairs
    month, day = _pair(date, 5) - 1, _pair(time, 0) - 1
    hour, minute, second = _pair(time, 3), _pair(time, 6), _pair(rest, 1)
    if _beyond(month, _MONTHS) or _beyond(hour, 24) or _beyond(minute, 60) or _beyond(second, 60):
        return None
    months = (_pair(date, 0) * 100 + _pair(date, 2)) * _MONTHS + month
    starts = _month_starts()
    start = starts[months]
    if _beyond(day, starts[months + 1] - start):
        return None
    return (start + day) * _DAY + (hour * 60 + minute) * 60 + second


@cache
def _word_masks(begin: int) -> tuple[Any, Any, Any]:
    """For eight characters of an instant: the example, 6 for each figure, the bits that figures lack.

    With 6 more, a number above 9 has one of the upper four bits. Of other characters none may differ.
    """
    example = _EXAMPLE[begin : begin + _WORD]
    is_figure = [one != other for one, other in zip(example, _FIGURES[begin:], strict=False)]
    masks = (
        example,
        bytes(6 if figure else 0 for figure in is_figure),
        bytes(0xF0 if figure else 0xFF for figure in is_figure),
    )
    first, second, third = (np.uint64(int.from_bytes(mask, "little")) for mask in masks)
    return first, second, third


@cache
def _month_starts() -> Any:
    """The days from 1970 to the start of each month from the year 0 to the year 9999, and one more."""
    months = np.arange(-1970 * _MONTHS, (10_000 - 1970) * _MONTHS + 1)
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _pair(words: Any, place: int) -> Any:
    """The number of two figures that begins with one of the eight characters."""
    return (words >> (_WORD * place)) & 0xFF


def _beyond(numbers: Any, bound: Any) -> bool:
    """Whether a number is negative, or not below a bound."""
    return bool((numbers.view(np.uint64) >= np.asarray(bound).astype(np.uint64)).any())

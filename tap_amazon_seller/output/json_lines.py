"""From an Arrow record batch to lines of JSON, a column at a time.

What a column has few values of, such as a status or a country, is encoded once for each value, together
with the columns beside it: joining the parts of a line is most of the work, so it has as few as can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow.compute as pc

from tap_amazon_seller.machine.arrow import pa
from tap_amazon_seller.machine.arrow_text import INSTANT, UTC_END, naive_texts, text_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROWS_AT_ONCE = 2_000
"""That are joined together: more would not stay in the processor's cache."""
ROWS_LOOKED_AT = 128
"""Of a column, at its start: they show whether it may have few values."""
FEW = 16
"""Values of a column, or fewer, that are encoded once each."""
MOST_TOGETHER = 256
"""Texts that columns beside each other may have together."""
MANY_AMOUNTS = 4_000
"""Amounts of money for which it pays to know the texts of all that are as small."""
LARGEST_AMOUNT = 1_000
"""Full units of a currency."""
_CENTS = 100
_ENCODER = msgspec.json.Encoder()
_FIRST_PRINTED = 0x20
"""The characters before it are control characters, which JSON wants escaped."""


def encoded(batch: Any, before: str = "", after: str = "\n") -> Iterator[memoryview]:
    """One JSON object a row, `ROWS_AT_ONCE` lines at a time.

    Args:
        batch: The rows, at least one, in columns of text, instants, numbers and booleans.
        before: What each line begins with.
        after: What each line ends with, its line feed included.
    """
    parts: list[Any] = [_Texts((before + "{",))]
    for position, (name, column) in enumerate(zip(batch.schema.names, batch.columns, strict=True)):
        key = ("," if position else "") + _ENCODER.encode(name).decode() + ":"
        if few := _few_texts(column):
            _append(parts, _Texts((key,)))
            _append(parts, few)
        elif pa.types.is_string(column.type) and not column.null_count:
            _append(parts, _Texts((key + '"',)))
            parts += [_escaped(column), _Texts(('"',))]
        elif column.type == INSTANT and not column.null_count:
            _append(parts, _Texts((key + '"',)))
            parts += [naive_texts(column), _Texts((UTC_END + '"',))]
        else:
            _append(parts, _Texts((key,)))
            parts.append(_json(column))
    _append(parts, _Texts(("}" + after,)))
    for start in range(0, batch.num_rows, ROWS_AT_ONCE):
        rows = min(ROWS_AT_ONCE, batch.num_rows - start)
        yield text_bytes(_joined([_some(part, start, rows) for part in parts], rows))


@dataclass(frozen=True, slots=True)
class _Texts:
    """One of a few texts for each row.

    Attributes:
        texts: The texts.
        codes: Which of them each row has; None where there is one only.
    """

    texts: Sequence[str]
    codes: Any = None

    def followed_by(self, other: _Texts) -> _Texts:
        """What both say one after the other, of what a row has."""
        if self.codes is None or other.codes is None:
            texts = [one + another for one in self.texts for another in other.texts]
            return _Texts(texts, self.codes if other.codes is None else other.codes)
        count = len(other.texts)
        codes = self.codes * count + other.codes
        is_there = np.bincount(codes, minlength=len(self.texts) * count) > 0
        places = np.cumsum(is_there) - 1
        pairs = (divmod(code, count) for code in np.flatnonzero(is_there).tolist())
        return _Texts([self.texts[at] + other.texts[by] for at, by in pairs], places[codes])


def _append(parts: list[Any], part: Any) -> None:
    """Add a part, together with the last one where both are few texts."""
    last = parts[-1]
    if (
        isinstance(last, _Texts)
        and isinstance(part, _Texts)
        and len(last.texts) * len(part.texts) <= MOST_TOGETHER
    ):
        parts[-1] = last.followed_by(part)
    else:
        parts.append(part)


def _some(part: Any, start: int, rows: int) -> Any:
    """A part of some rows, as an Arrow column of text or the text of all."""
    if not isinstance(part, _Texts):
        return part.slice(start, rows)
    if part.codes is None:
        return part.texts[0]
    return pa.array(part.texts, pa.string()).take(pa.array(part.codes[start : start + rows]))


def _joined(parts: list[Any], rows: int) -> Any:
    if len(parts) == 1 and isinstance(parts[0], str):
        return pa.repeat(pa.scalar(parts[0]), rows)
    return pc.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement="null")


def _few_texts(column: Any) -> _Texts | None:
    """The values of a column in JSON, where they are few; None where they are not."""
    if column.null_count == len(column):
        return _Texts(("null",))
    looked_at = len(column.slice(0, ROWS_LOOKED_AT).unique())
    if looked_at > FEW:
        return None
    if looked_at == 1 and not column.null_count and pc.all(pc.equal(column, column[0])).as_py():
        return _Texts(_json(column.slice(0, 1)).to_pylist())
    found = column.dictionary_encode(null_encoding="encode")
    if len(found.dictionary) > FEW:
        return None
    texts = [text or "null" for text in _json(found.dictionary).to_pylist()]
    return _Texts(texts, np.asarray(found.indices) if len(texts) > 1 else None)


def _json(column: Any) -> Any:
    """The values of a column in JSON, as text; null stays null."""
    if pa.types.is_string(column.type):
        return pc.binary_join_element_wise('"', _escaped(column), '"', "")
    if column.type == INSTANT:
        return pc.binary_join_element_wise('"', naive_texts(column), UTC_END + '"', "")
    if pa.types.is_float64(column.type) and len(column) >= MANY_AMOUNTS:
        return _amounts(column)
    return column.cast(pa.string())


def _amounts(column: Any) -> Any:
    """Numbers as text, by the texts of all amounts of money where they are such."""
    numbers = np.asarray(column.fill_null(0.0))
    if numbers.min() < 0 or numbers.max() >= LARGEST_AMOUNT:
        return column.cast(pa.string())
    cents = np.rint(numbers * _CENTS)
    if (cents / _CENTS != numbers).any() or cents.max() >= LARGEST_AMOUNT * _CENTS:
        return column.cast(pa.string())
    is_null = np.asarray(column.is_null()) if column.null_count else None
    return _texts_of_amounts().take(pa.array(cents.astype(np.int32), mask=is_null))


@cache
def _texts_of_amounts() -> Any:
    return pa.array(np.arange(LARGEST_AMOUNT * _CENTS) / _CENTS).cast(pa.string())


def _escaped(column: Any) -> Any:
    """The text as it stands between the quotation marks of a JSON string."""
    characters = np.frombuffer(text_bytes(column), np.uint8)
    if len(characters) and characters.min() < _FIRST_PRINTED:
        quoted = [
            None if cell is None else _ENCODER.encode(cell)[1:-1] for cell in column.to_pylist()
        ]
        return pa.array(quoted, pa.binary()).cast(pa.string())
    if (characters == ord("\\")).any():
        column = pc.replace_substring(column, "\\", "\\\\")
    if (characters == ord('"')).any():
        column = pc.replace_substring(column, '"', '\\"')
    return column

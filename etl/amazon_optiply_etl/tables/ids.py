"""Return what is an id, as pandas, gluestick and spreadsheets give them back.

A column of whole numbers in which one is missing becomes one of floats in pandas, so that 901 is written
as ``901.0`` in CSV and as a double in Parquet; missing ones are ``nan``, ``None`` or ``<NA>`` where they
were made text on the way. gluestick's `snapshot_records` does so, and reads it back without types.
Source: pandas, "Working with missing data"; gluestick 3.0.21.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_OPTIPLY_ID = r"^[1-9][0-9]{0,18}$"
_WITH_FRACTION = r"^([0-9]+)\.0+$"
_MISSING = r"^(?i:nan|nat|none|null|<na>|n/a|na|)$"
_MISSING_KEY = r"^(nan|NaN|NaT|None|<NA>|)$"
# What pandas makes of a key of many digits, or of one such as 1E999: which it was, nobody knows.
_ROUNDED = r"^[+-]?(inf|[0-9](\.[0-9]+)?[eE]\+[0-9]+)$"
_ODD_KEY = r"^([0-9]+\.0+|nan|NaN|NaT|None|<NA>||[+-]?(inf|[0-9](\.[0-9]+)?[eE]\+[0-9]+))$"
_LARGEST = str(2**63 - 1)
_EXACT_DIGITS = {pa.float16(): 2**11, pa.float32(): 2**24, pa.float64(): 2**53}
"""Up to which whole number a float holds each of them, by its type."""


@dataclass(frozen=True, slots=True)
class Ids:
    """A column of ids.

    Attributes:
        texts: Arrow array of the ids as text; null where one is missing, or is none.
        odd: Arrow array of booleans: where there is something that is not an id.
    """

    texts: Any
    odd: Any

    @property
    def odd_rows(self) -> list[int]:
        """The places of what is not an id."""
        return list(pc.indices_nonzero(self.odd).to_pylist())


def optiply_ids(column: Any) -> Ids:  # noqa: ANN401 - pyarrow is untyped
    """Read a column of Optiply's ids: whole numbers above 0 that fit into 64 bits.

    Source: target-optiply v1 makes each id an `int`, and so do lines of buy orders in Optiply's API.

    Args:
        column: Arrow array or chunked array of any type, as CSV (text) or Parquet have it.
    """
    texts = pc.utf8_trim_whitespace(plain_texts(column))
    missing = pc.match_substring_regex(texts, _MISSING)
    large = pc.greater(pc.binary_length(texts), len(_LARGEST) - 1)
    right = pc.and_(
        pc.match_substring_regex(texts, _OPTIPLY_ID),
        pc.or_(pc.invert(large), pc.less_equal(texts, _LARGEST)),
    )
    return _ids(texts, missing, right)


def number_text(value: str | float) -> str:
    """Write a number of JSON as text, a complete one as its digits: 4006381333931.0 as such."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return str(int(value)) if whole else str(value)


def optiply_id(value: object) -> str | None:
    """Return one of Optiply's ids, as JSON has it, as text; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value)
    right = re.fullmatch(_OPTIPLY_ID, text) and (len(text), text) <= (len(_LARGEST), _LARGEST)
    return text if right else None


def remote_ids(column: Any) -> Ids:  # noqa: ANN401 - pyarrow is untyped
    """Read a column of remoteIds: any text, such as an ASIN, an EAN or an order's number.

    Those that are numbers alone come back as such. One that was rounded on the way is not an id.

    Args:
        column: Arrow array or chunked array of any type, as CSV (text) or Parquet have it.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_string(column.type):
        odd = pc.match_substring_regex(column, _ODD_KEY)
        if not pc.any(odd).as_py():  # as nearly always, and one look is enough
            return Ids(column, pc.fill_null(odd, False))  # noqa: FBT003 - the value
    texts = plain_texts(column)
    missing = pc.match_substring_regex(texts, _MISSING_KEY)
    right = pc.invert(pc.match_substring_regex(texts, _ROUNDED))
    return _ids(texts, missing, right)


def plain_texts(column: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Write whatever a column holds as text, a whole number as its digits: 901.0 as ``901``.

    Floats that are too large to be exact are written with an exponent.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain_texts(column.dictionary_decode())
    if pa.types.is_floating(kind):
        return _of_floats(column)
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        texts = pa.array([None if each is None else str(each) for each in column.to_pylist()])
        return pc.cast(texts, pa.string())
    return pc.replace_substring_regex(pc.cast(column, pa.string()), _WITH_FRACTION, r"\1")


def without_fractions(texts: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Write a column of text that pandas took for numbers as it was: ``12345.0`` is ``12345``.

    It did where all cells are such numbers and one is missing; "12.0" beside other texts is a text.

    Args:
        texts: Arrow array of texts.
    """
    if not 0 < texts.null_count < len(texts):
        return texts
    fractions = pc.match_substring_regex(texts, _WITH_FRACTION)
    return plain_texts(texts) if pc.all(fractions).as_py() else texts


def _of_floats(column: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    exact_below = _EXACT_DIGITS[column.type]
    numbers = pc.cast(column, pa.float64())
    whole = pc.and_(
        pc.equal(numbers, pc.round(numbers)), pc.less(pc.abs(numbers), float(exact_below))
    )
    digits = pc.if_else(whole, numbers, pa.scalar(None, pa.float64()))
    others = (
        pa.array(
            [None if each is None else _of_float(each) for each in numbers.to_pylist()], pa.string()
        )
        if pc.any(pc.invert(whole)).as_py()
        else pa.nulls(len(numbers), pa.string())
    )
    return pc.coalesce(pc.cast(pc.cast(digits, pa.int64()), pa.string()), others)


def _of_float(number: float) -> str | None:
    """Write what is not an exact whole number: NaN is missing, a rounded one has an exponent."""
    if number != number:  # noqa: PLR0124 - NaN alone is not itself
        return None
    return (
        f"{number:e}"
        if number.is_integer() or number in (float("inf"), float("-inf"))
        else str(number)
    )


def _ids(texts: Any, missing: Any, right: Any) -> Ids:  # noqa: ANN401 - pyarrow is untyped
    there = pc.and_(pc.is_valid(texts), pc.invert(pc.fill_null(missing, True)))  # noqa: FBT003
    good = pc.and_(there, pc.fill_null(right, False))  # noqa: FBT003
    kept = pc.if_else(good, texts, pa.scalar(None, pa.string()))
    return Ids(kept, pc.and_not(there, good))

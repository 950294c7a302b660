"""Turns columns of text into what they mean; a record with a value that does not fit is left out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl.inputs.streams import Kind
from amazon_optiply_etl.tables import amounts
from amazon_optiply_etl.tables.columns import frame_of
from amazon_optiply_etl.tables.ids import plain_texts, remote_ids, without_fractions
from amazon_optiply_etl.tables.side_by_side import side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable

    from amazon_optiply_etl.inputs.streams import Stream

_WHOLE = r"^[+-]?\d{1,15}(\.0*)?$"
_AMOUNT = r"^[+-]?\d{1,14}(\.\d{1,18})?$"  # in ten-thousandths they fit into 64 bits
# What a spreadsheet or a person makes of numbers: a currency's sign or code, thousands in groups,
# a decimal comma. "1,234" may be either, so it is none of them.
_CURRENCY = re.compile(
    r"^(?:[A-Z]{3}|\W{0,2}?[$€£¥₹]|zł|kr|TL|R\$)\s*|\s*(?:[A-Z]{3}|[$€£¥₹]|zł|kr|TL)$"
)
_ENGLISH = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d{1,18}")
_CONTINENTAL = re.compile(r"[+-]?\d{1,3}(?:[. ]\d{3})+,\d{1,18}")
_COMMA = re.compile(r"[+-]?\d{1,15},\d{1,2}")
_SCIENTIFIC = re.compile(r"[+-]?\d(?:\.\d{1,17})?[eE][+-]?\d{1,2}")
_NOTHING = {"", "nan", "nat", "none", "null", "<na>", "na", "n/a"}
"""What other tools write, in any case, where a number or a date is missing."""
_SHOWN = 40
MANY = 200_000
"""Records from which it pays to work on two things at a time."""
_DECIMAL = (Kind.AMOUNT, Kind.SHARE)
_IN_UTC = "YYYY-MM-DDTHH:MM:SS+00:00"
"""How the tap writes instants."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A value that does not fit its column.

    Attributes:
        column: The column.
        kind: What it ought to hold.
        row: Place of the record in its file, from 0.
        shown: The record's key, and the beginning of the value.
    """

    column: str
    kind: Kind
    row: int
    shown: str


def typed_frame(text: Any, stream: Stream) -> tuple[pd.DataFrame, list[Unreadable]]:  # noqa: ANN401
    """Turn a stream's table of texts, or of what Parquet has, into a frame with Arrow-backed columns.

    Texts, ids and JSON columns are strings, whole numbers int64, amounts and shares int64
    ten-thousandths, instants strings ``YYYY-MM-DDTHH:MM:SSZ`` in UTC, which sort by time. A value that
    does not fit is null.

    Returns:
        The frame, and the values that do not fit.
    """
    remaining = dict(zip(text.column_names, text.columns, strict=True))
    is_long = len(text) >= MANY
    del text  # a column at a time is dropped, so that not all are there twice
    works = (partial(_typed, remaining, name, kind) for name, kind in stream.columns.items())
    found = side_by_side(works) if is_long else (work() for work in works)
    arrays: dict[str, Any] = {}
    lost: list[tuple[str, Kind, int, str]] = []
    for (name, kind), (array, cells) in zip(stream.columns.items(), found, strict=True):
        arrays[name] = array
        lost += [(name, kind, row, value) for row, value in cells]
    unreadable = [
        Unreadable(name, kind, row, f"{_key(arrays, stream, row)}: {shown}")
        for name, kind, row, shown in lost
    ]
    return frame_of(arrays), unreadable


def _typed(remaining: dict[str, Any], name: str, kind: Kind) -> tuple[Any, list[tuple[int, str]]]:
    """Take a column out of those that remain: its values, and the rows and texts that do not fit."""
    raw = _without_nan(remaining.pop(name))
    if kind is Kind.WHOLE and pa.types.is_integer(raw.type):
        return pc.cast(raw, pa.int64()).combine_chunks(), []
    if kind in _DECIMAL and pa.types.is_float64(raw.type):
        exact = amounts.of_doubles(raw.combine_chunks())
        if exact is not None:
            return exact, []
    texts = _as_text(raw, of_text=kind in {Kind.TEXT, Kind.ID}).combine_chunks()
    del raw
    array = _CONVERT[kind](texts)
    if array.null_count <= texts.null_count:
        return array, []
    odd = pc.and_(pc.is_valid(texts), pc.is_null(array))
    values = ((row, texts[row].as_py()) for row in pc.indices_nonzero(odd).to_pylist())
    lost = [(row, value[:_SHOWN]) for row, value in values if value.strip().lower() not in _NOTHING]
    return array, lost


def _key(arrays: dict[str, Any], stream: Stream, row: int) -> str:
    parts = (arrays[name][row].as_py() for name in stream.key)
    return " ".join(str(part) for part in parts if part is not None and part != "")


def _without_nan(column: Any) -> Any:  # noqa: ANN401
    """Make what is not a number null, as some write numbers that are missing."""
    if not pa.types.is_floating(column.type):
        return column
    odd = pc.is_nan(column)
    return pc.if_else(odd, pa.scalar(None, column.type), column) if pc.any(odd).as_py() else column


def _as_text(column: Any, *, of_text: bool = False) -> Any:  # noqa: ANN401
    """Write what Parquet has as text; a float of a column of text was a whole number, such as an id."""
    kind = column.type
    if pa.types.is_string(kind):
        text = column
    elif pa.types.is_nested(kind):
        values = (None if v is None else json.dumps(v) for v in column.to_pylist())
        return pa.chunked_array([pa.array(values, pa.string())])
    elif pa.types.is_timestamp(kind):
        # Instants with a zone are kept in UTC, those without one are taken as such.
        naive = pc.cast(pc.cast(column, pa.timestamp(kind.unit)), pa.timestamp("s"), safe=False)
        text = pc.replace_substring(pc.cast(naive, pa.string()), " ", "T", max_replacements=1)
        text = pc.binary_join_element_wise(text, "Z", "")
    elif pa.types.is_floating(kind) and of_text:
        text = pa.chunked_array([plain_texts(column)])
    else:
        text = pc.cast(column, pa.string())
    empty = pc.equal(text, "")
    return pc.if_else(empty, pa.scalar(None, pa.string()), text) if pc.any(empty).as_py() else text


def _json(texts: Any) -> Any:  # noqa: ANN401
    return texts


def _id(texts: Any) -> Any:  # noqa: ANN401
    return remote_ids(texts).texts


def _whole(texts: Any) -> Any:  # noqa: ANN401
    plain = _plain(texts, _WHOLE, _odd_whole)
    return pc.cast(pc.replace_substring_regex(plain, r"^\+|\.0*$", ""), pa.int64())


def _amount(texts: Any) -> Any:  # noqa: ANN401
    return amounts.ten_thousandths(_plain(texts, _AMOUNT, _odd_amount))


def _instant(texts: Any) -> Any:  # noqa: ANN401
    try:
        instants = pc.cast(texts, pa.timestamp("us", "UTC"))
    except pa.ArrowInvalid:  # not all of them say where they are, or some are none
        return _odd_instants(texts)
    if _all(pc.equal(pc.binary_length(texts), len(_IN_UTC))) and _all(
        pc.ends_with(texts, "+00:00")
    ):
        return pc.binary_replace_slice(pc.binary_replace_slice(texts, 19, 25, "Z"), 10, 11, "T")
    return _written(pc.cast(instants, pa.timestamp("s"), safe=False))


def _all(holds: Any) -> bool:  # noqa: ANN401
    return pc.all(holds).as_py() is not False


def _odd_instants(texts: Any) -> Any:  # noqa: ANN401
    series = pd.Series(texts.to_pandas(types_mapper=pd.ArrowDtype))
    instants = pd.to_datetime(series, utc=True, format="ISO8601", errors="coerce")
    return _written(
        pc.cast(pa.array(instants, pa.timestamp("us", "UTC")), pa.timestamp("s"), safe=False)
    )


def _written(seconds: Any) -> Any:  # noqa: ANN401
    """Write instants, in UTC without saying so, as ``YYYY-MM-DDTHH:MM:SSZ``."""
    texts = pc.cast(seconds, pa.string())  # YYYY-MM-DD hh:mm:ss
    dates = pc.binary_replace_slice(texts, 10, 11, "T")
    return pc.binary_join_element_wise(dates, "Z", "")


def _plain(texts: Any, pattern: str, of_odd: Callable[[str], str | None]) -> Any:  # noqa: ANN401
    """Return the texts that fit a pattern, others made to fit it, or null where they cannot be."""
    trimmed = pc.utf8_trim_whitespace(texts)
    odd = pc.and_(pc.is_valid(trimmed), pc.invert(pc.match_substring_regex(trimmed, pattern)))
    odd = pc.fill_null(odd, False)  # noqa: FBT003 - the value
    if not pc.any(odd).as_py():
        return trimmed
    mended = pa.array([of_odd(text) for text in trimmed.filter(odd).to_pylist()], pa.string())
    return pc.replace_with_mask(trimmed, odd, mended)


def _odd_amount(text: str) -> str | None:
    number = _CURRENCY.sub("", text.replace("\u00a0", " ").replace("\u202f", " ").strip()).strip()
    if _ENGLISH.fullmatch(number):
        number = number.replace(",", "")
    elif _CONTINENTAL.fullmatch(number) or _COMMA.fullmatch(number):
        number = number.replace(".", "").replace(" ", "").replace(",", ".")
    elif _SCIENTIFIC.fullmatch(number):
        number = f"{Decimal(number):f}"
    return number if re.fullmatch(_AMOUNT, number) else None


def _odd_whole(text: str) -> str | None:
    try:
        number = Decimal(text) if _SCIENTIFIC.fullmatch(text) else None
    except InvalidOperation:
        return None
    if number is None or number != number.to_integral_value():
        return None
    plain = f"{number.to_integral_value():f}"
    return plain if re.fullmatch(_WHOLE, plain) else None


_CONVERT = {
    Kind.TEXT: without_fractions,
    Kind.ID: _id,
    Kind.JSON: _json,
    Kind.WHOLE: _whole,
    Kind.AMOUNT: _amount,
    Kind.SHARE: _amount,
    Kind.INSTANT: _instant,
}

"""Turns columns of text into what they mean, strictly: a value that does not fit is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl import amounts
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.records import Kind

if TYPE_CHECKING:
    from pathlib import Path

    from amazon_optiply_etl.records import Stream

_WHOLE = r"^[+-]?\d{1,15}(\.0*)?$"
_AMOUNT = r"^[+-]?\d{1,15}(\.\d{1,18})?$"
_SHOWN = 40
TEXT = pd.ArrowDtype(pa.string())
WHOLE = pd.ArrowDtype(pa.int64())


def typed_frame(text: Any, stream: Stream, path: Path) -> pd.DataFrame:  # noqa: ANN401
    """Turn a stream's table of texts into a frame with Arrow-backed columns.

    Text and JSON columns are strings, whole numbers int64, amounts int64 ten-thousandths, instants
    strings ``YYYY-MM-DDTHH:MM:SSZ`` in UTC, which sort by time.

    Raises:
        EtlError: a value does not fit its column, or a record lacks a part of its key.
    """
    _refuse_missing_keys(text, stream, path)
    arrays = {
        name: _CONVERT[kind](_Column(text, name, kind, stream, path))
        for name, kind in stream.columns.items()
    }
    frame: pd.DataFrame = pa.table(arrays).to_pandas(types_mapper=pd.ArrowDtype)
    return frame


class _Column:
    """One column of texts, and how to name a value of it that does not fit."""

    def __init__(self, table: Any, name: str, kind: Kind, stream: Stream, path: Path) -> None:  # noqa: ANN401
        self.table = table
        self.texts = table[name].combine_chunks()
        self.name = name
        self.kind = kind
        self.stream = stream
        self.path = path

    def refuse_unless(self, fits: Any) -> None:  # noqa: ANN401
        """Raise an error that names the first value of which `fits` is false."""
        wrong = pc.and_(pc.is_valid(self.texts), pc.invert(pc.fill_null(fits, False)))  # noqa: FBT003
        row = pc.index(wrong, True).as_py()
        if row < 0:
            return
        key = ", ".join(
            f"{part} {self.table[part][row].as_py()}"
            for part in self.stream.key
            if part in self.table.column_names and self.table[part][row].is_valid
        )
        shown = self.texts[row].as_py()[:_SHOWN]
        raise EtlError(
            f"{self.path}, record {row + 1} ({key}): {self.name} is {shown!r}, not {self.kind.value}."
        )


def _refuse_missing_keys(text: Any, stream: Stream, path: Path) -> None:  # noqa: ANN401
    for name in stream.required:
        if text[name].null_count:
            row = pc.index(pc.is_null(text[name]), True).as_py()
            raise EtlError(f"{path}, record {row + 1}: this record of {stream.name} has no {name}.")


def _text(column: _Column) -> Any:  # noqa: ANN401
    return column.texts


def _whole(column: _Column) -> Any:  # noqa: ANN401
    trimmed = pc.utf8_trim_whitespace(column.texts)
    column.refuse_unless(pc.match_substring_regex(trimmed, _WHOLE))
    return pc.cast(pc.replace_substring_regex(trimmed, r"^\+|\.0*$", ""), pa.int64())


def _amount(column: _Column) -> Any:  # noqa: ANN401
    trimmed = pc.utf8_trim_whitespace(column.texts)
    column.refuse_unless(pc.match_substring_regex(trimmed, _AMOUNT))
    return amounts.ten_thousandths(trimmed)


def _instant(column: _Column) -> Any:  # noqa: ANN401
    texts = pd.Series(column.texts.to_pandas(types_mapper=pd.ArrowDtype))
    instants = pd.to_datetime(texts, utc=True, format="ISO8601", errors="coerce")
    column.refuse_unless(pa.array(instants.notna()))
    seconds = pc.cast(
        pa.array(instants, pa.timestamp("us", "UTC")), pa.timestamp("s", "UTC"), safe=False
    )
    return pc.binary_join_element_wise(pc.strftime(seconds, "%Y-%m-%dT%H:%M:%S"), "Z", "")


_CONVERT = {
    Kind.TEXT: _text,
    Kind.JSON: _text,
    Kind.WHOLE: _whole,
    Kind.AMOUNT: _amount,
    Kind.INSTANT: _instant,
}

"""From an Arrow record batch to lines of JSON, a column at a time."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pyarrow.compute as pc

from tap_amazon_seller.machine.arrow import pa
from tap_amazon_seller.machine.arrow_text import text_bytes

_ENCODER = msgspec.json.Encoder()
_FIRST_PRINTED = 0x20
"""The characters before it are control characters, which JSON wants escaped."""


def encoded(batch: Any, before: str = "", after: str = "\n") -> memoryview:
    """One JSON object a row; columns are of text, numbers and booleans.

    Args:
        batch: The rows, at least one.
        before: What each line begins with.
        after: What each line ends with, its line feed included.
    """
    parts: list[Any] = []
    text = before + "{"
    for position, (name, column) in enumerate(zip(batch.schema.names, batch.columns, strict=True)):
        text += ("," if position else "") + _ENCODER.encode(name).decode() + ":"
        if column.null_count == len(column):
            text += "null"
            continue
        value = column
        if pa.types.is_string(column.type):
            value = _escaped(column)
            if not column.null_count:
                parts += [text + '"', value]
                text = '"'
                continue
            value = pc.binary_join_element_wise('"', value, '"', "")
        parts += [text, value.cast(pa.string())]
        text = ""
    parts.append(text + "}" + after)
    return text_bytes(_joined(parts, batch.num_rows))


def _joined(parts: list[Any], rows: int) -> Any:
    if len(parts) == 1:
        return pa.repeat(pa.scalar(parts[0]), rows)
    return pc.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement="null")


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

"""Writes columns as JSON, a column at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Inside JSON strings these are ordinary characters, and yet some readers end a line at them.
_LINE_ENDS = {"\u2028": "\\u2028", "\u2029": "\\u2029", "\u0085": "\\u0085"}
_NOT_ASCII = "[^ -~]"
_TO_ESCAPE = r"[\x00-\x1f\x{2028}\x{2029}\x{85}]"


def json_strings(texts: Any, *, only_ascii: bool = False) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Turn an Arrow array of texts into one of JSON strings; null stays null."""
    if texts.null_count == len(texts):
        return texts
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    plain, data = texts, bytes(_text_of(texts))
    for character in ("\\", '"'):
        if character.encode() in data:
            plain = pc.replace_substring(plain, character, "\\" + character)
    quoted = pc.binary_join_element_wise('"', plain, '"', "")
    if pc.all(pc.ascii_is_printable(texts)).as_py():
        return quoted
    special = pc.match_substring_regex(texts, _NOT_ASCII if only_ascii else _TO_ESCAPE)
    special = pc.fill_null(special, False)  # noqa: FBT003 - the value
    quote = json.dumps if only_ascii else _quote
    escaped = pa.array([quote(text) for text in texts.filter(special).to_pylist()], pa.string())
    return pc.replace_with_mask(quoted, special, escaped)


def json_objects(
    members: dict[str, Any], before: str = "", after: str = "", *, spaced: bool = False
) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Join columns of JSON values into one column of JSON objects.

    Args:
        members: Key -> Arrow array of JSON values. The first has no nulls; in the others a null leaves
            the key out.
        before: What each object is preceded by.
        after: What each object is followed by.
        spaced: Whether a space follows commas and colons.
    """
    comma, colon = (", ", ": ") if spaced else (",", ":")
    parts: list[Any] = []
    text = before + "{"
    for place, (key, values) in enumerate(members.items()):
        start = (comma if place else "") + json.dumps(key) + colon
        if len(values) and values.null_count == len(values):
            continue
        if values.null_count:
            member = pc.fill_null(pc.binary_join_element_wise(start, values, ""), "")
            parts += [text, member] if text else [member]
            text = ""
        else:
            parts += [text + start, values]
            text = ""
    return pc.binary_join_element_wise(*parts, "}" + after, "")


def json_arrays(values: Any, offsets: NDArray[np.int32]) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Join JSON values into JSON arrays, one from each offset to the next; null where there are none."""
    lists = pa.ListArray.from_arrays(pa.array(offsets), values)
    arrays = pc.binary_join_element_wise("[", pc.binary_join(lists, ","), "]", "")
    if (np.diff(offsets) > 0).all():
        return arrays
    return pc.if_else(pc.equal(arrays, "[]"), pa.scalar(None, pa.string()), arrays)


def lines_of(texts: Any) -> list[Any]:  # noqa: ANN401 - pyarrow is untyped
    """Return the texts of a column one after another, as buffers, without making objects of them."""
    chunks = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
    return [_text_of(chunk) for chunk in chunks if len(chunk)]


def _text_of(chunk: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    _, offsets, data = chunk.buffers()
    places = memoryview(offsets).cast("i")
    start, end = places[chunk.offset], places[chunk.offset + len(chunk)]
    return data.slice(start, end - start)


def _quote(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    for character, escaped in _LINE_ENDS.items():
        quoted = quoted.replace(character, escaped)
    return quoted

"""Writes columns as JSON, a whole column at a time."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Inside JSON strings these are ordinary characters, and yet some readers end a line at them.
_LINE_ENDS = {"\u2028": "\\u2028", "\u2029": "\\u2029", "\u0085": "\\u0085"}
_TO_ESCAPE = r"[\x00-\x1f\x{2028}\x{2029}\x{85}]"


def json_strings(texts: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Turn an Arrow array of texts into one of JSON strings; null stays null."""
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    plain = texts
    for character in ("\\", '"'):
        if pc.any(pc.match_substring(plain, character)).as_py():
            plain = pc.replace_substring(plain, character, "\\" + character)
    quoted = pc.binary_join_element_wise('"', plain, '"', "")
    special = pc.fill_null(pc.match_substring_regex(texts, _TO_ESCAPE), False)  # noqa: FBT003 - the value
    if not pc.any(special).as_py():
        return quoted
    escaped = pa.array([_quote(text) for text in texts.filter(special).to_pylist()], pa.string())
    return pc.replace_with_mask(quoted, special, escaped)


def json_objects(members: dict[str, Any]) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Join columns of JSON values into one column of JSON objects.

    Args:
        members: Key -> Arrow array of JSON values. The first has no nulls; in the others a null leaves
            the key out.
    """
    parts = []
    for place, (key, values) in enumerate(members.items()):
        start = ("{" if place == 0 else ",") + json.dumps(key) + ":"
        member = pc.binary_join_element_wise(start, values, "")
        parts.append(pc.fill_null(member, "") if values.null_count else member)
    return pc.binary_join_element_wise(*parts, "}", "")


def json_arrays(groups: Any, values: Any, wanted: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Join the JSON values of each group into a JSON array, in their order.

    Args:
        groups: Array: the group of each value.
        values: Array of JSON values.
        wanted: Array of groups, each once.

    Returns:
        The JSON array of each wanted group; null for one without values.
    """
    place = pc.index_in(groups, value_set=wanted)
    order = pc.array_sort_indices(place)  # stable; what belongs to no wanted group comes last
    place, values = place.take(order).drop_null(), values.take(order)
    # Where each group begins among the sorted places; the last offset is their end.
    offsets = np.searchsorted(place.to_numpy(), np.arange(len(wanted) + 1))
    lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values.slice(0, len(place)))
    arrays = pc.binary_join_element_wise("[", pc.binary_join(lists, ","), "]", "")
    return pc.if_else(pc.equal(arrays, "[]"), pa.scalar(None, pa.string()), arrays)


def numbers_of_hundredths(digits: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Shorten ``12.50`` to the JSON number ``12.5`` and ``12.00`` to ``12.0``."""
    return pc.replace_substring_regex(digits, r"(\.\d)0$", r"\1")


def lines_with_ends(texts: Any) -> list[Any]:  # noqa: ANN401 - pyarrow is untyped
    """Return a column of texts as the buffers of a file with a line each, without making objects."""
    return lines_of(pc.binary_join_element_wise(texts, "\n", ""))


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

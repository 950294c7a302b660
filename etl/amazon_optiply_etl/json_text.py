"""Writes columns as JSON, a whole column at a time."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

# Inside JSON strings these are ordinary characters, and yet some readers end a line at them.
_LINE_ENDS = {"\u2028": "\\u2028", "\u2029": "\\u2029", "\u0085": "\\u0085"}


def json_strings(texts: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Turn an Arrow array of texts into one of JSON strings; null stays null."""
    return pa.array(
        [None if text is None else _quote(text) for text in texts.to_pylist()], pa.string()
    )


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
        parts.append(pc.fill_null(member, ""))
    return pc.binary_join_element_wise(*parts, "}", "")


def json_arrays(groups: Any, values: Any) -> dict[str, str]:  # noqa: ANN401 - pyarrow is untyped
    """Join the JSON values of each group into a JSON array, in their order."""
    table = pa.table({"group": groups, "value": values})
    lists = table.group_by("group", use_threads=False).aggregate([("value", "list")])
    joined = pc.binary_join(lists["value_list"].combine_chunks(), ",")
    arrays = pc.binary_join_element_wise("[", joined, "]", "")
    return dict(zip(lists["group"].to_pylist(), arrays.to_pylist(), strict=True))


def numbers_of_hundredths(digits: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Shorten ``12.50`` to the JSON number ``12.5`` and ``12.00`` to ``12.0``."""
    return pc.replace_substring_regex(digits, r"(\.\d)0$", r"\1")


def _quote(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    for character, escaped in _LINE_ENDS.items():
        quoted = quoted.replace(character, escaped)
    return quoted

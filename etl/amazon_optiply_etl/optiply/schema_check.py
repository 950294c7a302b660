"""Checks a complete column against a property of a JSON Schema at a time.

A validator that walks record after record takes minutes for 100,000 orders. The schemas in
schemas/optiply use few keywords, which are checked here on columns; jsonschema explains what it finds.
A keyword that is not known here is an error, so that nothing passes unchecked.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl.errors import EtlError

_PACKAGE = Path(__file__).parents[1]
_NOTES = {"description", "title", "examples", "$schema", "format", "$id"}
_TYPES = {
    "string": pa.types.is_string,
    "integer": pa.types.is_integer,
    "number": lambda kind: pa.types.is_integer(kind) or pa.types.is_floating(kind),
    "boolean": pa.types.is_boolean,
    "null": pa.types.is_null,
}


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return a schema of schemas/optiply, from the installed package or from the checkout."""
    installed = _PACKAGE / "schemas"
    folder = installed if installed.is_dir() else _PACKAGE.parents[1] / "schemas" / "optiply"
    schema: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return schema


def check_columns(columns: dict[str, Any], schema: dict[str, Any], what: str) -> None:
    """Check records, given as columns, against an object schema; null stands for an absent key.

    Args:
        columns: Property -> Arrow array.
        schema: JSON Schema of one record; properties of type array are checked by their items.
        what: What the records are, for the error.

    Raises:
        EtlError: a record does not fit; the sentence names it and says why.
    """
    properties = schema["properties"]
    if unknown := set(columns) - set(properties):
        raise EtlError(f"{what}: the schema does not know {', '.join(sorted(unknown))}.")
    for name in schema.get("required", ()):
        if name not in columns or columns[name].null_count:
            raise EtlError(f"{what}: there is one without {name}, which every one must have.")
    for name, column in columns.items():
        fits = _fits(column, properties[name])
        row = pc.index(pc.fill_null(fits, True), False).as_py()  # noqa: FBT003 - null is absent
        if row >= 0:
            record = {key: values[row].as_py() for key, values in columns.items()}
            raise EtlError(f"{what} {next(iter(record.values()))}: {_why(record, schema, name)}")


def _fits(column: Any, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - pyarrow is untyped
    fits = pa.array([True] * len(column)) if len(column) else pa.array([], pa.bool_())
    for keyword, value in schema.items():
        if keyword not in _NOTES:
            fits = pc.and_(fits, _CHECKS[keyword](column, value))
    return fits


def _type(column: Any, names: str | list[str]) -> Any:  # noqa: ANN401
    wanted = [names] if isinstance(names, str) else names
    fits = any(_TYPES[name](column.type) for name in wanted)
    return pa.scalar(value=fits)


def _length(column: Any) -> Any:  # noqa: ANN401
    return pc.utf8_length(column)


_CHECKS = {
    "type": _type,
    "minLength": lambda column, value: pc.greater_equal(_length(column), value),
    "maxLength": lambda column, value: pc.less_equal(_length(column), value),
    "pattern": pc.match_substring_regex,
    "minimum": pc.greater_equal,
    "exclusiveMinimum": pc.greater,
    "maximum": pc.less_equal,
    "enum": lambda column, values: pc.is_in(column, value_set=pa.array(values)),
    "const": pc.equal,
}


def _why(record: dict[str, Any], schema: dict[str, Any], name: str) -> str:
    import jsonschema  # noqa: PLC0415 - only a record that does not fit pays for it

    present = {key: value for key, value in record.items() if value is not None}
    plain = {key: value for key, value in schema.items() if key != "required"}
    errors = jsonschema.Draft202012Validator(plain).iter_errors(present)
    first = next(errors, None)
    return f"{name}: {first.message}." if first else f"{name} does not fit its schema."

"""Lays rows of an entity out as Optiply takes them, in two forms, and checks every one.

The form of the Optiply API is one JSON object a row: its attributes, and its id where it is known. The
form of target-optiply is a Singer message. What a row refers to is named by its Optiply id; where that
is not known, by its remoteId, which target-optiply finds among the rows of the same file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl.amounts import array_of, number_text
from amazon_optiply_etl.entities import Field
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.json_text import (
    json_arrays,
    json_objects,
    json_strings,
    numbers_of_hundredths,
)
from amazon_optiply_etl.schema_check import check_columns, load_schema

if TYPE_CHECKING:
    import pandas as pd

    from amazon_optiply_etl.entities import Entity, Reference

_NULL = pa.scalar(None, pa.string())
_TOTAL_PATTERN = "^-?[0-9]{1,17}\\.[0-9]{2}$"  # Optiply's limit: 17 digits and 2 decimals
_BY_REMOTE_ID = "Remote_"


@dataclass(frozen=True, slots=True)
class Payloads:
    """Rows as lines of JSON, as Arrow arrays: for the Optiply API, and as Singer messages."""

    api: Any
    singer: Any


@dataclass(frozen=True, slots=True)
class _Column:
    """A field's values as the schemas check them and as JSON, for the API and for the target."""

    api: Any
    api_json: Any
    singer: Any
    singer_json: Any


def payloads(entity: Entity, table: pd.DataFrame, lines: pd.DataFrame | None = None) -> Payloads:
    """Write rows of an entity.

    Args:
        entity: What they are.
        table: Columns remoteId, optiply_id (null where not known), the entity's fields, and of each
            reference the other's remoteId and Optiply id.
        lines: Of an entity with lines: remoteId (of the row), product, product_id, quantity,
            subtotalValue; every row has one at least.

    Raises:
        EtlError: a row or a line does not fit its schema.
    """
    remote_id = _text(table["remoteId"])
    columns = {name: _column(table[name], kind) for name, kind in entity.fields.items()}
    for reference in entity.references:
        known, by_remote_id = _references(table[reference.id_column], table[reference.column])
        columns[reference.field] = _as_number(known, reference) if reference.number else known
        columns[_BY_REMOTE_ID + reference.field] = by_remote_id
    columns["id"] = _plain(_text(table["optiply_id"]))
    schema = load_schema(entity.schema)
    api_checked = {"remoteId": remote_id} | {name: each.api for name, each in columns.items()}
    check_columns(api_checked, _without(schema, "orderLines"), entity.stream)
    singer_checked = {"externalId": remote_id} | {
        name: each.singer for name, each in columns.items()
    }
    identity = json_strings(remote_id)
    api = {"remoteId": identity, "id": columns["id"].api_json}
    api |= {name: each.api_json for name, each in columns.items()}
    singer = {"externalId": identity, "id": columns["id"].singer_json}
    singer |= {name: each.singer_json for name, each in columns.items()}
    if lines is not None:
        of_api, of_singer = _lines(lines, schema["properties"]["orderLines"]["items"], remote_id)
        api["orderLines"] = of_api
        singer_checked["line_items"] = of_singer
        singer["line_items"] = json_strings(of_singer)
    check_columns(singer_checked, singer_schema(entity), entity.stream)
    return Payloads(json_objects(api), _messages(entity, json_objects(singer)))


def singer_schema(entity: Entity) -> dict[str, Any]:
    """Return the JSON Schema of an entity's records in data.singer, made from its schema for the API.

    The source's id is called externalId, totals are text, lines are JSON in a string. Dates are plain
    strings: targets turn what is declared a date into objects that they cannot send on.
    """
    schema = load_schema(entity.schema)
    properties = dict(schema["properties"])
    external = {"externalId": properties.pop("remoteId")}
    for name, kind in entity.fields.items():
        if kind is Field.TOTAL:
            total = {key: properties[name][key] for key in ("description",)}
            properties[name] = {"type": "string", "pattern": _TOTAL_PATTERN, **total}
    for reference in entity.references:
        properties[reference.field] = {
            "type": "string",
            "minLength": 1,
            "description": properties[reference.field]["description"],
        }
    if properties.pop("orderLines", None):
        properties["line_items"] = {
            "type": "string",
            "pattern": "^\\[\\{.*\\}\\]$",
            "description": "orderLines as JSON in a string, subtotalValue as text with 2 decimals.",
        }
    names = {"remoteId": "externalId", "orderLines": "line_items"}
    required = [names.get(name, name) for name in schema["required"]]
    return {
        "type": "object",
        "properties": external | properties,
        "required": required,
        "additionalProperties": False,
    }


def singer_schema_message(entity: Entity) -> str:
    """Return the SCHEMA message of an entity's stream; the target keeps its own rules."""
    properties = {
        key: {"type": [declared["type"], "null"]}
        for key, declared in singer_schema(entity)["properties"].items()
    }
    return json.dumps(
        {
            "type": "SCHEMA",
            "stream": entity.stream,
            "schema": {"type": "object", "properties": properties},
            "key_properties": [],
        },
        separators=(",", ":"),
    )


def _column(values: pd.Series[Any], kind: Field) -> _Column:
    if kind in {Field.TEXT, Field.INSTANT}:
        return _plain(_text(values))
    if kind in {Field.WHOLE, Field.FLAG}:
        array = array_of(values, pa.int64() if kind is Field.WHOLE else pa.bool_())
        written = pc.cast(array, pa.string())
        return _Column(array, written, array, written)
    text = number_text(values)
    written = numbers_of_hundredths(text)
    number = pc.cast(written, pa.float64())
    if kind is Field.TOTAL:
        return _Column(number, written, text, json_strings(text))
    return _Column(number, written, number, written)


def _plain(texts: Any) -> _Column:  # noqa: ANN401 - pyarrow is untyped
    written = json_strings(texts)
    return _Column(texts, written, texts, written)


def _references(ids: pd.Series[Any], remote_ids: pd.Series[Any]) -> tuple[_Column, _Column]:
    """Return the references by Optiply id, and by remoteId where that is not known."""
    known = _text(ids)
    return _plain(known), _plain(pc.if_else(pc.is_null(known), _text(remote_ids), _NULL))


def _as_number(ids: _Column, reference: Reference) -> _Column:
    """Write ids as numbers for the API."""
    try:
        number = pc.cast(ids.api, pa.int64())
    except pa.ArrowInvalid as error:
        raise EtlError(
            f"An Optiply id of {reference.entity} is no whole number; correct optiply_id in "
            f"the snapshot of {reference.entity}."
        ) from error
    return _Column(number, pc.cast(number, pa.string()), ids.singer, ids.singer_json)


def _lines(lines: pd.DataFrame, schema: dict[str, Any], orders: Any) -> tuple[Any, Any]:  # noqa: ANN401
    """Return the JSON array of the lines of each order, for the API and for the target."""
    quantity = _column(lines["quantity"], Field.WHOLE)
    subtotal = _column(lines["subtotalValue"], Field.TOTAL)
    product, by_remote_id = _references(lines["product_id"], lines["product"])
    columns = {
        "quantity": quantity,
        "subtotalValue": subtotal,
        "productId": product,
        f"{_BY_REMOTE_ID}productId": by_remote_id,
    }
    checked = {name: each.api for name, each in columns.items()}
    check_columns(checked, schema, "Order line with quantity")
    groups = _text(lines["remoteId"])
    api = json_objects({name: each.api_json for name, each in columns.items()})
    singer = json_objects({name: each.singer_json for name, each in columns.items()})
    return json_arrays(groups, api, orders), json_arrays(groups, singer, orders)


def _messages(entity: Entity, records: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    start = f'{{"type":"RECORD","stream":"{entity.stream}","record":'
    return pc.binary_join_element_wise(start, records, "}", "")


def _text(series: pd.Series[Any]) -> Any:  # noqa: ANN401 - pyarrow is untyped
    return array_of(series, pa.string())


def _without(schema: dict[str, Any], name: str) -> dict[str, Any]:
    required = [each for each in schema["required"] if each != name]
    return {**schema, "required": required}

"""Lays rows of an entity out as Optiply takes them, in two forms, and checks every one.

The form of the Optiply API is one JSON object a row: its attributes, and its id where it is known. The
form of target-optiply is a Singer message. What a row refers to is named by its Optiply id; where that
is not known, by its remoteId, which target-optiply finds among the rows of the same file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.optiply.entities import Field
from amazon_optiply_etl.optiply.schema_check import check_columns, load_schema
from amazon_optiply_etl.tables.amounts import array_of, number_text
from amazon_optiply_etl.tables.json_text import json_arrays, json_objects, json_strings
from amazon_optiply_etl.tables.matching import places
from amazon_optiply_etl.tables.side_by_side import side_by_side

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from amazon_optiply_etl.optiply.entities import Entity, Reference

_NULL = pa.scalar(None, pa.string())
_TOTAL_PATTERN = "^-?[0-9]{1,17}\\.[0-9]{2}$"  # Optiply's limit: 17 digits and 2 decimals
_BY_REMOTE_ID = "Remote_"
_AT_A_TIME = 25_000  # rows, whose columns are in memory in many forms before they are one text


API, SINGER = "api", "singer"
FORMS = (API, SINGER)


@dataclass(frozen=True, slots=True)
class Payloads:
    """Some rows as lines of JSON with their ends, an Arrow array of texts by form."""

    count: int
    texts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines of products, those of a row beside each other, in the order of the rows.

    Attributes:
        table: The lines.
        offsets: Where those of each row begin, and the end of the last.
    """

    table: pd.DataFrame
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, lines: pd.DataFrame, remote_ids: Any) -> _Lines:  # noqa: ANN401 - pyarrow is untyped
        """Find the lines of rows; those of other rows are left out."""
        columns = lines[["product", "product_id", "quantity", "subtotalValue"]]
        of_lines = _text(lines["remoteId"])
        starts = np.flatnonzero(_changes(of_lines))
        if of_lines.take(pa.array(starts)).equals(remote_ids):  # they are in this order already
            return cls(columns, np.append(starts, len(lines)))
        place = places(of_lines, remote_ids)
        order = pc.array_sort_indices(place)  # stable; what belongs to no row comes last
        place = place.take(order).drop_null()
        offsets = np.searchsorted(place.to_numpy(), np.arange(len(remote_ids) + 1))
        return cls(columns.take(order.slice(0, len(place)).to_numpy()), offsets)

    def slice(self, start: int, end: int) -> _Lines:
        """Return the lines of some rows."""
        offsets = self.offsets[start : end + 1]
        return _Lines(self.table.iloc[offsets[0] : offsets[-1]], offsets - offsets[0])


@dataclass(frozen=True, slots=True)
class _Column:
    """A field's values as the schemas check them and as JSON, for the API and for the target."""

    api: Any
    api_json: Any
    singer: Any
    singer_json: Any


def payloads(
    entity: Entity,
    table: pd.DataFrame,
    lines: pd.DataFrame | None = None,
    forms: Collection[str] = FORMS,
) -> Iterator[Payloads]:
    """Write rows of an entity, some of them at a time.

    Args:
        entity: What they are.
        table: Columns remoteId, optiply_id (null where not known), the entity's fields, and of each
            reference the other's remoteId and Optiply id.
        lines: Of an entity with lines: remoteId (of the row), product, product_id, quantity,
            subtotalValue; every row has one at least. Those of other rows are not written.
        forms: Which forms are wanted.

    Raises:
        EtlError: a row or a line does not fit its schema.
    """
    of_rows = None if lines is None else _Lines.of(lines, _text(table["remoteId"]))

    def written(start: int) -> Payloads:
        some = table.iloc[start : start + _AT_A_TIME]
        some_lines = None if of_rows is None else of_rows.slice(start, start + len(some))
        return Payloads(len(some), _written(entity, some, some_lines, forms))

    yield from side_by_side(partial(written, start) for start in range(0, len(table), _AT_A_TIME))


def _written(
    entity: Entity, table: pd.DataFrame, lines: _Lines | None, forms: Collection[str]
) -> dict[str, Any]:
    """Write some rows in each form."""
    remote_id = _text(table["remoteId"])
    columns = {"id": _plain(_text(table["optiply_id"]))}
    columns |= {name: _column(table[name], kind) for name, kind in entity.fields.items()}
    for reference in entity.references:
        known, by_remote_id = _references(table[reference.id_column], table[reference.column])
        columns[reference.field] = _as_number(known, reference) if reference.number else known
        columns[_BY_REMOTE_ID + reference.field] = by_remote_id
    identity = json_strings(remote_id)
    schema = load_schema(entity.schema)
    written = {}
    if API in forms:
        plain = {"remoteId": remote_id} | {name: each.api for name, each in columns.items()}
        check_columns(plain, _without(schema, "orderLines"), entity.stream)
        members = {"remoteId": identity} | {name: each.api_json for name, each in columns.items()}
        if lines is not None:
            members["orderLines"] = _lines(lines, schema, API)
        written[API] = json_objects(members, after="\n")
    if SINGER in forms:
        plain = {"externalId": remote_id} | {name: each.singer for name, each in columns.items()}
        members = {"externalId": identity}
        members |= {name: each.singer_json for name, each in columns.items()}
        if lines is not None:
            plain["line_items"] = _lines(lines, schema, SINGER)
            members["line_items"] = json_strings(plain["line_items"])
        check_columns(plain, singer_schema(entity), entity.stream)
        message = f'{{"type":"RECORD","stream":"{entity.stream}","record":'
        written[SINGER] = json_objects(members, message, "}\n")
    return written


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
    """Return the SCHEMA message of an entity's stream; the target keeps its own rules.

    Of what is kept up, it requests the fields in the host's snapshot (CustomData), which then shows
    which change has arrived. Source: hotglue_singer_sdk, `target_state_fields` of ``x-hotglue``; targets
    on other SDKs do not look at it.
    """
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
            **(
                {"x-hotglue": {"target_state_fields": list(entity.fields)}}
                if entity.kept_up
                else {}
            ),
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
    written = number_text(values, shortest=True)
    number = pc.cast(written, pa.float64())
    if kind is Field.TOTAL:
        text = number_text(values)
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
            f"An Optiply id of {reference.entity} is not a whole number; correct optiply_id in "
            f"the snapshot of {reference.entity}."
        ) from error
    return _Column(number, pc.cast(number, pa.string()), ids.singer, ids.singer_json)


def _lines(lines: _Lines, schema: dict[str, Any], form: str) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Return the JSON array of the lines of each row, in one form."""
    table = lines.table
    product, by_remote_id = _references(table["product_id"], table["product"])
    columns = {
        "quantity": _column(table["quantity"], Field.WHOLE),
        "subtotalValue": _column(table["subtotalValue"], Field.TOTAL),
        "productId": product,
        f"{_BY_REMOTE_ID}productId": by_remote_id,
    }
    checked = {name: each.api for name, each in columns.items()}
    check_columns(checked, schema["properties"]["orderLines"]["items"], "Order line with quantity")
    members = {
        name: each.api_json if form == API else each.singer_json for name, each in columns.items()
    }
    return json_arrays(json_objects(members), lines.offsets.astype(np.int32))


def _changes(texts: Any) -> NDArray[np.bool_]:  # noqa: ANN401 - pyarrow is untyped
    """Return which texts are not the one before them."""
    differs = np.ones(len(texts), bool)
    other = pc.not_equal(texts.slice(1), texts.slice(0, max(len(texts) - 1, 0)))
    differs[1:] = other.to_numpy(zero_copy_only=False)
    return differs


def _text(series: pd.Series[Any]) -> Any:  # noqa: ANN401 - pyarrow is untyped
    return array_of(series, pa.string())


def _without(schema: dict[str, Any], name: str) -> dict[str, Any]:
    required = [each for each in schema["required"] if each != name]
    return {**schema, "required": required}

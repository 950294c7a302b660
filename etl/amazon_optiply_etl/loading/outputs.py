"""The files of etl-output/: payloads in the forms that are requested."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import csv, parquet
from pyarrow import json as arrow_json

from amazon_optiply_etl.optiply.entities import ENTITIES, Entity, Field
from amazon_optiply_etl.optiply.payloads import API, SINGER, singer_schema_message
from amazon_optiply_etl.tables.packed_texts import PackedTexts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from amazon_optiply_etl.loading.loader import PayloadPart
    from amazon_optiply_etl.state.transaction import Content

FORMATS = ("singer", "jsonl", "parquet", "csv")
REPORTS = ("mapping-report.html", "mapping-report.json")
NAMES = (
    "data.singer",
    *(f"{entity.snapshot}.{suffix}" for entity in ENTITIES for suffix in FORMATS[1:]),
    *REPORTS,
)
"""Names of all files that any run may make."""
_TYPES = {
    Field.TEXT: pa.string(),
    Field.INSTANT: pa.string(),
    Field.WHOLE: pa.int64(),
    Field.MONEY: pa.float64(),
    Field.TOTAL: pa.float64(),
    Field.FLAG: pa.bool_(),
}


def forms_of(formats: Sequence[str]) -> tuple[str, ...]:
    """Return the forms of payloads that output formats are made of."""
    return tuple(dict.fromkeys(SINGER if each == "singer" else API for each in formats))


def payload_files(parts: Sequence[PayloadPart], formats: Sequence[str]) -> dict[str, Content]:
    """Return name -> content of the payload files.

    Args:
        parts: What was laid out, in the order of the output.
        formats: The formats that are wanted.
    """
    files: dict[str, Content] = {}
    if "singer" in formats:
        files["data.singer"] = PackedTexts.joined(_messages(parts))
    by_entity: dict[str, list[PayloadPart]] = {}
    for part in parts:
        by_entity.setdefault(part.entity.name, []).append(part)
    for several in by_entity.values():
        entity = several[0].entity
        if "jsonl" in formats:
            files[f"{entity.snapshot}.jsonl"] = PackedTexts.joined(e.texts[API] for e in several)
        for suffix, write in (("parquet", _parquet), ("csv", _csv)):
            if suffix in formats:
                lines = PackedTexts.joined(each.texts[API] for each in several)
                files[f"{entity.snapshot}.{suffix}"] = write(_table(entity, lines))
    return files


def _messages(parts: Sequence[PayloadPart]) -> Iterator[PackedTexts]:
    described = set()
    for part in parts:
        if part.entity.name not in described:
            described.add(part.entity.name)
            yield _schema(part.entity)
        yield part.texts[SINGER]


def _schema(entity: Entity) -> PackedTexts:
    line = PackedTexts()
    line.add(pa.array([f"{singer_schema_message(entity)}\n"]))
    return line


def _table(entity: Entity, texts: Iterable[Any]) -> Any:  # noqa: ANN401 - pyarrow is untyped
    references = (
        field
        for reference in entity.references
        for field in (
            (reference.field, pa.int64() if reference.number else pa.string()),
            (f"Remote_{reference.field}", pa.string()),
        )
    )
    fields = [
        *((name, pa.string()) for name in ("remoteId", "id")),
        *((name, _TYPES[kind]) for name, kind in entity.fields.items()),
        *references,
    ]
    if entity.lines:
        line = [("quantity", pa.int64()), ("subtotalValue", pa.float64())]
        line += [("productId", pa.string()), ("Remote_productId", pa.string())]
        fields.append(("orderLines", pa.list_(pa.struct(line))))
    schema = pa.schema(fields)
    lines = b"".join(texts)
    if not lines:
        return schema.empty_table()
    options = arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    return arrow_json.read_json(io.BytesIO(lines), parse_options=options)


def _parquet(table: Any) -> bytes:  # noqa: ANN401 - pyarrow is untyped
    target = io.BytesIO()
    parquet.write_table(table, target, compression="zstd")
    return target.getvalue()


def _csv(table: Any) -> bytes:  # noqa: ANN401 - pyarrow is untyped
    """Write a table as CSV, lines as JSON in a cell."""
    if "orderLines" in table.column_names:
        texts = [
            json.dumps([{k: v for k, v in line.items() if v is not None} for line in lines])
            for lines in table["orderLines"].to_pylist()
        ]
        place = table.schema.get_field_index("orderLines")
        table = table.set_column(place, "orderLines", pa.array(texts, pa.string()))
    target = io.BytesIO()
    csv.write_csv(table, target)
    return target.getvalue()

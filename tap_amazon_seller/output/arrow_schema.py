"""What a stream's JSON Schema is in Arrow, and records that fit it.

Dates and instants are dates and instants (microseconds, UTC). What is nested, or may be of several
types, is text in JSON: Amazon adds properties to nested objects at any time, and a column of a file has
one type.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import IO, TYPE_CHECKING, Any

import pyarrow.compute as pc
from pyarrow import parquet

from tap_amazon_seller.machine.arrow import pa
from tap_amazon_seller.machine.arrow_text import INSTANT, utc_seconds, with_texts
from tap_amazon_seller.output.messages import ENCODER

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping, Sequence

    Record = dict[str, Any]

PAGE_SIZE = 1 << 17
ROWS_LOOKED_AT = 4_000
REPEATED = 8
"""How often the texts of a column come again, on average, for a dictionary to pay."""
MICROSECONDS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = pa.timestamp("us", "UTC")
_SIMPLE = {"integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}
_TEXTS = {"date-time": _INSTANT, "date": pa.date32()}


def arrow_type(property_schema: Mapping[str, Any]) -> Any:
    """The Arrow type of a property; text where it is nested or of several types."""
    types = property_schema.get("type", ())
    named = {types} if isinstance(types, str) else set(types)
    named.discard("null")
    if named == {"string"}:
        return _TEXTS.get(property_schema.get("format", ""), pa.string())
    if named == {"integer", "number"}:
        return pa.float64()
    return _SIMPLE.get(named.pop(), pa.string()) if len(named) == 1 else pa.string()


def is_json(property_schema: Mapping[str, Any]) -> bool:
    """Whether values of a property are passed on as JSON."""
    types = property_schema.get("type", ())
    named = {types} if isinstance(types, str) else set(types)
    return arrow_type(property_schema) == pa.string() and named - {"null"} != {"string"}


class ArrowSchema:
    """The columns of a stream's files.

    Args:
        properties: JSON Schemas of the properties that files have.
        stream: The stream's name.
        logger: Reports values that are not of their property's type; they are null.
    """

    def __init__(
        self, properties: Mapping[str, Mapping[str, Any]], stream: str, logger: logging.Logger
    ) -> None:
        self._properties = properties
        self._stream = stream
        self._logger = logger
        self._types = [(name, arrow_type(of)) for name, of in properties.items()]
        self.schema = pa.schema(self._types)

    def parquet_writer(self, file: IO[bytes], compression: str | None, first: Any) -> Any:
        """A writer of a Parquet file with these columns, of which `first` are the first rows."""
        return parquet.ParquetWriter(
            file,
            self.schema,
            compression=compression or "snappy",
            use_dictionary=_repeating(first.slice(0, ROWS_LOOKED_AT)),
            write_statistics=False,
            # Pages of all columns are in memory at once.
            data_page_size=PAGE_SIZE,
            dictionary_pagesize_limit=PAGE_SIZE,
        )

    def table(self, batches: Sequence[Any]) -> Any:
        """The rows of several batches, to be written at once."""
        return pa.Table.from_batches(batches, self.schema)

    def conformed(self, batch: Any) -> Any:
        """A batch with these columns and types; text is read as what the schema says."""
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        arrays = []
        for name, to in self._types:
            column = columns.get(name)
            if column is None:
                column = pa.nulls(batch.num_rows, to)
            elif column.type != to:
                column = self._cast(column, name, to)
            arrays.append(column)
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def batch_of_records(self, records: Sequence[Record]) -> Any:
        """Records as a batch."""
        arrays = []
        for field in self.schema:
            values = [record.get(field.name) for record in records]
            if is_json(self._properties[field.name]):
                arrays.append(pa.array(map(_json, values), pa.string()))
            else:
                arrays.append(self._array(values, field.name, field.type))
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _array(self, values: Sequence[Any], name: str, to: Any) -> Any:
        if to == _INSTANT or to == pa.date32():
            return self._each(values, name, to)
        try:
            return pa.array(values, to)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            return self._each(values, name, to)

    def _cast(self, column: Any, name: str, to: Any) -> Any:
        if to == _INSTANT:
            # Reports have all instants in UTC.
            is_read = column.type == INSTANT
            seconds = column.view(pa.int64()) if is_read else utc_seconds(column)
            return pc.multiply(seconds, MICROSECONDS).view(_INSTANT)
        texts = with_texts(column)
        try:
            return pc.cast(texts, to)
        except pa.ArrowInvalid:
            return self._each(texts.to_pylist(), name, to)

    def _each(self, values: Sequence[Any], name: str, to: Any) -> Any:
        """The values one by one; those that are of another type are null, and reported."""
        stored = pa.int64() if to == _INSTANT else to
        read = _READERS.get(to, lambda value: value)
        found: list[Any] = []
        lost = 0
        for value in values:
            try:
                converted = None if value is None else pa.scalar(read(value), stored).as_py()
            except (ValueError, TypeError, OverflowError, pa.ArrowException):
                converted = None
                lost += 1
            found.append(converted)
        if lost:
            self._logger.warning(
                "Stream %s: %d values of %s are not of the type that its schema says (%s), so they are "
                "null in the file.",
                self._stream, lost, name, to,
            )  # fmt: skip
        return pa.array(found, stored).view(to)


def _repeating(rows: Any) -> list[str]:
    """The columns of text that say the same again and again: a dictionary of others is work in vain."""
    return [
        field.name
        for field in rows.schema
        if field.type == pa.string()
        and pc.count_distinct(rows.column(field.name)).as_py() * REPEATED <= rows.num_rows
    ]


def _json(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return ENCODER.encode(value).decode()


def _microseconds(value: Any) -> int:
    """Microseconds since 1970 of an ISO 8601 instant, in UTC when it names no zone."""
    instant = datetime.fromisoformat(value)
    aware = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
    return (aware - _EPOCH) // timedelta(microseconds=1)


_READERS: dict[Any, Callable[[Any], Any]] = {
    _INSTANT: _microseconds,
    pa.date32(): date.fromisoformat,
    pa.string(): lambda value: value if isinstance(value, str) else _json(value),
}

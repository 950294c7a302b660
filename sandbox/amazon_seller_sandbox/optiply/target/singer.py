"""Reads Singer messages as strictly as the SDK of target-optiply does.

A schema comes before its records, a record has no key that the schema does not declare (the SDK
looks each one up), it is valid by JSON Schema draft 4, and what is declared as ``date-time``
arrives at the sink as a ``datetime``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jsonschema import Draft4Validator
from jsonschema.exceptions import SchemaError

from amazon_seller_sandbox.optiply.target.errors import Crash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_OTHER_TYPES = ("STATE", "ACTIVATE_VERSION")


@dataclass(frozen=True, slots=True)
class Record:
    """One record, and the line it came from."""

    stream: str
    values: dict[str, Any]
    line: int


@dataclass(frozen=True, slots=True)
class _Stream:
    """What a SCHEMA message declares."""

    properties: Mapping[str, Any]
    validator: Draft4Validator

    def read(self, values: dict[str, Any], where: str) -> dict[str, Any]:
        """Return a record's values as a sink gets them."""
        for error in self.validator.iter_errors(values):
            path = ".".join(str(part) for part in error.absolute_path)
            raise Crash(f"{where}: {path or 'the record'} breaks {error.validator} of its schema")
        read = {}
        for name, value in values.items():
            if name not in self.properties:
                raise Crash(f"{where}: the schema does not declare {name}")
            read[name] = value
            if value is not None and _is_moment(self.properties[name]):
                try:
                    read[name] = datetime.fromisoformat(value)
                except (TypeError, ValueError) as error:
                    raise Crash(f"{where}: {name} is declared date-time and is none") from error
        return read


def _is_moment(schema: object) -> bool:
    if not isinstance(schema, dict):
        return False
    return schema.get("format") == "date-time" or any(map(_is_moment, schema.get("anyOf", ())))


@dataclass(slots=True)
class Messages:
    """The messages of one run; records are read one by one."""

    lines: Iterable[str]
    _streams: dict[str, _Stream] = field(default_factory=dict)

    def records(self) -> Iterator[Record]:
        """Yield the records.

        Raises:
            Crash: a message is none, or not what its schema says.
        """
        for number, line in enumerate(self.lines, 1):
            if not line.strip():
                continue
            where = f"line {number}"
            try:
                message = json.loads(line)
            except ValueError as error:
                raise Crash(f"{where}: is not JSON") from error
            kind = message.get("type") if isinstance(message, dict) else None
            if kind == "SCHEMA":
                self._declare(message, where)
            elif kind == "RECORD":
                yield self._record(message, number)
            elif kind not in _OTHER_TYPES:
                raise Crash(f"{where}: is no Singer message, its type is {kind!r}")

    def _declare(self, message: Mapping[str, Any], where: str) -> None:
        stream, schema = message.get("stream"), message.get("schema")
        if not isinstance(stream, str) or not isinstance(schema, dict):
            raise Crash(f"{where}: a SCHEMA message needs stream and schema")
        if not isinstance(message.get("key_properties"), list):
            raise Crash(f"{where}: a SCHEMA message needs key_properties, which may be []")
        properties = schema.get("properties")
        if not isinstance(properties, dict):
            raise Crash(f"{where}: the schema of {stream} has no properties")
        try:
            Draft4Validator.check_schema(schema)
        except SchemaError as error:
            raise Crash(f"{where}: the schema of {stream} is no JSON Schema: {error}") from error
        self._streams[stream] = _Stream(properties, Draft4Validator(schema))

    def _record(self, message: Mapping[str, Any], number: int) -> Record:
        stream, values = message.get("stream"), message.get("record")
        if not isinstance(stream, str) or not isinstance(values, dict):
            raise Crash(f"line {number}: a RECORD message needs stream and record")
        if stream not in self._streams:
            raise Crash(f"line {number}: a record of {stream} came before its schema")
        where = f"line {number}, {stream}"
        return Record(stream, self._streams[stream].read(values, where), number)

"""Our target for PostgreSQL: a table for each stream, a row for each account and key.

All records of a run go in by one transaction, and a row takes the place of the one with its key, so that
a run that is repeated changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
from psycopg import sql

from amazon_fleet.account_run.messages import messages
from amazon_fleet.errors import FleetError
from amazon_fleet.store.database import check_address

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DEFAULT_SCHEMA = "amazon"
ACCOUNT = "_account"
_NUMBER = "_number"
_TYPES = {
    "integer": "bigint",
    "number": "numeric",
    "boolean": "boolean",
    "object": "jsonb",
    "array": "jsonb",
    "string": "text",
}
_FORMATS = {"date-time": "timestamptz", "date": "date"}
_RECORDS = msgspec.json.Decoder(float_hook=str)
_AT_ONCE = 5_000  # rows
_MAKING = 0x616D7A746162  # of tables


@dataclass(slots=True)
class _Stream:
    """A stream while its records are read.

    Attributes:
        keys: What identifies a record.
        columns: Property -> PostgreSQL's type.
        count: How many records there were.
    """

    keys: list[str]
    columns: dict[str, str]
    count: int = field(default=0)


def load(records: Path, url: str, schema: str, account: str) -> None:
    """Load the records of a sync.

    Args:
        records: Its Singer messages.
        url: Of the database.
        schema: Where the tables are, made if they are missing.
        account: Whose records they are.

    Raises:
        FleetError: the database cannot be reached or refuses the records.
    """
    check_address(url, "the target's database")
    try:
        with psycopg.connect(url, application_name="amazon-fleet target") as connection:
            _Loading(connection, schema, account).load(records)
    except psycopg.DataError as error:  # whose text quotes the value, which may be a buyer's
        raise FleetError(
            "The target's database refuses the records: a value does not fit its column "
            f"({type(error).__name__}, SQLSTATE {error.sqlstate})."
        ) from None
    except psycopg.Error as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        reason = first if "@" not in first else type(error).__name__  # no URL with a password
        raise FleetError(f"The target's database refuses the records: {reason}") from None


class _Loading:
    def __init__(self, connection: psycopg.Connection, schema: str, account: str) -> None:
        self._connection = connection
        self._schema = schema
        self._account = account
        self._streams: dict[str, _Stream] = {}

    def load(self, path: Path) -> None:
        """Copy records into temporary tables of text, and from there into their own."""
        waiting: dict[str, list[list[str | None]]] = {}
        for message in messages(path):
            if message.type == "SCHEMA":
                self._copy(message.stream, waiting.pop(message.stream, []))
                self._put_into_place(message.stream)
                self._streams[message.stream] = _Stream(
                    message.key_properties, _columns(message.schema)
                )
                self._make(message.stream)
            elif message.type == "RECORD":
                rows = waiting.setdefault(message.stream, [])
                rows.append(self._row(message.stream, _RECORDS.decode(message.record)))
                if len(rows) >= _AT_ONCE:
                    self._copy(message.stream, waiting.pop(message.stream))
        for stream in list(self._streams):
            self._copy(stream, waiting.pop(stream, []))
            self._put_into_place(stream)

    def _row(self, name: str, record: Mapping[str, Any]) -> list[str | None]:
        stream = self._streams[name]
        stream.count += 1
        return [str(stream.count), *(_text(record.get(column)) for column in stream.columns)]

    def _make(self, name: str) -> None:
        """Make the stream's table, or the columns that it lacks, and a temporary one of text."""
        stream = self._streams[name]
        table = sql.Identifier(self._schema, name)
        run = self._connection.execute
        run("SELECT pg_advisory_xact_lock(%s)", [_MAKING])  # two accounts may make it at once
        run(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(self._schema)))
        definitions = [
            sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind))
            for column, kind in stream.columns.items()
        ]
        keys = sql.SQL(", ").join(map(sql.Identifier, [ACCOUNT, *stream.keys]))
        run(
            sql.SQL(
                "CREATE TABLE IF NOT EXISTS {} ({} text NOT NULL, {}, PRIMARY KEY ({}))"
            ).format(table, sql.Identifier(ACCOUNT), sql.SQL(", ").join(definitions), keys)
        )
        for definition in definitions:
            run(sql.SQL("ALTER TABLE {} ADD COLUMN IF NOT EXISTS {}").format(table, definition))
        run(sql.SQL("DROP TABLE IF EXISTS {}").format(_temporary(name)))
        run(
            sql.SQL("CREATE TEMP TABLE {} ({} bigint, {}) ON COMMIT DROP").format(
                _temporary(name),
                sql.Identifier(_NUMBER),
                sql.SQL(", ").join(
                    sql.SQL("{} text").format(sql.Identifier(column)) for column in stream.columns
                ),
            )
        )

    def _copy(self, name: str, rows: list[list[str | None]]) -> None:
        if not rows:
            return
        with (
            self._connection.cursor() as cursor,
            cursor.copy(sql.SQL("COPY {} FROM STDIN").format(_temporary(name))) as copy,
        ):
            for row in rows:
                copy.write_row(row)

    def _put_into_place(self, name: str) -> None:
        """Take the newest record of each key."""
        stream = self._streams.get(name)
        if stream is None or not stream.count:
            return
        columns = [sql.Identifier(column) for column in stream.columns]
        keys = [sql.Identifier(column) for column in stream.keys]
        values = [
            sql.SQL("{}::{}").format(sql.Identifier(column), sql.SQL(kind))
            for column, kind in stream.columns.items()
        ]
        changed = [
            sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(column))
            for column in stream.columns
            if column not in stream.keys
        ]
        self._connection.execute(
            sql.SQL(
                "INSERT INTO {table} ({account}, {columns}) "
                "SELECT DISTINCT ON ({keys}) {name}, {values} FROM {new} "
                "ORDER BY {keys}, {number} DESC ON CONFLICT ({account}, {keys}) {changed}"
            ).format(
                table=sql.Identifier(self._schema, name),
                account=sql.Identifier(ACCOUNT),
                columns=sql.SQL(", ").join(columns),
                keys=sql.SQL(", ").join(keys),
                name=sql.Literal(self._account),
                values=sql.SQL(", ").join(values),
                new=_temporary(name),
                number=sql.Identifier(_NUMBER),
                changed=sql.SQL("DO UPDATE SET {}").format(sql.SQL(", ").join(changed))
                if changed
                else sql.SQL("DO NOTHING"),
            )
        )
        stream.count = 0
        self._connection.execute(sql.SQL("TRUNCATE {}").format(_temporary(name)))


def _temporary(name: str) -> sql.Identifier:
    return sql.Identifier(f"new_{name}"[:63])


def _columns(schema: Mapping[str, Any]) -> dict[str, str]:
    return {name: _type(given) for name, given in schema["properties"].items()}


def _type(given: Mapping[str, Any]) -> str:
    kinds = given.get("type", "string")
    kind = next(
        (each for each in ([kinds] if isinstance(kinds, str) else kinds) if each != "null"), ""
    )
    if kind == "string" and given.get("format") in _FORMATS:
        return _FORMATS[given["format"]]
    return _TYPES.get(kind, "jsonb")


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return msgspec.json.encode(_without_nul(value)).decode()
    return str(value).replace("\x00", "")  # which PostgreSQL cannot hold


def _without_nul(value: Any) -> Any:  # noqa: ANN401 - JSON
    """JSON without the character that PostgreSQL cannot hold, not even in jsonb."""
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_nul(each) for each in value]
    return value.replace("\x00", "") if isinstance(value, str) else value

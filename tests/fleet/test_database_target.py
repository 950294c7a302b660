"""What a sync has brought is in PostgreSQL, a row for each account and key, whatever came before."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.rows import dict_row

from amazon_fleet.account_run import database_target
from amazon_fleet.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from amazon_fleet.store.database import Database

PROPERTIES: dict[str, Any] = {
    "order": {"type": "string"},
    "line": {"type": ["integer", "null"]},
    "price": {"type": ["null", "number"]},
    "gift": {"type": ["boolean", "null"]},
    "day": {"type": ["string", "null"], "format": "date"},
    "at": {"type": ["string", "null"], "format": "date-time"},
    "address": {"type": ["object", "null"]},
    "tags": {"type": ["array", "null"]},
    "any": {},
}
WHOLE = {
    "order": "302-1", "line": 9_007_199_254_740_993, "price": 19.990000001, "gift": False,
    "day": "2026-11-02", "at": "2026-11-02T08:00:00.5+01:00", "address": {"a\x00": "b\x00c"},
    "tags": ["x", 1], "any": "ä\x00\u2028\t\\N",
}  # fmt: skip
KEYS = ["order", "line"]


def written(
    folder: Path,
    records: Sequence[dict[str, Any]],
    properties: dict[str, Any] = PROPERTIES,
    keys: Sequence[str] = KEYS,
) -> Path:
    """The messages of a sync of one stream."""
    schema = {"type": "object", "properties": properties}
    messages: list[dict[str, Any]] = [
        {"type": "SCHEMA", "stream": "orders", "schema": schema, "key_properties": keys},
        *({"type": "RECORD", "stream": "orders", "record": each} for each in records),
        {"type": "STATE", "value": {}},
    ]
    path = folder / "records.singer"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in messages), "utf-8")
    return path


@pytest.fixture
def schema(fleet_database: Database) -> str:
    """A schema that nobody has made yet."""
    with psycopg.connect(fleet_database.url) as connection:
        connection.execute("DROP SCHEMA IF EXISTS amazon CASCADE")
    return database_target.DEFAULT_SCHEMA


def rows(database: Database, order: str = "_account") -> list[dict[str, Any]]:
    """What the table of orders holds."""
    with psycopg.connect(database.url, row_factory=dict_row) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        return connection.execute(f'SELECT * FROM amazon.orders ORDER BY "{order}"').fetchall()  # noqa: S608


def test_every_type_arrives_as_it_is(fleet_database: Database, schema: str, tmp_path: Path) -> None:
    nulls = dict.fromkeys(PROPERTIES) | {"order": "302-2", "line": 1}
    path = written(tmp_path, [WHOLE, nulls])

    database_target.load(path, fleet_database.url, schema, "shop")

    first, second = rows(fleet_database, "order")
    assert first == {
        "_account": "shop", "order": "302-1", "line": 9_007_199_254_740_993,
        "price": Decimal("19.990000001"), "gift": False, "day": date(2026, 11, 2),
        "at": datetime(2026, 11, 2, 7, 0, 0, 500_000, UTC), "address": {"a": "bc"},
        "tags": ["x", 1], "any": "ä\u2028\t\\N",
    }  # fmt: skip
    assert second == {"_account": "shop", **nulls}


def test_a_row_takes_the_place_of_that_with_its_key_in_its_own_account(
    fleet_database: Database, schema: str, tmp_path: Path
) -> None:
    many = [WHOLE | {"order": f"303-{n:04}", "price": n} for n in range(5_001)]
    for account in ("one", "other"):
        path = written(tmp_path, [*many, WHOLE, WHOLE | {"price": 2}])
        database_target.load(path, fleet_database.url, schema, account)
    path = written(tmp_path, [WHOLE | {"price": 3}, WHOLE | {"line": 2}])

    for _ in range(2):
        database_target.load(path, fleet_database.url, schema, "one")

    found = rows(fleet_database)
    assert len(found) == 2 * 5_002 + 1
    prices = {
        (each["_account"], each["line"]): each["price"]
        for each in found
        if each["order"] == "302-1"
    }
    line = WHOLE["line"]
    assert prices == {("one", line): 3, ("one", 2): Decimal("19.990000001"), ("other", line): 2}


def test_a_column_that_is_new_is_added_and_what_was_there_stays(
    fleet_database: Database, schema: str, tmp_path: Path
) -> None:
    database_target.load(written(tmp_path, [WHOLE]), fleet_database.url, schema, "shop")
    few = {name: PROPERTIES[name] for name in KEYS} | {"new": {"type": "string"}}
    path = written(tmp_path, [{"order": "302-1", "line": WHOLE["line"], "new": "yes"}], few)

    database_target.load(path, fleet_database.url, schema, "shop")

    [row] = rows(fleet_database)
    assert (row["new"], row["price"]) == ("yes", Decimal("19.990000001"))


def test_a_stream_of_keys_alone_is_loaded_once(
    fleet_database: Database, schema: str, tmp_path: Path
) -> None:
    path = written(tmp_path, [WHOLE, WHOLE], {name: PROPERTIES[name] for name in KEYS})

    for _ in range(2):
        database_target.load(path, fleet_database.url, schema, "shop")

    assert len(rows(fleet_database)) == 1


def test_a_value_that_does_not_fit_refuses_all_and_is_not_quoted(
    fleet_database: Database, schema: str, tmp_path: Path
) -> None:
    database_target.load(written(tmp_path, [WHOLE]), fleet_database.url, schema, "shop")
    path = written(tmp_path, [WHOLE | {"price": 5}, WHOLE | {"line": "Jane Doe"}])

    with pytest.raises(FleetError) as refused:
        database_target.load(path, fleet_database.url, schema, "shop")

    assert "a value does not fit its column (InvalidTextRepresentation" in str(refused.value)
    assert "Jane" not in str(refused.value)
    assert [each["price"] for each in rows(fleet_database)] == [Decimal("19.990000001")]


def test_a_database_that_is_not_there_is_a_sentence_without_its_password(
    fleet_database: Database, tmp_path: Path
) -> None:
    del fleet_database  # libpq is asked, of a port that nobody listens on
    with pytest.raises(FleetError, match="The target's database refuses the records: ") as refused:
        database_target.load(
            written(tmp_path, [WHOLE]), "postgresql://me:secret@127.0.0.1:1/x", "amazon", "shop"
        )

    assert "secret" not in str(refused.value)

"""Makes the tables, step by step: the fleet's own, and those of procrastinate.

Steps are applied once each, in order, under a lock, so that workers that start together do not collide.
Those of procrastinate are its own: its schema where there is none yet, else the migrations that it has
since then.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from procrastinate.schema import SchemaManager

from amazon_fleet.errors import DatabaseError
from amazon_fleet.store.database import SCHEMA

if TYPE_CHECKING:
    from amazon_fleet.store.database import Connection, Database

_LOCK = 0x666C656574  # "fleet"
_QUEUE = "procrastinate/"


def migrate(database: Database) -> list[str]:
    """Bring the tables to this version; answers the names of the steps that were due.

    Raises:
        DatabaseError: the database cannot be reached, or refuses a step.
    """
    try:
        with database.connect() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS fleet_steps "
                "(name text PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())"
            )
            return [*_queue_steps(connection), *_own_steps(connection)]
    except psycopg.Error as error:
        raise DatabaseError(
            f"The database {database.shown} refuses the tables: {database.reason(error)}"
        ) from None


def check_version(connection: Connection) -> None:
    """Refuse a database whose tables are not those of this version.

    Raises:
        DatabaseError: they are not; the message says what to do.
    """
    try:
        applied = _applied(connection)
    except psycopg.errors.UndefinedTable:
        applied = set()
    steps = {path.name for path in _files()} | {f"{_QUEUE}{path.name}" for path in _of_queue()}
    if steps - applied:
        raise DatabaseError(
            "The database lacks tables of this version; run: amazon-fleet migrate --database URL"
        )
    if applied - steps:
        raise DatabaseError(
            "The database has tables of a newer version of tap-amazon-seller; update this one."
        )


def _applied(connection: Connection) -> set[str]:
    rows = connection.execute("SELECT name FROM fleet_steps").fetchall()
    return {row["name"] for row in rows}


def _own_steps(connection: Connection) -> list[str]:
    applied = _applied(connection)
    due = [path for path in _files() if path.name not in applied]
    for path in due:
        _apply(connection, path.read_text("utf-8"), path.name)
    return [path.name for path in due]


def _queue_steps(connection: Connection) -> list[str]:
    """Apply procrastinate's schema, or its migrations since."""
    applied = _applied(connection)
    names = {f"{_QUEUE}{path.name}": path for path in _of_queue()}
    if not any(name.startswith(_QUEUE) for name in applied):
        connection.execute(SchemaManager.get_schema())
        for name in names:
            connection.execute("INSERT INTO fleet_steps (name) VALUES (%s)", [name])
        return ["procrastinate"]
    due = [name for name in names if name not in applied]
    for name in due:
        _apply(connection, names[name].read_text("utf-8"), name)
    return due


def _apply(connection: Connection, statements: str, name: str) -> None:
    connection.execute(statements.encode())  # files of the two packages alone
    connection.execute("INSERT INTO fleet_steps (name) VALUES (%s)", [name])


def _files() -> list[Path]:
    folder = Path(str(resources.files("amazon_fleet.store") / "migrations"))
    return sorted(folder.glob("*.sql"))


def _of_queue() -> list[Path]:
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))

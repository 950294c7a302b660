"""Opens the database: SQLite in WAL mode, or Postgres by URL."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError

from amazon_asin_match.errors import ConfigurationError
from amazon_asin_match.store.tables import META, METADATA, SCHEMA_VERSION
from amazon_programs import missing_extra

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Engine, Table

BUSY_SECONDS = 60
"""How long SQLite waits for another process that writes."""


def sqlite_url(path: Path) -> str:
    """The URL of a file of SQLite."""
    return f"sqlite:///{path}"


def open_database(url: str) -> Engine:
    """The database behind a URL, with its tables.

    Raises:
        ConfigurationError: It is not a database that can be used.
    """
    shown = _shown(url)
    try:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
            raise ConfigurationError(
                f"The database {shown} is neither SQLite nor Postgres; use a path, or a URL such as "
                "postgresql://user@host/name."
            )
        engine = create_engine(parsed, pool_pre_ping=True, **_options(parsed.get_backend_name()))
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            missing_extra(f"The database {shown}", error, "matching-postgres")
        ) from None
    except (ArgumentError, NoSuchModuleError):
        raise ConfigurationError(
            f"The database '{shown}' is not a URL; use a path, or a URL such as "
            "postgresql://user@host/name."
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
    try:
        METADATA.create_all(engine)
        _check_version(engine)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise ConfigurationError(f"The database {shown} cannot be opened: {reason}.") from None
    except SQLAlchemyError as error:
        raise ConfigurationError(
            f"The database {shown} cannot be used: {type(error).__name__}."
        ) from None
    return engine


def _options(backend: str) -> dict[str, Any]:
    return {"connect_args": {"timeout": BUSY_SECONDS}} if backend == "sqlite" else {}


def _shown(url: str) -> str:
    """A URL without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url.rsplit("@", maxsplit=1)[-1]


def _set_up_sqlite(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own
    with closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA cache_size=-32000")


def _check_version(engine: Engine) -> None:
    with engine.begin() as connection:
        version = connection.execute(select(META.c.version)).scalar()
        if version is None:
            connection.execute(insert(META).values(version=SCHEMA_VERSION))
        elif version != SCHEMA_VERSION:
            raise ConfigurationError(
                f"The database was written by another release (version {version}, and this one has "
                f"{SCHEMA_VERSION}); use a new one."
            )


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, or replace those with the same primary key."""
    if not rows:
        return
    maker = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = maker(table)
    keys = [column.name for column in table.primary_key]
    changes = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    if changes:
        connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=changes), list(rows)
        )
    else:
        connection.execute(statement.on_conflict_do_nothing(), list(rows))


def insert_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, except those whose primary key is there."""
    if rows:
        maker = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(maker(table).on_conflict_do_nothing(), list(rows))

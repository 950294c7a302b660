"""A PostgreSQL with a fleet's tables, for the tests of what is kept there."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from amazon_fleet.embedded.server import EmbeddedServer
from amazon_fleet.store import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_fleet.store.database import Connection, Database


@pytest.fixture(scope="module")
def fleet_server() -> Iterator[EmbeddedServer]:
    """A server in a folder that every user may enter: PostgreSQL does not run as root."""
    with tempfile.TemporaryDirectory(prefix="fleet-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        with EmbeddedServer(folder) as server:
            schema.migrate(server.database)
            yield server


@pytest.fixture
def fleet_database(fleet_server: EmbeddedServer) -> Database:
    """That server, with nothing kept yet."""
    with fleet_server.database.connect() as connection:
        connection.execute(
            "TRUNCATE fleet_accounts, fleet_runs, fleet_states, fleet_files, fleet_journal,"
            " procrastinate_jobs CASCADE"
        )
    return fleet_server.database


@pytest.fixture
def connection(fleet_database: Database) -> Iterator[Connection]:
    """A connection to it."""
    with fleet_database.connect() as found:
        yield found


def given(*names: str, **settings: Any) -> list[Any]:
    """Return accounts of these names."""
    from amazon_fleet.accounts.accounts_file import accounts_of  # noqa: PLC0415

    own = {"amazon": {"refresh_token": "env:TOKEN"}, "etl": {}, **settings}
    return accounts_of({"accounts": dict.fromkeys(names, own)}, "accounts.toml")

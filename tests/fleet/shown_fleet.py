"""A database with a fleet of every kind of account, for tests of what is shown of it."""

from __future__ import annotations

import tempfile
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amazon_fleet.accounts.account import Account, Schedule
from amazon_fleet.embedded.server import EmbeddedServer
from amazon_fleet.observation.serving import serving
from amazon_fleet.store import accounts, history, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_fleet.store.database import Connection, Database

REVOKED = (
    "Login with Amazon refuses the refresh token (invalid_grant): let the seller authorise again."
)
MARKUP = "The target ended with 1: <b>no room</b> & no more"


@contextmanager
def fleet_database() -> Iterator[EmbeddedServer]:
    """A PostgreSQL with the fleet's tables, in a folder that every user may enter."""
    with tempfile.TemporaryDirectory(prefix="shown-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        with EmbeddedServer(folder) as server:
            schema.migrate(server.database)
            yield server


def fill(database: Database) -> None:
    """One account of each kind: good, running, incomplete, failing, paused, late and new."""
    now = datetime.now(UTC)
    names = ("good", "running", "incomplete", "failing", "paused", "late", "new")
    with database.connect() as connection:
        connection.execute("TRUNCATE fleet_accounts, fleet_runs")
        amazon = {"refresh_token": "env:TOKEN"}
        given = [
            Account(name=f"shop-{name}", amazon=amazon, schedule=Schedule(1800, 0))
            for name in names
        ]
        accounts.save(connection, given, now + timedelta(minutes=20))
        for name in ("good", "running", "late"):
            ended(connection, f"shop-{name}", history.SUCCEEDED, None, refused={"getReport": 2})
        ended(connection, "shop-incomplete", history.INCOMPLETE, "One marketplace is left out.")
        ended(connection, "shop-failing", history.FAILED, MARKUP, refused={"createReport": 3})
        accounts.pause(connection, "shop-paused", REVOKED)
        connection.execute(
            "UPDATE fleet_accounts SET next_due = %s WHERE name = 'shop-late'",
            [now - timedelta(hours=2)],
        )
        run = history.begin(connection, "shop-running", worker="host:1", process=2, due=now)
        history.beat(connection, run, "push")


def ended(
    connection: Connection, account: str, outcome: str, sentence: str | None, **figures: Any
) -> None:
    """A run that has ended."""
    run = history.begin(connection, account, worker="host:1", process=1, due=None)
    history.end(connection, run, outcome, sentence, {"seconds": 1.5, **figures})
    if outcome == history.SUCCEEDED:
        accounts.note_success(connection, account)
    else:
        accounts.note_failure(connection, account)


@contextmanager
def page_of(database: Database) -> Iterator[str]:
    """The page of a fleet; its URL."""
    with serving(database, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()

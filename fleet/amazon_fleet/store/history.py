"""The history: each run of each account, from when to when, and what came of it.

An open run has no end yet; the database allows one open run of an account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from amazon_fleet.store.database import Connection

SUCCEEDED = "succeeded"
INCOMPLETE = "incomplete"
"""Something could not be synced or loaded completely; what could be was, and is kept."""
FAILED = "failed"
KILLED = "killed"
"""The process of the run ended by a signal, for memory or time, or with its worker."""
OUTCOMES = (SUCCEEDED, INCOMPLETE, FAILED, KILLED)


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the history has it; see `migrations/0001_first_tables.sql`."""

    id: int
    account: str
    worker: str
    process: int
    due: datetime | None
    started: datetime
    seen: datetime
    ended: datetime | None
    phase: str
    outcome: str | None
    sentence: str | None
    figures: Mapping[str, Any]


def begin(
    connection: Connection, account: str, *, worker: str, process: int, due: datetime | None
) -> int:
    """Note that a run begins; answers its number.

    Raises:
        psycopg.errors.UniqueViolation: a run of the account is open.
    """
    row = connection.execute(
        "INSERT INTO fleet_runs (account, worker, process, due) VALUES (%s, %s, %s, %s) RETURNING id",
        [account, worker, process, due],
    ).fetchone()
    assert row  # noqa: S101 - RETURNING of one row
    number: int = row["id"]
    return number


def beat(connection: Connection, run: int, phase: str) -> None:
    """Note that a run lives, and what it is at."""
    connection.execute(
        "UPDATE fleet_runs SET seen = clock_timestamp(), phase = %s WHERE id = %s AND ended IS NULL",
        [phase, run],
    )


def end(
    connection: Connection,
    run: int,
    outcome: str,
    sentence: str | None,
    figures: Mapping[str, Any] | None = None,
) -> bool:
    """Note that a run has ended; answers whether it was open."""
    ended = connection.execute(
        """UPDATE fleet_runs SET ended = clock_timestamp(), outcome = %s, sentence = %s,
            figures = figures || %s WHERE id = %s AND ended IS NULL""",
        [outcome, sentence, Jsonb(dict(figures or {})), run],
    )
    return ended.rowcount > 0


def open_run(connection: Connection, account: str) -> Run | None:
    """Return the run of an account that has no end yet."""
    row = connection.execute(
        "SELECT * FROM fleet_runs WHERE account = %s AND ended IS NULL", [account]
    ).fetchone()
    return None if row is None else Run(**row)


def runs(connection: Connection, account: str | None = None, most: int = 1_000_000) -> list[Run]:
    """Return runs, the newest first."""
    rows = connection.execute(
        """SELECT * FROM fleet_runs WHERE %(account)s::text IS NULL OR account = %(account)s
        ORDER BY id DESC LIMIT %(most)s""",
        {"account": account, "most": most},
    ).fetchall()
    return [Run(**row) for row in rows]

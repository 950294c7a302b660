"""What the next run of an account needs: Singer state, the ETL's snapshots, the journal of its push.

All of it is written in one transaction with the end of the run, and by the newest run alone: a run that
was believed dead, and comes back, changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amazon_fleet.errors import LockLostError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_fleet.store.database import Connection


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of an account between runs.

    Attributes:
        state: The Singer state; null before the first run.
        files: The snapshots folder: name -> content.
        journal: What a push has sent since, which did not come to its end; empty if there is none.
        run: The run that has written the state; 0 before the first one.
    """

    state: dict[str, Any] | None
    files: Mapping[str, bytes]
    journal: bytes
    run: int = 0


def load(connection: Connection, account: str) -> Kept:
    """Return what is kept of an account."""
    with connection.transaction():
        state = connection.execute(
            "SELECT run, state FROM fleet_states WHERE account = %s", [account]
        ).fetchone()
        files = connection.execute(
            "SELECT name, content FROM fleet_files WHERE account = %s", [account]
        ).fetchall()
        lines = connection.execute(
            "SELECT lines FROM fleet_journal WHERE account = %s ORDER BY number", [account]
        ).fetchall()
    return Kept(
        None if state is None else state["state"],
        {row["name"]: row["content"] for row in files},
        b"".join(row["lines"] for row in lines),
        0 if state is None else state["run"],
    )


def save(
    connection: Connection,
    account: str,
    run: int,
    *,
    state: Mapping[str, Any] | None,
    files: Mapping[str, bytes] | None,
    journal: bytes | None,
) -> None:
    """Keep what a run has come to; within a transaction that also ends the run.

    Args:
        connection: The one that holds the account's lock, in a transaction.
        account: The account.
        run: Its number in the history.
        state: The Singer state; null where it is to stay.
        files: The snapshots folder; null where it is to stay, with its journal.
        journal: What is still in doubt of a push; null if nothing is.

    Raises:
        LockLostError: a newer run has written already.
    """
    newer = connection.execute(
        "SELECT run FROM fleet_states WHERE account = %s AND run > %s FOR UPDATE", [account, run]
    ).fetchone()
    if newer is not None:
        raise LockLostError(
            f"{account}: run {newer['run']} has ended since; this one writes nothing."
        )
    if state is not None:
        connection.execute(
            """INSERT INTO fleet_states (account, run, state) VALUES (%s, %s, %s)
            ON CONFLICT (account) DO UPDATE SET run = EXCLUDED.run, state = EXCLUDED.state,
                saved = clock_timestamp() WHERE fleet_states.run <= EXCLUDED.run""",
            [account, run, json.dumps(state)],
        )
    if files is not None:
        _save_files(connection, account, run, files)
        connection.execute("DELETE FROM fleet_journal WHERE account = %s", [account])
        if journal:
            append_journal(connection, account, run, journal)


def _save_files(connection: Connection, account: str, run: int, files: Mapping[str, bytes]) -> None:
    """Replace the files that have changed."""
    rows = connection.execute(
        "SELECT name, digest FROM fleet_files WHERE account = %s", [account]
    ).fetchall()
    before = {row["name"]: row["digest"] for row in rows}
    connection.execute(
        "DELETE FROM fleet_files WHERE account = %s AND NOT name = ANY(%s)", [account, list(files)]
    )
    for name, content in files.items():
        digest = hashlib.sha256(content).digest()
        if before.get(name) != digest:
            connection.execute(
                """INSERT INTO fleet_files (account, name, run, digest, content)
                VALUES (%s, %s, %s, %s, %s) ON CONFLICT (account, name) DO UPDATE
                SET run = EXCLUDED.run, digest = EXCLUDED.digest, content = EXCLUDED.content""",
                [account, name, run, digest, content],
            )


def append_journal(connection: Connection, account: str, run: int, lines: bytes) -> None:
    """Keep lines of a push's journal before the call that they describe."""
    connection.execute(
        "INSERT INTO fleet_journal (account, run, lines) VALUES (%s, %s, %s)", [account, run, lines]
    )


def forget(connection: Connection, account: str, *, with_snapshots: bool) -> None:
    """Have the next run begin like the first one.

    Args:
        connection: One that holds the account's lock.
        account: The account.
        with_snapshots: Also forget what Optiply has; a push looks its rows up by their remoteIds then.
    """
    with connection.transaction():
        connection.execute("DELETE FROM fleet_states WHERE account = %s", [account])
        if with_snapshots:
            for table in ("fleet_files", "fleet_journal"):
                connection.execute(f"DELETE FROM {table} WHERE account = %s", [account])  # noqa: S608

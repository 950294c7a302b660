"""The accounts that the database knows: 20 of a file, or 100,000 of a program."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from amazon_fleet.accounts.account import Account
from amazon_fleet.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from amazon_fleet.store.database import Connection


@dataclass(frozen=True, slots=True)
class Due:
    """An account that is due.

    Attributes:
        name: Its name.
        queue: Whose workers run it.
        since: Since when.
        is_lost: Whether its last run was killed, and none before it: it comes before others, as it has
            waited for its turn already.
    """

    name: str
    queue: str
    since: datetime
    is_lost: bool = False


def save(connection: Connection, accounts: Iterable[Account], now: datetime) -> None:
    """Add accounts, or replace what was given of them; when they are due stays as it is.

    One whose schedule has changed is due by the new one.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO fleet_accounts (name, given, queue, next_due) VALUES (%s, %s, %s, %s)
            ON CONFLICT (name) DO UPDATE SET given = EXCLUDED.given, queue = EXCLUDED.queue,
                next_due = CASE WHEN fleet_accounts.given->'schedule' = EXCLUDED.given->'schedule'
                    THEN fleet_accounts.next_due ELSE EXCLUDED.next_due END""",
            [(each.name, Jsonb(each.as_row()), each.queue, now) for each in accounts],
        )


def remove_others(connection: Connection, names: Sequence[str]) -> list[str]:
    """Remove the accounts that are not named; their history and state stay. Answers their names."""
    rows = connection.execute(
        "DELETE FROM fleet_accounts WHERE NOT name = ANY(%s) RETURNING name", [list(names)]
    ).fetchall()
    return sorted(row["name"] for row in rows)


def load(connection: Connection, name: str) -> Account:
    """Return an account.

    Raises:
        FleetError: there is no such account.
    """
    row = connection.execute("SELECT given FROM fleet_accounts WHERE name = %s", [name]).fetchone()
    if row is None:
        raise FleetError(f"There is no account '{name}'; see amazon-fleet status.")
    return Account.of_row(row["given"])


def due(connection: Connection, now: datetime, most: int) -> list[Due]:
    """Return accounts that are due and do not wait in the queue yet.

    Those whose run was lost come first, once; then those that are due longest.
    """
    rows = connection.execute(
        """SELECT name, queue, next_due, CASE WHEN failures = 1 THEN coalesce((
                SELECT outcome = 'killed' FROM fleet_runs WHERE account = fleet_accounts.name
                ORDER BY id DESC LIMIT 1), false) ELSE false END AS is_lost
        FROM fleet_accounts WHERE paused IS NULL AND next_due <= %s AND NOT EXISTS (
            SELECT FROM procrastinate_jobs
            WHERE queueing_lock = 'account:' || fleet_accounts.name AND status = 'todo')
        ORDER BY is_lost DESC, next_due, name LIMIT %s FOR UPDATE SKIP LOCKED""",
        [now, most],
    ).fetchall()
    return [Due(row["name"], row["queue"], row["next_due"], row["is_lost"]) for row in rows]


def plan_next(connection: Connection, name: str, now: datetime) -> None:
    """Set when an account is due next: the first instant of its schedule after now."""
    account = load(connection, name)
    connection.execute(
        "UPDATE fleet_accounts SET next_due = %s WHERE name = %s",
        [account.schedule.next_after(now, name), name],
    )


def pause(connection: Connection, name: str, sentence: str) -> None:
    """Have an account run no more until it is resumed.

    Raises:
        FleetError: there is no such account.
    """
    _must_exist(
        connection.execute(
            "UPDATE fleet_accounts SET paused = %s, paused_at = clock_timestamp() WHERE name = %s",
            [sentence, name],
        ).rowcount,
        name,
    )


def resume(connection: Connection, name: str) -> None:
    """Have a paused account run again, at once.

    Raises:
        FleetError: there is no such account.
    """
    _must_exist(
        connection.execute(
            "UPDATE fleet_accounts SET paused = NULL, paused_at = NULL, next_due = %s WHERE name = %s",
            [datetime.now(UTC), name],
        ).rowcount,
        name,
    )


def _must_exist(count: int, name: str) -> None:
    if not count:
        raise FleetError(f"There is no account '{name}'; see amazon-fleet status.")


def note_success(connection: Connection, name: str) -> None:
    """Note that a run has succeeded."""
    connection.execute(
        "UPDATE fleet_accounts SET last_success = clock_timestamp(), failures = 0 WHERE name = %s",
        [name],
    )


def note_failure(connection: Connection, name: str) -> None:
    """Count a run that has not succeeded."""
    connection.execute("UPDATE fleet_accounts SET failures = failures + 1 WHERE name = %s", [name])


def hasten(connection: Connection, name: str, seconds: float) -> None:
    """Have an account be due in so many seconds, if it is due later."""
    connection.execute(
        """UPDATE fleet_accounts SET next_due =
            least(next_due, clock_timestamp() + make_interval(secs => %s)) WHERE name = %s""",
        [seconds, name],
    )


def failures(connection: Connection, name: str) -> int:
    """Return how many runs there were since the last one that succeeded."""
    row = connection.execute(
        "SELECT failures FROM fleet_accounts WHERE name = %s", [name]
    ).fetchone()
    return 0 if row is None else int(row["failures"])


def all_due(connection: Connection, now: datetime) -> int:
    """Have all accounts that are not paused be due now; answers how many those are."""
    return connection.execute(
        "UPDATE fleet_accounts SET next_due = least(next_due, %s) WHERE paused IS NULL", [now]
    ).rowcount


def unfinished(connection: Connection, since: datetime) -> list[str]:
    """Return the accounts that have not run since an instant, or run now; killed runs do not count."""
    rows = connection.execute(
        """SELECT name FROM fleet_accounts a WHERE paused IS NULL AND (
            EXISTS (SELECT FROM fleet_runs WHERE account = a.name AND ended IS NULL)
            OR NOT EXISTS (SELECT FROM fleet_runs WHERE account = a.name AND started >= %s
                AND ended IS NOT NULL AND outcome <> 'killed')) ORDER BY name""",
        [since],
    ).fetchall()
    return [row["name"] for row in rows]

"""What a fleet keeps: in one transaction, by the newest run alone, and never two runs of an account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from fleet.conftest import given

from amazon_fleet.account_run.order import RunOrder
from amazon_fleet.account_run.session import Session
from amazon_fleet.errors import AccountBusyError, DatabaseError, LockLostError
from amazon_fleet.store import accounts, history, locks, schema, states
from amazon_fleet.store.database import Database
from amazon_fleet.worker import schedule

if TYPE_CHECKING:
    from pathlib import Path

    from amazon_fleet.embedded.server import EmbeddedServer
    from amazon_fleet.store.database import Connection

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def order(fleet_database: Database, connection: Connection, tmp_path: Path) -> RunOrder:
    accounts.save(connection, given("shop"), NOW)
    return RunOrder("shop", fleet_database.url, tmp_path, "machine:1")


def finished(order: RunOrder, state: int, **kept: bytes) -> None:
    session = Session(order)
    session.finish(history.SUCCEEDED, None, {}, state={"at": state}, files=kept)
    session.close()


def test_the_next_run_finds_state_and_snapshots_and_the_history_has_both(
    order: RunOrder, connection: Connection
) -> None:
    finished(order, 1, one=b"1", two=b"2")
    finished(order, 2, one=b"1", three=b"3")
    kept = states.load(connection, "shop")
    assert (kept.state, dict(kept.files)) == ({"at": 2}, {"one": b"1", "three": b"3"})
    assert [each.outcome for each in history.runs(connection)] == [history.SUCCEEDED] * 2


def test_numbers_and_texts_of_a_state_stay_as_the_tap_wrote_them(
    order: RunOrder, connection: Connection
) -> None:
    state = {"text": "\x00é\u2028", "number": 12345678901234567890, "b": 1.10, "a": None}
    session = Session(order)
    session.finish(history.SUCCEEDED, None, {}, state=state)
    session.close()
    kept = states.load(connection, "shop").state
    assert kept == state
    assert list(kept or {}) == list(state)


def test_a_run_that_has_lost_its_connection_writes_nothing(
    order: RunOrder, connection: Connection
) -> None:
    finished(order, 1)
    session = Session(order)
    session.copy_journal(b"about\n")
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    )
    for write in (
        session.beat,
        lambda: session.copy_journal(b"done\n"),
        lambda: session.finish(history.SUCCEEDED, None, {}, state={"at": 2}),
    ):
        with pytest.raises(LockLostError):
            write()
    kept = states.load(connection, "shop")
    assert (kept.state, kept.journal) == ({"at": 1}, b"about\n")


def test_an_older_run_never_overwrites_a_newer_one(order: RunOrder, connection: Connection) -> None:
    finished(order, 1)
    with connection.transaction(), pytest.raises(LockLostError, match="has ended since"):
        states.save(connection, "shop", 0, state={"at": 0}, files={}, journal=None)
    assert states.load(connection, "shop").state == {"at": 1}


def test_what_cannot_be_kept_completely_is_not_kept_at_all(
    order: RunOrder, connection: Connection
) -> None:
    finished(order, 1, one=b"1")
    session = Session(order)
    connection.execute(
        "UPDATE fleet_runs SET ended = now(), outcome = 'killed' WHERE ended IS NULL"
    )
    with pytest.raises(LockLostError, match="was ended by another"):
        session.finish(history.SUCCEEDED, None, {}, state={"at": 2}, files={"two": b"2"})
    session.close()
    kept = states.load(connection, "shop")
    assert (kept.state, dict(kept.files)) == ({"at": 1}, {"one": b"1"})


def test_the_journal_is_there_until_snapshots_are_kept_that_hold_what_it_says(
    order: RunOrder, connection: Connection
) -> None:
    session = Session(order)
    session.copy_journal(b"one\n")
    session.copy_journal(b"two\n")
    session.finish(history.FAILED, "Optiply is away.", {})
    session.close()
    assert states.load(connection, "shop").journal == b"one\ntwo\n"
    session = Session(order)
    session.finish(history.SUCCEEDED, None, {}, state={}, files={}, journal=b"doubt\n")
    session.close()
    assert states.load(connection, "shop").journal == b"doubt\n"


def test_two_runs_of_an_account_are_never_under_way(
    order: RunOrder, connection: Connection
) -> None:
    session = Session(order)
    with pytest.raises(AccountBusyError):
        Session(order)
    with pytest.raises(psycopg.errors.UniqueViolation):
        history.begin(connection, "shop", worker="w", process=1, due=None)
    with pytest.raises(AccountBusyError), locks.held(connection, "shop"):
        pass
    session.finish(history.SUCCEEDED, None, {})
    session.close()
    with locks.held(connection, "shop"):
        pass


def test_a_run_that_was_left_open_is_ended_once_it_has_not_been_heard_of(
    order: RunOrder, connection: Connection
) -> None:
    history.begin(connection, "shop", worker="gone", process=1, due=None)
    connection.execute("UPDATE fleet_runs SET seen = seen - interval '1 minute'")
    Session(order).close()
    after, before = history.runs(connection)
    assert before.outcome == history.KILLED
    assert before.ended
    assert before.ended <= after.started


def test_refused_credentials_pause_an_account_with_the_sentence(
    order: RunOrder, connection: Connection
) -> None:
    session = Session(order)
    session.finish(history.FAILED, "Amazon refuses the refresh token.", {}, pause=True)
    session.close()
    assert accounts.due(connection, datetime.now(UTC), 10) == []
    accounts.resume(connection, "shop")
    assert [each.name for each in accounts.due(connection, datetime.now(UTC), 10)] == ["shop"]


def test_those_that_are_late_longest_wait_first_once_each_and_no_more_than_are_taken_soon(
    fleet_database: Database, connection: Connection
) -> None:
    for late, name in enumerate(("c", "a", "b", "d")):
        accounts.save(connection, given(name, jitter="0s"), NOW - timedelta(hours=late))
    assert schedule.enqueue_due(fleet_database, 3) == 3
    assert schedule.enqueue_due(fleet_database, 3) == 0
    assert schedule.enqueue_due(fleet_database, 10) == 1
    accounts.all_due(connection, NOW)
    assert schedule.enqueue_due(fleet_database, 10) == 0  # all of them wait already
    rows = connection.execute(
        "SELECT args->>'account' AS name FROM procrastinate_jobs ORDER BY id"
    ).fetchall()
    assert [row["name"] for row in rows] == ["d", "b", "a", "c"]


def test_an_account_whose_run_was_killed_is_taken_first_but_only_once(
    fleet_database: Database, connection: Connection
) -> None:
    accounts.save(connection, given("first", "lost", "failed", "lost-again", jitter="0s"), NOW)
    for name, outcome in (
        ("lost", history.KILLED), ("failed", history.FAILED), ("lost-again", history.KILLED),
    ):  # fmt: skip
        run = history.begin(connection, name, worker="w", process=1, due=None)
        history.end(connection, run, outcome, None)
        accounts.note_failure(connection, name)
    accounts.note_failure(connection, "lost-again")
    assert schedule.enqueue_due(fleet_database, 10) == 4
    rows = connection.execute(
        "SELECT args->>'account' AS name FROM procrastinate_jobs ORDER BY priority DESC, id"
    ).fetchall()
    assert [row["name"] for row in rows] == ["lost", "failed", "first", "lost-again"]


def test_an_account_that_missed_runs_is_due_once_and_then_by_its_schedule(
    fleet_database: Database, connection: Connection
) -> None:
    accounts.save(connection, given("shop", jitter="0s"), datetime.now(UTC) - timedelta(days=2))
    assert schedule.enqueue_due(fleet_database, 10) == 1
    row = connection.execute("SELECT next_due FROM fleet_accounts").fetchone()
    assert row
    assert timedelta(0) < row["next_due"] - datetime.now(UTC) <= timedelta(minutes=30)
    assert row["next_due"].timestamp() % 1800 == 0


def test_tables_are_made_once_and_those_of_another_version_are_refused(
    fleet_server: EmbeddedServer, connection: Connection
) -> None:
    assert schema.migrate(fleet_server.database) == []
    schema.check_version(connection)
    with connection.transaction(force_rollback=True):
        connection.execute("INSERT INTO fleet_steps (name) VALUES ('9999_later.sql')")
        with pytest.raises(DatabaseError, match="newer version"):
            schema.check_version(connection)
    with connection.transaction(force_rollback=True):
        connection.execute("DELETE FROM fleet_steps WHERE name LIKE '0001%'")
        with pytest.raises(DatabaseError, match="amazon-fleet migrate"):
            schema.check_version(connection)


def test_a_password_of_the_database_is_never_shown() -> None:
    database = Database("postgresql://fleet:very-secret@127.0.0.1:1/fleet")
    with pytest.raises(DatabaseError) as error:
        database.connect()
    assert "very-secret" not in f"{error.value} {database!r}"
    assert "very-secret" not in repr(RunOrder("shop", database.url, None, "w"))  # type: ignore[arg-type]

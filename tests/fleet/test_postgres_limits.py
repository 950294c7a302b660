"""Processes share limits as rows of one database: never beyond the rate, and none is left out."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import warm_start
from fleet.limit_user import KEY, LIMIT, OPERATION, QUOTA, REPORT_TYPE

from amazon_fleet.embedded.server import EmbeddedServer
from amazon_fleet.limits.postgres import MARGIN, PAUSE, PostgresLimits
from amazon_fleet.store import schema
from amazon_fleet.store.database import Database
from amazon_selling_partner import LimitSpentError
from fleet import limit_user

if TYPE_CHECKING:
    from collections.abc import Iterator

PROCESSES = 6


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    """A PostgreSQL with the fleet's tables, in a folder that every user may enter."""
    with tempfile.TemporaryDirectory(prefix="limits-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        with EmbeddedServer(folder) as found:
            schema.migrate(found.database)
            yield found.database


@pytest.fixture
def database(server: Database) -> Database:
    """That server, with nothing used yet."""
    with server.connect() as connection:
        connection.execute("TRUNCATE fleet_shared_calls, fleet_shared_reports, fleet_report_queue")
    return server


def using(database: Database, kind: str, number: int) -> list[subprocess.Popen[str]]:
    """Processes that use a limit, started at once."""
    return [
        warm_start.Popen(
            [sys.executable, limit_user.__file__, database.url, f"account-{at}", kind, str(number)],
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        for at in range(PROCESSES)
    ]


def written(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """What a process has written by its end."""
    return [json.loads(line) for line in process.communicate()[0].splitlines()]


def refused(instants: list[float]) -> int:
    """How many calls at these instants Amazon's own bucket would refuse."""
    tokens, last, found = float(QUOTA.burst), instants[0], 0
    for at in instants:
        tokens = min(QUOTA.burst, tokens + (at - last) * QUOTA.rate)
        last = at
        found += tokens < 1
        tokens = max(0.0, tokens - 1)
    return found


def test_processes_never_exceed_a_rate_together_and_are_served_in_turn(database: Database) -> None:
    processes = using(database, "calls", 25)
    processes[0].kill()  # what it has taken is lost, and nobody waits for it
    _, *found = [written(each) for each in processes]

    assert [len(each) for each in found] == [25] * (PROCESSES - 1)
    assert refused(sorted(one["at"] for each in found for one in each)) == 0
    longest = max(one["wait"] for each in found for one in each)
    assert longest <= (PROCESSES + 1) * MARGIN / QUOTA.rate, "each waits for the others once"


def test_reports_of_a_type_are_shared_evenly_and_an_interval_apart(database: Database) -> None:
    processes = using(database, "reports", 3)
    found = [written(each) for each in processes]

    assert [len(each) for each in found] == [3] * PROCESSES
    with database.connect() as connection:
        row = connection.execute("SELECT used FROM fleet_shared_reports").fetchone()
        left = connection.execute("SELECT account FROM fleet_report_queue").fetchall()
    assert row is not None
    factor = limit_user.FACTOR["reports"]
    used = row["used"]
    assert len(used) == 3 * PROCESSES
    assert all(later - earlier >= LIMIT.interval / factor for earlier, later in pairwise(used))
    assert left == []


def test_after_a_429_all_processes_wait_for_a_token(database: Database) -> None:
    one, other = (PostgresLimits(database.connect, limit_user.plan(name)) for name in "AB")
    assert one.reserve_call(OPERATION) == 0
    one.call_refused(OPERATION)
    assert other.reserve_call(OPERATION) > 0
    one.close()
    other.close()


def test_who_has_to_wait_long_is_refused_and_comes_before_those_who_have_waited_less(
    database: Database,
) -> None:
    with database.connect() as connection:
        connection.execute(
            "INSERT INTO fleet_shared_calls VALUES (%s, clock_timestamp() + '17s')", [KEY]
        )
    patient, newcomer = (PostgresLimits(database.connect, limit_user.plan(name)) for name in "AB")
    with pytest.raises(LimitSpentError):
        patient.reserve_call(OPERATION)
    assert 0 < patient.seconds_until_call(OPERATION) <= 17
    assert patient.reserve_call(OPERATION) > 10
    with pytest.raises(LimitSpentError):
        newcomer.reserve_call(OPERATION)
    patient.close()
    newcomer.close()


def test_without_the_database_a_process_keeps_to_its_share_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    nowhere = Database("host=/nowhere dbname=fleet")

    limits = PostgresLimits(nowhere.connect, limit_user.plan("shop"), sharers=40)
    waits = [limits.reserve_call(OPERATION) for _ in range(3)]
    with pytest.raises(LimitSpentError):
        limits.reserve_report(REPORT_TYPE)

    share = 40 * MARGIN / QUOTA.rate
    assert [round(wait / share) for wait in waits] == [1, 2, 3]
    assert PAUSE - 5 < limits.seconds_until_report(REPORT_TYPE) <= PAUSE
    limits.report_refused(REPORT_TYPE)
    limits.call_refused(OPERATION)
    assert [record.message.split(",")[0] for record in caplog.records] == [
        "The fleet's database does not answer"
    ]


def test_what_is_not_shared_is_free() -> None:
    nowhere = Database("host=/nowhere dbname=fleet")
    limits = PostgresLimits(nowhere.connect, limit_user.plan("shop"))
    assert limits.reserve_call("getReport") == limits.seconds_until_call("getReport") == 0
    limits.reserve_report("GET_FLAT_FILE_OPEN_LISTINGS_DATA")
    assert limits.seconds_until_report("GET_FLAT_FILE_OPEN_LISTINGS_DATA") == 0
    assert not limits.is_report_limited("GET_FLAT_FILE_OPEN_LISTINGS_DATA")


def test_a_day_of_reports_is_remembered_no_longer(database: Database) -> None:
    with database.connect() as connection:
        connection.execute(
            "INSERT INTO fleet_shared_reports (key, used) "
            "VALUES (%s, ARRAY[clock_timestamp() - '25h'::interval])", [KEY],
        )  # fmt: skip
        limits = PostgresLimits(database.connect, limit_user.plan("shop"))
        limits.reserve_report(REPORT_TYPE)
        limits.close()
        row = connection.execute(
            "SELECT array_length(used, 1) AS number, used[1] > clock_timestamp() - %s::interval AS new "
            "FROM fleet_shared_reports", [timedelta(minutes=1)],
        ).fetchone()  # fmt: skip
    assert row == {"number": 1, "new": True}

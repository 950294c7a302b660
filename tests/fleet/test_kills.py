"""A fleet of which runs, a worker and the database are killed loses nothing and doubles nothing.

A part of it is in `make test`; `make fleet` has 200 sellers, or SELLERS=60.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from fleet_of_sellers import PHASES, Fleet, Killer, Witness, histogram
from proofs import is_full

from amazon_fleet.embedded.server import EmbeddedServer
from amazon_fleet.store import history

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import StartSandbox

SELLERS, AT_ONCE = 3, 2
ALL_SELLERS = int(os.environ.get("SELLERS", "200"))  # of `make fleet`
ALL_AT_ONCE = 24
SHARE = 0.2
MINUTES_BETWEEN = 360
MOST_MORE_ROUNDS = 10
"""For runs that ended before they could be killed."""


@pytest.fixture
def fleet(request: pytest.FixtureRequest, start_sandbox: StartSandbox) -> Iterator[Fleet]:
    count = ALL_SELLERS if is_full(request.config) else SELLERS
    sandbox = start_sandbox(
        sellers=count, orders=60, days=10, listings=40, clock_factor=60,
        report_limits="off", optiply_token_seconds=10_000_000, report_seconds=(20, 120),
    )  # fmt: skip
    # Not `tmp_path`, which PostgreSQL's user may not enter where root runs the tests.
    with tempfile.TemporaryDirectory(prefix="fleet-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        fleet = Fleet(sandbox, folder, count)
        yield fleet
        fleet.stop()


@pytest.fixture
def at_once(request: pytest.FixtureRequest) -> int:
    return ALL_AT_ONCE if is_full(request.config) else AT_ONCE


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Two workers, whose runs go as those of one do; a fleet with its own database with ``--prove``."""
    if "live" in metafunc.fixturenames:
        ways = {"two workers": two_workers_of_which_one_is_lost_with_its_folder}
        if is_full(metafunc.config):
            ways["its own database"] = with_its_own_database
        metafunc.parametrize("live", ways.values(), ids=ways)


def test_a_fleet_holds_the_truth(
    fleet: Fleet, at_once: int, record_property: Any, live: Callable[[Fleet, int, Any], None]
) -> None:
    live(fleet, at_once, record_property)


def with_its_own_database(fleet: Fleet, at_once: int, record_property: Any) -> None:
    """Kill the worker of a fleet that has a database of its own, and restart that."""
    server = EmbeddedServer(fleet.folder / "f")
    fleet.database = server.database
    with EmbeddedServer(fleet.folder / "t") as targets:
        fleet.targets = targets.database.url
        fleet.write_accounts()
        words = ("run", "accounts.toml", "--folder", "f", "--concurrency", str(at_once))

        def begin() -> None:
            fleet.start(*words)

        def kill_worker() -> None:
            fleet.programs[-1].kill()
            fleet.programs[-1].wait()
            begin()  # as a service manager does

        def restart_database() -> None:
            server.start()
            server.restart("immediate")
            server.leave()

        figures = live_through(fleet, begin, (kill_worker, restart_database))
        report(figures, record_property)
        server.start()
        try:
            check(fleet, figures)
        finally:
            fleet.stop()
            server.leave()


def two_workers_of_which_one_is_lost_with_its_folder(
    fleet: Fleet, at_once: int, record_property: Any
) -> None:
    """Have two workers share a database, lose one of them with its folder, and restart the database."""
    with EmbeddedServer(fleet.folder / "db") as server:
        fleet.database = server.database
        url = server.database.url
        fleet.write_accounts()
        fleet.run("migrate", "--database", url)

        def worker(name: str) -> None:
            words = ("--folder", name, "--concurrency", str(max(1, at_once // 2)))
            fleet.start("worker", "--database", url, *words)

        def begin() -> None:
            for name in ("one", "two"):
                worker(name)
            fleet.run("accounts", "accounts.toml", "--database", url)

        def lose_worker() -> None:
            fleet.programs[0].kill()
            fleet.programs[0].wait()
            shutil.rmtree(fleet.folder / "one")
            worker("three")

        figures = live_through(fleet, begin, (lose_worker, lambda: server.restart("immediate")))
        report(figures, record_property)
        check(fleet, figures)


def live_through(
    fleet: Fleet,
    begin: Callable[[], None],
    blows: tuple[Callable[[], None], Callable[[], None]],
) -> dict[str, Any]:
    """Run two rounds, with kills all along and a blow in the middle of each; answers what there was."""
    killer = Killer(fleet, SHARE, random.Random(fleet.count))  # noqa: S311 - kills that repeat
    witness = Witness(frozenset(fleet.names), fleet.folder)
    watching = witness.watch()
    planned, began = 0, time.monotonic()
    try:
        for number, blow in enumerate(blows):
            if number:
                fleet.sandbox.advance(minutes=MINUTES_BETWEEN)
            planned += killer.plan()
            killer.start()
            struck: list[int] = []

            def strike(
                done: int, blow: Callable[[], None] = blow, struck: list[int] = struck
            ) -> None:
                if done >= fleet.count // 2 and not struck:
                    struck.append(done)
                    blow()

            if number:
                since = fleet.now()
                fleet.run("enqueue", "--all", *database_words(fleet))
            else:
                begin()
                since = fleet.now().replace(year=2000)
                wait_for_tables(fleet)
            fleet.wait_for_round(since, done=strike)
            for _ in range(MOST_MORE_ROUNDS):
                if not killer.planned:
                    break
                # A run ended sooner: by the blow, or before a busy machine looked.
                since = fleet.now()
                fleet.run("enqueue", "--all", *database_words(fleet))
                fleet.wait_for_round(since)
            killer.stop()
            fleet.take_truth()
    finally:
        killer.stop()
        witness.stop()
        watching.join()
    runs = fleet.runs()
    return {
        "sellers": fleet.count,
        "rounds": len(blows),
        "runs": len(runs),
        "seconds": round(time.monotonic() - began),
        "killed by the test": sum(histogram(runs, fleet.killed).values()),
        "in phases": histogram(runs, fleet.killed),
        "planned": planned,
        "ended otherwise": sum(each.outcome == history.KILLED for each in runs)
        - sum(histogram(runs, fleet.killed).values()),
        "together": sorted(witness.together),
        "at once": witness.most_at_once,
    }


def database_words(fleet: Fleet) -> tuple[str, str]:
    assert fleet.database is not None
    return ("--database", fleet.database.url)


def wait_for_tables(fleet: Fleet) -> None:
    """Wait until the accounts are in the database."""
    while True:
        try:
            with fleet.connected() as connection:
                row = connection.execute("SELECT count(*) AS count FROM fleet_accounts").fetchone()
            if row["count"] == fleet.count:
                return
        except psycopg.Error:
            pass
        time.sleep(0.1)


def report(figures: dict[str, Any], record_property: Any) -> None:
    record_property("fleet", figures)
    print(figures)  # noqa: T201 - `make fleet` shows it


def check(fleet: Fleet, figures: dict[str, Any]) -> None:
    """Everything equals the truth, no two runs of an account overlapped, and no secret is anywhere."""
    assert fleet.differences() == {}
    runs = fleet.runs()
    assert {each.outcome for each in runs} <= {history.SUCCEEDED, history.KILLED}, [
        each for each in runs if each.outcome not in {history.SUCCEEDED, history.KILLED}
    ][:3]
    assert figures["killed by the test"] >= figures["planned"] * 0.8
    many = figures["planned"] >= 2 * (PHASES.index("push") + 1)  # these are drawn in both rounds
    assert {"tap", "push"} <= figures["in phases"].keys() or not many
    assert fleet.overlaps() == []
    assert figures["together"] == []
    assert figures["at once"] > 0
    assert all(each.poll() in {None, -signal.SIGKILL} for each in fleet.programs)
    assert fleet.places_of_secrets() == []

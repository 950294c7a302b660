"""What becomes of accounts whose runs cannot continue: a sentence, nothing lost, no other disturbed."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import tempfile
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fleet_of_sellers import SINGER_TARGET, Fleet
from running import BIN

from amazon_fleet.embedded.server import EmbeddedServer
from amazon_fleet.errors import AccountBusyError
from amazon_fleet.store import history, locks, states

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conftest import StartSandbox

ROOT = Path(__file__).parents[2]
TARGET_JSONL = ROOT / ".meltano/loaders/target-jsonl/venv/bin/target-jsonl"
SELLERS = 3
_PATIENCE = 300  # seconds
_FAILING_TARGET = """\
import os, sys
if not os.path.exists({mark!r}):
    open({mark!r}, "w").close()
    for _ in range(20):
        sys.stdin.readline()
    sys.exit("the disk of the target is full")
os.execv(sys.executable, [sys.executable, {target!r}, *sys.argv[1:]])
"""


@pytest.fixture
def fleet(start_sandbox: StartSandbox) -> Iterator[Fleet]:
    sandbox = start_sandbox(
        sellers=SELLERS, orders=60, days=10, listings=40, clock_factor=60,
        report_limits="off", optiply_token_seconds=10_000_000, report_seconds=(20, 60),
    )  # fmt: skip
    # Not `tmp_path`, which PostgreSQL's user may not enter where root runs the tests.
    with tempfile.TemporaryDirectory(prefix="fleet-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        with EmbeddedServer(folder / "db") as server:
            fleet = Fleet(sandbox, folder, SELLERS)
            fleet.database = server.database
            fleet.write_accounts()
            yield fleet
            fleet.stop()


def set_of(fleet: Fleet, name: str, old: str, new: str) -> None:
    """Change what accounts.toml says of an account."""
    text = fleet.accounts_file.read_text("utf-8")
    place = text.index(old, text.index(f"[accounts.{name}."))
    fleet.accounts_file.write_text(text[:place] + new + text[place + len(old) :], "utf-8")


def start(fleet: Fleet, *words: str) -> Any:
    return fleet.start("run", "accounts.toml", "--folder", "f", *at(fleet), *words)


def at(fleet: Fleet) -> tuple[str, str]:
    assert fleet.database is not None
    return "--database", fleet.database.url


def wait_for_runs(fleet: Fleet, names: Iterable[str]) -> dict[str, history.Run]:
    """Wait until a run of each account has ended; answers the last ended run of each account."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        runs = fleet.runs() if (fleet.folder / "f" / "accounts").exists() else []
        ended = {each.account: each for each in runs if each.ended}
        if ended.keys() >= set(names):
            return ended
        assert time.monotonic() < deadline, fleet.log()[-3000:]
        time.sleep(0.2)


def wait_for_processes(fleet: Fleet) -> None:
    """Wait until the queue is empty: then the processes of runs have ended, and no account is busy."""
    deadline = time.monotonic() + _PATIENCE
    with fleet.connected() as connection:
        while connection.execute("SELECT FROM procrastinate_jobs").fetchone() is not None:
            assert time.monotonic() < deadline, fleet.log()[-3000:]
            time.sleep(0.05)


def run_now(fleet: Fleet, *names: str) -> None:
    """Have accounts run once more by the program that runs, and wait for that."""
    since = fleet.now()
    fleet.run("enqueue", *names, *at(fleet))
    fleet.wait_for_round(since, names)


def last_runs(fleet: Fleet) -> dict[str, history.Run]:
    return {each.account: each for each in fleet.runs()}


def test_refused_credentials_pause_an_account_with_a_sentence_and_the_others_continue(
    fleet: Fleet,
) -> None:
    set_of(fleet, "S0002", "env:TOKEN_S0002", "file:token")
    (fleet.folder / "token").write_text("Atzr|revoked", "utf-8")
    start(fleet)
    wait_for_runs(fleet, fleet.names)
    assert {name: each.outcome for name, each in last_runs(fleet).items()} == {
        "S0001": history.SUCCEEDED, "S0002": history.FAILED, "S0003": history.SUCCEEDED,
    }  # fmt: skip
    shown = json.loads(fleet.run("status", "--json", *at(fleet)))
    by_name = {each["name"]: each for each in shown["accounts"]}
    assert by_name["S0002"]["state"] == "paused"
    assert re.fullmatch(r"[^\n]*refresh_token[^\n]*\.", by_name["S0002"]["sentence"])
    assert {by_name[name]["state"] for name in ("S0001", "S0003")} == {"good"}

    since = fleet.now()
    fleet.run("enqueue", "--all", *at(fleet))
    fleet.wait_for_round(since, ["S0001", "S0003"])
    wait_for_processes(fleet)
    # It is left out until a person has seen to it.
    assert Counter(each.account for each in fleet.runs()) == {"S0001": 2, "S0002": 1, "S0003": 2}

    (fleet.folder / "token").write_text("Atzr|sandbox-S0002", "utf-8")
    since = fleet.now()
    assert fleet.run("resume", "S0002", *at(fleet)) == "S0002 is due.\n"
    fleet.wait_for_round(since, ["S0002"])
    wait_for_processes(fleet)
    fleet.take_truth()
    assert fleet.differences() == {}
    lines = [json.loads(line) for line in fleet.log().splitlines()]
    assert {each["account"] for each in lines if "run" in each} == set(fleet.names)
    assert not [each for each in lines if "METRIC" in each["message"]]
    (fleet.folder / "token").unlink()
    assert fleet.places_of_secrets() == []


def test_failing_targets_and_runs_beyond_a_limit_end_with_a_sentence_and_lose_nothing(
    fleet: Fleet,
) -> None:
    script = fleet.folder / "failing_target.py"
    script.write_text(
        _FAILING_TARGET.format(mark=str(fleet.folder / "mark"), target=str(SINGER_TARGET)), "utf-8"
    )
    set_of(fleet, "S0001", str(SINGER_TARGET), str(script))
    limits = {
        "S0002": ('memory = "1 MB"', "It needs more than 1 MB; raise 'memory' of the account."),
        "S0003": ('time_limit = "1s"', "It took more than 1 s in phase 'tap'; raise 'time_limit'"),
    }
    for name, (limit, _) in limits.items():
        table = f"[accounts.{name}.amazon]"
        set_of(fleet, name, table, f"[accounts.{name}]\n{limit}\n{table}")
    start(fleet)
    ended = wait_for_runs(fleet, fleet.names)
    for name, (_, sentence) in limits.items():
        assert (ended[name].sentence or "").startswith(sentence)
        assert ended[name].outcome == history.KILLED
    first = ended["S0001"]
    assert first.outcome == history.FAILED
    assert "ended with exit code 1: the disk of the target is full" in (first.sentence or "")
    with fleet.connected() as connection:
        assert states.load(connection, "S0001").state is None

    for name, (limit, _) in limits.items():
        text = fleet.accounts_file.read_text("utf-8")
        fleet.accounts_file.write_text(text.replace(f"[accounts.{name}]\n{limit}\n", ""), "utf-8")
    fleet.run("accounts", "accounts.toml", *at(fleet))
    run_now(fleet, *fleet.names)
    assert {each.outcome for each in last_runs(fleet).values()} == {history.SUCCEEDED}
    fleet.take_truth()
    assert fleet.differences() == {}


@contextlib.contextmanager
def collector(fleet: Fleet) -> Iterator[tuple[list[bytes], list[str]]]:
    """Take a fleet's traces, and note which accounts were busy when one came."""
    busy: list[str] = []
    taken: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            with fleet.connected() as connection:
                for name in fleet.names:
                    try:
                        # Freed before the answer: the next run begins after it.
                        with locks.held(connection, name):
                            pass
                    except AccountBusyError:
                        busy.append(name)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    address = f"http://127.0.0.1:{server.server_port}"
    fleet.more_environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = address
    try:
        yield taken, busy
    finally:
        server.shutdown()
        server.server_close()
        serving.join()


@pytest.mark.skipif(not TARGET_JSONL.exists(), reason="Meltano's plugins are not installed")
def test_target_jsonl_holds_what_amazon_has_and_an_account_is_free_while_its_trace_is_sent(
    fleet: Fleet,
) -> None:
    text = fleet.accounts_file.read_text("utf-8")
    text = text.replace(f'"{BIN / "python"}", "{SINGER_TARGET}"', f'"{TARGET_JSONL}"')
    config = r"config = { destination_path = \1, do_timestamp_file = false }"
    text = re.sub(r"config = \{ path = (\S+), password = \S+ \}", config, text)
    fleet.accounts_file.write_text(text, "utf-8")
    name = next(each for number, each in enumerate(fleet.names, 1) if number % 2)
    for each in fleet.names:
        (fleet.folder / "target" / each).mkdir(parents=True)
    with collector(fleet) as (taken, busy):
        fleet.more_environment["OTEL_EXPORTER_OTLP_TIMEOUT"] = str(_PATIENCE)
        program = start(fleet, "--once", "--concurrency", "1")
        assert program.wait(_PATIENCE) == 0, fleet.log()[-3000:]
    assert len(taken) == SELLERS
    assert busy == []
    assert {each.outcome for each in fleet.runs()} == {history.SUCCEEDED}
    written = (fleet.folder / "target" / name / "order_items.jsonl").read_text("utf-8")
    loaded = [json.loads(line) for line in written.splitlines()]
    truth = fleet.sandbox.truth(name, "order_items")
    keys = ("amazon_order_id", "sku", "line_number")
    assert sorted(tuple(each[key] for key in keys) for each in loaded) == sorted(
        tuple(each[key] for key in keys) for each in truth
    )


def test_accounts_are_paused_resumed_and_reset_from_the_command_line(fleet: Fleet) -> None:
    fleet.run("migrate", *at(fleet))
    fleet.run("accounts", "accounts.toml", *at(fleet))
    assert fleet.run("pause", "S0001", "--reason", "A holiday.", *at(fleet)) == "S0001 is paused.\n"
    start(fleet)
    wait_for_runs(fleet, ["S0002", "S0003"])
    assert last_runs(fleet).keys() == {"S0002", "S0003"}
    shown = json.loads(fleet.run("status", "--json", "--state", "paused", *at(fleet)))
    assert [(each["name"], each["sentence"]) for each in shown["accounts"]] == [
        ("S0001", "A holiday.")
    ]
    fleet.run("resume", "S0001", *at(fleet))
    wait_for_runs(fleet, fleet.names)
    wait_for_processes(fleet)
    assert [each.account for each in fleet.runs()].count("S0001") == 1
    with fleet.connected() as connection:
        before = states.load(connection, "S0002")
    assert before.state
    assert before.files
    fleet.run("reset", "S0002", *at(fleet))
    with fleet.connected() as connection:
        kept = states.load(connection, "S0002")
    assert (kept.state, dict(kept.files)) == (None, dict(before.files))
    fleet.run("reset", "S0002", "--snapshots", *at(fleet))
    with fleet.connected() as connection:
        assert not states.load(connection, "S0002").files
    run_now(fleet, "S0002")
    fleet.take_truth()
    assert fleet.differences() == {}


def test_the_demo_shows_sellers_and_ends() -> None:
    done = subprocess.run(
        [BIN / "amazon-fleet", "demo", "--sellers", "2"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "2 accounts: 2 good; 0 running" in done.stdout
    assert re.search(r"^Done in \d+ s\.", done.stdout, re.MULTILINE)

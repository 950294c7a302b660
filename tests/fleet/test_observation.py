"""What is seen of a fleet: on a terminal, as JSON, as metrics and as traces."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import loopback
import pytest
import warm_start
from fleet.shown_fleet import MARKUP, REVOKED, fill, fleet_database, page_of
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from amazon_fleet.observation.metrics import send_metrics
from amazon_fleet.observation.serving import read_status
from amazon_fleet.observation.status import STATES
from amazon_fleet.observation.status_table import table_of
from amazon_fleet.observation.traces import EndedRun, Phase, send_trace
from amazon_fleet.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [sys.executable, "-m", "amazon_fleet"]


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with fleet_database() as server:
        fill(server.database)
        yield server.database


def test_every_account_is_in_one_state_and_the_most_urgent_come_first(database: Database) -> None:
    found = read_status(database)

    states = {each.name: each.state for each in found.accounts}
    assert states == {
        "shop-paused": "paused", "shop-failing": "failing", "shop-incomplete": "incomplete",
        "shop-late": "late", "shop-new": "new", "shop-good": "good", "shop-running": "good",
    }  # fmt: skip
    assert [STATES.index(state) for state in states.values()] == sorted(
        STATES.index(state) for state in states.values()
    )
    assert (found.total, found.running) == (7, 1)
    assert found.states == dict.fromkeys(STATES, 1) | {"good": 2}
    by_name = {each.name: each for each in found.accounts}
    assert by_name["shop-running"].running == "push"
    assert by_name["shop-paused"].sentence == REVOKED
    assert by_name["shop-failing"].sentence == MARKUP
    assert by_name["shop-good"].sentence is None
    assert 7_000 < by_name["shop-late"].late == found.late
    assert by_name["shop-failing"].refused == 3
    assert (found.refused, found.runs) == (9, {"succeeded": 3, "incomplete": 1, "failed": 1})


def test_accounts_are_found_by_name_and_state_and_the_totals_stay(database: Database) -> None:
    assert [each.name for each in read_status(database, search="FAIL").accounts] == ["shop-failing"]
    assert [each.name for each in read_status(database, state="late").accounts] == ["shop-late"]
    assert read_status(database, search="%").accounts == ()
    assert len(read_status(database, most=2).accounts) == 2
    assert read_status(database, most=2).total == 7


def test_the_table_fits_a_terminal_and_says_how_many_it_leaves_out(database: Database) -> None:
    console = Console(width=120)
    with console.capture() as shown:
        console.print(table_of(read_status(database, most=3)))
    text = shown.get()
    assert "7 accounts: 1 paused, 1 failing, 1 incomplete, 1 late, 1 new, 2 good; 1 running" in text
    assert "<b>no room</b>" in text
    assert "and 4 more" in text
    assert max(map(len, text.splitlines())) <= 120


def test_the_command_shows_a_table_and_json(database: Database) -> None:
    words = [*COMMAND, "status", "--database", database.url]
    shown = warm_start.run(words, capture_output=True, text=True, check=True)
    assert "shop-late" in shown.stdout
    listed = warm_start.run([*words, "--json"], capture_output=True, text=True, check=True)
    assert json.loads(listed.stdout)["total"] == 7


def test_prometheus_reads_the_metrics(database: Database) -> None:
    with page_of(database) as url:
        answer = loopback.get(f"{url}/metrics").raise_for_status()
    families = {each.name: each for each in text_string_to_metric_families(answer.text)}
    by_state = {
        each.labels["state"]: each.value for each in families["amazon_fleet_accounts"].samples
    }
    assert by_state == dict.fromkeys(STATES, 1) | {"good": 2}
    assert families["amazon_fleet_calls_refused_last_day"].samples[0].value == 9
    failing = {
        each.labels["account"]
        for each in families["amazon_fleet_account_failing"].samples
        if each.value
    }
    assert failing == {"shop-failing", "shop-paused"}
    last = families["amazon_fleet_account_last_success_timestamp_seconds"].samples
    assert {each.labels["account"] for each in last} == {"shop-good", "shop-running", "shop-late"}


def test_the_server_changes_nothing_and_says_in_a_sentence_what_is_wrong(
    database: Database,
) -> None:
    with page_of(database) as url:
        assert loopback.get(f"{url}/health").json() == {"status": "good"}
        assert loopback.post(f"{url}/api/status").status_code == 501
        missing = loopback.get(f"{url}/../../etc/passwd")
        assert (missing.status_code, missing.json()) == (404, {"error": "There is no such page."})
        assert httpx.head(url).content == b""
    with page_of(Database("postgresql://fleet:the-password@127.0.0.1:1/fleet")) as url:
        for path in ("/health", "/api/status", "/metrics"):
            answer = loopback.get(url + path)
            assert answer.status_code == 503
            assert "cannot be reached" in answer.json()["error"]
            assert "the-password" not in answer.text


@contextmanager
def collector() -> Iterator[tuple[str, dict[str, list[bytes]]]]:
    """A server that takes what OpenTelemetry sends; its URL, and the bodies by path."""
    taken: dict[str, list[bytes]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.setdefault(self.path, []).append(body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", taken
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ended_run(**changes: Any) -> EndedRun:
    facts: dict[str, Any] = {
        "account": "shop", "run": 7, "worker": "host:1", "outcome": "failed",
        "sentence": "It ended.", "figures": {"records": 12, "etl": {"sent": 1}},
        "phases": [Phase("starting", 10), Phase("tap", 20), Phase("push", 50)], "ended": 90,
    }  # fmt: skip
    return EndedRun(**facts | changes)


def test_a_run_is_a_trace_with_a_span_for_each_phase(monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as (url, taken):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        send_trace(ended_run())
    [body] = taken["/v1/traces"]
    [resource] = ExportTraceServiceRequest.FromString(body).resource_spans
    spans = {each.name: each for each in resource.scope_spans[0].spans}
    run = spans.pop("run shop")
    assert {
        name: (span.start_time_unix_nano, span.end_time_unix_nano) for name, span in spans.items()
    } == {"starting": (10, 20), "tap": (20, 50), "push": (50, 90)}
    assert {span.parent_span_id for span in spans.values()} == {run.span_id}
    assert (run.start_time_unix_nano, run.end_time_unix_nano) == (10, 90)
    assert run.status.message == "It ended."
    assert {each.key for each in run.attributes} == {
        "fleet.account", "fleet.run", "fleet.worker", "fleet.outcome", "fleet.records",
    }  # fmt: skip


def test_without_opentelemetrys_variables_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    send_trace(ended_run())
    assert send_metrics(lambda: pytest.fail("nobody reads it")) is None


def test_the_metrics_are_sent_where_opentelemetrys_variables_say(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collector() as (url, taken):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        provider = send_metrics(lambda: read_status(database))
        assert provider is not None
        provider.shutdown()
    [body] = taken["/v1/metrics"]
    [resource] = ExportMetricsServiceRequest.FromString(body).resource_metrics
    sent = {each.name: each for each in resource.scope_metrics[0].metrics}
    assert (
        sum(
            point.as_double or point.as_int
            for point in sent["amazon_fleet_accounts"].gauge.data_points
        )
        == 7
    )


@pytest.mark.parametrize("command", [["status", "--help"], ["--version"]])
def test_the_command_starts_without_the_libraries_of_metrics(command: list[str]) -> None:
    program = (
        "import sys; sys.modules['prometheus_client'] = sys.modules['opentelemetry'] = None\n"
        f"from amazon_fleet.command.cli import main; main({command!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")

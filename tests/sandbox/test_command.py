"""The command line of the sandbox, as a process."""

from __future__ import annotations

import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import loopback
import pytest
from click.testing import CliRunner

from amazon_seller_sandbox.cli import main

if TYPE_CHECKING:
    from conftest import StartSandbox


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--orders", "many"], "'many' is not a valid integer"),
        (["--orders", "0"], "0 is not in the range"),
        (["--clock-factor", "0"], "0.0 is not in the range"),
        (["--now", "today"], "'today' is not an ISO 8601 date-time with offset"),
        (["--now", "2026-11-02T08:00:00"], "not an ISO 8601 date-time with offset"),
        (["--report-seconds", "9", "3"], "MIN 9.0 is greater than MAX 3.0"),
        (["--unknown"], "No such option"),
    ],
)
def test_a_wrong_option_is_one_clear_sentence(arguments: list[str], part: str) -> None:
    result = CliRunner().invoke(main, arguments)

    assert result.exit_code == 2
    assert part in result.output
    assert "Traceback" not in result.output


def test_a_busy_port_is_one_clear_sentence() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        result = CliRunner().invoke(main, ["--port", str(busy.getsockname()[1])])

    assert result.exit_code == 1
    assert "Address already in use" in result.output


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_with_one_line_and_ends_cleanly(
    start_sandbox: StartSandbox, end: signal.Signals
) -> None:
    sandbox = start_sandbox(clock_factor=1000, report_seconds=(1, 2))
    clock = sandbox.get_json("/_sandbox/clock")
    sandbox.process.send_signal(end)
    code = sandbox.process.wait(20)
    assert sandbox.process.stdout is not None
    rest = sandbox.process.stdout.read()
    sandbox.process.stdout.close()

    assert clock["factor"] == 1000.0
    assert clock["data_now"] == "2026-11-02T08:00:00+00:00"
    assert rest == ""
    assert code == 0


def test_it_ends_without_a_stack_trace_while_an_answer_is_slow(
    start_sandbox: StartSandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    sandbox = start_sandbox()
    sandbox.fault("token", "slow", seconds=600)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(httpx.post, f"{sandbox.url}/auth/o2/token", timeout=60)
        while not sandbox.struck():
            assert not slow.done()
        code = sandbox.stop()
        with pytest.raises(httpx.TransportError):
            slow.result()

    assert code == 0
    assert "Traceback" not in capfd.readouterr().err


def test_it_ends_cleanly_while_it_refuses_connections(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox()
    sandbox.fault("token", "refused", seconds=600)
    with pytest.raises(httpx.TransportError):
        loopback.post(f"{sandbox.url}/auth/o2/token")
    with pytest.raises(httpx.ConnectError):
        sandbox.calls()

    assert sandbox.stop() == 0
    port = int(sandbox.url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_its_clock_goes_on_while_it_refuses_connections(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(clock_factor=1000)
    before = sandbox.get_json("/_sandbox/clock")["now_seconds"]
    sandbox.fault("token", "refused", seconds=0.3)
    with pytest.raises(httpx.TransportError):
        loopback.post(f"{sandbox.url}/auth/o2/token")
    patient = httpx.HTTPTransport(verify=loopback.TLS, retries=5)
    with httpx.Client(transport=patient, base_url=sandbox.url) as http:
        after = http.get("/_sandbox/clock").json()["now_seconds"]

    assert after - before >= 300
    assert sandbox.struck() == 1


def test_two_processes_with_the_same_seed_have_the_same_truth(
    start_sandbox: StartSandbox,
) -> None:
    first, second = start_sandbox(seed=7), start_sandbox(seed=7)
    other = start_sandbox(seed=8)

    assert first.truth("FE", "orders") == second.truth("FE", "orders")
    assert first.truth("FE", "orders") != other.truth("FE", "orders")


def test_a_truth_reader_that_goes_away_does_no_harm(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(orders=20_000)
    url = sandbox.url.removeprefix("http://")
    host, _, port = url.partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"GET /_sandbox/truth/EU/orders HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")

    assert sandbox.get_json("/_sandbox/calls")["total"] == 0
    assert sandbox.stop() == 0


def test_help_is_there() -> None:
    result = CliRunner().invoke(main, ["--help"])

    assert result.exit_code == 0
    assert "--region-wide-orders" in result.output


def test_it_ends_while_a_large_document_is_being_written(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(orders=5_000_000, report_seconds=(1, 1), clock_factor=1000)
    form = {
        "grant_type": "refresh_token",
        "client_id": "amzn1.application-oa2-client.sandbox",
        "client_secret": "sandbox-secret",
        "refresh_token": "Atzr|sandbox-EU",
    }
    token = loopback.post(f"{sandbox.url}/auth/o2/token", data=form).json()["access_token"]
    reports = f"{sandbox.url}/reports/2021-06-30/reports"
    headers = {"x-amz-access-token": token}
    body = {
        "reportType": "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
        "marketplaceIds": ["A1PA6795UKMFR9"],
        "dataStartTime": "2026-10-04T00:00:00Z",
    }
    report_id = loopback.post(reports, json=body, headers=headers).json()["reportId"]
    report = loopback.get(f"{reports}/{report_id}", headers=headers).json()

    assert report["processingStatus"] == "IN_PROGRESS"
    assert sandbox.stop() == 0


def test_a_client_that_goes_away_in_the_middle_of_a_call_leaves_no_stack_trace(
    start_sandbox: StartSandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    sandbox = start_sandbox()
    address = httpx.URL(sandbox.url)
    for path in ("/auth/o2/token", "/optiply/v1/products", "/optiply/api/auth/oauth/token"):
        with socket.create_connection((address.host, address.port or 80)) as client:
            head = (
                f"POST {path} HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 100\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\n\r\nhalf"
            )
            client.sendall(head.encode())
        sandbox.get_json("/_sandbox/clock")  # which is answered after the end of that call
    sandbox.stop()

    assert "Traceback" not in capfd.readouterr().err

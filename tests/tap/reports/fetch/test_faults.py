"""What Amazon does wrong costs time, never data; what it refuses stays refused and is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from running import configuration, differences, run_tap, select

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartSandbox

CLOCK_FACTOR = 600
FAST = {"report_seconds": (1, 30)}


def test_a_log_in_that_is_not_answered_is_named(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=6000, orders=10, **FAST)
    sandbox.fault("token", "reset", times=1)
    config = configuration(sandbox.url, "FE", clock_factor=6000)

    output = run_tap(tmp_path, config, None, *select(tmp_path, "marketplaces"))

    assert output.returncode == 0, output.errors
    assert "Login with Amazon gave no answer" in output.errors


def test_a_missing_role_skips_its_streams_and_names_the_role(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=CLOCK_FACTOR, orders=100, **FAST)
    config = configuration(sandbox.url, "limited", clock_factor=CLOCK_FACTOR)

    output = run_tap(tmp_path, config)

    assert output.returncode == 0
    assert "Stream warehouse_inventory is incomplete for DE" in output.errors
    assert "it needs the role 'Amazon Fulfillment'" in output.errors
    assert "warehouse_inventory" not in output.records
    assert differences("orders", output.records["orders"], sandbox.truth("EU", "orders")) == {}


def test_an_incomplete_sync_fails_when_it_is_told_to(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=CLOCK_FACTOR, orders=100, **FAST)
    config = configuration(
        sandbox.url, "limited", clock_factor=CLOCK_FACTOR, fail_on_incomplete=True
    )

    output = run_tap(tmp_path, config, None, *select(tmp_path, "warehouse_inventory"))

    assert output.returncode == 1
    assert "The sync is incomplete in 5 places" in output.errors


def test_asking_again_within_the_cool_down_uses_the_report_that_exists(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    # Slow enough for the second sync to begin within the cool-down's half hour on any machine.
    sandbox = start_sandbox(clock_factor=60, orders=10, **FAST)
    config = configuration(sandbox.url, "NA", clock_factor=60)
    catalog = select(tmp_path, "warehouse_inventory")
    first = run_tap(tmp_path, config, None, *catalog)
    sandbox.reset_calls()

    second = run_tap(tmp_path, config, first.state, *catalog)

    # Which marketplace is read first depends on which report is downloaded first.
    found = [sorted(run.records["warehouse_inventory"], key=repr) for run in (first, second)]
    assert found[0] == found[1]
    assert "createReport" not in sandbox.calls()


def test_neither_log_nor_state_holds_a_secret_or_a_signed_url(
    start_sandbox: StartSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGLEVEL", "DEBUG")
    sandbox = start_sandbox(clock_factor=CLOCK_FACTOR, orders=50, **FAST)
    sandbox.fault("document", "expired_url", times=1)

    output = run_tap(tmp_path, configuration(sandbox.url, "FE", clock_factor=CLOCK_FACTOR))

    assert output.returncode == 0
    text = output.errors + repr(output.state)
    for secret in ("sandbox-secret", "Atzr|sandbox", "Atza|", "X-Amz-Signature", "/_documents/"):
        assert secret not in text, secret


@pytest.mark.parametrize(
    ("operation", "fault", "told"),
    [
        ("document", "truncated", "cut short"),
        ("document", "html", "An HTML page came where a report document was due"),
        ("createReport", "fatal_report", "ended FATAL"),
        ("createReport", "cancelled_report", "Amazon cancelled report"),
        ("createReport", "stuck_report", "minutes ('report_timeout_minutes'); given up for now"),
        ("createReport", "lost_report", "getReport answered 404"),
    ],
)
def test_a_report_that_cannot_be_had_is_named_and_the_next_sync_completes(
    start_sandbox: StartSandbox, tmp_path: Path, operation: str, fault: str, told: str
) -> None:
    sandbox = start_sandbox(clock_factor=CLOCK_FACTOR, orders=100, **FAST)
    sandbox.fault(operation, fault, times=None)
    config = configuration(sandbox.url, "FE", clock_factor=CLOCK_FACTOR, report_timeout_minutes=20)
    catalog = select(tmp_path, "orders", "order_items")

    first = run_tap(tmp_path, config, None, *catalog)

    assert first.returncode == 0, first.errors
    assert "Traceback" not in first.errors
    assert any(told in line for line in first.warnings()), first.warnings()
    assert "The sync is incomplete in 4 places" in first.errors
    assert first.records == {}

    sandbox.clear_faults()
    second = run_tap(tmp_path, config, first.state, *catalog)

    for stream in ("orders", "order_items"):
        truth = sandbox.truth("FE", stream)
        assert differences(stream, second.records[stream], truth) == {}, stream
    assert "incomplete" not in second.errors

"""A full sync delivers the sandbox's truth: nothing lost, nothing doubled, nothing garbled."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
import warm_start
from running import (
    ACCOUNT_COUNTRIES,
    KEYS,
    Output,
    by_key,
    command,
    configuration,
    differences,
    run_tap,
    select,
)

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox

CLOCK_FACTOR = 120


def refused(sandbox: RunningSandbox) -> int:
    """How many calls the sandbox answered with 429."""
    return sum(statuses.get("429", 0) for statuses in sandbox.calls().values())


@pytest.mark.parametrize("account", ["NA", "EU", "FE"])
@pytest.mark.parametrize(
    "habits",
    [
        pytest.param({}, id="as-documented"),
        pytest.param(
            {"ignore_report_locale": True, "region_wide_orders": True, "seed": 7},
            id="localised-headers-and-region-wide-orders",
        ),
    ],
)
def test_every_stream_equals_the_truth_and_no_call_is_refused(
    start_sandbox: StartSandbox, tmp_path: Path, account: str, habits: dict[str, object]
) -> None:
    sandbox = start_sandbox(clock_factor=CLOCK_FACTOR, orders=400, listings=120, **habits)

    output = run_tap(tmp_path, configuration(sandbox.url, account, clock_factor=CLOCK_FACTOR))

    assert output.returncode == 0, output.errors
    for stream in KEYS:
        truth = sandbox.truth(account, stream)
        assert len(truth) >= len(ACCOUNT_COUNTRIES[account])
        assert differences(stream, output.records[stream], truth) == {}, stream
        assert len(output.records[stream]) == len(truth), f"{stream} doubles records"
    assert refused(sandbox) == 0


def test_an_incremental_sync_brings_what_changed_and_nothing_is_missing(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=CLOCK_FACTOR, orders=2000)
    config = configuration(sandbox.url, marketplaces="DE, FR", clock_factor=CLOCK_FACTOR)
    orders_only = select(tmp_path, "orders", "order_items")
    first = run_tap(tmp_path, config, None, *orders_only)
    sandbox.advance(minutes=24 * 60)

    second = run_tap(tmp_path, config, first.state, *orders_only)

    assert 0 < len(second.records["orders"]) < len(first.records["orders"]) / 4
    for stream in ("orders", "order_items"):
        truth = [
            record
            for record in sandbox.truth("EU", stream)
            if record["marketplace_id"] in {"A1PA6795UKMFR9", "A13V1IB3VIYZZH"}
        ]
        both = first.records[stream] + second.records[stream]
        assert differences(stream, both, truth) == {}


@pytest.mark.parametrize("messages", [50, 750, 1500], ids=lambda count: f"after-{count}-messages")
def test_a_sync_that_is_killed_and_run_again_misses_nothing(
    start_sandbox: StartSandbox, tmp_path: Path, messages: int
) -> None:
    sandbox = start_sandbox(clock_factor=CLOCK_FACTOR, orders=1000, listings=120)
    config = configuration(sandbox.url, "NA", clock_factor=CLOCK_FACTOR)
    lines: list[str] = []
    with warm_start.Popen(
        command(tmp_path, config), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as tap:
        assert tap.stdout is not None
        for line in tap.stdout:
            lines.append(line)
            if len(lines) == messages:
                os.kill(tap.pid, signal.SIGKILL)
                break
        lines.extend(tap.stdout)
    killed = Output.read(lines)
    assert killed.state is not None or messages < 100

    rerun = run_tap(tmp_path, config, killed.state)

    assert rerun.returncode == 0, rerun.errors
    for stream in KEYS:
        both = killed.records.get(stream, []) + rerun.records.get(stream, [])
        assert differences(stream, both, sandbox.truth("NA", stream)) == {}, stream


def test_a_month_of_10000_orders_needs_fewer_than_15_calls(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=CLOCK_FACTOR, orders=10_000, days=30)
    config = configuration(
        sandbox.url,
        "NA",
        marketplaces=["US"],
        start_date="2026-10-03T08:00:00Z",
        clock_factor=CLOCK_FACTOR,
    )

    output = run_tap(tmp_path, config, None, *select(tmp_path, "orders", "order_items"))

    calls = sandbox.calls()
    made = sum(
        sum(statuses.values())
        for operation, statuses in calls.items()
        if operation not in {"token", "document"}
    )
    orders = by_key("orders", output.records["orders"])
    assert len(orders) > 5_000
    assert made < 15, calls

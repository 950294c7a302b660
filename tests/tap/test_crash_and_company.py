"""What Amazon was requested is not requested twice: after a crash, or by two taps at once."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import warm_start
from running import KEYS, Output, command, configuration, differences, run_tap, select

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox
    from running import Record

CLOCK_FACTOR = 600
REPORTS = 10
"""Of the FE account's two marketplaces: listings, FBA stock and three windows of orders each."""


def killed_after_asking(folder: Path, config: Record, asked: int) -> Output:
    """Run the tap, and kill it as soon as its state says that so many reports have been requested."""
    with warm_start.Popen(
        command(folder, config), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    ) as tap:
        assert tap.stdout is not None
        lines = []
        for line in tap.stdout:
            lines.append(line)
            state = Output.read([line]).state
            if state and len(state.get("reports", {})) >= asked:
                break
        tap.kill()
        lines += tap.stdout.readlines()
    return Output.read(lines)


def created(sandbox: RunningSandbox) -> int:
    return sandbox.calls()["createReport"].get("202", 0)


@pytest.mark.parametrize("asked", [3, REPORTS])
def test_a_tap_killed_after_asking_finds_its_reports_again(
    start_sandbox: StartSandbox, tmp_path: Path, asked: int
) -> None:
    sandbox = start_sandbox(clock_factor=60, orders=100, report_seconds=(60, 90))
    config = configuration(sandbox.url, "FE")
    killed = killed_after_asking(tmp_path, config, asked)

    rerun = run_tap(tmp_path, config, killed.state)

    assert rerun.returncode == 0, rerun.errors
    assert created(sandbox) == REPORTS
    for stream in KEYS:
        records = killed.records.get(stream, []) + rerun.records[stream]
        assert differences(stream, records, sandbox.truth("FE", stream)) == {}, stream


def test_a_whole_sync_leaves_no_report_to_be_remembered(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=CLOCK_FACTOR, orders=50, report_seconds=(1, 30))

    output = run_tap(tmp_path, configuration(sandbox.url, "FE", clock_factor=CLOCK_FACTOR))

    assert output.state is not None
    assert output.state.keys() == {"account", "bookmarks"}


@pytest.mark.parametrize("reports", ["lost", {"1": {}}, {"1": {"report_type": 2}}, []])
def test_a_state_with_damaged_memories_is_read_without_them(
    start_sandbox: StartSandbox, tmp_path: Path, reports: object
) -> None:
    sandbox = start_sandbox(clock_factor=CLOCK_FACTOR, orders=50, report_seconds=(1, 30))
    config = configuration(sandbox.url, "FE", clock_factor=CLOCK_FACTOR)
    catalog = select(tmp_path, "products_inventory")

    output = run_tap(tmp_path, config, {"bookmarks": {}, "reports": reports}, *catalog)

    assert output.returncode == 0, output.errors
    assert "Traceback" not in output.errors
    truth = sandbox.truth("FE", "products_inventory")
    assert differences("products_inventory", output.records["products_inventory"], truth) == {}


def test_two_taps_at_once_on_one_account_wait_for_each_other(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=CLOCK_FACTOR, orders=100, report_seconds=(1, 30))
    config = configuration(sandbox.url, "EU", clock_factor=CLOCK_FACTOR)
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()

    with ThreadPoolExecutor() as pool:
        outputs = list(pool.map(lambda folder: run_tap(folder, config), folders))

    for output in outputs:
        assert output.returncode == 0, output.errors
        assert "incomplete" not in output.errors
        for stream in KEYS:
            truth = sandbox.truth("EU", stream)
            assert differences(stream, output.records[stream], truth) == {}, stream


def test_a_report_that_another_application_asked_for_just_now_is_waited_for(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    # Slow, so that the report is of the last half hour when the second tap starts.
    sandbox = start_sandbox(clock_factor=60, orders=50, report_seconds=(200, 300))
    config = configuration(sandbox.url, "FE", clock_factor=60)
    catalog = select(tmp_path, "warehouse_inventory")
    other = run_tap(tmp_path, config | {"report_timeout_minutes": 1}, None, *catalog)
    assert "given up for now" in other.errors
    sandbox.reset_calls()

    output = run_tap(tmp_path, config, None, *catalog)

    assert "createReport" not in sandbox.calls()
    truth = sandbox.truth("FE", "warehouse_inventory")
    assert differences("warehouse_inventory", output.records["warehouse_inventory"], truth) == {}


def test_a_document_that_is_gone_is_asked_for_again_when_the_cool_down_is_over(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=CLOCK_FACTOR, orders=50, report_seconds=(1, 30))
    sandbox.fault("createReport", "missing_document", times=1)
    config = configuration(sandbox.url, "FE", clock_factor=CLOCK_FACTOR, marketplaces="JP")
    catalog = select(tmp_path, "warehouse_inventory")

    output = run_tap(tmp_path, config, None, *catalog)

    assert output.returncode == 0, output.errors
    assert "Amazon has lost the document of report" in output.errors
    assert "requesting again in " in output.errors
    truth = [
        row
        for row in sandbox.truth("FE", "warehouse_inventory")
        if row["marketplace_id"] == "A1VC38T7YXB528"
    ]
    assert differences("warehouse_inventory", output.records["warehouse_inventory"], truth) == {}

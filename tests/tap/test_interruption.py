"""A sync that is asked to stop says so with its exit code, and the next one continues from its state."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
import warm_start
from running import Output, command, configuration, differences, run_tap, select

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartSandbox


@pytest.mark.parametrize(
    ("number", "messages"),
    [
        (signal.SIGTERM, 1),
        (signal.SIGTERM, 700),
        (signal.SIGINT, 1),
        (signal.SIGINT, 700),
        (signal.SIGHUP, 1),
    ],
    ids=lambda value: value.name if isinstance(value, signal.Signals) else f"after-{value}",
)
def test_a_signal_ends_the_sync_between_two_lines_with_the_shells_exit_code(
    start_sandbox: StartSandbox, tmp_path: Path, number: signal.Signals, messages: int
) -> None:
    sandbox = start_sandbox(clock_factor=60, orders=1200)
    config = configuration(sandbox.url, "FE")
    catalog = select(tmp_path, "orders", "order_items")
    with warm_start.Popen(
        command(tmp_path, config, None, *catalog),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as tap:
        assert tap.stdout is not None
        assert tap.stderr is not None
        lines = [tap.stdout.readline() for _ in range(messages)]
        tap.send_signal(number)
        lines += tap.stdout.readlines()
        errors = tap.stderr.read()
    assert tap.returncode == 128 + number, errors[-2000:]
    assert "Traceback" not in errors
    assert all(line.endswith("\n") for line in lines), "no line is cut"
    stopped = Output.read(lines)

    rerun = run_tap(tmp_path, config, stopped.state, *catalog)

    for stream in ("orders", "order_items"):
        both = stopped.records.get(stream, []) + rerun.records.get(stream, [])
        assert differences(stream, both, sandbox.truth("FE", stream)) == {}


def test_a_sync_under_nohup_goes_on_when_its_terminal_ends(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=60, orders=1200)
    config = configuration(sandbox.url, "FE")
    with subprocess.Popen(
        ["nohup", *command(tmp_path, config, None, *select(tmp_path, "orders"))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    ) as tap:
        assert tap.stdout is not None
        lines = [tap.stdout.readline()]
        tap.send_signal(signal.SIGHUP)
        lines += tap.stdout.readlines()

    assert tap.returncode == 0
    records = Output.read(lines).records["orders"]
    assert differences("orders", records, sandbox.truth("FE", "orders")) == {}


def test_ctrl_c_while_libraries_load_leaves_no_trace(tmp_path: Path) -> None:
    library = "import sys\nprint('loading', flush=True)\nsys.stdin.read()\n"
    (tmp_path / "singer_sdk.py").write_text(library, encoding="utf-8")
    with subprocess.Popen(
        command(tmp_path, {}),
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as tap:
        assert tap.stdout is not None
        assert tap.stdout.readline() == "loading\n"
        tap.send_signal(signal.SIGINT)
        _, errors = tap.communicate()

    assert tap.returncode == -signal.SIGINT
    assert errors == ""


def test_a_signal_leaves_no_report_forgotten_that_was_asked_for_while_others_were_read(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    sandbox = start_sandbox(clock_factor=600, orders=500, listings=2_000, report_seconds=(1, 30))
    config = configuration(sandbox.url, "EU", clock_factor=600)
    with warm_start.Popen(
        command(tmp_path, config),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    ) as tap:
        assert tap.stdout is not None
        lines = []
        for line in tap.stdout:
            lines.append(line)
            if "_inventory" in line and '"RECORD"' in line:
                break
        # Nobody reads on, so the tap is held up in its first report, of stock or listings.
        while sandbox.calls()["createReport"]["202"] < 25:
            assert tap.poll() is None
        tap.send_signal(signal.SIGTERM)
        lines += tap.stdout.readlines()
    state = Output.read(lines).state

    assert state is not None
    assert len(state["reports"]) >= 24, "all but, perhaps, the last one that was requested"

"""A sync that is told to stop says so with its exit code, and the next one goes on from its state."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
from running import Output, command, configuration, differences, run_tap, select

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartSandbox


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
@pytest.mark.parametrize("messages", [1, 700], ids=["while-waiting", "while-writing"])
def test_a_signal_ends_the_sync_between_two_lines_with_the_shells_exit_code(
    start_sandbox: StartSandbox, tmp_path: Path, number: signal.Signals, messages: int
) -> None:
    sandbox = start_sandbox(clock_factor=60, orders=2000)
    config = configuration(sandbox.url, "FE")
    catalog = select(tmp_path, "orders", "order_items")
    with subprocess.Popen(
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
    assert tap.returncode == 128 + number
    assert "Traceback" not in errors
    assert all(line.endswith("\n") for line in lines), "no line is cut"
    stopped = Output.read(lines)

    rerun = run_tap(tmp_path, config, stopped.state, *catalog)

    for stream in ("orders", "order_items"):
        both = stopped.records.get(stream, []) + rerun.records.get(stream, [])
        assert differences(stream, both, sandbox.truth("FE", stream)) == {}

"""`make demo` shows what came and went in two syncs, and stops what it started."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def demo(folder: Path) -> subprocess.Popen[str]:
    """Start the demo with its state in a folder of its own."""
    return subprocess.Popen(
        [sys.executable, ROOT / "scripts" / "demo.py"],
        env=os.environ | {"DEMO_PATH": str(folder), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def figures(text: str, name: str) -> list[int]:
    """The figures beside a name, of the first sync and the second."""
    found = re.findall(rf"^  {name} +([\d,]+)(?: records)?$", text, re.MULTILINE)
    return [int(each.replace(",", "")) for each in found]


def processes_of(folder: Path) -> list[str]:
    """The command lines of processes that work for the demo in this folder."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(folder).encode() in environment.read_bytes():
                found.append((environment.parent / "cmdline").read_text())
        except OSError:
            continue
    return found


def test_the_demo_syncs_twice_and_the_second_time_brings_what_changed(tmp_path: Path) -> None:
    with demo(tmp_path / "demo") as run:
        output = run.communicate()[0]
    assert run.returncode == 0, output
    assert output.count("0 of them refused for quota (429)") == 2
    first, second = figures(output, "orders")
    assert first == 2_000
    assert 0 < second < 100
    before, after = figures(output, "sellOrders")
    assert 1_500 < before < after
    report = json.loads((tmp_path / "demo/etl-output/mapping-report.json").read_text("utf-8"))
    assert report["counts"]["orders"]["out"] == after - before
    assert processes_of(tmp_path) == []


def test_an_interrupted_demo_stops_all_that_it_started(tmp_path: Path) -> None:
    with demo(tmp_path / "demo") as run:
        assert run.stdout is not None
        run.stdout.readline()
        while len(processes_of(tmp_path)) < 3:  # the demo itself, the sandbox and Meltano
            assert run.poll() is None
        run.send_signal(signal.SIGINT)
        output = run.stdout.read()
    assert run.returncode == 130, output
    assert "Interrupted" in output
    assert processes_of(tmp_path) == []

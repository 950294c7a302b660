"""The benchmarks run with small inputs; what they measure is not looked at here."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from proofs import is_full

ROOT = Path(__file__).parents[2]


def bench(peers: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the benchmarks; peers that have an environment of their own are looked for in a folder."""
    return subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "run.py", *arguments],
        env=os.environ | {"BENCHMARK_PEERS": str(peers)},
        capture_output=True,
        text=True,
        check=False,
    )


SHOWN = {
    "readers": "complete document, csv.DictReader",
    "record_path": "Singer SDK, nothing changed",
}
"""What each benchmark prints among its figures."""
LONGER = {
    "batch_path": "BATCH rows/s, Parquet",
    "etl_build": "amazon-optiply-etl",
    "fewer_polls": "getQuery with notifications",
    "makespan": "one report at a time",
    "memory": "the limit of 200 MB",
    "nothing_new": "calls with nothing new",
    "overlap": "cores busy, BATCH",
    "profile_stages": "gunzip, read_csv and Parquet encoding alone",
    "push": "calls per second, 8 under way",
    "startup": "tap-amazon-seller --discover",
}
"""The same of those that start many programs; `make prove` runs them too."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each benchmark."""
    if "name" in metafunc.fixturenames:
        shown = SHOWN | (LONGER if is_full(metafunc.config) else {})
        metafunc.parametrize(("name", "shown"), shown.items())


def test_a_benchmark_runs_without_the_peers_that_are_not_installed(
    name: str, shown: str, tmp_path: Path
) -> None:
    run = bench(tmp_path, "--quick", "--only", name)

    assert run.returncode == 0, run.stderr[-3000:]
    assert shown in run.stdout


@dataclass(frozen=True, slots=True)
class QuickRun:
    """A quick run of a benchmark that has peers, and what it found and left behind."""

    run: subprocess.CompletedProcess[str]
    peers: Path
    written_before: list[int]


WRITTEN = (ROOT / "docs" / "benchmarks.md", ROOT / "benchmarks" / "REPORT.md")


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory: pytest.TempPathFactory) -> QuickRun:
    peers = tmp_path_factory.mktemp("peers")
    before = [path.stat().st_mtime_ns for path in WRITTEN]
    return QuickRun(bench(peers, "--quick", "--only", "pipe"), peers, before)


def test_a_peer_that_is_not_installed_is_named(quick_run: QuickRun) -> None:
    assert quick_run.run.returncode == 0, quick_run.run.stderr[-3000:]
    assert "target-jsonl is left out: its environment has not been made." in quick_run.run.stdout


def test_a_quick_run_leaves_the_report_alone(quick_run: QuickRun) -> None:
    assert [path.stat().st_mtime_ns for path in WRITTEN] == quick_run.written_before
    assert list(quick_run.peers.iterdir()) == []

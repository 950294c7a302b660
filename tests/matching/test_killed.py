"""A job that is killed at any moment is claimed again: nothing lost, doubled or asked twice."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import loopback
import warm_start
from proofs import is_full
from running import configuration, write_json

if TYPE_CHECKING:
    import pytest
    from conftest import RunningSandbox, StartSandbox

CODES = 1_200
COMMAND = [sys.executable, "-m", "amazon_asin_match"]
CLOCK_FACTOR = 40
ROOT = Path(__file__).parents[2]


def write_rows(sandbox: RunningSandbox, path: Path) -> list[dict[str, Any]]:
    """Write what the sandbox's shop asks, and answer it."""
    text = loopback.get(f"{sandbox.url}/_sandbox/codes", timeout=60).raise_for_status().text
    rows = [json.loads(line) for line in text.split("\n") if line]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["ean", "name", "marke", "ve"])
        writer.writerows((row["code"], row["title"], row["brand"], row["pack"]) for row in rows)
    return rows


def arguments(folder: Path, database: str, *words: str) -> list[str]:
    config = str(folder / "config.json")
    return [*COMMAND, *words, "--config", config, "--database", str(folder / database)]


def run_through(folder: Path, database: str, output: Path) -> subprocess.CompletedProcess[str]:
    words = [str(folder / "codes.csv"), "--marketplace", "DE", "--output", str(output)]
    return warm_start.run(
        arguments(folder, database, *words),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def run_killed(folder: Path, database: str, output: Path, kills: int, seed: int) -> int:
    """Run a job and kill it at random; answers how often that struck."""
    chance = random.Random(seed)  # noqa: S311 - repeatable
    words = [str(folder / "codes.csv"), "--marketplace", "DE", "--output", str(output)]
    struck = 0
    job = ""
    while True:
        command = arguments(folder, database, *(["resume", job] if job else words))
        process = warm_start.Popen(command, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        if not job:
            first = next(line for line in process.stderr if line.startswith("Job "))
            job = first.split()[1]
        if struck < kills:
            time.sleep(chance.uniform(0.1, 0.9))
            process.kill()
        process.communicate(timeout=300)
        if process.returncode >= 0:
            assert process.returncode in {0, 3}
            return struck
        struck += 1


def test_a_job_that_is_killed_asks_nothing_twice_and_ends_with_the_same_file(
    start_sandbox: StartSandbox, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    kills = 20 if is_full(pytestconfig) else 4
    codes = CODES * max(1, kills // 4)
    sandbox = start_sandbox(clock_factor=CLOCK_FACTOR, codes=codes, listings=20)
    write_json(tmp_path / "config.json", configuration(sandbox.url, clock_factor=CLOCK_FACTOR))
    rows = write_rows(sandbox, tmp_path / "codes.csv")
    done = run_through(tmp_path, "whole.db", tmp_path / "whole.csv")
    assert done.returncode == 3, done.stderr
    undisturbed = sandbox.calls()["searchCatalogItems"]
    sandbox.reset_calls()

    struck = run_killed(tmp_path, "killed.db", tmp_path / "killed.csv", kills, seed=5)

    assert struck >= kills / 2
    assert (tmp_path / "killed.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    with (tmp_path / "killed.csv").open(newline="", encoding="utf-8") as file:
        assert [row["ean"] for row in csv.DictReader(file)] == [row["code"] for row in rows]
    disturbed = sandbox.calls()["searchCatalogItems"]
    # A batch that was under way at a kill is asked again: its pages, or the halves of a refused one.
    assert sum(disturbed.values()) <= sum(undisturbed.values()) + 4 * struck

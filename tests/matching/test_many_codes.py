"""Many different codes from file to file: bounded memory, and each row comes out in its place."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import loopback
from matching.conftest import FIGURES
from proofs import is_full
from running import configuration, write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest
    from conftest import RunningSandbox, StartSandbox

CODES, FEW = 1_000_000, 1_000
MOST_MEMORY = 300e6
"""Bytes of resident memory of a job, whatever the file's size."""
MOST_WRONG, LEAST_FOUND = 0.0001, 0.995
CLOCK_FACTOR = 300


def _asked(sandbox: RunningSandbox) -> Iterator[dict[str, Any]]:
    """What the sandbox's shop asks, row by row."""
    rest = b""
    with loopback.stream("GET", f"{sandbox.url}/_sandbox/codes", timeout=600) as answer:
        for part in answer.raise_for_status().iter_bytes():
            *lines, rest = (rest + part).split(b"\n")
            yield from map(json.loads, lines)


def _write(sandbox: RunningSandbox, folder: Path) -> int:
    """Write the shop's file, and beside it the right answers, and return the number of rows."""
    count = 0
    with (
        (folder / "codes.csv").open("w", newline="", encoding="utf-8") as file,
        (folder / "right.csv").open("w", newline="", encoding="utf-8") as answers,
    ):
        writer, right = csv.writer(file), csv.writer(answers)
        writer.writerow(["ean", "name", "marke", "ve"])
        for row in _asked(sandbox):
            writer.writerow([row["code"], row["title"], row["brand"], row["pack"]])
            right.writerow([row["right"] or "", row["own"] or "", row["clear"]])
            count += 1
    return count


def _peak(process: subprocess.Popen[str]) -> float:
    """Wait for a process and return its largest resident memory in bytes."""
    status, peak = Path(f"/proc/{process.pid}/status"), 0
    while process.poll() is None:
        lines = status.read_text("ascii").splitlines() if status.exists() else []
        found = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
        peak = max([peak, *found])
        time.sleep(0.1)
    return peak * 1024


def test_each_of_many_codes_comes_back_in_its_place_with_bounded_memory(
    start_sandbox: StartSandbox,
    tmp_path: Path,
    pytestconfig: pytest.Config,
    record_property: Callable[[str, object], None],
) -> None:
    codes = CODES if is_full(pytestconfig) else FEW
    sandbox = start_sandbox(clock_factor=CLOCK_FACTOR, codes=codes, listings=20, orders=1)
    write_json(tmp_path / "config.json", configuration(sandbox.url, clock_factor=CLOCK_FACTOR))
    count = _write(sandbox, tmp_path)
    words = [
        sys.executable, "-m", "amazon_asin_match", str(tmp_path / "codes.csv"),
        "--marketplace", "DE", "--config", str(tmp_path / "config.json"),
        "--database", str(tmp_path / "matches.db"), "--output", str(tmp_path / "out.csv"),
    ]  # fmt: skip
    log = tmp_path / "log"
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(words, stderr=errors, text=True) as process,
    ):
        peak = _peak(process)
    assert process.returncode == 3, log.read_text("utf-8")[-2_000:]

    rows = clear = found = wrong = 0
    with (
        (tmp_path / "codes.csv").open(newline="", encoding="utf-8") as file,
        (tmp_path / "right.csv").open(newline="", encoding="utf-8") as answers,
        (tmp_path / "out.csv").open(newline="", encoding="utf-8-sig") as output,
    ):
        for asked, (right, own, is_clear), row in zip_longest(
            csv.DictReader(file), csv.reader(answers), csv.DictReader(output)
        ):
            rows += 1
            assert {name: row[name] for name in asked} == asked
            assert row["status"] != "not_asked"
            wrong += row["asin"] not in {"", right, own}
            clear += is_clear == "True"
            found += is_clear == "True" and row["asin"] == right
    calls = sandbox.calls()["searchCatalogItems"]
    record_property(
        FIGURES,
        f"{codes:,} different codes: {rows:,} rows in their order, {found:,} of {clear:,} clear ones "
        f"with their ASIN, {wrong:,} wrong, at most {peak / 1e6:.0f} MB, {sum(calls.values()):,} calls",
    )
    assert rows == count
    assert wrong <= MOST_WRONG * rows
    assert found / clear >= LEAST_FOUND
    assert peak < MOST_MEMORY

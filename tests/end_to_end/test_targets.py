"""The pipe: the tap into real Singer targets, and what they hold in the end.

Into target-jsonl goes the documented example of a pipe (test_documented_examples.py).
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import warm_start
from running import KEYS, by_key, command, configuration, write_json

if TYPE_CHECKING:
    from conftest import RunningSandbox, StartSandbox

ROOT = Path(__file__).parents[2]
CLOCK_FACTOR = 600


def target(name: str) -> Path:
    """A target that `meltano install` has installed."""
    found = ROOT / ".meltano" / "loaders" / name / "venv" / "bin" / name
    assert found.exists(), f"{name} is not installed; run `make test`, which installs it"
    return found


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> RunningSandbox:
    """A sandbox with a small seller."""
    return start_sandbox(clock_factor=CLOCK_FACTOR, orders=200, report_seconds=(1, 30))


def pipe(
    folder: Path, sandbox: RunningSandbox, name: str, config: dict[str, Any], **settings: object
) -> str:
    """`tap | target`, for all streams of the Japanese and Australian seller; the target's output."""
    tap_command = command(
        folder, configuration(sandbox.url, "FE", clock_factor=CLOCK_FACTOR, **settings)
    )
    target_config = write_json(folder / "target-config.json", config)
    with (
        (folder / "tap.log").open("w") as log,
        warm_start.Popen(tap_command, stdout=subprocess.PIPE, stderr=log) as tap,
    ):
        loaded = warm_start.run(
            [target(name), "--config", target_config],
            stdin=tap.stdout,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    assert tap.returncode == 0, (folder / "tap.log").read_text()
    assert loaded.returncode == 0, loaded.stderr[-3000:]
    return str(loaded.stdout)


@pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="no DuckDB for this Python loads first rows with times"
)
def test_target_duckdb_holds_the_truth(tmp_path: Path, sandbox: RunningSandbox) -> None:
    database = tmp_path / "warehouse.duckdb"
    pipe(
        tmp_path,
        sandbox,
        "target-duckdb",
        {"path": str(database), "filepath": str(database), "default_target_schema": "amazon"},
    )

    for stream in ("orders", "order_items", "products_inventory", "warehouse_inventory"):
        truth = by_key(stream, sandbox.truth("FE", stream))
        rows = by_key(stream, query(database, f"from amazon.{stream}"))
        assert rows.keys() == truth.keys(), stream
    names = query(
        database, "select marketplace_id, seller_sku, item_name from amazon.products_inventory"
    )
    expected = by_key("products_inventory", sandbox.truth("FE", "products_inventory"))
    for row in names:
        assert row["item_name"] == expected[row["marketplace_id"], row["seller_sku"]]["item_name"]
    total = query(database, "select sum(quantity) as units from amazon.order_items")
    assert total[0]["units"] == sum(line["quantity"] for line in sandbox.truth("FE", "order_items"))


def query(database: Path, sql: str) -> list[dict[str, Any]]:
    """The rows of a query, read with the DuckDB that the target installed."""
    script = (
        "import duckdb, json, sys\n"
        "cursor = duckdb.connect(sys.argv[1], read_only=True).execute(sys.argv[2])\n"
        "names = [column[0] for column in cursor.description]\n"
        "print(json.dumps([dict(zip(names, row)) for row in cursor.fetchall()], default=str))\n"
    )
    python = target("target-duckdb").with_name("python")
    found = warm_start.run(
        [python, "-c", script, database, sql], capture_output=True, encoding="utf-8", check=True
    )
    rows: list[dict[str, Any]] = json.loads(found.stdout)
    return rows


@pytest.mark.parametrize("batches", [None, "parquet", "jsonl"])
def test_target_csv_holds_the_truth(
    tmp_path: Path, sandbox: RunningSandbox, batches: str | None
) -> None:
    folder = tmp_path / "sync-output"
    folder.mkdir()
    settings: dict[str, Any] = {}
    if batches:
        storage = {"root": (tmp_path / "batches").as_uri()}
        settings = {"batch_config": {"encoding": {"format": batches}, "storage": storage}}
    pipe(tmp_path, sandbox, "target-csv", {"output_path": str(folder)}, **settings)

    for stream in KEYS:
        with (folder / f"{stream}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        truth = by_key(stream, sandbox.truth("FE", stream))
        assert len(rows) == len(truth), stream
        found = {tuple(str(row[name]) for name in KEYS[stream]) for row in rows}
        assert found == {tuple(str(part) for part in key) for key in truth}, stream
    assert bool(batches) == (tmp_path / "batches").exists()


def test_a_target_that_dies_ends_the_tap_with_one_sentence(
    tmp_path: Path, sandbox: RunningSandbox
) -> None:
    tap_command = command(tmp_path, configuration(sandbox.url, "EU", clock_factor=CLOCK_FACTOR))
    with warm_start.Popen(tap_command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tap:
        warm_start.run(
            [sys.executable, "-c", "import sys; sys.stdin.readline()"], stdin=tap.stdout, check=True
        )
        assert tap.stdout is not None
        tap.stdout.close()
        assert tap.stderr is not None
        errors = tap.stderr.read().decode()
    assert tap.returncode == 1
    assert "The target has closed the pipe" in errors
    assert "Traceback" not in errors

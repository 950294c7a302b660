"""What the ETL is measured against makes the same payloads, one by one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from seller_records import write_input

ROOT = Path(__file__).parents[2]
DUCKDB = ROOT / ".meltano" / "loaders" / "target-duckdb" / "venv" / "bin" / "python"
ORDER_LINES = 6_000


def payloads(folder: Path, name: str) -> dict[str, dict[str, Any]]:
    lines = (folder / f"{name}.jsonl").read_text("utf-8").splitlines()
    return {each["remoteId"]: each for each in map(json.loads, lines)}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with input/, and the payloads of the ETL in etl/ and of DuckDB in duckdb/."""
    if not DUCKDB.exists():
        pytest.skip(
            "target-duckdb, which brings DuckDB, is not installed; run `make .venv/plugins`"
        )
    folder = tmp_path_factory.mktemp("peer")
    write_input(folder / "input", ORDER_LINES)
    (folder / "config.json").write_text("{}", encoding="utf-8")
    build = [
        str(Path(sys.executable).with_name("amazon-optiply-etl")),
        "build",
        "--format",
        "jsonl",
    ]
    folders = ["--input", "input", "--output", "etl", "--snapshots", "snapshots"]
    subprocess.run([*build, *folders, "--config", "config.json"], cwd=folder, check=True)
    script = ROOT / "benchmarks" / "peers" / "duckdb_etl.py"
    subprocess.run([DUCKDB, script, "input", "duckdb"], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize("name", ["products", "sell_orders"])
def test_duckdb_makes_the_same_payloads(made: Path, name: str) -> None:
    ours, theirs = payloads(made / "etl", name), payloads(made / "duckdb", name)
    assert ours.keys() == theirs.keys()
    for remote_id, payload in ours.items():
        same = {key: value for key, value in theirs[remote_id].items() if value is not None}
        assert payload == same, remote_id


def test_the_input_has_products_that_are_sold_out_and_others_that_are_closed(made: Path) -> None:
    rows = parquet.read_table(made / "input" / "products_inventory.parquet").to_pylist()
    selling = {row["asin1"] for row in rows if row["status"] == "Active"}
    inactive = {row["asin1"] for row in rows if row["asin1"] not in selling}
    products = payloads(made / "etl", "products")
    sold_out = inactive & products.keys()
    assert {products[asin]["stockLevel"] for asin in sold_out} == {0}
    assert inactive - products.keys()

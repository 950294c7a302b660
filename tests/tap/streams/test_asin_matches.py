"""`asin_matches`: the ASINs of a file of codes, with what is known already requested no more."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import loopback
import pytest
from running import configuration, run_tap, select

from tap_amazon_seller.streams.kinds.amazon_stream import SCHEMAS

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox

CODES = 80


@pytest.fixture(scope="module")
def sandbox(start_module_sandbox: StartSandbox) -> RunningSandbox:
    return start_module_sandbox(clock_factor=60, codes=CODES, listings=20, orders=1)


@pytest.fixture
def rows(sandbox: RunningSandbox, tmp_path: Path) -> list[dict[str, Any]]:
    """What the sandbox's shop asks, also as a file."""
    text = loopback.get(f"{sandbox.url}/_sandbox/codes", timeout=60).raise_for_status().text
    found = [json.loads(line) for line in text.split("\n") if line]
    with (tmp_path / "codes.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["ean", "name", "marke", "ve"])
        writer.writerows((row["code"], row["title"], row["brand"], row["pack"]) for row in found)
    return found


def settings(sandbox: RunningSandbox, folder: Path) -> dict[str, Any]:
    return configuration(
        sandbox.url,
        clock_factor=60,
        marketplaces=["DE"],
        match_input=str(folder / "codes.csv"),
        match_database=str(folder / "matches.db"),
    )


def test_each_row_of_the_file_becomes_a_record_and_a_second_sync_makes_no_call(
    sandbox: RunningSandbox, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    config = settings(sandbox, tmp_path)
    chosen = select(tmp_path, "asin_matches", "sync_summary", config=config)
    sandbox.reset_calls()
    output = run_tap(tmp_path, config, None, *chosen)
    assert "asin_matches" in output.records, output.errors
    records = output.records["asin_matches"]
    assert [record["code"] or "" for record in records] == [row["code"] for row in rows]
    assert [record["row_number"] for record in records] == list(range(2, len(rows) + 2))
    for row, record in zip(rows, records, strict=True):
        assert record["asin"] in {row["right"], row["own"], None}
        if row["clear"]:
            assert record["asin"] == row["right"]
        if row["code"].isdigit() and len(row["code"]) == 13 and record["status"] != "invalid":
            assert record["gtin"] == f"0{row['code']}"
        if record["status"] in {"invalid", "ambiguous_code"}:
            assert record["gtin"] is None
    validator = jsonschema_rs.Draft202012Validator(SCHEMAS.get_schema("asin_matches"))
    assert not [error.message for record in records for error in validator.iter_errors(record)]
    [summary] = [
        each for each in output.records["sync_summary"] if each["stream"] == "asin_matches"
    ]
    assert (summary["complete"], summary["records"]) == (True, len(rows))
    assert sandbox.calls()["searchCatalogItems"]

    sandbox.reset_calls()
    again = run_tap(tmp_path, config, None, *chosen)
    assert again.records["asin_matches"] == records
    assert "searchCatalogItems" not in sandbox.calls()


def test_a_file_that_cannot_be_read_is_named_with_its_setting(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    config = settings(sandbox, tmp_path)
    output = run_tap(tmp_path, config, None, *select(tmp_path, "asin_matches", config=config))
    assert output.returncode == 1
    assert f"Setting 'match_input': {tmp_path / 'codes.csv'} cannot be read: No such file" in (
        output.errors
    )


def test_the_stream_is_there_only_with_its_setting_and_the_engine_only_when_it_is_read() -> None:
    program = (
        "import sys, tap_amazon_seller.tap as tap\n"
        "names = lambda config: {s.name for s in tap.TapAmazonSeller(\n"
        "    config=config, validate_config=False, parse_env_config=False).discover_streams()}\n"
        "assert 'asin_matches' not in names({})\n"
        "assert 'asin_matches' in names({'match_input': 'codes.csv'})\n"
        "assert not any(name.startswith(('amazon_asin_match', 'sqlalchemy')) for name in sys.modules)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr

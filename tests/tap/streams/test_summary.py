"""`sync_summary` says what was read completely; conclusions from what is missing rely on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from running import Output, configuration, run_tap, select

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox

CLOCK_FACTOR = 600
STREAMS = ("marketplaces", "orders", "products_inventory", "sync_summary", "warehouse_inventory")


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> RunningSandbox:
    return start_sandbox(clock_factor=CLOCK_FACTOR, orders=150, report_seconds=(1, 30))


def sync(sandbox: RunningSandbox, folder: Path, *streams: str) -> Output:
    config = configuration(sandbox.url, "NA", clock_factor=CLOCK_FACTOR, marketplaces="US,CA")
    return run_tap(folder, config, None, *select(folder, *(streams or STREAMS)))


def test_it_tells_how_many_records_each_stream_and_marketplace_has(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    output = sync(sandbox, tmp_path)
    told = {
        (each["stream"], each["marketplace_id"]): each["records"]
        for each in output.records["sync_summary"]
    }
    emitted = {
        (stream, place): sum(record["marketplace_id"] == place for record in output.records[stream])
        for stream in STREAMS
        if stream != "sync_summary"
        for place in {record["marketplace_id"] for record in output.records[stream]}
    }
    assert told == emitted
    assert all(each["complete"] for each in output.records["sync_summary"])
    assert list(output.schemas)[-1] == "sync_summary"


def test_a_stream_whose_reports_are_left_out_is_not_complete(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    sandbox.fault("createReport", "cancelled_report", times=None)
    output = sync(sandbox, tmp_path, "products_inventory", "sync_summary")
    told = [(each["complete"], each["records"]) for each in output.records["sync_summary"]]
    assert told == [(False, 0), (False, 0)]


def test_streams_of_which_nothing_is_due_are_complete(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    weekly = ("market_basket", "repeat_purchase", "search_terms")
    config = configuration(sandbox.url, "NA", clock_factor=CLOCK_FACTOR, marketplaces="US,CA")
    config["start_date"] = "2026-10-27T00:00:00Z"  # no week since then has its figures yet
    output = run_tap(tmp_path, config, None, *select(tmp_path, *weekly, "sync_summary"))

    told = {
        (each["stream"], each["marketplace_id"]): (each["complete"], each["records"])
        for each in output.records["sync_summary"]
    }
    places = ("ATVPDKIKX0DER", "A2EUQ1WTGCTBG2")
    assert told == {(stream, place): (True, 0) for stream in weekly for place in places}

"""What cannot become a record is a record of `rejected_rows`: nothing is lost in silence."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
import warm_start
from running import Output, Record, command, configuration, run_tap, select

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox, StartSandbox

CLOCK_FACTOR = 600
US = "ATVPDKIKX0DER"
ORDERS = ("orders", "order_items", "sync_summary")
LISTINGS = ("products_inventory", "sync_summary")
LISTING_REPORT = "GET_MERCHANT_LISTINGS_ALL_DATA"


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> RunningSandbox:
    """A sandbox that serves one document in which a row is shifted by a tab."""
    sandbox = start_sandbox(clock_factor=CLOCK_FACTOR, orders=150, report_seconds=(1, 30))
    sandbox.fault("document", "shifted_row", times=1)
    return sandbox


def sync(
    sandbox: RunningSandbox,
    folder: Path,
    *streams: str,
    state: Record | None = None,
    **settings: object,
) -> Output:
    config = configuration(
        sandbox.url, "NA", **{"clock_factor": CLOCK_FACTOR, "marketplaces": "US"} | settings
    )
    return run_tap(folder, config, state, *select(folder, *streams))


def summary_of(output: Output, stream: str) -> Record:
    [found] = [one for one in output.records["sync_summary"] if one["stream"] == stream]
    return found


def test_a_shifted_row_is_told_with_what_can_be_said_of_it(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    output = sync(sandbox, tmp_path, *LISTINGS, "rejected_rows")

    [row] = output.records["rejected_rows"]
    truth = [r for r in sandbox.truth("NA", "products_inventory") if r["marketplace_id"] == US]
    emitted = {record["seller_sku"] for record in output.records["products_inventory"]}
    [missing] = [record for record in truth if record["seller_sku"] not in emitted]
    assert (row["report_type"], row["marketplace_id"], row["occurrence"]) == (LISTING_REPORT, US, 1)
    assert row["asins"][0] == missing["asin1"]
    assert missing["seller_sku"] in row["cells"]
    assert row["streams"] == ["products_inventory"]
    assert row["line"] > 1
    assert "cells where the header has" in row["reason"]
    summary = summary_of(output, "products_inventory")
    assert (summary["rejected"], summary["complete"]) == (1, True)
    assert summary["records"] == len(truth) - 1
    assert list(output.schemas)[-2:] == ["rejected_rows", "sync_summary"]


def test_a_rejected_line_takes_its_order_with_it_and_the_bookmark_passes(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    sandbox.fault("document", "shifted_row", times=2)

    output = sync(sandbox, tmp_path, *ORDERS, "rejected_rows")

    rejected = output.records["rejected_rows"]
    ids = {order_id for row in rejected for order_id in row["amazon_order_ids"]}
    assert ids
    assert all(row["cells"] is None for row in rejected), "there are buyers' data in the report"
    truth = [r for r in sandbox.truth("NA", "orders") if r["marketplace_id"] == US]
    emitted = {record["amazon_order_id"] for record in output.records["orders"]}
    assert {record["amazon_order_id"] for record in truth} - emitted == ids
    lines = [r for r in sandbox.truth("NA", "order_items") if r["marketplace_id"] == US]
    assert len(output.records["order_items"]) == len(lines) - len(rejected)
    assert summary_of(output, "orders")["held_back"] == len(ids)
    assert output.state is not None
    for stream in ("orders", "order_items"):
        [partition] = output.state["bookmarks"][stream]["partitions"]
        assert partition["replication_key_value"] > "2026-11-02T07"


def test_the_bookmark_waits_for_the_rejected_rows(sandbox: RunningSandbox, tmp_path: Path) -> None:
    sandbox.fault("document", "shifted_row", times=2)
    config = configuration(sandbox.url, "NA", clock_factor=CLOCK_FACTOR, marketplaces="US")
    options = select(tmp_path, *ORDERS, "rejected_rows")
    process = warm_start.Popen(
        command(tmp_path, config, None, *options),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    bookmarks: list[str] = []
    assert process.stdout is not None
    with process, process.stdout as lines:
        for line in lines:
            message = json.loads(line)
            if message["type"] == "SCHEMA" and message["stream"] == "rejected_rows":
                process.kill()
                break
            if message["type"] == "STATE":
                partitions = message["value"].get("bookmarks", {}).get("order_items", {})
                bookmarks += [
                    partition["replication_key_value"]
                    for partition in partitions.get("partitions", [])
                    if "replication_key_value" in partition
                ]

    assert all(one < "2026-11" for one in bookmarks), "a rerun reads the last window again"


def test_without_the_stream_the_log_says_that_these_rows_are_gone(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    output = sync(sandbox, tmp_path, *LISTINGS)

    assert "rejected rows are gone (1): the stream rejected_rows is not selected" in output.errors
    assert summary_of(output, "products_inventory")["rejected"] == 1


def test_a_rejected_row_can_be_shown(sandbox: RunningSandbox, tmp_path: Path) -> None:
    sandbox.fault("document", "shifted_row", times=2)
    output = sync(sandbox, tmp_path, *LISTINGS, "rejected_rows")
    [row] = output.records["rejected_rows"]
    config = configuration(sandbox.url, "NA", clock_factor=CLOCK_FACTOR, marketplaces="US")

    def shown(*arguments: str) -> subprocess.CompletedProcess[str]:
        return warm_start.run(
            [*command(tmp_path, config, None), "--row", *arguments],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    found = shown(row["report_id"], str(row["line"]))
    beyond = shown(row["report_id"], "999999")
    unknown = shown("1", "1")

    cells = [line.partition(": ")[2] for line in found.stdout.splitlines()]
    assert found.returncode == 0
    assert cells == row["cells"]
    assert "has no line 999999" in beyond.stderr
    assert "Amazon has no report 1 of this account" in unknown.stderr
    assert beyond.returncode == unknown.returncode == 1


def test_a_row_with_buyers_data_is_shown_only_with_include_pii(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    output = sync(sandbox, tmp_path, *ORDERS, "rejected_rows")
    [row, *_] = output.records["rejected_rows"]
    config = configuration(sandbox.url, "NA", clock_factor=CLOCK_FACTOR, marketplaces="US")
    arguments = [*command(tmp_path, config, None), "--row", row["report_id"], str(row["line"])]

    found = warm_start.run(arguments, capture_output=True, text=True, check=False)

    assert found.returncode == 1
    assert "only if the setting 'include_pii' is set" in found.stderr
    assert not found.stdout

"""A sync's log has a line per stream and a table at its end, and nothing of the Singer SDK's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from running import configuration, run_tap

from tap_amazon_seller.closing import Row, sentence, table

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartSandbox

DE = Row("orders", "DE", 180, 2, 0, is_complete=True, until="2026-11-02 08:00 UTC")
FR = Row("orders", "FR", 1, 0, 1, is_complete=False, until="-")
ACCOUNT = Row("account", "-", 1, 0, 0, is_complete=False, until="-")


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([ACCOUNT], "account: 1 record, incomplete."),
        ([DE], "orders: 180 records, 2 rejected."),
        ([DE, FR], "orders: 181 records (DE 180, FR 1), 2 rejected, 1 report due."),
    ],
    ids=["of the account", "of one marketplace", "of several"],
)
def test_a_stream_is_one_line_in_the_singular_or_plural(rows: list[Row], line: str) -> None:
    assert sentence(rows) == line


def test_the_table_has_a_row_per_stream_and_marketplace() -> None:
    assert list(table([DE, FR])) == [
        "stream  marketplace  records  rejected  due  complete  until",
        "orders  DE               180         2    0  yes       2026-11-02 08:00 UTC",
        "orders  FR                 1         0    1  no        -",
    ]


def test_the_log_of_a_sync_is_quiet(
    start_sandbox: StartSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOGLEVEL", raising=False)
    sandbox = start_sandbox(clock_factor=600, orders=200, report_seconds=(1, 30))

    output = run_tap(tmp_path, configuration(sandbox.url, "FE", clock_factor=600))

    log = output.errors
    orders = len(output.records["orders"])
    assert f"orders: {orders} records (AU " in log
    assert "stream               marketplace  records  rejected  due  complete  until" in log
    for chatter in ("METRIC", "Beginning sync", "Skipping", "Starting incremental", " created: "):
        assert chatter not in log, chatter

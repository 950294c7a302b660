"""A sync that finds nothing new makes no more calls than it must."""

from __future__ import annotations

from typing import TYPE_CHECKING

from running import configuration, run_tap, select

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartSandbox

STREAMS = ("orders", "order_items", "products_inventory", "warehouse_inventory")
MOST = {
    "token": 1,
    "getMarketplaceParticipations": 1,
    "getReports": 2,
    "createReport": 3,
    "getReportDocument": 3,
    "document": 3,
}
"""Listings, stock and one window of orders, each made when the tap first looks: those that exist are
listed once for snapshots and once for windows."""


def test_half_an_hour_after_the_first_sync_nothing_new_takes_three_reports(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    factor = 20
    sandboxes = (
        start_sandbox(clock_factor=factor, orders=100, report_seconds=(1, 2), now=now)
        for now in ("2026-11-02T08:00:00Z", "2026-11-02T08:30:00Z")
    )
    catalog, state = select(tmp_path, *STREAMS), None
    for sandbox in sandboxes:
        settings = configuration(
            sandbox.url, "EU", clock_factor=factor, marketplaces="DE",
            start_date="2026-09-04T00:00:00Z",
        )  # fmt: skip
        output = run_tap(tmp_path, settings, state, *catalog)
        assert output.returncode == 0, output.errors
        state = output.state
        calls = {name: sum(statuses.values()) for name, statuses in sandbox.calls().items()}
        sandbox.stop()

    assert {name: calls[name] for name in calls if calls[name] > MOST.get(name, 0)} == {}

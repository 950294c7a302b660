"""A seller of the United States whose sales and traffic have a limit of their own, and its syncs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from running import Output, configuration

if TYPE_CHECKING:
    from conftest import RunningSandbox
    from running import Record

CLOCK_FACTOR = 600
US, CA = "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"
STOCK = ("products_inventory", "warehouse_inventory")
TRAFFIC = ("sales_traffic_by_date", "sales_traffic_report")
TRAFFIC_REPORT = "GET_SALES_AND_TRAFFIC_REPORT"
START = "2026-10-24T00:00:00Z"


def config(sandbox: RunningSandbox, account: str = "NA", **settings: object) -> Record:
    """A configuration for the United States alone that takes no due report for a failure."""
    defaults = {
        "clock_factor": CLOCK_FACTOR,
        "marketplaces": "US",
        "start_date": START,
        "fail_on_incomplete": True,
    }
    return configuration(sandbox.url, account, **(defaults | settings))


def due_of(output: Output) -> dict[str, int]:
    """How many windows each stream has left."""
    return {each["stream"]: each["due"] for each in output.records["sync_summary"] if each["due"]}


def us(sandbox: RunningSandbox, stream: str) -> list[Record]:
    """The truth of the United States since the start date."""
    dated = {"orders": "last_updated_date", "order_items": "last_updated_date"}
    dated |= dict.fromkeys(TRAFFIC, "report_end_date")
    return [
        record
        for record in sandbox.truth("NA", stream)
        if record["marketplace_id"] == US
        and (stream not in dated or record[dated[stream]] >= START[:10])
    ]

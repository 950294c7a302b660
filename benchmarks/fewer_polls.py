"""How many polls of reports and queries a first sync of five marketplaces makes with notifications.

The same syncs without a queue, and with one into which Amazon reports the end of each report and query:
one of reports, one of queries of Data Kiosk, so that neither waits for the quotas of the other. The
sandbox's reports and queries take as long as its default has it, 20 to 240 s of its time.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from programs import BIN, configuration, launch, sandbox, tap_command
from results import Figure, Measurement, Ratio, Table, as_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ACCOUNT = "EU"
OF_REPORTS = (
    "orders", "order_items", "products_inventory", "warehouse_inventory", "fba_inventory_ledger",
    "fba_reimbursements", "order_changes",
)  # fmt: skip
OF_QUERIES = ("sales_traffic_report", "sales_traffic_by_date", "economics", "order_changes")
POLLS = {"getReport": OF_REPORTS, "getQuery": OF_QUERIES}
MOST = 0.4
"""Target: of the polls that a sync without notifications makes."""
WITHOUT, WITH = "without notifications", "with notifications"
AWS = {"AWS_ACCESS_KEY_ID": "AKIASANDBOXSANDBOXSA", "AWS_SECRET_ACCESS_KEY": "sandbox-aws-key"}
"""Any will do for the SQS beside the sandbox."""
QUEUE = "fewer-polls"


@dataclass(frozen=True, slots=True)
class Extent:
    """What is synced.

    Attributes:
        marketplaces: As the tap's setting has them.
        start: Of the data.
        clock_factor: How many times as fast as the clock the sandbox's time runs. Faster than 30, and a
            poll of its 15 s is late on a machine that has other work.
    """

    marketplaces: str
    start: str
    clock_factor: int


WHOLE = Extent("DE,FR,GB,IT,ES", "2026-09-01T00:00:00Z", 30)
QUICK = Extent("DE", "2026-10-29T00:00:00Z", 120)


def measure(*, quick: bool = False) -> Measurement:
    """Sync reports and queries, each twice and from the beginning, and count the calls."""
    extent = QUICK if quick else WHOLE
    found: dict[str, dict[str, int]] = {WITHOUT: {}, WITH: {}}
    for name, calls in found.items():
        for streams in POLLS.values():
            counted = calls_of_a_sync(streams, extent, is_notified=name == WITH)
            calls.update({each: calls.get(each, 0) + count for each, count in counted.items()})
    before, after = found[WITHOUT], found[WITH]
    if not quick and not all(before.get(name) for name in POLLS):
        raise SystemExit("The syncs without notifications poll no report or no query.")
    return Measurement(
        "fewer_polls",
        "Polls of a first sync of five marketplaces with notifications, against one without",
        tuple(
            Ratio(
                f"{name} with notifications", WITHOUT,
                after.get(name, 0), before.get(name, 0), "calls", MOST, at_most=True,
            )
            for name in POLLS
        ),
        tuple(
            Figure(name, operation, calls.get(operation, 0), "calls")
            for name, calls in found.items()
            for operation in POLLS
        ),
        (
            f"{extent.marketplaces} from {extent.start[:10]} on: a sync of reports, and one of queries.",
            f"By reports: {', '.join(OF_REPORTS)}.",
            f"By queries of Data Kiosk: {', '.join(OF_QUERIES)}.",
            f"A report or query takes 20 to 240 s; time runs {extent.clock_factor} times the clock.",
            "Some polls stay, so that nothing depends on notifications: one in five minutes each.",
        ),
        tables=(
            Table(
                "Calls by operation",
                ("Operation", WITHOUT, WITH),
                tuple(
                    (name, str(before.get(name, 0)), str(after.get(name, 0)))
                    for name in sorted(before | after)
                ),
            ),
        ),
    )  # fmt: skip


def calls_of_a_sync(streams: Sequence[str], extent: Extent, *, is_notified: bool) -> dict[str, int]:
    """The calls of a first sync, by operation."""
    options = ("--notifications", "--orders", "600", "--listings", "60")
    with sandbox(extent.clock_factor, *options) as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        endpoint = httpx.get(f"{url}/_sandbox/notifications").raise_for_status().json()["endpoint"]
        config = configuration(
            url,
            ACCOUNT,
            extent.clock_factor,
            start_date=extent.start,
            marketplaces=extent.marketplaces,
            sales_traffic_source="data_kiosk",
            notifications_endpoint_url=endpoint,
        )
        command = tap_command(folder, config, *streams)
        if is_notified:
            more = {"enable_notifications": True, "notifications_queue": _set_up(folder)}
            tap_command(folder, config | more)
            httpx.post(f"{url}/_sandbox/calls/reset", json={}).raise_for_status()
        launch(folder, *command, environment=AWS)
        counted: Mapping[str, Mapping[str, int]] = (
            httpx.get(f"{url}/_sandbox/calls").raise_for_status().json()["calls"]
        )
    return {operation: sum(statuses.values()) for operation, statuses in counted.items()}


def _set_up(folder: Path) -> str:
    """Set notifications up as a user does; the queue's address."""
    words: list[Any] = [BIN / "tap-amazon-seller", "notifications", "setup", "--queue-name", QUEUE]
    run = launch(folder, *words, "--config", folder / "config.json", environment=AWS)
    shown = run.output.read_text(encoding="utf-8")
    return shown.partition("Queue ")[2].partition(": made")[0]


def main() -> int:
    """Print the figures; 1 where a target is missed."""
    measurement = measure(quick="--quick" in sys.argv[1:])
    print(as_text(measurement))
    return 0 if all(ratio.met for ratio in measurement.ratios) else 1


if __name__ == "__main__":
    sys.exit(main())

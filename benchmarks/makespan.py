"""How long a sync of many reports takes: against the bound of Amazon's quotas, and one at a time.

The first sync of nine marketplaces: listings, FBA stock and two windows of 30 days of orders each,
with reports that take 1 to 15 minutes. The bound: createReport and getReportDocument allow 15 calls
at once and one a minute after, and the report that takes longest may be the last. One at a time is
what connectors do that create, look every 30 s and download. Fails above TARGET times the bound.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from programs import configuration, run_tap, sandbox

TARGET = 1.15
CLOCK_FACTOR, CLOCK_FACTOR_ALONE = 60, 300
BURST, MINUTE = 15, 60.0
OPTIONS = ("--report-seconds", str(MINUTE), str(15 * MINUTE), "--orders", "500")
ACCOUNT = "PANEU"
STREAMS = ("orders", "order_items", "products_inventory", "warehouse_inventory")
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
START, MIDDLE = NOW - timedelta(days=59), NOW - timedelta(days=29)
MARKETPLACES = (
    "A1PA6795UKMFR9", "A13V1IB3VIYZZH", "A1F83G8C2ARO7P", "APJ6JRA9NG5V4", "A1RKKUPIHCS9HS",
    "A1805IZSGTT6HS", "AMEN7PMS3EDWL", "A2NODRKZP88ZB9", "A1C3SOZRARQ6R3",
)  # fmt: skip
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
STOCK = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"
ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
REPORTS = [
    {"reportType": kind, "marketplaceIds": [marketplace], **window}
    for marketplace in MARKETPLACES
    for kind, window in (
        (LISTINGS, {}),
        (STOCK, {}),
        (ORDERS, {"dataStartTime": START.isoformat(), "dataEndTime": MIDDLE.isoformat()}),
        (ORDERS, {"dataStartTime": MIDDLE.isoformat(), "dataEndTime": NOW.isoformat()}),
    )
]
COUNTED = ("createReport", "getReport", "getReports", "getReportDocument")


@dataclass(frozen=True, slots=True)
class Run:
    """One sync in the sandbox's seconds, and what the sandbox counted."""

    seconds: float
    created: int
    refused: int
    calls: int
    longest: float
    """Seconds that the slowest report took."""


class Amazon:
    """A caller of the sandbox."""

    def __init__(self, url: str, clock_factor: float) -> None:
        self.http = httpx.Client(base_url=url, timeout=60)
        self.clock_factor = clock_factor

    def ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Call an operation: a minute later when refused, with a new token when it has expired."""
        while True:
            answer = self.http.request(method, f"/reports/2021-06-30/{path}", **options)
            if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                time.sleep(MINUTE / self.clock_factor)
            elif answer.status_code == httpx.codes.FORBIDDEN:
                self.http.headers["x-amz-access-token"] = self._token()
            else:
                body: dict[str, Any] = answer.raise_for_status().json()
                return body

    def _token(self) -> str:
        settings = configuration("", ACCOUNT, 1)
        form = {
            "grant_type": "refresh_token",
            "refresh_token": settings["refresh_token"],
            "client_id": settings["lwa_client_id"],
            "client_secret": settings["client_secret"],
        }
        return str(self.http.post("/auth/o2/token", data=form).json()["access_token"])

    def measured(self, wall_seconds: float) -> Run:
        """What the sandbox knows of a sync that took so long."""
        calls = self.http.get("/_sandbox/calls").json()["calls"]
        types = {"reportTypes": f"{LISTINGS},{STOCK},{ORDERS}", "pageSize": 100}
        listed = self.ask("GET", "reports", params=types)["reports"]
        took = [
            _instant(each, "processingEndTime") - _instant(each, "createdTime") for each in listed
        ]
        return Run(
            wall_seconds * self.clock_factor,
            len(listed),
            sum(statuses.get("429", 0) for statuses in calls.values()),
            sum(sum(calls.get(operation, {}).values()) for operation in COUNTED),
            max(took),
        )


def _instant(report: dict[str, Any], name: str) -> float:
    return datetime.fromisoformat(report[name]).timestamp()


def together() -> Run:
    """The tap."""
    with sandbox(CLOCK_FACTOR, *OPTIONS) as url, tempfile.TemporaryDirectory() as folder:
        config = configuration(url, ACCOUNT, CLOCK_FACTOR, start_date=START.isoformat())
        run = run_tap(Path(folder), config, *STREAMS)
        return Amazon(url, CLOCK_FACTOR).measured(run.seconds)


def one_at_a_time() -> Run:
    """Create, look every 30 s, download; the time of the looks themselves does not count."""
    with sandbox(CLOCK_FACTOR_ALONE, *OPTIONS) as url:
        amazon = Amazon(url, CLOCK_FACTOR_ALONE)
        began = time.monotonic()
        for body in REPORTS:
            path = f"reports/{amazon.ask('POST', 'reports', json=body)['reportId']}"
            due = time.monotonic()
            while (report := amazon.ask("GET", path))["processingStatus"] != "DONE":
                due += 30 / CLOCK_FACTOR_ALONE
                time.sleep(max(due - time.monotonic(), 0))
            document = amazon.ask("GET", f"documents/{report['reportDocumentId']}")
            httpx.get(document["url"]).raise_for_status()
        return amazon.measured(time.monotonic() - began)


def main() -> None:
    """Print the table; end with 1 when the tap misses its target."""
    tap, alone = together(), one_at_a_time()
    bound = max(0, len(REPORTS) - BURST) * MINUTE + tap.longest
    ratio = tap.seconds / bound
    print(
        f"{len(REPORTS)} reports of {len(MARKETPLACES)} marketplaces; the tap created {tap.created}, "
        f"{tap.refused} calls refused (429)"
    )
    print(f"{'bound of the quotas':<22}{bound / MINUTE:>8.1f} min")
    for name, run in (("tap-amazon-seller", tap), ("one at a time", alone)):
        print(
            f"{name:<22}{run.seconds / MINUTE:>8.1f} min {run.seconds / bound:>6.2f} of the bound "
            f"{run.calls:>6} calls"
        )
    print(f"one at a time takes {alone.seconds / tap.seconds:.1f} times as long")
    if ratio > TARGET:
        sys.exit(f"{ratio:.2f} of the bound is more than {TARGET}")


if __name__ == "__main__":
    main()

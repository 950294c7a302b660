"""How long a sync of many reports takes: against the bound of Amazon's quotas, and one at a time.

The first sync of nine marketplaces: listings, FBA stock and two windows of 30 days of orders each,
with reports that take 1 to 15 minutes. The bound: createReport and getReportDocument allow 15 calls
at once and one a minute after, and the report that takes longest may be the last. One at a time is
what connectors do that create, look every 30 s and download.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from programs import configuration, launch, sandbox, tap_command
from results import Figure, Measurement, Ratio, as_text

if TYPE_CHECKING:
    from collections.abc import Sequence

TARGET = 1.05
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


def reports(marketplaces: Sequence[str]) -> list[dict[str, Any]]:
    """The bodies of createReport that a first sync of these marketplaces takes."""
    return [
        {"reportType": kind, "marketplaceIds": [marketplace], **window}
        for marketplace in marketplaces
        for kind, window in (
            (LISTINGS, {}),
            (STOCK, {}),
            (ORDERS, {"dataStartTime": START.isoformat(), "dataEndTime": MIDDLE.isoformat()}),
            (ORDERS, {"dataStartTime": MIDDLE.isoformat(), "dataEndTime": NOW.isoformat()}),
        )
    ]


def together(marketplaces: Sequence[str], clock_factor: int) -> Run:
    """The tap."""
    with sandbox(clock_factor, *OPTIONS) as url, tempfile.TemporaryDirectory() as folder:
        config = configuration(
            url, ACCOUNT, clock_factor,
            start_date=START.isoformat(), marketplaces=",".join(marketplaces),
        )  # fmt: skip
        run = launch(Path(folder), *tap_command(Path(folder), config, *STREAMS))
        return Amazon(url, clock_factor).measured(run.seconds)


def one_at_a_time(marketplaces: Sequence[str], clock_factor: int) -> Run:
    """Create, look every 30 s, download; the time of the looks themselves does not count."""
    with sandbox(clock_factor, *OPTIONS) as url:
        amazon = Amazon(url, clock_factor)
        began = time.monotonic()
        for body in reports(marketplaces):
            path = f"reports/{amazon.ask('POST', 'reports', json=body)['reportId']}"
            due = time.monotonic()
            while (report := amazon.ask("GET", path))["processingStatus"] != "DONE":
                due += 30 / clock_factor
                time.sleep(max(due - time.monotonic(), 0))
            document = amazon.ask("GET", f"documents/{report['reportDocumentId']}")
            httpx.get(document["url"]).raise_for_status()
        return amazon.measured(time.monotonic() - began)


def measure(*, quick: bool = False) -> Measurement:
    """Sync with the tap, then one report after the other."""
    marketplaces = MARKETPLACES[:1] if quick else MARKETPLACES
    factors = (1_000, 1_000) if quick else (CLOCK_FACTOR, CLOCK_FACTOR_ALONE)
    tap = together(marketplaces, factors[0])
    alone = one_at_a_time(marketplaces, factors[1])
    count = len(reports(marketplaces))
    bound = max(0, count - BURST) * MINUTE + tap.longest
    runs = {"tap-amazon-seller": tap, "one report at a time": alone}
    return Measurement(
        "makespan",
        "How long a first sync takes, against the bound of Amazon's quotas and one report at a time",
        (
            Ratio(
                "minutes of a first sync", "the bound of Amazon's quotas",
                tap.seconds / MINUTE, bound / MINUTE, "min", TARGET, at_most=True,
            ),
            Ratio(
                "minutes of a first sync", "one report at a time",
                tap.seconds / MINUTE, alone.seconds / MINUTE, "min",
            ),
        ),
        (
            Figure("bound of Amazon's quotas", "time", bound / MINUTE, "min"),
            *(Figure(name, "time", run.seconds / MINUTE, "min") for name, run in runs.items()),
            *(Figure(name, "report calls", run.calls, "calls") for name, run in runs.items()),
        ),
        (
            f"{count} reports of {len(marketplaces)} marketplaces, which take 1 to 15 minutes.",
            f"The tap created {tap.created}; {tap.refused} of its calls were refused (429).",
            f"The sandbox's clock runs {factors[0]} times as fast as the wall clock.",
            f"For one report at a time it runs {factors[1]} times as fast.",
        ),
    )  # fmt: skip


def main() -> None:
    """Print the figures."""
    print(as_text(measure()))


if __name__ == "__main__":
    main()

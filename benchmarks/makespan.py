"""How long a sync of many reports takes: against the bound of Amazon's quotas, and one at a time.

The European account's first sync of 90 days, with reports that take 1 to 15 minutes. The bound:
createReport and getReportDocument allow 15 calls at once and one a minute after, and the last report
takes as long as the longest. One at a time is what connectors do that create, sleep 30 s and download.
"""

from __future__ import annotations

import re
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from programs import configuration, run_tap, sandbox

CLOCK_FACTOR = 60
BURST, MINUTE = 15, 60.0
LONGEST = 15 * MINUTE
OPTIONS = ("--report-seconds", str(MINUTE), str(LONGEST), "--orders", "500")
STREAMS = ("orders", "order_items", "products_inventory", "warehouse_inventory")
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
START = NOW - timedelta(days=89)
EUROPE = (
    "A1PA6795UKMFR9", "A13V1IB3VIYZZH", "A1F83G8C2ARO7P", "APJ6JRA9NG5V4", "A1RKKUPIHCS9HS",
)  # fmt: skip


def main() -> None:
    """Print the table."""
    with sandbox(CLOCK_FACTOR, *OPTIONS) as url, tempfile.TemporaryDirectory() as folder:
        config = configuration(url, "EU", CLOCK_FACTOR, start_date=START.isoformat())
        run = run_tap(Path(folder), config, *STREAMS)
        calls = httpx.get(f"{url}/_sandbox/calls").json()["calls"]
    reports = len(re.findall(r"Report \S+ created", run.log))
    refused = sum(statuses.get("429", 0) for statuses in calls.values())
    bound = max(0, reports - BURST) * MINUTE + LONGEST
    together = run.seconds * CLOCK_FACTOR
    with sandbox(CLOCK_FACTOR, *OPTIONS) as url:
        alone = one_at_a_time(url) * CLOCK_FACTOR
    print(f"{reports} reports of 5 marketplaces, {refused} calls refused (429)")
    for name, seconds in (
        ("bound of the quotas", bound),
        ("tap-amazon-seller", together),
        ("one at a time", alone),
    ):
        print(f"{name:<22}{seconds / MINUTE:>8.1f} min {seconds / bound:>6.2f} of the bound")
    print(f"one at a time takes {alone / together:.1f} times as long")


def one_at_a_time(url: str) -> float:
    """Wall seconds of create, poll every 30 s, download, for the same reports."""
    began = time.monotonic()
    with httpx.Client(base_url=url, timeout=60) as http:
        for marketplace in EUROPE:
            for body in _bodies(marketplace):
                _fetch(http, body)
    return time.monotonic() - began


def _bodies(marketplace: str) -> list[dict[str, Any]]:
    windows = []
    start = START
    while start < NOW:
        end = min(start + timedelta(days=30), NOW)
        windows.append((start, end))
        start = end
    return [
        {"reportType": "GET_MERCHANT_LISTINGS_ALL_DATA", "marketplaceIds": [marketplace]},
        {"reportType": "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA", "marketplaceIds": [marketplace]},
        *(
            {
                "reportType": "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
                "marketplaceIds": [marketplace],
                "dataStartTime": start.isoformat(),
                "dataEndTime": end.isoformat(),
            }
            for start, end in windows
        ),
    ]


def _fetch(http: httpx.Client, body: dict[str, Any]) -> None:
    created = _ask(http, "POST", "/reports/2021-06-30/reports", json=body)
    while True:
        report = _ask(http, "GET", f"/reports/2021-06-30/reports/{created['reportId']}")
        if report["processingStatus"] == "DONE":
            break
        time.sleep(30 / CLOCK_FACTOR)
    document = _ask(http, "GET", f"/reports/2021-06-30/documents/{report['reportDocumentId']}")
    httpx.get(document["url"])


def _ask(http: httpx.Client, method: str, path: str, **options: Any) -> dict[str, Any]:
    while True:
        answer = http.request(method, path, **options)
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            time.sleep(MINUTE / CLOCK_FACTOR)
        elif answer.status_code == httpx.codes.FORBIDDEN:  # no token yet, or it has expired
            http.headers["x-amz-access-token"] = _token(http)
        else:
            body: dict[str, Any] = answer.raise_for_status().json()
            return body


def _token(http: httpx.Client) -> str:
    answer = http.post(
        "/auth/o2/token",
        data={
            "grant_type": "refresh_token",
            "refresh_token": "Atzr|sandbox-EU",
            "client_id": "amzn1.application-oa2-client.sandbox",
            "client_secret": "sandbox-secret",
        },
    )
    return str(answer.raise_for_status().json()["access_token"])


if __name__ == "__main__":
    main()

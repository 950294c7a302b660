"""A process that uses shared limits as a client does, and writes down when: a program of the tests.

Arguments: the database's URL, the account, `calls` or `reports`, and how many. Each line that it writes
is a JSON object: when a token may be used (`at`, the machine's clock) and how long that was waited for.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta

from amazon_fleet.limits.plan import Shared, SharedPlan
from amazon_fleet.limits.postgres import PostgresLimits
from amazon_fleet.store.database import Database
from amazon_selling_partner import LimitSpentError, Quota, ReportLimit

OPERATION, REPORT_TYPE = "searchCatalogItems", "GET_SALES_AND_TRAFFIC_REPORT"
QUOTA, LIMIT = Quota(10.0, 30), ReportLimit(timedelta(minutes=15), 96)
FACTOR = {"calls": 1.0, "reports": 3_000.0}
KEY = "application:test"


def plan(account: str) -> SharedPlan:
    """What these processes share."""
    return SharedPlan(account, {OPERATION: Shared(KEY, QUOTA)}, {REPORT_TYPE: Shared(KEY, LIMIT)})


def main(url: str, account: str, kind: str, number: str) -> None:
    """Use so many calls or reports."""
    factor = FACTOR[kind]
    limits = PostgresLimits(Database(url).connect, plan(account), factor=factor)
    left = int(number)
    while left:
        wait = 0.0
        try:
            if kind == "calls":
                wait = limits.reserve_call(OPERATION)
            else:
                limits.reserve_report(REPORT_TYPE)
        except LimitSpentError:
            seconds = (
                limits.seconds_until_call(OPERATION)
                if kind == "calls"
                else limits.seconds_until_report(REPORT_TYPE)
            )
            time.sleep(seconds / factor)
            continue
        time.sleep(wait)
        print(json.dumps({"at": time.time(), "wait": wait}), flush=True)  # noqa: T201
        left -= 1
    limits.close()


if __name__ == "__main__":
    main(*sys.argv[1:])

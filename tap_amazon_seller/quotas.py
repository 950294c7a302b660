"""What `--quotas` shows: the limits of report types, what is used of them, what waits and until when."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from amazon_selling_partner import AmazonError, RetryableError, UnavailableError
from tap_amazon_seller.instants import DAY, minutes, parse_instant
from tap_amazon_seller.reports.requests.beyond import revisits
from tap_amazon_seller.streams.kinds.report_stream import ReportStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from amazon_selling_partner import ReportLimit
    from tap_amazon_seller.account.selling_account import SellingAccount
    from tap_amazon_seller.reports.requests.plan import ReportNeed
    from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream

ELSEWHERE = {
    "GET_SALES_AND_TRAFFIC_REPORT": (
        "Data Kiosk has the same figures without this limit, for all marketplaces at once: set "
        "'sales_traffic_source' to data_kiosk."
    ),
}
"""Another source of a type's figures. Source: Amazon's "Data Kiosk schemas"; its staff points there in
amzn/selling-partner-api-models#5210 and #5256."""


def describe_quotas(account: SellingAccount, streams: Iterable[AmazonStream]) -> Iterator[str]:
    """Some lines for each report type with a limit of its own; nothing is requested.

    Args:
        account: The account, which knows what the state has of limits.
        streams: The selected streams, with their bookmarks.

    Raises:
        CredentialsError: The credentials are wrong.
        ConfigurationError: The configured marketplaces are.
    """
    places = account.marketplaces
    of_reports = [each for each in streams if isinstance(each, ReportStream)]
    for report_type in account.report_limits.limited():
        limit = account.report_limits.limit_of(report_type)
        if limit is None:
            continue
        yield f"{report_type}: {_described(limit)}."
        needs = [
            stream.need() for stream in of_reports if stream.definition.report_type == report_type
        ]
        yield f"  {_used(account, report_type)}"
        yield f"  {_waiting(account, report_type, needs)}"
        if needs:
            a_day = len(places) * _windows_a_day(needs)
            most = _most_a_day(limit)
            suffices = f"the limit allows {most:.0f}" if most < math.inf else "no limit is known"
            yield f"  A day brings {a_day:.0f} reports, with the look-back; {suffices}."
            if a_day > most:
                yield "  So it never catches up: sync fewer marketplaces or shorten 'lookback_days'."
        if advice := ELSEWHERE.get(report_type):
            yield f"  {advice}"


def _described(limit: ReportLimit) -> str:
    parts = []
    if limit.interval:
        parts.append(f"once in {limit.interval / timedelta(minutes=1):.0f} minutes")
    if limit.a_day:
        parts.append(f"{limit.a_day} a day")
    return ", ".join(parts) or "refused of late, how often it may be requested is not known"


def _used(account: SellingAccount, report_type: str) -> str:
    """What has been requested in a day, by any application as far as Amazon lists it."""
    now = account.now()
    try:
        listed = list(account.client.reports([report_type], (), now - DAY))
    except (AmazonError, RetryableError, UnavailableError) as error:
        where = f"as far as the state knows ({error})"
    else:
        where = "as Amazon lists them"
        account.report_limits.note_listed(report_type, _instants(listed))
    used = account.report_limits.used(report_type)
    last = f", the last at {minutes(used[-1])}" if used else ""
    return f"Used: {len(used)} reports in 24 hours, {where}{last}."


def _instants(reports: Iterable[dict[str, object]]) -> list[datetime]:
    texts = (report.get("createdTime") for report in reports)
    found = (parse_instant(text) for text in texts if isinstance(text, str))
    return [instant for instant in found if instant]


def _waiting(account: SellingAccount, report_type: str, needs: list[ReportNeed]) -> str:
    """How many reports a sync would request now, and when it could."""
    if not needs:
        return "Waiting: nothing, no selected stream is read from it."
    plan = account.planned(needs)
    count = len(plan.readers.keys() - plan.existing.keys())
    requested = f" {len(plan.existing)} more are requested and not read." if plan.existing else ""
    if not count:
        return f"Waiting: nothing is to be requested.{requested}"
    first, last = (
        account.now() + timedelta(seconds=account.report_limits.seconds_until_ready(report_type, n))
        for n in (1, count)
    )
    return (
        f"Waiting: {count} reports, the first can be requested at {minutes(first)}, the last not before "
        f"{minutes(last)}.{requested}"
    )


def _windows_a_day(needs: list[ReportNeed]) -> float:
    """How many reports of a marketplace a day brings: its own, and those of the look-back."""
    longest = needs[0].definition.window.longest
    if longest is None:
        return 1.0
    windows = max(1.0, DAY / longest)
    if ages := needs[0].definition.window.revisits:
        return windows * (1 + max(len(revisits(ages, need.overlap)) for need in needs))
    return windows + max(need.overlap for need in needs) / longest if longest <= DAY else windows


def _most_a_day(limit: ReportLimit) -> float:
    by_interval = DAY / limit.interval if limit.interval else math.inf
    return min(by_interval, limit.a_day or math.inf)

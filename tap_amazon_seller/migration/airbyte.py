"""From Airbyte's source-amazon-seller-partner.

A connection of it syncs one marketplace, which its `region` names by country. Streams are named as
report types, and a cursor is the latest value of a column that was seen, or the end of the time that a
report covered. Source: airbytehq/airbyte, `manifest.yaml`, `integration_tests/` and the connector's
page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_amazon_seller import streams
from tap_amazon_seller.config.foreign_states import AIRBYTE, airbyte_streams
from tap_amazon_seller.config.schema import IGNORED_AWS_SETTINGS
from tap_amazon_seller.config.values import flag, number
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.migration.outcome import BY_NAME, Counterpart, Outcome, required
from tap_amazon_seller.streams.kinds.report_stream import ReportStream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    Json = dict[str, Any]

CREDENTIALS = {
    "lwa_client_id": "lwa_app_id",
    "client_secret": "lwa_client_secret",
    "refresh_token": "refresh_token",
}
RENAMED = {
    "replication_start_date": "start_date",
    "replication_end_date": "end_date",
    "sales_and_traffic_report_asin_granularity": "asin_granularity",
}
REGION, PII, ENVIRONMENT = "region", "include_pii", "aws_environment"
LOOKBACK = "report_stream_lookback_window_in_hours"
HOURS_A_DAY = 24
SILENT = frozenset(
    {"account_type", "app_id", "auth_type", "source_name", "wait_to_avoid_fatal_errors"}
)
"""Settings that say nothing which the tap has to be reported."""
REASONS = {
    **dict.fromkeys(
        IGNORED_AWS_SETTINGS, "Amazon stopped requiring IAM credentials in October 2023"
    ),
    **dict.fromkeys(
        ("period_in_days", "financial_events_step"), "the tap knows the longest window of each type"
    ),
    **dict.fromkeys(
        (
            "creation_requester_429_max_retries", "failed_retry_wait_time_in_seconds",
            "financial_events_max_results_per_page", "max_async_job_count", "num_workers",
            "stop_sync_on_rate_limit",
        ),
        "the tap keeps to Amazon's quotas by itself",
    ),
    "max_done_report_age_hours": (
        "the tap knows of each type how long a report serves; see 'report_max_age_minutes'"
    ),
    "report_options_list": "give report types with other options as 'custom_reports'",
    "report_options": "give report types with other options as 'custom_reports'",
    "max_wait_seconds": "see 'report_timeout_minutes'",
}  # fmt: skip
MADE_AT = "createdTime"
"""A cursor of old releases: when a report was made, whatever it covers."""
OTHERS = {
    "Orders": Counterpart(("orders",)),
    "OrderItems": Counterpart(("order_items",)),
    "ListFinancialEvents": Counterpart(("order_financial_events",)),
    "VendorOrders": Counterpart(("vendor_purchase_orders",)),
    "VendorOrdersStatus": Counterpart(("vendor_purchase_orders_status",)),
    "GET_SALES_AND_TRAFFIC_REPORT": Counterpart(("sales_traffic_report",)),
    "GET_SALES_AND_TRAFFIC_REPORT_BY_DATE": Counterpart(("sales_traffic_by_date",)),
    "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE": Counterpart(
        ("settlements",), begins_anew="it is another report; Amazon lists those of 90 days"
    ),
}
"""Of streams that are not named as the report type of one here, or that share one."""


def counterpart_of(name: str) -> Counterpart | None:
    """The streams of this tap with what a stream of Airbyte's has."""
    if name in OTHERS:
        return OTHERS[name]
    found = tuple(
        stream.name
        for stream in streams.ALL
        if issubclass(stream, ReportStream)
        and stream.definition.report_type == name
        and not stream.calls_api
    )
    return Counterpart(found) if found else None


def migrated(config: Json, state: object, now: datetime) -> Outcome:
    """This tap's configuration and state.

    Raises:
        ConfigurationError: The old ones cannot be read.
    """
    outcome = Outcome(AIRBYTE)
    outcome.config = required(config, CREDENTIALS, "CONFIG")
    kept = list(airbyte_streams(state))
    if not kept and state not in ([], {}):
        raise ConfigurationError("STATE names no stream of Airbyte's source (see --from).")
    place = outcome.place(config.get(REGION), f"'{REGION}' of CONFIG")
    outcome.config["marketplaces"] = [place.country]
    _settings(config, outcome)
    for name, old in dict(kept).items():  # of several messages of a stream, the last
        counterpart = counterpart_of(name)
        if counterpart is None:
            outcome.drop_stream(name)
            continue
        outcome.old_names.update(dict.fromkeys(counterpart.streams, name))
        incremental = [
            new for new in counterpart.streams if BY_NAME[new].replication_key is not None
        ]
        outcome.whole += [new for new in counterpart.streams if new not in incremental]
        reason = counterpart.begins_anew
        found = dict(_cursors(old))
        if not reason and not found:
            reason = f"the state of '{name}' has no cursor"
        if not reason and found.keys() == {MADE_AT}:
            reason = f"the cursor of '{name}' says when a report was made, not what it covers"
        if reason:
            outcome.begins |= dict.fromkeys(incremental, reason)
            continue
        value = next(value for cursor, value in found.items() if cursor != MADE_AT)
        outcome.carry(name, Counterpart(tuple(incremental)), place, value, now)
    _lookback(config, outcome)
    return outcome


def _settings(config: Json, outcome: Outcome) -> None:
    if flag(config, PII):
        outcome.config[PII] = True
    if str(config.get(ENVIRONMENT, "")).upper() == "SANDBOX":
        outcome.config["sandbox"] = True
    for key, value in config.items():
        if key in RENAMED:
            if value:
                outcome.config[RENAMED[key]] = value
        elif key in {*CREDENTIALS.values(), REGION, PII, ENVIRONMENT, LOOKBACK} | SILENT:
            continue
        elif value not in (None, ""):
            outcome.drop_setting(key, REASONS.get(key, "the tap has no such setting"))


def _lookback(config: Json, outcome: Outcome) -> None:
    """The look-back, of the report streams that continue; 0 is not a wish, but the default."""
    hours = number(config, LOOKBACK, 0.0, minimum=0) or 0.0
    reports = [
        name
        for name in outcome.bookmarks
        if issubclass(BY_NAME[name], ReportStream) and outcome.old_names[name].startswith("GET_")
    ]
    if hours and reports:
        days = round(hours / HOURS_A_DAY, 4)
        outcome.config["lookback_days"] = dict.fromkeys(sorted(reports), days)


def _cursors(old: Json) -> Iterator[tuple[str, object]]:
    """What a stream's state has of cursors, by name.

    Of a stream of parts (`states`), the part that is least far; of `slices`, the end of the first, since
    what lies between them has not been read.
    """
    if isinstance(slices := old.get("slices"), list):
        first = min(
            (
                each
                for each in slices
                if isinstance(each, dict) and isinstance(each.get("end"), str)
            ),
            key=lambda each: str(each.get("start")),
            default=None,
        )
        if first:
            yield "slices", first["end"]
        return
    if isinstance(inner := old.get("state"), dict) and inner:
        yield from _cursors(inner)
        return
    if isinstance(parts := old.get("states"), list):
        cursors = [
            dict(_cursors(part["cursor"]))
            for part in parts
            if isinstance(part, dict) and isinstance(part.get("cursor"), dict)
        ]
        for name in sorted({name for each in cursors for name in each}):
            yield name, min(str(each[name]) for each in cursors if name in each)
        return
    yield from ((name, value) for name, value in old.items() if isinstance(value, str))

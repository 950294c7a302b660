"""The settings a user gives: their JSON Schema, and a checked, typed view of them.

This is the only module that spells configuration keys, but for those within `custom_reports`.
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from singer_sdk import typing as th

from amazon_selling_partner import (
    THIS_MACHINE,
    AmazonClock,
    Credentials,
    ReportLimit,
    is_loopback,
    marketplaces,
)
from tap_amazon_seller.config.values import (
    REPORT_TYPE,
    flag,
    folder,
    from_json,
    number,
    split_list,
    url,
)
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.instants import parse_instant
from tap_amazon_seller.reports.text.charset import is_text_codec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_selling_partner import Machine
    from amazon_selling_partner.marketplaces import Marketplace

PREFIX = "TAP_AMAZON_SELLER_"
"""How the environment variables of settings begin."""
LONGEST_LOOKBACK = 730  # days
FEWEST_AN_HOUR, MOST_AN_HOUR = 0.01, 100_000
VISIBLE = re.compile(r"[!-~]+")
DEFAULT_HISTORY = timedelta(days=90)
"""How far back a first sync without `start_date` reaches."""

IGNORED_AWS_SETTINGS = ("aws_access_key", "aws_secret_key", "role_arn")
"""Amazon stopped requiring IAM credentials on 2 October 2023; old configurations still hold them."""

CATALOG_DATASETS = (
    "attributes", "classifications", "dimensions", "identifiers", "images", "productTypes",
    "relationships", "salesRanks", "summaries",
)  # fmt: skip
"""The `includedData` values of Catalog Items 2022-04-01 that a seller may request."""

GRANULARITIES = ("SKU", "CHILD", "PARENT")
"""The values of GET_SALES_AND_TRAFFIC_REPORT's option `asinGranularity`."""

PROCESSING_STATUSES = ("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE")
"""The states of a report in Reports 2021-06-30."""

_list_or_text = th.CustomType({"type": ["array", "string", "null"], "items": {"type": "string"}})

CONFIG_JSONSCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "lwa_client_id", th.StringType(nullable=False), required=True,
        title="LWA client id",
        description="Client id of your SP-API application (amzn1.application-oa2-client...).",
    ),
    th.Property(
        "client_secret", th.StringType(nullable=False), required=True, secret=True,
        title="LWA client secret",
        description="Client secret of your SP-API application.",
    ),
    th.Property(
        "refresh_token", th.StringType(nullable=False), required=True, secret=True,
        title="Refresh token",
        description=(
            "Refresh token (Atzr|...) of the seller's authorisation. It is valid in one region."
        ),
    ),
    th.Property(
        "marketplaces", _list_or_text,
        title="Marketplaces",
        description=(
            "Country codes (DE, GB or UK, ...) or marketplace ids to sync, as a list or separated "
            "by commas; all of one region. Default: every marketplace the account sells in."
        ),
    ),
    th.Property(
        "region", th.CustomType({"type": ["string", "null"], "enum": ["NA", "EU", "FE", None]}),
        title="Region",
        description=(
            "NA, EU or FE. Default: the region of `marketplaces`; without them, the one whose "
            "endpoint accepts the refresh token."
        ),
    ),
    th.Property(
        "start_date", th.DateTimeType,
        title="Start date",
        description=(
            "First instant of a first sync of incremental streams. Default: 90 days before the sync; "
            "Amazon keeps orders for 2 years."
        ),
    ),
    th.Property(
        "end_date", th.DateTimeType,
        title="End date",
        description="Last instant to sync of incremental streams. Default: now.",
    ),
    th.Property(
        "lookback_days", th.ObjectType(additional_properties=th.NumberType()),
        title="Look-back",
        description=(
            "How many days behind its bookmark a stream starts, by stream name, for reports that "
            'Amazon revises later: {"sales_traffic_report": 7}. Default: see the table of streams.'
        ),
    ),
    th.Property(
        "custom_reports",
        th.ArrayType(
            th.ObjectType(
                th.Property("stream", th.StringType, required=True),
                th.Property("report_type", th.StringType, required=True),
                th.Property("options", th.ObjectType(additional_properties=th.StringType())),
                th.Property("window_days", th.IntegerType),
                th.Property("whole_days", th.BooleanType),
                th.Property("keys", th.ArrayType(th.StringType)),
                th.Property("format", th.StringType(allowed_values=["tsv", "csv", "json", "xml"])),
                th.Property("records", th.StringType),
            )
        ),
        title="Custom reports",
        description=(
            "Report types that have no stream of their own; each becomes one (see Custom reports)."
        ),
    ),
    th.Property(
        "include_pii", th.BooleanType, default=False,
        title="Include personal data",
        description="Pass on columns with buyers' names, addresses, phones and e-mail addresses.",
    ),
    th.Property(
        "products_include_data", _list_or_text, default=["identifiers", "summaries"],
        title="Catalog data sets",
        description=(
            "What `product_catalog` asks the catalog for: " + ", ".join(CATALOG_DATASETS) + "."
        ),
    ),
    th.Property(
        "asin_granularity",
        th.CustomType({"type": ["string", "null"], "enum": ["SKU", "CHILD", "PARENT", None]}),
        default="SKU",
        title="Granularity of sales and traffic",
        description=(
            "Of what `sales_traffic_report` has a record: each SKU, each ASIN (CHILD) or each parent "
            "product (PARENT). Another one than before makes other records of the same figures, so "
            "empty the table and sync it again."
        ),
    ),
    th.Property(
        "report_types", _list_or_text,
        title="Report types",
        description=(
            "The report types that stream `reports` lists, as Amazon writes them. Default: those of all "
            "the tap's streams, selected or not."
        ),
    ),
    th.Property(
        "processing_status", _list_or_text,
        title="Processing status",
        description=(
            "The states that stream `reports` lists: " + ", ".join(PROCESSING_STATUSES) + ". Default: "
            "all."
        ),
    ),
    th.Property(
        "report_timeout_minutes", th.IntegerType, default=120,
        title="Report time-out",
        description="Minutes after which a report that Amazon does not finish is given up.",
    ),
    th.Property(
        "report_max_age_minutes", th.IntegerType,
        title="Reuse of reports",
        description=(
            "Use a report that exists already when it is younger than this many minutes; 0 never "
            "does. Default: each report type's own, such as the 30 minutes in which Amazon does not "
            "make FBA stock again."
        ),
    ),
    th.Property(
        "limit_wait_minutes", th.IntegerType, default=60,
        title="Wait for limited report types",
        description=(
            "Minutes that a sync waits for report types with limits of their own, such as "
            "GET_SALES_AND_TRAFFIC_REPORT (once in 15 minutes). What does not come within them is due: "
            "the next sync continues with it. With 0 a sync never waits for them. No more than "
            "`report_timeout_minutes`."
        ),
    ),
    th.Property(
        "report_limits", th.ObjectType(additional_properties=th.NumberType()),
        title="Limits of report types",
        description=(
            "How many reports of a type Amazon makes in an hour, by report type, where it is not what "
            'the tap knows: {"GET_SALES_AND_TRAFFIC_REPORT": 4}. Other limits are learned from refusals.'
        ),
    ),
    th.Property(
        "leave_reports", th.BooleanType, default=False,
        title="Request and leave",
        description=(
            "End a sync once everything is requested and what is ready is read; the next sync reads the "
            "rest. For hosts that charge for minutes in which a program waits."
        ),
    ),
    th.Property(
        "request_timeout_seconds", th.IntegerType, default=60,
        title="Request time-out",
        description="Seconds without an answer, or a piece of one, after which a call is tried again.",
    ),
    th.Property(
        "allow_private_documents", th.BooleanType, default=False,
        title="Documents at private addresses",
        description=(
            "Download documents from private addresses and over http, too, as a proxy of your own for "
            "them needs. By default only public https addresses are called, because they come from "
            "outside."
        ),
    ),
    th.Property(
        "report_charset", th.StringType,
        title="Report charset",
        description=(
            "Read every report in this character set (a Python codec such as cp1252) instead of "
            "the one that the download names."
        ),
    ),
    th.Property(
        "reject_path", th.StringType,
        title="Reject folder",
        description="Folder that keeps rows that cannot be records: with too many cells, or cut off.",
    ),
    th.Property(
        "spool_path", th.StringType,
        title="Spool folder",
        description=(
            "Folder for downloaded documents while they are read (unnamed files, gone when the tap "
            "ends). Default: the system's temporary folder."
        ),
    ),
    th.Property(
        "match_input", th.StringType,
        title="File of codes",
        description=(
            "CSV, Excel or Parquet with EANs, UPCs, GTINs, ISBNs, JANs or MINSANs: `asin_matches` "
            "has their ASINs. Needs the extra `matching`."
        ),
    ),
    th.Property(
        "match_database", th.StringType,
        title="Database of matches",
        description=(
            "Where answers to codes are kept, so that a sync requests none twice: a file of SQLite or a "
            "URL of Postgres. Default: ~/.local/state/amazon-asin-match/matches.db."
        ),
    ),
    th.Property(
        "fail_on_incomplete", th.BooleanType, default=False,
        title="Fail when incomplete",
        description=(
            "Exit with 1 when a stream or marketplace could not be synced completely. By default that "
            "is a warning, and the next sync fetches what is missing."
        ),
    ),
    th.Property(
        "batch_config", th.ObjectType(additional_properties=True),
        title="Batch files",
        description=(
            "Write records to files that BATCH messages name, for targets that load them: "
            '{"encoding": {"format": "parquet"}, "storage": {"root": "file:///var/batches"}}. '
            "`format` is parquet or jsonl; `compression` gzip or none; `batch_size` the most records "
            "in a file (500000); `storage.prefix` begins each file's name."
        ),
    ),
    th.Property(
        "sandbox", th.BooleanType, default=False,
        title="Amazon's sandbox",
        description="Talk to Amazon's own static SP-API sandbox.",
    ),
    th.Property(
        "endpoint_url", th.StringType,
        title="SP-API endpoint",
        description="SP-API server to use instead of Amazon's; http is allowed on loopback.",
    ),
    th.Property(
        "token_url", th.StringType,
        title="Token endpoint",
        description=(
            "Login with Amazon token URL to use instead of https://api.amazon.com/auth/o2/token."
        ),
    ),
    th.Property(
        "clock_factor", th.IntegerType, default=1,
        title="Clock factor",
        description="How many times faster than real time the clock of `endpoint_url` runs.",
    ),
    *(
        th.Property(
            key, th.StringType, secret=True,
            title="Ignored",
            description="Ignored: Amazon stopped requiring IAM credentials in October 2023.",
        )
        for key in IGNORED_AWS_SETTINGS
    ),
).to_dict()  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, checked. Times are aware; durations are in Amazon's time."""

    credentials: Credentials
    region: str | None
    marketplaces: tuple[Marketplace, ...]
    start_date: datetime | None
    end_date: datetime | None
    lookback: Mapping[str, timedelta]
    include_pii: bool
    catalog_datasets: tuple[str, ...]
    asin_granularity: str
    report_types: tuple[str, ...]
    processing_statuses: tuple[str, ...]
    report_timeout: timedelta
    report_max_age: timedelta | None
    limit_wait: timedelta
    report_limits: Mapping[str, ReportLimit]
    leaves_reports: bool
    request_timeout: float
    allow_private_documents: bool
    report_charset: str | None
    reject_path: Path | None
    spool_path: Path | None
    match_input: Path | None
    match_database: str
    seller_id: str
    fail_on_incomplete: bool
    endpoints: Mapping[str, str]
    token_url: str | None
    clock_factor: float

    def clock(self, machine: Machine = THIS_MACHINE) -> AmazonClock:
        """A clock for these settings: a stand-in on this machine may have any time."""
        hosts = {urlsplit(url).hostname or "" for url in self.endpoints.values()}
        if all(map(is_loopback, hosts)):
            return AmazonClock(self.clock_factor, believed=None, machine=machine)
        return AmazonClock(self.clock_factor, machine=machine)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Check a configuration.

        Raises:
            ConfigurationError: Names the setting that is missing, wrong or contradicts another.
        """
        credentials = Credentials(
            lwa_client_id=_required_text(config, "lwa_client_id"),
            client_secret=_required_text(config, "client_secret"),
            refresh_token=_required_text(config, "refresh_token"),
        )
        chosen = _marketplaces(config.get("marketplaces"))
        start = _instant(config, "start_date")
        end = _instant(config, "end_date")
        if start and end and end <= start:
            raise ConfigurationError(
                f"Setting 'end_date' ({end.isoformat()}) is not after 'start_date' "
                f"({start.isoformat()}); give an end that is later, or none.",
            )
        max_age = number(config, "report_max_age_minutes", None, minimum=0)
        timeout = number(config, "report_timeout_minutes", 120.0, minimum=1) or 0
        limit_wait = number(config, "limit_wait_minutes", 60.0, minimum=0) or 0
        leaves = flag(config, "leave_reports")
        if leaves and max_age == 0:
            raise ConfigurationError(
                "Setting 'leave_reports' leaves reports for the next sync to read, but "
                "'report_max_age_minutes' is 0, so that no sync would read them; leave one of them out."
            )
        return cls(
            credentials=credentials,
            region=_region(config.get("region"), chosen),
            marketplaces=chosen,
            start_date=start,
            end_date=end,
            lookback=_lookback(config.get("lookback_days")),
            include_pii=flag(config, "include_pii"),
            catalog_datasets=_datasets(config.get("products_include_data")),
            asin_granularity=_granularity(config.get("asin_granularity")),
            report_types=_report_types(config.get("report_types")),
            processing_statuses=_statuses(config.get("processing_status")),
            report_timeout=timedelta(minutes=timeout),
            report_max_age=None if max_age is None else timedelta(minutes=max_age),
            limit_wait=timedelta(minutes=min(limit_wait, timeout)),
            report_limits=_report_limits(config.get("report_limits")),
            leaves_reports=leaves,
            request_timeout=number(config, "request_timeout_seconds", 60.0, minimum=0.1) or 60.0,
            allow_private_documents=flag(config, "allow_private_documents"),
            report_charset=_charset(config.get("report_charset")),
            reject_path=folder(config, "reject_path"),
            spool_path=folder(config, "spool_path"),
            match_input=Path(str(config["match_input"])) if config.get("match_input") else None,
            match_database=str(config.get("match_database") or ""),
            seller_id=str(config.get("selling_partner_id") or "").strip(),
            fail_on_incomplete=flag(config, "fail_on_incomplete"),
            endpoints=_endpoints(config),
            token_url=url(config, "token_url"),
            clock_factor=number(config, "clock_factor", 1.0, minimum=0.001) or 1.0,
        )


def _required_text(config: Mapping[str, Any], key: str) -> str:
    value = config.get(key)
    if value is None or (isinstance(value, str) and not value.strip()):
        variable = f"{PREFIX}{key.upper()}"
        if os.environ.get(variable):
            raise ConfigurationError(
                f"Setting '{key}' is missing; {variable} is set, but variables are read only with "
                "--config ENV: add that to the command."
            )
        raise ConfigurationError(
            f"Setting '{key}' is missing; put it into the configuration file or into {variable}.",
        )
    if not isinstance(value, str):
        raise ConfigurationError(f"Setting '{key}' must be a text, not {type(value).__name__}.")
    if not VISIBLE.fullmatch(value.strip()):
        raise ConfigurationError(
            f"Setting '{key}' has characters that none of Amazon's has (blanks, controls or others than "
            "ASCII); copy it again."
        )
    return value.strip()


def _marketplaces(value: object) -> tuple[Marketplace, ...]:
    chosen: dict[str, Marketplace] = {}
    for name in split_list(value, "marketplaces"):
        marketplace = marketplaces.find(name)
        if marketplace is None:
            raise ConfigurationError(
                f"Setting 'marketplaces' names '{name}', which is not an Amazon marketplace; use "
                f"country codes ({', '.join(sorted(marketplaces.BY_COUNTRY))}) or marketplace ids.",
            )
        chosen[marketplace.id] = marketplace
    regions: dict[str, list[str]] = {}
    for marketplace in chosen.values():
        regions.setdefault(marketplace.region, []).append(marketplace.country)
    if len(regions) > 1:
        parts = "; ".join(
            f"{', '.join(countries)} in {marketplaces.REGION_NAMES[region]}"
            for region, countries in regions.items()
        )
        raise ConfigurationError(
            f"Setting 'marketplaces' mixes regions ({parts}), but a refresh token is valid in one; "
            "use one configuration for each region.",
        )
    return tuple(chosen.values())


def _region(value: object, chosen: tuple[Marketplace, ...]) -> str | None:
    if value is None or value == "":
        return chosen[0].region if chosen else None
    region = str(value).upper()
    if region not in marketplaces.ENDPOINTS:
        raise ConfigurationError(f"Setting 'region' is '{value}'; it must be NA, EU or FE.")
    if chosen and chosen[0].region != region:
        raise ConfigurationError(
            f"Setting 'region' is {region}, but {chosen[0].country} in 'marketplaces' is in "
            f"{chosen[0].region}; leave 'region' out or correct one of the two.",
        )
    return region


def _instant(config: Mapping[str, Any], key: str) -> datetime | None:
    value = config.get(key)
    if value is None or value == "":
        return None
    instant = parse_instant(str(value))
    if instant is None:
        raise ConfigurationError(
            f"Setting '{key}' is '{value}', which is not a date; write it like 2026-01-31T00:00:00Z.",
        )
    return instant


def _lookback(value: object) -> Mapping[str, timedelta]:
    """The look-back by stream; a text is JSON, as environment variables have it."""
    chosen = from_json(value, "lookback_days") or {}
    days_fit = isinstance(chosen, dict) and all(
        # The SDK reads a configuration file's fractions as Decimal.
        isinstance(days, int | float | Decimal)
        and not isinstance(days, bool)
        and math.isfinite(days)
        and 0 <= days <= LONGEST_LOOKBACK
        for days in chosen.values()
    )
    if not days_fit:
        raise ConfigurationError(
            "Setting 'lookback_days' must give each stream a number of days from 0 to "
            f'{LONGEST_LOOKBACK}, like {{"sales_traffic_report": 7}}.'
        )
    return {str(stream): timedelta(days=float(days)) for stream, days in chosen.items()}


def _report_limits(value: object) -> Mapping[str, ReportLimit]:
    """The limits by report type; a text is JSON, as environment variables have it."""
    chosen = from_json(value, "report_limits") or {}
    fits = isinstance(chosen, dict) and all(
        REPORT_TYPE.fullmatch(str(report_type))
        # The SDK reads a configuration file's fractions as Decimal.
        and isinstance(reports, int | float | Decimal)
        and not isinstance(reports, bool)
        and math.isfinite(reports)
        and FEWEST_AN_HOUR <= reports <= MOST_AN_HOUR
        for report_type, reports in chosen.items()
    )
    if not fits:
        raise ConfigurationError(
            "Setting 'report_limits' must give each report type how many reports Amazon makes in an "
            f"hour, from {FEWEST_AN_HOUR} to {MOST_AN_HOUR:,}, like "
            '{"GET_SALES_AND_TRAFFIC_REPORT": 4}.'
        )
    return {str(name): ReportLimit.per_hour(float(reports)) for name, reports in chosen.items()}


def _datasets(value: object) -> tuple[str, ...]:
    names = split_list(value, "products_include_data") or ["identifiers", "summaries"]
    for name in names:
        if name not in CATALOG_DATASETS:
            raise ConfigurationError(
                f"Setting 'products_include_data' names '{name}'; the catalog has "
                f"{', '.join(CATALOG_DATASETS)}.",
            )
    return tuple(dict.fromkeys(["identifiers", *names]))


def _granularity(value: object) -> str:
    name = str(value or GRANULARITIES[0]).upper()
    if name not in GRANULARITIES:
        raise ConfigurationError(
            f"Setting 'asin_granularity' is '{value}'; it must be {', '.join(GRANULARITIES)}."
        )
    return name


def _report_types(value: object) -> tuple[str, ...]:
    names = split_list(value, "report_types")
    for name in names:
        if not REPORT_TYPE.fullmatch(name):
            raise ConfigurationError(
                f"Setting 'report_types' names '{name}'; write report types as Amazon does, such as "
                "GET_MERCHANT_LISTINGS_ALL_DATA.",
            )
    return tuple(dict.fromkeys(names))


def _statuses(value: object) -> tuple[str, ...]:
    names = [name.upper() for name in split_list(value, "processing_status")]
    for name in names:
        if name not in PROCESSING_STATUSES:
            raise ConfigurationError(
                f"Setting 'processing_status' names '{name}'; a report is "
                f"{', '.join(PROCESSING_STATUSES)}.",
            )
    return tuple(dict.fromkeys(names))


def _charset(value: object) -> str | None:
    if value is None or value == "":
        return None
    if not is_text_codec(str(value)):
        raise ConfigurationError(
            f"Setting 'report_charset' is '{value}', which is not a charset of reports; use a name such "
            "as utf-8, cp1252 or cp932.",
        )
    return str(value)


def _endpoints(config: Mapping[str, Any]) -> Mapping[str, str]:
    own = url(config, "endpoint_url")
    if own:
        return dict.fromkeys(marketplaces.ENDPOINTS, own)
    return marketplaces.SANDBOX_ENDPOINTS if flag(config, "sandbox") else marketplaces.ENDPOINTS

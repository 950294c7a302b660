"""Single settings, each with its own rule: checked, and refused in a sentence that says what to do."""

from __future__ import annotations

import math
import os
import re
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from amazon_selling_partner import ReportLimit, marketplaces
from tap_amazon_seller.config.schema import (
    CATALOG_DATASETS,
    GRANULARITIES,
    PREFIX,
    PRICE_SOURCES,
    PROCESSING_STATUSES,
    SOURCES,
)
from tap_amazon_seller.config.values import REPORT_TYPE, flag, from_json, split_list, url
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.instants import parse_instant
from tap_amazon_seller.notifications.sqs import FIFO
from tap_amazon_seller.reports.text.charset import is_text_codec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from amazon_selling_partner.marketplaces import Marketplace

LONGEST_LOOKBACK = 730  # days
FEWEST_AN_HOUR, MOST_AN_HOUR = 0.01, 100_000
VISIBLE = re.compile(r"[!-~]+")


def queue(config: Mapping[str, Any]) -> str:
    """The address of the queue of notifications; empty where it is not set."""
    found = url(config, "notifications_queue") or ""
    if found.endswith(FIFO):
        raise ConfigurationError(
            f"Setting 'notifications_queue' is '{found}', a FIFO queue, to which Amazon cannot send; "
            "name a standard queue."
        )
    return found


def required_text(config: Mapping[str, Any], key: str) -> str:
    """A text that Amazon's credentials need: visible ASCII characters."""
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


def chosen_marketplaces(value: object) -> tuple[Marketplace, ...]:
    """The marketplaces by country code or id, each once, all of one region."""
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


def region(value: object, chosen: tuple[Marketplace, ...]) -> str | None:
    """The region, as the marketplaces have it; None where neither names one."""
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


def instant(config: Mapping[str, Any], key: str) -> datetime | None:
    """An aware instant; None where it is not set."""
    value = config.get(key)
    if value is None or value == "":
        return None
    instant = parse_instant(str(value))
    if instant is None:
        raise ConfigurationError(
            f"Setting '{key}' is '{value}', which is not a date; write it like 2026-01-31T00:00:00Z.",
        )
    return instant


def lookback(value: object) -> Mapping[str, timedelta]:
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


def report_limits(value: object) -> Mapping[str, ReportLimit]:
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


def datasets(value: object) -> tuple[str, ...]:
    """The data sets of the catalog; the identifiers are always among them."""
    names = split_list(value, "products_include_data") or ["identifiers", "summaries"]
    for name in names:
        if name not in CATALOG_DATASETS:
            raise ConfigurationError(
                f"Setting 'products_include_data' names '{name}'; the catalog has "
                f"{', '.join(CATALOG_DATASETS)}.",
            )
    return tuple(dict.fromkeys(["identifiers", *names]))


def granularity(value: object) -> str:
    """Of what there is a record of sales and traffic."""
    name = str(value or GRANULARITIES[0]).upper()
    if name not in GRANULARITIES:
        raise ConfigurationError(
            f"Setting 'asin_granularity' is '{value}'; it must be {', '.join(GRANULARITIES)}."
        )
    return name


def sales_traffic_source(value: object) -> str:
    """Where sales and traffic come from."""
    name = str(value or SOURCES[0]).lower()
    if name not in SOURCES:
        raise ConfigurationError(
            f"Setting 'sales_traffic_source' is '{value}'; it must be {' or '.join(SOURCES)}."
        )
    return name


def competitive_prices_source(value: object) -> str:
    """Which operation competitors' prices come from."""
    name = str(value or PRICE_SOURCES[0]).lower()
    if name not in PRICE_SOURCES:
        raise ConfigurationError(
            f"Setting 'competitive_prices_source' is '{value}'; it must be {' or '.join(PRICE_SOURCES)}."
        )
    return name


def report_types(value: object) -> tuple[str, ...]:
    """Report types as Amazon writes them, each once."""
    names = split_list(value, "report_types")
    for name in names:
        if not REPORT_TYPE.fullmatch(name):
            raise ConfigurationError(
                f"Setting 'report_types' names '{name}'; write report types as Amazon does, such as "
                "GET_MERCHANT_LISTINGS_ALL_DATA.",
            )
    return tuple(dict.fromkeys(names))


def price_items(value: object) -> tuple[str, ...]:
    """ASINs and SKUs as they are, each once."""
    return tuple(dict.fromkeys(split_list(value, "price_items")))


def statuses(value: object) -> tuple[str, ...]:
    """States of reports as Amazon writes them, each once."""
    names = [name.upper() for name in split_list(value, "processing_status")]
    for name in names:
        if name not in PROCESSING_STATUSES:
            raise ConfigurationError(
                f"Setting 'processing_status' names '{name}'; a report is "
                f"{', '.join(PROCESSING_STATUSES)}.",
            )
    return tuple(dict.fromkeys(names))


def charset(value: object) -> str | None:
    """A codec of Python for texts; None where it is not set."""
    if value is None or value == "":
        return None
    if not is_text_codec(str(value)):
        raise ConfigurationError(
            f"Setting 'report_charset' is '{value}', which is not a charset of reports; use a name such "
            "as utf-8, cp1252 or cp932.",
        )
    return str(value)


def endpoints(config: Mapping[str, Any]) -> Mapping[str, str]:
    """The address of SP-API by region: the user's own, the sandbox's or Amazon's."""
    own = url(config, "endpoint_url")
    if own:
        return dict.fromkeys(marketplaces.ENDPOINTS, own)
    return marketplaces.SANDBOX_ENDPOINTS if flag(config, "sandbox") else marketplaces.ENDPOINTS

"""Streams that a configuration defines by queries of Data Kiosk."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_amazon_seller import roles
from tap_amazon_seller.config.values import from_json, number, split_list
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.instants import DAY, TWO_YEARS
from tap_amazon_seller.reports.definitions import (
    Access,
    Format,
    Layout,
    ReportDefinition,
    ReportStreamDefinition,
    Reuse,
    Span,
    WindowRules,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_amazon_seller.config.graphql_queries import CheckedQuery

LOOKBACK = {Span.DAY: 7 * DAY, Span.WEEK: 7 * DAY, Span.MONTH: 31 * DAY}
"""How far a sync reaches back behind its bookmark: Amazon revises what it has published."""
DELAY_DAYS = 3
REUSED_FOR = timedelta(hours=12)
MOST_DAYS_AHEAD = 120
KEYS = ("stream", "query", "keys", "window_days", "delay_days", "days_ahead")


def custom_queries(config: Mapping[str, Any]) -> tuple[ReportStreamDefinition, ...]:
    """The streams that a configuration defines; discovery needs no more of it.

    Raises:
        ConfigurationError: An entry of `custom_queries` makes no sense.
    """
    entries = from_json(config.get("custom_queries"), "custom_queries") or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigurationError("Setting 'custom_queries' must be a list of objects.")
    if not entries:
        return ()
    folder = config.get("data_kiosk_schemas")
    schemas = Path(str(folder)) if folder else None
    found = tuple(_custom_query(place, entry, schemas) for place, entry in enumerate(entries, 1))
    names = [entry.name for entry in found]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(f"Setting 'custom_queries' names the stream '{name}' twice.")
    return found


def _custom_query(
    place: int, entry: Mapping[str, Any], folder: Path | None
) -> ReportStreamDefinition:
    """The stream of an entry, which is named by its stream, or by its place where it has none."""
    name = str(entry.get("stream") or "")
    what = f"Setting 'custom_queries': the query '{name}'"
    if not name:
        what = f"Setting 'custom_queries': {'the first query' if place == 1 else f'query {place}'}"
    if unknown := sorted(entry.keys() - set(KEYS)):
        raise ConfigurationError(
            f"{what} has an unknown key '{unknown[0]}'; there are {', '.join(sorted(KEYS))}."
        )
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ConfigurationError(
            f"{what} needs a 'stream' name of small letters, digits and underscores."
        )
    ahead = int(number(entry, "days_ahead", 0, minimum=0) or 0)
    if ahead > MOST_DAYS_AHEAD:
        raise ConfigurationError(
            f"{what} has 'days_ahead' of {ahead}; Amazon looks ahead {MOST_DAYS_AHEAD} days."
        )
    checked = _checked(str(entry.get("query") or ""), what, folder, ahead)
    keys = tuple(split_list(entry.get("keys"), "custom_queries.keys"))
    if not keys:
        raise ConfigurationError(
            f"{what} needs 'keys': the properties that, with marketplace_id, identify a record; it has "
            f"{', '.join(_scalars(checked))}."
        )
    for key in keys:
        if key not in _scalars(checked):
            raise ConfigurationError(
                f"{what} has the key '{key}', which is not a property of its records; it has "
                f"{', '.join(_scalars(checked))}."
            )
    definition = _definition(entry, what, checked, ahead)
    return ReportStreamDefinition(
        name=name,
        about=f"{checked.query.source}, as configured",
        report=definition,
        keys=keys,
        required_columns=keys,
        replication_key=None if ahead else "end_date",
        records=checked.records,
        selected_by_default=True,
        schema=_with_keys(checked.properties, ("marketplace_id", *keys)),
    )


def _checked(text: str, what: str, folder: Path | None, ahead: int) -> CheckedQuery:
    # graphql-core takes 0.2 s to import, which only those pay for who define queries.
    from tap_amazon_seller.config.graphql_queries import checked  # noqa: PLC0415

    return checked(text, what, folder, days_ahead=ahead)


def _definition(
    entry: Mapping[str, Any], what: str, checked: CheckedQuery, ahead: int
) -> ReportDefinition:
    """The rules of the query's windows, from what it is aggregated by."""
    usual = {Span.DAY: checked.usual_days, Span.WEEK: 7, Span.MONTH: 31}[checked.span]
    days = int(number(entry, "window_days", usual, minimum=1) or usual)
    if checked.span is Span.WEEK and days % 7:
        raise ConfigurationError(
            f"{what} has 'window_days' of {days}, but it is aggregated by weeks; give 7, 14, 21 or so."
        )
    late = number(entry, "delay_days", DELAY_DAYS, minimum=0) or 0.0
    rules = WindowRules(
        longest=days * DAY,
        overlap=LOOKBACK[checked.span],
        retention=TWO_YEARS,
        span=checked.span,
        delay=late * DAY,
    )
    return ReportDefinition(
        checked.query.source,
        Access(roles.BRAND_ANALYTICS),
        window=WindowRules() if ahead else rules,
        reuse=Reuse(max_age=REUSED_FOR),
        layout=Layout(format=Format.JSON_LINES),
        query=checked.query,
    )


def _scalars(checked: CheckedQuery) -> list[str]:
    """The properties that may identify a record."""
    return [
        name
        for name, schema in checked.properties.items()
        if not {"object", "array"} & set(schema["type"]) and name != "marketplace_id"
    ]


def _with_keys(properties: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """The properties, of which keys are never null."""
    return {
        name: {**schema, "type": [each for each in schema["type"] if each != "null"]}
        if name in keys
        else schema
        for name, schema in properties.items()
    }

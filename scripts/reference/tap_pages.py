"""The tap's settings and streams, from its JSON Schemas and definitions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from amazon_selling_partner import LISTING_OFFERS, QUOTAS, REPORT_LIMITS
from scripts.reference.markdown import GENERATED, counted, table
from tap_amazon_seller.config.schema import CONFIG_JSONSCHEMA, IGNORED_AWS_SETTINGS
from tap_amazon_seller.reports.definitions import Span
from tap_amazon_seller.streams.kinds.api_stream import ApiStream
from tap_amazon_seller.streams.kinds.kiosk_stream import SOURCE_SETTING, KioskStream
from tap_amazon_seller.streams.kinds.report_stream import ReportStream
from tap_amazon_seller.streams.prices import CompetitivePrices
from tap_amazon_seller.tap import TapAmazonSeller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_amazon_seller.reports.definitions import ReportDefinition


def settings_table() -> str:
    """One row per setting that has an effect, and one for those that have none."""
    required = CONFIG_JSONSCHEMA["required"]
    rows = [
        (
            f"`{name}`",
            "**required**" if name in required else _default(schema),
            schema["description"],
        )
        for name, schema in CONFIG_JSONSCHEMA["properties"].items()
        if name not in IGNORED_AWS_SETTINGS
    ]
    ignored = ", ".join(f"`{name}`" for name in IGNORED_AWS_SETTINGS)
    rows.append((ignored, "", "Ignored with a warning, for old configurations."))
    return table(("Setting", "Default", "What it does"), rows)


def streams_table() -> str:
    """One row per stream; those that a sync without a catalog reads come first."""
    streams = _streams()
    rows = [
        (
            f"[`{name}`](streams/{name}.md)" + (" \\*" if by_default else ""),
            _about(stream),
            _sync(stream),
            _duration(_lookback(stream)),
            stream.role,
            _limit_and_cost(stream),
        )
        for by_default in (True, False)
        for name, stream in streams.items()
        if stream.selected_by_default is by_default
    ]
    return table(("Stream", "What", "Sync", "Look-back", "Role", "Cost, limit"), rows)


def stream_pages() -> Iterator[tuple[str, str]]:
    """The name and the page of each stream."""
    for name, stream in _streams().items():
        yield name, _page(name, stream)


def _page(name: str, stream: Any) -> str:  # noqa: ANN401 - streams of several kinds
    definition = _definition(stream)
    keys = ", ".join(f"`{key}`" for key in stream.primary_keys)
    facts = [
        ("Source", _source(stream, definition)),
        ("Role", stream.role),
        ("Key", keys),
        ("Sync", _sync(stream)),
        ("Look-back", _look_back_words(_lookback(stream))),
        ("Cost, limit", _limit_and_cost(stream)),
        ("Read without a catalog", "yes" if stream.selected_by_default else "no"),
    ]
    if definition:
        facts += _report_facts(definition)
    properties = stream.schema["properties"]
    rows = [
        (f"`{each}`", _type(schema), " ".join(schema.get("description", "").split()))
        for each, schema in properties.items()
    ]
    return "\n".join(
        (
            GENERATED,
            f"# {name}",
            "",
            f"{_about(stream)}.",
            "",
            table(("", ""), facts),
            "",
            f"## {counted(len(rows), 'property')}".replace("propertys", "properties"),
            "",
            "A description begins with Amazon's own name of the column or member, where it has one.",
            "",
            table(("Property", "Type", "What it is"), rows),
            "",
        )
    )


def _report_facts(definition: ReportDefinition) -> list[tuple[str, str]]:
    facts = [("Format", definition.layout.format.name.lower().replace("_", " "))]
    if definition.access.regions:
        facts.append(("Regions", ", ".join(definition.access.regions)))
    if definition.access.is_restricted:
        facts.append(("Restricted", "yes: its documents need a restricted data token"))
    if definition.window.retention:
        facts.append(("Amazon has data of", counted(definition.window.retention.days, "day")))
    if definition.window.delay:
        facts.append(("Published after", _long(definition.window.delay)))
    if definition.reuse.max_age:
        facts.append(("An existing report is reused for", _long(definition.reuse.max_age)))
    if definition.options:
        options = ", ".join(
            f"`{name}`" if callable(value) else f"`{name}={value}`"
            for name, value in definition.options.items()
        )
        facts.append(("Report options", options))
    return facts


def _streams() -> dict[str, Any]:
    return dict(TapAmazonSeller(validate_config=False, setup_mapper=False).streams)


def _definition(stream: Any) -> ReportDefinition | None:  # noqa: ANN401
    return stream.definition if isinstance(stream, ReportStream) else None


def _about(stream: Any) -> str:  # noqa: ANN401
    return (stream.__doc__ or "").splitlines()[0].rstrip(".")


def _source(stream: Any, definition: ReportDefinition | None) -> str:  # noqa: ANN401
    return ", ".join(
        filter(None, (f"`{definition.report_type}`" if definition else "", stream.source))
    )


def _sync(stream: Any) -> str:  # noqa: ANN401
    definition = _definition(stream)
    if isinstance(stream, ApiStream) and stream.window_parameters:
        return f"incremental, {counted(stream.max_window.days, 'day')} at once"
    if definition and definition.is_scheduled:
        return "incremental, as Amazon makes them"
    if definition and definition.window.longest:
        span = definition.window.span
        complete = "" if span is Span.INSTANT else f", complete {span.name.lower()}s"
        days = counted(definition.window.longest.days, "day")
        return f"incremental, {days} a {definition.noun}{complete}"
    return "full"


def _limit_and_cost(stream: Any) -> str:  # noqa: ANN401
    """What its calls bring, and how many Amazon allows; also from the source that a setting chooses."""
    found = _limit_and_cost_by_itself(stream)
    if isinstance(stream, CompetitivePrices):
        return f"{found}; with `competitive_prices_source` {_allowed(LISTING_OFFERS)}"
    if (
        isinstance(stream, KioskStream)
        and stream.entry.data_kiosk
        and stream.definition.query is None
    ):
        return f"{found}; with `{SOURCE_SETTING}` {OF_QUERIES}; {_allowed('createQuery')}"
    return found


OF_QUERIES = "1 query a window, all marketplaces together"


def _limit_and_cost_by_itself(stream: Any) -> str:  # noqa: ANN401
    operation = getattr(stream, "operation", "")
    if operation not in QUOTAS:
        definition = _definition(stream)
        if definition is None:
            return "-"
        if definition.query:
            return f"{OF_QUERIES}; {_allowed('createQuery')}"
        limit = REPORT_LIMITS.get(definition.report_type)
        own = f"; {limit.a_day} a day of its type" if limit else ""
        return ("1 report a window" if definition.window.longest else "1 report") + own
    return f"{stream.cost or '1 call a page'}; {_allowed(operation)}"


def _allowed(operation: str) -> str:
    quota = QUOTAS[operation]
    return f"{quota.rate:g} calls a second, burst {quota.burst}"


def _lookback(stream: Any) -> timedelta:  # noqa: ANN401
    definition = _definition(stream)
    if isinstance(stream, ApiStream) and stream.window_parameters:
        return stream.overlap
    if definition and definition.window.longest and not definition.is_scheduled:
        return definition.window.overlap
    return timedelta(0)


def _look_back_words(time: timedelta) -> str:
    return _long(time) if time else "none"


def _long(time: timedelta) -> str:
    if time % timedelta(days=1) == timedelta(0):
        return counted(time.days, "day")
    if time % timedelta(hours=1) == timedelta(0):
        return counted(time // timedelta(hours=1), "hour")
    return counted(time // timedelta(minutes=1), "minute")


def _duration(time: timedelta) -> str:
    if not time:
        return "-"
    hours = time.total_seconds() / 3600
    return f"{hours / 24:.0f} d" if hours % 24 == 0 else f"{hours:.0f} h"


def _type(schema: dict[str, Any]) -> str:
    types = schema.get("type", "any")
    names = [types] if isinstance(types, str) else [each for each in types if each != "null"]
    named = " or ".join(schema.get("format", name) if name == "string" else name for name in names)
    return named if "null" in types else f"{named}, never null"


def _default(schema: dict[str, Any]) -> str:
    default = schema.get("default")
    if default is None:
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{', '.join(default) if isinstance(default, list) else default}`"

"""Writes the tables of `docs/reference/` from the code; with `--check` it only looks."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from tap_amazon_seller.config.settings import CONFIG_JSONSCHEMA, IGNORED_AWS_SETTINGS
from tap_amazon_seller.reports.definitions import Span
from tap_amazon_seller.streams.kinds.api_stream import ApiStream
from tap_amazon_seller.streams.kinds.report_stream import ReportStream
from tap_amazon_seller.tap import TapAmazonSeller

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"


def settings_table() -> str:
    """One row per setting that has an effect, and one for those that have none."""
    rows = ["| Setting | Default | What it does |", "| --- | --- | --- |"]
    required = CONFIG_JSONSCHEMA["required"]
    for name, schema in CONFIG_JSONSCHEMA["properties"].items():
        if name not in IGNORED_AWS_SETTINGS:
            default = "**required**" if name in required else _default(schema)
            what = schema["description"].replace("|", r"\|")
            rows.append(f"| `{name}` | {default} | {what} |")
    ignored = ", ".join(f"`{name}`" for name in IGNORED_AWS_SETTINGS)
    rows.append(f"| {ignored} | | Ignored with a warning, for old configurations. |")
    return "\n".join(rows)


def streams_table() -> str:
    """One row per stream; those that a sync without a catalog reads come first."""
    rows = [
        "| Stream | What | Source | Key | Sync | Look-back | Role |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    tap = TapAmazonSeller(validate_config=False, setup_mapper=False)
    for by_default in (True, False):
        for name, stream in tap.streams.items():
            if stream.selected_by_default is by_default:
                rows.append(_stream_row(name, stream, by_default=by_default))
    return "\n".join(rows)


def _stream_row(name: str, stream: Any, *, by_default: bool) -> str:  # noqa: ANN401
    definition = stream.definition if isinstance(stream, ReportStream) else None
    source = ", ".join(
        filter(None, [f"`{definition.report_type}`" if definition else "", stream.source])
    )
    keys = ", ".join(f"`{key}`" for key in stream.primary_keys)
    sync, lookback = "full", timedelta(0)
    if isinstance(stream, ApiStream) and stream.window_parameters:
        sync, lookback = f"incremental, {stream.max_window.days} days at once", stream.overlap
    elif definition and definition.is_scheduled:
        sync = "incremental, as Amazon makes them"
    elif definition and definition.window.longest:
        whole = (
            ""
            if definition.window.span is Span.INSTANT
            else f", whole {definition.window.span.name.lower()}s"
        )
        sync = f"incremental, {definition.window.longest.days} days a report{whole}"
        lookback = definition.window.overlap
    what = (stream.__doc__ or "").splitlines()[0].rstrip(".")
    star = " \\*" if by_default else ""
    return (
        f"| `{name}`{star} | {what} | {source} | {keys} | {sync} | {_duration(lookback)} "
        f"| {stream.role} |"
    )


def _duration(time: timedelta) -> str:
    if not time:
        return "-"
    hours = time.total_seconds() / 3600
    return f"{hours / 24:.0f} d" if hours % 24 == 0 else f"{hours:.0f} h"


def _default(schema: dict[str, Any]) -> str:
    default = schema.get("default")
    if default is None:
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{', '.join(default) if isinstance(default, list) else default}`"


def with_table(text: str, name: str, table: str) -> str:
    """A page with its table as the code has it."""
    return re.sub(
        rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
        lambda match: f"{match[1]}{table}\n{match[2]}",
        text,
        flags=re.DOTALL,
    )


def main() -> int:
    """Write the tables, or with `--check` say whether they are up to date."""
    stale = []
    for name, table in (("settings", settings_table()), ("streams", streams_table())):
        page = REFERENCE / f"{name}.md"
        text = page.read_text(encoding="utf-8")
        fresh = with_table(text, name, table)
        if fresh != text:
            stale.append(page)
        if "--check" not in sys.argv[1:]:
            page.write_text(fresh, encoding="utf-8")
    if stale and "--check" in sys.argv[1:]:
        pages = ", ".join(page.name for page in stale)
        print(f"Out of date: {pages}. Run python scripts/readme_tables.py.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

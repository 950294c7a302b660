"""Writes the tables of README.md from the code; with `--check` it only looks."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from tap_amazon_seller.settings import CONFIG_JSONSCHEMA, IGNORED_AWS_SETTINGS
from tap_amazon_seller.streams.base import ReportStream
from tap_amazon_seller.tap import TapAmazonSeller

README = Path(__file__).parents[1] / "README.md"


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
    """One row per stream."""
    rows = [
        "| Stream | What | Source | Key, beside `marketplace_id` | Sync | Reused for | Role |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    tap = TapAmazonSeller(validate_config=False, setup_mapper=False)
    for name, stream in tap.streams.items():
        definition = stream.definition if isinstance(stream, ReportStream) else None
        source = f"`{definition.report_type}`" if definition else "Sellers v1"
        if name == "product_catalog":
            source += ", Catalog Items 2022-04-01"
        keys = ", ".join(f"`{key}`" for key in stream.primary_keys if key != "marketplace_id")
        sync = "full"
        if definition and definition.max_window:
            sync = f"incremental by window of up to {definition.max_window.days} days"
        minutes = (
            definition.max_age.total_seconds() / 60 if definition and definition.reusable else 0
        )
        what = (stream.__doc__ or "").splitlines()[0].rstrip(".")
        reused = f"{minutes:.0f} min" if minutes else "-"
        rows.append(
            f"| `{name}` | {what} | {source} | {keys or '-'} | {sync} | {reused} | {stream.role} |"  # type: ignore[attr-defined]
        )
    return "\n".join(rows)


def _default(schema: dict[str, Any]) -> str:
    default = schema.get("default")
    if default is None:
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{', '.join(default) if isinstance(default, list) else default}`"


def with_tables(text: str) -> str:
    """The README with its tables as the code has them."""
    for name, table in (("settings", settings_table()), ("streams", streams_table())):
        text = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
            lambda match, table=table: f"{match[1]}{table}\n{match[2]}",  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
    return text


def main() -> int:
    """Write the tables, or with `--check` say whether they are up to date."""
    text = README.read_text(encoding="utf-8")
    fresh = with_tables(text)
    if "--check" in sys.argv[1:]:
        if fresh != text:
            print("README.md is out of date: run python scripts/readme_tables.py", file=sys.stderr)
        return int(fresh != text)
    README.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

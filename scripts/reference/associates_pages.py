"""The settings and streams of the tap of the Creators API, from its schemas."""

from __future__ import annotations

from scripts.reference.markdown import GENERATED, table
from tap_amazon_associates.config.settings import PROPERTIES, REQUIRED
from tap_amazon_associates.singer import schemas, streams


def settings_table() -> str:
    """One row per setting."""
    rows = [
        (
            f"`{name}`",
            "**required**" if name in REQUIRED else _default(schema.get("default")),
            schema["description"],
        )
        for name, schema in PROPERTIES.items()
    ]
    return table(("Setting", "Default", "What it does"), rows)


def streams_page() -> str:
    """The page: the properties of an item, and what each stream has beside them."""
    parts = [
        GENERATED,
        "# Streams of the Creators API\n",
        "Names within an item are Amazon's, as its SDK has them. What is not a key may be null.\n",
        "## associates_items\n",
        _properties(schemas.ITEM),
        "",
        "### Within `offers`\n",
        _properties(schemas.ITEM["offers"]["items"]["properties"]),
        "",
    ]
    for stream in streams.ALL[1:]:
        own = {
            name: schema
            for name, schema in stream.properties.items()
            if name not in schemas.ITEM or stream is streams.Rejected
        }
        beside = "" if stream is streams.Rejected else "Those of `associates_items`, and:\n"
        parts += [f"## {stream.name}\n", *filter(None, [beside]), _properties(own), ""]
    return "\n".join(parts)


def _properties(properties: schemas.Schema) -> str:
    rows = [
        (f"`{name}`", _type(schema), schema.get("description", ""))
        for name, schema in properties.items()
    ]
    return table(("Property", "Type", "What it is"), rows)


def _type(schema: schemas.Schema) -> str:
    kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
    shown = schema.get("format", kind)
    return f"list of {schema['items']['type']}s" if kind == "array" else str(shown)


def _default(value: object) -> str:
    return "" if value is None else f"`{value:g}`" if isinstance(value, float) else f"`{value}`"

"""The state and the catalog that a sync is given, checked: each may be old, damaged or made by hand."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import IO, TYPE_CHECKING, Any

from singer_sdk.singerlib.catalog import (
    REPLICATION_FULL_TABLE,
    REPLICATION_INCREMENTAL,
    Catalog,
    CatalogEntry,
    Metadata,
    StreamMetadata,
)
from singer_sdk.singerlib.schema import META_KEYS, STANDARD_KEYS, Schema

from tap_amazon_seller.config import foreign_states
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.instants import parse_instant
from tap_amazon_seller.reports.requests.holes import is_hole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from singer_sdk import Stream

    Json = dict[str, Any]

logger = logging.getLogger(__name__)

LARGEST_FILE = 64 << 20
"""Characters of a file; a state of 60 streams in 20 marketplaces has a million."""
AHEAD = timedelta(minutes=15)
"""A bookmark so far ahead of Amazon's clock is taken as now: clocks differ; more is an error."""
COMMENTS = ("//", "/*", "#")
_ATTRIBUTES = {
    key: key.strip("$").replace("-", "_")
    for key in (*STANDARD_KEYS, *(f"${key}" for key in META_KEYS))
}
"""Of the SDK's `Schema`, by the keys of JSON Schema that are kept."""
METHODS = (REPLICATION_INCREMENTAL, REPLICATION_FULL_TABLE)


def json_object(text: str, what: str) -> Json:
    """The JSON object in a text.

    Raises:
        ConfigurationError: It is none; the sentence begins with `what`.
    """
    value = json_value(text, what)
    if not isinstance(value, dict):
        raise ConfigurationError(f"{what} must hold a JSON object.")
    return value


def json_value(text: str, what: str) -> object:
    """The JSON value in a text.

    Raises:
        ConfigurationError: It is none; the sentence begins with `what`.
    """
    if len(text) > LARGEST_FILE:
        raise ConfigurationError(
            f"{what} is larger than {LARGEST_FILE >> 20} million characters; it must be another file."
        )
    try:
        value: object = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        if text[error.pos :].lstrip(" \t,").startswith(COMMENTS):
            raise ConfigurationError(
                f"{what} has a comment in line {error.lineno}, and JSON knows none: take it out."
            ) from None
        raise ConfigurationError(
            f"{what} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise ConfigurationError(f"{what} is nested too deep to be read.") from None
    except ValueError as error:
        raise ConfigurationError(f"{what} is not JSON: {error}.") from None
    return value


def _refuse_constant(name: str) -> None:
    """JSON has neither NaN nor Infinity, which Python reads."""
    raise ValueError(f"{name} is not a number that JSON has")


def _text(file: IO[str], what: str) -> str:
    try:
        return file.read(LARGEST_FILE + 1)
    except UnicodeDecodeError:
        raise ConfigurationError(f"{what} is not UTF-8 text.") from None


def catalog(file: IO[str]) -> Catalog:
    """The catalog in a file of Singer's form; see `complete` for what it says of streams.

    Raises:
        ConfigurationError: It has another form.
    """
    what = f"Catalog file {file.name}"
    found = json_object(_text(file, what), what)
    entries = found.get("streams")
    if not isinstance(entries, list) or not all(map(_is_catalog_entry, entries)):
        raise ConfigurationError(
            f"{what} is not a Singer catalog; make one with tap-amazon-seller --discover."
        )
    return Catalog({entry["tap_stream_id"]: _catalog_entry(entry) for entry in entries})


def _catalog_entry(entry: Json) -> CatalogEntry:
    """What `CatalogEntry.from_dict` makes: the SDK looks each of its keys up in each schema."""
    found = CatalogEntry.from_dict({**entry, "schema": {}, "metadata": ()})
    found.schema = _schema(entry["schema"])
    for each in entry.get("metadata", []):
        if breadcrumb := tuple(each["breadcrumb"]):
            given = map(each["metadata"].get, ("inclusion", "selected", "selected-by-default"))
            found.metadata[breadcrumb] = Metadata(*given)
        else:
            found.metadata[breadcrumb] = StreamMetadata.from_dict(each["metadata"])
    return found


def _schema(schema: Json) -> Schema:
    given = {_ATTRIBUTES[key]: value for key, value in schema.items() if key in _ATTRIBUTES}
    if (properties := schema.get("properties")) is not None:
        given["properties"] = {name: _schema(each) for name, each in properties.items()}
    if (items := schema.get("items")) is not None:
        given["items"] = _schema(items)
    return Schema(**given)


def _is_catalog_entry(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    schema, metadata = entry.get("schema"), entry.get("metadata", [])
    return (
        isinstance(entry.get("tap_stream_id"), str)
        and isinstance(schema, dict)
        and _is_schema(schema)
        and isinstance(schema.get("properties"), dict)
        and isinstance(metadata, list)
        and all(map(_is_metadata, metadata))
        and _are_texts(entry.get("key_properties") or [])
        and isinstance(entry.get("replication_key") or "", str)
    )


def _is_schema(schema: object) -> bool:
    """Whether the SDK can read a schema: it and all within it are objects."""
    if not isinstance(schema, dict):
        return False
    properties, items = schema.get("properties"), schema.get("items")
    return (
        properties is None
        or (isinstance(properties, dict) and all(map(_is_schema, properties.values())))
    ) and (items is None or _is_schema(items))


def _is_metadata(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and _are_texts(entry.get("breadcrumb"))
        and isinstance(entry.get("metadata"), dict)
    )


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def complete(found: Catalog, streams: Iterable[Stream]) -> Iterator[str]:
    """Add to a catalog what it need not repeat of the streams; the SDK takes its word for all.

    Keys are selected whatever it says: without them a target doubles records, or refuses them.

    Yields:
        A sentence for each stream that it selects and the tap does not have.

    Raises:
        ConfigurationError: It has no property for a key, or another way to sync than Singer's.
    """
    known = {stream.name: stream for stream in streams}
    for entry in found.values():
        stream = known.get(entry.tap_stream_id)
        if stream:
            _complete_entry(entry, stream)
        elif (root := entry.metadata.get(())) and root.selected:
            yield (
                f"The catalog selects stream '{entry.tap_stream_id}', which this tap does not have; "
                "nothing comes of it. See --discover for the streams."
            )


def _complete_entry(entry: CatalogEntry, stream: Stream) -> None:
    entry.stream = entry.tap_stream_id
    entry.key_properties = entry.key_properties or list(stream.primary_keys)
    entry.replication_key = entry.replication_key or stream.replication_key
    if entry.replication_method not in {None, *METHODS}:
        raise ConfigurationError(
            f"The catalog's 'replication_method' of stream '{stream.name}' is "
            f"'{entry.replication_method}'; it must be {' or '.join(METHODS)}."
        )
    properties = entry.schema.properties or {}
    for name in filter(None, [*entry.key_properties, entry.replication_key]):
        if name not in properties:
            raise ConfigurationError(
                f"The catalog has no property '{name}' of stream '{stream.name}', but it is one of its "
                "keys; make a new one with tap-amazon-seller --discover."
            )
        if entry.metadata:  # where there is none, all is selected
            entry.metadata["properties", name].inclusion = Metadata.InclusionType.AUTOMATIC


def state(file: IO[str]) -> Json:
    """A state file, checked: a sync from a damaged one could pass over orders.

    Raises:
        ConfigurationError: It is damaged.
    """
    what = f"State file {file.name}"
    found = _unpacked_state(json_value(_text(file, what) or "{}", what), what)
    if found and not found.keys() & {"bookmarks", "reports"}:
        logger.warning("%s holds no bookmarks, so streams begin at 'start_date'.", what)
    advice = "restore the last good one, or sync without --state to start at 'start_date'"
    bookmarks = found.get("bookmarks", {})
    if not isinstance(bookmarks, dict):
        raise ConfigurationError(f"{what}: 'bookmarks' must be an object; {advice}.")
    for stream, bookmark in bookmarks.items():
        partitions = bookmark.get("partitions", []) if isinstance(bookmark, dict) else None
        if not isinstance(partitions, list) or not all(isinstance(one, dict) for one in partitions):
            raise ConfigurationError(f"{what}: the bookmark of {stream} is damaged; {advice}.")
        marketplaces = [_marketplace_id(partition) for partition in partitions]
        if None in marketplaces or len(set(marketplaces)) < len(marketplaces):
            raise ConfigurationError(
                f"{what}: the bookmarks of {stream} are not one for each marketplace; {advice}."
            )
        for place in (bookmark, *partitions):
            if sentence := _damage(place):
                raise ConfigurationError(f"{what}: {sentence.format(stream)}; {advice}.")
    return found


def _damage(place: Json) -> str:
    """What of the state of a stream, or of one marketplace of it, cannot be read; else nothing.

    What Amazon has not delivered yet must be readable, or it would never be requested again.
    """
    holes, value = place.get("holes", []), place.get("replication_key_value")
    if not isinstance(holes, list) or not all(map(is_hole, holes)):
        return "the holes of {} are damaged"
    if value is not None and not (isinstance(value, str) and parse_instant(value)):
        shown = repr(value).replace("{", "{{").replace("}", "}}")
        return f"a bookmark of {{}} is damaged ({shown})"
    return ""


def _unpacked_state(found: object, what: str) -> Json:
    """The state of a file, also where it is in Singer's message or as `meltano state get` prints it."""
    if isinstance(found, dict):
        found = found.get("value", found) if found.get("type") == "STATE" else found
    if isinstance(found, dict) and "singer_state" in found:
        found = found["singer_state"]
    foreign_states.refuse_of_connectors(found, what)
    if not isinstance(found, dict):
        raise ConfigurationError(f"{what} must hold a JSON object.")
    return found


def check_bookmarks(bookmarks: Mapping[str, Any], now: datetime) -> None:
    """Refuse bookmarks in the future: nothing would be synced, for ever; small ones are taken as now.

    Args:
        bookmarks: Of the streams to sync, by name, as the state has them; changed in place.
        now: Amazon's time.

    Raises:
        ConfigurationError: Names the bookmark that lies too far ahead.
    """
    for stream, bookmark in bookmarks.items():
        for place in (bookmark, *bookmark.get("partitions", ())):
            value = place.get("replication_key_value")
            instant = parse_instant(value) if isinstance(value, str) else None
            if instant is None or instant <= now:
                continue
            if instant - now > AHEAD:
                where = (place.get("context") or {}).get("marketplace_id", "")
                raise ConfigurationError(
                    f"The state's bookmark of stream {stream} {f'for {where} ' if where else ''}is "
                    f"{instant.isoformat(timespec='seconds')}, which lies ahead of Amazon's clock "
                    f"({now.isoformat(timespec='seconds')}): restore the last good state, or sync "
                    "without --state to start at 'start_date'."
                )
            place["replication_key_value"] = now.isoformat()


def _marketplace_id(partition: Json) -> str | None:
    """The marketplace of a partition, which is known by it alone."""
    context = partition.get("context")
    if not isinstance(context, dict) or context.keys() != {"marketplace_id"}:
        return None
    found = context["marketplace_id"]
    return found if isinstance(found, str) else None

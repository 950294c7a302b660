"""Records of JSON in the types of their schema: what Amazon writes otherwise is put right, or refused.

Servers write numbers as texts, ids as numbers, and an empty list as `{}`. A value that can be read in
one way only becomes that; a record with another one cannot be passed on.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.instants import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from singer_sdk.helpers.types import Record

    Fit = Callable[[Any], Any]

_WHOLE = re.compile(r"[+-]?\d{1,18}(?:\.0+)?")
_DECIMAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_WORDS = {"true": True, "false": False}
_JSON_TYPES = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
}


class UnfitError(Exception):
    """A record that cannot be passed on; the message says why, without a word of it."""


class Conformer:
    """Puts records into the types of a stream's schema.

    Args:
        properties: The schema's properties.
        keys: The properties that identify a record, none of which may be missing.
    """

    def __init__(self, properties: Mapping[str, Any], keys: Collection[str]) -> None:
        self._fits = {name: _fit_of(schema, name) for name, schema in properties.items()}
        for name in keys:
            if name in properties:
                self._fits[name] = _key_fit(properties[name], name, self._fits[name])
        self._keys = tuple(name for name in keys if name in properties)

    def __call__(self, record: Record) -> Record:
        """The record, its known properties in their types; instants that are keys have one form.

        >>> Conformer({"sku": {"type": ["string"]}}, ["sku"])({"sku": 7})
        {'sku': '7'}

        Raises:
            UnfitError: A property has another form, or a key is missing.
        """
        for name in self._keys:
            record.setdefault(name, None)
        fits = self._fits
        for name, value in record.items():
            if name in fits:
                record[name] = fits[name](value)
        return record


def _fit_of(schema: Mapping[str, Any], name: str) -> Fit:
    """What puts a value into the type of its schema."""
    types = schema.get("type", list(_JSON_TYPES.values()))
    allowed = frozenset([types] if isinstance(types, str) else types)
    if allowed >= set(_JSON_TYPES.values()):
        return lambda value: value
    inner = {
        each: _fit_of(of, f"{name}.{each}") for each, of in (schema.get("properties") or {}).items()
    }
    items = schema.get("items")
    item_fit = _fit_of(items, name) if isinstance(items, dict) else None

    def fit(value: Any) -> Any:
        if value is None:
            if "null" in allowed:
                return None
            raise UnfitError(f"{name} is missing")
        kind = _JSON_TYPES[type(value)]
        if kind not in allowed and not (kind == "integer" and "number" in allowed):
            value = _read(value, allowed, name)
        if inner and isinstance(value, dict):
            return {
                each: inner[each](part) if each in inner else part for each, part in value.items()
            }
        if item_fit and isinstance(value, list):
            return [item_fit(part) for part in value]
        return value

    return fit


def _read(value: Any, allowed: frozenset[str], name: str) -> Any:
    """A value of another type, read as one of these."""
    if isinstance(value, str):
        found = _of_text(value.strip(), allowed)
    elif isinstance(value, list | dict):
        empty: Any = [] if "array" in allowed else {} if "object" in allowed else None
        found = empty if not value else None
    elif isinstance(value, float) and "integer" in allowed:
        found = int(value) if value.is_integer() else None
    elif "string" in allowed:
        found = str(value).lower() if isinstance(value, bool) else str(value)
    else:
        found = None
    is_blank = isinstance(value, str) and not value.strip()
    if found is None and not (is_blank and "null" in allowed):
        due = " or ".join(sorted(allowed - {"null"}))
        raise UnfitError(f"{name} is not the {due} that is due, but {_JSON_TYPES[type(value)]}")
    return found


def _of_text(text: str, allowed: frozenset[str]) -> Any:
    if {"integer", "number"} & allowed and _WHOLE.fullmatch(text):
        return int(text.partition(".")[0])
    if "number" in allowed and _DECIMAL.fullmatch(text):
        return float(text)
    if "boolean" in allowed:
        return _WORDS.get(text.lower())
    return None


def _key_fit(schema: Mapping[str, Any], name: str, fit: Fit) -> Fit:
    """What puts a key into the type and the one form of its schema."""
    form = _FORMS.get(schema.get("format", ""))

    def key_fit(value: Any) -> Any:
        found = fit(value)
        if found is None or found == "":
            raise UnfitError(f"{name} is missing, which identifies it")
        if form is None or not isinstance(found, str):
            return found
        formed = form(found)
        if formed is None:
            raise UnfitError(f"{name}, which identifies it, is not a {schema['format']}")
        return formed

    return key_fit


def one_instant(text: str) -> str | None:
    """An instant in the form that Amazon uses mostly; None where it is none.

    >>> one_instant("2026-11-02T09:00:00.000+01:00")
    '2026-11-02T08:00:00Z'
    """
    instant = parse_instant(text)
    return None if instant is None else instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def one_date(text: str) -> str | None:
    """A day, of which Amazon may write the midnight; None where it is none.

    >>> one_date("2026-11-02T00:00:00Z")
    '2026-11-02'
    """
    day, _, time = text.strip().partition("T")
    try:
        found = date.fromisoformat(day).isoformat()
    except ValueError:
        return None
    return found if not time or parse_instant(text) else None


_FORMS: Mapping[str, Callable[[str], str | None]] = {"date-time": one_instant, "date": one_date}

"""From the text of a cell to a JSON value, as the stream's schema types the column.

An empty cell is null. A cell that its type cannot read raises `ValueError`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import Enum, auto
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amazon_selling_partner.marketplaces import Marketplace

    Converter = Callable[[str], Any]

TRUE = frozenset({"true", "yes", "y", "1"})
FALSE = frozenset({"false", "no", "n", "0"})

# A comma before three last digits groups thousands, unless what stands before it cannot be a group
# (`0,125`, `1250,125`); every other comma is a decimal comma.
_PLAIN = re.compile(r"[+-]?(?:\d{1,300}(?:\.\d*|)|\.\d+)")  # more digits would be infinite
_WITH_EXPONENT = re.compile(r"[+-]?\d{1,17}(?:\.\d{1,17})?[eE][+-]?\d{1,2}")
"""As Java, and so Amazon, writes numbers below a thousandth."""
_DECIMAL_COMMA = re.compile(
    r"[+-]?([1-9]\d{0,2}(\.\d{3})+,\d+|\d+,(\d{1,2}|\d{4,})|(0|\d{4,}),\d{3})"
)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")
EMPTY_KEY = "-"
"""Stands in a key's text that the file leaves empty: targets take empty texts in keys for nulls."""
NO_VALUE = "--"
"""What fee reports write where there is no figure."""
LONGEST_INTEGER = 18
"""Digits that surely fit into the 64 bits that targets have for a whole number."""

ZONES = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0,
    "BST": 1, "IST": 1, "WEST": 1, "CET": 1, "MET": 1, "MEZ": 1,
    "CEST": 2, "MEST": 2, "MESZ": 2, "EET": 2, "SAST": 2, "EEST": 3, "TRT": 3, "AST": 3,
    "GST": 4, "SGT": 8, "JST": 9, "AEST": 10, "AEDT": 11,
    "PST": -8, "PDT": -7, "MST": -7, "MDT": -6, "CST": -6, "CDT": -5, "EST": -5, "EDT": -4,
    "BRT": -3, "BRST": -2,
}  # fmt: skip
"""Hours from UTC of the zone abbreviations that Amazon's files use."""

ZONES_OF_COUNTRY = {
    ("AU", "EST"): 10, ("AU", "EDT"): 11, ("AU", "CST"): 9.5, ("AU", "CDT"): 10.5, ("AU", "WST"): 8,
    ("IN", "IST"): 5.5, ("SG", "SST"): 8,
}  # fmt: skip
"""Hours from UTC of abbreviations that mean something else, or nothing, in other countries.

Source: the time zone database's own abbreviations for Australia before 2014 (`EST`, `EDT`, `CST`),
which Java, and so Amazon, continues to write. `SST` is Singapore's standard time there alone; elsewhere
it may be Samoa's, 19 hours away, and is refused.
"""

_DATE = re.compile(
    r"(?:(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"
    r"|(?P<first>\d{1,2})(?P<separator>[-/.])(?P<second>\d{1,2})[-/.](?P<last>\d{4}))"
    r"(?:[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<seconds>\d{2})(?:\.\d+)?)?)?"
    r"\s*(?:(?:GMT|UTC)(?=[+-]))?(?P<zone>Z|[+-]\d{2}:?\d{2}|[A-Za-z]{3,4})?"
)

_SHORT_DATE = re.compile(
    r"(?P<first>\d{1,2})(?P<separator>[/.])(?P<second>\d{1,2})(?P=separator)(?P<third>\d{2})",
    re.ASCII,
)
_YEAR_FIRST = frozenset({"JP"})
_MONTH_FIRST = frozenset({"US"})
"""Countries whose dates with two-digit years and slashes do not begin with the day."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAMED_MONTH = re.compile(rf"(?P<day>\d{{1,2}})-(?P<month>{'|'.join(_MONTHS)})-(?P<year>\d{{4}})")


def number(text: str) -> float:
    """A decimal number with point or comma.

    >>> number("1,234.50"), number("19,99"), number("1.234,5"), number("0,125"), number("5.0E-4")
    (1234.5, 19.99, 1234.5, 0.125, 0.0005)
    """
    if _PLAIN.fullmatch(text) or _WITH_EXPONENT.fullmatch(text):
        return float(text)
    value = float(_with_point(text))
    if not isfinite(value):
        raise ValueError(text)
    return value


def integer(text: str) -> int:
    """A whole number.

    >>> integer("12"), integer("12.0"), integer("1,200")
    (12, 12, 1200)
    """
    if text.isdecimal() and len(text) <= LONGEST_INTEGER:
        return int(text)
    value = Decimal(_with_point(text))
    if value.adjusted() >= LONGEST_INTEGER or value != value.to_integral_value():
        raise ValueError(text)
    return int(value)


def _with_point(text: str) -> str:
    """The number without separators of thousands, and with a decimal point if any."""
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return text
    if _DECIMAL_COMMA.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    if _GROUPED.fullmatch(text):
        return text.replace(",", "")
    raise ValueError(text)


def boolean(text: str) -> bool:
    """`true`, `Yes`, `y` and `1`, or their contraries."""
    word = text.strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ValueError(text)


def instant(text: str, marketplace: Marketplace) -> str:
    """A date and time as ISO 8601 in UTC, whatever the marketplace writes.

    Reads `2017-06-17T08:04:21+00:00`, `2022-05-31 17:21:53 PDT`, `29/09/2025 16:19:39 BST`,
    `07/06/2026 10:00:00 GMT-03:00` and `07.11.2026`. Dates with slashes begin with the day except
    where the marketplace's begin with the month; a time without a zone is the marketplace's own.
    """
    if (
        text.endswith("+00:00")
        and len(text) == len("2017-06-17T08:04:21+00:00")
        and text[4:17:3] == "--T::"
    ):
        datetime.fromisoformat(text)
        return text
    return _instant(text.strip(), marketplace)


@lru_cache(maxsize=4096)
def _instant(text: str, marketplace: Marketplace) -> str:
    match = _matched(text)
    moment = datetime(  # noqa: DTZ001 - the zone follows
        *_ymd(match, marketplace),
        int(match["hour"] or 0), int(match["minute"] or 0), int(match["seconds"] or 0),
    )  # fmt: skip
    zone = match["zone"]
    if zone is None:
        aware = moment.replace(tzinfo=ZoneInfo(marketplace.time_zone))
    elif zone[0] in "+-":
        aware = datetime.fromisoformat(f"{moment.isoformat()}{zone}")
    else:
        aware = moment.replace(tzinfo=_named_zone(zone.upper(), marketplace.country))
    return aware.astimezone(UTC).isoformat(timespec="seconds")


def _named_zone(name: str, country: str) -> tzinfo:
    """The zone of an abbreviation, as a country uses it.

    Raises:
        ValueError: Nobody knows the abbreviation.
    """
    hours = ZONES_OF_COUNTRY.get((country, name), ZONES.get(name))
    if hours is None:
        raise ValueError(name)
    return timezone(timedelta(hours=hours))


def day(text: str, marketplace: Marketplace) -> str:
    """A date as ISO 8601, the day as it is written: zones do not move it.

    >>> from amazon_selling_partner import marketplaces
    >>> day("07/06/2026", marketplaces.BY_COUNTRY["US"]), day("07.06.2026", marketplaces.ALL[0])
    ('2026-07-06', '2026-06-07')

    Two-digit years, as files of feedback have them, are of this century. Canada's begin with the day.
    """
    if short := _SHORT_DATE.fullmatch(text.strip()):
        return _short_day(short, marketplace)
    match = _matched(text.strip())
    return date(*_ymd(match, marketplace)).isoformat()


def _short_day(match: re.Match[str], marketplace: Marketplace) -> str:
    """A date with a two-digit year, whose order is the country's."""
    first, second, third = int(match["first"]), int(match["second"]), int(match["third"])
    slashes = match["separator"] == "/"
    if slashes and marketplace.country in _YEAR_FIRST:
        year, month, number = first, second, third
    elif slashes and marketplace.country in _MONTH_FIRST:
        month, number, year = first, second, third
    else:
        number, month, year = first, second, third
    return date(2000 + year, month, number).isoformat()


def _matched(text: str) -> re.Match[str]:
    """The parts of a date; `05-Nov-2026`, as returns have it, is put into figures first."""
    match = _DATE.fullmatch(_NAMED_MONTH.sub(_in_figures, text))
    if not match:
        raise ValueError(text)
    return match


def _in_figures(match: re.Match[str]) -> str:
    return f"{match['year']}-{_MONTHS.index(match['month']) + 1:02}-{match['day']}"


def _ymd(match: re.Match[str], marketplace: Marketplace) -> tuple[int, int, int]:
    """Year, month and day, in the order in which the marketplace writes them."""
    if match["year"]:
        found = match["year"], match["month"], match["day"]
    elif match["separator"] == "/" and marketplace.month_first:
        found = match["last"], match["first"], match["second"]
    else:
        found = match["last"], match["second"], match["first"]
    return int(found[0]), int(found[1]), int(found[2])


class Kind(Enum):
    """What the cells of a column are."""

    TEXT = auto()
    INTEGER = auto()
    NUMBER = auto()
    BOOLEAN = auto()
    INSTANT = auto()
    DAY = auto()


def kind_of(property_schema: Mapping[str, Any]) -> Kind:
    """What a JSON Schema makes of a column's cells."""
    types = property_schema.get("type", ["string"])
    types = [types] if isinstance(types, str) else types
    for name, kind in (
        ("integer", Kind.INTEGER),
        ("number", Kind.NUMBER),
        ("boolean", Kind.BOOLEAN),
    ):
        if name in types:
            return kind
    formats = {"date-time": Kind.INSTANT, "date": Kind.DAY}
    return formats.get(property_schema.get("format", ""), Kind.TEXT)


def converter(kind: Kind, marketplace: Marketplace) -> Converter | None:
    """How to read cells of a kind; None where the text itself is the value."""
    readers: dict[Kind, Converter] = {
        Kind.INTEGER: integer,
        Kind.NUMBER: number,
        Kind.BOOLEAN: boolean,
        Kind.INSTANT: lambda text: instant(text, marketplace),
        Kind.DAY: lambda text: day(text, marketplace),
    }
    return readers.get(kind)

"""Reports in JSON: a specification that repeats what was asked, and lists of objects, one a line."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.clock import DAY, HOUR
from amazon_seller_sandbox.files.documents import Content
from amazon_seller_sandbox.world.accounts import UTF8

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from amazon_seller_sandbox.files.asked import Asked

Json = dict[str, Any]
PUBLISHED = 72 * HOUR
"""Seconds after which the figures of a day are there and stay."""


def content(asked: Asked, specification: Json, lists: Mapping[str, Iterable[Json]]) -> Content:
    """Return the document of a report."""
    return Content(_lines(asked, specification, lists), UTF8, asked.compressed)


def _lines(asked: Asked, specification: Json, lists: Mapping[str, Iterable[Json]]) -> Iterator[str]:
    marketplaces = {"marketplaceIds": [market.id for market in asked.markets]}
    yield '{"reportSpecification": ' + _text(specification | marketplaces)
    for name, items in lists.items():
        yield f', "{name}": ['
        comma = ""
        for item in items:
            yield comma + _text(item)
            comma = ", "
        yield "]"
    yield "}"


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def dates(asked: Asked) -> tuple[date, date]:
    """Return the first and the last day requested: Amazon ignores the times beside the dates."""
    return day_of(asked.start), day_of(asked.end)


def day_of(instant: float) -> date:
    """Return the day, by its date in UTC."""
    return datetime.fromtimestamp(instant, UTC).date()


def begin_of(day: date) -> int:
    """Return the instant at which a day's date begins in UTC."""
    return int(datetime.combine(day, datetime.min.time(), UTC).timestamp())


def days(first: date, last: date) -> Iterator[date]:
    """Yield the days from the first to the last."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def is_published(day: date, as_of: float, after: int = PUBLISHED) -> bool:
    """Say whether the figures of a day are there, so many seconds after its end."""
    return begin_of(day) + DAY + after <= as_of


def published_days(start: float, as_of: float, after: int = PUBLISHED) -> Iterator[date]:
    """Yield the complete days since ``start`` whose figures are there."""
    first = day_of(start - 1) + timedelta(days=1)
    for day in days(first, day_of(as_of)):
        if is_published(day, as_of, after):
            yield day


def sunday_of(day: date) -> date:
    """Return the first day of a day's week."""
    return day - timedelta(days=day.isoweekday() % 7)


def published_weeks(start: float, as_of: float) -> Iterator[tuple[date, date]]:
    """Yield the complete weeks since ``start`` whose figures are there, as Sunday and Saturday."""
    for day in published_days(start, as_of):
        if day.isoweekday() == 6 and begin_of(sunday_of(day)) >= start:  # noqa: PLR2004 - Saturday
            yield sunday_of(day), day


def snake(row: Json) -> Json:
    """Return a row with the names that records have: ``endDate`` is ``end_date``."""
    return {re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower(): row[name] for name in row}


def explanation(text: str) -> str:
    """Return the document of a FATAL analytics report."""
    return json.dumps({"errorDetails": text})

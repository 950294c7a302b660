"""Reads lists as Optiply does: filtered, sorted by id, and in pages."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from amazon_seller_sandbox.optiply.errors import Refused, parameter
from amazon_seller_sandbox.optiply.kinds import Moment, Text, Whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from amazon_seller_sandbox.optiply.entities import Entity
    from amazon_seller_sandbox.optiply.kinds import Kind
    from amazon_seller_sandbox.optiply.store import Thing

_DEFAULT_LIMIT, _MOST = 50, 100
_FILTER = re.compile(r"filter\[(\w+)\](?:\[(\w+)\])?")
_GIVEN: dict[str, Kind] = {
    "id": Whole(),
    "uuid": Text(),
    "accountId": Whole(),
    "createdAt": Moment(),
    "updatedAt": Moment(),
}


def _like(value: str, pattern: str) -> bool:
    """Compare as SQL does; what stands for anything is not documented."""
    parts = (re.escape(part) for part in pattern.split("%"))
    return re.fullmatch(".*".join(parts), value, re.DOTALL) is not None


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": operator.eq,
    "NEQ": operator.ne,
    "LIKE": _like,
    "LT": operator.lt,
    "LE": operator.le,
    "GT": operator.gt,
    "GE": operator.ge,
}


@dataclass(frozen=True, slots=True)
class _Filter:
    name: str
    comparison: str
    wanted: Any

    def passes(self, thing: Thing) -> bool:
        value = (thing.values | thing.given()).get(self.name)
        if value is None:
            return self.comparison == "NEQ"
        return _COMPARISONS[self.comparison](value, self.wanted)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list was requested."""

    limit: int
    offset: int
    descending: bool
    filters: tuple[_Filter, ...]


def _filter(entity: Entity, name: str, value: str) -> _Filter | None:
    found = _FILTER.fullmatch(name)
    if found is None:
        return None
    subject, comparison = found.group(1), found.group(2) or "EQ"
    kind = _GIVEN.get(subject)
    # That objects can be found by remoteId is not documented; strict: they cannot.
    if kind is None and subject in entity.fields and subject != "remoteId":
        kind = entity.fields[subject].kind
    if kind is None:
        raise Refused(parameter(name, f"{subject} is not an attribute that can be filtered by"))
    if comparison not in _COMPARISONS:
        raise Refused(parameter(name, f"the comparison is none of {', '.join(_COMPARISONS)}"))
    if comparison == "LIKE":
        if not isinstance(kind, Text):
            raise Refused(parameter(name, "only strings can be compared by LIKE"))
        return _Filter(subject, comparison, value)
    try:
        return _Filter(subject, comparison, kind.from_text(value))
    except ValueError as error:
        raise Refused(parameter(name, f"{value!r} {error}")) from error


def _whole(name: str, value: str, least: int) -> int:
    if not re.fullmatch("[0-9]{1,9}", value) or int(value) < least:
        raise Refused(parameter(name, f"is not a number of {least} or more"))
    return int(value)


def asked(entity: Entity, query: Iterable[tuple[str, str]]) -> Asked:
    """Read the query of a list.

    Raises:
        Refused: 400, naming the parameter. That unknown ones are refused is not documented; strict.
    """
    limit, offset, sort = _DEFAULT_LIMIT, 0, "id"
    filters: list[_Filter] = []
    for name, value in query:
        if name == "page[limit]":
            limit = _whole(name, value, 1)
        elif name == "page[offset]":
            offset = _whole(name, value, 0)
        elif name == "sort":
            sort = value
        elif found := _filter(entity, name, value):
            filters.append(found)
        else:
            raise Refused(parameter(name, "is not a parameter of this list"))
    if limit > _MOST:
        raise Refused(parameter("page[limit]", f"is more than {_MOST}"))
    if offset % limit:
        raise Refused(parameter("page[offset]", f"is not a multiple of the page's limit, {limit}"))
    if sort not in ("id", "-id"):
        raise Refused(parameter("sort", "is neither id nor -id"))
    return Asked(limit, offset, sort == "-id", tuple(filters))


def _passing(things: Iterable[Thing], wanted: Asked) -> Iterator[Thing]:
    return (each for each in things if all(test.passes(each) for test in wanted.filters))


def answer(
    things: Iterable[Thing], wanted: Asked, url: str, query: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """Return a page of objects that come by id; ``links.next`` is there while there are more."""
    found = sorted(_passing(things, wanted), key=lambda each: each.id, reverse=wanted.descending)
    end = wanted.offset + wanted.limit
    links = {}
    if len(found) > end:
        kept = [each for each in query if each[0] not in ("page[limit]", "page[offset]")]
        pages = [("page[limit]", str(wanted.limit)), ("page[offset]", str(end))]
        links["next"] = f"{url}?{urlencode([*kept, *pages])}"
    return {"data": [each.body() for each in found[wanted.offset : end]], "links": links}

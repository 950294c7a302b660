"""What a Data Kiosk query asks, and its text in GraphQL for a request.

Amazon's examples have one dataset and one query in it; whether several are allowed is not known, so one
is sent. Argument values are written into the text: createQuery takes no variables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date

Path = tuple[str, ...]
"""The names that lead to a field within a query, such as `("sales", "unitsOrdered")`."""

LONGEST_QUERY = 8_000
"""Characters of a query, without needless white space (Data Kiosk 2023-11-15, createQuery)."""
_TOKEN = re.compile(r"[A-Za-z_]\w*|[{}]")


@dataclass(frozen=True, slots=True)
class Field:
    """A field that is selected, and those within it."""

    name: str
    fields: tuple[Field, ...] = ()

    @override
    def __str__(self) -> str:
        return f"{self.name}{{{written(self.fields)}}}" if self.fields else self.name


def selection(text: str) -> tuple[Field, ...]:
    """The fields of a selection in GraphQL that has neither arguments nor fragments.

    >>> written(selection("startDate sales { unitsOrdered } endDate"))
    'startDate sales{unitsOrdered}endDate'
    """
    found, rest = _fields(_TOKEN.findall(text))
    if rest:
        raise ValueError(f"{text!r} has a brace too many")
    return found


def _fields(tokens: Sequence[str]) -> tuple[tuple[Field, ...], Sequence[str]]:
    """The fields up to the end of their braces, and what follows that."""
    found: list[Field] = []
    while tokens and tokens[0] != "}":
        if tokens[0] == "{":
            inner, tokens = _fields(tokens[1:])
            found[-1] = replace(found[-1], fields=inner)
        else:
            found.append(Field(tokens[0]))
        tokens = tokens[1:]
    return tuple(found), tokens


def written(fields: Sequence[Field]) -> str:
    """A selection without needless white space."""
    text = ""
    for field in fields:
        between = "" if not text or text.endswith("}") else " "
        text += f"{between}{field}"
    return text


def leaves(fields: Sequence[Field], within: Path = ()) -> Iterator[Path]:
    """The ways to all fields that have none within."""
    for field in fields:
        if field.fields:
            yield from leaves(field.fields, (*within, field.name))
        else:
            yield (*within, field.name)


def without(
    fields: Sequence[Field], left_out: Collection[Path], within: Path = ()
) -> tuple[Field, ...]:
    """A selection without some of its leaves, and without what has none left."""
    found = []
    for field in fields:
        way = (*within, field.name)
        if not field.fields and way not in left_out:
            found.append(field)
        elif field.fields and (inner := without(field.fields, left_out, way)):
            found.append(replace(field, fields=inner))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class KioskQuery:
    """A query, but for the days and marketplaces of a request.

    Attributes:
        dataset: The root field, with the version: `analytics_economics_2024_03_15`.
        name: The query in it, such as `economics`.
        fields: What is selected.
        arguments: Further arguments, as GraphQL writes them.
        needs: Fields, by dots, without which a row is of no use: what identifies it.
        takes_marketplaces: Whether it has the argument `marketplaceIds`; else it is of all that the
            account has.
        takes_currency: Whether it has the argument `currencyCode`, the currency of all amounts.
        days_ahead: Of a query about time to come: how many days from today on it covers.
        renamed: Properties of records that are not called as the field.
    """

    dataset: str
    name: str
    fields: tuple[Field, ...]
    arguments: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ("marketplaceId", "startDate", "endDate")
    takes_marketplaces: bool = True
    takes_currency: bool = False
    days_ahead: int = 0
    renamed: tuple[tuple[str, str], ...] = ()

    @property
    def source(self) -> str:
        """Amazon's names of the dataset and of the query in it."""
        return f"{self.dataset}.{self.name}"

    @property
    def leaves(self) -> tuple[Path, ...]:
        """The ways to all fields that are selected and have none within."""
        return tuple(leaves(self.fields))

    def text(
        self,
        days: tuple[date, date],
        marketplace_ids: Sequence[str],
        currency: str,
        left_out: Collection[Path] = (),
    ) -> str:
        """The query in GraphQL, without needless white space.

        Args:
            days: The first and the last day.
            marketplace_ids: The marketplaces, where the query takes them.
            currency: The currency code, where it takes one.
            left_out: Ways to fields that are not to be requested.
        """
        start, end = days
        given = {
            **dict(self.arguments),
            "startDate": f'"{start.isoformat()}"',
            "endDate": f'"{end.isoformat()}"',
        }
        if self.takes_marketplaces:
            ids = ",".join(f'"{each}"' for each in marketplace_ids)
            given["marketplaceIds"] = f"[{ids}]"
        if self.takes_currency:
            given["currencyCode"] = f'"{currency}"'
        arguments = " ".join(f"{name}:{value}" for name, value in sorted(given.items()))
        fields = written(without(self.fields, left_out))
        return f"{{{self.dataset}{{{self.name}({arguments}){{{fields}}}}}}}"

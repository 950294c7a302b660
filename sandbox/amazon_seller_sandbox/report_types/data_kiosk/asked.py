"""What a query asks: its root, its arguments and its selection, once the schema has allowed it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.world.world import Business, World

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Root:
    """A data set and the one query in it."""

    dataset: str
    name: str


@dataclass(frozen=True, slots=True)
class Selected:
    """What a query selects, at any depth: the names of the fields that have none within."""

    ways: frozenset[tuple[str, ...]]

    def below(self, *way: str) -> list[str]:
        """Return the names that are selected directly below a way."""
        depth = len(way)
        return sorted({each[depth] for each in self.ways if each[:depth] == way and each[depth:]})


@dataclass(frozen=True, slots=True)
class Asked:
    """One query to be answered: whose, and as of when; instants in seconds."""

    world: World
    business: Business
    root: Root
    arguments: dict[str, Any]
    selected: Selected
    created: float
    as_of: int
    without_rows: bool = field(default=False)
    """Whether the lists of views are empty though their totals are not, as has been seen."""

    @property
    def first(self) -> date:
        """Return the first day."""
        return date.fromisoformat(self.arguments["startDate"])

    @property
    def last(self) -> date:
        """Return the last day."""
        return date.fromisoformat(self.arguments["endDate"])

    def periods(self, granularity: str) -> Iterator[list[date]]:
        """Yield the days by day, week or month; what is not a complete week or month is left out.

        Ranges that begin or end within one are cut (Amazon's schemas).
        """
        if granularity == "RANGE":
            yield _days(self.first, self.last)
            return
        if granularity == "DAY":
            for day in _days(self.first, self.last):
                yield [day]
            return
        day = self.first
        while day <= self.last:
            end = _end_of(day, granularity)
            if _begins(day, granularity) and end <= self.last:
                yield _days(day, end)
            day = date.fromordinal(end.toordinal() + 1)


def _days(first: date, last: date) -> list[date]:
    return [date.fromordinal(each) for each in range(first.toordinal(), last.toordinal() + 1)]


def _begins(day: date, granularity: str) -> bool:
    return day.isoweekday() == 7 if granularity == "WEEK" else day.day == 1  # noqa: PLR2004 - Sunday


def _end_of(day: date, granularity: str) -> date:
    """Return the last day of the week, which is a Saturday, or of the month."""
    if granularity == "WEEK":
        return date.fromordinal(day.toordinal() + (6 - day.isoweekday()) % 7)
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)

"""Holes behind a bookmark: time of which Amazon says that the data requested is unavailable.

A FATAL report of Brand Analytics may say no more than "The requested data is unavailable. Please try a
different date range" (amzn/selling-partner-api-docs#2444): the data is late, or there is none. The
bookmark moves on, the state keeps the hole, and later syncs request it again, a few at a time. Pure
functions; nothing here calls Amazon.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.instants import parse_instant
from tap_amazon_seller.reports.requests.cancellations import PATIENCE
from tap_amazon_seller.reports.requests.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

FILLED_AFTER = timedelta(days=14)
"""What Amazon has not filled so long after a window, it does not fill any more."""
MOST_AT_ONCE = 4
"""So many reports of holes one sync requests of a report type and marketplace."""
CLOCK_CHANGE = timedelta(hours=1)
"""A day may be so much longer."""


@dataclass(frozen=True, slots=True, order=True)
class Hole:
    """A time of which Amazon has said that its data is unavailable.

    Attributes:
        window: The time.
        since: When Amazon said so first.
        asked: When it was requested last.
    """

    window: Window
    since: datetime
    asked: datetime

    @property
    def is_old(self) -> bool:
        """Whether Amazon has said the same for so long that there is no data, or none yet."""
        return self.asked - self.since >= PATIENCE


@dataclass(frozen=True, slots=True)
class Holes:
    """The holes of a report type in a marketplace.

    Attributes:
        unit: The shortest time that is requested by itself: a longer hole is requested in halves, for
            one day without data in it may be all that is wrong.
        every: The holes, oldest first; none overlaps another.
    """

    unit: timedelta = timedelta(days=1)
    every: tuple[Hole, ...] = field(default=())

    @classmethod
    def from_state(cls, value: object, unit: timedelta, oldest: datetime | None) -> Holes:
        """Read what `to_state` wrote, but for what ends before `oldest`, which nobody can fill."""
        found = []
        for entry in value if isinstance(value, list) else ():
            hole = _hole(entry)
            if hole and not (oldest and hole.window.end <= oldest):
                found.append(hole)
        return cls(unit, tuple(sorted(found)))

    def to_state(self) -> list[dict[str, Any]]:
        """What the state keeps."""
        return [
            {
                "start": hole.window.start.isoformat(),
                "end": hole.window.end.isoformat(),
                "since": hole.since.isoformat(),
                "asked": hole.asked.isoformat(),
            }
            for hole in self.every
        ]

    def cover(self, window: Window) -> bool:
        """Whether a window lies in holes, from its start to its end."""
        covered = window.start
        for hole in self.every:
            if hole.window.start <= covered < hole.window.end:
                covered = hole.window.end
        return covered >= window.end

    def is_without_data(self, window: Window) -> bool:
        """Whether a window that is still missing is taken as a time without data."""
        return all(
            self.is_settled(hole)
            for hole in self.every
            if _overlap(hole.window, window) is not None
        )

    def is_settled(self, hole: Hole) -> bool:
        """Whether a hole is taken as a time without data, and is merely looked after."""
        return hole.is_old and not self.is_long(hole)

    def is_long(self, hole: Hole) -> bool:
        """Whether a hole is requested in halves."""
        return hole.window.end - hole.window.start > self.unit + CLOCK_CHANGE

    def without(self, window: Window) -> Holes:
        """What is left once a window has been read.

        What was said of a long hole says nothing of a part of it, which is yet to be requested.
        """
        rest = tuple(
            hole if part == hole.window else Hole(part, hole.since, hole.since)
            for hole in self.every
            for part in _outside(hole.window, window)
        )
        return replace(self, every=rest)

    def seen(self, window: Window, now: datetime) -> Holes:
        """What is known after Amazon has said of a window that its data is unavailable.

        What it has said for `PATIENCE` is a time without data; it is requested once a day until
        `FILLED_AFTER`, and then forgotten.
        """
        new: list[Window] = [window]
        again = []
        for hole in self.every:
            inside = _overlap(hole.window, window)
            if inside is None:
                continue
            is_of_this = inside == window or not self.is_long(Hole(window, now, now))
            again.append(Hole(inside, hole.since, now if is_of_this else hole.asked))
            new = [part for piece in new for part in _outside(piece, inside)]
        kept = [
            hole
            for hole in again
            if not (self.is_settled(hole) and now - hole.window.end >= FILLED_AFTER)
        ]
        found = [*self.without(window).every, *kept, *(Hole(part, now, now) for part in new)]
        return replace(self, every=tuple(sorted(found)))

    def due(self, now: datetime, pause: timedelta = timedelta(0)) -> list[Hole]:
        """The holes to be requested again, those first that were not for longest.

        Args:
            now: The instant of the sync.
            pause: How long one waits at least, of a report type that Amazon limits.
        """
        waits = ((hole, PATIENCE if self.is_settled(hole) else pause) for hole in self.every)
        found = [hole for hole, wait in waits if hole.asked < now and now - hole.asked >= wait]
        return sorted(found, key=lambda hole: (hole.asked, hole.window))


def is_hole(entry: object) -> bool:
    """Whether an entry of a state is what `Holes.to_state` writes."""
    return _hole(entry) is not None


def _hole(entry: object) -> Hole | None:
    if not isinstance(entry, dict):
        return None
    start, end, since, asked = (
        parse_instant(text) if isinstance(text := entry.get(name), str) else None
        for name in ("start", "end", "since", "asked")
    )
    return Hole(Window(start, end), since, asked) if start and end and since and asked else None


def _overlap(one: Window, other: Window) -> Window | None:
    start, end = max(one.start, other.start), min(one.end, other.end)
    return Window(start, end) if start < end else None


def _outside(window: Window, taken: Window) -> Iterator[Window]:
    """The parts of a window that another one leaves."""
    if _overlap(window, taken) is None:
        yield window
        return
    if window.start < taken.start:
        yield Window(window.start, taken.start)
    if taken.end < window.end:
        yield Window(taken.end, window.end)

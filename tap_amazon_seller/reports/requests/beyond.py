"""What a partition's state keeps of windows about its bookmark, for report types that Amazon limits.

A bookmark stays before a window that is missing, while later ones are read. To request those again in
every sync would use up the limit, and so would asking all the time for what Amazon fills once a day, or
reading a look-back of a week every day: of 96 reports a day, 8 for each of a dozen marketplaces. So each
window is read again at a few ages alone. Pure functions; nothing here calls Amazon.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.instants import parse_instant
from tap_amazon_seller.reports.requests.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

AGAIN_AFTER = timedelta(hours=12)
"""A report that was not filled is requested again after this time: Amazon fills reports once a day (as
its support says of this one in amzn/selling-partner-api-models#5210)."""


SPARE = timedelta(days=3)
"""So much longer than its look-back it is known when a window was read: a limit may have it wait."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """The windows about a bookmark that need no request now.

    Attributes:
        read: Those that have been read.
        unfilled: Those whose report was not filled, and when it was requested.
        read_at: When the last window before the bookmark was read; None where that is not kept.
        read_on: When windows that are read again were read last, or were not available.
    """

    read: frozenset[Window] = frozenset()
    unfilled: Mapping[Window, datetime] = field(default_factory=dict)
    read_at: datetime | None = None
    read_on: Mapping[Window, datetime] = field(default_factory=dict)

    @classmethod
    def from_state(cls, value: object, now: datetime) -> Beyond:
        """Read what `to_state` wrote, without what makes no sense, or is to be requested again."""
        if not isinstance(value, dict):
            return cls()
        read = {window for window, _ in _windows(value.get("read"))}
        unfilled = {
            window: asked
            for window, asked in _windows(value.get("unfilled"))
            if asked and now - AGAIN_AFTER < asked <= now
        }
        read_at = value.get("read_at")
        return cls(
            frozenset(read),
            unfilled,
            parse_instant(read_at) if isinstance(read_at, str) else None,
            {window: at for window, at in _windows(value.get("read_on")) if at},
        )

    def to_state(self) -> dict[str, Any]:
        """What the state keeps."""
        state: dict[str, Any] = {}
        if self.read:
            state["read"] = [_ends(window) for window in sorted(self.read)]
        if self.unfilled:
            state["unfilled"] = _dated(self.unfilled)
        if self.read_at:
            state["read_at"] = self.read_at.isoformat()
        if self.read_on:
            state["read_on"] = _dated(self.read_on)
        return state

    def needs(self, window: Window | None) -> bool:
        """Whether a window's report has to be requested."""
        return window is None or not (window in self.read or window in self.unfilled)

    def after(
        self, window: Window, bookmark: datetime | None, now: datetime, *, is_read: bool | None
    ) -> Beyond:
        """What is known after a window.

        Args:
            window: The window.
            bookmark: Where the bookmark is now.
            now: The instant of the sync.
            is_read: Whether it was read; False where it was not filled, None where it is missing for
                another reason.
        """
        read, unfilled = set(self.read), dict(self.unfilled)
        if is_read:
            read.add(window)
        if is_read is not False:
            unfilled.pop(window, None)
        else:
            unfilled.setdefault(window, now)
        passed = bookmark is not None and window.end <= bookmark
        return Beyond(
            frozenset(one for one in read if bookmark is None or one.end > bookmark),
            {one: at for one, at in unfilled.items() if bookmark is None or one.end > bookmark},
            now if is_read and passed else self.read_at,
            self.read_on,
        )

    def noted(self, window: Window, oldest: datetime, now: datetime) -> Beyond:
        """What is known after a window that is to be read again later has been read.

        Args:
            window: The window.
            oldest: Windows that end before are not read again.
            now: The instant of the sync.
        """
        read_on = {one: at for one, at in self.read_on.items() if one.end > oldest}
        if window.end > oldest:
            read_on[window] = now
        return replace(self, read_on=read_on)

    def is_due_again(
        self, window: Window, delay: timedelta, ages: Iterable[timedelta], now: datetime
    ) -> bool:
        """Whether a window that has been read is to be read once more.

        Args:
            window: The window; where it is not known when it was read, that was when its data came.
            delay: How long after a window its data are there.
            ages: How long after that it is read again.
            now: The instant of the sync.
        """
        there = window.end + delay
        read = self.read_on.get(window, there)
        return any(read < there + age <= now for age in ages)


def revisits(ages: Iterable[timedelta], overlap: timedelta) -> list[timedelta]:
    """How long after its data are there a window is read again, within a look-back, and at its end.

    >>> [age.days for age in revisits([timedelta(days=1), timedelta(days=7)], timedelta(days=5))]
    [1, 5]
    """
    within = {age for age in ages if age < overlap}
    return sorted(within | ({overlap} if overlap else set()))


def _windows(value: object) -> Iterator[tuple[Window, datetime | None]]:
    for entry in value if isinstance(value, list) else ():
        texts = entry if isinstance(entry, list) else ()
        instants = [parse_instant(text) for text in texts if isinstance(text, str)]
        if len(instants) >= len(("start", "end")) and instants[0] and instants[1]:
            yield Window(instants[0], instants[1]), instants[2] if instants[2:] else None


def _dated(windows: Mapping[Window, datetime]) -> list[list[str]]:
    return [[*_ends(window), at.isoformat()] for window, at in sorted(windows.items())]


def _ends(window: Window) -> list[str]:
    return [window.start.isoformat(), window.end.isoformat()]

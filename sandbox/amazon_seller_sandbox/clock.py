"""Time in the sandbox: the clock that everything follows, and the time the data has reached.

Two times exist. The *clock* drives tokens, quotas, report states and URL expiry. The *data time*
says up to which instant orders and stock have happened; it stands still unless asked otherwise, so
that two syncs a minute apart see the same data.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Protocol

MINUTE = 60  # seconds
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock(Protocol):
    """Return the sandbox's time in seconds since 1970."""

    def now(self) -> float:
        """Return the current sandbox time."""
        ...

    def advance(self, seconds: float) -> None:
        """Jump forward."""
        ...

    def age(self, since: float) -> float:
        """Return how many seconds what was issued at an instant has lived for the client that holds it.

        These are the seconds of jumps and of the machine's time: a client's requests take as long as
        ever, and of a clock that runs fast a busy machine would find dead what Amazon lets live an hour.
        """
        ...


class RunningClock:
    """A clock that starts at ``start`` and runs ``factor`` times faster than the wall clock."""

    def __init__(self, start: float, factor: float = 1.0) -> None:
        """Start the clock."""
        self._start = start
        self._factor = factor
        self._began = time.monotonic()
        self._jumps: list[tuple[float, float]] = []

    def now(self) -> float:
        """Return the current sandbox time."""
        return self._start + (time.monotonic() - self._began) * self._factor

    def advance(self, seconds: float) -> None:
        """Jump forward."""
        self._jumps.append((self.now(), seconds))
        self._start += seconds

    def age(self, since: float) -> float:
        """Return the seconds of jumps, and of the machine's time, that have passed since an instant."""
        jumped = sum(seconds for before, seconds in self._jumps if before >= since)
        return jumped + (self.now() - since - jumped) / self._factor


class ManualClock:
    """A clock that moves only when asked to, for tests."""

    def __init__(self, start: float) -> None:
        """Set the clock."""
        self._now = start

    def now(self) -> float:
        """Return the current sandbox time."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Jump forward."""
        self._now += seconds

    def age(self, since: float) -> float:
        """Return the seconds that have passed since an instant."""
        return self._now - since


@dataclass(slots=True)
class DataTime:
    """The instant up to which the data has happened, as a function of the clock."""

    clock: Clock
    start: float
    live: bool = False
    _jumps: list[tuple[float, float]] = field(default_factory=list)

    def at(self, instant: float) -> int:
        """Return the data time, in full seconds, when the clock showed ``instant``."""
        if self.live:
            return int(instant)
        passed = sum(min(max(instant - begin, 0.0), length) for begin, length in self._jumps)
        return int(self.start + passed)

    def now(self) -> int:
        """Return the data time now."""
        return self.at(self.clock.now())

    def advance(self, seconds: float) -> None:
        """Move clock and data together."""
        self._jumps.append((self.clock.now(), seconds))
        self.clock.advance(seconds)


def iso(instant: float) -> str:
    """Write an instant as Amazon does: ``2025-12-02T11:59:18+00:00``."""
    return datetime.fromtimestamp(int(instant), UTC).isoformat()


def parse_instant(text: str) -> float:
    """Read an ISO 8601 date-time with offset.

    Raises:
        ValueError: the text is not a date-time, or has no offset.
    """
    if "T" not in text:
        message = f"{text!r} is not a date-time"
        raise ValueError(message)
    # A "+" in a query that nobody percent-encoded arrives as a space.
    moment = datetime.fromisoformat(text.replace(" ", "+"))
    if moment.tzinfo is None:
        message = f"{text!r} has no offset"
        raise ValueError(message)
    return moment.timestamp()


def http_date(instant: float) -> str:
    """Write an instant for the ``Date`` header."""
    return formatdate(instant, usegmt=True)


def utc(instant: float) -> str:
    """Write an instant as the vendor APIs do: ``2020-08-17T20:24:58Z``."""
    return f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%dT%H:%M:%SZ}"

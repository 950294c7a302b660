"""Amazon's time: what the sync calls now, and how it waits.

Report windows must not end in Amazon's future, and quotas refill by Amazon's clock, so the tap takes
the time from the `Date` header of Amazon's answers rather than from the machine it runs on. A clock
factor above 1 serves a sandbox whose clock runs faster: waits shrink by it.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol


class Clock(Protocol):
    """What the tap needs of time; tests inject their own."""

    def now(self) -> datetime:
        """Amazon's time, in UTC."""

    def monotonic(self) -> float:
        """Seconds of Amazon's time since an arbitrary start; never runs backwards."""

    def wait(self, seconds: float, wake: threading.Event | None = None) -> None:
        """Wait for `seconds` of Amazon's time, or until `wake` is set."""


class AmazonClock:
    """The clock of a sync: the machine's, corrected by Amazon's answers."""

    def __init__(self, factor: float = 1.0) -> None:
        self._factor = factor
        self._origin = time.monotonic()
        self._start = datetime.now(UTC)

    def now(self) -> datetime:
        """Amazon's time, in UTC; the machine's until the first answer has come."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds of Amazon's time since the clock was made."""
        return (time.monotonic() - self._origin) * self._factor

    def wait(self, seconds: float, wake: threading.Event | None = None) -> None:
        """Wait for `seconds` of Amazon's time, or until `wake` is set."""
        (wake or threading.Event()).wait(max(0.0, seconds) / self._factor)

    def synchronise(self, date_header: str) -> None:
        """Take Amazon's time from the `Date` header of an answer (RFC 9110, whole seconds)."""
        try:
            amazon_now = parsedate_to_datetime(date_header)
        except ValueError:
            return
        if amazon_now.tzinfo is None:
            amazon_now = amazon_now.replace(tzinfo=UTC)
        self._start = amazon_now - timedelta(seconds=self.monotonic())

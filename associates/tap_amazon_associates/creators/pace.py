"""The pace of calls and the daily quota of an account.

Amazon's rule, of PA-API and quoted by public clients for the Creators API ("api-rates"): one call a
second and 8,640 calls a day for 30 days, then one call a day more for every 5 cents and one a second
more, up to ten, for every 4,320 USD of shipped revenue in the last 30 days. (8,640 a day is an average
of 0.1 a second, not a limit of it.) When a day begins is not said: here it is the last 24 hours.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from tap_amazon_associates.errors import QuotaSpentError

if TYPE_CHECKING:
    from datetime import datetime

    from tap_amazon_associates.clock import Clock

CALLS_A_SECOND, CALLS_A_DAY = 1.0, 8_640
"""The tier of a new account."""
_DAY = timedelta(days=1)


class CallCounter(Protocol):
    """Remembers the calls of an account."""

    def count_call(self, account: str, at: datetime) -> None:
        """Count one call."""

    def calls_in_a_day(self, account: str, now: datetime) -> list[tuple[datetime, int]]:
        """The calls of the last 24 hours, by minute, the oldest first."""


class Pace:
    """Lets calls pass one after another. Safe to use from several threads.

    Attributes:
        account: Whose quota it is.
        calls: How many have passed.
    """

    def __init__(
        self,
        account: str,
        counter: CallCounter,
        clock: Clock,
        *,
        a_second: float = CALLS_A_SECOND,
        a_day: int = CALLS_A_DAY,
    ) -> None:
        self.account = account
        self._counter = counter
        self._clock = clock
        self._spacing = 1 / a_second
        self._a_day = a_day
        self._next = clock.monotonic()
        self._lock = threading.Lock()
        self.calls = 0

    def take(self) -> None:
        """Wait until the next call may be made, and count it.

        Raises:
            QuotaSpentError: The calls of a day have been made.
        """
        with self._lock:
            now = self._clock.now()
            recent = self._counter.calls_in_a_day(self.account, now)
            if sum(count for _, count in recent) >= self._a_day:
                until = recent[0][0] + _DAY + timedelta(minutes=1) if recent else now + _DAY
                raise QuotaSpentError(
                    f"The daily quota of {self._a_day} calls ('requests_per_day') is spent; the "
                    f"next call may be made at {until:%Y-%m-%d %H:%M} UTC.",
                    until,
                )
            wait = self._next - self._clock.monotonic()
            if wait > 0:
                self._clock.wait(wait)
            self._next = max(self._next, self._clock.monotonic()) + self._spacing
            self._counter.count_call(self.account, self._clock.now())
            self.calls += 1

"""Amazon's time: what callers call now, and how it waits.

Report windows must not end in Amazon's future, and quotas refill by Amazon's clock, so it takes
the time from the `Date` header of Amazon's answers rather than from the machine it runs on. A clock
factor above 1 serves a sandbox whose clock runs faster: waits shrink by it.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol

from amazon_selling_partner._machine import THIS_MACHINE

if TYPE_CHECKING:
    from amazon_selling_partner._machine import Event, Machine

logger = logging.getLogger(__name__)


class Clock(Protocol):
    """What calls need of time; tests inject their own."""

    def now(self) -> datetime:
        """Amazon's time, in UTC."""

    def monotonic(self) -> float:
        """Seconds of Amazon's time since an arbitrary start; never runs backwards."""

    def wait(self, seconds: float, wake: Event | None = None) -> None:
        """Wait for `seconds` of Amazon's time, or until `wake` is set."""


DISAGREEMENT = timedelta(minutes=1)
"""Amazon's servers keep better time than this; more is reported."""
REPORTED = timedelta(minutes=15)
"""A `Date` so far from the machine's clock is reported: AWS refuses requests that are as late."""
BELIEVED = timedelta(days=1)
"""One that is farther from it is not believed."""
FIRST_YEAR, LAST_YEAR = 1994, 2100
"""Amazon was founded in 1994; an earlier instant is none of its, and neither is one far ahead."""
MOST_MINUTES = 2880


class AmazonClock:
    """A clock: the machine's, corrected by Amazon's answers.

    Each answer says between which two instants Amazon's time lies (its server wrote the header after
    the call was sent and before the answer came), and the clock takes the earliest time that all
    answers allow. Where servers disagree, the earlier one is believed: a window that ends too early
    loses nothing, since the next sync continues from its end, but Amazon refuses one that ends too late.

    Args:
        factor: How many times faster than real time the server's clock runs; 1 is Amazon's.
        believed: How far from the machine's clock a `Date` is still believed; None for a stand-in, which
            may have any time.
        machine: Whose clock it is, and whose threads wait.
    """

    def __init__(
        self,
        factor: float = 1.0,
        believed: timedelta | None = BELIEVED,
        machine: Machine = THIS_MACHINE,
    ) -> None:
        self.machine = machine
        self._factor = factor
        self._believed = believed
        self._reported: set[str] = set()
        self._origin = machine.monotonic()
        self._earliest = self._latest = machine.now()  # Amazon's time at the origin
        self._synchronised = self._disagreed = False
        self._lock = threading.Lock()

    @property
    def factor(self) -> float:
        """How many times faster than real time this clock runs."""
        return self._factor

    def now(self) -> datetime:
        """Amazon's time, in UTC; the machine's until the first answer has come."""
        return self._earliest + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds of Amazon's time since the clock was made."""
        return (self.machine.monotonic() - self._origin) * self._factor

    def wait(self, seconds: float, wake: Event | None = None) -> None:
        """Wait for `seconds` of Amazon's time, or until `wake` is set."""
        (wake or self.machine.event()).wait(max(0.0, seconds) / self._factor)

    def synchronise(self, date_header: str, sent: float) -> None:
        """Take Amazon's time from the `Date` header of an answer that has just come.

        Args:
            date_header: RFC 9110, full seconds.
            sent: `monotonic()` when the call was sent.
        """
        amazon_now = _instant(date_header)
        if amazon_now is None or not self._is_credible(amazon_now):
            return
        earliest = amazon_now - timedelta(seconds=self.monotonic())
        latest = amazon_now + timedelta(seconds=1 - sent)
        with self._lock:
            if self._synchronised and earliest <= self._latest and latest >= self._earliest:
                self._earliest = max(self._earliest, earliest)
                self._latest = min(self._latest, latest)
                return
            gap = max(self._earliest - latest, earliest - self._latest)
            if self._synchronised and gap > DISAGREEMENT and not self._disagreed:
                self._disagreed = True
                logger.warning(
                    "Amazon's servers disagree about the time (Date header) by %d s; the earlier one "
                    "is believed.",
                    gap.total_seconds(),
                )
            if not self._synchronised or latest < self._earliest:
                self._earliest, self._latest = earliest, latest
            self._synchronised = True

    def _is_credible(self, amazon_now: datetime) -> bool:
        """Whether a time may be Amazon's; says once when it is odd."""
        if self._believed is None:
            return True
        gap = amazon_now - self.machine.now()
        credible = abs(gap) <= self._believed
        if abs(gap) > REPORTED:
            self._report(
                "Amazon's clock (Date header) is %s that of this machine; %s.",
                _far(gap),
                "Amazon's is used" if credible else "it is not believed, and the machine's is used",
            )
        return credible

    def _report(self, sentence: str, *words: str) -> None:
        with self._lock:
            if words[-1] in self._reported:
                return
            self._reported.add(words[-1])
        logger.warning(sentence, *words)


def _far(gap: timedelta) -> str:
    """How far one clock is from another, as a person says it."""
    minutes = abs(gap) / timedelta(minutes=1)
    amount = f"{minutes:.0f} minutes" if minutes < MOST_MINUTES else f"{minutes / 1440:.0f} days"
    return f"{amount} {'ahead of' if gap > timedelta(0) else 'behind'}"


def _instant(date_header: str) -> datetime | None:
    """The instant of a `Date` header; None where it is none, or of no year in which Amazon answers."""
    try:
        found = parsedate_to_datetime(date_header)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (OverflowError, TypeError, ValueError):
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None

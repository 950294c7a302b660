"""What Amazon cancels: for want of data, or because it was asked too often; it never says which.

Only what has been requested again and again, and cancelled each time, is taken to be without data:
"There are two ways a report can be cancelled: an explicit cancellation request before the report starts
processing, or an automatic cancellation if there is no data to return" (Amazon's model of the Reports
API, `processingStatus`); its FAQ names a third, reports that are made only once in a period.
Pure functions; nothing here calls Amazon.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.instants import parse_instant

if TYPE_CHECKING:
    from datetime import datetime

PATIENCE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class CancelledStreak:
    """The oldest data that is due of a report type and marketplace, while Amazon cancels it.

    Attributes:
        since: When that began; nothing else has been heard of the oldest data since then.
        until: The end of the time that was requested and cancelled; None for a snapshot.
        asked: When it was requested.
    """

    since: datetime
    until: datetime | None
    asked: datetime

    @classmethod
    def from_state(cls, value: object) -> CancelledStreak | None:
        """Read what `to_state` wrote; None when it makes no sense."""
        if not isinstance(value, dict):
            return None
        since, until, asked = (
            parse_instant(text) if isinstance(text := value.get(name), str) else None
            for name in ("since", "until", "asked")
        )
        return cls(since, until, asked) if since and asked else None

    def to_state(self) -> dict[str, Any]:
        """What the state keeps."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat() if self.until else None,
            "asked": self.asked.isoformat(),
        }

    def is_long(self, now: datetime) -> bool:
        """Whether it has lasted so long that it is not a failure, but a place without data."""
        return now - self.since >= PATIENCE


def cancelled(
    streak: CancelledStreak | None, end: datetime | None, now: datetime
) -> tuple[CancelledStreak, datetime | None]:
    """Amazon has cancelled a report that ends at `end` (None for a snapshot).

    Args:
        streak: What was known before.
        end: The end of the report's window, which follows what is due without a gap.
        now: The same instant for all reports that one sync reads.

    Returns:
        What is known now, and the instant up to which there is no data, if that can be said: all of
        it was requested `PATIENCE` ago already. What was requested since then may yet come.
    """
    if streak is None or (end and streak.until is None):
        return CancelledStreak(now, end, now), None
    if end is None or streak.until is None:
        return streak, None
    if streak.asked == now:
        return replace(streak, until=max(end, streak.until)), None
    if now - streak.asked < PATIENCE:
        return streak, None
    if end > streak.until:
        return CancelledStreak(streak.since, end, now), streak.until
    return streak, end

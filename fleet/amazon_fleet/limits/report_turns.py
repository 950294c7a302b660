"""Whose turn it is to request a report of a type that several accounts share: a pure rule.

The accounts that wait are served in the order in which they came. An account is seldom there at the
moment when the next report is free, since its visits are minutes apart; so the report is kept for the
first in the queue, the longer, the longer that one has waited, and then goes to whoever is there. Thus
nobody waits for ever, and a report that nobody comes for is not lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amazon_selling_partner import ReportLimit

DAY: Final = timedelta(days=1)
KEPT_AT_LEAST, KEPT_AT_MOST = timedelta(minutes=1), timedelta(hours=1)
KEPT_SHARE: Final = 0.25
"""Of the time that the first in the queue has waited, for which a free report is kept for it."""
FORGOTTEN: Final = timedelta(hours=6)
"""An account that has not been seen for so long has lost its place."""
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
"""After a refusal of Amazon's, and after many of them in a row."""
MOST_DOUBLINGS: Final = 10


@dataclass(frozen=True, slots=True)
class Used:
    """What has been requested of a report type.

    Attributes:
        times: When, in the last 24 hours, oldest first.
        refused: When Amazon last refused one.
        refusals: How many in a row.
    """

    times: tuple[datetime, ...] = ()
    refused: datetime | None = None
    refusals: int = 0

    def granted(self, now: datetime) -> Used:
        """What is used once one more is requested; refusals are over where the last one passed."""
        passed = bool(self.refused and self.times and self.times[-1] > self.refused)
        times = tuple(when for when in self.times if now - when < DAY)
        if passed:
            return Used((*times, now))
        return Used((*times, now), self.refused, self.refusals)

    def refused_now(self, now: datetime) -> Used:
        """What is used once Amazon has refused the last one, which it does not count."""
        return Used(self.times[:-1], now, self.refusals + 1)


@dataclass(frozen=True, slots=True)
class Waiter:
    """An account that waits, and since when."""

    account: str
    since: datetime


def free_at(used: Used, limit: ReportLimit, now: datetime, reports: int = 1) -> datetime:
    """When the next report of a type may be requested, or the last of so many."""
    ready = datetime.min.replace(tzinfo=now.tzinfo)
    if used.refused:
        wait = max(limit.interval, FIRST_WAIT * 2 ** min(used.refusals - 1, MOST_DOUBLINGS))
        ready = used.refused + min(wait, max(LONGEST_WAIT, limit.interval))
    times = list(used.times)
    for _ in range(reports):
        if times:
            ready = max(ready, times[-1] + limit.interval)
        if limit.a_day and len(times) >= limit.a_day:
            ready = max(ready, times[-limit.a_day] + DAY)
        times.append(max(ready, now))
    return ready


def seconds_until_turn(
    account: str, queue: Sequence[Waiter], used: Used, limit: ReportLimit, now: datetime
) -> float:
    """Seconds until an account may request a report; 0 for now, and then it is its turn.

    Args:
        account: One of the queue.
        queue: The accounts that wait, by when they came.
        used: What has been requested.
        limit: What Amazon allows.
        now: The time by the same clock.
    """
    place = next(at for at, waiter in enumerate(queue) if waiter.account == account)
    free = free_at(used, limit, now)
    if now < free or place == 0:
        return max(0.0, (free_at(used, limit, now, place + 1) - now).total_seconds())
    first = queue[0]
    waited = now - first.since
    kept = min(max(KEPT_AT_LEAST, KEPT_SHARE * waited), KEPT_AT_MOST)
    kept_until = max(free, first.since) + kept
    if now >= kept_until:
        return 0.0
    own = free_at(used, limit, now, place + 1)
    return max(1.0, (min(own, kept_until) - now).total_seconds())

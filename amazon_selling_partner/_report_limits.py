"""Limits of single report types, beside the bucket of createReport that all types share.

No header states them, and a 429 of createReport says as little as any other. So each type has a limit of
its own here: known from what Amazon has said, or learned from refusals. What is known of a type is data
that a caller can keep and give back (`to_state`), since most limits outlast a program.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from amazon_selling_partner._shared_limits import NOTHING_SHARED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_selling_partner._clock import Clock
    from amazon_selling_partner._shared_limits import SharedLimits

DAY = timedelta(days=1)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
"""After a refusal, and after many of them."""
ENOUGH_REFUSALS = 2
"""So many in a row of one type, while others are accepted, and it has a limit of its own."""
UNPROVEN_DOUBLINGS = 2
"""Of the first wait, where what all types share may be used up: others give it back within minutes."""
SHARED_AFTER = 2
"""So many types without a limit that are refused one after another have used up what all share."""


@dataclass(frozen=True, slots=True)
class ReportLimit:
    """What Amazon allows of one report type.

    Attributes:
        interval: The least time between two createReport calls.
        a_day: The most reports in 24 hours.
    """

    interval: timedelta
    a_day: int = 0

    @classmethod
    def per_hour(cls, reports: float) -> ReportLimit:
        """So many reports an hour, evenly."""
        return cls(timedelta(hours=1) / reports, max(1, round(24 * reports)))


REPORT_LIMITS: Mapping[str, ReportLimit] = {
    "GET_SALES_AND_TRAFFIC_REPORT": ReportLimit(timedelta(minutes=15), 96),
    "GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT": ReportLimit(timedelta(0), 20),
}
"""What is known.

Sources: amzn/selling-partner-api-models#5210 (since 2026-04-24: "once every 15 minutes", "96 requests
per day", of a seller over all applications, or of an application over all sellers: Amazon has said
both) and #5240 (about 20 reports a day are made, over all applications; the others wait in queue).
"""


@dataclass(slots=True)
class _Type:
    """What has become of the calls for one report type; instants are Amazon's."""

    limit: ReportLimit
    accepted: list[datetime] = field(default_factory=list)
    refused: datetime | None = None
    refusals: int = 0
    """In a row."""
    alone: int = 0
    """Of these, how many came while other types were accepted and none of them was refused."""
    are_others_accepted: bool = False
    """Since the last refusal."""


class ReportLimits:
    """The limits of an account's report types. Safe to use from several threads.

    Args:
        clock: Amazon's time.
        known: Limits by report type; other types are free until they are refused.
        shared: What other processes use up as well.
    """

    def __init__(
        self,
        clock: Clock,
        known: Mapping[str, ReportLimit] = REPORT_LIMITS,
        shared: SharedLimits = NOTHING_SHARED,
    ) -> None:
        self._clock = clock
        self._known = known
        self._shared = shared
        self._lock = threading.Lock()
        self._types = {name: _Type(limit) for name, limit in known.items()}
        self._last: dict[str, datetime] = {}  # accepted, of all types
        self._refused_in_a_row: set[str] = set()

    def load(self, state: object) -> None:
        """Take what `to_state` gave, once the clock has Amazon's time; nonsense is passed over."""
        for name, kept in state.items() if isinstance(state, dict) else ():
            if found := self._from_state(str(name), kept):
                with self._lock:
                    self._types[str(name)] = found

    def is_limited(self, report_type: str) -> bool:
        """Whether a type is known, or has been seen, to have a limit of its own.

        One that has merely been refused may have met a quota that other programs had used up.
        """
        with self._lock:
            found = self._types.get(report_type)
            has_own = report_type in self._known or bool(found and found.limit.interval)
        return has_own or self._shared.is_report_limited(report_type)

    def limit_of(self, report_type: str) -> ReportLimit | None:
        """What is known, or has been learned, of a type."""
        with self._lock:
            return found.limit if (found := self._types.get(report_type)) else None

    def limited(self) -> list[str]:
        """The types with limits of their own, and those that have been refused."""
        with self._lock:
            return list(self._types)

    def seconds_until_ready(self, report_type: str, calls: int = 1) -> float:
        """How long until a report of the type may be requested, or the last of so many; 0 for now."""
        now = self._clock.now()
        with self._lock:
            found = self._types.get(report_type)
            own = (_ready(found, now, calls) - now).total_seconds() if found else 0.0
        return max(0.0, own, self._shared.seconds_until_report(report_type, calls))

    def reserve(self, report_type: str) -> None:
        """Take the next report of what other processes use up as well.

        Raises:
            LimitSpentError: There is none now.
        """
        self._shared.reserve_report(report_type)

    def used(self, report_type: str) -> list[datetime]:
        """When reports of a type were requested in the last 24 hours, oldest first."""
        now = self._clock.now()
        with self._lock:
            found = self._types.get(report_type)
            return [when for when in found.accepted if now - when < DAY] if found else []

    def note_listed(self, report_type: str, instants: list[datetime]) -> None:
        """Take account of the reports of a day that Amazon lists, those of other programs among them."""
        with self._lock:
            found = self._types.get(report_type)
            if found and len(instants) > len(found.accepted):
                found.accepted = sorted(instants)

    def accept(self, report_type: str) -> None:
        """Amazon has accepted a call; from it a type that was refused several times has its interval.

        That is the time since the call that was accepted before, if that is not long ago and other types
        were accepted meanwhile: what other programs do with the quota that all share says nothing of it.
        """
        now = self._clock.now()
        with self._lock:
            self._refused_in_a_row.clear()
            self._last[report_type] = now
            for name, other in self._types.items():
                other.are_others_accepted |= name != report_type
            found = self._types.get(report_type)
            if found is None:
                return
            learned = now - found.accepted[-1] if found.accepted else DAY
            is_new = report_type not in self._known and found.alone >= ENOUGH_REFUSALS
            if is_new and learned <= LONGEST_WAIT:
                found.limit = ReportLimit(learned)
            found.refused, found.refusals, found.alone = None, 0, 0
            found.accepted = [when for when in found.accepted if now - when < DAY] + [now]

    def refuse(self, report_type: str) -> bool:
        """Amazon has refused a call with 429; says whether all types have to wait, not this one alone.

        What all share is used up where several types that have no limit are refused in a row.
        """
        now = self._clock.now()
        self._shared.report_refused(report_type)
        with self._lock:
            found = self._types.get(report_type)
            if found is None or (
                report_type in self._refused_in_a_row and not found.limit.interval
            ):
                self._refused_in_a_row.add(report_type)
            if found is None:
                last = [self._last[report_type]] if report_type in self._last else []
                found = self._types[report_type] = _Type(ReportLimit(timedelta(0)), last)
            found.refused = now
            found.refusals += 1
            found.alone += found.are_others_accepted
            found.are_others_accepted = False
            if report_type not in self._known:
                for name, other in self._types.items():
                    if name != report_type:
                        other.alone, other.are_others_accepted = 0, False
            if len(self._refused_in_a_row) < SHARED_AFTER:
                return False
            for name in self._refused_in_a_row - self._known.keys():
                self._types.pop(name, None)
            self._refused_in_a_row.clear()
            return True

    def to_state(self) -> dict[str, Any]:
        """What is worth keeping for another program: types that have been used or refused of late."""
        now = self._clock.now()
        with self._lock:
            return {
                name: _state_of(found, now)
                for name, found in sorted(self._types.items())
                if found.refusals or (found.accepted and now - found.accepted[-1] < DAY)
            }

    def _from_state(self, name: str, kept: object) -> _Type | None:
        """Read what `to_state` wrote; None when it makes no sense or is a day old."""
        if not isinstance(kept, dict):
            return None
        now = self._clock.now()
        times = kept.get("accepted")
        accepted = sorted(
            when
            for text in (times if isinstance(times, list) else ())
            if (when := _instant(text)) and now - DAY < when <= now
        )
        refused = _instant(kept.get("refused"))
        refusals, seconds = kept.get("refusals"), kept.get("interval")
        if refused is None or not now - DAY < refused <= now or not isinstance(refusals, int):
            refused, refusals = None, 0
        limit = self._known.get(name)
        if limit is None:
            if not (accepted or refused) or not isinstance(seconds, int | float):
                return None
            limit = ReportLimit(
                timedelta(seconds=min(max(0.0, seconds), LONGEST_WAIT.total_seconds()))
            )
        return _Type(limit, accepted, refused, max(0, refusals))


def _ready(found: _Type, now: datetime, calls: int) -> datetime:
    """When the last of so many calls may be made, if each is accepted."""
    limit = found.limit
    ready = now
    if found.refused:
        # Others use the limit up as well: what has been refused waits as long as it should have,
        # and longer with each refusal.
        most = 10 if found.alone or limit.interval else UNPROVEN_DOUBLINGS
        wait = max(limit.interval, FIRST_WAIT * 2 ** min(found.refusals - 1, most))
        ready = max(now, found.refused + min(wait, LONGEST_WAIT))
    times = [when for when in found.accepted if now - when < DAY]
    for _ in range(calls):
        if times:
            ready = max(ready, times[-1] + limit.interval)
        if limit.a_day and len(times) >= limit.a_day:
            ready = max(ready, times[-limit.a_day] + DAY)
        times.append(ready)
    return ready


def _state_of(found: _Type, now: datetime) -> dict[str, Any]:
    state: dict[str, Any] = {
        "accepted": [
            when.isoformat(timespec="seconds") for when in found.accepted if now - when < DAY
        ],
        "interval": round(found.limit.interval.total_seconds()),
    }
    if found.refused:
        state |= {
            "refused": found.refused.isoformat(timespec="seconds"),
            "refusals": found.refusals,
        }
    return state


def _instant(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None

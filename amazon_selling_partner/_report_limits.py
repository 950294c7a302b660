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
SECOND = timedelta(seconds=1)
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
    """What has become of the calls for one report type.

    Instants are seconds of `Clock.monotonic`: Amazon's time, of which `Date` has full seconds alone,
    becomes known better with each answer, so that `Clock.now` moves by more than has passed.
    """

    limit: ReportLimit
    accepted: list[float] = field(default_factory=list)
    refused: float | None = None
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
        self._last: dict[str, float] = {}  # accepted, of all types
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
        return self.waits(report_type, calls)[-1]

    def waits(self, report_type: str, calls: int) -> list[float]:
        """How many seconds until each of so many reports of the type may be requested; 0 for now."""
        now = self._clock.monotonic()
        with self._lock:
            found = self._types.get(report_type)
            own = [at - now for at in _ready(found, now, calls)] if found else [0.0] * calls
        shared = self._shared.seconds_until_report
        return [max(0.0, wait, shared(report_type, n)) for n, wait in enumerate(own, start=1)]

    def reserve(self, report_type: str) -> None:
        """Take the next report of what other processes use up as well.

        Raises:
            LimitSpentError: There is none now.
        """
        self._shared.reserve_report(report_type)

    def used(self, report_type: str) -> list[datetime]:
        """When reports of a type were requested in the last 24 hours, oldest first."""
        now, ours = self._clock.now(), self._clock.monotonic()
        with self._lock:
            found = self._types.get(report_type)
            accepted = _of_a_day(found.accepted, ours) if found else []
        return [now - timedelta(seconds=ours - when) for when in accepted]

    def note_listed(self, report_type: str, instants: list[datetime]) -> None:
        """Take account of the reports of a day that Amazon lists, those of other programs among them."""
        now, ours = self._clock.now(), self._clock.monotonic()
        with self._lock:
            found = self._types.get(report_type)
            if found and len(instants) > len(found.accepted):
                found.accepted = sorted(
                    ours - (now - instant).total_seconds() for instant in instants
                )

    def accept(self, report_type: str) -> None:
        """Amazon has accepted a call; from it a type that was refused several times has its interval.

        That is the time since the call that was accepted before, if that is not long ago and other types
        were accepted meanwhile: what other programs do with the quota that all share says nothing of it.
        """
        now = self._clock.monotonic()
        with self._lock:
            self._refused_in_a_row.clear()
            self._last[report_type] = now
            for name, other in self._types.items():
                other.are_others_accepted |= name != report_type
            found = self._types.get(report_type)
            if found is None:
                return
            learned = timedelta(seconds=now - found.accepted[-1]) if found.accepted else DAY
            is_new = report_type not in self._known and found.alone >= ENOUGH_REFUSALS
            if is_new and learned <= LONGEST_WAIT:
                found.limit = ReportLimit(learned)
            found.refused, found.refusals, found.alone = None, 0, 0
            found.accepted = [*_of_a_day(found.accepted, now), now]

    def refuse(self, report_type: str) -> bool:
        """Amazon has refused a call with 429; says whether all types have to wait, not this one alone.

        What all share is used up where several types that have no limit are refused in a row.
        """
        now = self._clock.monotonic()
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
        now, ours = self._clock.now(), self._clock.monotonic()
        with self._lock:
            return {
                name: _state_of(found, now, ours)
                for name, found in sorted(self._types.items())
                if found.refusals or _of_a_day(found.accepted[-1:], ours)
            }

    def _from_state(self, name: str, kept: object) -> _Type | None:
        """Read what `to_state` wrote; None when it makes no sense or is a day old."""
        if not isinstance(kept, dict):
            return None
        now, ours = self._clock.now(), self._clock.monotonic()

        def seconds(value: object) -> float | None:
            """An instant of the last day; a state's is rounded up to a second."""
            when = _instant(value)
            is_usable = when and now - DAY < when <= now + SECOND
            return ours - (now - when).total_seconds() if when and is_usable else None

        times = kept.get("accepted")
        texts = times if isinstance(times, list) else []
        accepted = sorted(when for text in texts if (when := seconds(text)) is not None)
        refused = seconds(kept.get("refused"))
        refusals, interval = kept.get("refusals"), kept.get("interval")
        if refused is None or not isinstance(refusals, int):
            refused, refusals = None, 0
        limit = self._known.get(name)
        if limit is None:
            is_known = accepted or refused is not None
            if not is_known or not isinstance(interval, int | float):
                return None
            limit = ReportLimit(
                timedelta(seconds=min(max(0.0, interval), LONGEST_WAIT.total_seconds()))
            )
        return _Type(limit, accepted, refused, max(0, refusals))


def _ready(found: _Type, now: float, calls: int) -> list[float]:
    """When each of so many calls may be made, if all before it are accepted."""
    limit, interval = found.limit, found.limit.interval.total_seconds()
    ready = now
    if found.refused is not None:
        # Others use the limit up as well: what has been refused waits as long as it should have,
        # and longer with each refusal.
        most = 10 if found.alone or interval else UNPROVEN_DOUBLINGS
        wait = max(limit.interval, FIRST_WAIT * 2 ** min(found.refusals - 1, most))
        ready = max(now, found.refused + min(wait, LONGEST_WAIT).total_seconds())
    times = _of_a_day(found.accepted, now)
    for _ in range(calls):
        if times:
            ready = max(ready, times[-1] + interval)
        if limit.a_day and len(times) >= limit.a_day:
            ready = max(ready, times[-limit.a_day] + DAY.total_seconds())
        times.append(ready)
    return times[-calls:]


def _of_a_day(accepted: list[float], now: float) -> list[float]:
    """The instants of the last 24 hours."""
    return [when for when in accepted if now - when < DAY.total_seconds()]


def _state_of(found: _Type, now: datetime, ours: float) -> dict[str, Any]:
    """What a state keeps of a type: instants of Amazon's, in full seconds and not too early."""

    def text(when: float) -> str:
        instant = now - timedelta(seconds=ours - when)
        if instant.microsecond:
            instant = instant.replace(microsecond=0) + SECOND
        return instant.isoformat(timespec="seconds")

    state: dict[str, Any] = {
        "accepted": [text(when) for when in _of_a_day(found.accepted, ours)],
        "interval": round(found.limit.interval.total_seconds()),
    }
    if found.refused is not None:
        state |= {"refused": text(found.refused), "refusals": found.refusals}
    return state


def _instant(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None

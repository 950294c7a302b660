"""The figures of a sync at one moment, and how people read them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from tap_amazon_seller.reports.fetch.states import ReportState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_amazon_seller.reports.fetch.states import ReportStatus

USUAL_GENERATION = 300.0
"""Seconds that Amazon is taken to need for a report, until one has been seen to be made."""
OVERRUN = 0.25
KILO = 1000


class GenerationTimes:
    """How long Amazon took to make the reports of this sync, from successive looks at them."""

    def __init__(self) -> None:
        self._started: dict[str, float] = {}
        self._seen: list[float] = []

    @property
    def typical(self) -> float:
        """Median seconds; `USUAL_GENERATION` before the first report."""
        return median(self._seen) if self._seen else USUAL_GENERATION

    def observe(self, statuses: Iterable[ReportStatus], now: float) -> None:
        """Note which reports Amazon has begun and finished.

        Reports that existed, and those that fail, say nothing.
        """
        for status in statuses:
            if status.state is ReportState.IN_PROGRESS:
                self._started[status.name] = now - status.seconds
            elif (started := self._started.pop(status.name, None)) is not None:
                finished = now - status.seconds if status.state is ReportState.DONE else now
                if status.state not in {ReportState.FAILED, ReportState.LEFT, ReportState.QUEUED}:
                    self._seen.append(max(0.0, finished - started))


def seconds_left(statuses: Iterable[ReportStatus], typical: float) -> float:
    """Seconds of Amazon's time until the last report is made, which is when a sync ends at the earliest.

    Amazon makes reports side by side, so the slowest counts. A report in progress takes what remains of
    the typical time, but no less than a quarter of what it has taken so far: the estimate grows with
    one that is late. A queued report takes the typical time from when the quota lets it be requested.
    Downloads and reading overlap with all that and count for nothing.
    """
    remaining = [0.0]
    for status in statuses:
        if status.state is ReportState.IN_PROGRESS:
            remaining.append(max(typical - status.seconds, status.seconds * OVERRUN))
        elif status.state is ReportState.QUEUED:
            remaining.append(max(0.0, status.asked_in or 0.0) + typical)
    return max(remaining)


@dataclass(frozen=True, slots=True)
class Progress:
    """The sync at one moment.

    Attributes:
        statuses: All reports of the sync.
        elapsed: Seconds of Amazon's time since it began.
        left: Such seconds until the last report is made, as estimated.
        records: Records that have been read.
        reading: The stream that is being read; empty where none is.
    """

    statuses: Sequence[ReportStatus]
    elapsed: float
    left: float
    records: int = 0
    reading: str = ""

    @property
    def counts(self) -> Counter[ReportState]:
        """Reports by state."""
        return Counter(status.state for status in self.statuses)

    @property
    def ended(self) -> int:
        """How many reports nothing is left to do for."""
        return sum(status.state.is_terminal for status in self.statuses)

    @property
    def share(self) -> str:
        """How much has been read, for the end of a bar: `58 %, 21,400 records, now order_items`."""
        parts = [f"{100 * self.ended // max(1, len(self.statuses))} %"]
        if self.records:
            parts.append(_records(self.records))
        if self.reading:
            parts.append(f"now {self.reading}")
        return ", ".join(parts)

    @property
    def summary(self) -> str:
        """One line for people; what matters most comes first, since it may be cut."""
        counts = self.counts
        unread = sum(not status.state.is_terminal for status in self.statuses)
        left = f", {time_left(self.left)} left" if unread else ""
        read = f"{counts[ReportState.READ]} of {len(self.statuses)} reports read"
        records = [_records(self.records)] if self.records else []
        others = [f"{counts[state]} {state}" for state in _SUMMARY_ORDER if counts[state]]
        return f"{duration(self.elapsed)}{left}; {', '.join([read, *records, *others])}"


_SUMMARY_ORDER = (
    ReportState.FAILED,
    ReportState.LEFT,
    ReportState.IN_PROGRESS,
    ReportState.QUEUED,
    ReportState.DOWNLOADING,
    ReportState.READY,
    ReportState.DONE,
)


def time_left(seconds: float) -> str:
    """An estimate, to the minute: `about 14 min`, `under a minute`, `about 3 h 10 min`."""
    hours, rest = divmod(minutes(seconds), 60)
    if hours:
        return f"about {hours} h {rest} min"
    return f"about {rest} min" if rest else "under a minute"


def duration(seconds: float) -> str:
    """Time that has passed: `0:07`, `12:40`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(count: float) -> str:
    """Bytes in decimal units: `812 B`, `12.4 MB`."""
    if count < KILO:
        return f"{count:.0f} B"
    for unit in ("kB", "MB"):
        count /= KILO
        if round(count, 1) < KILO:
            return f"{count:.1f} {unit}"
    return f"{count / KILO:.1f} GB"


def _records(count: int) -> str:
    return f"{count:,} {'record' if count == 1 else 'records'}"


def minutes(seconds: float) -> int:
    """Seconds in minutes, to the nearest."""
    return round(seconds / 60)

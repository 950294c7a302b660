"""Which reports a sync needs: (report type, marketplace, window), worked out from bookmarks.

Pure functions; nothing here calls Amazon.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_amazon_seller.marketplaces import Marketplace
    from tap_amazon_seller.reports.definitions import ReportDefinition


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A span of time, both ends in UTC and whole seconds. Neighbours share their boundary."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%dT%H:%M:%SZ} to {self.end:%Y-%m-%dT%H:%M:%SZ}"

    def halves(self) -> tuple[Window, Window]:
        """The window cut in two."""
        middle = (self.start + (self.end - self.start) / 2).replace(microsecond=0)
        return Window(self.start, middle), Window(middle, self.end)


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """One report that is needed.

    Attributes:
        definition: The report type.
        marketplace: Its one marketplace.
        window: The time that it covers; None for a snapshot.
        is_latest: Whether the window is the last of its plan, so that the next sync reads its end again.
    """

    definition: ReportDefinition
    marketplace: Marketplace
    window: Window | None = None
    is_latest: bool = False

    def __str__(self) -> str:
        span = f" for {self.window}" if self.window else ""
        return f"{self.definition.report_type} of {self.marketplace.country}{span}"

    def halves(self) -> tuple[ReportRequest, ReportRequest]:
        """Two requests that together cover the window.

        Raises:
            ValueError: A snapshot cannot be cut.
        """
        if self.window is None:
            raise ValueError(f"{self.definition.report_type} has no window")
        first, second = self.window.halves()
        return replace(self, window=first, is_latest=False), replace(self, window=second)


def midnight(instant: datetime) -> datetime:
    """The start of the day in UTC: where windows begin that no bookmark or setting anchors."""
    return instant.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def windows(
    definition: ReportDefinition, due_from: datetime, until: datetime, now: datetime
) -> tuple[list[Window], Window | None]:
    """Cut the time from `due_from` to `until` into windows that Amazon allows.

    `due_from` is the start date, or a bookmark less the overlap.

    Windows are anchored at their start, so that a rerun from the same bookmark asks for the same
    ones and can use reports that exist.

    Returns:
        The windows, oldest first, and the gap that Amazon can no longer fill, if there is one.
    """
    if definition.max_window is None:
        raise ValueError(f"{definition.report_type} is a snapshot and has no windows")
    start = due_from.astimezone(UTC).replace(microsecond=0)
    until = min(until, now).astimezone(UTC).replace(microsecond=0)
    gap = None
    if definition.retention:
        oldest = (now - definition.retention).replace(microsecond=0)
        if start < oldest:
            gap = Window(start, min(oldest, until))
            start = max(start, midnight(oldest))
    found = []
    while start < until:
        end = min(start + definition.max_window, until)
        found.append(Window(start, end))
        start = end
    return found, gap


def urgency(request: ReportRequest) -> datetime:
    """What to ask for first: snapshots (they take longest to come up), then the most overdue window."""
    return request.window.start if request.window else datetime.min.replace(tzinfo=UTC)

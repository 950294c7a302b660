"""Which reports a sync needs: (report type, marketplace, window), worked out from bookmarks.

Pure functions; nothing here calls Amazon.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    """One report that is needed. A snapshot has no window."""

    definition: ReportDefinition
    marketplace: Marketplace
    window: Window | None = None

    def __str__(self) -> str:
        span = f" for {self.window}" if self.window else ""
        return f"{self.definition.report_type} of {self.marketplace.country}{span}"


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
            start = oldest
    found = []
    while start < until:
        end = min(start + definition.max_window, until)
        found.append(Window(start, end))
        start = end
    return found, gap


def order_of_creation(requests: Iterable[ReportRequest]) -> list[ReportRequest]:
    """Each request once: snapshots first (they take longest to come up), then the oldest windows."""
    epoch = datetime.min.replace(tzinfo=UTC)
    return sorted(
        dict.fromkeys(requests),
        key=lambda request: request.window.start if request.window else epoch,
    )

"""The first and the last date of a report's rows, held against the time that the report is about.

Dates far outside are a sign that day and month are read in the wrong order, or that Amazon answers for
another time. Public tools have seen such rows; they are passed on, and reported.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tap_amazon_seller.reports.requests.windows import Window

TOLERANCE = timedelta(days=1)
"""Days are the marketplace's, and reports are said to be some hours off."""


class DatesSeen:
    """The first and the last of some dates in ISO 8601, or of instants in UTC."""

    def __init__(self) -> None:
        self.first = self.last = ""

    def add(self, first: Any, last: Any) -> None:
        """Take note of dates between two; None says nothing."""
        if first:
            self.first = min(self.first or first, first)
        if last:
            self.last = max(self.last, last)

    def outside(self, window: Window, now: datetime) -> bool:
        """Whether a date is before the window, or still to come, by more than the tolerance.

        Not after the window: rows have their latest date, which may be of today.
        """
        return bool(self.first) and (
            _instant(self.first) < window.start - TOLERANCE or _instant(self.last) > now + TOLERANCE
        )


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

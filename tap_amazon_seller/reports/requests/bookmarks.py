"""How far a sync has come in a partition: the rule that moves a bookmark.

A bookmark never passes data that has not been read, unless Amazon has cancelled the reports of it for so
long that there is none (see `cancellations`). Pure functions; nothing here calls Amazon.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from tap_amazon_seller.errors import ReportCancelledError
from tap_amazon_seller.reports.requests.cancellations import CancelledStreak, cancelled

if TYPE_CHECKING:
    from datetime import datetime

    from tap_amazon_seller.errors import ReportUnavailableError


class Outcome(Enum):
    """What became of one report of the plan."""

    READ = auto()
    """All of its records have been emitted."""
    CANCELLED = auto()
    """Amazon cancelled it: for want of data, or because it was requested too often."""
    UNAVAILABLE = auto()
    """It cannot be had in this sync."""

    @classmethod
    def of(cls, error: ReportUnavailableError | None) -> Outcome:
        """The outcome of reading a report that failed with this error, or None."""
        if error is None:
            return cls.READ
        return cls.CANCELLED if isinstance(error, ReportCancelledError) else cls.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sync has read of a partition, after each report of its plan, the oldest first.

    Attributes:
        bookmark: Where the partition's bookmark stood when the sync began.
        streak: What Amazon has been cancelling of the oldest data due; the state keeps it.
        is_unbroken: Whether everything so far has been read, or is without data.
        lacks_only_cancelled: Whether nothing so far is missing but what Amazon has cancelled.
    """

    bookmark: datetime | None = None
    streak: CancelledStreak | None = None
    is_unbroken: bool = True
    lacks_only_cancelled: bool = True

    def after(
        self, outcome: Outcome, end: datetime | None, now: datetime
    ) -> tuple[Reading, datetime | None]:
        """The reading after one more report.

        Args:
            outcome: What became of the report.
            end: The end of its window; None for a snapshot.
            now: The same instant for all reports that one sync reads.

        Returns:
            The reading, and the instant that the bookmark moves to; None where it stays.
        """
        streak = None if self.is_unbroken else self.streak
        lacks_only_cancelled, reached = False, None
        if outcome is Outcome.READ:
            lacks_only_cancelled, reached = self.is_unbroken, end
        elif outcome is Outcome.CANCELLED and self.lacks_only_cancelled:
            lacks_only_cancelled = True
            streak, reached = cancelled(self.streak, end, now)
        found = Reading(
            self.bookmark, streak, self.is_unbroken and reached == end, lacks_only_cancelled
        )
        is_ahead = reached and not (self.bookmark and reached <= self.bookmark)
        return found, reached if self.is_unbroken and is_ahead else None

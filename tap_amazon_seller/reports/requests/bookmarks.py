"""How far a sync has come in a partition: the rule that moves a bookmark.

A bookmark never passes data that has not been read, unless Amazon has cancelled the reports of it for so
long that there is none (see `cancellations`), or the state remembers the hole that it leaves (see
`holes`). Pure functions; nothing here calls Amazon.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from tap_amazon_seller.errors import ReportCancelledError, ReportDataUnavailableError
from tap_amazon_seller.reports.requests.cancellations import CancelledStreak, cancelled
from tap_amazon_seller.reports.requests.holes import Holes

if TYPE_CHECKING:
    from datetime import datetime

    from tap_amazon_seller.errors import ReportUnavailableError
    from tap_amazon_seller.reports.requests.windows import Window


NO_HOLES = Holes()


class Outcome(Enum):
    """What became of one report of the plan."""

    READ = auto()
    """All of its records have been emitted."""
    CANCELLED = auto()
    """Amazon cancelled it: for want of data, or because it was requested too often."""
    WITHOUT_DATA = auto()
    """Amazon says that the data requested is unavailable: late, or not there at all."""
    UNAVAILABLE = auto()
    """It cannot be obtained in this sync."""

    @classmethod
    def of(cls, error: ReportUnavailableError | None) -> Outcome:
        """The outcome of reading a report that failed with this error, or None."""
        if error is None:
            return cls.READ
        if isinstance(error, ReportDataUnavailableError):
            return cls.WITHOUT_DATA
        return cls.CANCELLED if isinstance(error, ReportCancelledError) else cls.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sync has read of a partition, after each report of its plan, the oldest first.

    Attributes:
        bookmark: Where the partition's bookmark stood when the sync began.
        streak: What Amazon has been cancelling of the oldest data due; the state keeps it.
        holes: What Amazon has said to be unavailable; the state keeps them.
        is_unbroken: Whether everything so far has been read, is a hole, or is without data.
        lacks_only_cancelled: Whether nothing so far is missing but what Amazon has cancelled.
    """

    bookmark: datetime | None = None
    streak: CancelledStreak | None = None
    holes: Holes = NO_HOLES
    is_unbroken: bool = True
    lacks_only_cancelled: bool = True

    def is_of_hole(self, window: Window | None) -> bool:
        """Whether a window is requested again, of which Amazon has said that it is unavailable."""
        is_behind = window and self.bookmark and window.end <= self.bookmark
        return bool(window and is_behind and self.holes.cover(window))

    def after(
        self, outcome: Outcome, window: Window | None, now: datetime
    ) -> tuple[Reading, datetime | None]:
        """The reading after one more report.

        Args:
            outcome: What became of the report.
            window: Its window; None for a snapshot.
            now: The same instant for all reports that one sync reads.

        Returns:
            The reading, and the instant that the bookmark moves to; None where it stays.
        """
        if self.is_of_hole(window):
            return replace(self, holes=self._holes_after(outcome, window, now)), None
        end = window.end if window else None
        streak = None if self.is_unbroken else self.streak
        lacks_only_cancelled, reached = False, None
        is_cancelled = outcome is Outcome.CANCELLED or (
            outcome is Outcome.WITHOUT_DATA and window is None
        )
        if is_cancelled and self.lacks_only_cancelled:
            lacks_only_cancelled = True
            streak, reached = cancelled(self.streak, end, now)
        elif outcome in {Outcome.READ, Outcome.WITHOUT_DATA}:
            lacks_only_cancelled, reached = self.is_unbroken, end
        holes = self.holes
        if outcome is not Outcome.CANCELLED:
            holes = self._holes_after(outcome, window, now)
        is_unbroken = self.is_unbroken and reached == end
        found = Reading(self.bookmark, streak, holes, is_unbroken, lacks_only_cancelled)
        is_ahead = reached and not (self.bookmark and reached <= self.bookmark)
        return found, reached if self.is_unbroken and is_ahead else None

    def _holes_after(self, outcome: Outcome, window: Window | None, now: datetime) -> Holes:
        """The holes after a report; one that is cancelled has no data either."""
        if window is None or outcome is Outcome.UNAVAILABLE:
            return self.holes
        if outcome is Outcome.READ:
            return self.holes.without(window)
        return self.holes.seen(window, now)

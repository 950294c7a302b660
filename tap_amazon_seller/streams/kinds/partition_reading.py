"""How far a sync has come in a partition of a planned stream, and what its state keeps of that."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.errors import (
    ReportCancelledError,
    ReportDataUnavailableError,
    ReportNotReadyError,
)
from tap_amazon_seller.reports.requests.beyond import Beyond
from tap_amazon_seller.reports.requests.bookmarks import Outcome, Reading

if TYPE_CHECKING:
    from datetime import datetime

    from tap_amazon_seller.errors import ReportUnavailableError
    from tap_amazon_seller.reports.requests.holes import Holes
    from tap_amazon_seller.reports.requests.windows import ReportRequest, Window

BEYOND = "beyond"
"""In the state of a partition: windows about its bookmark (see `beyond`)."""
CANCELLED = "cancelled"
"""In the state of a partition: what Amazon cancels there (see `cancellations`)."""
HOLES = "holes"
"""In the state of a partition: what Amazon says to be unavailable there (see `holes`)."""


@dataclass(slots=True)
class PartitionReading:
    """How far a sync has come in a partition.

    Attributes:
        requests: The reports that are yet to be read, oldest window first.
        reading: What has been read, for the rule that moves the bookmark.
        bookmark: Where the bookmark stood when the sync began.
        beyond: What is known of windows about the bookmark.
        keeps_beyond: Whether the state is to keep that.
        now: The same instant for all reports of the partition.
        reads_again: Whether windows before the bookmark are read again, one by one.
        reach: How far behind the bookmark a window may be due once more.
        due: The reports that are left for a later sync.
        is_ended: Whether all of it has been read, or left.
    """

    requests: deque[ReportRequest]
    reading: Reading
    bookmark: datetime | None
    beyond: Beyond
    keeps_beyond: bool
    now: datetime
    reads_again: bool = False
    reach: timedelta = timedelta(0)
    due: list[ReportRequest] = field(default_factory=list)
    is_ended: bool = False

    @classmethod
    def of_nothing(cls, now: datetime) -> PartitionReading:
        """That of a partition whose reports cannot be planned."""
        return cls(deque(), Reading(), None, Beyond(), keeps_beyond=False, now=now, is_ended=True)

    def is_before_bookmark(self, window: Window | None) -> bool:
        """Whether a window was read by an earlier sync, or is a hole that it has left."""
        return bool(window and self.bookmark and window.end <= self.bookmark)

    def has_been_read(self, window: Window | None) -> bool:
        """Whether a window was read by an earlier sync, and is requested for another stream."""
        is_behind = window and self.bookmark and window.end <= self.bookmark - self.reach
        return bool(is_behind and not self.reading.is_of_hole(window))

    def after(
        self, window: Window | None, error: ReportUnavailableError | None
    ) -> tuple[datetime | None, bool]:
        """Take note of what became of a window.

        Returns:
            The instant that the bookmark moves to, or None; and whether Amazon says that the window is
            unavailable.
        """
        outcome, moved_to = Outcome.of(error), None
        is_of_hole = self.reading.is_of_hole(window)
        is_read_again = self.reads_again and self.is_before_bookmark(window)
        if is_of_hole or not is_read_again:
            self.reading, moved_to = self.reading.after(outcome, window, self.now)
        if window and self.keeps_beyond:
            bookmark = moved_to or self.bookmark
            if not (is_of_hole or is_read_again):
                is_read = False if isinstance(error, ReportNotReadyError) else not error or None
                self.beyond = self.beyond.after(window, bookmark, self.now, is_read=is_read)
            self._note_when_read(window, error, bookmark)
        is_unavailable = outcome is Outcome.WITHOUT_DATA or (
            is_of_hole and outcome is Outcome.CANCELLED
        )
        return moved_to, is_unavailable

    def _note_when_read(
        self, window: Window, error: ReportUnavailableError | None, bookmark: datetime | None
    ) -> None:
        """Take note of a window that is to be read again at some age, or was not available."""
        is_told = error is None or isinstance(
            error, ReportNotReadyError | ReportDataUnavailableError
        )
        if self.reads_again and is_told and bookmark:
            self.beyond = self.beyond.noted(window, bookmark - self.reach, self.now)

    def is_without_data(
        self, window: Window | None, error: ReportUnavailableError, *, is_unavailable: bool
    ) -> bool:
        """Whether what is missing has been missing for so long that there is no data.

        Args:
            window: The window; None for a snapshot.
            error: Why it is missing.
            is_unavailable: Whether Amazon says that it is unavailable.
        """
        if window and is_unavailable:
            return self.reading.holes.is_without_data(window)
        streak = self.reading.streak
        is_cancelled = isinstance(error, ReportCancelledError | ReportDataUnavailableError)
        is_long = streak is not None and streak.is_long(self.now)
        return is_cancelled and self.reading.lacks_only_cancelled and is_long


def put_holes(state: dict[str, Any], holes: Holes) -> None:
    """Have the state of a partition know its holes."""
    if holes.every:
        state[HOLES] = holes.to_state()
    else:
        state.pop(HOLES, None)

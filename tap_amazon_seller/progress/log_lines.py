"""Progress as lines of a log."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, ClassVar

from tap_amazon_seller.progress.figures import minutes
from tap_amazon_seller.reports.fetch.states import ReportState

if TYPE_CHECKING:
    import logging

    from tap_amazon_seller.progress.figures import Progress

LOG_EVERY = 60.0  # seconds of Amazon's time between two lines in the log
LOOK_EVERY = 10.0
"""Such seconds between two looks at all reports, of which an account may have hundreds."""


class LogLines:
    """A line whenever the counts have changed, but no more than one a minute; and one at the end."""

    interval: ClassVar = 1.0
    at_least: ClassVar = LOOK_EVERY

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._counts: Counter[ReportState] = Counter()
        self._next = 0.0

    def show(self, progress: Progress, *, last: bool) -> None:
        """Log the figures, as text and as fields for logs in JSON."""
        counts = progress.counts
        if counts == self._counts or not (last or progress.elapsed >= self._next):
            return
        self._counts, self._next = counts, progress.elapsed + LOG_EVERY
        figures = {
            "reports": len(progress.statuses),
            **{state.value: counts[state] for state in ReportState},
            "minutes_left": minutes(progress.left),
            "records": progress.records,
        }
        text = " ".join(f"{key}={value}" for key, value in figures.items())
        self._logger.info("Progress: %s", text, extra=figures)

    def close(self) -> None:
        """Nothing stays open."""

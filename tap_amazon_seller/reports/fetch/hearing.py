"""Whether notifications report the ends of reports, so that polls may be few, and ends that came early.

Some notifications get lost, and a missing permission is silent at Amazon: so polls are few only once one
has come, never stop, and are as before where they find what notifications did not report.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from tap_amazon_seller.reports.fetch.job import FIRST_POLL

if TYPE_CHECKING:
    from tap_amazon_seller.reports.fetch.job import ReportJob
    from tap_amazon_seller.reports.fetch.sources import Answer

logger = logging.getLogger(__name__)

SAFETY_POLL = 300.0
"""Seconds after which a report is polled whose end a notification is to report."""
MOST_UNHEARD = 2
"""So many ends in a row that only polls have found, and notifications are not relied on."""
MOST_ENDS = 10_000
"""Ends of reports and queries that are kept until somebody looks for them."""
ENDED = frozenset({"DONE", "CANCELLED", "FATAL"})


class End(NamedTuple):
    """The end of a report or Data Kiosk query, as a notification reports it.

    Attributes:
        made_id: Amazon's id.
        is_query: Whether it is a query.
        answer: What a poll would have answered.
    """

    made_id: str
    is_query: bool
    answer: Answer

    def is_of(self, job: ReportJob) -> bool:
        """Whether it is the end of this one."""
        is_query = job.request.definition.query is not None
        return job.report_id == self.made_id and is_query == self.is_query


class Hearing:
    """What is known of notifications in a sync; used under the lock of the reports.

    Attributes:
        is_relied_on: Whether notifications come.
    """

    def __init__(self) -> None:
        self.is_relied_on = False
        self._unheard = 0
        self._ends: dict[str, End] = {}

    def keep(self, end: End) -> None:
        """Keep the end of a report that is not known: its createReport may not be answered yet."""
        if len(self._ends) < MOST_ENDS:
            self._ends[end.made_id] = end

    def take(self, job: ReportJob) -> End | None:
        """The end of a report, if it has come before the report was known."""
        end = self._ends.get(job.report_id)
        return self._ends.pop(job.report_id) if end and end.is_of(job) else None

    @property
    def first_poll(self) -> float:
        """Seconds after which a new report is polled."""
        return SAFETY_POLL if self.is_relied_on else FIRST_POLL

    def next_poll(self, job: ReportJob) -> float:
        """Seconds after which a report is polled again."""
        return SAFETY_POLL if self.is_relied_on and job.is_heard else job.poll_interval

    def confirm(self) -> bool:
        """A notification has come; whether it is the first that is relied on."""
        was_relied_on, self.is_relied_on, self._unheard = self.is_relied_on, True, 0
        return not was_relied_on

    def miss(self, job: ReportJob) -> bool:
        """A poll has found an end; whether notifications are not relied on any longer."""
        if not (self.is_relied_on and job.is_heard):
            return False
        self._unheard += 1
        if self._unheard < MOST_UNHEARD:
            return False
        logger.warning(
            "%d reports have ended without a notification; all are polled again. See "
            "'tap-amazon-seller notifications status'.", self._unheard,
        )  # fmt: skip
        return True

    def give_up(self) -> None:
        """Rely on polls alone, until a notification comes."""
        self.is_relied_on, self._unheard = False, 0

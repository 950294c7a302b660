"""How long a sync waits for report types that Amazon limits by themselves.

Such a type has a request in minutes, so that a back-fill of it takes days. A sync takes what comes
within its budget, and the rest is due: the next sync continues with it.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from tap_amazon_seller.reports.fetch.states import ReportState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amazon_selling_partner import Clock, ReportLimits
    from tap_amazon_seller.reports.fetch.job import ReportJob


class Budget:
    """What a sync may wait for.

    Args:
        limits: The limits of report types.
        clock: Amazon's time.
        patience: Seconds that the sync waits for types with limits of their own, from its first request.
    """

    def __init__(self, limits: ReportLimits, clock: Clock, patience: float) -> None:
        self._limits = limits
        self._clock = clock
        self._patience = patience
        self._until = math.inf

    def begin(self) -> None:
        """The sync begins to request reports."""
        self._until = min(self._until, self._clock.monotonic() + self._patience)

    @property
    def seconds_left(self) -> float:
        """How long it still waits; 0 for no longer."""
        return max(0.0, self._until - self._clock.monotonic())

    def is_limited(self, job: ReportJob) -> bool:
        """Whether a report's type has a limit of its own."""
        return self._limits.is_limited(job.report_type)

    def seconds_until_ready(self, job: ReportJob, place: int = 1) -> float:
        """How long until the report's type may be requested, or so many reports of it; 0 for now."""
        return self._limits.seconds_until_ready(job.report_type, place)

    def binds(self, job: ReportJob) -> bool:
        """Whether a report is one that the sync waits for and that its type's limit holds up."""
        return job.state in _WAITING and self.is_limited(job)

    def beyond(self, jobs: Iterable[ReportJob]) -> list[ReportJob]:
        """The reports, of all in the order of their requests, that the sync does not wait for."""
        left = self.seconds_left
        places: Counter[str] = Counter()
        found = []
        for job in jobs:
            if not self.binds(job):
                continue
            wait = 0.0
            if job.state is ReportState.QUEUED:
                places[job.report_type] += 1
                wait = self.seconds_until_ready(job, places[job.report_type])
            if wait > left or not (left or self._may_be_requested(job, wait)):
                found.append(job)
        return found

    def _may_be_requested(self, job: ReportJob, wait: float) -> bool:
        """Whether a sync without any patience requests a report all the same, to leave it."""
        return job.state is ReportState.QUEUED and wait <= 0


_WAITING = {ReportState.QUEUED, ReportState.IN_PROGRESS}

"""How long a sync waits for report types that Amazon limits by themselves.

Such a type has a request in minutes, so that a back-fill of it takes days. A sync takes what comes
within its budget, and the rest is due: the next sync continues with it.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from typing import TYPE_CHECKING

from tap_amazon_seller.reports.fetch.states import ReportState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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

    def seconds_until_ready(self, report_type: str, place: int = 1) -> float:
        """How long until a report of a type may be requested, or so many reports of it; 0 for now."""
        return self._limits.seconds_until_ready(report_type, place)

    def waits(self, queued: Sequence[ReportJob]) -> dict[ReportJob, float]:
        """How long until the types of reports allow each of them, requested in this order; 0 for now."""
        counts = Counter(job.report_type for job in queued)
        waits = {name: iter(self._limits.waits(name, count)) for name, count in counts.items()}
        return {job: next(waits[job.report_type]) for job in queued}

    def limited(self, jobs: Iterable[ReportJob]) -> list[ReportJob]:
        """The reports that Amazon has not made yet, and whose types have limits of their own."""
        is_limited = functools.cache(self._limits.is_limited)
        return [job for job in jobs if job.state in _WAITING and is_limited(job.report_type)]

    def beyond(self, jobs: Iterable[ReportJob]) -> list[ReportJob]:
        """The reports, of all `limited` in the order of their requests, that are not waited for."""
        left = self.seconds_left
        limited = self.limited(jobs)
        waits = self.waits([job for job in limited if job.state is ReportState.QUEUED])
        found = []
        for job in limited:
            wait = waits.get(job, 0.0)
            if wait > left or not (left or self._may_be_requested(job, wait)):
                found.append(job)
        return found

    def _may_be_requested(self, job: ReportJob, wait: float) -> bool:
        """Whether a sync without any patience requests a report all the same, to leave it."""
        return job.state is ReportState.QUEUED and wait <= 0


_WAITING = {ReportState.QUEUED, ReportState.IN_PROGRESS}

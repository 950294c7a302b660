"""The reports of a queue, for several threads: in which state each is, and who waits for it."""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from amazon_selling_partner import THIS_MACHINE
from tap_amazon_seller.reports.fetch.job import ReportJob
from tap_amazon_seller.reports.fetch.states import ReportState, next_state

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from amazon_selling_partner import Clock, Event, Machine, SellingPartnerError
    from tap_amazon_seller.errors import TapError
    from tap_amazon_seller.reports.fetch.budget import Budget
    from tap_amazon_seller.reports.requests.windows import ReportRequest


class JobList:
    """All reports of a queue, for several threads.

    Attributes:
        changed: Held while reports are changed, and notified when one was.
        unread: What has been requested and not read, by report id, as the state keeps it (see
            `reuse.remembered`).

    Args:
        clock: Amazon's time.
        budget: How long the sync waits for report types with limits of their own.
        left: How many syncs in a row have left a report type and marketplace without a request.
        machine: Whose threads change reports, and wait for changes.
    """

    def __init__(
        self,
        clock: Clock,
        budget: Budget,
        left: Mapping[str, object] = MappingProxyType({}),
        machine: Machine = THIS_MACHINE,
    ) -> None:
        self.changed = machine.condition()
        self.unread: dict[str, dict[str, Any]] = {}
        self._machine = machine
        self._clock = clock
        self._budget = budget
        self._left = left
        self._jobs: dict[ReportRequest, ReportJob] = {}
        self._wakes: list[Event] = []

    def __getitem__(self, request: ReportRequest) -> ReportJob:
        return self._jobs[request.as_one]

    def __iter__(self) -> Iterator[ReportJob]:
        """The reports, to be gone through while `changed` is held."""
        return iter(self._jobs.values())

    def join(
        self, requests: Mapping[ReportRequest, int], was_cancelled: Collection[ReportRequest]
    ) -> Iterator[ReportJob]:
        """Add the reports that are not there yet, each as it is taken, while `changed` is held.

        Args:
            requests: How many streams read each report.
            was_cancelled: Those that Amazon has cancelled in an earlier sync.
        """
        now = self._clock.monotonic()
        sizes = Counter(request.definition.report_type for request in requests)
        for request, readers in requests.items():
            if request in self._jobs:
                continue
            job = self._jobs[request] = ReportJob(
                request, readers, since=now, was_cancelled=request in was_cancelled
            )
            times = self._left.get(job.place)
            job.times_left = times if isinstance(times, int) else 0
            # Seldom ready as they are, types with limits of their own need not wait for others.
            job.plan_size = 0 if self._budget.is_limited(job) else sizes[job.report_type]
            yield job

    def waiting(self, state: ReportState) -> list[ReportJob]:
        """Reports in a state that somebody will read, the most urgent first."""
        with self.changed:
            jobs = [job for job in self._jobs.values() if job.state is state and job.readers > 0]
        return sorted(jobs, key=lambda job: job.urgency)

    def wake(self) -> Event:
        """An event that is set whenever a report has changed."""
        event = self._machine.event()
        with self.changed:
            self._wakes.append(event)
        return event

    def read(self, job: ReportJob, *, is_left: bool = False) -> None:
        """One stream has read a report, or leaves it for a later sync.

        After the last stream, its document's space is free.
        """
        with self.changed:
            job.readers -= 1
            job.is_left = job.is_left or is_left
            if job.readers <= 0:
                if job.document:
                    job.document.close()
                    job.document = None
                if not job.is_left:
                    self.unread.pop(job.report_id, None)
                if job.state not in {ReportState.FAILED, ReportState.DOWNLOADING}:
                    self.enter(job, ReportState.READ)

    def leave(self, job: ReportJob) -> None:
        """A report is left for a later sync, which finds it in the state if it has been requested."""
        self.enter(job, ReportState.LEFT)

    def leave_beyond_budget(self) -> None:
        """Leave the reports of limited types that do not come as long as the sync waits for them."""
        with self.changed:
            limited = self._budget.limited(self._jobs.values())
            limited.sort(key=lambda job: job.urgency)
            for job in self._budget.beyond(limited):
                self.leave(job)

    def fail(self, job: ReportJob, error: SellingPartnerError | TapError) -> None:
        """A report cannot be obtained in this sync."""
        with self.changed:
            self.unread.pop(job.report_id, None)
            job.error = error
            self.enter(job, ReportState.FAILED)

    def enter(self, job: ReportJob, state: ReportState, *, due: float = float("-inf")) -> None:
        """Change a report's state, as `TRANSITIONS` allows, and wake all who wait."""
        with self.changed:
            entered = next_state(job.state, state)
            if entered is not job.state:
                job.since = self._clock.monotonic()
            job.state = entered
            job.due = due
            self.notify()

    def notify(self) -> None:
        """Wake all who wait for a change."""
        with self.changed:
            self.changed.notify_all()
            for wake in self._wakes:
                wake.set()

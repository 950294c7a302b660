"""Many reports in flight: create ahead, poll together, download, within Amazon's quotas.

Threads move every report along (`workers`) while the streams wait for the documents they need.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from amazon_selling_partner import THIS_MACHINE
from tap_amazon_seller.errors import ReportDueError
from tap_amazon_seller.reports.fetch.budget import Budget
from tap_amazon_seller.reports.fetch.lifecycle import ReportJobs
from tap_amazon_seller.reports.fetch.sources import Sources
from tap_amazon_seller.reports.fetch.states import ReportState, ReportStatus
from tap_amazon_seller.reports.fetch.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime
    from pathlib import Path

    from amazon_selling_partner import Clock, Machine, SellingPartnerClient
    from tap_amazon_seller.reports.definitions import ReportDefinition
    from tap_amazon_seller.reports.fetch.hearing import End
    from tap_amazon_seller.reports.fetch.job import ReportJob
    from tap_amazon_seller.reports.requests.existing_queries import QueryListing
    from tap_amazon_seller.reports.requests.existing_reports import ReportListing
    from tap_amazon_seller.reports.requests.reuse import ExistingReport
    from tap_amazon_seller.reports.requests.windows import ReportRequest
    from tap_amazon_seller.reports.text.document import ReportDocument


BRIEF = 5.0
"""Seconds that a sync which leaves its reports waits for quota all the same."""
SOONEST, LATEST = timedelta(minutes=1), timedelta(minutes=15)
"""A report that is left is looked for again once it is twice as old as now, but within these bounds."""


class ReportQueue:
    """The reports of one account. `submit` what the sync needs, then request the `documents` of each.

    Args:
        client: The account's client.
        clock: Amazon's time.
        listing: The reports that Amazon has already.
        queries: The queries of Data Kiosk that it has already.
        timeout: How long Amazon may take over one report.
        patience: How long the sync waits for report types with limits of their own.
        leaves: Whether it waits neither for reports nor for quota, but leaves them for the next one.
        left: What such syncs have left without a request, as `left` has it: it comes first in this one.
        remember: Called with the reports that this sync has requested and not read; called by the thread
            that waits for documents.
        told: Those that the state has from the sync before.
        spool_path: Folder of downloaded documents; None for the system's.
        charset: Codec that the user insists on; None for the one that the download names.
        machine: Whose threads move reports along.
        ends: Notifications of ends of reports (see `Workers`); None where there are none.
    """

    def __init__(
        self,
        client: SellingPartnerClient,
        clock: Clock,
        *,
        listing: ReportListing,
        queries: QueryListing,
        timeout: timedelta,
        patience: timedelta,
        remember: Callable[[dict[str, Any]], None],
        leaves: bool = False,
        left: object = None,
        told: Mapping[str, Any] | None = None,
        spool_path: Path | None = None,
        charset: str | None = None,
        machine: Machine = THIS_MACHINE,
        ends: Callable[[], list[End]] | None = None,
    ) -> None:
        self._client = client
        self._clock = clock
        self._remember = remember
        self._leaves = leaves
        self._told: dict[str, Any] = dict(told or {})
        self._budget = Budget(client.report_limits, clock, patience.total_seconds())
        self._sources = Sources(client, clock)
        self._jobs = ReportJobs(
            client,
            clock,
            listing,
            timeout.total_seconds(),
            self._budget,
            queries=queries,
            left=left if leaves and isinstance(left, dict) else {},
            machine=machine,
        )
        self._workers = Workers(
            client,
            clock,
            self._jobs,
            self._budget,
            listing=listing,
            sources=self._sources,
            spool_path=spool_path,
            charset=charset,
            machine=machine,
            ends=ends,
        )

    # What streams ask

    def submit(
        self,
        requests: Mapping[ReportRequest, int],
        existing: Mapping[ReportRequest, ExistingReport] | None = None,
        was_cancelled: Collection[ReportRequest] = (),
    ) -> None:
        """Add the reports that the sync needs, with how many streams will read each; start on them.

        `existing` are the reports that stand in for some of them (see `existing_reports`),
        `was_cancelled` those that Amazon cancelled in the sync before.
        """
        self._jobs.add(requests, existing or {}, was_cancelled)
        self._budget.begin()
        self._jobs.leave_beyond_budget()
        self._workers.start()

    def documents(self, request: ReportRequest) -> list[ReportDocument]:
        """Wait for the documents of a submitted request: one, or several when Amazon's limits split it.

        A query has one for each page of its results, and none where there is no data.

        Raises:
            PermissionDeniedError: The application lacks the report type's role.
            ReportUnavailableError: The report cannot be obtained in this run.
            ReportDueError: The report is left for a later one.
        """
        job = self._jobs[request]
        with self._jobs.changed:
            job.awaited = True
            self._jobs.notify()
        self.wait_until(lambda: job.state.is_settled)
        if job.parts:
            return [found for part in job.parts for found in self.documents(part)]
        if job.error:
            raise job.error
        if job.state is ReportState.LEFT:
            raise ReportDueError(f"{request} is left for a later sync")
        found = [job.document] if job.document else []
        return found + self.documents(job.next_page) if job.next_page else found

    def left_out(self, definition: ReportDefinition) -> list[str]:
        """The fields that Amazon refuses in the queries of a definition, by their dotted ways."""
        return sorted(".".join(way) for way in self._sources.data_kiosk.left_out(definition))

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so that changes with the reports' states.

        Raises:
            Exception: A thread has failed.
        """
        while True:
            with self._jobs.changed:
                while (
                    not is_so()
                    and self._workers.error is None
                    and self._jobs.unread.keys() == self._told.keys()
                ):
                    self._jobs.changed.wait()
                if is_so():
                    return
                if self._workers.error is not None:
                    raise self._workers.error
            self.tell_unread()

    def is_finished(self, request: ReportRequest) -> bool:
        """Whether a request can be read, or will not be, without waiting for Amazon to make it.

        Where a sync waits for no quota either, that is so once it is downloaded.
        """
        with self._jobs.changed:
            job = self._jobs[request]
            if job.parts:
                return all(self.is_finished(part) for part in job.parts)
            if job.next_page and not job.error and not self.is_finished(job.next_page):
                return False
            is_made = job.state is ReportState.DONE and not job.fatal and not self._leaves
            return job.state.is_settled or is_made

    def is_downloaded(self, request: ReportRequest) -> bool:
        """Whether a request can be read at once, or will not be."""
        with self._jobs.changed:
            job = self._jobs[request]
            if job.parts:
                return all(self.is_downloaded(part) for part in job.parts)
            if job.next_page and not job.error and not self.is_downloaded(job.next_page):
                return False
            return job.state.is_settled

    def is_idle(self) -> bool:
        """Whether nothing moves on before Amazon makes a report, or a quota is there again."""
        with self._jobs.changed:
            return not any(job.readers > 0 and self._moves_on(job) for job in self._jobs)

    def _moves_on(self, job: ReportJob) -> bool:
        """Whether a report is requested or downloaded without a wait for Amazon."""
        source = self._sources.of(job.request)
        if job.state is ReportState.DOWNLOADING:
            return True
        if job.state is ReportState.DONE:
            return (
                bool(job.url)
                or self._client.seconds_until_ready(source.document_operation) <= BRIEF
            )
        if job.state is not ReportState.QUEUED:
            return False
        if job.failures:  # an answer that did not come is not a quota
            return True
        wait = max(
            job.due - self._clock.monotonic(),
            self._client.seconds_until_ready(source.create_operation),
            self._budget.seconds_until_ready(job.report_type),
        )
        return wait <= BRIEF

    def leave_unfinished(self) -> None:
        """Leave all reports for the next sync that are not there yet."""
        with self._jobs.changed:
            for job in self._jobs:
                if job.state in _UNFINISHED:
                    self._jobs.leave(job)

    def left(self) -> dict[str, int]:
        """How many syncs in a row have left each report type and marketplace without a request."""
        with self._jobs.changed:
            return {
                job.place: job.times_left + 1
                for job in self._jobs
                if self._leaves and job.is_left and not job.report_id
            }

    def readable_at(self, request: ReportRequest) -> datetime:
        """When a request that is left can be read at the earliest, as far as quotas say."""
        now = self._clock.now()
        with self._jobs.changed:
            own = self._jobs[request]
            if own.report_id:
                return now
            source = self._sources.of(own.request)
            queued = [
                job
                for job in self._jobs
                if job.is_left and not job.report_id and self._sources.of(job.request) is source
            ]
            queued.sort(key=lambda job: job.urgency)
            of_type = [job for job in queued if job.report_type == own.report_type]
        wait = max(
            self._client.seconds_until_ready(source.create_operation, 1 + queued.index(own)),
            self._budget.seconds_until_ready(own.report_type, 1 + of_type.index(own)),
        )
        return now + timedelta(seconds=wait)

    def worth_a_sync_at(self, request: ReportRequest) -> datetime:
        """When another sync may find a request that is left to be made, or may make it."""
        now = self._clock.now()
        with self._jobs.changed:
            job = self._jobs[request]
            created, document_id = job.created_at, job.document_id
        if not job.report_id or created is None:
            return self.readable_at(request)
        if document_id:
            document = self._sources.of(job.request).document_operation
            return now + timedelta(seconds=self._client.seconds_until_ready(document))
        return now + min(max(SOONEST, now - created), LATEST)

    def release(self, request: ReportRequest, *, is_left: bool = False) -> None:
        """One stream has read all documents of a request, or leaves it for a later sync.

        After the last stream, the documents' space is free.
        """
        job = self._jobs[request]
        self._jobs.read(job, is_left=is_left)
        for part in (*job.parts, *([job.next_page] if job.next_page else [])):
            self.release(part, is_left=is_left)

    def tell_unread(self) -> None:
        """Pass on which reports have been requested and not read, when that has changed."""
        with self._jobs.changed:
            unread = {report_id: dict(report) for report_id, report in self._jobs.unread.items()}
        if unread.keys() != self._told.keys():
            self._told = unread
            self._remember(unread)

    def progress(self) -> list[ReportStatus]:
        """Where every report stands, in the order in which they are requested."""
        now = self._clock.monotonic()
        with self._jobs.changed:
            jobs = sorted(self._jobs, key=lambda job: job.urgency)
            wanted = [job for job in jobs if job.state is ReportState.QUEUED]
            ready = {}
            for place, (job, wait) in enumerate(self._budget.waits(wanted).items(), start=1):
                create = self._sources.of(job.request).create_operation
                ready[job] = max(self._client.seconds_until_ready(create, place), wait)
            return [
                ReportStatus(
                    name=str(job.request),
                    state=job.state,
                    seconds=now - job.since,
                    report_id=job.report_id,
                    bytes_read=job.received,
                    asked_in=max(ready[job], job.due - now) if job in ready else None,
                )
                for job in jobs
                if not job.parts
            ]

    def close(self) -> None:
        """Stop the threads and give all documents' disk space back."""
        self._workers.stop()
        with self._jobs.changed:
            self._jobs.notify()
            for job in self._jobs:
                if job.document:
                    job.document.close()


_UNFINISHED = {ReportState.QUEUED, ReportState.IN_PROGRESS, ReportState.DONE}

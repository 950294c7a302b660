"""The threads that move reports along: one creates, one polls, two download, within Amazon's quotas.

What becomes of a report by Amazon's answers is in `lifecycle`.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from amazon_selling_partner import (
    BACKOFF_CAP,
    AmazonError,
    ExpiredUrlError,
    NotFoundError,
    PermissionDeniedError,
    Report,
    RetryableError,
    UnavailableError,
)
from tap_amazon_seller.errors import ReportUnavailableError, TapError
from tap_amazon_seller.reports.fetch.lifecycle import DOWNLOAD, ReportJobs
from tap_amazon_seller.reports.fetch.sources import of_report
from tap_amazon_seller.reports.fetch.states import ReportState
from tap_amazon_seller.reports.text import download

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from amazon_selling_partner import Clock, Machine, SellingPartnerClient, Thread
    from tap_amazon_seller.reports.fetch.budget import Budget
    from tap_amazon_seller.reports.fetch.hearing import End
    from tap_amazon_seller.reports.fetch.job import ReportJob
    from tap_amazon_seller.reports.fetch.sources import Answer, Sources
    from tap_amazon_seller.reports.requests.existing_reports import ReportListing
    from tap_amazon_seller.reports.requests.windows import ReportRequest
    from tap_amazon_seller.reports.text.document import ReportDocument

logger = logging.getLogger(__name__)

TOGETHER = 10.0  # seconds; reports due so soon after one another are polled at once
LISTING_MARGIN = timedelta(minutes=1)
LIST_FROM = 2
"""With as many reports due for a poll, one getReports is cheaper than a getReport for each."""
URL_LIFE = 240.0  # seconds; Amazon's presigned URLs live 300
DOWNLOADS = 2
"""Threads that download: one that waits for a slow document does not hold up the others."""
DOCUMENTS_AHEAD = 32  # downloaded and not yet read; each holds a file open
EXPLANATION_LINES, LONGEST_EXPLANATION = 3, 300
IDLE = 60.0  # seconds


class Workers:
    """The threads of a queue.

    Args:
        client: The account's client.
        clock: Amazon's time.
        jobs: The reports.
        budget: How long the sync waits for report types with limits of their own.
        listing: The reports that Amazon has already.
        sources: Where reports and queries are requested.
        spool_path: Folder of downloaded documents; None for the system's.
        charset: Codec that the user insists on; None for the one that the download names.
        machine: Whose threads they are.
        ends: Waits a while for notifications of ends, and answers those that have come; None where there
            are no notifications.

    Attributes:
        error: What has ended a thread; the others stop, too.
    """

    def __init__(
        self,
        client: SellingPartnerClient,
        clock: Clock,
        jobs: ReportJobs,
        budget: Budget,
        *,
        listing: ReportListing,
        sources: Sources,
        spool_path: Path | None,
        charset: str | None,
        machine: Machine,
        ends: Callable[[], list[End]] | None = None,
    ) -> None:
        self._ends = ends
        self.error: BaseException | None = None
        self._client = client
        self._clock = clock
        self._jobs = jobs
        self._budget = budget
        self._listing = listing
        self._sources = sources
        self._spool_path = spool_path
        self._charset = charset
        self._machine = machine
        self._stopped = False
        self._list_again = float("-inf")
        self._threads: list[Thread] = []

    def start(self) -> None:
        """Start the threads, if they do not run."""
        if not self._threads:
            steps = [self._create_next, self._poll_due, *(self._download_next,) * DOWNLOADS]
            if self._ends:
                steps.append(self._hear_next)
            for step in steps:
                work = partial(self._work, step)
                self._threads.append(self._machine.start(work, f"reports{step.__name__}"))

    def stop(self) -> None:
        """Have the threads end after what they are about."""
        self._stopped = True

    def _work(self, step: Callable[[], float]) -> None:
        """Take one step after the other; each answers how long there is nothing to do."""
        wake = self._jobs.wake()
        try:
            while not self._stopped:
                wake.clear()
                pause = step()
                if pause > 0 and not self._stopped:
                    self._clock.wait(pause, wake)
        except BaseException as error:  # noqa: BLE001 - raised again where the streams wait
            with self._jobs.changed:
                self.error = self.error or error
                self._stopped = True
                self._jobs.notify()

    def _pause(self, jobs: Iterable[ReportJob]) -> float:
        """Seconds until the first of these reports is due."""
        now = self._clock.monotonic()
        return min((max(0.0, job.due - now) for job in jobs), default=IDLE)

    def _create_next(self) -> float:
        self._jobs.leave_beyond_budget()
        wanted = self._jobs.waiting(ReportState.QUEUED)
        now = self._clock.monotonic()
        wait_of_type = functools.cache(self._wait_of_type)
        waits = []
        for job in wanted:
            create = self._sources.of(job.request).create_operation
            wait = max(job.due - now, wait_of_type(job.report_type, create))
            if wait <= 0:
                break
            waits.append(wait)
        else:
            return min(waits, default=IDLE)
        request, source = job.request, self._sources.of(job.request)
        try:
            report_id = self._jobs.attempt(
                job, source.create_operation, partial(source.create, request)
            )
        except AmazonError as error:
            if source.accepts_smaller(request, error):
                return 0.0
            if isinstance(error, PermissionDeniedError):
                self._refused(wanted, request, error)
            elif not self._jobs.cut(job, error.message):
                self._jobs.fail(job, ReportUnavailableError(f"{request}: {error}"))
        except ReportUnavailableError as error:
            self._jobs.fail(job, error)
        else:
            if report_id:
                job.attempts += 1
                self._jobs.created(job, report_id, self._clock.now(), request.options)
                logger.debug("%s created: %s.", job.name.capitalize(), request)
        return 0.0

    def _wait_of_type(self, report_type: str, create_operation: str) -> float:
        """Seconds until the next report of a type may be requested."""
        return max(
            self._budget.seconds_until_ready(report_type),
            self._client.seconds_until_ready(create_operation),
        )

    def _refused(
        self, wanted: Iterable[ReportJob], request: ReportRequest, error: PermissionDeniedError
    ) -> None:
        """Amazon refuses a report for want of a role: it would refuse all windows of that place."""
        for job in wanted:
            if (
                job.request.definition == request.definition
                and job.request.marketplace is request.marketplace
            ):
                self._jobs.fail(job, error)

    def _poll_due(self) -> float:
        self._jobs.leave_beyond_budget()
        jobs = self._jobs.waiting(ReportState.IN_PROGRESS)
        now = self._clock.monotonic()
        if not any(job.due <= now for job in jobs):
            ends = (self._budget.seconds_left for job in jobs if self._budget.is_limited(job))
            return min(self._pause(jobs), *ends, IDLE)
        due = [job for job in jobs if job.due <= now + TOGETHER]
        reports = [job for job in due if not job.request.definition.query]
        answers = self._poll_together(reports) if len(reports) >= LIST_FROM else {}
        for job in due:
            if self._stopped:
                break
            with self._jobs.polling(job) as is_under_way:
                if is_under_way:
                    self._poll(job, answers.get(job.report_id), now)
        return 0.0

    def _poll(self, job: ReportJob, answer: Answer | None, listed_at: float) -> None:
        """Move a report along by its state, which a listing has shown or a call of its own shows."""
        asked_at = listed_at if answer else self._clock.monotonic()
        source = self._sources.of(job.request)
        try:
            found = answer or self._jobs.attempt(
                job, source.state_operation, partial(source.answer, job.report_id)
            )
        except NotFoundError as error:
            self._jobs.lost(job, job.name, error)
        except AmazonError as error:
            self._jobs.fail(job, ReportUnavailableError(f"{job.request}: {error}"))
        else:
            if found:
                job.failures = 0
                self._jobs.polled(job, found, asked_at)

    def _hear_next(self) -> float:
        """Take in which reports have ended; while none is under way, nothing is waited for."""
        if self._ends is None or not self._jobs.waiting(ReportState.IN_PROGRESS):
            return IDLE
        try:
            found = self._ends()
        except TapError as error:
            logger.warning("%s Reports are polled.", error)
            self._ends = None
            self._jobs.stop_hearing()
            return IDLE
        for end in found:
            self._jobs.heard(end)
        return 0.0

    def _poll_together(self, jobs: list[ReportJob]) -> dict[str, Answer]:
        """The states of many reports by one getReports, when the quota has it; by report id."""
        now = self._clock.monotonic()
        if now < self._list_again or self._client.seconds_until_ready("getReports") > 0:
            return {}
        since = min(job.created_at for job in jobs if job.created_at) - LISTING_MARGIN
        try:
            listed = self._listing.answers([job.request for job in jobs], since, whole=False)
        except (AmazonError, RetryableError, UnavailableError) as error:
            self._list_again = now + BACKOFF_CAP
            logger.warning("%s; each report is requested by itself.", error)
            return {}
        answers = {}
        for answer in listed:
            with contextlib.suppress(RetryableError):  # what cannot be read is requested by itself
                report = Report.of(answer)
                answers[report.report_id] = of_report(report)
        return answers

    def _download_next(self) -> float:
        with self._jobs.changed:
            done = self._jobs.waiting(ReportState.DONE)
            now = self._clock.monotonic()
            job = self._next_download(done, now)
            if job is None:  # those that are due already wait for others to be read
                return self._pause(job for job in done if job.due > now)
            source = self._sources.of(job.request)
            if (wait := self._document_wait(job)) > 0:
                return wait
            self._jobs.enter(job, ReportState.DOWNLOADING)
            job.received = 0
        try:
            if not self._has_url(job):
                url = partial(source.document_url, job)
                job.url = self._jobs.attempt(job, source.document_operation, url) or ""
                job.url_until = self._clock.monotonic() + URL_LIFE
            found = (
                self._jobs.attempt(job, DOWNLOAD, partial(self._document, job)) if job.url else None
            )
        except NotFoundError as error:
            self._jobs.lost(job, f"the document of {job.name}", error)
        except AmazonError as error:
            self._jobs.fail(job, ReportUnavailableError(f"{job.request}: {error}"))
        except MemoryError:
            lacking = f"{job.request}: there was not enough memory to receive it; give the tap more"
            self._jobs.fail(job, ReportUnavailableError(lacking))
        else:
            if found:
                self._downloaded(job, found)
        return 0.0

    def _next_download(self, done: list[ReportJob], now: float) -> ReportJob | None:
        """The finished report to download next: one that a stream waits for, before all others."""
        due = [job for job in done if job.due <= now]
        # What has quota comes first: reports and queries have one each.
        due.sort(key=self._document_wait)
        awaited = [job for job in due if job.awaited or job.fatal]
        ahead = sum(job.document is not None for job in self._jobs)
        return next(iter(awaited or (due if ahead < DOCUMENTS_AHEAD else [])), None)

    def _document_wait(self, job: ReportJob) -> float:
        """Seconds until the quota has an address for a document; 0 where there is one."""
        if self._has_url(job):
            return 0.0
        return self._client.seconds_until_ready(self._sources.of(job.request).document_operation)

    def _has_url(self, job: ReportJob) -> bool:
        return bool(job.url) and self._clock.monotonic() < job.url_until

    def _document(self, job: ReportJob) -> ReportDocument:
        def received(size: int) -> None:
            job.received += size

        try:
            return download.download(
                self._client,
                job.document_id,
                job.url,
                spool_path=self._spool_path,
                charset=None if job.fatal else self._charset,
                default_charset=_default_charset(job),
                groups_by="" if job.fatal else job.request.definition.layout.groups_by,
                received=received,
                machine=self._machine,
            )
        except ExpiredUrlError:
            job.url = ""
            raise

    def _downloaded(self, job: ReportJob, found: ReportDocument) -> None:
        if job.fatal:
            with contextlib.closing(found):
                self._jobs.explained(job, _beginning(found))
            return
        with self._jobs.changed:
            if self._stopped or job.readers <= 0:
                found.close()
                # Who waits for it would take READ for a time without data, and pass it over.
                is_wanted = job.readers > 0
                self._jobs.enter(job, ReportState.LEFT if is_wanted else ReportState.READ)
            else:
                found.report_id = job.report_id
                job.document = found
                self._jobs.enter(job, ReportState.READY)


def _default_charset(job: ReportJob) -> str:
    """The charset of a document that names none: JSON Lines and explanations are in UTF-8."""
    is_utf8 = job.fatal or job.request.definition.query
    return "utf-8" if is_utf8 else job.request.marketplace.charset


def _beginning(found: ReportDocument) -> str:
    """What a document of a FATAL report says, as far as it can be read."""
    said: list[str] = []
    with contextlib.suppress(ReportUnavailableError):
        said += (line.strip() for line in itertools.islice(found.lines(), EXPLANATION_LINES))
    return " ".join(said)[:LONGEST_EXPLANATION]

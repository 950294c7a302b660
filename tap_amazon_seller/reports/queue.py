"""Many reports in flight: create ahead, poll together, download, within Amazon's quotas.

Threads move every report along while the streams wait for the documents they need: one creates, one
polls, two download. A report's life: QUEUED -> IN_PROGRESS -> DONE -> DOWNLOADING -> READY -> READ, or
FAILED with a reason. A call that is not answered is tried again later, and only its own report waits.
"""

from __future__ import annotations

import contextlib
import logging
import re
import threading
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import backoff

from tap_amazon_seller.client import BACKOFF_CAP, BACKOFF_FACTOR, MAX_TRIES
from tap_amazon_seller.errors import (
    AmazonError,
    ExpiredUrlError,
    NotFoundError,
    PermissionDeniedError,
    ReportCancelledError,
    ReportUnavailableError,
    RetryableError,
    TapError,
)
from tap_amazon_seller.progress import ReportState, ReportStatus
from tap_amazon_seller.reports import document, reuse
from tap_amazon_seller.reports.definitions import Span
from tap_amazon_seller.reports.job import FIRST_POLL, ReportJob
from tap_amazon_seller.reports.planner import urgency

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from tap_amazon_seller.client import SellingPartnerClient
    from tap_amazon_seller.clock import Clock
    from tap_amazon_seller.reports.document import ReportDocument
    from tap_amazon_seller.reports.listing import ReportListing
    from tap_amazon_seller.reports.planner import ReportRequest
    from tap_amazon_seller.reports.reuse import ExistingReport

T = TypeVar("T")
logger = logging.getLogger(__name__)

POLL_GROWTH = 1.8
LONGEST_POLL = 60.0
TOGETHER = 10.0  # seconds; reports due so soon after one another are polled at once
LISTING_MARGIN = timedelta(minutes=1)
LIST_FROM = 2
"""With as many reports due for a poll, one getReports is cheaper than a getReport for each."""
MAX_ATTEMPTS = 2  # createReport calls for a report that ends CANCELLED or FATAL, or is lost
GONE_TRIES = 3  # answers of 404 before a report or document is taken for lost
GIVE_UP_AFTER = 3 * MAX_TRIES
"""So many tries of one operation in a row without an answer, and it is given up for this sync."""
DOWNLOAD = "download"  # not an operation of SP-API: presigned URLs have a server of their own
URL_LIFE = 240.0  # seconds; Amazon's presigned URLs live 300
DOWNLOADS = 2
"""Threads that download: one that waits for a slow document does not hold up the others."""
DOCUMENTS_AHEAD = 32  # downloaded and not yet read; each holds a file open
RANGE_EXCEEDED = re.compile("range.*(exceed|upto|up to|limit)|exceed.*range", re.IGNORECASE)
EXPLANATION_LINES, LONGEST_EXPLANATION, EXPLANATION_TRIES = 3, 300, 3
IDLE = 60.0  # seconds
KNOWN_STATUSES = reuse.IN_PROGRESS | {"DONE", "CANCELLED", "FATAL"}


class ReportQueue:
    """The reports of one account. `submit` what the sync needs, then ask for the `documents` of each.

    Args:
        client: The account's client.
        clock: Amazon's time.
        listing: The reports that Amazon has already.
        timeout: How long Amazon may take over one report.
        remember: Told the reports that this sync has asked for and not read; called by the thread
            that waits for documents.
        spool_path: Folder of downloaded documents; None for the system's.
        charset: Codec that the user insists on; None for the one that the download names.
    """

    def __init__(
        self,
        client: SellingPartnerClient,
        clock: Clock,
        *,
        listing: ReportListing,
        timeout: timedelta,
        remember: Callable[[dict[str, Any]], None],
        spool_path: Path | None = None,
        charset: str | None = None,
    ) -> None:
        self._client = client
        self._clock = clock
        self._listing = listing
        self._timeout = timeout.total_seconds()
        self._remember = remember
        self._unread: dict[str, dict[str, Any]] = {}
        self._told: dict[str, dict[str, Any]] = {}
        self._spool_path = spool_path
        self._charset = charset
        self._jobs: dict[ReportRequest, ReportJob] = {}
        self._changed = threading.Condition()
        self._wakes: list[threading.Event] = []
        self._stopped = False
        self._error: BaseException | None = None
        self._failures: Counter[str] = Counter()
        self._throttled_since: dict[str, float] = {}
        self._list_again = float("-inf")
        self._threads: list[threading.Thread] = []

    # What streams ask

    def submit(
        self,
        requests: Mapping[ReportRequest, int],
        existing: Mapping[ReportRequest, ExistingReport] | None = None,
        silent: Collection[ReportRequest] = (),
    ) -> None:
        """Add the reports that the sync needs, with how many streams will read each; start on them.

        `existing` are the reports that stand in for some of them (see `listing`), `silent` those
        that Amazon cancelled in the sync before.
        """
        now = self._clock.monotonic()
        with self._changed:
            for request, readers in requests.items():
                if request not in self._jobs:
                    job = self._jobs[request] = ReportJob(
                        request, readers, since=now, silent=request in silent
                    )
                    if existing and request in existing:
                        self._take_up(job, existing[request])
            self._notify()
        if not self._threads:
            steps = (self._create_next, self._poll_due, *(self._download_next,) * DOWNLOADS)
            for step in steps:
                thread = threading.Thread(
                    target=self._work, args=(step,), name=f"reports{step.__name__}", daemon=True
                )
                self._threads.append(thread)
                thread.start()

    def documents(self, request: ReportRequest) -> list[ReportDocument]:
        """Wait for the documents of a submitted request: one, or several when Amazon's limits split it.

        Raises:
            PermissionDeniedError: The application lacks the report type's role.
            ReportUnavailableError: The report cannot be had in this run.
        """
        job = self._jobs[request]
        finished = {ReportState.READY, ReportState.READ, ReportState.FAILED}
        while True:
            with self._changed:
                job.awaited = True
                self._notify()
                while (
                    job.state not in finished
                    and self._error is None
                    and self._unread.keys() == self._told.keys()
                ):
                    self._changed.wait()
                if job.state in finished:
                    break
                if self._error is not None:
                    raise self._error
            self.tell_unread()
        if job.parts:
            return [found for part in job.parts for found in self.documents(part)]
        if job.error:
            raise job.error
        return [job.document] if job.document else []

    def release(self, request: ReportRequest) -> None:
        """One stream has read all documents of a request; after the last, their space is free."""
        job = self._jobs[request]
        with self._changed:
            job.readers -= 1
            if job.readers <= 0:
                if job.document:
                    job.document.close()
                    job.document = None
                self._unread.pop(job.report_id, None)
                if job.state not in {ReportState.FAILED, ReportState.DOWNLOADING}:
                    self._enter(job, ReportState.READ)
        for part in job.parts:
            self.release(part)

    def tell_unread(self) -> None:
        """Pass on which reports have been asked for and not read, when that has changed."""
        with self._changed:
            unread = {report_id: dict(report) for report_id, report in self._unread.items()}
        if unread.keys() != self._told.keys():
            self._told = unread
            self._remember(unread)

    def progress(self) -> list[ReportStatus]:
        """Where every report stands, in the order in which they are asked for."""
        now = self._clock.monotonic()
        with self._changed:
            jobs = sorted(self._jobs.values(), key=lambda job: urgency(job.request))
            wanted = [job for job in jobs if job.state is ReportState.QUEUED]
            ready = {
                job: self._client.seconds_until_ready("createReport", place)
                for place, job in enumerate(wanted, start=1)
            }
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
        self._stopped = True
        with self._changed:
            self._notify()
            for job in self._jobs.values():
                if job.document:
                    job.document.close()

    # The life of a report

    def _take_up(self, job: ReportJob, existing: ExistingReport) -> None:
        """Go on with a report that exists."""
        self._created(job, existing.report_id, existing.created, existing.options)
        if existing.status == "DONE":
            job.document_id = existing.document_id
            self._enter(job, ReportState.DONE)

    def _created(
        self,
        job: ReportJob,
        report_id: str,
        created_at: datetime,
        options: Mapping[str, str] | None,
    ) -> None:
        now = self._clock.monotonic()
        with self._changed:
            job.report_id = report_id
            job.created_at = created_at
            age = max(0.0, (self._clock.now() - created_at).total_seconds())
            job.deadline = now + self._timeout - age
            job.poll_interval = FIRST_POLL
            job.document_id = job.url = ""
            job.fatal = False
            job.received = 0
            if options is not None:
                self._unread[report_id] = reuse.remembered(job.request, options, created_at)
            job.failures = 0
            self._enter(job, ReportState.IN_PROGRESS, due=now + FIRST_POLL)

    def _judge(self, job: ReportJob, answer: dict[str, Any]) -> None:
        """Move a created report along by what Amazon says of it."""
        status, document_id = answer["processingStatus"], answer.get("reportDocumentId")
        now = self._clock.monotonic()
        if status in {"DONE", "FATAL"} and document_id:
            with self._changed:
                job.document_id = document_id
                job.fatal = status == "FATAL"
                self._enter(job, ReportState.DONE)
        elif status == "FATAL":
            self._explained(job, "")
        elif status == "CANCELLED":
            # For want of data or because it was asked too often; Amazon does not say which.
            self._ask_again_or_fail(
                job,
                ReportCancelledError(
                    f"{job.request}: Amazon cancelled report {job.report_id}, for want of data or "
                    "because it was asked too often"
                ),
            )
        elif now >= job.deadline:
            self._fail(
                job,
                ReportUnavailableError(
                    f"{job.request}: report {job.report_id} is still {status} after "
                    f"{self._timeout / 60:.0f} minutes ('report_timeout_minutes'); given up for now"
                ),
            )
        else:
            if status not in KNOWN_STATUSES and status != job.odd_status:
                job.odd_status = status
                logger.warning(
                    "%s: report %s has the status %s, which this tap does not know; waiting for it to "
                    "end.", job.request, job.report_id, status,
                )  # fmt: skip
            job.due = now + job.poll_interval
            job.poll_interval = min(job.poll_interval * POLL_GROWTH, LONGEST_POLL)

    def _explained(self, job: ReportJob, reason: str) -> None:
        """A report ended FATAL, with what its document says."""
        window = job.request.window
        too_long = (
            RANGE_EXCEEDED.search(reason)
            and window is not None
            and window.end - window.start > timedelta(days=1)
            and job.request.definition.span is Span.INSTANT  # halves of weeks are no weeks
        )
        if too_long:
            logger.info("%s covers too long a range (%s); cut in two.", job.request, reason)
            parts = job.request.halves()
            self.submit(dict.fromkeys(parts, job.readers))
            with self._changed:
                job.parts = parts
                self._unread.pop(job.report_id, None)
                self._enter(job, ReportState.READY)
            return
        self._ask_again_or_fail(
            job,
            ReportUnavailableError(
                f"{job.request}: report {job.report_id} ended FATAL"
                + (f" ({reason})" if reason else " without a reason")
            ),
        )

    def _ask_again_or_fail(
        self, job: ReportJob, error: ReportUnavailableError, *, was_made: bool = False
    ) -> None:
        """Ask once more; in a cool-down use the report that Amazon made before, or wait; else give up.

        `was_made` says that Amazon may have made the report, so that it counts for the cool-down.
        """
        definition = job.request.definition
        wait = 0.0
        with self._changed:
            self._unread.pop(job.report_id, None)
            job.passed_over.add(job.report_id)
        if definition.is_scheduled:  # Amazon alone makes it
            self._fail(job, error)
            return
        if definition.has_cool_down:
            now = self._clock.now()
            earlier = self._listing.made_before(job.request, job.passed_over, now)
            for one in earlier:
                if self._listing.stands_in(one, job.request, now):
                    logger.info("%s; using report %s instead.", error, one.report_id)
                    self._take_up(job, one)
                    return
            made = [one.created for one in earlier]
            if was_made and job.created_at:
                made.append(job.created_at)
            if made:
                wait = (max(made) + definition.max_age - now).total_seconds()
            elif isinstance(error, ReportCancelledError):
                self._fail(job, error)  # no report stands in the way: Amazon has no data
                return
        most = 1 if job.silent and isinstance(error, ReportCancelledError) else MAX_ATTEMPTS
        if job.attempts >= most or wait > self._timeout:
            self._fail(job, error)
            return
        logger.warning(
            "%s; asking again%s.", error, f" in {wait / 60:.0f} minutes" if wait > 0 else ""
        )
        with self._changed:
            job.failures = 0
            self._enter(job, ReportState.QUEUED, due=self._clock.monotonic() + wait)

    def _lost(self, job: ReportJob, what: str, error: NotFoundError) -> None:
        """A report or its document cannot be found: once may be a slip of Amazon's, more is a loss."""
        job.failures += 1
        if job.fatal:
            self._explained(job, "")
        elif job.failures < GONE_TRIES:
            self._later(job, f"{job.request}: {error}")
        else:
            self._ask_again_or_fail(
                job,
                ReportUnavailableError(f"{job.request}: Amazon has lost {what} ({error})"),
                was_made=True,
            )

    def _fail(self, job: ReportJob, error: TapError) -> None:
        with self._changed:
            self._unread.pop(job.report_id, None)
            job.error = error
            self._enter(job, ReportState.FAILED)

    # Calls, each tried once and then again later

    def _try(self, job: ReportJob, operation: str, call: Callable[[], T]) -> T | None:
        """The answer to a call for a report; None when it is to be tried later, or has been given up.

        Raises:
            AmazonError: Amazon refuses the call.
        """
        try:
            answer = call()
        except RetryableError as error:
            self._not_answered(job, operation, error)
            return None
        self._failures[operation] = 0
        self._throttled_since.pop(operation, None)
        return answer

    def _not_answered(self, job: ReportJob, operation: str, error: RetryableError) -> None:
        if error.throttled:
            # Another client of the account uses up the quota: that is waited for, not counted.
            now = self._clock.monotonic()
            if now - self._throttled_since.setdefault(operation, now) < self._timeout:
                wait = self._client.seconds_until_ready(operation)
                logger.warning("%s: %s; waiting %.0f s.", job.request, error, wait)
                self._back(job, wait)
                return
        job.failures += 1
        self._failures[operation] += 1
        given_up = self._failures[operation] >= GIVE_UP_AFTER
        if given_up and operation != DOWNLOAD and not self._has_answered():
            raise TapError(f"{error}; gave up after {GIVE_UP_AFTER} tries.")
        if job.fatal and job.failures >= EXPLANATION_TRIES:
            self._explained(job, "")
        elif job.failures < MAX_TRIES and not given_up:
            self._later(job, f"{job.request}: {error}")
        else:
            unavailable = ReportUnavailableError(
                f"{job.request}: {error}, however often it was tried"
            )
            if job.state is ReportState.DOWNLOADING and not given_up:
                self._ask_again_or_fail(job, unavailable, was_made=True)
            else:
                self._fail(job, unavailable)

    def _later(self, job: ReportJob, reason: str) -> None:
        """Come back to a report after a pause that grows with its failures."""
        wait = backoff.full_jitter(min(BACKOFF_CAP, BACKOFF_FACTOR * 2 ** (job.failures - 1)))
        logger.warning(
            "%s; try %d of %d follows in %.0f s.", reason, job.failures + 1, MAX_TRIES, wait
        )
        self._back(job, wait)

    def _back(self, job: ReportJob, wait: float) -> None:
        """Leave a report where it was before the call, for `wait` seconds."""
        state = ReportState.DONE if job.state is ReportState.DOWNLOADING else job.state
        with self._changed:
            self._enter(job, state, due=self._clock.monotonic() + wait)

    def _has_answered(self) -> bool:
        """Whether any report has come: then Amazon is there, and only some calls fail."""
        come = {ReportState.READY, ReportState.READ}
        with self._changed:
            return any(job.state in come for job in self._jobs.values())

    def _enter(self, job: ReportJob, state: ReportState, *, due: float = float("-inf")) -> None:
        """Change a report's state and wake all who wait."""
        with self._changed:
            if state is not job.state:
                job.since = self._clock.monotonic()
            job.state = state
            job.due = due
            self._notify()

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()
            for wake in self._wakes:
                wake.set()

    # The threads

    def _work(self, step: Callable[[], float]) -> None:
        """Take one step after the other; each answers how long there is nothing to do."""
        wake = threading.Event()
        with self._changed:
            self._wakes.append(wake)
        try:
            while not self._stopped:
                wake.clear()
                pause = step()
                if pause > 0 and not self._stopped:
                    self._clock.wait(pause, wake)
        except BaseException as error:  # noqa: BLE001 - raised again where the streams wait
            with self._changed:
                self._error = self._error or error
                self._stopped = True
                self._notify()

    def _in(self, state: ReportState) -> list[ReportJob]:
        """Reports in a state that somebody will read, the most urgent first."""
        with self._changed:
            jobs = [job for job in self._jobs.values() if job.state is state and job.readers > 0]
        return sorted(jobs, key=lambda job: urgency(job.request))

    def _pause(self, jobs: Iterable[ReportJob]) -> float:
        """Seconds until the first of these reports is due."""
        now = self._clock.monotonic()
        return min((max(0.0, job.due - now) for job in jobs), default=IDLE)

    def _create_next(self) -> float:
        wanted = self._in(ReportState.QUEUED)
        now = self._clock.monotonic()
        job = next((job for job in wanted if job.due <= now), None)
        if job is None:
            return self._pause(wanted)
        if (wait := self._client.seconds_until_ready("createReport")) > 0:
            return wait
        request = job.request
        definition = request.definition
        asked = request.asked_window
        if definition.reach:
            now_there = self._clock.now().replace(microsecond=0)
            asked = now_there - definition.reach, now_there
        try:
            report_id = self._try(
                job,
                "createReport",
                lambda: self._client.create_report(
                    definition.report_type,
                    request.marketplace.id,
                    asked,
                    request.options,
                ),
            )
        except PermissionDeniedError as error:
            self._refused(wanted, request, error)
        except AmazonError as error:
            self._fail(job, ReportUnavailableError(f"{request}: {error}"))
        else:
            if report_id:
                job.attempts += 1
                logger.info("Report %s created: %s.", report_id, request)
                self._created(job, report_id, self._clock.now(), request.options)
        return 0.0

    def _refused(
        self, wanted: Iterable[ReportJob], request: ReportRequest, error: PermissionDeniedError
    ) -> None:
        """Amazon refuses a report for want of a role: it would refuse all windows of that place."""
        for job in wanted:
            if (
                job.request.definition == request.definition
                and job.request.marketplace is request.marketplace
            ):
                self._fail(job, error)

    def _poll_due(self) -> float:
        jobs = self._in(ReportState.IN_PROGRESS)
        now = self._clock.monotonic()
        if not any(job.due <= now for job in jobs):
            return self._pause(jobs)
        due = [job for job in jobs if job.due <= now + TOGETHER]
        answers = self._poll_together(due) if len(due) >= LIST_FROM else {}
        for job in due:
            if self._stopped:
                break
            try:
                answer = answers.get(job.report_id) or self._try(
                    job, "getReport", partial(self._client.report, job.report_id)
                )
            except NotFoundError as error:
                self._lost(job, f"report {job.report_id}", error)
            except AmazonError as error:
                self._fail(job, ReportUnavailableError(f"{job.request}: {error}"))
            else:
                if answer:
                    job.failures = 0
                    self._judge(job, answer)
        return 0.0

    def _poll_together(self, jobs: list[ReportJob]) -> dict[str, dict[str, Any]]:
        """The states of many reports by one getReports, when the quota has it; by report id."""
        now = self._clock.monotonic()
        if now < self._list_again or self._client.seconds_until_ready("getReports") > 0:
            return {}
        since = min(job.created_at for job in jobs if job.created_at) - LISTING_MARGIN
        try:
            listed = self._listing.answers([job.request for job in jobs], since)
            return {
                str(answer["reportId"]): answer
                for answer in listed
                if answer.keys() >= {"reportId", "processingStatus"}
            }
        except (AmazonError, RetryableError) as error:
            self._list_again = now + BACKOFF_CAP
            logger.warning("%s; each report is asked for by itself.", error)
            return {}

    def _download_next(self) -> float:
        with self._changed:
            done = self._in(ReportState.DONE)
            now = self._clock.monotonic()
            job = self._next_download(done, now)
            if job is None:  # those that are due already wait for others to be read
                return self._pause(job for job in done if job.due > now)
            if not self._has_url(job):
                wait = self._client.seconds_until_ready("getReportDocument")
                if wait > 0:
                    return wait
            self._enter(job, ReportState.DOWNLOADING)
            job.received = 0
        try:
            if not self._has_url(job):
                job.url = self._try(job, "getReportDocument", partial(self._url, job)) or ""
                job.url_until = self._clock.monotonic() + URL_LIFE
            found = self._try(job, DOWNLOAD, partial(self._document, job)) if job.url else None
        except NotFoundError as error:
            self._lost(job, f"the document of report {job.report_id}", error)
        except AmazonError as error:
            self._fail(job, ReportUnavailableError(f"{job.request}: {error}"))
        else:
            if found:
                self._downloaded(job, found)
        return 0.0

    def _next_download(self, done: list[ReportJob], now: float) -> ReportJob | None:
        """The finished report to download next: one that a stream waits for, before all others."""
        due = [job for job in done if job.due <= now]
        awaited = [job for job in due if job.awaited or job.fatal]
        ahead = sum(job.document is not None for job in self._jobs.values())
        return next(iter(awaited or (due if ahead < DOCUMENTS_AHEAD else [])), None)

    def _has_url(self, job: ReportJob) -> bool:
        return bool(job.url) and self._clock.monotonic() < job.url_until

    def _url(self, job: ReportJob) -> str:
        restricted = job.request.definition.is_restricted
        return self._client.report_document_url(job.document_id, restricted=restricted)

    def _document(self, job: ReportJob) -> ReportDocument:
        def received(size: int) -> None:
            job.received += size

        try:
            return document.download(
                self._client,
                job.document_id,
                job.url,
                spool_path=self._spool_path,
                charset=None if job.fatal else self._charset,
                default_charset="utf-8" if job.fatal else job.request.marketplace.charset,
                groups_by="" if job.fatal else job.request.definition.groups_by,
                received=received,
            )
        except ExpiredUrlError:
            job.url = ""
            raise

    def _downloaded(self, job: ReportJob, found: ReportDocument) -> None:
        if job.fatal:
            with contextlib.closing(found):
                self._explained(job, _beginning(found))
            return
        with self._changed:
            if self._stopped or job.readers <= 0:
                found.close()
                self._enter(job, ReportState.READ)
            else:
                job.document = found
                self._enter(job, ReportState.READY)


def _beginning(found: ReportDocument) -> str:
    """What a document of a FATAL report says."""
    lines = zip(found.lines(), range(EXPLANATION_LINES), strict=False)
    return " ".join(line.strip() for line, _ in lines)[:LONGEST_EXPLANATION]

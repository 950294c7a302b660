"""Many reports in flight: reuse, create ahead, poll together, download, within Amazon's quotas.

One background thread moves every report along (`ReportQueue`), another downloads what is finished, and
the streams wait for the documents they need. A report's life: WANTED -> CREATED -> DONE -> READY, or
FAILED with a reason.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.errors import (
    AmazonError,
    PermissionDeniedError,
    ReportCancelledError,
    ReportUnavailableError,
    TapError,
    UnavailableError,
)
from tap_amazon_seller.reports import document
from tap_amazon_seller.reports.planner import ReportRequest, order_of_creation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tap_amazon_seller.client import SellingPartnerClient
    from tap_amazon_seller.clock import Clock
    from tap_amazon_seller.reports.document import ReportDocument

logger = logging.getLogger(__name__)

FIRST_POLL = 15.0  # seconds after createReport; few reports are faster
POLL_GROWTH = 1.8
LONGEST_POLL = 60.0
TOGETHER = 10.0  # seconds; reports due so soon after one another are polled at once
LISTING_MARGIN = timedelta(minutes=1)
LIST_FROM = 2
"""With as many reports due for a poll, one getReports is cheaper than a getReport for each."""
LISTED_TYPES, LISTED_MARKETPLACES = 10, 10  # what one getReports may filter by
REUSE_AFTER = timedelta(minutes=30)
"""A windowed report is complete when it was made this long after its window: Amazon is as late."""
MAX_ATTEMPTS = 2  # createReport calls for a report that ends CANCELLED or FATAL
GIVE_UP_AFTER = 3
"""So many calls in a row that Amazon did not answer, each tried ten times, end the sync."""
LONGEST_LISTING = timedelta(days=89)  # getReports refuses more than 90
DOCUMENTS_AHEAD = 32  # downloaded and not yet read; each holds a file open
EXPLANATION_LINES = 3


class Stage(Enum):
    """Where a report stands."""

    WANTED = auto()
    CREATED = auto()
    DONE = auto()
    READY = auto()
    FAILED = auto()


@dataclass(slots=True, eq=False)
class ReportJob:
    """One report on its way. Only the queue's threads change it, under the queue's lock."""

    request: ReportRequest
    readers: int = 1  # streams that have not read it yet
    awaited: bool = False  # whether a stream waits for it now
    stage: Stage = Stage.WANTED
    created_at: datetime | None = None
    report_id: str = ""
    document_id: str = ""
    attempts: int = 0
    deadline: float = 0.0
    next_poll: float = 0.0
    poll_interval: float = FIRST_POLL
    document: ReportDocument | None = None
    error: TapError | None = None
    parts: list[ReportRequest] = field(default_factory=list)


class ReportQueue:
    """The reports of one account. `submit` what the sync needs, then ask for each `document`.

    Args:
        client: The account's client.
        clock: Amazon's time.
        timeout: How long Amazon may take over one report.
        max_age: The user's age limit for reports that exist; None for each definition's own.
        spool_path: Folder of downloaded documents; None for the system's.
        charset: Codec that the user insists on; None for the one that the download names.
    """

    def __init__(
        self,
        client: SellingPartnerClient,
        clock: Clock,
        *,
        timeout: timedelta,
        max_age: timedelta | None = None,
        spool_path: Path | None = None,
        charset: str | None = None,
    ) -> None:
        self._client = client
        self._clock = clock
        self._timeout = timeout.total_seconds()
        self._max_age = max_age
        self._spool_path = spool_path
        self._charset = charset
        self._jobs: dict[ReportRequest, ReportJob] = {}
        self._changed = threading.Condition()
        self._wake = threading.Event()
        self._stopped = False
        self._error: BaseException | None = None
        self._unanswered = 0
        self._threads: list[threading.Thread] = []

    def submit(self, requests: Mapping[ReportRequest, int]) -> None:
        """Add the reports that the sync needs, with how many streams will read each; start on them."""
        with self._changed:
            for request in order_of_creation(requests):
                if request not in self._jobs:
                    self._jobs[request] = ReportJob(request, readers=requests[request])
        self._wake.set()
        if not self._threads:
            for name, loop in (("reports", self._advance), ("documents", self._download)):
                thread = threading.Thread(
                    target=self._guarded, args=(loop,), name=f"amazon-{name}", daemon=True
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
        with self._changed:
            job.awaited = True
            self._changed.notify_all()
            while job.stage not in {Stage.READY, Stage.FAILED} and self._error is None:
                self._changed.wait()
            if job.stage not in {Stage.READY, Stage.FAILED} and self._error is not None:
                raise self._error
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
            if job.readers <= 0 and job.document:
                job.document.close()
                job.document = None
                self._changed.notify_all()
        for part in job.parts:
            self.release(part)

    def close(self) -> None:
        """Stop the threads and give all documents' disk space back."""
        self._stopped = True
        self._wake.set()
        with self._changed:
            self._changed.notify_all()
            for job in self._jobs.values():
                if job.document:
                    job.document.close()

    # The thread that creates and polls

    def _guarded(self, loop: Callable[[], None]) -> None:
        try:
            loop()
        except BaseException as error:  # noqa: BLE001 - raised again where the streams wait
            with self._changed:
                self._error = error
                self._stopped = True
                self._changed.notify_all()

    def _advance(self) -> None:
        self._reuse()
        while not self._stopped:
            self._wake.clear()
            self._create_next()
            self._poll_due()
            pause = self._seconds_to_next_step()
            if pause > 0:
                self._clock.wait(pause, self._wake)

    def _in(self, stage: Stage) -> list[ReportJob]:
        with self._changed:
            return [job for job in self._jobs.values() if job.stage is stage]

    def _seconds_to_next_step(self) -> float:
        now = self._clock.monotonic()
        steps = [job.next_poll - now for job in self._in(Stage.CREATED)]
        if self._in(Stage.WANTED):
            steps.append(self._client.seconds_until_ready("createReport"))
        return min(steps, default=60.0)

    def _reuse(self) -> None:
        """Take up reports that exist already and are known to be the same."""
        now = self._clock.now()
        wanted = {
            job.request: job
            for job in self._in(Stage.WANTED)
            if job.request.definition.reusable
            and self._age_limit(job.request)
            and (job.request.window is None or job.request.window.end + REUSE_AFTER <= now)
        }
        if not wanted:
            return
        since = now - max(self._age_limit(request) for request in wanted)
        for listed in self._list(list(wanted), since):
            for request, job in wanted.items():
                if job.stage is Stage.WANTED and self._is_same(listed, request, now):
                    logger.info("Using report %s, which exists: %s.", listed["reportId"], request)
                    self._created(job, listed["reportId"])
                    self._judge(job, listed)

    def _age_limit(self, request: ReportRequest) -> timedelta:
        return request.definition.max_age if self._max_age is None else self._max_age

    def _list(self, requests: list[ReportRequest], since: datetime) -> list[dict[str, Any]]:
        """The account's reports of these types and marketplaces, newest first.

        Listing only saves calls: where Amazon refuses it, there is nothing to use, and that is all.
        """
        since = max(since, self._clock.now() - LONGEST_LISTING)
        types = sorted({request.definition.report_type for request in requests})
        places = sorted({request.marketplace.id for request in requests})
        found: list[dict[str, Any]] = []
        for first_type in range(0, len(types), LISTED_TYPES):
            for first_place in range(0, len(places), LISTED_MARKETPLACES):
                try:
                    found.extend(
                        self._client.reports(
                            types[first_type : first_type + LISTED_TYPES],
                            places[first_place : first_place + LISTED_MARKETPLACES],
                            since,
                        )
                    )
                except (AmazonError, UnavailableError) as error:
                    logger.warning("Reports that exist cannot be listed: %s", error)
        return sorted(found, key=lambda report: str(report.get("createdTime")), reverse=True)

    def _is_same(self, listed: dict[str, Any], request: ReportRequest, now: datetime) -> bool:
        if (
            listed.get("reportType") != request.definition.report_type
            or listed.get("marketplaceIds") != [request.marketplace.id]
            or listed.get("processingStatus") not in {"DONE", "IN_QUEUE", "IN_PROGRESS"}
        ):
            return False
        created = datetime.fromisoformat(listed["createdTime"])
        age = now - created
        if age > self._age_limit(request):
            return False
        if listed["processingStatus"] != "DONE" and age.total_seconds() > self._timeout:
            return False  # given up before: Amazon does not finish it
        if request.window is None:
            return True
        return (
            _instant(listed.get("dataStartTime")) == request.window.start
            and _instant(listed.get("dataEndTime")) == request.window.end
            and created >= request.window.end + REUSE_AFTER
        )

    def _create_next(self) -> None:
        while not self._stopped and (waiting := self._in(Stage.WANTED)):
            if self._client.seconds_until_ready("createReport") > 0:
                return
            job = waiting[0]
            request = job.request
            window = (request.window.start, request.window.end) if request.window else None
            try:
                report_id = self._client.create_report(
                    request.definition.report_type,
                    request.marketplace.id,
                    window,
                    request.definition.options,
                )
            except PermissionDeniedError as error:
                self._fail(job, error)
            except AmazonError as error:
                self._fail(job, ReportUnavailableError(f"{request}: {error}"))
            except UnavailableError as error:
                self._fail_unanswered(job, error)
            else:
                self._unanswered = 0
                job.attempts += 1
                logger.info("Report %s created: %s.", report_id, request)
                self._created(job, report_id)

    def _created(self, job: ReportJob, report_id: str) -> None:
        now = self._clock.monotonic()
        with self._changed:
            job.report_id = report_id
            job.created_at = self._clock.now()
            job.stage = Stage.CREATED
            job.deadline = now + self._timeout
            job.poll_interval = FIRST_POLL
            job.next_poll = now + FIRST_POLL

    def _poll_due(self) -> None:
        now = self._clock.monotonic()
        created = self._in(Stage.CREATED)
        if not any(job.next_poll <= now for job in created):
            return
        due = [job for job in created if job.next_poll <= now + TOGETHER]
        if len(due) >= LIST_FROM and self._client.seconds_until_ready("getReports") <= 0:
            since = min(job.created_at for job in due if job.created_at) - LISTING_MARGIN
            states = {
                listed["reportId"]: listed for listed in self._list([j.request for j in due], since)
            }
        else:
            states = {}
        for job in due:
            if self._stopped:
                return
            try:
                state = states.get(job.report_id) or self._client.report(job.report_id)
            except AmazonError as error:
                self._fail(job, ReportUnavailableError(f"{job.request}: {error}"))
            except UnavailableError as error:
                self._fail_unanswered(job, error)
            else:
                self._unanswered = 0
                self._judge(job, state)

    def _judge(self, job: ReportJob, state: dict[str, Any]) -> None:
        """Move a created report along by what Amazon says of it."""
        status = state.get("processingStatus")
        if status == "DONE" and state.get("reportDocumentId"):
            with self._changed:
                job.document_id = state["reportDocumentId"]
                job.stage = Stage.DONE
                self._changed.notify_all()
        elif status == "CANCELLED":
            self._cancelled(job)
        elif status == "FATAL":
            self._fatal(job, state.get("reportDocumentId"))
        elif self._clock.monotonic() >= job.deadline:
            self._fail(
                job,
                ReportUnavailableError(
                    f"{job.request}: report {job.report_id} is still {status} after "
                    f"{self._timeout / 60:.0f} minutes ('report_timeout_minutes'); given up for now"
                ),
            )
        else:
            job.next_poll = self._clock.monotonic() + job.poll_interval
            job.poll_interval = min(job.poll_interval * POLL_GROWTH, LONGEST_POLL)

    def _cancelled(self, job: ReportJob) -> None:
        """Amazon cancels for want of data and when asked too often, and does not say which."""
        self._ask_again_or_fail(
            job,
            ReportCancelledError(
                f"{job.request}: Amazon cancelled report {job.report_id}, for want of data or "
                "because it was asked too often"
            ),
        )

    def _fatal(self, job: ReportJob, document_id: str | None) -> None:
        reason = self._explanation(document_id) if document_id else ""
        window = job.request.window
        if window and "range" in reason.lower() and window.end - window.start > timedelta(days=1):
            parts = [
                ReportRequest(job.request.definition, job.request.marketplace, half)
                for half in window.halves()
            ]
            logger.info(
                "Report %s covers too long a range; cut in two: %s.", job.report_id, job.request
            )
            self.submit(dict.fromkeys(parts, job.readers))
            with self._changed:
                job.parts = parts
                job.stage = Stage.READY
                self._changed.notify_all()
            return
        self._ask_again_or_fail(
            job,
            ReportUnavailableError(
                f"{job.request}: report {job.report_id} ended FATAL"
                + (f" ({reason})" if reason else " without a reason")
            ),
        )

    def _explanation(self, document_id: str) -> str:
        """The first lines of the document that tells why a report ended FATAL."""
        try:
            text = document.fetch(
                self._client,
                document_id,
                spool_path=self._spool_path,
                charset=None,
                default_charset="utf-8",
            )
        except (ReportUnavailableError, AmazonError, UnavailableError):
            return ""
        lines = text.lines()
        reason = " ".join(
            line.strip() for line, _ in zip(lines, range(EXPLANATION_LINES), strict=False)
        )
        text.close()
        return reason[:300]

    def _ask_again_or_fail(self, job: ReportJob, error: ReportUnavailableError) -> None:
        """Ask once more, or in a cool-down use the report that Amazon made before; else give up."""
        request = job.request
        if not request.definition.has_cool_down and job.attempts < MAX_ATTEMPTS:
            logger.info("%s; asking again.", error)
            with self._changed:
                job.stage = Stage.WANTED
            return
        if request.definition.has_cool_down:
            now = self._clock.now()
            for listed in self._list([request], now - request.definition.max_age):
                if listed["reportId"] != job.report_id and self._is_same(listed, request, now):
                    logger.info("%s; using report %s instead.", error, listed["reportId"])
                    self._created(job, listed["reportId"])
                    self._judge(job, listed)
                    return
        self._fail(job, error)

    def _fail_unanswered(self, job: ReportJob, error: UnavailableError) -> None:
        """Leave one report out, or end the sync when Amazon does not answer at all."""
        self._unanswered += 1
        if self._unanswered >= GIVE_UP_AFTER:
            raise error
        self._fail(job, ReportUnavailableError(f"{job.request}: {error}"))

    def _fail(self, job: ReportJob, error: TapError) -> None:
        with self._changed:
            job.error = error
            job.stage = Stage.FAILED
            self._changed.notify_all()

    # The thread that downloads

    def _download(self) -> None:
        while not self._stopped:
            with self._changed:
                job = self._next_download()
                if job is None:
                    self._changed.wait()
                    continue
            try:
                found = document.fetch(
                    self._client,
                    job.document_id,
                    spool_path=self._spool_path,
                    charset=self._charset,
                    default_charset=job.request.marketplace.charset,
                )
            except (ReportUnavailableError, AmazonError, UnavailableError) as error:
                self._fail(job, ReportUnavailableError(f"{job.request}: {error}"))
                continue
            with self._changed:
                if self._stopped:
                    found.close()
                job.document = found
                job.stage = Stage.READY
                self._changed.notify_all()

    def _next_download(self) -> ReportJob | None:
        """The finished report to download next: one that a stream waits for, before all others."""
        jobs = self._jobs.values()
        done = [job for job in jobs if job.stage is Stage.DONE and job.readers > 0]
        awaited = [job for job in done if job.awaited]
        ahead = sum(job.document is not None for job in jobs)
        return next(iter(awaited or (done if ahead < DOCUMENTS_AHEAD else [])), None)


def _instant(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None

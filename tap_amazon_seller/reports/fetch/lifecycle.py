"""How each report of a queue continues by what Amazon answers.

A report's life: QUEUED -> IN_PROGRESS -> DONE -> DOWNLOADING -> READY -> READ, or FAILED with a reason.
A call that is not answered is tried again later, and only its own report waits.
"""

from __future__ import annotations

import logging
import math
import re
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

import backoff

from amazon_selling_partner import (
    BACKOFF_CAP,
    BACKOFF_FACTOR,
    MAX_TRIES,
    THIS_MACHINE,
    NotFoundError,
    RetryableError,
)
from tap_amazon_seller.errors import (
    ReportCancelledError,
    ReportDataUnavailableError,
    ReportUnavailableError,
    TapError,
)
from tap_amazon_seller.reports.definitions import Span
from tap_amazon_seller.reports.fetch.hearing import ENDED, SAFETY_POLL, End, Hearing
from tap_amazon_seller.reports.fetch.job import FIRST_POLL, ReportJob
from tap_amazon_seller.reports.fetch.jobs import JobList
from tap_amazon_seller.reports.fetch.sources import Answer
from tap_amazon_seller.reports.fetch.states import ReportState
from tap_amazon_seller.reports.requests import reuse
from tap_amazon_seller.reports.requests.existing_queries import PAGE, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from datetime import datetime

    from amazon_selling_partner import Clock, Machine, SellingPartnerClient
    from tap_amazon_seller.reports.fetch.budget import Budget
    from tap_amazon_seller.reports.requests.existing_queries import QueryListing
    from tap_amazon_seller.reports.requests.existing_reports import ReportListing
    from tap_amazon_seller.reports.requests.reuse import ExistingReport
    from tap_amazon_seller.reports.requests.windows import ReportRequest

T = TypeVar("T")
logger = logging.getLogger(__name__)

POLL_GROWTH = 1.8
LONGEST_POLL = 60.0
MAX_ATTEMPTS = 2  # createReport calls for a report that ends CANCELLED or FATAL, or is lost
GONE_TRIES = 3  # answers of 404 before a report or document is taken for lost
GIVE_UP_AFTER = 3 * MAX_TRIES
"""So many tries of one operation in a row without an answer, and it is given up for this sync."""
AGAIN_AFTER = 60.0  # seconds; queries under way take a while to end
DOWNLOAD = "download"  # not an operation of SP-API: presigned URLs have a server of their own
RANGE_EXCEEDED = re.compile("range.*(exceed|upto|up to|limit)|exceed.*range", re.IGNORECASE)
DATA_UNAVAILABLE = re.compile(r"requested\s+data\s+is\s+unavailable", re.IGNORECASE)
"""What a FATAL report says of time without data (amzn/selling-partner-api-docs#2444)."""
EXPLANATION_TRIES = 3
KNOWN_STATUSES = reuse.IN_PROGRESS | {"DONE", "CANCELLED", "FATAL"}


class ReportJobs(JobList):
    """The reports of a queue, and what becomes of each by Amazon's answers, for several threads.

    Args:
        client: The account's client.
        clock: Amazon's time.
        listing: The reports that Amazon has already.
        queries: The queries of Data Kiosk that it has already.
        timeout: Seconds that Amazon may take over one report.
        budget: How long the sync waits for report types with limits of their own.
        left: How many syncs in a row have left a report type and marketplace without a request.
        machine: Whose threads change reports, and wait for changes.
    """

    def __init__(
        self,
        client: SellingPartnerClient,
        clock: Clock,
        listing: ReportListing,
        timeout: float,
        budget: Budget,
        *,
        queries: QueryListing,
        left: Mapping[str, object] = MappingProxyType({}),
        machine: Machine = THIS_MACHINE,
    ) -> None:
        super().__init__(clock, budget, left, machine)
        self._client = client
        self._listing = listing
        self._queries = queries
        self._timeout = timeout
        self._failures: Counter[str] = Counter()
        self._hearing = Hearing()

    def add(
        self,
        requests: Mapping[ReportRequest, int],
        existing: Mapping[ReportRequest, ExistingReport],
        was_cancelled: Collection[ReportRequest],
    ) -> None:
        """Add reports that are not there yet, as `ReportQueue.submit` takes them."""
        with self.changed:
            for job in self.join(requests, was_cancelled):
                if job.request in existing:
                    self._take_up(job, existing[job.request])
            self.notify()

    def _take_up(self, job: ReportJob, existing: ExistingReport) -> None:
        """Continue with an existing report."""
        self.created(job, existing.report_id, existing.created, existing.options)
        job.is_heard = False  # its end may have been reported to an earlier sync
        job.due = min(job.due, self._clock.monotonic() + FIRST_POLL)
        if existing.status == "DONE":
            is_done_without_data = bool(job.request.definition.query) and not existing.document_id
            answer = Answer(
                existing.status, existing.document_id, existing.next_token, is_done_without_data
            )
            self.judge(job, answer, self._clock.monotonic())

    def created(
        self,
        job: ReportJob,
        report_id: str,
        created_at: datetime,
        options: Mapping[str, str] | None,
    ) -> None:
        """Amazon has a report, requested by this tap with these options, or (None) by another."""
        now = self._clock.monotonic()
        with self.changed:
            self._drop_page(job)
            job.report_id = report_id
            job.created_at = created_at
            age = max(0.0, (self._clock.now() - created_at).total_seconds())
            # Amazon may take days over a report of a type that it limits (see `Budget`).
            job.deadline = math.inf if self._budget.is_limited(job) else now + self._timeout - age
            job.poll_interval = FIRST_POLL
            job.document_id = job.url = ""
            job.fatal = False
            job.unanswered_since = None
            job.received = 0
            if options is not None:
                if job.request.page:
                    options = {PAGE: digest(job.request.page)}
                self.unread[report_id] = reuse.remembered(job.request, options, created_at)
            job.failures = 0
            job.is_heard = True
            self.enter(job, ReportState.IN_PROGRESS, due=now + self._hearing.first_poll)
            end = self._hearing.take(job)
        if end:
            self.heard(end)

    def heard(self, end: End) -> None:
        """A notification reports the end of a report, of this sync or of another."""
        if end.answer.status not in ENDED:
            return
        now = self._clock.monotonic()
        with self.changed:
            under_way = [each for each in self if each.state is ReportState.IN_PROGRESS]
            job = next(filter(end.is_of, under_way), None)
            if job is None or job.is_claimed:
                self._hearing.keep(end)
                return
            if self._hearing.confirm():
                for each in under_way:
                    if each.is_heard:
                        each.due = max(each.due, now + SAFETY_POLL)
            job.is_claimed = True
        try:
            self.judge(job, end.answer, now)
        finally:
            job.is_claimed = False

    @contextmanager
    def polling(self, job: ReportJob) -> Iterator[bool]:
        """Have no other thread judge a report while it is polled; whether it is still under way."""
        with self.changed:
            is_under_way = job.state is ReportState.IN_PROGRESS and not job.is_claimed
            job.is_claimed = job.is_claimed or is_under_way
        try:
            yield is_under_way
        finally:
            if is_under_way:
                with self.changed:
                    job.is_claimed = False
                    end = self._hearing.take(job)
                if end:
                    self.heard(end)

    def polled(self, job: ReportJob, answer: Answer, asked_at: float) -> None:
        """A poll has an answer; where notifications fail to report ends, polls are as before."""
        if answer.status in ENDED and self._hearing.miss(job):
            self.stop_hearing()
        self.judge(job, answer, asked_at)

    def stop_hearing(self) -> None:
        """Poll all reports as if there were no notifications."""
        now = self._clock.monotonic()
        with self.changed:
            self._hearing.give_up()
            for each in self:
                if each.state is ReportState.IN_PROGRESS:
                    each.due = min(each.due, now + each.poll_interval)
            self.notify()

    def judge(self, job: ReportJob, answer: Answer, asked_at: float) -> None:
        """Move a created report along by what Amazon says of it, which was asked at `asked_at`.

        An answer of many pages may be old when it is there, so a report is given up only when it was
        late already as the question was asked.
        """
        status, document_id = answer.status, answer.document_id
        if answer.next_token and status == "DONE" and not self._add_page(job, answer.next_token):
            return
        if answer.is_done_without_data:
            self.enter(job, ReportState.READY)
        elif status in {"DONE", "FATAL"} and document_id:
            with self.changed:
                job.document_id = document_id
                job.fatal = status == "FATAL"
                self.enter(job, ReportState.DONE)
        elif status == "FATAL":
            self.explained(job, "")
        elif status == "DONE":
            self._ask_again_or_fail(
                job,
                ReportUnavailableError(f"{job.request}: {job.name} ended DONE without a document"),
                was_made=True,
            )
        elif status == "CANCELLED":
            # For want of data or because it was asked too often; Amazon does not say which.
            self._ask_again_or_fail(
                job,
                ReportCancelledError(
                    f"{job.request}: Amazon cancelled {job.name}, for want of data or "
                    "because it was asked too often"
                ),
            )
        elif asked_at >= job.deadline:
            self.fail(
                job,
                ReportUnavailableError(
                    f"{job.request}: {job.name} is still {status} after "
                    f"{self._timeout / 60:.0f} minutes ('report_timeout_minutes'); given up for now"
                ),
            )
        else:
            if status not in KNOWN_STATUSES and status != job.odd_status:
                job.odd_status = status
                logger.warning(
                    "%s: %s has the status %s, which this tap does not know; waiting for it to end.",
                    job.request, job.name, status,
                )  # fmt: skip
            job.due = self._clock.monotonic() + self._hearing.next_poll(job)
            job.poll_interval = min(job.poll_interval * POLL_GROWTH, LONGEST_POLL)

    def _add_page(self, job: ReportJob, token: str) -> bool:
        """Request the next page of a query's results; False where it is one that has come."""
        if token == job.request.page or token in job.tokens:
            again = f"{job.request}: {job.name} names a further page that has come already"
            self.fail(job, ReportUnavailableError(again))
            return False
        page = job.request.next_page(token)
        existing = self._queries.page(token)
        self.add({page: job.readers}, {page: existing} if existing else {}, ())
        with self.changed:
            job.next_page = page
            following = self._jobs[page]
            following.tokens = job.tokens | {job.request.page}
            following.awaited = job.awaited
            following.plan_size = job.plan_size
        return True

    def _drop_page(self, job: ReportJob) -> None:
        """Let go of the further pages of a query that is requested once more."""
        page, job.next_page = job.next_page, None
        if page:
            following = self._jobs[page]
            self._drop_page(following)
            while following.readers > 0:
                self.read(following)

    def explained(self, job: ReportJob, reason: str) -> None:
        """A report ended FATAL, with what its document says."""
        if self.cut(job, reason):
            return
        said = f"{job.request}: {job.name} ended FATAL"
        if DATA_UNAVAILABLE.search(reason):  # it would say the same again
            self.fail(job, ReportDataUnavailableError(f"{said} ({reason})"))
            return
        why = f" ({reason})" if reason else " without a reason"
        self._ask_again_or_fail(job, ReportUnavailableError(said + why))

    def cut(self, job: ReportJob, reason: str) -> bool:
        """Cut a report in two where Amazon says, in whatever place, that its range is too long."""
        window, definition = job.request.window, job.request.definition
        is_divisible = definition.window.span is Span.INSTANT or (
            definition.window.span is Span.DAY and definition.query is not None
        )
        too_long = (
            RANGE_EXCEEDED.search(reason)
            and window is not None
            and window.end - window.start > timedelta(days=1)
            and is_divisible  # halves of weeks are not weeks
        )
        if too_long:
            logger.info("%s covers too long a range (%s); cut in two.", job.request, reason)
            parts = job.request.halves()
            self.add(dict.fromkeys(parts, job.readers), {}, ())
            with self.changed:
                job.parts = parts
                self.unread.pop(job.report_id, None)
                self.enter(job, ReportState.READY)
        return bool(too_long)

    def _ask_again_or_fail(
        self, job: ReportJob, error: ReportUnavailableError, *, was_made: bool = False
    ) -> None:
        """Ask once more; in a cool-down use the report that Amazon made before, or wait; else give up.

        `was_made` says that Amazon may have made the report, so that it counts for the cool-down.
        """
        definition = job.request.definition
        wait = 0.0
        with self.changed:
            self.unread.pop(job.report_id, None)
            job.passed_over.add(job.report_id)
            job.report_id = ""
        if definition.is_scheduled:  # Amazon alone makes it
            self.fail(job, error)
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
                wait = (max(made) + definition.reuse.max_age - now).total_seconds()
            elif isinstance(error, ReportCancelledError):
                self.fail(job, error)  # no report stands in the way: Amazon has no data
                return
        most = 1 if job.was_cancelled and isinstance(error, ReportCancelledError) else MAX_ATTEMPTS
        if job.attempts >= most or wait > self._timeout:
            self.fail(job, error)
            return
        logger.warning(
            "%s; requesting again%s.", error, f" in {wait / 60:.0f} minutes" if wait > 0 else ""
        )
        with self.changed:
            job.failures = 0
            self.enter(job, ReportState.QUEUED, due=self._clock.monotonic() + wait)

    def lost(self, job: ReportJob, what: str, error: NotFoundError) -> None:
        """A report or its document cannot be found: once may be a slip of Amazon's, more is a loss."""
        job.failures += 1
        if job.fatal:
            self.explained(job, "")
        elif job.failures < GONE_TRIES:
            self._later(job, f"{job.request}: {error}")
        else:
            self._ask_again_or_fail(
                job,
                ReportUnavailableError(f"{job.request}: Amazon has lost {what} ({error})"),
                was_made=True,
            )

    # Calls, each tried once and then again later

    def attempt(self, job: ReportJob, operation: str, call: Callable[[], T]) -> T | None:
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
        job.unanswered_since = None
        return answer

    def _not_answered(self, job: ReportJob, operation: str, error: RetryableError) -> None:
        if self._is_late(job) and not (error.throttled and not job.fatal):
            late = ReportUnavailableError(
                f"{job.request}: {error}, for {self._timeout / 60:.0f} minutes "
                "('report_timeout_minutes'); given up for now"
            )
            self.explained(job, "") if job.fatal else self.fail(job, late)
            return
        if error.throttled:
            self._throttled(job, operation, error)
            return
        job.failures += 1
        self._failures[operation] += 1
        given_up = self._failures[operation] >= GIVE_UP_AFTER
        if given_up and operation != DOWNLOAD and not self._has_answered():
            raise TapError(f"{error}; gave up after {GIVE_UP_AFTER} tries.")
        if job.fatal and job.failures >= EXPLANATION_TRIES:
            self.explained(job, "")
        elif job.failures < MAX_TRIES and not given_up:
            self._later(job, f"{job.request}: {error}")
        else:
            unavailable = ReportUnavailableError(
                f"{job.request}: {error}, however often it was tried"
            )
            if job.state is ReportState.DOWNLOADING and not given_up:
                self._ask_again_or_fail(job, unavailable, was_made=True)
            else:
                self.fail(job, unavailable)

    def _throttled(self, job: ReportJob, operation: str, error: RetryableError) -> None:
        """Other clients use up a quota: that is waited for, not counted; what it leaves over is due."""
        if self._is_late(job):
            logger.warning("%s: %s; left for the next sync.", job.request, error)
            self.leave(job)
            return
        wait = self._client.seconds_until_ready(operation)
        if job.state is ReportState.QUEUED:
            wait = max(wait, self._budget.seconds_until_ready(job.report_type))
            if job.request.definition.query:
                wait = max(wait, AGAIN_AFTER)
        logger.warning("%s: %s; waiting %.0f s.", job.request, error, wait)
        self._back(job, wait)

    def _is_late(self, job: ReportJob) -> bool:
        """Whether a report has had its time: at Amazon, or without an answer to what is asked of it."""
        now = self._clock.monotonic()
        if job.state is ReportState.IN_PROGRESS:
            return now >= job.deadline
        if job.unanswered_since is None:
            job.unanswered_since = now
        return now - job.unanswered_since >= self._timeout

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
        with self.changed:
            self.enter(job, state, due=self._clock.monotonic() + wait)

    def _has_answered(self) -> bool:
        """Whether any report has come: then Amazon is there, and only some calls fail."""
        with self.changed:
            return any(job.state.has_arrived for job in self._jobs.values())

"""What becomes of a report by Amazon's answers, each step alone, by the test's own clock and client."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from still_clock import NOW, StillClock

from amazon_selling_partner import (
    AmazonError,
    NotFoundError,
    ReportLimits,
    RetryableError,
    marketplaces,
)
from tap_amazon_seller.errors import (
    ReportCancelledError,
    ReportDataUnavailableError,
    ReportUnavailableError,
)
from tap_amazon_seller.reports.fetch.budget import Budget
from tap_amazon_seller.reports.fetch.lifecycle import DOWNLOAD, MAX_ATTEMPTS, ReportJobs
from tap_amazon_seller.reports.fetch.sources import Answer
from tap_amazon_seller.reports.fetch.states import (
    TRANSITIONS,
    IllegalTransitionError,
    ReportState,
    next_state,
)
from tap_amazon_seller.reports.requests.existing_queries import QueryListing
from tap_amazon_seller.reports.requests.existing_reports import ReportListing
from tap_amazon_seller.reports.requests.reuse import AgeLimits, ExistingReport
from tap_amazon_seller.reports.requests.windows import ReportRequest, Window
from tap_amazon_seller.streams.inventory import REPORTS as STOCK_REPORTS
from tap_amazon_seller.streams.orders import ALL_ORDERS

if TYPE_CHECKING:
    from amazon_selling_partner import SellingPartnerClient
    from tap_amazon_seller.reports.fetch.job import ReportJob

DE = marketplaces.BY_COUNTRY["DE"]
ORDERS = ReportRequest(ALL_ORDERS, DE, Window(NOW - timedelta(days=20), NOW - timedelta(days=10)))
STOCK = ReportRequest(STOCK_REPORTS[0].report, DE)
TIMEOUT, PATIENCE = 7200.0, 3600.0  # seconds


class Amazon:
    """A client that lists these reports and has no quota left for a minute."""

    def __init__(self) -> None:
        self.listed: list[dict[str, Any]] = []

    def reports(self, *_: object) -> list[dict[str, Any]]:
        return self.listed

    def seconds_until_ready(self, *_: object) -> float:
        return 60.0


class Reports:
    """One report under way, in any state that the test wants."""

    def __init__(self, request: ReportRequest = ORDERS, *, readers: int = 1) -> None:
        self.clock, self.amazon = StillClock(), Amazon()
        client = cast("SellingPartnerClient", self.amazon)
        limits = AgeLimits(None, timedelta(seconds=TIMEOUT))
        self.limits = ReportLimits(self.clock)
        self.budget = Budget(self.limits, self.clock, PATIENCE)
        self.budget.begin()
        listing = ReportListing(client, limits, {})
        queries = QueryListing(client, limits, {})
        self.jobs = ReportJobs(client, self.clock, listing, TIMEOUT, self.budget, queries=queries)
        self.jobs.add({request: readers}, {}, ())
        self.request = request

    @property
    def job(self) -> ReportJob:
        return self.jobs[self.request]

    def created(self, report_id: str = "R1") -> ReportJob:
        self.job.attempts += 1
        self.jobs.created(self.job, report_id, self.clock.now(), {})
        return self.job

    def answered(self, status: str, document_id: str = "") -> ReportJob:
        self.jobs.judge(self.job, Answer(status, document_id), self.clock.monotonic())
        return self.job

    def downloading(self) -> ReportJob:
        self.created()
        self.answered("DONE", "D1")
        self.jobs.enter(self.job, ReportState.DOWNLOADING)
        return self.job

    def without_an_answer(self, operation: str, *, throttled: bool = False) -> ReportJob:
        def call() -> None:
            raise RetryableError("Amazon is away", throttled=throttled)

        assert self.jobs.attempt(self.job, operation, call) is None
        return self.job


# The table


@pytest.mark.parametrize(("current", "wanted"), list(itertools.product(ReportState, ReportState)))
def test_a_report_goes_only_where_the_table_lets_it(
    current: ReportState, wanted: ReportState
) -> None:
    if current.is_terminal or wanted is current:
        assert next_state(current, wanted) is current
    elif wanted in TRANSITIONS[current]:
        assert next_state(current, wanted) is wanted
    else:
        with pytest.raises(IllegalTransitionError, match=f"{current} cannot become {wanted}"):
            next_state(current, wanted)


def test_every_state_is_in_the_table_and_leads_to_an_end() -> None:
    assert set(TRANSITIONS) == set(ReportState)
    assert {state for state in ReportState if state.is_terminal} == {
        ReportState.READ,
        ReportState.FAILED,
        ReportState.LEFT,
    }
    for state in ReportState:
        assert state.is_terminal or ReportState.READ in TRANSITIONS[state]
        assert state.is_settled == (state.is_terminal or state is ReportState.READY)


# Each transition


def test_a_report_is_made_polled_and_downloaded() -> None:
    reports = Reports()

    assert reports.job.state is ReportState.QUEUED
    assert reports.created().state is ReportState.IN_PROGRESS
    assert list(reports.jobs.unread) == ["R1"]
    first_poll = reports.job.due
    assert reports.answered("IN_PROGRESS").state is ReportState.IN_PROGRESS
    assert reports.job.due >= first_poll
    assert reports.answered("DONE", "D1").state is ReportState.DONE
    assert reports.job.document_id == "D1"


def test_the_last_reader_ends_a_report() -> None:
    reports = Reports(readers=2)
    job = reports.created()

    states = []
    for _ in range(2):
        reports.jobs.read(job)
        states.append(job.state)

    assert states == [ReportState.IN_PROGRESS, ReportState.READ]
    assert reports.jobs.unread == {}
    assert reports.answered("DONE", "D1").state is ReportState.READ, "the answer comes too late"


def test_a_cancelled_report_is_requested_once_more_and_then_has_failed() -> None:
    reports = Reports()
    for _ in range(MAX_ATTEMPTS - 1):
        reports.created()
        assert reports.answered("CANCELLED").state is ReportState.QUEUED
    reports.created()

    assert reports.answered("CANCELLED").state is ReportState.FAILED
    assert isinstance(reports.job.error, ReportCancelledError)


def test_a_report_that_was_cancelled_in_the_sync_before_is_requested_once() -> None:
    reports = Reports()
    reports.job.was_cancelled = True
    reports.created()

    assert reports.answered("CANCELLED").state is ReportState.FAILED


def test_a_fatal_report_with_a_document_says_why() -> None:
    reports = Reports()
    reports.created()

    assert reports.answered("FATAL", "D1").state is ReportState.DONE
    assert reports.job.fatal


def test_a_report_whose_data_is_unavailable_is_not_requested_once_more() -> None:
    reports = Reports()
    job = reports.downloading()

    reports.jobs.explained(
        job,
        '{"errorDetails": "The requested data is unavailable. Please try a different date range"}',
    )

    assert job.state is ReportState.FAILED
    assert isinstance(job.error, ReportDataUnavailableError)
    assert reports.jobs.unread == {}


def test_a_range_that_is_too_long_is_cut_in_two() -> None:
    reports = Reports(readers=2)
    job = reports.downloading()

    reports.jobs.explained(job, "The date range exceeds 30 days")

    assert job.state is ReportState.READY
    assert [reports.jobs[part].state for part in job.parts] == [ReportState.QUEUED] * 2
    assert [reports.jobs[part].readers for part in job.parts] == [2, 2]


def test_a_range_that_create_report_refuses_is_cut_in_two_as_well() -> None:
    reports = Reports(readers=2)

    assert reports.jobs.cut(reports.job, "The date range exceeds the limit of 15 days.")

    assert reports.job.state is ReportState.READY
    assert [reports.jobs[part].readers for part in reports.job.parts] == [2, 2]


def test_another_refusal_cuts_nothing() -> None:
    reports = Reports()

    assert not reports.jobs.cut(reports.job, "One or more parameters are invalid.")
    assert reports.job.state is ReportState.QUEUED


def test_a_report_that_is_done_without_a_document_is_requested_once_more() -> None:
    reports = Reports()
    for _ in range(MAX_ATTEMPTS - 1):
        reports.created()
        assert reports.answered("DONE").state is ReportState.QUEUED
    reports.created()

    assert reports.answered("DONE").state is ReportState.FAILED
    assert "DONE without a document" in str(reports.job.error)


def test_a_report_that_takes_too_long_is_given_up() -> None:
    reports = Reports()
    reports.created()
    reports.clock.passed = TIMEOUT + 1

    assert reports.answered("IN_PROGRESS").state is ReportState.FAILED
    assert "report_timeout_minutes" in str(reports.job.error)


def test_in_a_cool_down_the_report_that_amazon_made_before_is_used() -> None:
    reports = Reports(STOCK)
    reports.created("R2")
    reports.amazon.listed = [
        {
            "reportId": "R1",
            "reportType": STOCK.definition.report_type,
            "marketplaceIds": [DE.id],
            "createdTime": (NOW - timedelta(minutes=5)).isoformat(),
            "processingStatus": "DONE",
            "reportDocumentId": "D1",
        }
    ]

    job = reports.answered("CANCELLED")

    assert (job.state, job.report_id, job.document_id) == (ReportState.DONE, "R1", "D1")


def test_an_existing_report_is_done_from_the_start() -> None:
    reports = Reports()
    existing = ExistingReport("R0", ALL_ORDERS.report_type, (DE.id,), None, NOW, "DONE", "D0")

    reports.jobs.add({STOCK: 1}, {STOCK: existing}, ())

    assert reports.jobs[STOCK].state is ReportState.DONE


# Calls that are not answered


def test_a_download_that_breaks_off_follows_later() -> None:
    reports = Reports()
    job = reports.downloading()

    reports.without_an_answer(DOWNLOAD)

    assert job.state is ReportState.DONE
    assert job.due >= reports.clock.monotonic()


def test_throttling_is_waited_for_and_does_not_count() -> None:
    reports = Reports()

    job = reports.without_an_answer("createReport", throttled=True)

    assert (job.state, job.failures, job.due) == (ReportState.QUEUED, 0, 60.0)


@pytest.mark.parametrize("throttled", [True, False])
def test_a_report_that_cannot_be_requested_has_its_time_and_no_more(*, throttled: bool) -> None:
    reports = Reports()
    reports.without_an_answer("createReport", throttled=throttled)

    reports.clock.passed += TIMEOUT - 1
    assert reports.without_an_answer("createReport", throttled=throttled).state is (
        ReportState.QUEUED
    )
    reports.clock.passed += 1

    job = reports.without_an_answer("createReport", throttled=throttled)

    if throttled:
        assert (job.state, job.error) == (ReportState.LEFT, None), "a quota leaves it for later"
        return
    assert job.state is ReportState.FAILED
    assert "'report_timeout_minutes'" in str(reports.job.error)


def test_a_report_that_cannot_be_downloaded_has_its_time_and_no_more() -> None:
    reports = Reports()
    job = reports.downloading()
    reports.without_an_answer(DOWNLOAD)
    reports.clock.passed += TIMEOUT
    reports.jobs.enter(job, ReportState.DOWNLOADING)

    reports.without_an_answer(DOWNLOAD)

    assert job.state is ReportState.FAILED
    assert "'report_timeout_minutes'" in str(job.error)


def test_an_answer_gives_a_report_its_time_anew() -> None:
    reports = Reports()
    reports.without_an_answer("createReport")
    reports.clock.passed += TIMEOUT - 1
    assert reports.jobs.attempt(reports.job, "createReport", lambda: "R1") == "R1"
    reports.clock.passed += TIMEOUT

    assert reports.without_an_answer("createReport").state is ReportState.QUEUED


def test_what_amazon_has_lost_is_requested_again() -> None:
    reports = Reports()
    job = reports.downloading()
    error = NotFoundError("getReportDocument", 404, "NotFound", "no such document")

    states = []
    while job.state is not ReportState.QUEUED:
        reports.jobs.enter(job, ReportState.DOWNLOADING)
        reports.jobs.lost(job, "the document", error)
        states.append(job.state)

    assert states == [ReportState.DONE, ReportState.DONE, ReportState.QUEUED]


def test_a_refusal_ends_a_report_and_forgets_it() -> None:
    reports = Reports()
    job = reports.created()
    refusal = AmazonError("getReport", 400, "InvalidInput", "no")

    reports.jobs.fail(job, ReportUnavailableError(str(refusal)))

    assert job.state is ReportState.FAILED
    assert reports.jobs.unread == {}
    reports.jobs.read(job)
    assert job.state is ReportState.FAILED

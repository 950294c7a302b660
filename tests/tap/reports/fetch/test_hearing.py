"""Ends that notifications report need no poll; those that they fail to report are found all the same."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

import pytest
from still_clock import NOW, StillClock

from amazon_selling_partner import ReportLimits, marketplaces
from tap_amazon_seller.reports.fetch.budget import Budget
from tap_amazon_seller.reports.fetch.hearing import MOST_UNHEARD, SAFETY_POLL, End
from tap_amazon_seller.reports.fetch.job import FIRST_POLL
from tap_amazon_seller.reports.fetch.lifecycle import ReportJobs
from tap_amazon_seller.reports.fetch.sources import Answer
from tap_amazon_seller.reports.fetch.states import ReportState
from tap_amazon_seller.reports.requests.existing_queries import QueryListing
from tap_amazon_seller.reports.requests.existing_reports import ReportListing
from tap_amazon_seller.reports.requests.reuse import AgeLimits, ExistingReport
from tap_amazon_seller.reports.requests.windows import ReportRequest, Window
from tap_amazon_seller.streams.orders import ALL_ORDERS

if TYPE_CHECKING:
    from amazon_selling_partner import SellingPartnerClient
    from tap_amazon_seller.reports.fetch.job import ReportJob

DE = marketplaces.BY_COUNTRY["DE"]
TIMEOUT = 7200.0  # seconds


class Client:
    """A client that has no reports."""

    def reports(self, *_: object) -> list[object]:
        return []

    def seconds_until_ready(self, *_: object) -> float:
        return 0.0


class Reports:
    """So many reports under way, R0, R1 and so on."""

    def __init__(self, count: int) -> None:
        self.clock = StillClock()
        client = cast("SellingPartnerClient", Client())
        limits = AgeLimits(None, timedelta(seconds=TIMEOUT))
        listing, queries = ReportListing(client, limits, {}), QueryListing(client, limits, {})
        budget = Budget(ReportLimits(self.clock), self.clock, TIMEOUT)
        budget.begin()
        self.jobs = ReportJobs(client, self.clock, listing, TIMEOUT, budget, queries=queries)
        days = range(count)
        self.requests = [
            ReportRequest(
                ALL_ORDERS, DE, Window(NOW - timedelta(days=day + 1), NOW - timedelta(days=day))
            )
            for day in days
        ]
        self.jobs.add(dict.fromkeys(self.requests, 1), {}, ())

    def __getitem__(self, place: int) -> ReportJob:
        return self.jobs[self.requests[place]]

    def create(self, place: int) -> ReportJob:
        self.jobs.created(self[place], f"R{place}", self.clock.now(), {})
        return self[place]

    def due_in(self, place: int) -> float:
        return self[place].due - self.clock.monotonic()

    def heard(self, place: int, status: str = "DONE", document: str | None = "D") -> None:
        self.jobs.heard(End(f"R{place}", is_query=False, answer=Answer(status, document or "")))

    def polled(self, place: int, status: str = "DONE", document: str | None = "D") -> None:
        answer = Answer(status, document or "")
        self.jobs.polled(self[place], answer, self.clock.monotonic())


def test_without_a_notification_reports_are_polled_as_ever() -> None:
    reports = Reports(1)
    reports.create(0)

    assert reports.due_in(0) == FIRST_POLL
    reports.polled(0, "IN_PROGRESS", None)
    assert reports.due_in(0) == FIRST_POLL


def test_the_first_notification_ends_a_report_and_the_polls_of_the_others() -> None:
    reports = Reports(3)
    reports.create(0)
    reports.create(1)

    reports.heard(0)

    assert reports[0].state is ReportState.DONE
    assert reports[0].document_id == "D"
    assert reports.due_in(1) == SAFETY_POLL
    reports.create(2)
    assert reports.due_in(2) == SAFETY_POLL


def test_a_notification_that_comes_before_the_answer_to_createreport_counts() -> None:
    reports = Reports(1)
    reports.heard(0)

    assert reports.create(0).state is ReportState.DONE


@pytest.mark.parametrize(
    ("status", "document", "state"),
    [
        ("CANCELLED", None, ReportState.QUEUED),
        ("FATAL", "D", ReportState.DONE),
        ("IN_PROGRESS", None, ReportState.IN_PROGRESS),
        ("WHATEVER", None, ReportState.IN_PROGRESS),
    ],
)
def test_a_notification_is_judged_as_an_answer_is(
    status: str, document: str | None, state: ReportState
) -> None:
    reports = Reports(1)
    reports.create(0)

    reports.heard(0, status, document)

    assert reports[0].state is state


def test_a_notification_that_comes_while_a_report_is_polled_is_judged_after_the_poll() -> None:
    reports = Reports(1)
    reports.create(0)

    states = []
    with reports.jobs.polling(reports[0]) as is_under_way:
        assert is_under_way
        reports.heard(0)
        states.append(reports[0].state)
        with reports.jobs.polling(reports[0]) as is_free:
            assert not is_free
    states.append(reports[0].state)

    assert states == [ReportState.IN_PROGRESS, ReportState.DONE]
    with reports.jobs.polling(reports[0]) as is_under_way:
        assert not is_under_way


def test_a_second_notification_of_a_report_changes_nothing() -> None:
    reports = Reports(1)
    reports.create(0)

    for _ in range(10):  # amzn/selling-partner-api-docs#3195
        reports.heard(0)

    assert reports[0].state is ReportState.DONE


def test_ends_that_only_polls_find_have_all_polled_again(caplog: pytest.LogCaptureFixture) -> None:
    reports = Reports(MOST_UNHEARD + 2)
    for place in range(MOST_UNHEARD + 2):
        reports.create(place)
    reports.heard(0)

    for place in range(1, MOST_UNHEARD + 1):
        assert reports.due_in(MOST_UNHEARD + 1) == SAFETY_POLL
        reports.polled(place)

    assert reports.due_in(MOST_UNHEARD + 1) == FIRST_POLL
    assert "have ended without a notification; all are polled again" in caplog.text


def test_a_report_of_an_earlier_sync_is_polled_since_its_notification_may_be_gone() -> None:
    reports = Reports(1)
    reports.create(0)
    reports.heard(0)
    other = ReportRequest(ALL_ORDERS, DE, Window(NOW - timedelta(days=9), NOW - timedelta(days=8)))
    existing = ExistingReport("R9", "T", (DE.id,), other.window, NOW, "IN_PROGRESS", "")

    reports.jobs.add({other: 1}, {other: existing}, ())

    assert reports.jobs[other].due - reports.clock.monotonic() == FIRST_POLL


def test_the_end_of_a_query_is_not_that_of_a_report_with_its_id() -> None:
    reports = Reports(1)
    reports.create(0)

    reports.jobs.heard(End("R0", is_query=True, answer=Answer("DONE", "D")))

    assert reports[0].state is ReportState.IN_PROGRESS

"""Queries in the queue: pages, answers without a document, fields that Amazon refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

import pytest
from still_clock import NOW, StillClock

from amazon_selling_partner import (
    AmazonError,
    PermissionDeniedError,
    ReportLimits,
    RetryableError,
    marketplaces,
)
from tap_amazon_seller.reports.fetch.budget import Budget
from tap_amazon_seller.reports.fetch.lifecycle import ReportJobs
from tap_amazon_seller.reports.fetch.sources import Answer, DataKiosk
from tap_amazon_seller.reports.fetch.states import ReportState
from tap_amazon_seller.reports.requests.existing_queries import PAGE, QueryListing, digest
from tap_amazon_seller.reports.requests.existing_reports import ReportListing
from tap_amazon_seller.reports.requests.reuse import AgeLimits
from tap_amazon_seller.reports.requests.windows import ReportRequest, Window
from tap_amazon_seller.streams.data_kiosk import ECONOMICS_BY_SKU, SALES_TRAFFIC_BY_DATE

if TYPE_CHECKING:
    from amazon_selling_partner import SellingPartnerClient
    from tap_amazon_seller.reports.fetch.job import ReportJob

DE, FR = marketplaces.BY_COUNTRY["DE"], marketplaces.BY_COUNTRY["FR"]
WINDOW = Window(NOW - timedelta(days=20), NOW - timedelta(days=10))
REQUEST = ReportRequest(ECONOMICS_BY_SKU, DE, WINDOW, places=(DE, FR))
DATES = ReportRequest(SALES_TRAFFIC_BY_DATE, DE, WINDOW, places=(DE, FR))


class Amazon:
    """A client without quota, which refuses createQuery as the test wants."""

    def __init__(self, refusal: AmazonError | None = None) -> None:
        self.refusal = refusal
        self.queries: list[str] = []

    @property
    def data_kiosk(self) -> Amazon:
        return self

    def create_query(self, text: str, _token: str) -> str:
        self.queries.append(text)
        if self.refusal:
            raise self.refusal
        return "Q1"

    def seconds_until_ready(self, *_: object) -> float:
        return 0.0


def jobs() -> ReportJobs:
    clock, client = StillClock(), cast("SellingPartnerClient", Amazon())
    limits = AgeLimits(None, timedelta(hours=2))
    budget = Budget(ReportLimits(clock), clock, 3600.0)
    budget.begin()
    found = ReportJobs(
        client,
        clock,
        ReportListing(client, limits, {}),
        7200.0,
        budget,
        queries=QueryListing(client, limits, {}),
    )
    found.add({REQUEST: 2}, {}, ())
    return found


def created(found: ReportJobs, request: ReportRequest, query_id: str) -> ReportJob:
    found.created(found[request], query_id, NOW, {})
    return found[request]


def test_marketplaces_share_one_job() -> None:
    found = jobs()

    assert found[REQUEST.of(FR)] is found[REQUEST]
    assert str(REQUEST.of(FR)).startswith(
        "analytics_economics_2024_03_15.economics of DE, FR for 2026"
    )


def test_a_query_that_is_done_without_a_document_has_no_data() -> None:
    found = jobs()
    job = created(found, REQUEST, "Q1")

    found.judge(job, Answer("DONE", is_done_without_data=True), 0.0)

    assert job.state is ReportState.READY
    assert job.document is None
    assert job.error is None


def test_a_further_page_is_a_query_of_its_own_that_the_state_knows() -> None:
    found = jobs()
    job = created(found, REQUEST, "Q1")

    found.judge(job, Answer("DONE", "D1", "token"), 0.0)
    assert job.next_page
    page = created(found, job.next_page, "Q2")

    assert job.state is ReportState.DONE
    assert (page.readers, page.request.page, page.request.page_number) == (2, "token", 2)
    assert str(page.request).endswith(", page 2")
    assert found.unread["Q1"]["options"] == {}
    assert found.unread["Q2"]["options"] == {PAGE: digest("token")}


def test_pages_that_come_round_again_end_the_query() -> None:
    found = jobs()
    job = created(found, REQUEST, "Q1")
    found.judge(job, Answer("DONE", "D1", "token"), 0.0)
    assert job.next_page
    page = created(found, job.next_page, "Q2")

    found.judge(page, Answer("DONE", "D2", "token"), 0.0)

    assert page.state is ReportState.FAILED
    assert "names a further page that has come already" in str(page.error)


def test_the_pages_of_a_query_that_is_requested_once_more_are_let_go() -> None:
    found = jobs()
    job = created(found, REQUEST, "Q1")
    found.judge(job, Answer("DONE", "D1", "token"), 0.0)
    assert job.next_page
    page = created(found, job.next_page, "Q2")

    for state in (ReportState.DOWNLOADING, ReportState.QUEUED):  # its document is lost
        found.enter(job, state)
    created(found, REQUEST, "Q3")

    assert page.readers == 0
    assert "Q2" not in found.unread
    assert found[REQUEST].next_page is None


def kiosk(refusal: AmazonError) -> tuple[DataKiosk, Amazon]:
    amazon = Amazon(refusal)
    return DataKiosk(cast("SellingPartnerClient", amazon), StillClock()), amazon


def refused(*ways: str, status: int = 403, message: str = "") -> AmazonError:
    details = f"Unauthorized to access: [{', '.join(ways)}]"
    kind = PermissionDeniedError if status == 403 else AmazonError
    words = message or "Unauthorized to access requested fields."
    return kind("createQuery", status, "Unauthorized", words, details)


B2B = (
    "analytics_salesAndTraffic_2024_04_24.salesAndTrafficByDate.sales.orderedProductSalesB2B.amount"
)
KEY = "analytics_salesAndTraffic_2024_04_24.salesAndTrafficByDate.marketplaceId"


def test_fields_that_are_refused_are_left_out_of_the_next_query() -> None:
    source, amazon = kiosk(refused(B2B))
    with pytest.raises(PermissionDeniedError) as caught:
        source.create(DATES)

    assert source.accepts_smaller(DATES, caught.value)
    assert not source.accepts_smaller(DATES, caught.value), "it names nothing that is left"
    amazon.refusal = None
    source.create(DATES)

    assert "orderedProductSalesB2B{amount currencyCode}" in amazon.queries[0]
    assert "orderedProductSalesB2B{currencyCode}" in amazon.queries[1]


@pytest.mark.parametrize(
    "error",
    [
        refused(KEY, B2B),
        PermissionDeniedError("createQuery", 403, "Unauthorized", "Access to requested resource"),
        AmazonError("createQuery", 400, "InvalidInput", "The dates are wrong."),
    ],
)
def test_a_refusal_of_what_a_row_is_known_by_or_of_everything_is_one(error: AmazonError) -> None:
    source, _ = kiosk(error)

    assert not source.accepts_smaller(DATES, error)
    assert not source.left_out(SALES_TRAFFIC_BY_DATE)


def test_a_field_that_the_schema_has_no_more_is_left_out() -> None:
    said = "Cannot query field 'averageOfferCount' on type 'ByDateTraffic'."
    error = AmazonError("createQuery", 400, "InvalidInput", "The query is not valid.", said)
    source, _ = kiosk(error)

    assert source.accepts_smaller(DATES, error)
    assert source.left_out(SALES_TRAFFIC_BY_DATE) == {("traffic", "averageOfferCount")}


def test_too_many_queries_under_way_are_waited_for() -> None:
    said = "The maximum number of concurrent queries has been reached."
    source, _ = kiosk(AmazonError("createQuery", 400, "InvalidInput", said))

    with pytest.raises(RetryableError, match="too many queries are under way") as caught:
        source.create(DATES)

    assert caught.value.throttled

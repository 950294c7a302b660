"""A query that exists is recognised by its text, and no further page is taken for a first one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from still_clock import NOW

from amazon_selling_partner import Query, RetryableError, marketplaces
from tap_amazon_seller.reports.requests.existing_queries import PAGE, QueryListing, digest
from tap_amazon_seller.reports.requests.reuse import AgeLimits
from tap_amazon_seller.reports.requests.windows import ReportRequest, Window
from tap_amazon_seller.streams.data_kiosk import ECONOMICS_BY_SKU

if TYPE_CHECKING:
    from amazon_selling_partner import SellingPartnerClient

DE = marketplaces.BY_COUNTRY["DE"]
REQUEST = ReportRequest(
    ECONOMICS_BY_SKU, DE, Window(NOW - timedelta(days=9), NOW - timedelta(days=8)), places=(DE,)
)
TEXT = REQUEST.query_text(NOW.date())


class Kiosk:
    """A client that lists these queries."""

    def __init__(self, *listed: Query, answers: bool = True) -> None:
        self.listed, self.answers = listed, answers

    @property
    def data_kiosk(self) -> Kiosk:
        return self

    def queries(self, *_: object) -> tuple[Query, ...]:
        if not self.answers:
            raise RetryableError("getQueries answered 503")
        return self.listed

    def query(self, query_id: str) -> Query:
        return next(one for one in self.listed if one.query_id == query_id)


def query(
    query_id: str, hours: float, *, text: str = TEXT, status: str = "DONE", token: str = ""
) -> Query:
    """A query that was created so many hours ago."""
    pagination: Any = type("Pagination", (), {"next_token": token})() if token else None
    return Query(
        query_id,
        text,
        status,
        created_time=(NOW - timedelta(hours=hours)).isoformat(),
        data_document_id=f"D{query_id}",
        pagination=pagination,
    )


def found(kiosk: Kiosk, remembered: dict[str, Any] | None = None, max_age: Any = None) -> str:
    """The id of the query that stands in for the request; empty for none."""
    limits = AgeLimits(max_age, timedelta(hours=2))
    listing = QueryListing(cast("SellingPartnerClient", kiosk), limits, remembered or {})
    answered = listing.find([REQUEST], NOW)
    return answered[REQUEST][1].report_id if answered else ""


def remembered(**options: str) -> dict[str, Any]:
    return {
        "report_type": "analytics_economics_2024_03_15.economics",
        "marketplace_id": DE.id,
        "options": options,
        "created": NOW.isoformat(),
    }


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([query("1", 1)], "1"),
        ([query("1", 1, text="{other}")], ""),
        ([query("1", 13)], ""),
        ([query("1", 1, status="FATAL")], ""),
        ([query("1", 1, status="IN_QUEUE")], "1"),
        ([query("1", 3), query("2", 1)], "2"),
    ],
)
def test_the_youngest_query_of_the_same_text_is_used_for_twelve_hours(
    listed: list[Query], expected: str
) -> None:
    assert found(Kiosk(*listed)) == expected


def test_what_is_younger_than_a_query_with_further_pages_may_be_such_a_page() -> None:
    first, second = query("1", 3, token="next"), query("2", 2)

    assert found(Kiosk(second, first)) == "1"
    assert found(Kiosk(second, query("1", 14, token="next"))) == "", "its first page is too old"


def test_the_pages_that_the_state_knows_are_found_by_their_token_alone() -> None:
    kiosk = Kiosk(query("2", 1))
    state = {"2": remembered(**{PAGE: digest("next")})}
    listing = QueryListing(
        cast("SellingPartnerClient", kiosk), AgeLimits(None, timedelta(hours=2)), state
    )

    assert listing.find([REQUEST], NOW) == {}
    page = listing.page("next")
    assert page
    assert page.report_id == "2"
    assert listing.page("other") is None


def test_no_query_is_used_where_the_user_wants_none_or_amazon_lists_none() -> None:
    assert found(Kiosk(query("1", 1)), max_age=timedelta(0)) == ""
    assert found(Kiosk(query("1", 1), answers=False)) == ""
    assert found(Kiosk(query("1", 1), answers=False), {"1": remembered()}) == "1"


def test_a_query_made_before_its_data_were_there_is_not_used() -> None:
    young = ReportRequest(
        ECONOMICS_BY_SKU, DE, Window(NOW - timedelta(days=4), NOW - timedelta(days=3)), places=(DE,)
    )
    listed = query("1", 1, text=young.query_text(NOW.date()))
    listing = QueryListing(
        cast("SellingPartnerClient", Kiosk(listed)), AgeLimits(None, timedelta(hours=2)), {}
    )

    assert listing.find([young], NOW) == {}

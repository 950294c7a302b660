"""The sandbox answers Data Kiosk as Amazon's schemas and public reports have it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from amazon_seller_sandbox.files import data_kiosk
from amazon_seller_sandbox.state.queries import MOST_UNFINISHED

if TYPE_CHECKING:
    from sandbox.conftest import Amazon, MakeAmazon

QUERIES = "/dataKiosk/2023-11-15/queries"
DOCUMENTS = "/dataKiosk/2023-11-15/documents"
LONGEST = 240
DE, FR, US = "A1PA6795UKMFR9", "A13V1IB3VIYZZH", "ATVPDKIKX0DER"
REPOSITORY = Path(__file__).parents[2]


def by_date(fields: str = "startDate", *, places: str = f'["{DE}"]', **more: str) -> str:
    given = {"startDate": '"2026-10-26"', "endDate": '"2026-10-27"', "aggregateBy": "DAY", **more}
    arguments = " ".join(f"{name}:{value}" for name, value in given.items())
    return (
        "{analytics_salesAndTraffic_2024_04_24{salesAndTrafficByDate("
        f"marketplaceIds:{places} {arguments}){{{fields}}}}}}}"
    )


def finished(amazon: Amazon, query: str, **more: str) -> dict[str, Any]:
    """Create a query, let its time pass, and return it."""
    answer = amazon.call("POST", QUERIES, {"query": query, **more})
    assert answer.status_code == 202, answer.text
    amazon.clock.advance(LONGEST)
    found: dict[str, Any] = amazon.call("GET", f"{QUERIES}/{answer.json()['queryId']}").json()
    return found


def rows(amazon: Amazon, query: dict[str, Any]) -> list[dict[str, Any]]:
    document = amazon.call("GET", f"{DOCUMENTS}/{query['dataDocumentId']}").json()
    answer = amazon.http.get(document["documentUrl"])
    assert answer.status_code == 200
    body = answer.content
    if body.startswith(b"\x1f\x8b"):
        body = gzip.decompress(body)
    return [json.loads(line) for line in body.decode().splitlines()]


def refusal(amazon: Amazon, body: object) -> tuple[int, str]:
    answer = amazon.call("POST", QUERIES, body)
    [error] = answer.json()["errors"]
    amazon.clock.advance(60)
    return answer.status_code, f"{error['message']} {error['details']}"


def test_a_query_is_answered_with_what_it_selects_alone(amazon: Amazon) -> None:
    query = by_date(
        "startDate sales{unitsOrdered claimsAmountB2B{amount}}", places=f'["{DE}","{FR}"]'
    )

    found = finished(amazon, query)

    assert found["query"] == query
    assert found["processingStatus"] == "DONE"
    answered = rows(amazon, found)
    assert [row["startDate"] for row in answered] == ["2026-10-26", "2026-10-27"] * 2
    assert all(set(row["sales"]) == {"unitsOrdered", "claimsAmountB2B"} for row in answered)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, "query is required")),
        ({"query": "{"}, (400, "not valid GraphQL")),
        ({"query": by_date() + by_date()}, (400, "Exactly one query")),
        ({"query": by_date("nothing")}, (400, "Cannot query field 'nothing'")),
        ({"query": "{ analytics_x { y } }"}, (400, "Cannot query field 'analytics_x'")),
        ({"query": by_date(aggregateBy="YEAR")}, (400, "YEAR")),
        ({"query": by_date(places=f'["{US}"]')}, (403, "Access to requested resource")),
        ({"query": by_date(startDate='"2024-10-01"')}, (400, "two years ago")),
        ({"query": by_date(endDate='"2026-10-01"')}, (400, "endDate must not be before")),
        ({"query": by_date("startDate " * 900)}, (400, "at most 8000 characters")),
        ({"query": by_date(), "paginationToken": "x"}, (400, "paginationToken is not valid")),
    ],
)
def test_what_amazon_would_not_take_is_refused(
    amazon: Amazon, body: object, expected: tuple[int, str]
) -> None:
    status, words = refusal(amazon, body)

    assert status == expected[0]
    assert expected[1] in words


def test_a_second_root_is_refused_though_graphql_allows_it(amazon: Amazon) -> None:
    one = by_date()[len("{analytics_salesAndTraffic_2024_04_24{") : -2]

    query = f"{{analytics_salesAndTraffic_2024_04_24{{{one} again:{one}}}}}"

    assert refusal(amazon, {"query": query}) == (400, "A query must have exactly one query. ")


def test_who_lacks_the_role_is_given_each_field_that_is_refused(amazon: Amazon) -> None:
    amazon.log_in("Atzr|sandbox-limited")

    status, words = refusal(amazon, {"query": by_date("startDate marketplaceId")})

    assert status == 403
    root = "analytics_salesAndTraffic_2024_04_24.salesAndTrafficByDate"
    assert words == (
        "Unauthorized to access requested fields. "
        f"Unauthorized to access: [{root}.marketplaceId, {root}.startDate]"
    )


def test_no_data_is_no_document(amazon: Amazon) -> None:
    found = finished(amazon, by_date(startDate='"2026-06-01"', endDate='"2026-06-02"'))

    assert found["processingStatus"] == "DONE"
    assert "dataDocumentId" not in found


def test_results_have_pages_that_the_same_text_requests(make_amazon: MakeAmazon) -> None:
    amazon = make_amazon(query_rows=1)
    query = by_date()

    first = finished(amazon, query)
    token = first["pagination"]["nextToken"]
    second = finished(amazon, query, paginationToken=token)

    assert [row["startDate"] for row in rows(amazon, first)] == ["2026-10-26"]
    assert [row["startDate"] for row in rows(amazon, second)] == ["2026-10-27"]
    assert "pagination" not in second
    other = {"query": by_date("endDate"), "paginationToken": token}
    assert refusal(amazon, other)[0] == 400


def test_the_list_keeps_its_parameters_from_page_to_page(amazon: Amazon) -> None:
    for _ in range(3):
        finished(amazon, by_date())

    first = amazon.call("GET", QUERIES, processingStatuses="DONE", pageSize="2").json()
    assert first.keys() == {"queries", "pagination"}, first
    token = first["pagination"]["nextToken"]
    second = amazon.call(
        "GET", QUERIES, processingStatuses="DONE", pageSize="1", paginationToken=token
    ).json()
    alone = amazon.call("GET", QUERIES, paginationToken=token)

    assert len(first["queries"]) == 2
    assert len(second["queries"]) == 1
    assert "pagination" not in second
    assert alone.status_code == 400, "the opposite of getReports"


def test_queries_are_cancelled_until_they_are_finished(amazon: Amazon) -> None:
    query_id = amazon.call("POST", QUERIES, {"query": by_date()}).json()["queryId"]
    path = f"{QUERIES}/{query_id}"

    assert amazon.call("DELETE", path).status_code == 204
    assert amazon.call("DELETE", path).status_code == 204
    assert amazon.call("GET", path).json()["processingStatus"] == "CANCELLED"
    done = finished(amazon, by_date())
    assert amazon.call("DELETE", f"{QUERIES}/{done['queryId']}").status_code == 400


def test_so_many_queries_can_be_under_way(make_amazon: MakeAmazon) -> None:
    amazon = make_amazon(report_seconds=(100_000.0, 100_000.0))
    for _ in range(MOST_UNFINISHED):
        amazon.call("POST", QUERIES, {"query": by_date()})
        amazon.clock.advance(60)

    status, words = refusal(amazon, {"query": by_date()})

    assert (status, words) == (400, "The maximum number of concurrent queries has been reached. ")


def test_weeks_and_months_are_complete_ones(amazon: Amazon) -> None:
    weeks = by_date("startDate endDate", aggregateBy="WEEK", startDate='"2026-10-14"',
                    endDate='"2026-11-01"')  # fmt: skip

    found = rows(amazon, finished(amazon, weeks))

    assert found == [{"startDate": "2026-10-18", "endDate": "2026-10-24"},
                     {"startDate": "2026-10-25", "endDate": "2026-10-31"}]  # fmt: skip


def test_the_schemas_are_those_that_the_tap_checks_queries_against() -> None:
    here = Path(data_kiosk.__file__).parent
    names = sorted(path.name for path in here.glob("*.graphql"))
    others = REPOSITORY / "schemas" / "data_kiosk"

    assert names == sorted(path.name for path in others.glob("*.graphql"))
    for name in names:
        assert (here / name).read_text("utf-8") == (others / name).read_text("utf-8")

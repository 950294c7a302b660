"""Orders 2026-01-01: times, pages and whose data; and tokens for restricted data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sandbox.conftest import Amazon

ORDERS = "/orders/2026-01-01/orders"
TOKENS = "/tokens/2021-03-01/restrictedDataToken"
DE, US = "A1PA6795UKMFR9", "ATVPDKIKX0DER"
SINCE = "2026-09-01T00:00:00Z"


def search(amazon: Amazon, **query: str) -> dict[str, Any]:
    answer = amazon.call("GET", ORDERS, **query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_pages_bring_every_order_once(amazon: Amazon) -> None:
    query = {"lastUpdatedAfter": SINCE, "includedData": "BUYER,RECIPIENT"}
    page = search(amazon, **query)
    orders = page["orders"]
    while "pagination" in page:
        page = search(amazon, **query, paginationToken=page["pagination"]["nextToken"])
        orders += page["orders"]
    ids = [order["orderId"] for order in orders]
    named = [order["orderId"] for order in orders if "buyer" in order]

    assert len(ids) == len(set(ids)) == len(amazon.truth("EU", "orders"))
    known = {record["amazon_order_id"] for record in amazon.truth("EU", "order_buyer_info")}
    assert set(named) == known < set(ids)
    assert page["lastUpdatedBefore"] == "2026-11-02T07:58:00.000Z"


def test_filters_choose_marketplace_status_and_fulfilment(amazon: Amazon) -> None:
    found = search(
        amazon,
        createdAfter=SINCE,
        marketplaceIds=DE,
        fulfillmentStatuses="SHIPPED,CANCELLED",
        fulfilledBy="MERCHANT",
        includedData="FULFILLMENT",
    )["orders"]

    assert {order["salesChannel"]["marketplaceId"] for order in found} == {DE}
    assert {order["fulfillment"]["fulfillmentStatus"] for order in found} == {
        "SHIPPED",
        "CANCELLED",
    }
    assert {order["fulfillment"]["fulfilledBy"] for order in found} == {"MERCHANT"}
    assert not any("buyer" in order or "recipient" in order for order in found)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"createdAfter": SINCE, "lastUpdatedAfter": SINCE},
        {"createdAfter": SINCE, "lastUpdatedBefore": "2026-10-01T00:00:00Z"},
        {"lastUpdatedAfter": SINCE, "lastUpdatedBefore": "2026-11-02T07:59:00Z"},
        {"lastUpdatedAfter": SINCE, "lastUpdatedBefore": "2026-08-01T00:00:00Z"},
        {"lastUpdatedAfter": "yesterday"},
        {"lastUpdatedAfter": SINCE, "maxResultsPerPage": "0"},
        {"lastUpdatedAfter": SINCE, "includedData": "BUYERS"},
        {"lastUpdatedAfter": SINCE, "fulfillmentStatuses": "Shipped"},
        {"lastUpdatedAfter": SINCE, "marketplaceIds": ",".join(map(str, range(51)))},
        {"lastUpdatedAfter": SINCE, "paginationToken": "bm9uc2Vuc2U="},
    ],
    ids=lambda query: ",".join(query) or "nothing",
)
def test_what_amazon_does_not_allow_is_refused(amazon: Amazon, query: dict[str, str]) -> None:
    assert amazon.call("GET", ORDERS, **query).status_code == 400


def test_a_page_token_is_for_the_same_search_and_a_day(amazon: Amazon) -> None:
    query = {"lastUpdatedAfter": SINCE, "lastUpdatedBefore": "2026-11-01T00:00:00Z"}
    token = search(amazon, **query)["pagination"]["nextToken"]
    other = amazon.call("GET", ORDERS, lastUpdatedAfter=SINCE, paginationToken=token)
    amazon.clock.advance(86_401)
    amazon.log_in()

    assert other.status_code == 400
    assert amazon.call("GET", ORDERS, **query, paginationToken=token).status_code == 400


def test_buyers_and_foreign_marketplaces_need_permission(amazon: Amazon) -> None:
    foreign = amazon.call("GET", ORDERS, lastUpdatedAfter=SINCE, marketplaceIds=US)
    amazon.log_in("Atzr|sandbox-limited")
    buyers = amazon.call("GET", ORDERS, lastUpdatedAfter=SINCE, includedData="BUYER")
    orders = amazon.call("GET", ORDERS, lastUpdatedAfter=SINCE)

    assert (foreign.status_code, buyers.status_code, orders.status_code) == (403, 403, 200)


def restricted(amazon: Amazon, path: str, method: str = "GET") -> Any:
    body = {"restrictedResources": [{"method": method, "path": path}]}
    return amazon.call("POST", TOKENS, body)


def test_a_restricted_data_token_opens_its_own_path_alone(amazon: Amazon) -> None:
    answer = restricted(amazon, "/reports/2021-06-30/documents/amzn1.spdoc.1").json()
    amazon.token = answer["restrictedDataToken"]

    own = amazon.call("GET", "/reports/2021-06-30/documents/amzn1.spdoc.1")
    other = amazon.call("GET", "/reports/2021-06-30/documents/amzn1.spdoc.2")
    elsewhere = amazon.call("GET", "/sellers/v1/account")
    amazon.clock.advance(answer["expiresIn"])
    late = amazon.call("GET", "/reports/2021-06-30/documents/amzn1.spdoc.1")

    assert own.status_code == 404  # let in, but there is no such document
    assert (other.status_code, elsewhere.status_code, late.status_code) == (403, 403, 403)


@pytest.mark.parametrize("path", ["/sellers/v1/account", "/reports/2021-06-30/documents/{id}", ""])
def test_tokens_are_for_restricted_paths(amazon: Amazon, path: str) -> None:
    assert restricted(amazon, path).status_code == 400

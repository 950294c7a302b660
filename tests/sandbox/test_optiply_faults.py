"""Faults of the stand-in for Optiply, its call counts and its control surface."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from sandbox.conftest import Optiply

LOST = (httpx.ReadError, httpx.RemoteProtocolError)


@pytest.mark.parametrize(
    ("fault", "status", "content_type"),
    [
        ("400", 400, "application/vnd.api+json"),
        ("429", 429, "application/vnd.api+json"),
        ("500", 500, "text/html"),
        ("503", 503, "text/html"),
    ],
)
def test_an_answer_can_be_replaced_without_the_request_being_done(
    optiply: Optiply, fault: str, status: int, content_type: str
) -> None:
    optiply.fault("optiply.products.POST", fault, seconds=7)
    attributes = {"name": "Shoe", "stockLevel": 3, "unlimitedStock": False}
    answer = optiply.post("products", **attributes)

    assert (answer.status_code, answer.headers["content-type"]) == (status, content_type)
    assert answer.headers.get("retry-after") == ("7" if fault == "429" else None)
    assert optiply.dump()["products"] == []
    assert optiply.post("products", **attributes).status_code == 201


@pytest.mark.parametrize(("fault", "left"), [("reset_before", 0), ("reset", 1)])
def test_a_connection_is_reset_before_or_after_the_request_is_done(
    optiply: Optiply, fault: str, left: int
) -> None:
    optiply.fault("optiply.products.POST", fault)
    with pytest.raises(LOST):
        optiply.product()

    assert len(optiply.dump()["products"]) == left
    assert optiply.calls()["optiply.products.POST"] == {"reset": 1}


def test_a_slow_answer_is_of_a_request_that_is_done(optiply: Optiply) -> None:
    optiply.fault("optiply.products.POST", "slow", seconds=30)
    optiply.http.timeout = httpx.Timeout(0.2)
    with pytest.raises(httpx.ReadTimeout):
        optiply.product()
    optiply.http.timeout = httpx.Timeout(30)

    assert len(optiply.dump()["products"]) == 1


def test_tokens_can_be_revoked_in_the_middle(optiply: Optiply) -> None:
    amazon_token = optiply.amazon.token
    optiply.fault("optiply.*", "revoked_tokens", skip=1)
    statuses = [optiply.call("GET", "products").status_code for _ in range(3)]
    optiply.become("EU")

    assert statuses == [200, 401, 401]
    assert optiply.call("GET", "products").status_code == 200
    assert amazon_token
    assert optiply.amazon.call("GET", "/sellers/v1/account").status_code == 200


def test_the_token_endpoint_can_fail(optiply: Optiply) -> None:
    optiply.fault("optiply.token", "503")

    assert [optiply.ask_for_token().status_code for _ in range(2)] == [503, 200]


def test_one_record_can_be_refused_for_ever(optiply: Optiply) -> None:
    number = optiply.product(remoteId="B0_DE")
    optiply.fault("optiply.products.*", "400", where={"remoteId": "B0_DE"}, times=None)
    attributes = {"name": "Shoe", "stockLevel": 3, "unlimitedStock": False}
    refused = [optiply.post("products", **attributes, remoteId="B0_DE") for _ in range(2)]
    refused.append(optiply.patch("products", number, stockLevel=5))

    assert [each.status_code for each in refused] == [400, 400, 400]
    assert optiply.post("products", **attributes, remoteId="B1_DE").status_code == 201
    assert optiply.product(name="Boot")


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ({"operation": "createReport", "where": {"a": 1}}, "begin with optiply."),
        ({"operation": "optiply.products.GET", "where": []}, "an object of attributes"),
        ({"operation": "optiply.*", "fault": "expired_url"}, "only to operations of Amazon's"),
        ({"operation": "optiply.*", "fault": "twice"}, "twice means nothing to optiply.*"),
    ],
)
def test_a_fault_that_means_nothing_is_refused(
    optiply: Optiply, entry: dict[str, object], part: str
) -> None:
    answer = optiply.http.post("/_sandbox/faults", json=[{"fault": "400"} | entry])

    assert answer.status_code == 400
    assert part in answer.json()["error"]


def test_amazon_can_be_reset_before_it_does_anything_too(optiply: Optiply) -> None:
    amazon = optiply.amazon
    optiply.fault("createReport", "reset_before")
    with pytest.raises(LOST):
        amazon.create("GET_MERCHANT_LISTINGS_ALL_DATA", "A1PA6795UKMFR9")
    listed = amazon.call(
        "GET", "/reports/2021-06-30/reports", reportTypes="GET_MERCHANT_LISTINGS_ALL_DATA"
    )

    assert listed.json()["reports"] == []


def test_calls_are_counted_by_entity_method_and_status(optiply: Optiply) -> None:
    optiply.http.post("/_sandbox/calls/reset")
    optiply.product()
    optiply.post("products")
    optiply.call("GET", "products")
    optiply.call("DELETE", "suppliers/1")
    optiply.call("POST", "shoes")

    assert optiply.calls() == {
        "optiply.products.GET": {"200": 1},
        "optiply.products.POST": {"201": 1, "400": 1},
        "optiply.suppliers.DELETE": {"404": 1},
        "optiply.unknown.POST": {"404": 1},
    }


def test_objects_can_be_there_beforehand(optiply: Optiply) -> None:
    shoe = {"name": "Shoe", "stockLevel": 3, "unlimitedStock": False, "price": 9.95}
    entry = {"entity": "products", "coupling": "EU-SHOP", "attributes": shoe | {"remoteId": "S1"}}
    made = optiply.http.post("/_sandbox/optiply", json=[entry]).json()["made"]
    seen = optiply.call("GET", "products").json()["data"]

    assert made == seen
    assert seen[0]["attributes"]["remoteIdMap"] == {"2002": "S1"}
    assert optiply.dump()["products"][0]["price"] == "9.95"
    assert optiply.dump(accountId="101")["products"] == []
    optiply.http.delete("/_sandbox/optiply").raise_for_status()
    assert not any(optiply.dump().values())


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ("x", "the keys entity, attributes"),
        ({"entity": "products"}, "the keys entity, attributes"),
        ({"entity": "shoes", "attributes": {}}, "unknown entity 'shoes'"),
        ({"entity": "accounts", "attributes": {}}, "unknown entity 'accounts'"),
        ({"entity": "products", "attributes": []}, "attributes is not an object"),
        ({"entity": "products", "attributes": {"name": "a"}}, "stockLevel: is missing"),
        ({"entity": "products", "attributes": {}, "coupling": "XX"}, "unknown coupling 'XX'"),
    ],
)
def test_a_wrong_seed_is_refused(optiply: Optiply, entry: object, part: str) -> None:
    answer = optiply.http.post("/_sandbox/optiply", json=[entry])

    assert answer.status_code == 400
    assert part in answer.json()["error"]


def test_a_record_sent_twice_is_there_twice(optiply: Optiply) -> None:
    for _ in range(2):
        optiply.product(remoteId="B0_DE")

    assert [each["remoteIdMap"] for each in optiply.dump()["products"]] == [{"1002": "B0_DE"}] * 2

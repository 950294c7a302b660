"""Faults of the stand-in for Optiply, its call counts and its control surface."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from amazon_seller_sandbox.optiply.accounts import PASSWORD

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
        ({"operation": "createReport", "fault": "odd_json"}, "only to operations of Optiply's"),
        ({"operation": "optiply.*", "among": 0}, "among is to be 1 or more"),
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


def test_one_call_among_so_many_is_struck_as_the_seed_draws_it(optiply: Optiply) -> None:
    struck = {}
    for seed in "abcdefgh":
        optiply.http.delete("/_sandbox/faults")
        optiply.fault("optiply.products.GET", "429", among=6, seed=seed)
        statuses = [optiply.call("GET", "products").status_code for _ in range(8)]
        assert statuses.count(429) == 1
        struck[seed] = statuses.index(429)
    optiply.http.delete("/_sandbox/faults")
    optiply.fault("optiply.products.GET", "429", among=6, seed="a")
    again = [optiply.call("GET", "products").status_code for _ in range(8)]

    assert set(struck.values()) <= set(range(6))
    assert len(set(struck.values())) > 2
    assert again.index(429) == struck["a"]


def test_named_objects_can_be_lost_and_lines_refer_to_nothing_then(optiply: Optiply) -> None:
    shoe, boot = optiply.product(name="Shoe"), optiply.product(name="Boot")
    line = {"quantity": 1, "subtotalValue": 5, "productId": shoe}
    sold = optiply.made(
        "sellOrders", placed="2026-11-01T10:00:00Z", totalValue="5.00", orderLines=[line]
    )
    body = [{"entity": "products", "where": {"name": "Shoe"}}]
    lost = optiply.http.post("/_sandbox/optiply/lose", json=body).json()["lost"]
    dump = optiply.dump()

    assert [each["id"] for each in lost] == [shoe]
    assert [each["id"] for each in dump["products"]] == [boot]
    assert [str(each["productId"]) for each in dump["sellOrders"][0]["orderLines"]] == [shoe]
    optiply.http.post(
        "/_sandbox/optiply/lose", json=[{"entity": "sellOrders", "where": {"id": sold}}]
    ).raise_for_status()
    assert optiply.dump()["sellOrderLines"] == []


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ({"entity": "products"}, "the keys entity and where"),
        ({"entity": "shoes", "where": {"a": 1}}, "unknown entity 'shoes'"),
        ({"entity": "products", "where": {}}, "where is to be an object"),
    ],
)
def test_what_is_to_be_lost_is_named(optiply: Optiply, entry: dict[str, object], part: str) -> None:
    answer = optiply.http.post("/_sandbox/optiply/lose", json=[entry])

    assert answer.status_code == 400
    assert part in answer.json()["error"]


def test_an_object_can_be_lost_just_before_a_call_about_it(optiply: Optiply) -> None:
    number = optiply.product()
    optiply.fault("optiply.products.PATCH", "lost_object")

    assert optiply.patch("products", number, stockLevel=5).status_code == 404
    assert optiply.dump()["products"] == []


def test_an_answer_can_echo_the_token_and_the_password(optiply: Optiply) -> None:
    optiply.fault("optiply.*", "echoed_secrets", times=None)
    product = optiply.post("products", name="Shoe", stockLevel=1, unlimitedStock=False)
    token = optiply.ask_for_token()

    assert product.status_code == token.status_code == 400
    assert optiply.token in product.text
    assert PASSWORD in token.text
    assert optiply.dump()["products"] == []


@pytest.mark.parametrize(("fault", "status"), [("odd_json", 200), ("odd_errors", 400)])
def test_an_answer_can_have_any_form(optiply: Optiply, fault: str, status: int) -> None:
    optiply.fault("optiply.products.GET", fault, times=None)
    answers = [optiply.call("GET", "products") for _ in range(20)]

    assert {each.status_code for each in answers} == {status}
    assert len({each.text for each in answers}) > 10


def test_an_answer_can_be_deeper_than_a_parser_goes(optiply: Optiply) -> None:
    optiply.fault("optiply.products.GET", "deep_json", times=2)
    answers = [optiply.call("GET", "products") for _ in range(2)]

    assert [each.status_code for each in answers] == [200, 400]
    for each in answers:
        assert each.text.count("[") > 50_000


def test_pages_can_have_no_end(optiply: Optiply) -> None:
    optiply.product()
    optiply.fault("optiply.products.GET", "endless_links", times=None)
    url = "/optiply/v1/products"
    for _ in range(3):
        page = optiply.http.get(
            url, params=optiply.ids, headers={"authorization": f"Bearer {optiply.token}"}
        ).json()
        assert len(page["data"]) == 1
        assert "/optiply/v1/products?" in page["links"]["next"]


def test_a_message_can_hold_control_characters(optiply: Optiply) -> None:
    optiply.fault("optiply.products.GET", "control_characters")
    (error,) = optiply.call("GET", "products").json()["errors"]

    assert "\x1b" in error["detail"]
    assert "\x00" in error["detail"]


def test_a_record_sent_twice_is_there_twice(optiply: Optiply) -> None:
    for _ in range(2):
        optiply.product(remoteId="B0_DE")

    assert [each["remoteIdMap"] for each in optiply.dump()["products"]] == [{"1002": "B0_DE"}] * 2

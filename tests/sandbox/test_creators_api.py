"""The stand-in for the Creators API: strict as Amazon's client lets one see, and read by it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import loopback
import pytest
from amazon_creatorsapi import AmazonCreatorsApi
from amazon_creatorsapi.errors import (
    AccessDeniedError,
    AssociateValidationError,
    AuthenticationError,
    InvalidArgumentError,
    TooManyRequestsError,
)
from pydantic import ValidationError

if TYPE_CHECKING:
    import httpx
    from conftest import RunningSandbox, StartSandbox

EU = "amzn1.application-oa2-client.creators-EU"
SECRET = "sandbox-creators-secret"
UNKNOWN = "B0ZZZZZZ01"
CLIENT = {"grant_type": "client_credentials", "client_secret": SECRET}
JSON_SCOPE, FORM_SCOPE = "creatorsapi::default", "creatorsapi/default"


@pytest.fixture(scope="module")
def sandbox(start_module_sandbox: StartSandbox) -> RunningSandbox:
    return start_module_sandbox(clock_factor=60, listings=120)


@pytest.fixture
def asins(sandbox: RunningSandbox) -> list[str]:
    sandbox.clear_faults()
    every = sandbox.get_json("/_sandbox/creators/DE")
    return [asin for asin, each in every.items() if "item" in each]


def client(sandbox: RunningSandbox, who: str = f"{EU}-large", **more: Any) -> AmazonCreatorsApi:
    options: dict[str, Any] = {
        "version": "3.2",
        "tag": "sandbox-de-21",
        "country": "DE",
        "throttling": 0,
        "retries": 0,
    }
    return AmazonCreatorsApi(
        who,
        SECRET,
        host=sandbox.url,
        auth_endpoint=f"{sandbox.url}/creators/token",
        **(options | more),
    )


def token(sandbox: RunningSandbox, **body: str) -> httpx.Response:
    return loopback.post(f"{sandbox.url}/creators/token", json=CLIENT | body)


def post(
    sandbox: RunningSandbox,
    body: Any,
    *,
    operation: str = "getItems",
    marketplace: str | None = "www.amazon.de",
    authorization: str | None = None,
) -> httpx.Response:
    if authorization is None:
        answer = token(sandbox, client_id=f"{EU}-large", scope=JSON_SCOPE).json()
        authorization = f"Bearer {answer['access_token']}"
    headers = {"Authorization": authorization}
    if marketplace:
        headers["x-marketplace"] = marketplace
    return loopback.post(f"{sandbox.url}/catalog/v1/{operation}", json=body, headers=headers)


@pytest.mark.parametrize(("who", "version"), [(f"{EU}-large", "3.2"), (f"{EU}-old", "2.2")])
def test_amazons_client_reads_items_of_both_versions(
    sandbox: RunningSandbox, asins: list[str], who: str, version: str
) -> None:
    with client(sandbox, who, version=version) as api:
        found = api.get_items([*asins[:8], UNKNOWN])

    assert [item.asin for item in found] == asins[:8]
    assert found[0].item_info is not None
    assert found[0].item_info.title is not None
    assert found[0].item_info.title.display_value
    [error] = found.errors
    assert error.code == "InvalidParameterValue"
    assert UNKNOWN in error.message


def test_amazons_client_searches_and_lists_variations(
    sandbox: RunningSandbox, asins: list[str]
) -> None:
    with client(sandbox) as api:
        brand = api.get_items(asins[:1])[0].item_info.by_line_info.brand.display_value  # type: ignore[union-attr]
        found = api.search_items(brand=brand)
        child = next(each for each in api.get_items(asins[:10]) if each.parent_asin)
        listed = api.get_variations(str(child.asin))

    assert found.items
    assert (found.total_result_count or 0) >= len(found.items)
    assert child.asin in [each.asin for each in listed.items or []]


def test_fields_come_for_the_resources_requested_alone(
    sandbox: RunningSandbox, asins: list[str]
) -> None:
    body = {"partnerTag": "sandbox-de-21", "itemIds": asins[:10]}

    plain = post(sandbox, body).json()["itemsResult"]["items"]
    assert {name for item in plain for name in item} <= {
        "asin",
        "detailPageURL",
        "variationAttributes",
    }

    pictured = post(sandbox, body | {"resources": ["images.primary.highRes"]}).json()
    sizes = {
        size
        for item in pictured["itemsResult"]["items"]
        for size in item.get("images", {}).get("primary", {})
    }
    assert sizes == {"hiRes"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"itemIds": [f"B00000000{number}" for number in range(10)] + ["B000000010"]}, "itemIds"),
        ({"itemIds": []}, "itemIds"),
        ({"itemIds": "B000000001"}, "itemIds"),
        ({"partnerTag": None}, "partnerTag"),
        ({"partnerTag": "x" * 65}, "partnerTag"),
        ({"resources": ["images.primary.hiRes"]}, "resources"),
        ({"resources": ["itemInfo.everything"]}, "resources"),
        ({"condition": "Used"}, "condition"),
        ({"languagesOfPreference": ["de_DE", "en_GB"]}, "languagesOfPreference"),
    ],
)
def test_a_field_that_is_wrong_is_refused_by_name(
    sandbox: RunningSandbox, change: dict[str, Any], field: str
) -> None:
    answer = post(sandbox, {"partnerTag": "sandbox-de-21", "itemIds": ["B000000001"]} | change)

    said = answer.json()
    assert answer.status_code == 400
    assert (said["type"], said["reason"]) == ("ValidationException", "FieldValidationFailed")
    assert [each["name"] for each in said["fieldList"]] == [field]


def test_members_that_other_clients_send_are_passed_over(
    sandbox: RunningSandbox, asins: list[str]
) -> None:
    body = {
        "partnerTag": "sandbox-de-21", "itemIds": asins[:1], "marketplace": "www.amazon.de",
        "partnerType": "Associates", "itemIdType": "ASIN",
    }  # fmt: skip

    assert post(sandbox, body).status_code == 200


GOOD_BODY = {"partnerTag": "sandbox-de-21", "itemIds": ["B000000001"]}


@pytest.mark.parametrize(
    ("marketplace", "tag", "reason"),
    [
        (None, "sandbox-de-21", "FieldValidationFailed"),
        ("amazon.de", "sandbox-de-21", "FieldValidationFailed"),
        ("www.amazon.com", "sandbox-us-20", "InvalidAssociate"),
        ("www.amazon.fr", "sandbox-de-21", "InvalidPartnerTag"),
        ("www.amazon.de", "somebody-21", "InvalidPartnerTag"),
    ],
)
def test_marketplace_and_tag_belong_together(
    sandbox: RunningSandbox, marketplace: str | None, tag: str, reason: str
) -> None:
    answer = post(sandbox, GOOD_BODY | {"partnerTag": tag}, marketplace=marketplace)

    assert (answer.status_code, answer.json()["reason"]) == (400, reason)


def test_tokens_are_given_in_the_form_of_the_version_alone(sandbox: RunningSandbox) -> None:
    url = f"{sandbox.url}/creators/token"
    new, old = CLIENT | {"client_id": EU}, CLIENT | {"client_id": f"{EU}-old"}

    assert loopback.post(url, json=new | {"scope": JSON_SCOPE}).status_code == 200
    assert loopback.post(url, data=old | {"scope": FORM_SCOPE}).status_code == 200
    for answer in (
        loopback.post(url, data=new | {"scope": JSON_SCOPE}),
        loopback.post(url, json=old | {"scope": FORM_SCOPE}),
        loopback.post(url, json=new | {"scope": JSON_SCOPE, "client_secret": "wrong"}),
    ):
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    wrong_scope = loopback.post(url, json=new | {"scope": FORM_SCOPE})
    assert (wrong_scope.status_code, wrong_scope.json()["error"]) == (400, "invalid_scope")


def test_the_header_names_the_version_for_2_and_for_3_it_does_not(sandbox: RunningSandbox) -> None:
    new = token(sandbox, client_id=f"{EU}-large", scope=JSON_SCOPE).json()["access_token"]
    form = CLIENT | {"client_id": f"{EU}-old", "scope": FORM_SCOPE}
    old = loopback.post(f"{sandbox.url}/creators/token", data=form).json()["access_token"]

    for header, reason in (
        (f"Bearer {new}, Version 3.2", "InvalidIssuer"),
        (f"Bearer {old}", "InvalidIssuer"),
        (f"Bearer {old}, Version 2.1", "InvalidIssuer"),
        ("Bearer Atza|nobody", "InvalidToken"),
        ("Basic abc", "InvalidToken"),
        ("", "MissingCredential"),
    ):
        answer = post(sandbox, GOOD_BODY, authorization=header)
        assert (answer.status_code, answer.json()["reason"]) == (401, reason), header
    assert post(sandbox, GOOD_BODY, authorization=f"Bearer {old}, Version 2.2").status_code == 200


def test_a_token_expires_and_amazons_client_renews_it(
    sandbox: RunningSandbox, asins: list[str]
) -> None:
    with client(sandbox) as api:
        api.get_items(asins[:1])
        sandbox.advance(minutes=61)
        sandbox.reset_calls()

        assert len(api.get_items(asins[:1])) == 1

    assert sandbox.calls()["creators.getItems"] == {"200": 1, "401": 1}


@pytest.mark.parametrize(
    ("who", "more", "error"),
    [
        (f"{EU}-new", {}, AccessDeniedError),
        (EU.replace("EU", "NA"), {}, AssociateValidationError),
        (f"{EU}-large", {"tag": "other-21"}, InvalidArgumentError),
        ("nobody", {}, AuthenticationError),
        (f"{EU}-old", {}, AuthenticationError),
    ],
)
def test_amazons_client_takes_refusals_for_what_they_are(
    sandbox: RunningSandbox,
    asins: list[str],
    who: str,
    more: dict[str, Any],
    error: type[Exception],
) -> None:
    with client(sandbox, who, **more) as api, pytest.raises(error):
        api.get_items(asins[:1])


def test_a_second_has_one_call_and_a_day_its_quota(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(clock_factor=0.001, listings=20)
    with client(sandbox, f"{EU}-small", retries=0) as api:
        statuses = set()
        for _ in range(3):
            try:
                api.get_items([UNKNOWN], include_unavailable=True)
            except TooManyRequestsError as error:
                statuses.add(str(error))
        assert any("(TPS)" in each for each in statuses)
        for _ in range(20):
            sandbox.advance(minutes=1)
            try:
                api.get_items([UNKNOWN], include_unavailable=True)
            except TooManyRequestsError as error:
                statuses.add(str(error))
        assert any("(TPD)" in each for each in statuses)
        sandbox.advance(minutes=25 * 60)
        api.get_items([UNKNOWN], include_unavailable=True)


def test_odd_answers_are_those_that_amazons_client_does_not_survive(
    sandbox: RunningSandbox, asins: list[str]
) -> None:
    for fault in ("new_enumeration", "amount_as_text"):
        sandbox.fault("creators.getItems", fault)
        with client(sandbox) as api, pytest.raises(ValidationError):
            api.get_items(asins[:10])
    sandbox.fault("creators.getItems", "truncated")
    with (
        client(sandbox) as api,
        pytest.raises(ValueError, match=r"Unterminated|Expecting|delimiter"),
    ):
        api.get_items(asins[:10])
    sandbox.fault("creators.getItems", "new_members")
    with client(sandbox) as api:
        assert len(api.get_items(asins[:10])) == 10


def test_a_fault_may_strike_calls_about_one_asin_alone(
    sandbox: RunningSandbox, asins: list[str]
) -> None:
    entry = {
        "operation": "creators.getItems",
        "fault": "404",
        "times": None,
        "where": {asins[0]: True},
    }
    sandbox.post("/_sandbox/faults", [entry])
    body = {"partnerTag": "sandbox-de-21"}

    assert post(sandbox, body | {"itemIds": asins[:2]}).status_code == 404
    assert post(sandbox, body | {"itemIds": asins[1:2]}).status_code == 200


@pytest.mark.parametrize("pause", [True, False])
def test_throttling_says_how_long_or_it_does_not(
    sandbox: RunningSandbox,
    asins: list[str],
    pause: bool,  # noqa: FBT001
) -> None:
    sandbox.fault("creators.getItems", "throttled_with_pause" if pause else "429", seconds=7)

    answer = post(sandbox, {"partnerTag": "sandbox-de-21", "itemIds": asins[:1]})

    assert (answer.status_code, answer.json()["type"]) == (429, "ThrottleException")
    assert answer.headers.get("retry-after") == ("7" if pause else None)


def test_faults_of_other_interfaces_mean_nothing_here(sandbox: RunningSandbox) -> None:
    for operation, fault in (("getReports", "new_enumeration"), ("creators.getItems", "odd_json")):
        answer = loopback.post(
            f"{sandbox.url}/_sandbox/faults", json=[{"operation": operation, "fault": fault}]
        )
        assert answer.status_code == 400
        assert "means nothing to" in answer.json()["error"]


def test_isbns_of_books_have_their_check_digit(asins: list[str]) -> None:
    books = [asin for asin in asins if not asin.startswith("B")]

    assert books
    for asin in books:
        assert re.fullmatch("[0-9]{9}[0-9X]", asin)
        values = [10 if digit == "X" else int(digit) for digit in asin]
        assert (
            sum(value * weight for value, weight in zip(values, range(10, 0, -1), strict=True)) % 11
            == 0
        )

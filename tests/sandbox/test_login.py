"""Login with Amazon and the access tokens it issues."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox.conftest import Amazon, MakeAmazon

PARTICIPATIONS = "/sellers/v1/marketplaceParticipations"


def test_a_refresh_token_is_traded_for_an_access_token_of_an_hour(amazon: Amazon) -> None:
    answer = amazon.ask_for_token()

    assert answer.status_code == 200
    assert answer.json()["token_type"] == "bearer"
    assert answer.json()["expires_in"] == 3600
    assert answer.json()["access_token"].startswith("Atza|")
    assert answer.json()["refresh_token"] == "Atzr|sandbox-EU"


@pytest.mark.parametrize("field", ["client_id", "client_secret"])
def test_a_wrong_client_is_refused(amazon: Amazon, field: str) -> None:
    answer = amazon.ask_for_token(**{field: "wrong"})

    assert answer.status_code == 401
    assert answer.json() == {
        "error": "invalid_client",
        "error_description": "Client authentication failed",
    }


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"refresh_token": "Atzr|unknown"}, "invalid_grant"),
        ({"refresh_token": ""}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"client_id": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "invalid_scope"),
    ],
)
def test_a_wrong_grant_is_refused(amazon: Amazon, form: dict[str, str], error: str) -> None:
    answer = amazon.ask_for_token(**form)

    assert answer.status_code == 400
    assert answer.json()["error"] == error


def test_the_form_must_be_url_encoded(amazon: Amazon) -> None:
    answer = amazon.http.post("/auth/o2/token", json={"grant_type": "refresh_token"})

    assert answer.status_code == 400


def test_a_token_works_until_its_hour_is_over(amazon: Amazon) -> None:
    amazon.clock.advance(3599)
    assert amazon.call("GET", PARTICIPATIONS).status_code == 200

    amazon.clock.advance(1)
    answer = amazon.call("GET", PARTICIPATIONS)

    assert answer.status_code == 403
    assert answer.json()["errors"] == [
        {
            "code": "Unauthorized",
            "message": "Access to requested resource is denied.",
            "details": "The access token you provided has expired.",
        }
    ]


@pytest.mark.parametrize("token", ["", "Atza|garbage"])
def test_a_missing_or_unknown_token_is_refused(amazon: Amazon, token: str) -> None:
    amazon.token = token

    answer = amazon.call("GET", PARTICIPATIONS)

    assert answer.status_code == 403
    assert answer.json()["errors"][0]["details"] == (
        "The access token you provided is revoked, malformed or invalid."
    )


def test_an_account_without_the_role_is_refused(amazon: Amazon) -> None:
    amazon.log_in("Atzr|sandbox-limited")

    catalog = amazon.call(
        "GET", "/catalog/2022-04-01/items/B000000000", marketplaceIds="A1PA6795UKMFR9"
    )
    stock = amazon.create("GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA", "A1PA6795UKMFR9")
    listings = amazon.create("GET_MERCHANT_LISTINGS_ALL_DATA", "A1PA6795UKMFR9")

    assert catalog.status_code == stock.status_code == 403
    assert stock.json()["errors"] == [
        {
            "code": "Unauthorized",
            "message": "Access to requested resource is denied.",
            "details": "",
        }
    ]
    assert listings.status_code == 202


def test_every_answer_carries_the_clock_of_the_sandbox(amazon: Amazon) -> None:
    for answer in (
        amazon.call("GET", PARTICIPATIONS),
        amazon.http.get("/nowhere"),
        amazon.http.get("/_documents/none"),
        amazon.ask_for_token(),
    ):
        assert answer.headers["date"] == "Mon, 02 Nov 2026 08:00:00 GMT"


def test_the_participations_name_every_marketplace(amazon: Amazon) -> None:
    payload = amazon.call("GET", PARTICIPATIONS).json()["payload"]

    assert [each["marketplace"]["countryCode"] for each in payload] == [
        "DE",
        "FR",
        "GB",
        "IT",
        "ES",
    ]
    assert payload[2]["marketplace"]["name"] == "Amazon.co.uk"


def test_the_pan_european_account_sells_in_nine_marketplaces(amazon: Amazon) -> None:
    amazon.log_in("Atzr|sandbox-PANEU")
    payload = amazon.call("GET", PARTICIPATIONS).json()["payload"]
    added = [each["marketplace"] for each in payload[5:]]

    assert len(payload) == 9
    assert [(each["id"], each["name"], each["defaultCurrencyCode"]) for each in added] == [
        ("A1805IZSGTT6HS", "Amazon.nl", "EUR"),
        ("AMEN7PMS3EDWL", "Amazon.com.be", "EUR"),
        ("A2NODRKZP88ZB9", "Amazon.se", "SEK"),
        ("A1C3SOZRARQ6R3", "Amazon.pl", "PLN"),
    ]
    assert [each["marketplace_id"] for each in amazon.truth("PANEU", "marketplaces")] == [
        each["marketplace"]["id"] for each in payload
    ]


def test_real_accounts_also_list_marketplaces_they_cannot_sell_in(
    make_amazon: MakeAmazon,
) -> None:
    amazon = make_amazon(odd_participations=True)
    payload = amazon.call("GET", PARTICIPATIONS).json()["payload"]
    known = {each["marketplace"]["id"]: each["participation"] for each in payload}

    assert known["A2NODRKZP88ZB9"]["isParticipating"] is False
    assert payload[5]["marketplace"]["name"] == "Non-Amazon DE"
    assert set(known) == {record["marketplace_id"] for record in amazon.truth("EU", "marketplaces")}


def test_a_path_with_a_slash_too_many_is_unknown(amazon: Amazon) -> None:
    assert amazon.call("GET", PARTICIPATIONS + "/").status_code == 404

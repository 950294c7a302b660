"""Calls of the Creators API: their form, their pace, tries again, and what each refusal says to do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from scripted_creators import SECRET, TOKEN, MovingClock, refusal, scripted_creators
from selling_partner.conftest import Answer

from tap_amazon_associates.errors import (
    AccessDeniedError,
    CredentialsError,
    MarketplaceError,
    NotEligibleError,
    PartnerTagError,
    QuotaSpentError,
    RefusedRequestError,
    ServerFailedError,
    UnavailableError,
    UnreadableAnswerError,
    VersionError,
)
from tap_amazon_associates.marketplaces import BY_COUNTRY

if TYPE_CHECKING:
    from tap_amazon_associates.associates import Associates
    from tap_amazon_associates.creators.answers import ItemsAnswer

ASIN = "B08XYZ1234"
DE = BY_COUNTRY["DE"]


def ask(amazon: Associates, *asins: str) -> ItemsAnswer:
    return amazon.client.get_items(DE, "site-21", asins or (ASIN,))


def test_a_request_of_version_3_is_json_and_its_token_stands_alone() -> None:
    with scripted_creators() as server, server.open() as amazon:
        ask(amazon)

        token, call = server.calls
        assert token.body == {
            "grant_type": "client_credentials",
            "client_id": "amzn1.application-oa2-client.scripted",
            "client_secret": SECRET,
            "scope": "creatorsapi::default",
        }
        assert call.headers["Authorization"] == f"Bearer {TOKEN['access_token']}"
        assert call.headers["x-marketplace"] == "www.amazon.de"
        assert (call.body["partnerTag"], call.body["itemIds"]) == ("site-21", [ASIN])
        assert "images.primary.highRes" in call.body["resources"]


def test_a_request_of_version_2_is_a_form_and_its_token_names_the_version() -> None:
    with scripted_creators() as server, server.open(version="2.2") as amazon:
        ask(amazon)

        token, call = server.calls
        assert "grant_type=client_credentials" in token.body
        assert "scope=creatorsapi%2Fdefault" in token.body
        assert call.headers["Authorization"] == f"Bearer {TOKEN['access_token']}, Version 2.2"


def test_one_token_serves_all_calls_until_it_expires() -> None:
    with scripted_creators() as server, server.open() as amazon:
        ask(amazon)
        ask(amazon)

        assert len(server.called("token")) == 1


@pytest.mark.parametrize("reason", ["TokenExpired", "InvalidToken"])
def test_a_token_that_is_not_taken_is_renewed_once(reason: str) -> None:
    refused = [refusal(401, "UnauthorizedException", reason)]
    with scripted_creators(
        getItems=lambda _: refused.pop() if refused else {"errors": []}
    ) as server:
        with server.open() as amazon:
            ask(amazon)

        assert len(server.called("token")) == 2


def test_preferences_travel_in_each_call() -> None:
    settings: dict[str, Any] = {"language": "en_GB", "currency": "USD", "condition": "New"}
    with scripted_creators() as server, server.open(**settings) as amazon:
        ask(amazon)

        [body] = server.called("getItems")
        assert body["languagesOfPreference"] == ["en_GB"]
        assert (body["currencyOfPreference"], body["condition"]) == ("USD", "New")


REFUSALS: dict[str, tuple[Answer, type[Exception], str]] = {
    "InvalidPartnerTag": (
        refusal(400, "ValidationException", "InvalidPartnerTag"),
        PartnerTagError,
        "set 'partner_tag'",
    ),
    "InvalidAssociate": (
        refusal(400, "ValidationException", "InvalidAssociate"),
        MarketplaceError,
        "Check 'country'",
    ),
    "a marketplace that is none": (
        refusal(
            400, "ValidationException", "FieldValidationFailed",
            fieldList=[{"name": "x-marketplace", "message": "is not supported"}],
        ),
        MarketplaceError,
        "Check 'country'",
    ),
    "FieldValidationFailed": (
        refusal(
            400, "ValidationException", "FieldValidationFailed",
            fieldList=[{"name": "resources", "message": "unknown"}],
        ),
        RefusedRequestError,
        "resources: unknown",
    ),
    "InvalidClient": (
        refusal(401, "UnauthorizedException", "InvalidClient"),
        CredentialsError,
        "'credential_id'",
    ),
    "InvalidIssuer": (
        refusal(401, "UnauthorizedException", "InvalidIssuer"),
        VersionError,
        "Set 'version'",
    ),
    "AssociateNotEligible": (
        Answer(
            {
                "message": "Your account does not currently meet the eligibility requirements.",
                "reason": "AssociateNotEligible",
                "type": "AccessDeniedException",
            },
            403,
        ),
        NotEligibleError,
        "10 qualified sales",
    ),
    "AuthorizationFailed": (
        refusal(403, "AccessDeniedException", "AuthorizationFailed"),
        AccessDeniedError,
        "Associates Central",
    ),
    "403 without a word": (Answer({}, 403), AccessDeniedError, "status 403"),
    "ResourceNotFound": (
        refusal(404, "ResourceNotFoundException", "", resourceId=ASIN),
        RefusedRequestError,
        ASIN,
    ),
    "a page of HTML": (
        Answer(b"<html>Sorry</html>", headers={"Content-Type": "text/html"}),
        UnreadableAnswerError,
        "page of HTML",
    ),
    "a truncated body": (Answer(b'{"itemsResult": {"items": [{"as'), UnreadableAnswerError, "cut off"),
    "a list": (Answer(b"[]"), UnreadableAnswerError, "not a JSON object"),
    "nothing": (Answer({}), UnreadableAnswerError, "neither items nor errors"),
    "depth": (Answer(b'{"a":' * 100_000), UnreadableAnswerError, "not a JSON object"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_one_sentence_that_says_what_to_do(name: str) -> None:
    answer, kind, advice = REFUSALS[name]
    with scripted_creators(getItems=lambda _: answer) as server, server.open() as amazon:
        with pytest.raises(kind) as caught:
            ask(amazon)

        assert advice in str(caught.value)
        assert "\n" not in str(caught.value)
        assert len(server.called("getItems")) <= 2


def test_what_amazon_says_is_shown_without_secrets_and_controls() -> None:
    message = f"Bearer {TOKEN['access_token']} {SECRET} \x1b]52;c;x\x07\r\nERROR forged"
    answer = refusal(403, "AccessDeniedException", "Other", message)
    with (
        scripted_creators(getItems=lambda _: answer) as server,
        server.open() as amazon,
        pytest.raises(AccessDeniedError) as caught,
    ):
        ask(amazon)

    said = str(caught.value)
    assert SECRET not in said
    assert str(TOKEN["access_token"]) not in said
    assert said.isprintable()


def failing(times: int, answer: Answer) -> Any:
    left = [answer] * times
    return lambda _: left.pop() if left else {"errors": []}


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_that_fails_is_asked_again_with_longer_and_longer_pauses(status: int) -> None:
    clock = MovingClock()
    with scripted_creators(getItems=failing(3, Answer(b"<html>", status))) as server:
        with server.open(clock) as amazon:
            ask(amazon)

        assert len(server.called("getItems")) == 4
        assert clock.waits == sorted(clock.waits)
        assert sum(clock.waits) >= 7


def test_a_server_that_fails_for_ever_is_not_asked_for_ever() -> None:
    with scripted_creators(getItems=lambda _: Answer({}, 500)) as server, server.open() as amazon:
        with pytest.raises(ServerFailedError, match="status 500"):
            ask(amazon)

        assert len(server.called("getItems")) == 4


def test_throttling_waits_as_long_as_amazon_says() -> None:
    clock = MovingClock()
    in_a_minute = "Mon, 02 Nov 2026 08:00:40 GMT"
    throttled = [
        Answer({"type": "ThrottleException"}, 429, {"Retry-After": in_a_minute}),
        Answer({"type": "ThrottleException"}, 429, {"Retry-After": "7"}),
    ]
    with scripted_creators(
        getItems=lambda _: throttled.pop() if throttled else {"errors": []}
    ) as server:
        with server.open(clock) as amazon:
            ask(amazon)

        assert clock.waits[0] == 7
        assert clock.passed == pytest.approx(40, abs=1)


@pytest.mark.parametrize("said", ["1e9", "-5", "soon", "nan", None])
def test_throttling_without_end_says_that_the_quota_is_spent(said: str | None) -> None:
    clock = MovingClock()
    headers = {"Retry-After": said} if said else {}
    answer = Answer({"type": "ThrottleException", "quotaCode": "TPD"}, 429, headers)
    with scripted_creators(getItems=lambda _: answer) as server, server.open(clock) as amazon:
        with pytest.raises(QuotaSpentError, match=r"TPD.*daily quota is spent"):
            ask(amazon)

        assert len(server.called("getItems")) == 6
        assert clock.passed <= 6 * 60


def test_calls_keep_the_pace_of_the_account() -> None:
    clock = MovingClock()
    with scripted_creators() as server, server.open(clock, requests_per_second=2) as amazon:
        for _ in range(5):
            ask(amazon)

        assert clock.passed == pytest.approx(2.0)


def test_the_daily_quota_holds_over_several_runs_and_says_when_it_begins_anew(
    tmp_path: Any,
) -> None:
    clock = MovingClock()
    settings = {"requests_per_day": 3, "cache_path": str(tmp_path / "cache.sqlite")}
    with scripted_creators() as server:
        with server.open(clock, **settings) as amazon:
            ask(amazon)
            ask(amazon)
        clock.passed += 3600
        with server.open(clock, **settings) as amazon:
            ask(amazon)
            with pytest.raises(
                QuotaSpentError, match=r"quota of 3 calls.*2026-11-03 08:01 UTC"
            ) as caught:
                ask(amazon)
            assert caught.value.until == clock.began + timedelta(days=1, minutes=1)
        clock.passed += 24 * 3600 - 3500
        with server.open(clock, **settings) as amazon:
            ask(amazon)

        assert len(server.called("getItems")) == 4


TOKENS: dict[str, tuple[Answer, type[Exception], str]] = {
    "invalid_client": (
        Answer({"error": "invalid_client"}, 401),
        CredentialsError,
        "invalid_client",
    ),
    "a form's refusal": (Answer({"error": "invalid_client"}, 400), CredentialsError, "'version'"),
    "503": (Answer(b"<html>", 503), UnavailableError, "status 503, 4 times"),
    "429": (Answer({}, 429), UnavailableError, "status 429"),
    "HTML": (Answer(b"<html>"), UnavailableError, "an answer without a token"),
    "no token": (Answer({"token_type": "bearer"}), UnavailableError, "an answer without a token"),
}


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_that_is_not_given_is_told_apart(name: str) -> None:
    answer, kind, advice = TOKENS[name]
    with scripted_creators(token=lambda _: answer) as server, server.open() as amazon:
        with pytest.raises(kind, match=advice):
            ask(amazon)

        assert server.called("getItems") == []


@pytest.mark.parametrize("lifetime", ["3600", None, "soon", -1, 1e308])
def test_a_token_may_say_anything_of_its_life(lifetime: Any) -> None:
    token = TOKEN | {"expires_in": lifetime}
    with scripted_creators(token=lambda _: token) as server, server.open() as amazon:
        ask(amazon)

        assert len(server.called("getItems")) == 1


def test_a_server_that_is_not_there_is_told_in_one_sentence(unused_port: int) -> None:
    with scripted_creators() as server:
        amazon = server.open(endpoint_url=f"http://127.0.0.1:{unused_port}")
        with amazon, pytest.raises(UnavailableError, match="cannot be reached"):
            ask(amazon)


def test_a_redirect_takes_the_token_nowhere() -> None:
    with scripted_creators() as other:
        answer = Answer({}, 307, {"Location": f"{other.url}/catalog/v1/getItems"})
        with (
            scripted_creators(getItems=lambda _: answer) as server,
            server.open() as amazon,
            pytest.raises(RefusedRequestError, match="status 307"),
        ):
            ask(amazon)

        assert other.calls == []

"""Items by ASIN: batches of ten, a cache, and no item lost for another's fault."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from scripted_creators import MovingClock, good_items, item, refusal, scripted_creators
from selling_partner.conftest import Answer

from tap_amazon_associates.errors import PartnerTagError, RefusedRequestError
from tap_amazon_associates.items.outcomes import Found, Missing, Reason

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scripted_creators import Record

    from tap_amazon_associates.associates import Associates

ASINS = [f"B0{number:08d}" for number in range(1, 101)]
BAD = ASINS[4]


def found(amazon: Associates, asins: list[str]) -> list[str]:
    return [each.asin for each in amazon.outcomes(asins) if isinstance(each, Found)]


def missing(amazon: Associates, asins: list[str]) -> dict[str, Missing]:
    return {each.asked: each for each in amazon.outcomes(asins) if isinstance(each, Missing)}


def fails_with(asin: str, answer: Any) -> Callable[[Record], Any]:
    """A server whose answer is spoilt for every call with this ASIN."""
    return lambda body: answer if asin in body["itemIds"] else good_items(body)


def test_items_are_asked_for_ten_at_a_time_and_each_once() -> None:
    with scripted_creators() as server, server.open() as amazon:
        assert found(amazon, [*ASINS[:25], *ASINS[:25]]) == ASINS[:25]

        assert [len(body["itemIds"]) for body in server.called("getItems")] == [10, 10, 5]


def test_a_rerun_asks_for_nothing_until_the_data_is_old(tmp_path: Path) -> None:
    clock, path = MovingClock(), str(tmp_path / "cache.sqlite")
    with scripted_creators() as server:
        for passed in (0, 23 * 3600, 3700):
            clock.passed += passed
            with server.open(clock, cache_path=path) as amazon:
                assert found(amazon, ASINS[:10]) == ASINS[:10]

        assert len(server.called("getItems")) == 2


def test_a_rerun_asks_for_what_is_stale_alone(tmp_path: Path) -> None:
    clock, path = MovingClock(), str(tmp_path / "cache.sqlite")
    with scripted_creators() as server, server.open(clock, cache_path=path) as amazon:
        found(amazon, ASINS[:5])
        clock.passed += 20 * 3600
        found(amazon, ASINS[:15])
        clock.passed += 5 * 3600

        assert found(amazon, ASINS[:15]) == [*ASINS[5:15], *ASINS[:5]]

        assert [body["itemIds"] for body in server.called("getItems")] == [
            ASINS[:5], ASINS[5:15], ASINS[:5],
        ]  # fmt: skip


def test_what_is_a_month_old_leaves_the_cache(tmp_path: Path) -> None:
    clock, path = MovingClock(), str(tmp_path / "cache.sqlite")
    with scripted_creators() as server:
        with server.open(clock, cache_path=path) as amazon:
            found(amazon, ASINS[:1])
        clock.passed += 32 * 24 * 3600
        with server.open(clock, cache_path=path) as amazon:
            scope = amazon.session.scope(amazon.settings.marketplace, "site-21")
            assert amazon.cache.get(scope, "item", ASINS[:1]) == {}


def test_prices_may_be_read_again_sooner_than_the_rest(tmp_path: Path) -> None:
    clock = MovingClock()

    def answer(body: Record) -> Record:
        items = [item(asin) for asin in body["itemIds"]]
        for each in items[1:]:
            del each["offersV2"]
        return {"itemsResult": {"items": items}}

    settings = {"price_minutes": 30, "cache_path": str(tmp_path / "cache.sqlite")}
    with scripted_creators(getItems=answer) as server, server.open(clock, **settings) as amazon:
        found(amazon, ASINS[:10])
        clock.passed += 31 * 60

        assert sorted(found(amazon, ASINS[:10])) == ASINS[:10]

        assert server.called("getItems")[1]["itemIds"] == ASINS[:1]


def test_an_error_is_kept_for_an_hour_and_the_items_beside_it_for_a_day() -> None:
    clock = MovingClock()
    message = f"The ItemId {BAD} provided in the request is invalid."

    def answer(body: Record) -> Record:
        good = [item(asin) for asin in reversed(body["itemIds"]) if asin != BAD]
        errors = [{"code": "InvalidParameterValue", "message": message}]
        return {"errors": errors if BAD in body["itemIds"] else [], "itemsResult": {"items": good}}

    with scripted_creators(getItems=answer) as server, server.open(clock) as amazon:
        for passed in (0, 59 * 60, 120):
            clock.passed += passed
            reasons = missing(amazon, ASINS[:10])
            assert reasons[BAD].reason is Reason.INVALID
            assert message in reasons[BAD].message

        assert [body["itemIds"] for body in server.called("getItems")] == [ASINS[:10], [BAD]]


CODES = {
    "InvalidParameterValue": Reason.INVALID,
    "ItemNotAccessible": Reason.NOT_ACCESSIBLE,
    "ItemsNotFound": Reason.NOT_FOUND,
    "NoResults": Reason.NOT_FOUND,
    "com.amazon.paapi5#TooManyRequests": Reason.FAILED,
    "InternalFailure": Reason.FAILED,
    "SomethingNew": Reason.REFUSED,
}


@pytest.mark.parametrize("code", CODES)
def test_the_reason_of_an_item_error_follows_from_its_code(code: str) -> None:
    errors = {"errors": [{"code": code, "message": f"About {BAD}."}]}
    with scripted_creators(getItems=lambda _: errors) as server, server.open() as amazon:
        assert missing(amazon, [BAD])[BAD].reason is CODES[code]
        missing(amazon, [BAD])

        is_kept = CODES[code] is not Reason.FAILED
        assert len(server.called("getItems")) == (1 if is_kept else 2)


def test_errors_in_any_order_are_matched_by_the_asin_in_their_message() -> None:
    errors = [
        {"code": "ItemNotAccessible", "message": f"{ASINS[3]} is not accessible"},
        {"code": "SomethingNew", "message": "Nobody knows which"},
        {"code": "InvalidParameterValue", "message": f"[{ASINS[0]}]"},
    ]
    answer = {"errors": errors, "itemsResult": {"items": [item(ASINS[2])]}}
    with scripted_creators(getItems=lambda _: answer) as server, server.open() as amazon:
        reasons = {asin: each.reason for asin, each in missing(amazon, ASINS[:4]).items()}

    assert reasons == {
        ASINS[0]: Reason.INVALID,
        ASINS[1]: Reason.REFUSED,  # what is left over
        ASINS[3]: Reason.NOT_ACCESSIBLE,
    }


def test_an_asin_that_the_answer_does_not_mention_is_told() -> None:
    answer = {"itemsResult": {"items": [item(ASINS[0]), item("B0OTHERS00"), "x", {"asin": 5}]}}
    with scripted_creators(getItems=lambda _: answer) as server, server.open() as amazon:
        outcomes = list(amazon.outcomes(ASINS[:3]))

    assert [type(each) for each in outcomes] == [Found, Missing, Missing]
    assert [each.reason for each in outcomes if isinstance(each, Missing)] == [
        Reason.NOT_RETURNED
    ] * 2


WHOLE_FAILURES: dict[str, Any] = {
    "truncated": Answer(b'{"itemsResult": {"items": [{"asin": "B0'),
    "HTML": Answer(b"<html>", headers={"Content-Type": "text/html"}),
    "FieldValidationFailed": refusal(400, "ValidationException", "FieldValidationFailed"),
    "not found": refusal(404, "ResourceNotFoundException", ""),
    "too deep": Answer(b'{"a":' * 50_000),
}


@pytest.mark.parametrize("bad", range(10))
@pytest.mark.parametrize("name", WHOLE_FAILURES)
def test_one_item_that_spoils_its_call_costs_itself_and_at_most_eight_calls_more(
    name: str, bad: int
) -> None:
    asins = ASINS[:10]
    script = fails_with(asins[bad], WHOLE_FAILURES[name])
    with scripted_creators(getItems=script) as server, server.open() as amazon:
        outcomes = list(amazon.outcomes(asins))

        assert [each.asin for each in outcomes] == asins
        assert [type(each) for each in outcomes].count(Missing) == 1
        assert isinstance(outcomes[bad], Missing)
        repeated = name in {"truncated", "HTML", "too deep"}  # once, as it was
        assert len(server.called("getItems")) <= 1 + repeated + 8


def test_a_refusal_that_names_its_asin_costs_one_call_more() -> None:
    fields = [{"name": "itemIds", "message": f"The value {BAD} is not an ASIN"}]
    answer = refusal(400, "ValidationException", "FieldValidationFailed", fieldList=fields)
    with scripted_creators(getItems=fails_with(BAD, answer)) as server, server.open() as amazon:
        assert len(found(amazon, ASINS[:10])) == 9

        assert len(server.called("getItems")) == 2


def test_a_server_that_fails_for_one_item_gives_the_other_nine() -> None:
    with (
        scripted_creators(getItems=fails_with(BAD, Answer({}, 500))) as server,
        server.open() as amazon,
    ):
        outcomes = list(amazon.outcomes(ASINS[:20]))
        assert [each.asin for each in outcomes if isinstance(each, Missing)] == [BAD]
        assert amazon.session.stopped is None


def test_a_server_that_fails_for_everything_is_left_alone_after_one_batch() -> None:
    with scripted_creators(getItems=lambda _: Answer({}, 500)) as server, server.open() as amazon:
        reasons = {each.reason for each in missing(amazon, ASINS).values()}

        assert reasons == {Reason.FAILED}
        assert len(server.called("getItems")) <= 40
        assert {asin for body in server.called("getItems") for asin in body["itemIds"]} == set(
            ASINS[:10]
        )


def test_requests_that_are_refused_whatever_they_ask_stop_the_run() -> None:
    fields = [{"name": "resources", "message": "unknown"}]
    answer = refusal(400, "ValidationException", "FieldValidationFailed", fieldList=fields)
    with scripted_creators(getItems=lambda _: answer) as server, server.open() as amazon:
        with pytest.raises(RefusedRequestError, match="resources: unknown"):
            list(amazon.outcomes(ASINS))

        assert len(server.called("getItems")) <= 3 * 19


def test_a_setting_that_is_wrong_stops_the_run_at_once() -> None:
    answer = refusal(400, "ValidationException", "InvalidPartnerTag")
    with scripted_creators(getItems=lambda _: answer) as server, server.open() as amazon:
        with pytest.raises(PartnerTagError):
            list(amazon.outcomes(ASINS))

        assert len(server.called("getItems")) == 1


def test_what_the_quota_leaves_is_due_and_the_next_day_asks_for_it_alone() -> None:
    clock = MovingClock()
    with scripted_creators() as server, server.open(clock, requests_per_day=3) as amazon:
        assert len(found(amazon, ASINS)) == 30
        due = missing(amazon, ASINS)
        assert {each.reason for each in due.values()} == {Reason.DUE}
        assert list(due) == ASINS[30:]

        amazon.session.stopped = None
        clock.passed += 23.5 * 3600
        amazon.pace._a_day = 100  # noqa: SLF001 - the account has grown
        assert len(found(amazon, ASINS)) == 100
        assert server.called("getItems")[3]["itemIds"] == ASINS[30:40]


def test_odd_members_cost_no_item() -> None:
    odd: list[Record] = [
        {"offersV2": {"listings": [{"type": "BRAND_NEW_TYPE"}]}},
        {
            "offersV2": {
                "listings": [
                    {
                        "price": {
                            "money": {"amount": "24.90", "currency": "EUR"},
                            "savingBasis": {"savingBasisType": "NEVER_SEEN"},
                        }
                    }
                ]
            }
        },
        {"offersV2": "none"},
        {"itemInfo": {"title": {"displayValue": "half \ud83d of a character \x00"}}},
        {
            "itemInfo": [],
            "images": {"primary": 5, "variants": {}},
            "browseNodeInfo": {"browseNodes": [7]},
        },
        {"unknownMember": {"deep": [1, 2, 3]}},
    ]

    def answer(body: Record) -> Record:
        return {
            "itemsResult": {
                "items": [
                    item(asin, **members)
                    for asin, members in zip(body["itemIds"], odd, strict=True)
                ]
            }
        }

    with scripted_creators(getItems=answer) as server, server.open() as amazon:
        records = list(amazon.items(ASINS[: len(odd)]))

    assert all(isinstance(each, dict) for each in records)
    plain = [each for each in records if isinstance(each, dict)]
    assert plain[0]["offer_type"] == "BRAND_NEW_TYPE"
    assert (plain[1]["price"], plain[1]["saving_basis_type"]) == (Decimal("24.90"), "NEVER_SEEN")
    assert plain[2]["price"] is None
    assert plain[3]["title"].encode() == b"half ? of a character"


def test_links_are_asked_for_in_their_own_marketplace_and_with_its_tag() -> None:
    links = [
        f"https://www.amazon.fr/dp/{ASINS[0]}",
        ASINS[0],
        f"https://www.amazon.it/dp/{ASINS[0]}",
    ]
    tags = {"FR": "site-fr-21"}
    with scripted_creators() as server, server.open(partner_tags=tags) as amazon:
        outcomes = list(amazon.outcomes(links))

        calls = [call for call in server.calls if call.operation == "getItems"]
        assert sorted(
            (call.headers["x-marketplace"], call.body["partnerTag"]) for call in calls
        ) == [
            ("www.amazon.de", "site-21"),
            ("www.amazon.fr", "site-fr-21"),
        ]
    [rejected] = [each for each in outcomes if isinstance(each, Missing)]
    assert rejected.reason is Reason.NO_PARTNER_TAG
    assert "'partner_tags' (IT)" in rejected.message

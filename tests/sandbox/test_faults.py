"""Faults on demand, over real connections."""

from __future__ import annotations

import gzip
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import loopback
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.conftest import Amazon

DE = "A1PA6795UKMFR9"
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
STOCK = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"
REPORTS, DOCUMENTS = "/reports/2021-06-30/reports", "/reports/2021-06-30/documents"
LONGEST_REPORT = 240
ACCOUNT = "/sellers/v1/account"
PARTICIPATIONS = "/sellers/v1/marketplaceParticipations"
CALLS = ["getAccount", "token", "document"]


def switch_on(amazon: Amazon, operation: str, fault: str, **how: Any) -> None:
    entry = {"operation": operation, "fault": fault, **how}
    amazon.http.post("/_sandbox/faults", json=[entry]).raise_for_status()


def faults(amazon: Amazon) -> dict[str, Any]:
    found: dict[str, Any] = amazon.http.get("/_sandbox/faults").json()
    return found


def document_url(amazon: Amazon, report_type: str = LISTINGS) -> str:
    report = amazon.finished(report_type, DE)
    url: str = amazon.call("GET", f"{DOCUMENTS}/{report['reportDocumentId']}").json()["url"]
    return url


def caller(amazon: Amazon, operation: str) -> Callable[[], httpx.Response]:
    if operation == "token":
        return amazon.ask_for_token
    if operation == "document":
        return partial(amazon.http.get, document_url(amazon))
    return partial(amazon.call, "GET", ACCOUNT)


def struck(
    amazon: Amazon, operation: str, fault: str, **how: Any
) -> tuple[httpx.Response, httpx.Response]:
    """Return a right answer, and the same one after the fault."""
    call = caller(amazon, operation)
    right = call()
    switch_on(amazon, operation, fault, **how)
    return right, call()


@pytest.mark.parametrize(
    ("fault", "status", "content_type", "part"),
    [
        ("429", 429, "application/json", '"QuotaExceeded"'),
        ("500", 500, "application/json", '"errors"'),
        ("503", 503, "text/html; charset=UTF-8", "<html>"),
        ("json_without_errors", 500, "application/json", '{"message"'),
        ("html", 200, "text/html; charset=UTF-8", "<html>"),
        ("empty", 200, "application/json", ""),
        ("expired_token", 403, "application/json", "has expired"),
        ("404", 404, "application/json", '"NOT_FOUND"'),
    ],
)
def test_an_answer_can_be_replaced_once(
    amazon: Amazon, fault: str, status: int, content_type: str, part: str
) -> None:
    switch_on(amazon, "getAccount", fault)

    broken, right = amazon.call("GET", ACCOUNT), amazon.call("GET", ACCOUNT)

    assert broken.status_code == status
    assert broken.headers["content-type"] == content_type
    assert part in broken.text
    assert right.status_code == 200
    assert amazon.call("GET", "/sellers/v1/marketplaceParticipations").status_code == 200


def test_a_fault_can_skip_calls_repeat_and_go(amazon: Amazon) -> None:
    switch_on(amazon, "*", "500", skip=1, times=2)
    seen = [amazon.call("GET", ACCOUNT).status_code for _ in range(4)]
    switch_on(amazon, "*", "500", times=None)
    forever = [amazon.call("GET", ACCOUNT).status_code for _ in range(4)]
    amazon.http.delete("/_sandbox/faults")

    assert seen == [200, 500, 500, 200]
    assert forever == [500] * 4
    assert amazon.call("GET", ACCOUNT).status_code == 200


def test_a_fault_can_strike_by_chance(amazon: Amazon) -> None:
    switch_on(amazon, "token", "503", times=None, probability=0.5)

    seen = [amazon.ask_for_token().status_code for _ in range(60)]

    assert 15 < seen.count(503) < 45


@pytest.mark.parametrize("operation", ["getAccount", "document"])
def test_a_connection_can_be_reset_before_and_in_the_answer(amazon: Amazon, operation: str) -> None:
    path = ACCOUNT if operation == "getAccount" else document_url(amazon)
    headers = {"x-amz-access-token": amazon.token} if operation == "getAccount" else {}
    for fault in ("reset", "reset_in_body"):
        switch_on(amazon, operation, fault)
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            amazon.http.get(path, headers=headers)

    assert amazon.http.get(path, headers=headers).status_code == 200
    assert amazon.http.get("/_sandbox/calls").json()["calls"][operation]["reset"] == 1


def refuses(url: str) -> bool:
    with suppress(httpx.ConnectError), httpx.Client(verify=loopback.TLS, base_url=url) as http:
        http.get("/_sandbox/clock").raise_for_status()
        return False
    return True


@pytest.mark.parametrize("operation", CALLS)
def test_the_server_can_refuse_connections_for_a_while(amazon: Amazon, operation: str) -> None:
    call, url = caller(amazon, operation), str(amazon.http.base_url)
    with httpx.Client(verify=loopback.TLS, base_url=url) as other:
        other.get("/_sandbox/clock")
        switch_on(amazon, operation, "refused", seconds=1.5)
        began = time.monotonic()
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            call()
        assert refuses(url)
        with pytest.raises(httpx.TransportError):
            other.get("/_sandbox/clock")
        while refuses(url):
            assert time.monotonic() < began + 30

        assert time.monotonic() >= began + 1.5
        assert other.get("/_sandbox/clock").status_code == 200
    assert call().status_code == 200
    assert amazon.http.get("/_sandbox/calls").json()["calls"][operation]["reset"] == 1


def test_the_server_comes_back_however_many_call_it(amazon: Amazon) -> None:
    switch_on(amazon, "getAccount", "refused", times=8, seconds=0.05)

    def call_until_answered(_number: int) -> int:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                return amazon.call("GET", ACCOUNT).status_code
        return 0

    with ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(call_until_answered, range(40)))

    assert seen <= {200, 429}
    assert faults(amazon)["struck"] == 8


def test_a_document_can_be_truncated_without_a_trace_in_http(amazon: Amazon) -> None:
    url = document_url(amazon)
    switch_on(amazon, "document", "truncated")
    answer = amazon.http.get(url)

    assert answer.status_code == 200
    with pytest.raises(EOFError):
        gzip.decompress(answer.content)
    assert zlib.decompressobj(31).decompress(answer.content)


def test_a_length_can_be_wrong(amazon: Amazon) -> None:
    url = document_url(amazon)
    switch_on(amazon, "document", "wrong_length")

    with pytest.raises(httpx.RemoteProtocolError):
        amazon.http.get(url)


def test_a_document_can_be_gone(amazon: Amazon) -> None:
    url = document_url(amazon)
    switch_on(amazon, "document", "no_such_key")
    gone = amazon.http.get(url)

    assert (gone.status_code, gone.headers["content-type"]) == (404, "application/xml")
    assert "<Code>NoSuchKey</Code>" in gone.text
    assert amazon.http.get(url).status_code == 200


def test_a_refresh_token_can_be_refused(amazon: Amazon) -> None:
    switch_on(amazon, "token", "invalid_grant")
    refused = amazon.ask_for_token()

    assert refused.status_code == 400
    assert set(refused.json()) == {"error", "error_description"}
    assert refused.json()["error"] == "invalid_grant"
    assert amazon.ask_for_token().status_code == 200


@pytest.mark.parametrize("operation", CALLS)
def test_the_content_type_can_be_wrong(amazon: Amazon, operation: str) -> None:
    right, wrong = struck(amazon, operation, "wrong_type")

    assert wrong.headers["content-type"] == "application/octet-stream"
    assert right.headers["content-type"] != wrong.headers["content-type"]
    assert wrong.status_code == right.status_code == 200
    assert len(wrong.content) == len(right.content) > 0


@pytest.mark.parametrize("seconds", [-400, 7200.0])
@pytest.mark.parametrize("operation", CALLS)
def test_the_clock_can_be_wrong(amazon: Amazon, operation: str, seconds: float) -> None:
    right, wrong = struck(amazon, operation, "clock_skew", seconds=seconds)
    shown = [parsedate_to_datetime(each.headers["date"]) for each in (right, wrong)]

    assert (shown[1] - shown[0]).total_seconds() == seconds
    assert wrong.headers.get_list("date") == [wrong.headers["date"]]
    assert wrong.status_code == 200


def test_a_url_can_be_expired_early(amazon: Amazon) -> None:
    url = document_url(amazon)
    switch_on(amazon, "document", "expired_url")

    assert amazon.http.get(url).status_code == 403
    assert amazon.http.get(url).status_code == 200


@pytest.mark.parametrize("operation", CALLS)
def test_an_answer_can_be_slow_while_others_are_not(amazon: Amazon, operation: str) -> None:
    calls = {each: caller(amazon, each) for each in CALLS}
    switch_on(amazon, operation, "slow", seconds=0.7)
    began = time.monotonic()
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(calls[operation])
        while not faults(amazon)["struck"]:
            assert time.monotonic() < began + 30
        others = [call().status_code for call in calls.values()]
        others_came_first = not slow.done()
        assert slow.result().status_code == 200

    assert others == [200, 200, 200]
    assert others_came_first
    assert time.monotonic() >= began + 0.7


def test_the_pause_of_a_slow_answer_is_before_its_first_byte(amazon: Amazon) -> None:
    switch_on(amazon, "getAccount", "slow", seconds=0.3)

    with pytest.raises(httpx.ReadTimeout):
        amazon.http.get(ACCOUNT, headers={"x-amz-access-token": amazon.token}, timeout=0.1)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("lost_report", None),
        ("stuck_report", "IN_QUEUE"),
        ("unknown_status", "ON_HOLD"),
        ("fatal_report", "FATAL"),
        ("cancelled_report", "CANCELLED"),
    ],
)
def test_a_report_can_go_wrong(amazon: Amazon, fault: str, status: str | None) -> None:
    switch_on(amazon, "createReport", fault)
    report = amazon.finished(LISTINGS, DE)
    listed = amazon.call("GET", REPORTS, reportTypes=LISTINGS).json()["reports"]

    assert report.get("processingStatus") == status
    assert "reportDocumentId" not in report
    assert [each["processingStatus"] for each in listed] == ([] if status is None else [status])


def test_a_document_can_be_missing_for_ever(amazon: Amazon) -> None:
    switch_on(amazon, "createReport", "missing_document")
    report = amazon.finished(LISTINGS, DE)
    path = f"{DOCUMENTS}/{report['reportDocumentId']}"
    answers = [amazon.call("GET", path) for _ in range(2)]

    assert report["processingStatus"] == "DONE"
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["errors"][0]["code"] == "NOT_FOUND"


def test_a_report_can_be_created_twice(amazon: Amazon) -> None:
    switch_on(amazon, "createReport", "twice", times=2)
    answered = [amazon.create(kind, DE).json()["reportId"] for kind in (LISTINGS, STOCK)]
    amazon.clock.advance(LONGEST_REPORT)
    listed = amazon.call("GET", REPORTS, reportTypes=f"{LISTINGS},{STOCK}").json()["reports"]
    statuses = [each["processingStatus"] for each in listed]

    assert [listed[2]["reportId"], listed[0]["reportId"]] == answered
    assert statuses[1:] == ["DONE", "DONE", "DONE"]
    assert statuses[0] in ("CANCELLED", "FATAL")


def test_entries_of_a_list_can_come_twice(amazon: Amazon) -> None:
    amazon.finished(LISTINGS, DE)
    amazon.finished(LISTINGS, DE)
    asins = [record["asin"] for record in amazon.truth("EU", "product_catalog")[:3]]
    catalog = {"identifiers": ",".join(asins), "identifiersType": "ASIN", "marketplaceIds": DE}
    lists = {
        "getReports": (REPORTS, {"reportTypes": LISTINGS}, "reports"),
        "getMarketplaceParticipations": (PARTICIPATIONS, {}, "payload"),
        "searchCatalogItems": ("/catalog/2022-04-01/items", catalog, "items"),
    }
    for operation, (path, query, name) in lists.items():
        once = amazon.call("GET", path, **query).json()
        switch_on(amazon, operation, "twice")
        twice = amazon.call("GET", path, **query).json()

        assert len(once[name]) > 1
        assert twice == once | {name: [each for each in once[name] for _ in range(2)]}


@pytest.mark.parametrize("report_type", [LISTINGS, STOCK])
def test_a_document_can_come_twice(amazon: Amazon, report_type: str) -> None:
    url = document_url(amazon, report_type)
    switch_on(amazon, "document", "twice")
    twice, once = amazon.http.get(url), amazon.http.get(url)

    assert twice.content == once.content * 2
    assert twice.headers["content-length"] == str(len(twice.content))
    if report_type == LISTINGS:
        assert gzip.decompress(twice.content) == gzip.decompress(once.content) * 2


def test_twice_strikes_only_where_it_means_something(amazon: Amazon) -> None:
    entry = {"operation": "getAccount", "fault": "twice"}
    refused = amazon.http.post("/_sandbox/faults", json=[entry])
    switch_on(amazon, "*", "twice")
    amazon.call("GET", ACCOUNT)
    untouched = faults(amazon)
    amazon.call("GET", PARTICIPATIONS)

    assert refused.status_code == 400
    assert "twice means nothing to getAccount" in refused.json()["error"]
    assert (untouched["struck"], faults(amazon)["struck"]) == (0, 1)


def test_every_fault_counts_how_often_it_struck(amazon: Amazon) -> None:
    switch_on(amazon, "getAccount", "500", skip=1, times=None)
    switch_on(amazon, "token", "503")
    for _ in range(3):
        amazon.call("GET", ACCOUNT)
    amazon.ask_for_token()
    before = faults(amazon)
    amazon.http.delete("/_sandbox/faults")
    after = faults(amazon)

    assert [(each["fault"], each["struck"]) for each in before["faults"]] == [
        ("500", 2),
        ("503", 1),
    ]
    assert before["struck"] == 3
    assert after == {"faults": [], "struck": 3}


def test_tokens_can_be_revoked(amazon: Amazon) -> None:
    switch_on(amazon, "getAccount", "revoked_tokens")

    assert amazon.call("GET", ACCOUNT).status_code == 403
    amazon.log_in()
    assert amazon.call("GET", ACCOUNT).status_code == 200

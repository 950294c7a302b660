"""Faults on demand, over real connections."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from sandbox.conftest import Amazon

DE = "A1PA6795UKMFR9"
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
ACCOUNT = "/sellers/v1/account"


def switch_on(amazon: Amazon, operation: str, fault: str, **how: Any) -> None:
    entry = {"operation": operation, "fault": fault, **how}
    amazon.http.post("/_sandbox/faults", json=[entry]).raise_for_status()


def document_url(amazon: Amazon) -> str:
    report = amazon.finished(LISTINGS, DE)
    path = f"/reports/2021-06-30/documents/{report['reportDocumentId']}"
    url: str = amazon.call("GET", path).json()["url"]
    return url


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


def test_a_url_can_be_expired_early(amazon: Amazon) -> None:
    url = document_url(amazon)
    switch_on(amazon, "document", "expired_url")

    assert amazon.http.get(url).status_code == 403
    assert amazon.http.get(url).status_code == 200


def test_an_answer_can_be_slow(amazon: Amazon) -> None:
    switch_on(amazon, "getAccount", "slow", seconds=0.3)

    with pytest.raises(httpx.ReadTimeout):
        amazon.http.get(ACCOUNT, headers={"x-amz-access-token": amazon.token}, timeout=0.1)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("lost_report", None),
        ("stuck_report", "IN_QUEUE"),
        ("fatal_report", "FATAL"),
        ("cancelled_report", "CANCELLED"),
    ],
)
def test_a_report_can_go_wrong(amazon: Amazon, fault: str, status: str | None) -> None:
    switch_on(amazon, "createReport", fault)
    report = amazon.finished(LISTINGS, DE)
    listed = amazon.call("GET", "/reports/2021-06-30/reports", reportTypes=LISTINGS).json()

    assert report.get("processingStatus") == status
    assert "reportDocumentId" not in report
    assert len(listed["reports"]) == (0 if status is None else 1)


def test_tokens_can_be_revoked(amazon: Amazon) -> None:
    switch_on(amazon, "getAccount", "revoked_tokens")

    assert amazon.call("GET", ACCOUNT).status_code == 403
    amazon.log_in()
    assert amazon.call("GET", ACCOUNT).status_code == 200

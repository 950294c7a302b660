"""Whatever comes in place of an answer is that call's failure: it is tried again, then given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from proofs import is_full
from selling_partner.conftest import CALLS, GOOD, Answer, client_for, serving, trickling

from amazon_selling_partner import (
    MAX_TRIES,
    AmazonError,
    CredentialsError,
    IncompleteAnswerError,
    PageTokenError,
    RetryableError,
    SellingPartnerError,
    UnavailableError,
    _pages,
)

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler

    from selling_partner.conftest import Amazon

    from amazon_selling_partner import SellingPartnerClient

NO_JSON: dict[str, Any] = {
    "no JSON": b"OK",
    "nothing": b"",
    "Latin-1": b'{"a": "\xe9"}',
    "UTF-16": "{}".encode("utf-16"),
    "too deep": b'{"payload": ' * 100_000,
    "cut off": b'{"reportId": "1',
}
"""What no operation gets to see: all of them leave the decoding to one function."""
ODD: dict[str, Any] = {
    "null": b"null",
    "a list": b"[]",
    "a list of objects": b"[{}]",
    "a text": b'"x"',
    "a number": b"7",
    "without anything": {},
    "without a payload": {"payload": None},
    "a payload of another form": {"payload": "x"},
    "a list of texts": {
        name: ["x"] for name in ("payload", "items", "orders", "reports", "inventory")
    },
    "errors in a success": {"errors": [{"code": "InternalFailure", "message": "m"}], "payload": {}},
    "errors of texts": {"errors": ["m"]},
}
FEW = (
    "token", "createRestrictedDataToken", "getMarketplaceParticipations", "createReport", "getReports",
    "searchCatalogItems", "getCompetitiveSummary", "searchOrders",
)  # fmt: skip
"""Operations of each kind: log-in, without parameters, a POST, lists in pages, a batch."""
REQUIRES_NOTHING = {
    "listTransactions", "getPurchaseOrders", "getPurchaseOrdersStatus", "getOrders",
    "getCustomerInvoices", "getSellingPartnerMetrics", "listOfferMetrics", "listOffers",
}  # fmt: skip
"""Operations whose model requires no member: an empty object is an answer of theirs."""


@pytest.mark.parametrize("operation", CALLS)
def test_a_good_answer_is_read(
    amazon: Amazon, client: SellingPartnerClient, operation: str
) -> None:
    assert CALLS[operation](client)
    assert operation in amazon.calls


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is no JSON comes in the place of a few operations' answers, or of all with ``--prove``."""
    if "odd" in metafunc.fixturenames:
        few = CALLS if is_full(metafunc.config) else FEW
        cases = [(name, odd) for name in CALLS for odd in ODD]
        cases += [(name, odd) for name in few for odd in NO_JSON]
        metafunc.parametrize(("operation", "odd"), cases)


def test_an_odd_answer_is_a_failure_of_that_call(
    amazon: Amazon, client: SellingPartnerClient, operation: str, odd: str
) -> None:
    amazon.for_ever[operation] = Answer((ODD | NO_JSON)[odd])
    if operation in REQUIRES_NOTHING and odd in {"without anything", "without a payload"}:
        CALLS[operation](client)
        return

    with pytest.raises((RetryableError, UnavailableError)) as failure:
        CALLS[operation](client)

    assert len(str(failure.value)) < 400
    assert amazon.calls.count(operation) in {1, MAX_TRIES}


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("createReport", {"reportId": ""}),
        ("createReport", {"reportId": "1\x1b]52;c;cm0=\x07"}),
        ("createReport", {"reportId": {"id": 1}}),
        ("getReport", GOOD["getReport"] | {"processingStatus": ["DONE"]}),
        ("getReport", GOOD["getReport"] | {"reportDocumentId": "../../../tokens"}),
        ("getReportDocument", {"url": ""}),
        ("getReportDocument", {"url": "not an address"}),
        ("getReportDocument", {"url": "https://[::1"}),
        ("getReportDocument", {"url": "http://s3.amazonaws.com/x"}),
        ("getReportDocument", {"url": "https://169.254.169.254/latest/meta-data/"}),
        ("getReportDocument", {"url": 7}),
        ("token", {"access_token": "Atza|\u00e9", "expires_in": 3600}),
        ("token", {"access_token": "a\nb", "expires_in": 3600}),
        ("token", {"access_token": ""}),
        ("createRestrictedDataToken", {"restrictedDataToken": "\u20ac"}),
        ("searchCatalogItems", {"items": [["B000000001"]]}),
        ("searchOrders", {"orders": None}),
        ("listInventory", {"inventory": {"sku": "S"}}),
        ("listTransactions", {"payload": {"Transactions": [{"transactionId": "t"}]}}),
        ("getPurchaseOrders", {"payload": {"purchaseOrders": [{"purchaseOrderNumber": "P"}]}}),
        ("getPurchaseOrdersStatus", {"payload": {"orders": [{"purchaseOrderNumber": "P"}]}}),
        ("getOrders", {"payload": {"orders": [{"purchaseOrderNumber": "P"}]}}),
        ("getCompetitiveSummary", {"responses": []}),
        ("getCompetitiveSummary", {"responses": [{"status": {"statusCode": 200}, "body": {}}]}),
        ("getFeaturedOfferExpectedPriceBatch", {"responses": [{"status": {"statusCode": 200}}]}),
        ("getMyFeesEstimates", {"payload": GOOD["getMyFeesEstimates"]}),
        ("getListingOffersBatch", {"responses": [{"status": {"statusCode": 200}, "body": {}}]}),
        ("getItemOffersBatch", {"responses": [{"body": {"payload": ["B000000001"]}}]}),
        ("getSellingPartnerMetrics", {"Metrics": GOOD["getSellingPartnerMetrics"]["metrics"]}),
        ("getMarketplaceParticipations", {"payload": [{"marketplace": {"id": None}}]}),
        ("getAccount", {"payload": {"sellingPlan": None}}),
    ],
)
def test_a_member_of_another_form_is_a_failure_of_that_call(
    amazon: Amazon, client: SellingPartnerClient, operation: str, body: object
) -> None:
    amazon.for_ever[operation] = Answer(body)

    with pytest.raises((RetryableError, UnavailableError)) as failure:
        CALLS[operation](client)

    assert "\x1b" not in str(failure.value)


ORDER = GOOD["searchOrders"]["orders"][0]


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("searchOrders", {"orders": [ORDER, ORDER | {"salesChannel": None}]}),
        ("searchOrders", {"orders": [ORDER, ORDER | {"createdTime": "soon"}]}),
        ("searchOrders", {"orders": [ORDER, None]}),
        ("listInventory", {"inventory": [{"sku": "S"}, {"sku": ""}]}),
        (
            "listTransactions",
            {"payload": {"transactions": [{"transactionId": "t"}, {"relatedIdentifiers": ["x"]}]}},
        ),
        (
            "getPurchaseOrders",
            {"payload": {"orders": [{"purchaseOrderNumber": "P"}, {"purchaseOrderNumber": None}]}},
        ),
    ],
)
def test_an_item_of_another_form_costs_itself_alone(
    amazon: Amazon, client: SellingPartnerClient, operation: str, body: object
) -> None:
    amazon.for_ever[operation] = Answer(body)
    rejected: list[tuple[object, str]] = []

    [page] = client.pages(operation, {}, lambda *item: rejected.append(item))

    assert len(page) == 1
    [(_, reason)] = rejected
    assert reason.startswith(("Expected", "Invalid", "Object missing", "a time"))
    assert amazon.calls.count(operation) == 1


def test_an_item_of_another_form_is_named_where_nobody_takes_it(
    amazon: Amazon, client: SellingPartnerClient, caplog: pytest.LogCaptureFixture
) -> None:
    amazon.for_ever["searchCatalogItems"] = Answer(
        {"numberOfResults": 1, "items": [{"asin": "B000000001"}, {"asin": None}]}
    )

    found = client.catalog_items(["B000000001", "B000000002"], "A1PA6795UKMFR9", [])

    assert found == [{"asin": "B000000001"}]
    assert "searchCatalogItems gave an item that cannot be read" in caplog.text


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("listTransactions", {}),
        ("listTransactions", {"payload": {"nextToken": None}}),
        ("getPurchaseOrders", {"payload": {"orders": None}}),
        ("getCustomerInvoices", {"pagination": {}}),
    ],
)
def test_a_list_that_is_not_required_is_asked_for_once_more_and_then_empty(
    amazon: Amazon,
    client: SellingPartnerClient,
    caplog: pytest.LogCaptureFixture,
    operation: str,
    body: object,
) -> None:
    amazon.for_ever[operation] = Answer(body)

    assert list(client.pages(operation, {})) == [[]]

    assert amazon.calls.count(operation) == 2
    assert "taken as nothing there" in caplog.text


def test_a_list_that_comes_at_the_second_try_is_read(
    amazon: Amazon, client: SellingPartnerClient
) -> None:
    amazon.answers["listTransactions"] = [Answer({"payload": {}})]

    assert list(client.pages("listTransactions", {})) == [[{"transactionId": "t"}]]


def test_a_new_member_of_a_page_is_announced_once(
    amazon: Amazon, client: SellingPartnerClient, caplog: pytest.LogCaptureFixture
) -> None:
    amazon.for_ever["listTransactions"] = Answer(
        {"payload": {"transactions": [{"transactionId": "t"}], "summary": {"count": 1}}}
    )

    for _ in range(2):
        assert list(client.pages("listTransactions", {})) == [[{"transactionId": "t"}]]

    assert caplog.text.count("not passed on: payload.summary") == 1


def test_a_participation_that_cannot_be_read_leaves_the_others(
    amazon: Amazon, client: SellingPartnerClient, caplog: pytest.LogCaptureFixture
) -> None:
    [good] = GOOD["getMarketplaceParticipations"]["payload"]
    amazon.for_ever["getMarketplaceParticipations"] = Answer(
        {"payload": [good, {"marketplace": None}, good | {"participation": None}]}
    )

    found = client.marketplace_participations()

    assert [one.participation is None for one in found] == [False, True]
    assert "getMarketplaceParticipations gave an item that cannot be read" in caplog.text


def test_the_further_pages_of_the_catalog_are_read(
    amazon: Amazon, client: SellingPartnerClient
) -> None:
    amazon.answers["searchCatalogItems"] = [
        Answer(
            {
                "numberOfResults": 2,
                "items": [{"asin": "B000000001"}],
                "pagination": {"nextToken": "2"},
            }
        ),
        Answer({"numberOfResults": 2, "items": [{"asin": "B000000002"}]}),
    ]

    found = client.catalog_items(["B000000001", "B000000002"], "A1PA6795UKMFR9", [])

    assert [item["asin"] for item in found] == ["B000000001", "B000000002"]


def test_fewer_items_than_the_catalog_found_are_an_incomplete_answer(
    amazon: Amazon, client: SellingPartnerClient
) -> None:
    amazon.for_ever["searchCatalogItems"] = Answer(
        {"numberOfResults": 2, "items": [{"asin": "B000000001"}]}
    )

    with pytest.raises(IncompleteAnswerError, match="found 2 items and gave 1") as failure:
        client.catalog_items(["B000000001", "B000000002"], "A1PA6795UKMFR9", [])

    assert failure.value.items == [{"asin": "B000000001"}]


def test_a_page_with_a_new_token_and_the_same_content_ends(
    amazon: Amazon, client: SellingPartnerClient
) -> None:
    amazon.answers["listInventory"] = [
        Answer({"inventory": [{"sku": "S"}], "nextToken": str(number)}) for number in range(5)
    ]
    pages = client.pages("listInventory", {})

    assert next(pages) == [{"sku": "S"}]
    with pytest.raises(UnavailableError, match="same page twice"):
        next(pages)


@pytest.mark.parametrize("life", ["soon", None, {}, -1, 0, 1e300, True])
def test_a_token_whose_life_is_odd_is_used_for_an_hour(
    amazon: Amazon, client: SellingPartnerClient, life: object
) -> None:
    amazon.for_ever["token"] = Answer({"access_token": "Atza|x", "expires_in": life})

    client.report("1")


@pytest.mark.parametrize(
    "headers",
    [
        {"x-amzn-RateLimit-Limit": "1e-9"},
        {"x-amzn-RateLimit-Limit": "inf"},
        {"x-amzn-RateLimit-Limit": "nan"},
        {"Date": "Fri, 31 Dec 9999 23:59:59 GMT"},
        {"Date": "never"},
        {"Content-Type": "application/json; charset=klingon"},
        {"Set-Cookie": "\xe9=\xe9; expires=\xe9"},
        {"Location": "http://[::1"},
        {"Content-Encoding": "klingon"},
    ],
    ids=str,
)
def test_odd_headers_stop_nothing(
    amazon: Amazon, client: SellingPartnerClient, headers: dict[str, str]
) -> None:
    amazon.for_ever["getReport"] = Answer(GOOD["getReport"], headers=headers)

    for _ in range(20):
        assert client.report("1").report_id == "1"


@pytest.mark.parametrize("status", [300, 302, 304, 399, 400, 402, 409, 418, 499])
def test_a_refusal_is_amazons_word_made_fit(
    amazon: Amazon, client: SellingPartnerClient, status: int
) -> None:
    words = "Atza|IwEBIPs4uVY of jane@example.com \x1b]52;c;cm0=\x07 is\r\nwrong " + "x" * 10_000
    amazon.for_ever["getReport"] = Answer({"errors": [{"code": "C", "message": words}]}, status)

    with pytest.raises(SellingPartnerError) as failure:
        client.report("1")

    text = str(failure.value)
    assert "Atza" not in text
    assert "jane" not in text
    assert text.isprintable()
    assert len(text) < 1_200
    if status != 304:  # an answer without a body
        assert isinstance(failure.value, AmazonError)


def test_the_credentials_words_are_ours(amazon: Amazon, client: SellingPartnerClient) -> None:
    error = {"error": "invalid_client", "error_description": "the-client-secret is wrong"}
    amazon.for_ever["token"] = Answer(error, 401)

    with pytest.raises(CredentialsError, match="'lwa_client_id' and 'client_secret'") as failure:
        client.report("1")

    assert "the-client-secret" not in str(failure.value)


@pytest.mark.parametrize("error", [{"a": 1}, ["x"], 7, None])
def test_a_refusal_of_the_login_that_cannot_be_read_may_pass(
    amazon: Amazon, client: SellingPartnerClient, error: object
) -> None:
    amazon.for_ever["token"] = Answer({"error": error}, 400)

    with pytest.raises(RetryableError, match="Login with Amazon answered 400 without a token"):
        client.report("1")


def test_an_answer_has_a_size(
    amazon: Amazon, client: SellingPartnerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amazon_selling_partner._exchange.LARGEST_ANSWER", 1 << 20)
    amazon.for_ever["getReport"] = Answer(GOOD["getReport"] | {"more": "x" * (2 << 20)})

    with pytest.raises(RetryableError, match="more than 1 MB"):
        client.report("1")


def test_pages_have_an_end(
    amazon: Amazon, client: SellingPartnerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_pages, "MOST_PAGES", 30)
    amazon.answers["listInventory"] = [
        Answer({"inventory": [{"sku": str(number)}], "nextToken": str(number)})
        for number in range(40)
    ]
    with pytest.raises(UnavailableError, match="listInventory has no end: 30 pages came"):
        list(client.pages("listInventory", {}))

    assert amazon.calls.count("listInventory") == 30


def test_empty_pages_have_an_end_sooner(
    amazon: Amazon, client: SellingPartnerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_pages, "MOST_EMPTY_PAGES", 5)
    amazon.answers["listInventory"] = [
        Answer({"inventory": [], "nextToken": str(number)}) for number in range(40)
    ]

    with pytest.raises(UnavailableError, match="5 empty pages in a row"):
        list(client.pages("listInventory", {}))


def test_a_page_that_is_refused_leaves_those_before_it(
    amazon: Amazon, client: SellingPartnerClient
) -> None:
    expired = {"errors": [{"code": "InvalidInput", "message": "nextToken is expired"}]}
    amazon.answers["listInventory"] = [
        Answer({"inventory": [{"sku": "S"}], "nextToken": "2"}), Answer(expired, 400),
    ]  # fmt: skip
    pages = client.pages("listInventory", {})

    assert next(pages) == [{"sku": "S"}]
    with pytest.raises(PageTokenError, match="nextToken is expired"):
        next(pages)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"", b""),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        (HEAD + b"Content-Length: 100000\r\n\r\n{", b" "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
    ids=["silence", "headers", "body", "chunks"],
)
def test_a_call_has_a_total_time_whatever_the_server_sends(begin: bytes, piece: bytes) -> None:
    with trickling(begin, piece, pause=0.05) as url:
        client = client_for(url, request_timeout=0.3)

        with pytest.raises(RetryableError, match=r"gave no answer \(ReadTimeout\)"):
            client.report("1")

        client.close()


@pytest.mark.parametrize(
    "begin",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n",
    ],
    ids=["headers", "body"],
)
def test_a_download_has_a_total_time_too(begin: bytes) -> None:
    with trickling(begin, b"x", pause=0.05) as url:
        client = client_for(url, request_timeout=5, download_timeout=0.4)
        came: list[bytes] = []

        with pytest.raises(RetryableError, match="broke off"):
            client.download(f"{url}/x", came.append)

        client.close()


def test_an_address_that_httpx_refuses_is_a_failure_of_the_download(
    client: SellingPartnerClient,
) -> None:
    with pytest.raises(RetryableError, match="broke off"):
        client.download("https://[::1", lambda _: None)


@pytest.mark.parametrize("size", ["\u00b2", "-1", "9" * 30, "x"])
def test_a_download_of_an_odd_size_is_a_failure_of_the_download(size: str) -> None:
    def handle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: " + size.encode() + b"\r\n\r\nabc")
        request.close_connection = True

    with serving(handle) as url:
        client = client_for(url)

        with pytest.raises(RetryableError):
            client.download(f"{url}/x", lambda _: None)

        client.close()

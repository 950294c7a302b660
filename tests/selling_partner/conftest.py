"""A server on loopback that answers each operation as a test has it, and a client for it."""

from __future__ import annotations

import json
import re
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from amazon_selling_partner import (
    THIS_MACHINE,
    AmazonClock,
    Credentials,
    FeesQuestion,
    SellingPartnerClient,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPORTS = "/reports/2021-06-30"
PATHS = {
    "token": re.compile("/auth/o2/token"),
    "getMarketplaceParticipations": re.compile("/sellers/v1/marketplaceParticipations"),
    "getAccount": re.compile("/sellers/v1/account"),
    "createReport": re.compile(f"POST {REPORTS}/reports"),
    "getReports": re.compile(f"GET {REPORTS}/reports"),
    "getReport": re.compile(f"GET {REPORTS}/reports/[^/]+"),
    "getReportDocument": re.compile(f"{REPORTS}/documents/[^/]+"),
    "createRestrictedDataToken": re.compile("/tokens/2021-03-01/restrictedDataToken"),
    "searchCatalogItems": re.compile("/catalog/2022-04-01/items"),
    "searchListingsItems": re.compile("/listings/2021-08-01/items/[^/]+"),
    "searchOrders": re.compile("/orders/2026-01-01/orders"),
    "listTransactions": re.compile("/finances/2024-06-19/transactions"),
    "listInventory": re.compile("/awd/2024-05-09/inventory"),
    "getCompetitiveSummary": re.compile(
        "/batches/products/pricing/2022-05-01/items/competitiveSummary"
    ),
    "getFeaturedOfferExpectedPriceBatch": re.compile(
        "/batches/products/pricing/2022-05-01/offer/featuredOfferExpectedPrice"
    ),
    "getMyFeesEstimates": re.compile("/products/fees/v0/feesEstimate"),
    "getListingOffersBatch": re.compile("/batches/products/pricing/v0/listingOffers"),
    "getItemOffersBatch": re.compile("/batches/products/pricing/v0/itemOffers"),
    "getSellingPartnerMetrics": re.compile(
        "/replenishment/2022-11-07/sellingPartners/metrics/search"
    ),
    "listOfferMetrics": re.compile("/replenishment/2022-11-07/offers/metrics/search"),
    "listOffers": re.compile("/replenishment/2022-11-07/offers/search"),
    "getPurchaseOrders": re.compile("/vendor/orders/v1/purchaseOrders"),
    "getPurchaseOrdersStatus": re.compile("/vendor/orders/v1/purchaseOrdersStatus"),
    "getOrders": re.compile("/vendor/directFulfillment/orders/2021-12-28/purchaseOrders"),
    "getCustomerInvoices": re.compile(
        "/vendor/directFulfillment/shipping/2021-12-28/customerInvoices"
    ),
}
TOKEN = {"access_token": "Atza|IwEBIPs4uVY", "token_type": "bearer", "expires_in": 3600}
RESTRICTED = {"restrictedDataToken": "Atz.sprdt|IwEBIRs", "expiresIn": 3600}
DEUTSCHLAND = {
    "id": "A1PA6795UKMFR9",
    "name": "Amazon.de",
    "countryCode": "DE",
    "defaultCurrencyCode": "EUR",
    "defaultLanguageCode": "de_DE",
    "domainName": "www.amazon.de",
}
PARTICIPATION = {
    "marketplace": DEUTSCHLAND,
    "participation": {"isParticipating": True, "hasSuspendedListings": False},
    "storeName": "Shop",
}
REPORT = {
    "reportId": "1",
    "reportType": "T",
    "processingStatus": "DONE",
    "reportDocumentId": "amzn1.spdoc.1",
    "createdTime": "2026-11-02T08:00:00Z",
    "marketplaceIds": ["A1PA6795UKMFR9"],
}
ORDER = {
    "orderId": "305-1",
    "createdTime": "2026-11-02T08:00:00Z",
    "lastUpdatedTime": "2026-11-02T08:00:00Z",
    "salesChannel": {"marketplaceId": "A1PA6795UKMFR9"},
}
INTERVAL = {"startDate": "2026-11-01T00:00:00Z", "endDate": "2026-11-01T00:00:00Z"}
GOOD: dict[str, Any] = {
    "token": TOKEN,
    "createRestrictedDataToken": RESTRICTED,
    "getMarketplaceParticipations": {"payload": [PARTICIPATION]},
    "getAccount": {
        "payload": {
            "businessType": "SOLE_PROPRIETORSHIP",
            "sellingPlan": "PROFESSIONAL",
            "marketplaceParticipationList": [PARTICIPATION],
        }
    },
    "createReport": {"reportId": "1"},
    "getReport": REPORT,
    "getReports": {"reports": [REPORT]},
    "getReportDocument": {"reportDocumentId": "amzn1.spdoc.1", "url": "https://s3.amazonaws.com/x"},
    "searchCatalogItems": {"numberOfResults": 1, "items": [{"asin": "B000000001"}]},
    "searchListingsItems": {"numberOfResults": 1, "items": [{"sku": "S"}]},
    "searchOrders": {"orders": [ORDER]},
    "listTransactions": {"payload": {"transactions": [{"transactionId": "t"}]}},
    "listInventory": {"inventory": [{"sku": "S"}]},
    "getCompetitiveSummary": {
        "responses": [
            {
                "status": {"statusCode": 200, "reasonPhrase": "Success"},
                "body": {"asin": "B000000001", "marketplaceId": "A1PA6795UKMFR9"},
            }
        ]
    },
    "getFeaturedOfferExpectedPriceBatch": {
        "responses": [
            {
                "headers": {},
                "status": {"statusCode": 200, "reasonPhrase": "Success"},
                "request": {"marketplaceId": "A1PA6795UKMFR9", "sku": "S"},
                "body": {"featuredOfferExpectedPriceResults": [{"resultStatus": "VALID_FOEP"}]},
            }
        ]
    },
    "getMyFeesEstimates": [
        {
            "Status": "Success",
            "FeesEstimateIdentifier": {"IdValue": "S", "SellerInputIdentifier": "1"},
            "FeesEstimate": {"TimeOfFeesEstimation": "Mon Oct 28 18:49:32 UTC 2019"},
            "Error": {"Type": "", "Code": "", "Message": "", "Detail": []},
        }
    ],
    "getListingOffersBatch": {
        "responses": [
            {
                "status": {"statusCode": 200, "reasonPhrase": "OK"},
                "request": {"MarketplaceId": "A1PA6795UKMFR9", "SellerSKU": "S"},
                "body": {"payload": {"status": "NoBuyableOffers", "SKU": "S"}},
            }
        ]
    },
    "getItemOffersBatch": {
        "responses": [
            {
                "status": {"statusCode": 200, "reasonPhrase": "OK"},
                "request": {"MarketplaceId": "A1PA6795UKMFR9", "Asin": "B000000001"},
                "body": {"payload": {"status": "NoBuyableOffers", "ASIN": "B000000001"}},
            }
        ]
    },
    "getSellingPartnerMetrics": {"metrics": [{"timeInterval": INTERVAL}]},
    "listOfferMetrics": {
        "offers": [{"asin": "B000000001", "timeInterval": INTERVAL}],
        "pagination": {"totalResults": 1},
    },
    "listOffers": {"offers": [{"asin": "B000000001"}], "pagination": {"totalResults": 1}},
    "getPurchaseOrders": {"payload": {"orders": [{"purchaseOrderNumber": "P"}]}},
    "getPurchaseOrdersStatus": {"payload": {"ordersStatus": [{"purchaseOrderNumber": "P"}]}},
    "getOrders": {"orders": [{"purchaseOrderNumber": "P"}]},
    "getCustomerInvoices": {"customerInvoices": [{"purchaseOrderNumber": "P"}]},
}
SINCE = datetime(2026, 11, 1, tzinfo=UTC)
CALLS: dict[str, Callable[[SellingPartnerClient], object]] = {
    "token": lambda client: client.report("1"),
    "createRestrictedDataToken": lambda client: client.report_document_url("d", restricted=True),
    "getMarketplaceParticipations": lambda client: client.marketplace_participations(),
    "getAccount": lambda client: client.seller_account(),
    "createReport": lambda client: client.create_report(
        "T", "A1PA6795UKMFR9", (SINCE, SINCE + timedelta(days=1)), {"a": "b"}
    ),
    "getReport": lambda client: client.report("1"),
    "getReports": lambda client: list(client.reports(["T"], ["A1PA6795UKMFR9"], SINCE)),
    "getReportDocument": lambda client: client.report_document_url("amzn1.spdoc.1"),
    "searchCatalogItems": lambda client: client.catalog_items(["B000000001"], "A1PA6795UKMFR9", []),
    "searchListingsItems": lambda client: client.search_listings(
        "A1", ["4006381333931"], "EAN", "A1PA6795UKMFR9", []
    ),
    "getCompetitiveSummary": lambda client: client.batches.competitive_summaries(
        ["B000000001"], "A1PA6795UKMFR9"
    ),
    "getFeaturedOfferExpectedPriceBatch": lambda client: client.batches.expected_prices(
        ["S"], "A1PA6795UKMFR9"
    ),
    "getMyFeesEstimates": lambda client: client.batches.fees_estimates(
        [FeesQuestion("1", "S", Decimal("9.99"), "EUR", is_amazon_fulfilled=True)],
        "A1PA6795UKMFR9",
    ),
    "getListingOffersBatch": lambda client: client.batches.listing_offers(["S"], "A1PA6795UKMFR9"),
    "getItemOffersBatch": lambda client: client.batches.item_offers(
        ["B000000001"], "A1PA6795UKMFR9"
    ),
    "listOfferMetrics": lambda client: client.counted_page("listOfferMetrics", {}),
    "listOffers": lambda client: client.counted_page("listOffers", {}),
    **{
        name: lambda client, name=name: list(client.pages(name, {}))  # type: ignore[misc]
        for name in (
            "searchOrders", "listTransactions", "listInventory", "getPurchaseOrders",
            "getPurchaseOrdersStatus", "getOrders", "getCustomerInvoices",
            "getSellingPartnerMetrics",
        )
    },
}  # fmt: skip
"""Every operation, by a call that makes it."""


@dataclass(slots=True)
class Answer:
    """What comes for one call: a status, a body (JSON unless it is bytes), headers."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def operation_of(method: str, path: str) -> str | None:
    """The operation of a request."""
    for name, pattern in PATHS.items():
        if pattern.fullmatch(path) or pattern.fullmatch(f"{method} {path}"):
            return name
    return None


@dataclass(slots=True)
class Amazon:
    """The server: `answers` by operation come first, one after the other, then the good ones."""

    url: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    for_ever: dict[str, Answer] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str) -> Answer:
        name = operation_of(method, urlsplit(path).path)
        if name is None:
            return Answer({"errors": [{"code": "NotFound", "message": path}]}, 404)
        self.calls.append(name)
        if queued := self.answers.get(name):
            return queued.pop(0)
        return self.for_ever.get(name, Answer(GOOD[name]))


@contextmanager
def serving(handle: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server that leaves every request to a function; its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10
        disable_nagle_algorithm = True  # else each body waits 40 ms for the receipt of its headers

        def do_GET(self) -> None:
            handle(self)

        do_POST = do_GET  # noqa: N815 - the library's own name

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # closing waits for them, so that no socket is left open
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def amazon() -> Iterator[Amazon]:
    """An Amazon on loopback that answers well unless a test has it otherwise."""
    found = Amazon("")

    def handle(request: BaseHTTPRequestHandler) -> None:
        request.rfile.read(int(request.headers.get("Content-Length") or 0))
        answer = found.answer(request.command, request.path)
        content = answer.content
        request.send_response(answer.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        for name, value in (headers | answer.headers).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content)

    with serving(handle) as url:
        found.url = url
        yield found


def client_for(url: str, **options: Any) -> SellingPartnerClient:
    """A client whose waits take no time."""
    credentials = Credentials("amzn1.application", "the-client-secret", "Atzr|the-refresh-token")
    clock = options.pop("clock", None) or AmazonClock(1e6, believed=None)
    return SellingPartnerClient(
        credentials, url, clock, token_url=f"{url}/auth/o2/token", **options
    )


class QuickMachine(type(THIS_MACHINE)):  # type: ignore[misc]
    """A machine whose time passes by waiting alone, at once: no token ends between two calls."""

    def __init__(self) -> None:
        self.passed = 0.0

    def monotonic(self) -> float:
        return self.passed

    def event(self) -> threading.Event:
        return _QuickEvent(self)


class _QuickEvent(threading.Event):
    """An event for which nobody waits longer than it takes to say so."""

    def __init__(self, machine: QuickMachine) -> None:
        super().__init__()
        self._machine = machine

    def wait(self, timeout: float | None = None) -> bool:
        if timeout is None:
            return super().wait()
        if not self.is_set():
            self._machine.passed += timeout
        return self.is_set()


@pytest.fixture
def client(amazon: Amazon) -> Iterator[SellingPartnerClient]:
    """A client of that Amazon."""
    found = client_for(amazon.url, clock=AmazonClock(believed=None, machine=QuickMachine()))
    yield found
    found.close()


@contextmanager
def trickling(begin: bytes, piece: bytes, pause: float) -> Iterator[str]:
    """A server that begins an answer and continues with a piece after each pause, for ever; its URL."""
    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)

    def trickle(connection: socket.socket) -> None:
        with connection:
            connection.recv(1 << 16)
            try:
                connection.sendall(begin)
                while not stop.wait(pause):
                    connection.sendall(piece)
            except OSError:
                return

    def accept() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            threading.Thread(target=trickle, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stop.set()
        thread.join()
        listener.close()

"""An Amazon in the same process whose answers are garbled at random: JSON, headers and statuses."""

from __future__ import annotations

import copy
import json
import threading
from collections import Counter
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import httpx
from selling_partner.conftest import DEUTSCHLAND, GOOD, operation_of
from typing_extensions import override

from amazon_selling_partner import AmazonClock

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

MOST_CALLS = 5_000  # of one sync; more have no end
FACTOR = 1e4
LISTINGS = (
    "item-name\tlisting-id\tseller-sku\tprice\tquantity\topen-date\tasin1\tstatus\r\n"
    "A lamp\tL1\tS1\t1.00\t3\t2026-05-31 17:21:53 MEST\tB000000001\tActive\r\n"
)
ORDERS = (
    "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tsku\tasin\tquantity\t"
    "currency\titem-price\tsales-channel\r\n"
    "305-1\t2026-11-02T08:00:00+00:00\t2026-11-02T08:00:00+00:00\tShipped\tS1\tB000000001\t1\t"
    "EUR\t9.99\tAmazon.de\r\n"
)
DOCUMENT = "document"
OF_OTHERS = frozenset({"searchListingsItems"})
"""Operations that a sync of the tap does not call."""
OPERATIONS = (*(name for name in GOOD if name not in OF_OTHERS), DOCUMENT)
TEXTS = (
    "", "x", "\x1b]52;c;cm0=\x07", "\r\n", "\u202e", "\U0001f600", "Atza|IwEBIPs", "../../x", "NaN",
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-11-02T08:00:00Z", "DONE", "FATAL",
    "CANCELLED", "https://[::1", "http://169.254.169.254/", "https://127.evil.example/", "a" * 5_000,
    "A1PA6795UKMFR9", "jane@example.com",
)  # fmt: skip
NUMBERS = (0, -1, 1, 7, 1.5, 1e300, -1e300, 10**30, 2**63, 2**64)
BODIES = (
    b"", b"null", b"[]", b"[{}]", b"{}", b'"x"', b"7", b"true", b"NaN", b"{", b"<html></html>",
    b'{"a":' * 30_000, b"[" * 30_000, b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b'{"a":"\xe9"}',
    b'{"errors":["x"]}', b'{"errors":{"code":1}}', b'{"errors":[{"code":"C","message":"m"}]}',
    b'{"payload":null}', b'{"reports":[null]}', b'{"orders":["x"]}', b'{"error":"invalid_grant"}',
)  # fmt: skip
STATUSES = (
    200, 200, 200, 200, 200, 201, 204, 206, 300, 302, 304, 400, 401, 403, 404, 409, 413, 418, 429,
    500, 502, 503, 504, 599,
)  # fmt: skip
HEADERS = {
    "Date": ("", "never", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 1900 00:00:00 GMT", "\xe9"),
    "x-amzn-RateLimit-Limit": ("", "1e-9", "inf", "nan", "-1", "0", "1e9", "x", "\xe9"),
    "Content-Type": (
        "",
        "text/html",
        "application/json; charset=klingon",
        "\xe9/\xe9; charset=\xe9",
    ),
    "Content-Encoding": ("gzip", "klingon", "br", "deflate, gzip"),
    "Content-Length": ("\xb2", "-1", "9" * 40, "x"),
    "Set-Cookie": ("a=b", "\xe9=\xe9", "=;=;"),
    "Location": ("http://[::1", "/x", "\xe9", "https://127.evil.example/"),
    "Retry-After": ("1e400", "-1", "never"),
}


class SlowDays(AmazonClock):
    """A clock whose waits are short, and whose days are as long as real ones."""

    def __init__(self) -> None:
        super().__init__(FACTOR, believed=None)

    @override
    def now(self) -> datetime:
        """Amazon's time, in UTC."""
        return super().now() - timedelta(seconds=self.monotonic() * (1 - 1 / FACTOR))


class OddAmazon:
    """The server: a `victim` operation is garbled mostly, the others seldom.

    Attributes:
        garbled: How often each operation's answer was.
        calls: How many calls came.
    """

    def __init__(self, chance: Random, victim: str, now: datetime) -> None:
        self._chance = chance
        self._victim = victim
        self._now = now
        self._lock = threading.Lock()
        self._types: dict[str, str] = {}
        self.garbled: Counter[str] = Counter()
        self.calls = 0

    @property
    def transport(self) -> httpx.BaseTransport:
        """What sends requests here."""
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        with self._lock:  # the threads share the chance
            self.calls += 1
            if self.calls > MOST_CALLS:
                raise AssertionError(f"{MOST_CALLS} calls, and no end of them")
            name = operation_of(request.method, request.url.path) or DOCUMENT
            headers: dict[str, Any] = {"Date": format_datetime(self._now, usegmt=True)}
            if name == DOCUMENT:
                content = self._document(request.url.path).encode()
                headers["Content-Length"] = str(len(content))
            else:
                content = json.dumps(self._good(name, request)).encode()
            status = 200
            if self._chance.random() < (0.85 if name == self._victim else 0.1):
                self.garbled[name] += 1
                status, content = self._garbled(name, content, headers)
            encoded = {key: value.encode("latin-1") for key, value in headers.items()}
            return httpx.Response(status, headers=encoded, stream=_Pieces(content))

    def _good(self, name: str, request: httpx.Request) -> Any:
        body = copy.deepcopy(GOOD[name])
        if name == "createReport":
            body["reportId"] = str(len(self._types) + 1)
            self._types[body["reportId"]] = json.loads(request.content)["reportType"]
        elif name == "getReport":
            report_id = request.url.path.rpartition("/")[2]
            body |= {
                "reportId": report_id,
                "reportType": self._types.get(report_id, "T"),
                "reportDocumentId": f"amzn1.spdoc.{report_id}",
                "createdTime": self._now.isoformat(),
            }
        elif name == "getReports":
            body["reports"] = []
        elif name == "listOfferMetrics":
            body["pagination"]["totalResults"] += 1  # so that listOffers has to name the other one
        elif name == "getReportDocument":
            body["url"] = f"https://s3.amazonaws.com/{request.url.path.rpartition('.')[2]}"
        return body

    def _document(self, path: str) -> str:
        report_type = self._types.get(path.strip("/"), "")
        return ORDERS if "ORDERS" in report_type else LISTINGS

    def _garbled(self, name: str, content: bytes, headers: dict[str, Any]) -> tuple[int, bytes]:
        status = self._chance.choice(STATUSES) if self._chance.random() < 0.3 else 200
        if self._chance.random() < 0.3:
            header = self._chance.choice(list(HEADERS))
            headers[header] = self._chance.choice(HEADERS[header])
        kind = self._chance.random()
        if kind < 0.3:
            return status, self._chance.choice(BODIES)
        if name == DOCUMENT:
            return status, content[: self._chance.randrange(len(content))]
        if kind < 0.9:
            return status, json.dumps(self._changed(json.loads(content))).encode()
        place = self._chance.randrange(len(content))
        return status, content[:place] + self._chance.randbytes(3) + content[place + 3 :]

    def _changed(self, value: Any) -> Any:
        """A JSON value with one of its parts changed, left out or put beside."""
        if isinstance(value, dict) and value and self._chance.random() < 0.85:
            name = self._chance.choice(list(value))
            if self._chance.random() < 0.15:
                return {key: value[key] for key in value if key != name}
            return {**value, name: self._changed(value[name])}
        if isinstance(value, list) and value and self._chance.random() < 0.85:
            place = self._chance.randrange(len(value))
            return [*value[:place], self._changed(value[place]), *value[place + 1 :]]
        return self._value(3)

    def _value(self, depth: int) -> Any:
        kind = self._chance.randrange(6 if depth else 4)
        if kind == 0:
            return self._chance.choice((None, True, False))
        if kind == 1:
            return self._chance.choice(NUMBERS)
        if kind in {2, 3}:
            return self._chance.choice(TEXTS)
        count = self._chance.randrange(4)
        if kind == 4:
            return [self._value(depth - 1) for _ in range(count)]
        names = self._chance.sample([*DEUTSCHLAND, "marketplaceId", "items", "x\x1b[2J", ""], count)
        return {name: self._value(depth - 1) for name in names}


class _Pieces(httpx.SyncByteStream):
    """A body that comes in pieces."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @override
    def __iter__(self) -> Any:
        for first in range(0, len(self._content), 10_000):
            yield self._content[first : first + 10_000]

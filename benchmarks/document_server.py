"""A loopback server that has one report ready at once: what a connector reads, without any waiting.

The sandbox behaves like Amazon, which costs time that would be counted against its readers; here
every operation answers with the same report, and the clock starts when its document is requested. It is
sent as fast as loopback takes it, or at the rate of a slower line.
"""

from __future__ import annotations

import io
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from orders_report import CHARSET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_REPORTS = "/reports/2021-06-30/reports"
_REPORT = "REPORT1"
_GZIP_MAGIC = b"\x1f\x8b"
_PARTICIPATION = {
    "marketplace": {
        "id": "A1PA6795UKMFR9", "name": "Amazon.de", "countryCode": "DE",
        "defaultCurrencyCode": "EUR", "defaultLanguageCode": "de_DE", "domainName": "www.amazon.de",
    },
    "participation": {"isParticipating": True, "hasSuspendedListings": False},
}  # fmt: skip
_NOW = "2026-11-01T00:00:00+00:00"
_PIECE = 1 << 16


@dataclass(slots=True)
class DocumentServer:
    """What is served, and when it was requested.

    Attributes:
        document: The report's bytes, or the file of them; they may be gzipped.
        charset: Of its text.
        rate: Bytes a second at which the document is sent; None for as fast as it goes.
        url: The server's address.
        asked: `time.monotonic()` of each request for the document.
        sent: `time.monotonic()` of the end of each sending.
    """

    document: bytes | Path
    charset: str = CHARSET
    rate: float | None = None
    url: str = ""
    asked: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    _report: dict[str, Any] = field(default_factory=dict)

    def opened(self) -> IO[bytes]:
        """The document's bytes."""
        if isinstance(self.document, Path):
            return self.document.open("rb")
        return io.BytesIO(self.document)

    @property
    def size(self) -> int:
        """Of the document, in bytes."""
        if isinstance(self.document, Path):
            return self.document.stat().st_size
        return len(self.document)

    def send(self, write: Callable[[bytes], object]) -> None:
        """Send the document, at the rate."""
        self.asked.append(began := time.monotonic())
        count = 0
        with self.opened() as document:
            while piece := document.read(_PIECE):
                write(piece)
                count += len(piece)
                if self.rate:
                    time.sleep(max(0.0, began + count / self.rate - time.monotonic()))
        self.sent.append(time.monotonic())

    def answer(self, path: str, body: bytes) -> dict[str, Any]:
        """Answer any other operation."""
        if path == "/auth/o2/token":
            return {
                "access_token": "Atza|bench", "refresh_token": "Atzr|bench",
                "token_type": "bearer", "expires_in": 3600,
            }  # fmt: skip
        if path.startswith("/sellers/"):
            return {"payload": [_PARTICIPATION]}
        if path == _REPORTS and body:
            self._report = json.loads(body)
            return {"reportId": _REPORT}
        if path == _REPORTS:
            return {"reports": []}
        if path.startswith(_REPORTS):
            return {
                "reportId": _REPORT, "processingStatus": "DONE", "reportDocumentId": "DOCUMENT1",
                "createdTime": _NOW, "processingStartTime": _NOW, "processingEndTime": _NOW,
                **self._report,
            }  # fmt: skip
        found = {"reportDocumentId": "DOCUMENT1", "url": f"{self.url}/document"}
        with self.opened() as document:
            if document.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC:
                found["compressionAlgorithm"] = "GZIP"
        return found


@contextmanager
def serving(
    document: bytes | Path, charset: str = CHARSET, rate: float | None = None
) -> Iterator[DocumentServer]:
    """Serve a document on loopback, at a rate in bytes a second where one is given."""
    served = DocumentServer(document, charset, rate)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            path, body = urlsplit(self.path).path, self.rfile.read(length)
            if path == "/document":
                self._begin(200, f"text/plain;charset={served.charset}", served.size)
                served.send(self.wfile.write)
                return
            content = json.dumps(served.answer(path, body)).encode()
            created = self.command == "POST" and "/reports/" in self.path
            self._begin(202 if created else 200, "application/json", len(content))
            self.wfile.write(content)

        def _begin(self, status: int, kind: str, size: int) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(size))
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - the name that http.server calls

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()

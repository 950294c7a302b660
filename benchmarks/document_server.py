"""A loopback server that has one report ready at once: what a connector reads, without any waiting.

The sandbox behaves like Amazon, which costs time that would be counted against its readers; here
every operation answers with the same report, and the clock starts when its document is asked for.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from orders_report import CHARSET

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@dataclass(slots=True)
class DocumentServer:
    """What is served, and when it was asked for.

    Attributes:
        document: The report's bytes, which may be gzipped.
        charset: Of its text.
        url: The server's address.
        asked: `time.monotonic()` of each request for the document.
    """

    document: bytes
    charset: str = CHARSET
    url: str = ""
    asked: list[float] = field(default_factory=list)
    _report: dict[str, Any] = field(default_factory=dict)

    def answer(self, path: str, body: bytes) -> tuple[bytes, str]:
        """Return body and content type."""
        if path == "/document":
            self.asked.append(time.monotonic())
            return self.document, f"text/plain;charset={self.charset}"
        return json.dumps(self._json(path, body)).encode(), "application/json"

    def _json(self, path: str, body: bytes) -> dict[str, Any]:
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
        if self.document.startswith(_GZIP_MAGIC):
            found["compressionAlgorithm"] = "GZIP"
        return found


@contextmanager
def serving(document: bytes, charset: str = CHARSET) -> Iterator[DocumentServer]:
    """Serve a document on loopback."""
    served = DocumentServer(document, charset)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            content, kind = served.answer(urlsplit(self.path).path, self.rfile.read(length))
            self.send_response(202 if self.command == "POST" and "/reports/" in self.path else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

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

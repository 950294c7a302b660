"""A server on loopback that delivers documents."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from amazon_selling_partner import AmazonClock, Credentials, SellingPartnerClient

if TYPE_CHECKING:
    from collections.abc import Iterator


def document_client() -> SellingPartnerClient:
    """A client for downloads alone, which need no token."""
    return SellingPartnerClient(Credentials("c", "s", "r"), "https://amazon.invalid", AmazonClock())


@contextmanager
def delivering(*bodies: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """The URL of a document that comes with one body after the other, and those not yet requested."""
    left = list(bodies)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = left.pop(0)
            self.send_response(200)
            self.send_header("content-type", "text/plain; charset=UTF-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/document", left
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

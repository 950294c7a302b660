"""A document without gzip that ends within a line is believed when it comes twice with the same size."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from tap_amazon_seller.client import SellingPartnerClient
from tap_amazon_seller.clock import AmazonClock
from tap_amazon_seller.errors import RetryableError
from tap_amazon_seller.reports.document import download
from tap_amazon_seller.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

WHOLE = b"sku\tquantity\nA-1\t7\nB-22\t33\n"
BARE = WHOLE.rstrip()
CONFIG = {"lwa_client_id": "c", "client_secret": "s", "refresh_token": "r"}


@contextmanager
def delivering(*bodies: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """The URL of a document that comes with one body after the other, and those not yet asked for."""
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


def text_of(url: str) -> bytes:
    """The text of a document, downloaded as syncs do it."""
    client = SellingPartnerClient(Settings.from_config(CONFIG), "EU", AmazonClock())
    try:
        found = download(
            client, "X", url, spool_path=None, charset=None, default_charset="iso-8859-1"
        )
        text = "".join(found.lines()).encode()
        found.close()
    finally:
        client.close()
    return text


@pytest.mark.parametrize(
    ("bodies", "text"),
    [
        pytest.param([WHOLE], WHOLE, id="with a last line end"),
        pytest.param([WHOLE.replace(b"\n", b"\r")], WHOLE.replace(b"\n", b"\r"), id="of a Mac"),
        pytest.param([BARE, BARE], BARE, id="without a last line end"),
        pytest.param([WHOLE[:15], WHOLE], WHOLE, id="cut the first time"),
    ],
)
def test_a_text_comes_whole_with_no_more_downloads_than_needed(
    bodies: list[bytes], text: bytes
) -> None:
    with delivering(*bodies) as (url, left):
        assert text_of(url) == text
        assert left == []


@pytest.mark.parametrize("second", [WHOLE[:18], BARE], ids=["cut elsewhere", "whole"])
def test_two_sizes_without_a_last_line_end_are_no_document(second: bytes) -> None:
    with (
        delivering(WHOLE[:15], second) as (url, _),
        pytest.raises(RetryableError, match=f"cut short: 15 bytes, and {len(second)} a second"),
    ):
        text_of(url)

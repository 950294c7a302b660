"""A document without gzip that ends within a line is believed when it comes twice with the same size."""

from __future__ import annotations

import pytest
from delivery import delivering, document_client

from amazon_selling_partner import RetryableError
from tap_amazon_seller.reports.text.download import download

WHOLE = b"sku\tquantity\nA-1\t7\nB-22\t33\n"
BARE = WHOLE.rstrip()


def text_of(url: str) -> bytes:
    """The text of a document, downloaded as syncs do it."""
    client = document_client()
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
        pytest.param([WHOLE.replace(b"\n", b"\r")], WHOLE, id="of a Mac"),
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

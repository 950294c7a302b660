"""Presigned URLs: what they answer, and when they die."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sandbox.conftest import Amazon

DE, US = "A1PA6795UKMFR9", "ATVPDKIKX0DER"
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"


@pytest.fixture
def document(amazon: Amazon) -> dict[str, Any]:
    return ask(amazon)


def ask(amazon: Amazon, **query: str) -> dict[str, Any]:
    report = amazon.finished(LISTINGS, DE)
    path = f"/reports/2021-06-30/documents/{report['reportDocumentId']}"
    found: dict[str, Any] = amazon.call("GET", path, **query).json()
    return found


def test_a_url_serves_the_packed_file(amazon: Amazon, document: dict[str, Any]) -> None:
    answer = amazon.http.get(document["url"])

    assert document["compressionAlgorithm"] == "GZIP"
    assert answer.headers["content-type"] == "text/plain; charset=Cp1252"
    assert "content-encoding" not in answer.headers
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert gzip.decompress(answer.content).startswith(b"Artikelbezeichnung\t")


def test_the_content_encoding_can_be_asked_for(amazon: Amazon) -> None:
    document = ask(amazon, enableContentEncodingUrlHeader="true")

    answer = amazon.http.get(document["url"])

    assert answer.headers["content-encoding"] == "gzip"
    assert answer.content.startswith(b"Artikelbezeichnung\t")


def test_a_url_lives_five_minutes(amazon: Amazon, document: dict[str, Any]) -> None:
    amazon.clock.advance(300)
    assert amazon.http.get(document["url"]).status_code == 200

    amazon.clock.advance(1)
    answer = amazon.http.get(document["url"])

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/xml"
    assert "<Code>AccessDenied</Code><Message>Request has expired</Message>" in answer.text


@pytest.mark.parametrize(
    ("old", "new"),
    [("X-Amz-Signature=", "X-Amz-Signature=0"), ("X-Amz-Expires=300", "X-Amz-Expires=9999")],
)
def test_a_url_cannot_be_changed(
    amazon: Amazon, document: dict[str, Any], old: str, new: str
) -> None:
    answer = amazon.http.get(document["url"].replace(old, new))

    assert answer.status_code == 403
    assert "<Code>SignatureDoesNotMatch</Code>" in answer.text


def test_a_url_is_for_a_plain_get(amazon: Amazon, document: dict[str, Any]) -> None:
    token = amazon.http.get(document["url"], headers={"x-amz-access-token": amazon.token})
    authorization = amazon.http.get(document["url"], headers={"authorization": "Bearer x"})
    unsigned = amazon.http.get(document["url"].partition("?")[0])

    assert amazon.http.put(document["url"]).status_code == 403
    assert token.status_code == 403
    assert authorization.status_code == 400
    assert "<Code>AccessDenied</Code>" in unsigned.text


def test_a_file_that_made_room_is_written_again(amazon: Amazon) -> None:
    report = amazon.finished(LISTINGS, DE)
    first, _ = amazon.download(report)
    for document in list(amazon.sandbox.spool._files.values()):  # noqa: SLF001 - as if it were full
        document.path.unlink()
    amazon.sandbox.spool._files.clear()  # noqa: SLF001

    assert amazon.download(report)[0] == first


def test_small_files_come_packed_or_plain(amazon: Amazon) -> None:
    seen = set()
    for market in ("A1PA6795UKMFR9", "A13V1IB3VIYZZH", "A1F83G8C2ARO7P", "APJ6JRA9NG5V4"):
        report = amazon.finished("GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA", market)
        path = f"/reports/2021-06-30/documents/{report['reportDocumentId']}"
        seen.add(amazon.call("GET", path).json().get("compressionAlgorithm"))

    assert seen == {None, "GZIP"}

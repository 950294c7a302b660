"""A document's address leads to the public Internet, or, for a stand-in, to this machine."""

from __future__ import annotations

import pytest

from amazon_selling_partner import is_loopback
from amazon_selling_partner._addresses import AddressError, check_document_address

AMAZONS = "https://tortuga-prod-eu.s3-eu-west-1.amazonaws.com/x?X-Amz-Expires=300"


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "127.0.0.1", "127.1", "::1", "[::1]", "::ffff:127.0.0.1"]
)
def test_this_machine_has_many_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["127.evil.example", "localhost.evil.example", "10.0.0.1", "", "127.0.0.1.nip.io"]
)
def test_a_name_that_looks_like_it_is_not_this_machine(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("url", [AMAZONS, "https://8.8.8.8/x", "https://[2a00:1450::1]/x"])
def test_public_addresses_are_called(url: str) -> None:
    check_document_address(url, on_loopback=False)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "is not an http or https URL"),
        ("x", "is not an http or https URL"),
        ("https://", "is not an http or https URL"),
        ("https://[::1", "is not a URL"),
        ("https://a:b/", "is not a URL"),
        ("https://\ud800.example/", "is not a URL"),
        ("file:///etc/passwd", "is not an http or https URL"),
        ("ftp://a.example/x", "is not an http or https URL"),
        ("http://a.example/x", "is not https"),
        ("https://user:password@a.example/x", "names a user"),
        ("https://127.0.0.1/x", "is a private address"),
        ("https://localhost/x", "is a private address"),
        ("https://10.0.0.1/x", "is a private address"),
        ("https://192.168.1.1/x", "is a private address"),
        ("https://169.254.169.254/latest/meta-data/", "is a private address"),
        ("https://2852039166/latest/", "is a private address"),
        ("https://0xa9fea9fe/latest/", "is a private address"),
        ("https://[::ffff:10.0.0.1]/x", "is a private address"),
        ("https://[fe80::1]/x", "is a private address"),
        ("https://[fd00::1]/x", "is a private address"),
        ("https://0.0.0.0/x", "is a private address"),
    ],
)
def test_all_others_are_refused(url: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        check_document_address(url, on_loopback=False)


def test_a_stand_in_on_this_machine_may_name_itself_but_no_other_inside() -> None:
    check_document_address("http://127.0.0.1:8000/x", on_loopback=True)

    for url in ("http://10.0.0.1/x", "http://a.example/x", "https://169.254.169.254/"):
        with pytest.raises(AddressError):
            check_document_address(url, on_loopback=True)


def test_private_addresses_are_called_by_those_who_proxy_documents() -> None:
    for url in ("http://10.0.0.1/x", "https://192.168.1.1/x", "http://proxy.internal/x"):
        check_document_address(url, on_loopback=False, private=True)

    with pytest.raises(AddressError):
        check_document_address("http://127.0.0.1/x", on_loopback=False, private=True)

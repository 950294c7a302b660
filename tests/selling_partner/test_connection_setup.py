"""What is wrong with the machine's proxy or certificates has a sentence of its own."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpx
import pytest
from selling_partner.conftest import client_for

from amazon_selling_partner import ConnectionSetupError, RetryableError

if TYPE_CHECKING:
    from pathlib import Path

    from selling_partner.conftest import Amazon

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1080", "names a SOCKS proxy"),
        ("HTTPS_PROXY", "gopher://127.0.0.1:70", "proxy .* is not an address"),
        ("HTTPS_PROXY", "http://[::1", "proxy .* is not an address"),
        (
            "SSL_CERT_FILE",
            "/nowhere/ca.pem",
            "certificates cannot be read .*SSL_CERT_FILE=/nowhere",
        ),
    ],
)
def test_a_wrong_environment_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(ConnectionSetupError, match=sentence):
        client_for("https://sellingpartnerapi-eu.amazon.com")


def test_a_file_without_a_certificate_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("this is not PEM")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))

    with pytest.raises(ConnectionSetupError, match=r"certificates cannot be read .*ca\.pem"):
        client_for("https://sellingpartnerapi-eu.amazon.com")


def test_the_environments_proxy_is_used(monkeypatch: pytest.MonkeyPatch, amazon: Amazon) -> None:
    monkeypatch.setenv("HTTP_PROXY", amazon.url)
    client = client_for("http://sellingpartnerapi.example")

    try:
        assert client.report("1").report_id == "1"
    finally:
        client.close()

    assert amazon.calls == ["token", "getReport"]


@pytest.mark.parametrize(
    ("endpoint", "sentence"),
    [
        ("http://127.0.0.1:8701", r"nothing listens at 127\.0\.0\.1:8701"),
        (
            "https://amazon.invalid",
            r"amazon\.invalid cannot be reached; check this machine's network",
        ),
    ],
)
def test_where_no_connection_comes_about_its_host_is_named(endpoint: str, sentence: str) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("All connection attempts failed", request=request)

    client = client_for(endpoint, transport=httpx.MockTransport(refuse))

    with pytest.raises(RetryableError, match=sentence):
        client.report("1")

    client.close()


def test_a_refused_certificate_says_what_to_check() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        cause = ssl.SSLCertVerificationError("certificate verify failed")
        cause.verify_message = "self-signed certificate"
        raise httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]") from cause

    client = client_for("https://amazon.invalid", transport=httpx.MockTransport(refuse))

    with pytest.raises(
        RetryableError, match="certificate is refused: self-signed certificate; check"
    ):
        client.report("1")

    client.close()

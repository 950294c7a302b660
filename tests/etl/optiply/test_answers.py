"""What the client of the Optiply API makes of odd answers, such as those of a proxy before it."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
import pytest

from amazon_optiply_etl.optiply import answers, client
from amazon_optiply_etl.optiply.client import Item, Optiply, remote_id_of
from amazon_optiply_etl.optiply.credentials import Credentials
from amazon_optiply_etl.optiply.errors import OptiplyUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


class _Proxy(BaseHTTPRequestHandler):
    """A server that is not Optiply: it answers each request with what the test has put there."""

    answers: ClassVar[list[tuple[int, dict[str, str], bytes]]] = []
    asked: ClassVar[list[str]] = []
    sent: ClassVar[list[bytes]] = []

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.asked.append(f"{self.command} {self.path}")
        self.sent.append(body)
        status, headers, body = self.answers.pop(0)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - the names of the base class

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A client, the server that it takes for Optiply, and what happened between them."""

    optiply: Optiply
    waits: list[float]
    tokens: list[str]
    asked: list[str] = field(default_factory=lambda: _Proxy.asked)
    """Method and path of the requests."""
    sent: list[bytes] = field(default_factory=lambda: _Proxy.sent)
    """Their bodies."""

    def will_answer(self, status: int, body: bytes | object, **headers: str) -> None:
        """Answer the request after those that have an answer already like this."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        _Proxy.answers.append((status, named, content))


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    _Proxy.answers.clear()
    _Proxy.asked.clear()
    _Proxy.sent.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Proxy)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    credentials = Credentials(
        "user", "password", "client", "secret", "102", "1002", "a-token", url, url
    )
    waits: list[float] = []
    tokens: list[str] = []
    with Optiply(
        credentials, on_token=tokens.append, sleep=waits.append, clock=lambda: NOW
    ) as optiply:
        yield Proxy(optiply, waits, tokens)
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_is_sent_is_a_json_api_document_to_the_account_and_coupling(proxy: Proxy) -> None:
    proxy.will_answer(201, {"data": {"id": 7}})
    proxy.will_answer(200, {"data": {"id": 7}})

    assert proxy.optiply.post("products", {"name": "ü"}) == "7"
    assert proxy.optiply.patch("products", "7", {"name": "x", "price": None})

    assert proxy.asked == [
        "POST /products?accountId=102&couplingId=1002",
        "PATCH /products/7?accountId=102&couplingId=1002",
    ]
    assert [json.loads(each) for each in proxy.sent] == [
        {"data": {"type": "products", "attributes": {"name": "ü"}}},
        {"data": {"type": "products", "id": "7", "attributes": {"name": "x", "price": None}}},
    ]


def test_a_success_that_shows_no_object_is_none(proxy: Proxy) -> None:
    proxy.will_answer(200, {"message": "The service will be back soon."})
    proxy.will_answer(200, {"data": {"id": "1"}})

    assert proxy.optiply.patch("products", "1", {"name": "x"})

    assert len(proxy.asked) == 2


def test_a_proxy_that_lost_optiply_is_not_taken_for_a_missing_object(proxy: Proxy) -> None:
    proxy.will_answer(404, b"default backend - 404", content_type="text/plain")
    proxy.will_answer(200, {"data": {"id": "1"}})

    assert proxy.optiply.patch("products", "1", {"name": "x"})

    assert len(proxy.waits) == 1


def test_a_request_that_leads_elsewhere_is_not_followed(proxy: Proxy) -> None:
    proxy.will_answer(302, b"", location="https://login.example.com/")

    with pytest.raises(OptiplyUnavailable, match="optiply_base_url"):
        proxy.optiply.post("products", {"name": "x"})

    assert len(proxy.asked) == 1


def test_a_page_link_to_another_host_is_asked_for_at_optiply(proxy: Proxy) -> None:
    link = (
        "http://elsewhere.example.com/products?page%5Boffset%5D=40&page%5Blimit%5D=40&accountId=9"
    )
    proxy.will_answer(200, {"data": [{"id": 1}], "links": {"next": link}})
    proxy.will_answer(200, {"data": [{"id": 2}], "links": {"next": None}})

    assert [each.id for each in proxy.optiply.items("products")] == ["1", "2"]

    second = httpx.URL(proxy.asked[1].partition(" ")[2]).params
    assert second["page[offset]"] == "40"
    assert second["page[limit]"] == "40"
    assert second["accountId"] == "102"


def test_pages_that_go_round_in_circles_end_the_run(proxy: Proxy) -> None:
    for _ in range(2):
        link = "/products?page%5Boffset%5D=100"
        proxy.will_answer(200, {"data": [{"id": 1}], "links": {"next": link}})

    with pytest.raises(OptiplyUnavailable, match="circles"):
        list(proxy.optiply.items("products"))


def test_a_log_in_at_the_wrong_address_names_the_setting(proxy: Proxy) -> None:
    proxy.will_answer(401, {})
    proxy.will_answer(404, {})

    with pytest.raises(OptiplyUnavailable, match="optiply_dashboard_url"):
        list(proxy.optiply.items("products"))


def test_a_log_in_without_a_token_that_can_be_sent_is_repeated(proxy: Proxy) -> None:
    proxy.will_answer(401, {})
    proxy.will_answer(200, {"access_token": "line\nbreak"})
    proxy.will_answer(200, {"access_token": "another"})
    proxy.will_answer(200, {"data": []})

    assert list(proxy.optiply.items("products")) == []

    assert proxy.tokens == ["another"]
    assert proxy.asked[1] == "POST /auth/oauth/token?grant_type=password"


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("7", 7), ("0.5", 0.5), ("-3", 0), ("soon", 0), ("", 0), ("inf", 0), ("nan", 0),
        ("Mon, 02 Nov 2026 08:01:30 GMT", 90), ("Mon, 02 Nov 2026 07:00:00 GMT", 0),
        ("Mon, 02 Nov 2026 08:01:30", 0),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(asked: str, seconds: float) -> None:
    answer = httpx.Response(429, headers={"retry-after": asked})
    assert answers.seconds_to_wait(answer, NOW) == seconds


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"remoteIdMap": {"7": "other", "1002": "own"}}, "own"),
        ({"remoteIdMap": {"7": "other"}}, "other"),
        ({"remoteIdMap": {"1002": None, "7": 12}}, "12"),
        ({"remoteIdMap": {}}, None),
        ({"remoteIdMap": None}, None),
        ({}, None),
    ],
)
def test_the_couplings_own_remote_id_comes_first(
    attributes: dict[str, Any], expected: str | None
) -> None:
    assert remote_id_of(Item("1", attributes), "1002") == expected


@pytest.mark.parametrize(
    ("body", "reason", "pointers"),
    [
        (b"<html>", "it gives no reason", ()),
        (b'{"errors": "x"}', "it gives no reason", ()),
        (b'{"errors": [{"title": "Bad Request"}]}', "Bad Request", ()),
        (
            b'{"errors": [{"detail": "too\\n long."}, {"detail": "b", "source": {"pointer": "/x"}}]}',
            "too long; b",
            ("/x",),
        ),
        (
            b'{"errors": [{"detail": "\'jo@home.\' is not a valid address"}]}',
            "'...' is not a valid address",
            (),
        ),
        (b'{"errors": [{"detail": "same"}, {"detail": "same"}, 5]}', "same", ()),
    ],
)
def test_a_refusal_is_told_on_one_line(body: bytes, reason: str, pointers: tuple[str, ...]) -> None:
    assert answers.refusal(httpx.Response(400, content=body)) == (reason, pointers)


@pytest.mark.parametrize(
    "body",
    [{}, {"data": {}}, {"data": [{}]}, {"data": [5]}, {"data": [], "links": {"next": 5}}],
)
def test_a_document_that_is_no_page_is_none(body: dict[str, Any]) -> None:
    assert answers.page(body) is None


def test_a_link_object_is_a_link() -> None:
    body = {"data": [], "links": {"next": {"href": "/products?page[offset]=100"}}}
    assert answers.page(body) == ([], {"page[offset]": "100"})


def test_pages_without_an_end_are_given_up(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MOST_PAGES", 3)
    for number in range(3):
        link = f"/v1/products?page[offset]={number}"
        proxy.will_answer(200, {"data": [{"id": number + 1}], "links": {"next": link}})
    with pytest.raises(OptiplyUnavailable, match="or have no end"):
        list(proxy.optiply.items("products"))


def test_a_page_that_comes_again_under_another_link_is_a_circle(proxy: Proxy) -> None:
    for number in range(2):
        link = f"/v1/products?page[offset]={number}"
        proxy.will_answer(200, {"data": [{"id": 1}], "links": {"next": link}})
    with pytest.raises(OptiplyUnavailable, match="go round in circles"):
        list(proxy.optiply.items("products"))


def test_an_empty_page_is_the_last_whatever_it_links_to(proxy: Proxy) -> None:
    link = "/v1/products?page[offset]=100"
    proxy.will_answer(200, {"data": [], "links": {"next": link}})
    assert list(proxy.optiply.items("products")) == []


def test_a_content_type_repeats_no_token(proxy: Proxy) -> None:
    for _ in range(10):
        proxy.will_answer(200, b"x", content_type="text/a-token\x1b[31m")
    with pytest.raises(
        OptiplyUnavailable, match=r"with text/\.\.\. that is not what was requested"
    ):
        list(proxy.optiply.items("products"))

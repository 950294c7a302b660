"""A sandbox inside the test process, with a clock that the test moves."""

from __future__ import annotations

import gzip
import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import httpx
import pytest
from loopback import TLS

from amazon_seller_sandbox.clock import ManualClock
from amazon_seller_sandbox.optiply.accounts import CLIENT_ID as OPTIPLY_CLIENT
from amazon_seller_sandbox.optiply.accounts import CLIENT_SECRET as OPTIPLY_SECRET
from amazon_seller_sandbox.optiply.accounts import COUPLINGS, PASSWORD
from amazon_seller_sandbox.server.app import make_app
from amazon_seller_sandbox.server.serving import bind, make_server, url_of
from amazon_seller_sandbox.state.sandbox import Sandbox
from amazon_seller_sandbox.world.accounts import CLIENT_ID, CLIENT_SECRET
from amazon_seller_sandbox.world.world import Settings, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

REPORTS = "/reports/2021-06-30/reports"
DOCUMENTS = "/reports/2021-06-30/documents"
LONGEST_REPORT = 240


@dataclass(slots=True)
class Amazon:
    """A caller of the sandbox that holds a token of one account at a time."""

    sandbox: Sandbox
    clock: ManualClock
    http: httpx.Client
    token: str = ""

    def log_in(self, refresh_token: str = "Atzr|sandbox-EU") -> None:
        """Fetch an access token."""
        answer = self.ask_for_token(refresh_token=refresh_token)
        self.token = answer.json()["access_token"]

    def ask_for_token(self, **form: str) -> httpx.Response:
        """Post to Login with Amazon; the form's defaults are right for the European account."""
        right = {
            "grant_type": "refresh_token",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "refresh_token": "Atzr|sandbox-EU",
        }
        return self.http.post("/auth/o2/token", data=right | form)

    def call(
        self, method: str, path: str, body: object = None, **query: str | list[str]
    ) -> httpx.Response:
        """Call an operation."""
        return self.http.request(
            method, path, headers={"x-amz-access-token": self.token}, json=body, params=query
        )

    def create(self, report_type: str, market: str, **more: object) -> httpx.Response:
        """Call createReport."""
        body = {"reportType": report_type, "marketplaceIds": [market], **more}
        return self.call("POST", REPORTS, body)

    def finished(self, report_type: str, market: str, **more: object) -> dict[str, Any]:
        """Create a report, let its time pass, and return it."""
        report_id = self.create(report_type, market, **more).json()["reportId"]
        self.clock.advance(LONGEST_REPORT)
        report: dict[str, Any] = self.call("GET", f"{REPORTS}/{report_id}").json()
        return report

    def download(self, report: dict[str, Any]) -> tuple[bytes, str]:
        """Return the unpacked bytes and the Content-Type of a finished report's document."""
        path = f"{DOCUMENTS}/{report['reportDocumentId']}"
        document = self.call("GET", path).json()
        answer = self.http.get(document["url"])
        assert answer.status_code == 200, answer.text
        packed = document.get("compressionAlgorithm") == "GZIP"
        body = gzip.decompress(answer.content) if packed else answer.content
        return body, answer.headers["content-type"]

    def rows(
        self, report_type: str, market: str, charset: str, **more: object
    ) -> list[dict[str, str]]:
        """Return the rows of a new report; short rows are filled up, a stray tab is dropped."""
        body, _ = self.download(self.finished(report_type, market, **more))
        lines = body.decode(charset).replace("\r\n", "\n").split("\n")
        assert lines.pop() == ""
        header = lines.pop(0).split("\t")
        rows = []
        for line in lines:
            cells = line.split("\t")
            if len(cells) == len(header) + 1 and not cells[-1]:
                cells.pop()
            assert len(cells) <= len(header), line
            cells += [""] * (len(header) - len(cells))
            rows.append(dict(zip(header, cells, strict=True)))
        return rows

    def truth(self, account: str, stream: str, **query: str) -> list[dict[str, Any]]:
        """Return the canonical records of a stream."""
        text = self.http.get(f"/_sandbox/truth/{account}/{stream}", params=query).text
        return [json.loads(line) for line in text.split("\n") if line]


class MakeAmazon(Protocol):
    """Builds a sandbox with these settings and logs in to the European account."""

    def __call__(self, **settings: Any) -> Amazon:
        """Build it."""
        ...


class Loopback:
    """One HTTP server for all tests, which serves the sandbox of the moment."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None
        self.url = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on (ASGI)."""
        assert self.app is not None
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def loopback() -> Iterator[Loopback]:
    found = Loopback()
    ready = threading.Event()
    listener = bind("127.0.0.1", 0)
    found.url = url_of(listener)
    server = make_server(found, ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    assert ready.wait(10)
    yield found
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture
def make_amazon(loopback: Loopback) -> Iterator[MakeAmazon]:
    opened: list[Amazon] = []

    def make(**changes: Any) -> Amazon:
        settings = Settings(**changes)
        clock = ManualClock(settings.now)
        sandbox = Sandbox(World(settings, clock), loopback.url)
        loopback.app = make_app(sandbox)
        http = httpx.Client(verify=TLS, base_url=loopback.url, timeout=30)
        amazon = Amazon(sandbox, clock, http)
        amazon.log_in()
        opened.append(amazon)
        return amazon

    yield make
    for amazon in opened:
        amazon.http.close()
        amazon.sandbox.close()


@pytest.fixture
def amazon(make_amazon: MakeAmazon) -> Amazon:
    return make_amazon()


@dataclass(slots=True)
class Optiply:
    """A caller of the stand-in for Optiply that acts for one webshop."""

    amazon: Amazon
    token: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def http(self) -> httpx.Client:
        """The connection to the sandbox."""
        return self.amazon.http

    def become(self, name: str) -> None:
        """Log in as the user of a coupling."""
        (coupling,) = (each for each in COUPLINGS if each.name == name)
        self.token = self.ask_for_token(username=coupling.username).json()["access_token"]
        account, webshop = str(coupling.account_id), str(coupling.coupling_id)
        self.ids = {"accountId": account, "couplingId": webshop}

    def ask_for_token(
        self, grant_type: str = "password", client: str = OPTIPLY_CLIENT, **form: str
    ) -> httpx.Response:
        """Post to the dashboard; the form's defaults are right for the European account."""
        return self.http.post(
            "/optiply/api/auth/oauth/token",
            params={"grant_type": grant_type},
            auth=(client, OPTIPLY_SECRET),
            data={"username": "eu@optiply.example", "password": PASSWORD} | form,
        )

    def call(
        self, method: str, path: str, body: object = None, **query: str | int
    ) -> httpx.Response:
        """Call the API with the ids of the account and the coupling."""
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        content = None
        if body is not None:
            headers["content-type"] = "application/vnd.api+json"
            content = json.dumps(body).encode()
        return self.http.request(
            method,
            f"/optiply/v1/{path}",
            headers=headers,
            content=content,
            params={**self.ids, **query},
        )

    def post(self, entity: str, **attributes: object) -> httpx.Response:
        """Make an object."""
        return self.call("POST", entity, {"data": {"type": entity, "attributes": attributes}})

    def patch(self, entity: str, number: str, **attributes: object) -> httpx.Response:
        """Change an object."""
        data = {"type": entity, "id": number, "attributes": attributes}
        return self.call("PATCH", f"{entity}/{number}", {"data": data})

    def made(self, entity: str, **attributes: object) -> str:
        """Make an object that must be accepted, and answer its id."""
        answer = self.post(entity, **attributes)
        assert answer.status_code == 201, answer.text
        number: str = answer.json()["data"]["id"]
        return number

    def product(self, **attributes: object) -> str:
        """Make a product and answer its id."""
        right = {"name": "Shoe", "stockLevel": 3, "unlimitedStock": False}
        return self.made("products", **(right | attributes))

    def dump(self, **query: str) -> dict[str, list[dict[str, Any]]]:
        """Return all objects."""
        found: dict[str, list[dict[str, Any]]]
        found = self.http.get("/_sandbox/optiply", params=query).raise_for_status().json()
        return found

    def calls(self) -> dict[str, dict[str, int]]:
        """Return how often each operation was called, by status."""
        found: dict[str, dict[str, int]] = self.http.get("/_sandbox/calls").json()["calls"]
        return found

    def fault(self, operation: str, fault: str, **how: object) -> None:
        """Switch a fault on."""
        entry = {"operation": operation, "fault": fault, **how}
        self.http.post("/_sandbox/faults", json=[entry]).raise_for_status()


@pytest.fixture
def optiply(amazon: Amazon) -> Optiply:
    found = Optiply(amazon)
    found.become("EU")
    return found

"""A Creators API on loopback that answers as a test has it, and a clock whose waits take no time."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from selling_partner.conftest import Answer, serving

from tap_amazon_associates.associates import Associates
from tap_amazon_associates.config.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.server import BaseHTTPRequestHandler

Record = dict[str, Any]

TOKEN = {"access_token": "Atza|creators-token-1", "expires_in": 3600, "token_type": "bearer"}
SECRET = "amzn1.oa2-cs.v1.very-secret"


class MovingClock:
    """A clock that a wait moves on; it stands otherwise."""

    def __init__(self) -> None:
        self.began = datetime(2026, 11, 2, 8, tzinfo=UTC)
        self.passed = 0.0
        self.waits: list[float] = []

    def now(self) -> datetime:
        """The time."""
        return self.began + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        """Seconds that have passed."""
        return self.passed

    def wait(self, seconds: float) -> None:
        """Let the time pass."""
        self.waits.append(seconds)
        self.passed += seconds


@dataclass(frozen=True, slots=True)
class Call:
    """A request as the server saw it."""

    operation: str
    headers: dict[str, str]
    body: Any


@dataclass(slots=True)
class ScriptedCreators:
    """The server.

    Attributes:
        script: What answers an operation (`token`, `getItems`, ...), from the request's body: JSON,
            bytes or an `Answer`.
    """

    url: str = ""
    script: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def called(self, operation: str) -> list[Any]:
        """The bodies of an operation's requests, in order."""
        return [call.body for call in self.calls if call.operation == operation]

    def answer(self, path: str, headers: dict[str, str], content: bytes) -> Answer:
        """The answer to a request."""
        operation = "token" if path.endswith("/token") else path.rpartition("/")[2]
        is_json = "json" in headers.get("Content-Type", "")
        body = json.loads(content) if is_json else content.decode()
        self.calls.append(Call(operation, headers, body))
        usual: dict[str, Callable[[Any], Any]] = {"token": lambda _: TOKEN, "getItems": good_items}
        found = (self.script.get(operation) or usual.get(operation) or (lambda _: {}))(body)
        return found if isinstance(found, Answer) else Answer(found)

    def config(self, **settings: Any) -> Record:
        """A configuration for it."""
        return {
            "credential_id": "amzn1.application-oa2-client.scripted",
            "credential_secret": SECRET,
            "country": "DE",
            "partner_tag": "site-21",
            "endpoint_url": self.url,
            "token_url": f"{self.url}/auth/o2/token",
            "cache_path": ":memory:",
            "requests_per_second": 10,
        } | settings

    def open(self, clock: MovingClock | None = None, **settings: Any) -> Associates:
        """An account at it."""
        return Associates(
            Settings.from_config(self.config(**settings)), clock=clock or MovingClock()
        )


def item(asin: str, **members: Any) -> Record:
    """An item as Amazon writes it, with a price."""
    return {
        "asin": asin,
        "detailPageURL": f"https://www.amazon.de/dp/{asin}?tag=site-21&linkCode=ogi",
        "itemInfo": {
            "title": {"displayValue": f"Title of {asin}", "label": "Title", "locale": "de_DE"}
        },
        "offersV2": {
            "listings": [
                {
                    "price": {
                        "money": {"amount": 19.99, "currency": "EUR", "displayAmount": "19,99 €"}
                    }
                }
            ]
        },
    } | members


def good_items(body: Record) -> Record:
    """Every item that is requested."""
    return {"itemsResult": {"items": [item(asin) for asin in body["itemIds"]]}}


def refusal(status: int, kind: str, reason: str, message: str = "no", **more: Any) -> Answer:
    """An answer that refuses, in the form of Amazon's exceptions."""
    return Answer({"type": kind, "reason": reason, "message": message, **more}, status)


@contextmanager
def scripted_creators(**script: Callable[[Any], Any]) -> Iterator[ScriptedCreators]:
    """A server that answers `operation=function`, and well where nothing is said."""
    amazon = ScriptedCreators(script=dict(script))

    def handle(request: BaseHTTPRequestHandler) -> None:
        content = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        answer = amazon.answer(request.path, dict(request.headers), content)
        body = answer.content
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        request.send_response(answer.status)
        for name, value in (headers | answer.headers).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    with serving(handle) as url:
        amazon.url = url
        yield amazon

"""An Amazon on loopback that has the reports and documents that a test gives it, and nothing else."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from amazon_selling_partner.marketplaces import Marketplace

REPORTS = "/reports/2021-06-30"
CLOCK_FACTOR = 600
TOKEN = {"access_token": "Atza|test", "token_type": "bearer", "expires_in": 3600}
Json = dict[str, Any]


@dataclass(slots=True)
class ToldReports:
    """What Amazon has, and what it was requested.

    Attributes:
        places: Where the account sells.
        documents: The text of a new report's document, by report type, or by type and marketplace id.
        listed: Reports that exist, as getReports answers them; the id of each document is its report's.
        texts: The text of existing documents, by id.
        requested: The bodies of createReport.
    """

    places: tuple[Marketplace, ...]
    documents: dict[str | tuple[str, str], str] = field(default_factory=dict)
    listed: list[Json] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    requested: list[Json] = field(default_factory=list)
    url: str = ""

    def has(self, report_type: str, text: str, *, hours_ago: float = 0.2, **more: Any) -> None:
        """Have a report exist; `more` are properties of it."""
        number = str(1000 + len(self.listed))
        made = datetime.now(UTC) - timedelta(hours=hours_ago)
        report = {
            "reportId": number,
            "reportType": report_type,
            "processingStatus": "DONE",
            "reportDocumentId": f"document.{number}",
            "createdTime": made.isoformat(timespec="seconds"),
            **more,
        }
        self.listed.append(report)
        self.texts[report["reportDocumentId"]] = text

    def configuration(self, **settings: object) -> Json:
        """A configuration of the tap for it."""
        return {
            "lwa_client_id": "amzn1.application-oa2-client.test",
            "client_secret": "secret",
            "refresh_token": "Atzr|test",
            "endpoint_url": self.url,
            "token_url": f"{self.url}/auth/o2/token",
            "clock_factor": CLOCK_FACTOR,
            **settings,
        }

    def answer(self, method: str, target: str, body: Json) -> Json | str:
        """The answer to a call: JSON, or the text of a document."""
        parts = urlsplit(target)
        name = parts.path.rpartition("/")[2]
        if parts.path.startswith("/documents/"):
            return self.texts[name]
        if parts.path.startswith(f"{REPORTS}/documents/"):
            return {"reportDocumentId": name, "url": f"{self.url}/documents/{name}"}
        answers: dict[tuple[str, str], Callable[[], Json]] = {
            ("POST", "/auth/o2/token"): lambda: TOKEN,
            ("GET", "/sellers/v1/marketplaceParticipations"): self._participations,
            ("POST", f"{REPORTS}/reports"): lambda: {"reportId": self._made(body)},
            ("GET", f"{REPORTS}/reports"): lambda: self._found(parse_qs(parts.query)),
        }
        found = answers.get((method, parts.path))
        return found() if found else next(one for one in self.listed if one["reportId"] == name)

    def _participations(self) -> Json:
        return {"payload": [_participation(place) for place in self.places]}

    def _found(self, query: Mapping[str, list[str]]) -> Json:
        types = query["reportTypes"][0].split(",")
        ids = set(query.get("marketplaceIds", [""])[0].split(",")) - {""}
        found = [
            one
            for one in self.listed
            if one["reportType"] in types
            and (not ids or ids & set(one.get("marketplaceIds") or ()))
        ]
        return {"reports": found}

    def _made(self, body: Json) -> str:
        self.requested.append(body)
        kind, places = body["reportType"], body["marketplaceIds"]
        text = self.documents.get((kind, places[0])) or self.documents[kind]
        window = {key: body[key] for key in ("dataStartTime", "dataEndTime") if key in body}
        self.has(kind, text, hours_ago=0, marketplaceIds=places, **window)
        return str(self.listed[-1]["reportId"])


def _participation(place: Marketplace) -> Json:
    return {
        "marketplace": {
            "id": place.id,
            "countryCode": place.country,
            "name": place.sales_channel,
            "defaultCurrencyCode": place.currency,
            "defaultLanguageCode": "en_US",
            "domainName": place.domain,
        },
        "participation": {"isParticipating": True, "hasSuspendedListings": False},
        "storeName": "Shop",
    }


@contextmanager
def telling(*places: Marketplace) -> Iterator[ToldReports]:
    """Such an Amazon, listening."""
    told = ToldReports(places)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            asked = json.loads(body) if body.startswith(b"{") else {}
            answer = told.answer(self.command, self.path, asked)
            text = answer if isinstance(answer, str) else json.dumps(answer)
            data = text.encode()
            self.send_response(202 if self.command == "POST" and asked else 200)
            self.send_header("content-type", "application/json; charset=UTF-8")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _answer  # noqa: N815 - the names of the standard library

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""An SP-API on loopback that answers operations as a test scripts them, and syncs of the tap with it."""

from __future__ import annotations

import gzip
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from running import command, configuration, run_tap, select
from selling_partner.conftest import GOOD, RESTRICTED, TOKEN, operation_of, serving

from amazon_selling_partner import marketplaces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from running import Output, Record

    Query = dict[str, str]
    Script = Callable[[Query], Any]

FACTOR = 3_000
"""How many times faster than real time the clock of a sync runs."""


def now() -> datetime:
    """The time of the server, in full seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def ago(**span: float) -> str:
    """An instant before now as Amazon writes it; `span` as `timedelta` takes it."""
    return written(now() - timedelta(**span))


def written(instant: datetime) -> str:
    """An instant as Amazon writes it."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def refused(status: int, code: str = "InvalidInput", message: str = "no") -> tuple[int, Any]:
    """An answer that refuses."""
    return status, {"errors": [{"code": code, "message": message}]}


@dataclass(slots=True)
class ScriptedAmazon:
    """The server.

    Attributes:
        script: What answers an operation, from its query: a body, or a status and a body. `document` is
            given what the report was created with, and answers with its text or object; `status`, given
            the same, with how the report ends.
        ahead: How far its clock is ahead of the machine's.
        calls: The operations called, each with its query, or the body of createReport.
    """

    url: str = ""
    countries: tuple[str, ...] = ("US",)
    ahead: timedelta = timedelta(0)
    script: dict[str, Script] = field(default_factory=dict)
    calls: list[tuple[str, Query]] = field(default_factory=list)
    reports: dict[str, Record] = field(default_factory=dict)

    def now(self) -> datetime:
        """The time of its clock, in full seconds."""
        return now() + self.ahead

    def called(self, operation: str) -> list[Query]:
        """The queries of an operation, in order."""
        return [query for name, query in self.calls if name == operation]

    def answer(self, method: str, target: str, content: bytes) -> tuple[int, Any]:
        """The status and the body of an answer."""
        url = urlsplit(target)
        if url.path.startswith("/_document/"):
            found = self.script["document"](self.reports[url.path.rpartition("/")[2]])
            text = found if isinstance(found, str | bytes) else json.dumps(found)
            return 200, gzip.compress(text.encode() if isinstance(text, str) else text)
        name = operation_of(method, url.path)
        if name in {"token", "createRestrictedDataToken"}:
            return 200, TOKEN if name == "token" else RESTRICTED
        query = dict(parse_qsl(url.query)) if method == "GET" else json.loads(content)
        assert name is not None, target
        self.calls.append((name, query))
        if name in self.script:
            found = self.script[name](query)
            if found is not None:
                return found if isinstance(found, tuple) else (200, found)
        return self._usual(name, query, url.path)

    def _usual(self, name: str, query: Record, path: str) -> tuple[int, Any]:
        last = path.rpartition("/")[2]
        if name == "getMarketplaceParticipations":
            return 200, {"payload": [_participation(each) for each in self.countries]}
        if name == "getReports":
            return 200, {"reports": []}
        if name == "createReport":
            report_id = str(len(self.reports) + 1)
            self.reports[report_id] = query
            return 202, {"reportId": report_id}
        if name == "getReport":
            return 200, {
                "reportId": last,
                **{
                    key: value
                    for key, value in self.reports[last].items()
                    if key != "reportOptions"
                },
                "createdTime": written(self.now()),
                "processingStatus": self.script.get("status", _done)(self.reports[last]),
                "reportDocumentId": f"amzn1.spdoc.{last}",
            }
        if name == "getReportDocument":
            report_id = last.rpartition(".")[2]
            url = f"{self.url}/_document/{report_id}"
            return 200, {"reportDocumentId": last, "url": url, "compressionAlgorithm": "GZIP"}
        return 200, GOOD[name]

    def sync(
        self, folder: Path, *streams: str, state: Record | None = None, **settings: object
    ) -> Output:
        """A sync of some streams, and of `rejected_rows` and `sync_summary`, from ten days ago."""
        config, chosen = self._configured(folder, streams, settings)
        return run_tap(folder, config, state, *chosen)

    def command(
        self, folder: Path, *streams: str, state: Record | None = None, **settings: object
    ) -> list[str]:
        """The command of such a sync."""
        config, chosen = self._configured(folder, streams, settings)
        return command(folder, config, state, *chosen)

    def _configured(
        self, folder: Path, streams: tuple[str, ...], settings: dict[str, object]
    ) -> tuple[Record, list[str]]:
        usual: dict[str, Any] = {
            "clock_factor": FACTOR,
            "report_timeout_minutes": 600,
            "marketplaces": list(self.countries),
            "start_date": ago(days=10),
            "include_pii": True,
        }
        chosen = select(folder, *streams, "rejected_rows", "sync_summary")
        return configuration(self.url, **(usual | settings)), chosen


def _done(_: Query) -> str:
    return "DONE"


def _participation(country: str) -> Record:
    place = marketplaces.BY_COUNTRY[country]
    return {
        "marketplace": {
            "id": place.id,
            "name": place.domain,
            "countryCode": country,
            "defaultCurrencyCode": place.currency,
            "defaultLanguageCode": "en_US",
            "domainName": place.domain,
        },
        "participation": {"isParticipating": True, "hasSuspendedListings": False},
        "storeName": "Shop",
    }


def summary_of(output: Output, stream: str, place: str = "") -> Record:
    """What `sync_summary` says of a stream, in a marketplace where it has several."""
    [found] = [
        each
        for each in output.records["sync_summary"]
        if each["stream"] == stream and place in {"", each["marketplace_id"]}
    ]
    return found


def bookmark_of(output: Output, stream: str, place: str = "") -> str | None:
    """The bookmark of a stream, in a marketplace where it has several."""
    of_stream = ((output.state or {}).get("bookmarks") or {}).get(stream) or {}
    for partition in of_stream.get("partitions") or [of_stream]:
        if place in {"", (partition.get("context") or {}).get("marketplace_id", "")}:
            value = partition.get("replication_key_value")
            return str(value) if value else None
    return None


@contextmanager
def scripted_amazon(*countries: str, **script: Script) -> Iterator[ScriptedAmazon]:
    """A server for a seller in some countries, of one region."""
    amazon = ScriptedAmazon(countries=countries or ("US",), script=dict(script))

    def handle(request: BaseHTTPRequestHandler) -> None:
        content = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        status, body = amazon.answer(request.command, request.path, content)
        answer = body if isinstance(body, bytes) else json.dumps(body).encode()
        request.send_response_only(status)
        request.send_header("Date", format_datetime(amazon.now(), usegmt=True))
        request.send_header("Content-Type", "application/json; charset=UTF-8")
        request.send_header("Content-Length", str(len(answer)))
        request.end_headers()
        request.wfile.write(answer)

    with serving(handle) as url:
        amazon.url = url
        yield amazon

"""A small read-only server: a fleet's status as a page and as JSON, its metrics, and its health.

It changes nothing and takes no secret, and listens on this machine alone unless it is to do otherwise.
"""

from __future__ import annotations

import contextlib
import json
import logging
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

import psycopg
from typing_extensions import override

from amazon_fleet.errors import DatabaseError, FleetError
from amazon_fleet.observation.metrics import SERIES, prometheus_text
from amazon_fleet.observation.status import MOST, FleetStatus, fleet_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amazon_fleet.store.database import Database

    Answer = tuple[bytes, str]

_FILES: Final = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
_JSON: Final = "application/json"
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_LONGEST_SEARCH: Final = 200
_logger = logging.getLogger(__name__)


def read_status(database: Database, **wanted: Any) -> FleetStatus:  # noqa: ANN401 - see fleet_status
    """Read the status by a connection of its own; see `fleet_status`.

    Raises:
        DatabaseError: The database cannot be reached, or has no tables of a fleet.
    """
    try:
        with database.connect() as connection:
            return fleet_status(connection, **wanted)
    except psycopg.Error as error:
        raise DatabaseError(
            f"The database {database.shown} does not answer: {database.reason(error)}"
        ) from None


@contextlib.contextmanager
def serving(database: Database, host: str, port: int) -> Iterator[ThreadingHTTPServer]:
    """A server that is ready to serve; it is closed at the end.

    Args:
        database: Whose fleet.
        host: The address to listen on.
        port: The port; 0 for any that is free.

    Raises:
        FleetError: The port is taken, or the address is not one of this machine.
    """
    try:
        server = ThreadingHTTPServer((host, port), partial(_Handler, database))
    except OSError as error:
        raise FleetError(
            f"Port {port} of {host} cannot be listened on ({error.strerror}); choose another --port."
        ) from None
    server.daemon_threads = True
    try:
        yield server
    finally:
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD.

    Args:
        database: Whose fleet.
        *request: As the base class takes it.
    """

    server_version = "amazon-fleet"
    sys_version = ""
    timeout = 30

    def __init__(self, database: Database, *request: Any) -> None:  # noqa: ANN401 - the server's
        self._database = database
        super().__init__(*request)

    def do_GET(self) -> None:
        """Answer a request; what goes wrong is one sentence."""
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        answers: dict[str, Callable[[dict[str, str]], Answer]] = {
            "/api/status": self._status, "/metrics": self._metrics, "/health": self._health,
        }  # fmt: skip
        try:
            if parts.path in _FILES:
                name, kind = _FILES[parts.path]
                content = resources.files(f"{__package__}.page").joinpath(name).read_bytes()
                self._send(HTTPStatus.OK, content, kind)
            elif parts.path in answers:
                self._send(HTTPStatus.OK, *answers[parts.path](query))
            else:
                self._refuse(HTTPStatus.NOT_FOUND, "There is no such page.")
        except FleetError as error:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        except (BrokenPipeError, ConnectionResetError):  # who asked has gone
            self.close_connection = True

    do_HEAD = do_GET  # noqa: N815 - the library's own name

    def _status(self, query: dict[str, str]) -> Answer:
        wanted = {
            "search": query.get("search", "")[:_LONGEST_SEARCH], "state": query.get("state", ""),
        }  # fmt: skip
        found = read_status(self._database, **wanted, most=MOST)
        return json.dumps(found.as_json()).encode(), _JSON

    def _metrics(self, _: dict[str, str]) -> Answer:
        found = read_status(self._database, most=SERIES)
        return prometheus_text(found), "text/plain; version=0.0.4; charset=utf-8"

    def _health(self, _: dict[str, str]) -> Answer:
        with self._database.connect() as connection:
            connection.execute("SELECT 1")
        return b'{"status": "good"}', _JSON

    def _refuse(self, status: HTTPStatus, sentence: str) -> None:
        self._send(status, json.dumps({"error": sentence}).encode(), _JSON)

    def _send(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Log a request when debugging; what is searched for is nobody's business."""
        _logger.debug("%s %s", self.command, urlsplit(self.path).path)

"""A loopback Optiply that answers each call after a fixed time, as one far away does, many at once.

It takes everything and checks nothing: what it does with the objects is the sandbox's business.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class SlowOptiply:
    """What is served, and what was requested.

    Attributes:
        delay: Seconds until each answer.
        url: The server's address.
        created: The remoteIds of the objects that were created, by entity.
    """

    delay: float
    url: str = ""
    created: dict[str, list[str]] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """Return what sends a push here."""
        return {"optiply_base_url": self.url, "optiply_dashboard_url": self.url}


@contextmanager
def slow_optiply(delay: float) -> Iterator[SlowOptiply]:
    """Serve until the block ends."""
    served = SlowOptiply(delay)
    ids = itertools.count(1)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer({"data": []})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path.startswith("/auth/"):
                self._answer({"access_token": "slow"})
                return
            entity = self.path[1:].partition("?")[0]
            attributes = json.loads(body)["data"]["attributes"]
            with lock:
                served.created.setdefault(entity, []).append(attributes["remoteId"])
                own = next(ids)
            self._answer({"data": {"type": entity, "id": str(own), "attributes": {}}}, 201)

        def _answer(self, content: dict[str, Any], status: int = 200) -> None:
            time.sleep(served.delay)
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/vnd.api+json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()

"""An endpoint of SQS that passes calls on, and through which a test sees what has been answered.

It is where a test knows that a queue has handed over messages before their reader does, and where a
queue goes away and comes back.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import loopback
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_OF_THE_WAY = {"host", "connection", "content-length", "accept-encoding", "transfer-encoding"}


class QueueGate:
    """The endpoint.

    Args:
        endpoint: Where calls are passed on to.
        visibility: Seconds after which messages come again, whatever their reader wants.

    Attributes:
        url: Its address, also while it is away.
        stops: Whether an answer is held back for ever: given the name of the action and the answer.
        actions: What has been called.
    """

    def __init__(self, endpoint: str, visibility: int = 2) -> None:
        self.stops: Callable[[str, dict[str, Any]], bool] = lambda *_: False
        self.actions: list[str] = []
        self._endpoint = endpoint
        self._visibility = visibility
        self._server = self._opened(0)
        self._port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self._port}"

    def _opened(self, port: int) -> ThreadingHTTPServer:
        gate = self

        class Handler(BaseHTTPRequestHandler):
            @override
            def log_message(self, format: str, *args: Any) -> None: ...

            def do_POST(self) -> None:
                gate.handle(self)

        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        """Pass a call on, and its answer back."""
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        action = handler.headers["X-Amz-Target"].rpartition(".")[2]
        if action == "ReceiveMessage":
            body["VisibilityTimeout"] = self._visibility
        headers = {
            name: value
            for name, value in handler.headers.items()
            if name.lower() not in _OF_THE_WAY
        }
        answer = loopback.post(
            self._endpoint + handler.path, content=json.dumps(body), headers=headers, timeout=60
        )
        self.actions.append(action)
        if self.stops(action, answer.json() if answer.content else {}):
            return
        handler.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in _OF_THE_WAY | {"content-encoding"}:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.content)))
        handler.end_headers()
        handler.wfile.write(answer.content)

    def go_away(self) -> None:
        """Refuse all connections from now on."""
        self._server.shutdown()
        self._server.server_close()

    def come_back(self) -> None:
        """Take connections again, at the same address."""
        self._server = self._opened(self._port)


@contextmanager
def gate_to(endpoint: str, visibility: int = 2) -> Iterator[QueueGate]:
    """A gate for the time of a test."""
    gate = QueueGate(endpoint, visibility)
    yield gate
    gate.go_away()

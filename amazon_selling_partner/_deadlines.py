"""A total time for each exchange, whatever the server sends: httpx limits single waits alone.

A server that sends a byte a second keeps every single wait short. So each read and write of a connection
is given at most the time that is left. httpx has no public place for that: the network backend of its
connection pools is replaced (private in httpx 0.28, the interface itself is public in httpcore).
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpcore
from typing_extensions import override

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator

    import httpx

    from amazon_selling_partner._machine import Machine


class TotalTime:
    """The end of the exchange that each thread is in."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._threads = threading.local()

    @contextmanager
    def of(self, seconds: float) -> Iterator[None]:
        """What is sent and received within takes so many seconds at most."""
        before = getattr(self._threads, "end", None)
        self._threads.end = self._machine.monotonic() + seconds
        try:
            yield
        finally:
            self._threads.end = before

    def left(self, timeout: float | None, error: type[Exception]) -> float | None:
        """The time that one wait may take: `timeout`, or less.

        Raises:
            error: None is left.
        """
        end = getattr(self._threads, "end", None)
        if end is None:
            return timeout
        left: float = end - self._machine.monotonic()
        if left <= 0:
            raise error("the total time is used up")
        return left if timeout is None else min(timeout, left)


def limit(client: httpx.Client, total: TotalTime) -> None:
    """Have all connections of a client, through proxies too, keep to a total time."""
    for transport in (client._transport, *client._mounts.values()):  # noqa: SLF001
        pool: Any = getattr(transport, "_pool", None)
        if isinstance(pool, httpcore.ConnectionPool):
            pool._network_backend = _Backend(pool._network_backend, total)  # noqa: SLF001


class _Backend(httpcore.NetworkBackend):
    """Opens connections that keep to a total time."""

    def __init__(self, backend: httpcore.NetworkBackend, total: TotalTime) -> None:
        self._backend = backend
        self._total = total

    @override
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        timeout = self._total.left(timeout, httpcore.ConnectTimeout)
        stream = self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream, self._total)

    @override
    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        timeout = self._total.left(timeout, httpcore.ConnectTimeout)
        return _Stream(
            self._backend.connect_unix_socket(path, timeout, socket_options), self._total
        )

    @override
    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    """A connection that keeps to a total time."""

    def __init__(self, stream: httpcore.NetworkStream, total: TotalTime) -> None:
        self._stream = stream
        self._total = total

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._total.left(timeout, httpcore.ReadTimeout))

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._total.left(timeout, httpcore.WriteTimeout))

    @override
    def close(self) -> None:
        self._stream.close()

    @override
    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        timeout = self._total.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._total)

    @override
    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

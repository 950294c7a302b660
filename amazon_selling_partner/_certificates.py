"""The certificates that TLS trusts: read once for all clients of a process, and of its forks.

To read them takes as long as many calls do, and megabytes of memory for each client.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    import ssl

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Of the environment: where they are, as httpx takes it; without them they are those of certifi."""


def tls_context() -> ssl.SSLContext:
    """Return what TLS trusts; certificates that have changed are read again.

    Raises:
        OSError: they cannot be read.
        ssl.SSLError: they are not PEM.
    """
    return _context(*(_as_it_is(os.environ.get(name)) for name in VARIABLES))


def _as_it_is(path: str | None) -> tuple[str, int] | None:
    return (path, os.stat(path).st_mtime_ns) if path else None  # noqa: PTH116 - a text, as given


@lru_cache(maxsize=1)
def _context(*_: tuple[str, int] | None) -> ssl.SSLContext:
    return httpx.create_ssl_context()

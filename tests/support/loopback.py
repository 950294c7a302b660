"""Calls of tests to servers on loopback, without certificates: to read them takes longer than a call."""

from __future__ import annotations

import ssl
from functools import partial

import httpx

TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Of clients that call by plain HTTP alone."""
get = partial(httpx.get, verify=TLS)
post = partial(httpx.post, verify=TLS)
delete = partial(httpx.delete, verify=TLS)
stream = partial(httpx.stream, verify=TLS)

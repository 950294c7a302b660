"""Sends the calls that Airbyte's connector makes to Amazon to a server on loopback instead.

The connector has Amazon's addresses built in. Python imports this module at the start of a process
whose PYTHONPATH has its folder; AMAZON_URL is the server's address.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

import requests

_send = requests.Session.send


def _to_loopback(self: requests.Session, request: Any, **options: Any) -> requests.Response:
    address = urlsplit(request.url)
    if (address.hostname or "").endswith(".amazon.com"):
        request.url = os.environ["AMAZON_URL"] + address._replace(scheme="", netloc="").geturl()
    return _send(self, request, **options)


requests.Session.send = _to_loopback  # type: ignore[method-assign]

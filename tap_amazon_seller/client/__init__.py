"""Calls to the Selling Partner API: the only package that knows python-amazon-sp-api.

The library supplies routes, parameters and the Login with Amazon request. What it leaves open is done
here: every answer's status and form are checked, tokens are renewed when they expire, quotas are kept
and passing failures are tried again.
"""

from __future__ import annotations

import logging
import os

os.environ.setdefault("ENV_DISABLE_DONATION_MSG", "1")  # before the library is imported

from tap_amazon_seller.client.calls import (
    BACKOFF_CAP,
    BACKOFF_FACTOR,
    MAX_TRIES,
    ContentInfo,
    SellingPartnerClient,
)
from tap_amazon_seller.client.operations import QUOTAS

__all__ = [
    "BACKOFF_CAP",
    "BACKOFF_FACTOR",
    "MAX_TRIES",
    "QUOTAS",
    "ContentInfo",
    "SellingPartnerClient",
]

# At INFO, httpx logs whole URLs, and those of documents are signed; python-amazon-sp-api's debug
# lines hold tokens.
for _name in ("httpx", "httpcore", "sp_api"):
    logging.getLogger(_name).setLevel(logging.WARNING)

"""Amazon's Selling Partner API: checked calls within Amazon's quotas, for programs of any kind.

A `SellingPartnerClient` makes the calls of one selling account in one region. Its answers are checked,
tokens are renewed when they expire, quotas are kept and passing failures are tried again. An
`AmazonClock` keeps Amazon's time, `errors` holds the kinds of failure, and `marketplaces` what is known
of each marketplace.

python-amazon-sp-api supplies routes, parameters and the Login with Amazon request.
"""

from __future__ import annotations

import logging
import os

os.environ.setdefault("ENV_DISABLE_DONATION_MSG", "1")  # before the library is imported

from amazon_selling_partner._client import (
    BACKOFF_CAP,
    BACKOFF_FACTOR,
    MAX_TRIES,
    ContentInfo,
    SellingPartnerClient,
)
from amazon_selling_partner._clock import AmazonClock, Clock
from amazon_selling_partner._operations import QUOTAS
from amazon_selling_partner._throttle import Quota, TokenBucket
from amazon_selling_partner._tokens import Credentials
from amazon_selling_partner.errors import (
    AmazonError,
    CredentialsError,
    ExpiredUrlError,
    NotFoundError,
    PermissionDeniedError,
    RetryableError,
    SellingPartnerError,
    TokenRefusedError,
    UnavailableError,
)

__all__ = [
    "BACKOFF_CAP",
    "BACKOFF_FACTOR",
    "MAX_TRIES",
    "QUOTAS",
    "AmazonClock",
    "AmazonError",
    "Clock",
    "ContentInfo",
    "Credentials",
    "CredentialsError",
    "ExpiredUrlError",
    "NotFoundError",
    "PermissionDeniedError",
    "Quota",
    "RetryableError",
    "SellingPartnerClient",
    "SellingPartnerError",
    "TokenBucket",
    "TokenRefusedError",
    "UnavailableError",
]

# At INFO, httpx logs whole URLs, and those of documents are signed; python-amazon-sp-api's debug
# lines hold tokens.
for _name in ("httpx", "httpcore", "sp_api"):
    logging.getLogger(_name).setLevel(logging.WARNING)

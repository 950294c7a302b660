"""Amazon's Selling Partner API: checked calls within Amazon's quotas, for programs of any kind.

A `SellingPartnerClient` makes the calls of one selling account in one region. Its answers are checked,
tokens are renewed when they expire, quotas are kept and passing failures are tried again. An
`AmazonClock` keeps Amazon's time, `errors` holds the kinds of failure, and `marketplaces` what is known
of each marketplace.

python-amazon-sp-api supplies routes, parameters and the Login with Amazon request.
"""

from __future__ import annotations

import logging

from amazon_selling_partner import marketplaces
from amazon_selling_partner._addresses import is_loopback
from amazon_selling_partner._answers import Business, Participation, Query, Report, SellerAccount
from amazon_selling_partner._batches import (
    COMPETITIVE_SUMMARY,
    EXPECTED_PRICE,
    FEES_ESTIMATES,
    ITEM_OFFERS,
    LARGEST_BATCHES,
    LISTING_OFFERS,
    BatchEntry,
    Batches,
    FeesQuestion,
)
from amazon_selling_partner._calls import BACKOFF_CAP, BACKOFF_FACTOR, MAX_TRIES
from amazon_selling_partner._certificates import tls_context
from amazon_selling_partner._client import SellingPartnerClient
from amazon_selling_partner._clock import FIRST_YEAR, AmazonClock, Clock
from amazon_selling_partner._data_kiosk import DataKiosk
from amazon_selling_partner._downloads import ContentInfo
from amazon_selling_partner._items import FoundItems
from amazon_selling_partner._machine import THIS_MACHINE, Condition, Event, Machine, Queue, Thread
from amazon_selling_partner._notifications import (
    Destination,
    Notifications,
    Subscription,
    is_conflict,
)
from amazon_selling_partner._operations import PAGED, QUOTAS
from amazon_selling_partner._pages import CountedPage
from amazon_selling_partner._redaction import Redaction
from amazon_selling_partner._report_limits import REPORT_LIMITS, ReportLimit, ReportLimits
from amazon_selling_partner._shared_limits import NOTHING_SHARED, LimitSpentError, SharedLimits
from amazon_selling_partner._throttle import Quota, TokenBucket
from amazon_selling_partner._tokens import Credentials
from amazon_selling_partner.errors import (
    AmazonError,
    ConnectionSetupError,
    CredentialsError,
    ExpiredUrlError,
    IncompleteAnswerError,
    NotFoundError,
    PageTokenError,
    PermissionDeniedError,
    RetryableError,
    SellingPartnerError,
    TokenRefusedError,
    UnavailableError,
)

__all__ = [
    "BACKOFF_CAP",
    "BACKOFF_FACTOR",
    "COMPETITIVE_SUMMARY",
    "EXPECTED_PRICE",
    "FEES_ESTIMATES",
    "FIRST_YEAR",
    "ITEM_OFFERS",
    "LARGEST_BATCHES",
    "LISTING_OFFERS",
    "MAX_TRIES",
    "NOTHING_SHARED",
    "PAGED",
    "QUOTAS",
    "REPORT_LIMITS",
    "THIS_MACHINE",
    "AmazonClock",
    "AmazonError",
    "BatchEntry",
    "Batches",
    "Business",
    "Clock",
    "Condition",
    "ConnectionSetupError",
    "ContentInfo",
    "CountedPage",
    "Credentials",
    "CredentialsError",
    "DataKiosk",
    "Destination",
    "Event",
    "ExpiredUrlError",
    "FeesQuestion",
    "FoundItems",
    "IncompleteAnswerError",
    "LimitSpentError",
    "Machine",
    "NotFoundError",
    "Notifications",
    "PageTokenError",
    "Participation",
    "PermissionDeniedError",
    "Query",
    "Queue",
    "Quota",
    "Redaction",
    "Report",
    "ReportLimit",
    "ReportLimits",
    "RetryableError",
    "SellerAccount",
    "SellingPartnerClient",
    "SellingPartnerError",
    "SharedLimits",
    "Subscription",
    "Thread",
    "TokenBucket",
    "TokenRefusedError",
    "UnavailableError",
    "is_conflict",
    "is_loopback",
    "marketplaces",
    "tls_context",
]

# At INFO, httpx logs complete URLs, and those of documents are signed; python-amazon-sp-api's debug
# lines hold tokens.
for _name in ("httpx", "httpcore", "sp_api"):
    logging.getLogger(_name).setLevel(logging.WARNING)

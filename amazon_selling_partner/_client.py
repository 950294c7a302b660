"""The calls of one account: within its quotas, tried again where that helps, and checked."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import backoff
import httpx

from amazon_selling_partner import _answers
from amazon_selling_partner._addresses import (
    AddressError,
    check_document_address,
    is_loopback,
)
from amazon_selling_partner._exchange import CALL_TIMEOUTS, Exchange, Limits, RefusedError, failure
from amazon_selling_partner._operations import QUOTAS
from amazon_selling_partner._pages import PAGED
from amazon_selling_partner._redaction import Redaction
from amazon_selling_partner._sp_api import Routes
from amazon_selling_partner._throttle import TokenBucket
from amazon_selling_partner._tokens import AccessTokens, Credentials, RestrictedTokens
from amazon_selling_partner.errors import (
    AmazonError,
    ExpiredUrlError,
    NotFoundError,
    PermissionDeniedError,
    RetryableError,
    TokenRefusedError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from amazon_selling_partner._answers import Participation, Report, SellerAccount
    from amazon_selling_partner._clock import AmazonClock
    from amazon_selling_partner._pages import Page, PagedOperation

    Json = dict[str, Any]

T = TypeVar("T")
logger = logging.getLogger(__name__)

MAX_TRIES = 10
BACKOFF_FACTOR = 5.0  # seconds: full jitter over 5, 10, 20, ...
BACKOFF_CAP = 120.0
MOST_RENEWALS = 2
SIZE = re.compile(r"[0-9]{1,18}")
CHUNK = 1 << 18
MOST_PAGES = 10_000
"""Pages of one question; a million orders of a window are fewer."""
MOST_EMPTY_PAGES = 100
"""Pages without an item, one after the other; Amazon has some where it filters after it reads."""


@dataclass(frozen=True, slots=True)
class ContentInfo:
    """What a download says of its body: media type and charset (lower case), either may be empty.

    And its size in bytes, unless it does not say.
    """

    media_type: str
    charset: str
    size: int | None = None


class SellingPartnerClient:
    """The calls of one selling account in one region. Safe to use from several threads.

    Every method that calls raises what the class lists; where it says "tried once", a failure that may
    pass is a `RetryableError`; all others try again (10 times, and as long as `patience` while the quota
    is used up by others) and then raise `UnavailableError`.

    Args:
        credentials: The application and the seller's authorisation.
        endpoint: URL of the region's server (see `marketplaces.ENDPOINTS`).
        clock: Amazon's time, which answers correct.
        token_url: Login with Amazon's token URL; None for its own.
        request_timeout: Seconds of real time without an answer, or a piece of one, after which a call is
            given up; one call takes three times as long at most.
        download_timeout: Seconds of real time that one download may take.
        patience: Seconds of Amazon's time that a call waits for quota which others use up.
        allow_private_documents: Whether documents may be at private addresses, for those who proxy them.
        redaction: Makes what is shown fit for it, and is told every secret; None for one of its own.
        transport: Sends requests instead of the network, for tests and simulations.

    Raises:
        ConnectionSetupError: The machine's proxy or certificates are wrong.
        CredentialsError: Login with Amazon refuses the credentials, or Amazon the token.
        AmazonError: Amazon refuses a call (`PermissionDeniedError`, `NotFoundError`).
    """

    def __init__(
        self,
        credentials: Credentials,
        endpoint: str,
        clock: AmazonClock,
        *,
        token_url: str | None = None,
        request_timeout: float = 60.0,
        download_timeout: float = 3600.0,
        patience: float = 7200.0,
        allow_private_documents: bool = False,
        redaction: Redaction | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._clock = clock
        self._redaction = redaction or Redaction()
        self._redaction.add(credentials.client_secret)
        self._redaction.add(credentials.refresh_token)
        limits = Limits(request_timeout, CALL_TIMEOUTS * request_timeout, download_timeout)
        self._exchange = Exchange(limits, clock, self._redaction, transport)
        self._routes = Routes(endpoint)
        self._on_loopback = is_loopback(httpx.URL(endpoint).host)
        self._private = allow_private_documents
        self._patience = patience
        self._tokens = AccessTokens(credentials, token_url, clock, self._exchange, self._redaction)
        self._restricted = RestrictedTokens(self._ask_restricted_token, clock, self._redaction)
        self._buckets = {name: TokenBucket(quota, clock) for name, quota in QUOTAS.items()}

    def close(self) -> None:
        """Close the connections."""
        self._exchange.close()

    def seconds_until_ready(self, operation: str, calls: int = 1) -> float:
        """How long until `operation` may be called (so many times) without waiting; 0 for now."""
        return self._buckets[operation].seconds_until_ready(calls)

    def marketplace_participations(self) -> list[Participation]:
        """Sellers v1 getMarketplaceParticipations: the seller's marketplaces, as Amazon has them."""
        return self._call("getMarketplaceParticipations", _of(_answers.Participations)).payload

    def seller_account(self) -> SellerAccount:
        """Sellers v1 getAccount: the seller's business and its marketplaces."""
        return self._call("getAccount", _of(_answers.SellerAccountAnswer)).payload

    def create_report(
        self,
        report_type: str,
        marketplace_id: str,
        window: tuple[datetime, datetime] | None,
        options: Mapping[str, str],
    ) -> str:
        """Reports 2021-06-30 createReport, tried once; answers the report id.

        Args:
            report_type: Such as `GET_MERCHANT_LISTINGS_ALL_DATA`.
            marketplace_id: The marketplace.
            window: dataStartTime and dataEndTime, aware; None where a type has none.
            options: reportOptions.

        Raises:
            RetryableError: It may succeed later. Amazon may have made the report all the same.
        """
        body: Json = {"reportType": report_type, "marketplaceIds": [marketplace_id]}
        if window:
            body["dataStartTime"], body["dataEndTime"] = window
        if options:
            body["reportOptions"] = dict(options)
        return self._once("createReport", _of(_answers.CreatedReport), **body).report_id

    def report(self, report_id: str) -> Report:
        """Reports 2021-06-30 getReport, tried once: the report's state.

        Raises:
            RetryableError: It may succeed later.
        """
        return self._once("getReport", _of(_answers.Report), report_id)

    def reports(
        self, report_types: Sequence[str], marketplace_ids: Sequence[str], since: datetime
    ) -> Iterator[Json]:
        """Reports 2021-06-30 getReports, each page tried once: the reports created since then.

        At most 10 report types and 10 marketplaces, as Amazon limits them. Each report is as Amazon has
        it; `Report.of` reads one.

        Raises:
            RetryableError: It may succeed later.
            UnavailableError: The pages have no end.
        """
        parameters: Json = {
            "reportTypes": ",".join(report_types),
            "marketplaceIds": ",".join(marketplace_ids),
            "createdSince": since.isoformat(timespec="seconds"),
            "pageSize": 100,
        }
        operation = PAGED["getReports"]
        tokens: set[str] = set()
        for _ in range(MOST_PAGES):
            page = self._once("getReports", _of(operation.page), **parameters)
            yield from page.listed
            if not page.token or page.token in tokens:  # going round in circles brings nothing new
                return
            tokens.add(page.token)
            parameters = {operation.token_parameter: page.token}
        raise UnavailableError(f"getReports has no end: {MOST_PAGES} pages came.")

    def report_document_url(self, document_id: str, *, restricted: bool = False) -> str:
        """Reports 2021-06-30 getReportDocument, tried once: a presigned URL, good for 5 minutes.

        `restricted` asks with a restricted data token, as reports with buyers' data need.

        Raises:
            RetryableError: It may succeed later, or it gives an address that must not be called.
        """
        path = f"/reports/2021-06-30/documents/{document_id}" if restricted else ""
        found = self._once(
            "getReportDocument", _of(_answers.ReportDocument), document_id, restricted=(path, ())
        )
        try:
            check_document_address(found.url, on_loopback=self._on_loopback, private=self._private)
        except AddressError as error:
            raise RetryableError(
                f"getReportDocument gave a document's address that {error}"
            ) from None
        return found.url

    def pages(self, name: str, parameters: Mapping[str, Any]) -> Iterator[list[Json]]:
        """The lists of an operation that answers in pages, page after page, as Amazon has the items.

        Args:
            name: getReports, searchOrders, listTransactions, listInventory, getPurchaseOrders,
                getPurchaseOrdersStatus, getOrders or getCustomerInvoices.
            parameters: The operation's own.

        Raises:
            UnavailableError: Amazon does not answer, or pages have no end.
            AmazonError: Amazon refuses the call, or the token of a page that it takes for expired; what
                came before has been handed out.
        """
        operation = PAGED[name]
        asked = dict(parameters)
        tokens: set[str] = set()
        empty = 0
        for _ in range(MOST_PAGES):
            page = self._call(
                name,
                partial(_page, operation),
                restricted=(operation.restricted_path, operation.data_elements),
                **asked,
            )
            yield list(page.listed)
            if not page.token:
                return
            if page.token in tokens:
                raise UnavailableError(f"{name} answered with the same page twice.")
            empty = 0 if page.listed else empty + 1
            if empty >= MOST_EMPTY_PAGES:
                raise UnavailableError(f"{name} answered with {empty} empty pages in a row.")
            tokens.add(page.token)
            asked = {} if operation.token_alone else dict(parameters)
            asked[operation.token_parameter] = page.token
        raise UnavailableError(f"{name} has no end: {MOST_PAGES} pages came.")

    def catalog_items(
        self, asins: Sequence[str], marketplace_id: str, datasets: Sequence[str]
    ) -> list[Json]:
        """Catalog Items 2022-04-01 searchCatalogItems for up to 20 ASINs of a marketplace.

        Each item is as Amazon has it, and has its `asin`.
        """
        return self._call(
            "searchCatalogItems",
            _answers.catalog_items,
            identifiers=",".join(asins),
            identifiersType="ASIN",
            marketplaceIds=marketplace_id,
            includedData=",".join(datasets),
            pageSize=20,
        )

    def download(
        self,
        url: str,
        write: Callable[[bytes], object],
        begin: Callable[[ContentInfo], object] = lambda _: None,
    ) -> ContentInfo:
        """Pass the raw body behind a presigned URL to `write` in pieces (no token, no quota).

        Before the first, `begin` is told what is known of the body.

        Raises:
            ExpiredUrlError: The URL is no longer good.
            NotFoundError: The document is gone.
            RetryableError: Connection, status or length are not those of a whole document.
        """
        size = 0
        try:
            with self._exchange.download(url) as answer:
                _check_download(answer)
                info = _content_info(answer)
                begin(info)
                for chunk in _chunks(answer.iter_raw()):
                    write(chunk)
                    size += len(chunk)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RetryableError(
                f"The download of a report document broke off ({failure(error)})"
            ) from None
        headers = answer.headers
        if "content-length" not in headers and "chunked" not in headers.get(
            "transfer-encoding", ""
        ):
            raise RetryableError(
                "A report document came without its length, so it may be cut short"
            )
        if info.size not in {None, size}:
            raise RetryableError(
                f"A report document came cut short: {size} of {info.size} bytes arrived"
            )
        return info

    def retrying(self, function: Callable[[], T]) -> T:
        """Call `function` until it stops raising `RetryableError`, as often as calls are tried."""
        tries = 1
        while True:
            try:
                return function()
            except RetryableError as error:
                if tries >= MAX_TRIES:
                    raise
                wait = backoff.full_jitter(min(BACKOFF_CAP, BACKOFF_FACTOR * 2 ** (tries - 1)))
                tries += 1
                logger.warning("%s; try %d of %d follows in %.0f s.", error, tries, MAX_TRIES, wait)
                self._clock.wait(wait)

    def _call(
        self,
        operation: str,
        read: Callable[[bytes], T],
        *arguments: object,
        restricted: tuple[str, Sequence[str]] = ("", ()),
        **parameters: Any,
    ) -> T:
        """One operation, tried again until it is answered; see `_once`.

        Quota that another client of the account uses up is waited for, and does not count as a try.

        Raises:
            UnavailableError: It was not answered as it should be, however often it was tried.
        """
        deadline = self._clock.monotonic() + self._patience

        def attempt() -> T:
            while True:
                try:
                    return self._once(
                        operation, read, *arguments, restricted=restricted, **parameters
                    )
                except RetryableError as error:
                    if not error.throttled or self._clock.monotonic() >= deadline:
                        raise
                    wait = self.seconds_until_ready(operation)
                    logger.warning("%s; waiting %.0f s.", error, wait)
                    self._clock.wait(wait)

        try:
            return self.retrying(attempt)
        except RetryableError as error:
            raise UnavailableError(f"{error}; gave up after {MAX_TRIES} tries.") from None

    def _once(
        self,
        operation: str,
        read: Callable[[bytes], T],
        *arguments: object,
        restricted: tuple[str, Sequence[str]] = ("", ()),
        **parameters: Any,
    ) -> T:
        """One try of an operation, with its quota and, if need be, a new token; what `read` makes of it.

        Raises:
            RetryableError: It may succeed later.
            AmazonError: Amazon refuses the call.
        """
        bucket = self._buckets[operation]

        def attempt() -> T:
            with bucket.token():
                try:
                    token = self._token(*restricted)
                except RetryableError as error:
                    raise RetryableError(f"{operation}: {error}") from None
                request = self._routes.request(operation, token, arguments, dict(parameters))
                try:
                    body = self._exchange.send(request, bucket.learn)
                except RetryableError as error:
                    throttled = error.throttled
                    reason = str(error)
                else:
                    try:
                        return read(body)
                    except RetryableError as error:
                        raise RetryableError(f"{operation} {error}") from None
            if throttled:
                bucket.drain()
            raise RetryableError(f"{operation} {reason}", throttled=throttled)

        return self._renewing(operation, attempt)

    def _token(self, restricted_path: str, data_elements: Sequence[str]) -> str:
        if restricted_path:
            return self._restricted.token(restricted_path, data_elements)
        return self._tokens.token()

    def _ask_restricted_token(self, resources: list[Json]) -> _answers.RestrictedToken:
        return self._once(
            "createRestrictedDataToken",
            _of(_answers.RestrictedToken),
            restrictedResources=resources,
        )

    def _renewing(self, operation: str, call: Callable[[], T]) -> T:
        """Call again with a new token when Amazon refuses the old one; twice at most."""
        renewals = 0
        while True:
            try:
                return call()
            except RefusedError as refusal:
                token_refused = refusal.status == httpx.codes.UNAUTHORIZED or (
                    refusal.status == httpx.codes.FORBIDDEN and "token" in refusal.details.lower()
                )
                if token_refused and renewals < MOST_RENEWALS:
                    renewals += 1
                    logger.info(
                        "%s: Amazon refuses the access token; requesting a new one.", operation
                    )
                    self._tokens.drop()
                    self._restricted.drop()
                    continue
                if token_refused:
                    raise TokenRefusedError(
                        f"Amazon refuses the access token for {operation} ({refusal.message}): the "
                        "seller's authorisation may be revoked or belong to another region; check "
                        "'refresh_token' and 'region' or 'marketplaces'."
                    ) from None
                kind = _KINDS.get(refusal.status, AmazonError)
                raise kind(operation, refusal.status, refusal.code, refusal.message) from None


_KINDS: Mapping[int, type[AmazonError]] = {403: PermissionDeniedError, 404: NotFoundError}


def _of(kind: type[T]) -> Callable[[bytes], T]:
    """Reads an answer of a kind."""
    return partial(_answers.decode, kind=kind)


def _page(operation: PagedOperation, body: bytes) -> Page:
    """A page, each item of which is what callers rely on."""
    page = _answers.decode(body, operation.page)
    _answers.check(page.listed, operation.item)
    return page


def _chunks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces as they come from the network, put together to a size that is worth writing."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= CHUNK:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _content_info(answer: httpx.Response) -> ContentInfo:
    media_type, _, _ = answer.headers.get("content-type", "").partition(";")
    size = answer.headers.get("content-length", "")
    return ContentInfo(
        media_type.strip().lower(),
        (answer.charset_encoding or "").lower(),
        int(size) if SIZE.fullmatch(size) else None,
    )


def _check_download(answer: httpx.Response) -> None:
    if answer.status_code == httpx.codes.FORBIDDEN:
        raise ExpiredUrlError("The URL of a report document is no longer good (403)")
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise NotFoundError("The download", 404, "NoSuchKey", "the document is gone")
    if answer.status_code != httpx.codes.OK:
        raise RetryableError(f"The download of a report document answered {answer.status_code}")

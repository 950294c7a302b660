"""The calls of one account: within its quotas, tried again where that helps, and checked."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import backoff
import httpx
from sp_api.api import CatalogItemsV20220401, Reports, Sellers, Tokens
from sp_api.base import Marketplaces
from sp_api.base._transport_httpx import HttpxTransport

from amazon_selling_partner._operations import PAGED, QUOTAS
from amazon_selling_partner._throttle import TokenBucket
from amazon_selling_partner._tokens import AccessTokens, Credentials, RestrictedTokens
from amazon_selling_partner._transport import CheckedTransport, RefusedError
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

    from amazon_selling_partner._clock import AmazonClock

    Json = dict[str, Any]

T = TypeVar("T")
logger = logging.getLogger(__name__)

MAX_TRIES = 10
BACKOFF_FACTOR = 5.0  # seconds: full jitter over 5, 10, 20, ...
BACKOFF_CAP = 120.0
LONGEST_CONNECT = 15.0  # seconds
MOST_RENEWALS = 2
LONGEST_DOWNLOAD = 3600.0  # seconds
CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class ContentInfo:
    """What a download says of its body: media type and charset (lower case), either may be empty.

    And its size in bytes, unless it does not say.
    """

    media_type: str
    charset: str
    size: int | None = None


class _WithoutHost:
    """python-amazon-sp-api writes a Host header that is right for https alone; httpx knows better."""

    @property
    def headers(self) -> Json:
        headers = dict(super().headers)  # type: ignore[misc]
        headers.pop("host", None)
        return headers


class _Sellers(_WithoutHost, Sellers):  # type: ignore[misc]
    pass


class _Reports(_WithoutHost, Reports):  # type: ignore[misc]
    pass


class _Tokens(_WithoutHost, Tokens):  # type: ignore[misc]
    pass


class _CatalogItems(_WithoutHost, CatalogItemsV20220401):  # type: ignore[misc]
    pass


class SellingPartnerClient:
    """The calls of one selling account in one region. Safe to use from several threads.

    Args:
        credentials: The application and the seller's authorisation.
        endpoint: URL of the region's server (see `marketplaces.ENDPOINTS`).
        clock: Amazon's time, which answers correct.
        token_url: Login with Amazon's token URL; None for its own.
        request_timeout: Seconds without an answer, or a piece of one, after which a call is given up.
        patience: Seconds of Amazon's time that a call waits for quota which others use up.
    """

    def __init__(
        self,
        credentials: Credentials,
        endpoint: str,
        clock: AmazonClock,
        *,
        token_url: str | None = None,
        request_timeout: float = 60.0,
        patience: float = 7200.0,
    ) -> None:
        self._clock = clock
        self._http = httpx.Client(
            timeout=httpx.Timeout(request_timeout, connect=min(request_timeout, LONGEST_CONNECT)),
            event_hooks={"request": [self._note_sending], "response": [self._read_headers]},
            follow_redirects=False,
        )
        self._calls = threading.local()
        transport = HttpxTransport(client=self._http)
        self._tokens = AccessTokens(credentials, token_url, clock, transport)
        self._endpoint = endpoint
        self._patience = patience
        quotas = {**QUOTAS, **{name: operation.quota for name, operation in PAGED.items()}}
        self._buckets = {name: TokenBucket(quota, clock) for name, quota in quotas.items()}
        self._restricted = RestrictedTokens(self._ask_restricted_token, clock)
        self._retrying = backoff.on_exception(
            backoff.expo,
            RetryableError,
            max_tries=MAX_TRIES,
            factor=BACKOFF_FACTOR / clock.factor,
            max_value=BACKOFF_CAP / clock.factor,
            logger=None,
            on_backoff=_tell_retry,
        )
        self._sellers = self._api(_Sellers)
        self._reports = self._api(_Reports)
        self._catalog = self._api(_CatalogItems)
        self._data_tokens = self._api(_Tokens)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def seconds_until_ready(self, operation: str, calls: int = 1) -> float:
        """How long until `operation` may be called (so many times) without waiting; 0 for now."""
        return self._buckets[operation].seconds_until_ready(calls)

    def marketplace_participations(self) -> list[Json]:
        """Sellers v1 getMarketplaceParticipations: the seller's marketplaces, as Amazon has them."""
        answer = self._call(
            "getMarketplaceParticipations", self._sellers.get_marketplace_participation
        )
        return list(answer)

    def create_report(
        self,
        report_type: str,
        marketplace_id: str,
        window: tuple[datetime, datetime] | None,
        options: Mapping[str, str],
    ) -> str:
        """Reports 2021-06-30 createReport, tried once; answers the report id.

        Raises:
            RetryableError: It may succeed later. Amazon may have made the report all the same.
        """
        body: Json = {"reportType": report_type, "marketplaceIds": [marketplace_id]}
        if window:
            body["dataStartTime"], body["dataEndTime"] = window
        if options:
            body["reportOptions"] = dict(options)
        answer = self._once(
            "createReport", lambda: self._reports.create_report(**body), need=("reportId",)
        )
        return str(answer["reportId"])

    def report(self, report_id: str) -> Json:
        """Reports 2021-06-30 getReport, tried once: the report's state.

        Raises:
            RetryableError: It may succeed later.
        """
        answer: Json = self._once(
            "getReport",
            lambda: self._reports.get_report(report_id),
            need=("reportId", "processingStatus"),
        )
        return answer

    def reports(
        self, report_types: Sequence[str], marketplace_ids: Sequence[str], since: datetime
    ) -> Iterator[Json]:
        """Reports 2021-06-30 getReports, each page tried once: the reports created since then.

        At most 10 report types and 10 marketplaces, as Amazon limits them.

        Raises:
            RetryableError: It may succeed later.
        """
        parameters: Json = {
            "reportTypes": ",".join(report_types),
            "marketplaceIds": ",".join(marketplace_ids),
            "createdSince": since.isoformat(timespec="seconds"),
            "pageSize": 100,
        }
        tokens: set[str] = set()
        while True:
            answer = self._once(
                "getReports", partial(self._reports.get_reports, **parameters), need=("reports",)
            )
            yield from answer["reports"]
            token = answer.get("nextToken")
            if not token or token in tokens:  # pages that go round in circles hold nothing new
                return
            tokens.add(token)
            parameters = {"nextToken": token}

    def report_document_url(self, document_id: str, *, restricted: bool = False) -> str:
        """Reports 2021-06-30 getReportDocument, tried once: a presigned URL, good for 5 minutes.

        `restricted` asks with a restricted data token, as reports with buyers' data need.

        Raises:
            RetryableError: It may succeed later.
        """
        path = f"/reports/2021-06-30/documents/{document_id}" if restricted else ""
        answer = self._once(
            "getReportDocument",
            lambda: self._opened(_Reports, path).get_report_document(document_id),
            need=("url",),
        )
        return str(answer["url"])

    def seller_account(self) -> Json:
        """Sellers v1 getAccount: the seller's business and its marketplaces."""
        answer: Json = self._call("getAccount", self._sellers.get_account)
        return answer

    def pages(self, name: str, parameters: Mapping[str, Any]) -> Iterator[list[Json]]:
        """The lists of an operation in `PAGED`, page after page.

        Raises:
            UnavailableError: Amazon does not answer, or pages go round in circles.
            AmazonError: Amazon refuses the call.
        """
        operation = PAGED[name]
        asked = dict(parameters)
        tokens: set[str] = set()
        while True:
            answer = self._call(
                name,
                lambda: getattr(
                    self._opened(operation.api, operation.restricted_path, operation.data_elements),
                    operation.method,
                )(**asked),  # noqa: B023 - called before the next page is asked for
            )
            records: Any = answer
            for key in operation.records:
                records = records.get(key) if isinstance(records, dict) else None
            yield list(records or [])
            token = answer.get("nextToken") if isinstance(answer, dict) else None
            if not token:
                return
            if token in tokens:
                raise UnavailableError(f"{name} answered with the same page twice.")
            tokens.add(token)
            asked = {} if operation.token_alone else dict(parameters)
            asked[operation.token_parameter] = token

    def _opened(self, api: type, restricted_path: str, data_elements: Sequence[str] = ()) -> Any:
        """An instance that calls with the restricted data token of a path, if there is one."""
        if api is _Reports and not restricted_path:
            return self._reports
        own = api if issubclass(api, _WithoutHost) else type(api.__name__, (_WithoutHost, api), {})
        instance = self._api(own)
        if restricted_path:
            instance.restricted_data_token = self._restricted.token(restricted_path, data_elements)
        return instance

    def _ask_restricted_token(self, body: Json) -> Json:
        answer: Json = self._once(
            "createRestrictedDataToken",
            lambda: self._data_tokens.create_restricted_data_token(**body),
            need=("restrictedDataToken",),
        )
        return answer

    def catalog_items(
        self, asins: Sequence[str], marketplace_id: str, datasets: Sequence[str]
    ) -> list[Json]:
        """Catalog Items 2022-04-01 searchCatalogItems for up to 20 ASINs of a marketplace."""
        answer = self._call(
            "searchCatalogItems",
            lambda: self._catalog.search_catalog_items(
                identifiers=",".join(asins),
                identifiersType="ASIN",
                marketplaceIds=marketplace_id,
                includedData=",".join(datasets),
                pageSize=20,
            ),
            need=("items",),
        )
        return list(answer["items"])

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
        deadline = self._clock.monotonic() + LONGEST_DOWNLOAD
        try:
            with self._http.stream("GET", url) as answer:
                _check_download(answer)
                info = _content_info(answer)
                begin(info)
                for chunk in answer.iter_raw(CHUNK):
                    write(chunk)
                    size += len(chunk)
                    if self._clock.monotonic() > deadline:
                        raise RetryableError(
                            f"A download trickled: {size} bytes in {LONGEST_DOWNLOAD / 60:.0f} minutes"
                        )
        except httpx.HTTPError as error:
            raise RetryableError(
                f"The download of a report document broke off ({type(error).__name__})"
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
        return self._retrying(function)()

    def _api(self, api: Any) -> Any:
        instance = api(
            Marketplaces.US,
            credentials={"lwa_app_id": "unused", "lwa_client_secret": "unused"},
            refresh_token="unused",  # noqa: S106 - the tokens are set below
        )
        # The public seams of 2.1: an endpoint may be set after construction (which also undoes an
        # SP_API_DEFAULT_MARKETPLACE of the environment), and so may its collaborators.
        instance.endpoint = self._endpoint
        instance._auth = self._tokens  # noqa: SLF001
        instance._transport = CheckedTransport(client=self._http)  # noqa: SLF001
        return instance

    def _call(self, operation: str, call: Callable[[], Any], need: tuple[str, ...] = ()) -> Any:
        """One operation, tried again until it is answered; see `_once`.

        Quota that another client of the account uses up is waited for, and does not count as a try.

        Raises:
            UnavailableError: It was not answered as it should be, however often it was tried.
        """
        deadline = self._clock.monotonic() + self._patience

        def attempt() -> Any:
            while True:
                try:
                    return self._once(operation, call, need)
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

    def _once(self, operation: str, call: Callable[[], Any], need: tuple[str, ...] = ()) -> Any:
        """One try of an operation, with its quota and, if need be, a new token; answers the payload.

        Raises:
            RetryableError: It may succeed later.
            AmazonError: Amazon refuses the call.
        """

        def attempt() -> Any:
            bucket = self._buckets[operation]
            try:
                with bucket.token():
                    self._calls.bucket = bucket
                    try:
                        answer = call()
                    finally:
                        self._calls.bucket = None
            except httpx.HTTPError as error:
                raise RetryableError(
                    f"{operation} got no answer ({type(error).__name__})"
                ) from None
            except RetryableError as error:
                if error.throttled:
                    bucket.drain()
                raise RetryableError(f"{operation}: {error}", throttled=error.throttled) from None
            payload = answer.payload
            if isinstance(payload, dict) and answer.next_token:
                payload = {**payload, "nextToken": answer.next_token}  # the library takes it out
            if any(key not in payload for key in need):
                raise RetryableError(f"{operation} answered without {' and '.join(need)}")
            return payload

        return self._renewing(operation, attempt)

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
                        "%s: Amazon refuses the access token; asking for a new one.", operation
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

    def _note_sending(self, request: httpx.Request) -> None:  # noqa: ARG002 - httpx's hook
        self._calls.sent = self._clock.monotonic()

    def _read_headers(self, answer: httpx.Response) -> None:
        """Take Amazon's time and the rate of the operation from an answer."""
        if "date" in answer.headers:
            self._clock.synchronise(answer.headers["date"], self._calls.sent)
        bucket: TokenBucket | None = getattr(self._calls, "bucket", None)
        limit = answer.headers.get("x-amzn-ratelimit-limit")
        if bucket and limit:
            try:
                bucket.learn(float(limit))
            except ValueError:
                logger.debug("Unreadable x-amzn-RateLimit-Limit: %r", limit)


_KINDS: Mapping[int, type[AmazonError]] = {403: PermissionDeniedError, 404: NotFoundError}


def _content_info(answer: httpx.Response) -> ContentInfo:
    media_type, _, _ = answer.headers.get("content-type", "").partition(";")
    size = answer.headers.get("content-length", "")
    return ContentInfo(
        media_type.strip().lower(),
        (answer.charset_encoding or "").lower(),
        int(size) if size.isdigit() else None,
    )


def _check_download(answer: httpx.Response) -> None:
    if answer.status_code == httpx.codes.FORBIDDEN:
        raise ExpiredUrlError("The URL of a report document is no longer good (403)")
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise NotFoundError("The download", 404, "NoSuchKey", "the document is gone")
    if answer.status_code != httpx.codes.OK:
        raise RetryableError(f"The download of a report document answered {answer.status_code}")


def _tell_retry(details: Any) -> None:
    logger.warning(
        "%s; try %d of %d follows in %.0f s.",
        details["exception"],
        details["tries"] + 1,
        MAX_TRIES,
        details["wait"],
    )

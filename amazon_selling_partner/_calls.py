"""Calls of operations: within their quotas, with a token that is good, tried again where that helps."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import backoff
import httpx

from amazon_selling_partner import _answers
from amazon_selling_partner._exchange import RefusedError
from amazon_selling_partner._operations import GRANTLESS, QUOTAS, WITHOUT_BODY
from amazon_selling_partner._shared_limits import LimitSpentError
from amazon_selling_partner._sp_api import Routes
from amazon_selling_partner._throttle import TokenBucket
from amazon_selling_partner._tokens import AccessTokens, RestrictedTokens
from amazon_selling_partner.errors import (
    AmazonError,
    NotFoundError,
    PermissionDeniedError,
    RetryableError,
    TokenRefusedError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from amazon_selling_partner._clock import AmazonClock
    from amazon_selling_partner._exchange import Exchange
    from amazon_selling_partner._redaction import Redaction
    from amazon_selling_partner._report_limits import ReportLimits
    from amazon_selling_partner._shared_limits import SharedLimits
    from amazon_selling_partner._tokens import Credentials

    Json = dict[str, Any]

T = TypeVar("T")
logger = logging.getLogger(__name__)

MAX_TRIES = 10
BACKOFF_FACTOR = 5.0  # seconds: full jitter over 5, 10, 20, ...
BACKOFF_CAP = 120.0
MOST_RENEWALS = 2


class Calls:
    """The calls of one account. Safe to use from several threads.

    Args:
        credentials: The application and the seller's authorisation.
        endpoint: URL of the region's server.
        clock: Amazon's time.
        exchange: The account's connections.
        token_url: Login with Amazon's token URL; None for its own.
        redaction: Called with every token.
        patience: Seconds that a call waits for quota which others use up.
        report_limits: Limits of single report types.
        shared_limits: What other processes use up as well.
        tries: How often a call is tried.
    """

    def __init__(
        self,
        credentials: Credentials,
        endpoint: str,
        clock: AmazonClock,
        exchange: Exchange,
        *,
        token_url: str | None,
        redaction: Redaction,
        patience: float,
        report_limits: ReportLimits,
        shared_limits: SharedLimits,
        tries: int = MAX_TRIES,
    ) -> None:
        self._tries = tries
        self._clock = clock
        self._exchange = exchange
        self._patience = patience
        self._report_limits = report_limits
        self._shared = shared_limits
        self._routes = Routes(endpoint)
        self._tokens = AccessTokens(credentials, token_url, clock, exchange, redaction)
        self._grantless = {
            scope: AccessTokens(credentials, token_url, clock, exchange, redaction, scope=scope)
            for scope in sorted(set(GRANTLESS.values()))
        }
        self._restricted = RestrictedTokens(self._ask_restricted_token, clock, redaction)
        self._buckets = {
            name: TokenBucket(quota, clock, clock.machine) for name, quota in QUOTAS.items()
        }

    def seconds_until_ready(self, operation: str, calls: int = 1) -> float:
        """How long until `operation` may be called (so many times) without waiting; 0 for now."""
        return max(
            self._buckets[operation].seconds_until_ready(calls),
            self._shared.seconds_until_call(operation, calls),
        )

    def retrying(self, function: Callable[[], T]) -> T:
        """Call `function` until it stops raising `RetryableError`, as often as calls are tried."""
        tries = 1
        while True:
            try:
                return function()
            except RetryableError as error:
                if tries >= self._tries:
                    raise
                wait = backoff.full_jitter(min(BACKOFF_CAP, BACKOFF_FACTOR * 2 ** (tries - 1)))
                tries += 1
                logger.warning(
                    "%s; try %d of %d follows in %.0f s.", error, tries, self._tries, wait
                )
                self._clock.wait(wait)

    def call(
        self,
        operation: str,
        read: Callable[[bytes], T],
        *arguments: object,
        restricted: tuple[str, Sequence[str]] = ("", ()),
        **parameters: Any,
    ) -> T:
        """One operation, tried again until it is answered; see `once`.

        Quota that another client of the account uses up is waited for, and does not count as a try.

        Raises:
            UnavailableError: It was not answered as it should be, however often it was tried.
        """
        deadline = self._clock.monotonic() + self._patience

        def attempt() -> T:
            while True:
                try:
                    return self.once(
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
            raise UnavailableError(f"{error}; gave up after {self._tries} tries.") from None

    def once(
        self,
        operation: str,
        read: Callable[[bytes], T],
        *arguments: object,
        restricted: tuple[str, Sequence[str]] = ("", ()),
        **parameters: Any,
    ) -> T:
        """One try of an operation, with its quota and, if need be, a new token; what `read` makes of it.

        A call with a `reportType` is counted for the limit of that type, too. A 429 of it is taken to be
        about the type, so that others continue, until it is seen to be about all (see `ReportLimits`).
        It is not made while other processes use up what is shared of the type.

        Raises:
            RetryableError: It may succeed later.
            AmazonError: Amazon refuses the call.
        """
        report_type = str(parameters.get("reportType") or "")
        bucket = self._buckets[operation]

        def attempt() -> T:
            with bucket.token():
                try:
                    token = self._token(operation, *restricted)
                except RetryableError as error:
                    raise RetryableError(f"{operation}: {error}") from None
                request = self._routes.request(operation, token, arguments, dict(parameters))
                self._reserve(operation, report_type)
                try:
                    body = self._exchange.send(
                        request, bucket.learn, has_body=operation not in WITHOUT_BODY
                    )
                except RetryableError as error:
                    throttled = error.throttled
                    reason = str(error)
                else:
                    if report_type:
                        self._report_limits.accept(report_type)
                    try:
                        return read(body)
                    except RetryableError as error:
                        raise RetryableError(f"{operation} {error}") from None
            if throttled and (not report_type or self._report_limits.refuse(report_type)):
                bucket.drain()
                self._shared.call_refused(operation)
            raise RetryableError(f"{operation} {reason}", throttled=throttled)

        try:
            return self._renewing(operation, attempt)
        except LimitSpentError as error:
            raise RetryableError(f"{operation}: {error}", throttled=True) from None

    def _reserve(self, operation: str, report_type: str) -> None:
        """Take a token of what other processes use up as well, and wait until it may be used.

        Raises:
            LimitSpentError: The call may not be made now.
        """
        if report_type:
            self._report_limits.reserve(report_type)
        if (wait := self._shared.reserve_call(operation)) > 0:
            self._clock.wait(wait)

    def _token(self, operation: str, restricted_path: str, data_elements: Sequence[str]) -> str:
        if scope := GRANTLESS.get(operation):
            return self._grantless[scope].token()
        if restricted_path:
            return self._restricted.token(restricted_path, data_elements)
        return self._tokens.token()

    def _ask_restricted_token(self, resources: list[Json]) -> _answers.RestrictedToken:
        return self.once(
            "createRestrictedDataToken",
            partial(_answers.decode, kind=_answers.RestrictedToken),
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
                    for tokens in self._grantless.values():
                        tokens.drop()
                    continue
                if token_refused:
                    raise TokenRefusedError(
                        f"Amazon refuses the access token for {operation} ({refusal.message}): the "
                        "seller's authorisation may be revoked or belong to another region; check "
                        "'refresh_token' and 'region' or 'marketplaces'."
                    ) from None
                kind = _KINDS.get(refusal.status, AmazonError)
                raise kind(
                    operation, refusal.status, refusal.code, refusal.message, refusal.details
                ) from None


_KINDS: Mapping[int, type[AmazonError]] = {403: PermissionDeniedError, 404: NotFoundError}

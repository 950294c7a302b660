"""One request and its answer: sent within a total time, of bounded size, its status checked."""

from __future__ import annotations

import logging
import os
import ssl
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING

import httpx

from amazon_selling_partner import _answers
from amazon_selling_partner._addresses import is_loopback
from amazon_selling_partner._certificates import VARIABLES, tls_context
from amazon_selling_partner._deadlines import TotalTime, limit
from amazon_selling_partner.errors import ConnectionSetupError, RetryableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amazon_selling_partner._clock import AmazonClock
    from amazon_selling_partner._redaction import Redaction
    from amazon_selling_partner._sp_api import Request

logger = logging.getLogger(__name__)

LONGEST_CONNECT = 15.0  # seconds
LARGEST_ANSWER = 16 << 20
"""Bytes of an uncompressed answer; the largest pages known, of catalog items, have about 2 MB."""
CALL_TIMEOUTS = 3.0
"""A call may take so many times as long in all as one wait for a piece of its answer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long exchanges may take, in seconds of real time.

    Attributes:
        wait: Without an answer, or a piece of one.
        call: One call in all.
        download: One download in all.
    """

    wait: float
    call: float
    download: float


class RefusedError(Exception):
    """A 3xx or 4xx answer, before it is known which operation it belongs to."""

    def __init__(self, status: int, code: str, message: str, details: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details


class Exchange:
    """The connections of an account. Safe to use from several threads.

    Args:
        limits: How long exchanges may take.
        clock: Amazon's time, which every answer corrects.
        redaction: Makes Amazon's words fit to be shown.
        transport: Sends requests instead of the network, for tests and simulations.

    Raises:
        ConnectionSetupError: The machine's proxy or certificates are wrong.
    """

    def __init__(
        self,
        limits: Limits,
        clock: AmazonClock,
        redaction: Redaction,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._redaction = redaction
        self._total = TotalTime(clock.machine)
        self._http = _http_client(
            httpx.Timeout(limits.wait, connect=min(limits.wait, LONGEST_CONNECT)), transport
        )
        limit(self._http, self._total)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(
        self, request: Request, learn: Callable[[str], object], *, has_body: bool = True
    ) -> bytes:
        """Send a request of an operation and take the body of its answer.

        Args:
            request: The request.
            learn: Called with the `x-amzn-RateLimit-Limit` of any answer that has one.
            has_body: Whether a success has a body; what comes where it has none is not looked at.

        Raises:
            RefusedError: The answer is a 3xx or 4xx; its words are Amazon's, redacted.
            RetryableError: The answer is a 429, a 5xx, too long, or cannot be obtained; the message
                completes "the operation ...".
        """
        with self._streamed(request, self._limits.call) as answer:
            status = answer.status_code
            if rate := answer.headers.get("x-amzn-ratelimit-limit"):
                learn(rate)
            if status == httpx.codes.TOO_MANY_REQUESTS:
                raise RetryableError("answered 429: Amazon's quota is used up", throttled=True)
            if status >= httpx.codes.INTERNAL_SERVER_ERROR:
                raise RetryableError(f"answered {status}")
            body = _body(answer)
            kind = self._redaction(answer.headers.get("content-type", "no content type"))
        if answer.is_success and not has_body:
            return b""
        try:
            found = _answers.refusal(body)
        except RetryableError:
            raise RetryableError(
                f"answered {status} with {kind.partition(';')[0]} where JSON was due"
            ) from None
        if answer.is_success and found is None:
            return body
        words = found or _answers.Refusal()
        code, message = self._redaction(words.code), self._redaction(words.message)
        if answer.is_success:
            raise RetryableError(f"answered {status} with an error ({code}: {message})")
        raise RefusedError(status, code, message, self._redaction(words.details))

    def log_in(self, request: Request) -> tuple[int, bytes]:
        """Send a request to Login with Amazon; the status and body of its answer.

        Raises:
            RetryableError: The answer is a 429, a 5xx, too long, or cannot be obtained.
        """
        with self._streamed(request, self._limits.call) as answer:
            status = answer.status_code
            if status == httpx.codes.TOO_MANY_REQUESTS:
                raise RetryableError("answered 429: its quota is used up")
            if status >= httpx.codes.INTERNAL_SERVER_ERROR:
                raise RetryableError(f"answered {status}")
            return status, _body(answer)

    @contextmanager
    def download(self, url: str) -> Iterator[httpx.Response]:
        """The answer of a presigned URL, whose body is still to be read; raises as httpx does."""
        with self._total.of(self._limits.download):
            sent = self._clock.monotonic()
            with self._http.stream("GET", url) as answer:
                self._clock.synchronise(answer.headers.get("date", ""), sent)
                yield answer

    @contextmanager
    def _streamed(self, request: Request, seconds: float) -> Iterator[httpx.Response]:
        try:
            with self._total.of(seconds):
                sent = self._clock.monotonic()
                with self._http.stream(
                    request.method,
                    request.url,
                    params=request.params,
                    content=request.content,
                    data=request.data,
                    headers=dict(request.headers),
                ) as answer:
                    self._clock.synchronise(answer.headers.get("date", ""), sent)
                    yield answer
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RetryableError(f"gave no answer ({failure(error)})") from None


def failure(error: Exception) -> str:
    """What went wrong on the way, in a few words; a refused certificate says what to do."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"the server's certificate is refused: {cause.verify_message}; check the machine's "
                "certificates, its date, and SSL_CERT_FILE or SSL_CERT_DIR where they are set"
            )
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ConnectError):
        return f"{type(error).__name__}: {_unreached(error.request.url)}"
    return type(error).__name__


def _unreached(url: httpx.URL) -> str:
    """What is wrong where no connection comes about; of an address, no more than the host is shown."""
    if is_loopback(url.host):
        return f"nothing listens at {url.host}:{url.port}"
    return f"{url.host} cannot be reached; check this machine's network and proxy"


def _body(answer: httpx.Response) -> bytes:
    pieces, size = [], 0
    for piece in answer.iter_bytes():
        size += len(piece)
        if size > LARGEST_ANSWER:
            raise RetryableError(f"gave an answer of more than {LARGEST_ANSWER >> 20} MB")
        pieces.append(piece)
    return b"".join(pieces)


def _no_cookies() -> CookieJar:
    """No cookies: Amazon's calls need none, and an odd one would make each later call fail."""
    return CookieJar(policy=DefaultCookiePolicy(allowed_domains=()))


def _http_client(timeout: httpx.Timeout, transport: httpx.BaseTransport | None) -> httpx.Client:
    try:
        return httpx.Client(
            timeout=timeout,
            transport=transport,
            verify=True if transport else tls_context(),
            cookies=_no_cookies(),
            follow_redirects=False,
        )
    except ImportError:
        raise ConnectionSetupError(
            "The environment names a SOCKS proxy (ALL_PROXY, HTTPS_PROXY or HTTP_PROXY), which needs "
            "socksio; install it with: pip install 'httpx[socks]', or name an http proxy."
        ) from None
    except (ssl.SSLError, OSError) as error:
        named = [f"{key}={os.environ[key]}" for key in VARIABLES if os.environ.get(key)]
        where = " and ".join(named) or "the machine's certificates"
        raise ConnectionSetupError(
            f"The certificates cannot be read ({getattr(error, 'strerror', None) or 'not PEM'}): check "
            f"{where}."
        ) from None
    except (httpx.InvalidURL, ValueError):
        raise ConnectionSetupError(
            "The environment's proxy (ALL_PROXY, HTTPS_PROXY or HTTP_PROXY) is not an address that can "
            "be used; write it like http://proxy.example:3128."
        ) from None

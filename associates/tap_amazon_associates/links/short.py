"""Where Amazon's short links lead: amzn.to, a.co, amzn.eu, amzn.asia, amzn.com.

Redirects are followed by hand, at most five, over https, and only from one of Amazon's hosts to another:
a link is a stranger's text, and must lead neither inside nor elsewhere. Which short hosts answer with
which redirects is not documented; no page is read, only the address in `Location`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin, urlsplit

import httpx

from tap_amazon_associates.errors import NotAProductLinkError, ShortLinkError
from tap_amazon_associates.links.products import (
    SHORT_HOSTS,
    host_of,
    is_short,
    marketplace_of,
    parsed,
    product_links,
    shown,
)

if TYPE_CHECKING:
    from types import TracebackType
    from urllib.parse import SplitResult

    from tap_amazon_associates.clock import Clock

MOST_HOPS = 5
MOST_TRIES = 3
TIMEOUT_SECONDS = 10.0
_BACKOFF = 1.0  # seconds before the second try; doubled before the third
_SERVER_FAILED = 500
_THROTTLED = 429

# At INFO, httpx logs every URL.
logging.getLogger("httpx").setLevel(logging.WARNING)


class ShortLinks:
    """Follows short links.

    Args:
        endpoint: A server to ask instead of Amazon's, as `endpoint/amzn.to/abc`; for tests and proxies.
    """

    def __init__(
        self, clock: Clock, endpoint: str | None = None, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self._clock = clock
        self._endpoint = endpoint.rstrip("/") if endpoint else None
        self._client = httpx.Client(follow_redirects=False, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def resolve(self, link: str) -> str:
        """The address of the product's page that a short link leads to.

        Raises:
            NotAProductLinkError: It is not one of Amazon's short links.
            ShortLinkError: It leads to no product, elsewhere, or too far, or was not answered.
        """
        if not is_short(link):
            raise NotAProductLinkError(f"'{shown(link)}' is not one of Amazon's short links.")
        url = parsed(link)._replace(scheme="https", fragment="")
        for _ in range(MOST_HOPS):
            url = self._next(url, link)
            try:
                product_links(url.geturl())
            except NotAProductLinkError:
                continue
            return url.geturl()
        raise ShortLinkError(
            f"The short link '{shown(link)}' leads to no product within {MOST_HOPS} redirects.",
            is_final=True,
        )

    def _next(self, url: SplitResult, link: str) -> SplitResult:
        """The address that one address redirects to."""
        response = self._request(url, link)
        location = response.headers.get("location")
        if not response.is_redirect or not location:
            raise ShortLinkError(
                f"The short link '{shown(link)}' leads to no product: {host_of(url)} answers with "
                f"status {response.status_code} and no further address.",
                is_final=True,
            )
        try:
            found = parsed(urljoin(url.geturl(), location))
            is_amazons = marketplace_of(found) is not None or host_of(found) in SHORT_HOSTS
        except (NotAProductLinkError, ValueError):
            is_amazons = False
        if not is_amazons or found.scheme != "https":
            raise ShortLinkError(
                f"The short link '{shown(link)}' leads away from Amazon, or to an address that is not "
                "https; it is not followed.",
                is_final=True,
            )
        return found

    def _request(self, url: SplitResult, link: str) -> httpx.Response:
        """The answer of an address, of which only the head is read."""
        address = url._replace(fragment="").geturl()
        if self._endpoint:
            parts = urlsplit(address)
            query = f"?{parts.query}" if parts.query else ""
            address = f"{self._endpoint}/{host_of(parts)}{parts.path or '/'}{query}"
        for attempt in range(MOST_TRIES):
            if attempt:
                self._clock.wait(_BACKOFF * 2 ** (attempt - 1))
            self._client.cookies.clear()
            try:
                with self._client.stream("GET", address) as response:
                    if response.status_code < _SERVER_FAILED and response.status_code != _THROTTLED:
                        return response
                    reason = f"status {response.status_code}"
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                reason = type(error).__name__
        raise ShortLinkError(
            f"The short link '{shown(link)}' was not answered ({reason}); try again later.",
            is_final=False,
        )

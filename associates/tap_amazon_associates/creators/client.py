"""Calls of the Creators API, one at a time, with their answers read raw.

python-amazon-paapi supplies tokens, addresses and the checked forms of requests. Its own methods are not
used for answers: they lose a complete call for one unknown enumeration, one amount sent as a text or one
truncated chunk, and turn money into floats (tried with 7.1.0).
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Protocol, Self

import urllib3
from creatorsapi_python_sdk.api.default_api import DefaultApi
from creatorsapi_python_sdk.api_client import ApiClient
from creatorsapi_python_sdk.configuration import Configuration
from creatorsapi_python_sdk.exceptions import ApiException
from creatorsapi_python_sdk.models.get_items_request_content import GetItemsRequestContent
from creatorsapi_python_sdk.models.get_variations_request_content import (
    GetVariationsRequestContent,
)
from creatorsapi_python_sdk.models.search_items_request_content import SearchItemsRequestContent
from pydantic import ValidationError

from tap_amazon_associates.creators import refusals
from tap_amazon_associates.creators.answers import items_answer, json_object
from tap_amazon_associates.creators.tokens import Tokens
from tap_amazon_associates.errors import (
    CreatorsApiError,
    QuotaSpentError,
    RefusedRequestError,
    ServerFailedError,
    UnavailableError,
    UnreadableAnswerError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from tap_amazon_associates.clock import Clock
    from tap_amazon_associates.creators.answers import ItemsAnswer
    from tap_amazon_associates.creators.tokens import Credential
    from tap_amazon_associates.marketplaces import Marketplace
    from tap_amazon_associates.redaction import Redaction

logger = logging.getLogger(__name__)

HOST = "https://creatorsapi.amazon"
MOST_ITEMS = 10
"""ASINs of one call (getItems), and items of one page."""
MOST_TRIES = 4
MOST_THROTTLED = 6
"""So many refusals in a row mean that the quota is spent, or that another program spends it."""
_BACKOFF = 1.0  # seconds before the second try, doubled before each further one
_LONGEST_WAIT = 60.0  # seconds, whatever Retry-After says
_LARGEST_ANSWER = 32 << 20  # bytes
_PIECE = 1 << 16
_OK = 200

_ITEM_RESOURCES = (
    "browseNodeInfo.browseNodes", "browseNodeInfo.browseNodes.ancestor",
    "browseNodeInfo.browseNodes.salesRank", "browseNodeInfo.websiteSalesRank",
    "customerReviews.count", "customerReviews.starRating",
    "images.primary.large", "images.primary.highRes", "images.variants.large",
    "images.variants.highRes", "itemInfo.byLineInfo", "itemInfo.classifications",
    "itemInfo.contentInfo", "itemInfo.contentRating", "itemInfo.externalIds", "itemInfo.features",
    "itemInfo.manufactureInfo", "itemInfo.productInfo", "itemInfo.technicalInfo", "itemInfo.title",
    "offersV2.listings.availability", "offersV2.listings.condition",
    "offersV2.listings.dealDetails", "offersV2.listings.isBuyBoxWinner",
    "offersV2.listings.loyaltyPoints", "offersV2.listings.merchantInfo",
    "offersV2.listings.price", "offersV2.listings.type", "parentASIN",
)  # fmt: skip
RESOURCES = list(_ITEM_RESOURCES)
"""What an item's record is made of; what is requested as `highRes` comes as `hiRes`."""
TITLE_ALONE = ["itemInfo.title"]


class Gate(Protocol):
    """Lets calls pass at the account's pace."""

    def take(self) -> None:
        """Wait until the next call may be made."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """How items are to be given: a language, a currency and a condition; None is Amazon's choice."""

    language: str | None = None
    currency: str | None = None
    condition: str | None = None


class _Api(ApiClient):
    """The SDK's client with tokens of ours: its own are requested without a time-out."""

    def __init__(self, credential: Credential, tokens: Tokens, host: str) -> None:
        # Tries are counted here, and a redirect must not take the token elsewhere.
        super().__init__(
            configuration=Configuration(retries=False),
            credential_id=credential.id,
            credential_secret=credential.secret,
            version=credential.version,
            host=host,
        )
        self._token_manager = tokens


class CreatorsClient:
    """Makes the calls of one credential.

    Args:
        host: A server to call instead of Amazon's.
        timeout: Seconds to connect, and seconds without an answer or a piece of one.
    """

    def __init__(
        self,
        credential: Credential,
        gate: Gate,
        clock: Clock,
        redaction: Redaction,
        *,
        host: str | None = None,
        timeout: tuple[float, float] = (5.0, 25.0),
        preferences: Preferences | None = None,
    ) -> None:
        redaction.add(credential.secret)
        self.credential = credential
        self._gate = gate
        self._clock = clock
        self._redaction = redaction
        self.timeout = timeout
        self._preferences = preferences or Preferences()
        self.tokens = Tokens(credential, clock, redaction, timeout)
        self._client = _Api(credential, self.tokens, (host or HOST).rstrip("/"))
        self._api = DefaultApi(self._client)

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
        self._client.rest_client.pool_manager.clear()

    def get_items(
        self,
        marketplace: Marketplace,
        tag: str,
        asins: Sequence[str],
        resources: Sequence[str] = RESOURCES,
        *,
        tries: int = MOST_TRIES,
    ) -> ItemsAnswer:
        """The items of at most ten ASINs.

        Args:
            marketplace: Where they are looked up.
            tag: The partner's tag there.
            asins: At most ten.
            resources: What of each item is given.
            tries: How often the call is made at most where Amazon's server fails.

        Raises:
            CallFailedError: This call failed as a whole.
            SetupError: No call can succeed.
            QuotaSpentError: No more calls for now.
            UnavailableError: Amazon cannot be reached.
        """
        request = self._request(
            GetItemsRequestContent, tag, itemIds=list(asins), resources=list(resources)
        )
        answer = self._call(
            self._api.get_items_without_preload_content,
            marketplace,
            tag,
            tries,
            get_items_request_content=request,
        )
        # One public client notes that Amazon's pages call the member by both names.
        result = answer.get("itemsResult") or answer.get("itemResults")
        return items_answer(answer, result, is_required=True)

    def search_items(
        self,
        marketplace: Marketplace,
        tag: str,
        criteria: dict[str, Any],
        *,
        page: int = 1,
        resources: Sequence[str] = RESOURCES,
        count: int = MOST_ITEMS,
    ) -> ItemsAnswer:
        """One page of a search; `criteria` by Amazon's names (`keywords`, `brand`, ...).

        Raises:
            CreatorsApiError: As for `get_items`.
        """
        request = self._request(
            SearchItemsRequestContent,
            tag,
            itemCount=count,
            itemPage=page,
            availability="IncludeOutOfStock",
            resources=list(resources),
            **criteria,
        )
        answer = self._call(
            self._api.search_items_without_preload_content,
            marketplace,
            tag,
            MOST_TRIES,
            search_items_request_content=request,
        )
        return items_answer(answer, answer.get("searchResult"), is_required=False)

    def get_variations(
        self, marketplace: Marketplace, tag: str, asin: str, *, page: int = 1
    ) -> ItemsAnswer:
        """One page of the variations of an ASIN.

        Raises:
            CreatorsApiError: As for `get_items`.
        """
        request = self._request(
            GetVariationsRequestContent,
            tag,
            asin=asin,
            variationCount=MOST_ITEMS,
            variationPage=page,
            resources=[*RESOURCES, "variationSummary.variationDimension"],
        )
        answer = self._call(
            self._api.get_variations_without_preload_content,
            marketplace,
            tag,
            MOST_TRIES,
            get_variations_request_content=request,
        )
        result = answer.get("variationsResult")
        return items_answer(answer, result, is_required=False)

    def _request(self, form: Callable[..., Any], tag: str, **members: Any) -> Any:
        """A request in the SDK's form, which checks it."""
        preferences = self._preferences
        languages = [preferences.language] if preferences.language else None
        try:
            return form(
                partnerTag=tag,
                condition=preferences.condition,
                currencyOfPreference=preferences.currency,
                languagesOfPreference=languages,
                **members,
            )
        except ValidationError as error:
            fields = "; ".join(
                f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()
            )
            raise RefusedRequestError(
                f"The request cannot be made: {self._redaction(fields)}.",
                "FieldValidationFailed",
                fields,
            ) from None

    def _call(
        self,
        operation: Callable[..., Any],
        marketplace: Marketplace,
        tag: str,
        tries: int,
        **request: Any,
    ) -> dict[str, Any]:
        """The JSON object that an operation answers with, after as many tries as it is worth."""
        failures = throttled = 0
        is_renewed = False
        while True:
            self._gate.take()
            try:
                status, headers, body = self._exchange(operation, marketplace.host, request)
            except (urllib3.exceptions.HTTPError, ApiException) as error:
                failures += 1
                if failures >= MOST_TRIES:
                    raise self._unreachable(error) from None
                self._clock.wait(_BACKOFF * 2 ** (failures - 1))
                continue
            if status == _OK:
                return json_object(body)
            said = refusals.details(body)
            words = self._redaction(refusals.text_of(said))
            if status == refusals.THROTTLED:
                throttled += 1
                if throttled >= MOST_THROTTLED:
                    raise _throttled(words)
                self._clock.wait(self._pause(throttled, headers))
            elif status >= refusals.SERVER_FAILED:
                failures += 1
                if failures >= tries:
                    raise ServerFailedError(
                        f"Amazon's server failed {failures} times (status {status}) {words}".strip()
                    )
                self._clock.wait(self._pause(failures, headers))
            elif (
                status == refusals.UNAUTHORIZED
                and not is_renewed
                and refusals.reason_of(said) in refusals.RENEWABLE
            ):
                is_renewed = True
                self.tokens.forget()
            else:
                version = self.credential.version
                raise refusals.error_of(
                    status, said, words, host=marketplace.host, tag=tag, version=version
                )

    def _exchange(
        self, operation: Callable[..., Any], host: str, request: dict[str, Any]
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of one call."""
        response = operation(x_marketplace=host, _request_timeout=self.timeout, **request)
        try:
            body = bytearray()
            for piece in response.stream(_PIECE, decode_content=True):
                body += piece
                if len(body) > _LARGEST_ANSWER:
                    raise UnreadableAnswerError(
                        "Amazon's answer is larger than any answer should be."
                    )
        finally:
            response.release_conn()
            response.close()
        return response.status, response.headers, bytes(body)

    def _pause(self, attempt: int, headers: Mapping[str, str]) -> float:
        """Seconds to wait: what Retry-After says (seconds or a date), else ever longer."""
        said = headers.get("Retry-After")
        if not said:
            return float(min(_BACKOFF * 2**attempt, _LONGEST_WAIT))
        try:
            seconds = float(said)
        except ValueError:
            seconds = self._until(said, attempt)
        return _LONGEST_WAIT if math.isnan(seconds) else min(max(seconds, 0.0), _LONGEST_WAIT)

    def _until(self, date: str, attempt: int) -> float:
        try:
            return float((parsedate_to_datetime(date) - self._clock.now()).total_seconds())
        except (TypeError, ValueError):
            return float(_BACKOFF * 2**attempt)

    def _unreachable(self, error: Exception) -> CreatorsApiError:
        return UnavailableError(
            f"Amazon's server ({self._client.configuration.host}) cannot be reached: "
            f"{type(error).__name__}, {MOST_TRIES} times. Check the network, and try again later."
        )


def _throttled(words: str) -> QuotaSpentError:
    said = f" ({words})" if words else ""
    return QuotaSpentError(
        f"Amazon refuses calls{said}, {MOST_THROTTLED} times in a row with longer and longer "
        "pauses: the daily quota is spent, or another program uses the same account. When it "
        "begins again Amazon does not say; set 'requests_per_second' and 'requests_per_day' to the "
        "account's tier."
    )

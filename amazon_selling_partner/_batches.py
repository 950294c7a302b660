"""Operations that answer for many items at once, each with a status of its own.

Product Pricing 2022-05-01 and v0, and Product Fees v0. An entry that Amazon refuses costs its item
alone; an item without an entry has not been answered. What an answer is about is in what it says, never
in its place in the list.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import msgspec

from amazon_selling_partner import _answers
from amazon_selling_partner._answers import Answered
from amazon_selling_partner.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from amazon_selling_partner._calls import Calls
    from amazon_selling_partner._redaction import Redaction

    Json = dict[str, Any]

logger = logging.getLogger(__name__)

COMPETITIVE_SUMMARY = "getCompetitiveSummary"
EXPECTED_PRICE = "getFeaturedOfferExpectedPriceBatch"
FEES_ESTIMATES = "getMyFeesEstimates"
LISTING_OFFERS = "getListingOffersBatch"
ITEM_OFFERS = "getItemOffersBatch"
LARGEST_BATCHES: Mapping[str, int] = {
    COMPETITIVE_SUMMARY: 20,
    EXPECTED_PRICE: 40,
    FEES_ESTIMATES: 20,
    LISTING_OFFERS: 20,
    ITEM_OFFERS: 20,
}
"""How many items Amazon takes at once: `maxItems` in the models of Product Pricing, but for the expected
prices, of which the text says it, as it does of the fees."""
_PRICING = "/products/pricing/2022-05-01"
_PRICING_V0 = "/products/pricing/v0"
_DATA = ("featuredBuyingOptions", "referencePrices", "lowestPricedOffers", "similarItems")
_CONDITIONS = ("New", "Used")


@dataclass(frozen=True, slots=True)
class BatchEntry:
    """What Amazon answers for one item.

    Attributes:
        id: What was asked about: an ASIN, a SKU, or the identifier of a question about fees.
        status: Its own HTTP status; 200 is an answer.
        content: The entry as Amazon has it; of Product Pricing, its body.
        reason: Why it is refused: Amazon's code and words, redacted.
    """

    id: str
    status: int
    content: Json
    reason: str = ""

    def of(self, id_: str) -> BatchEntry:
        """The same entry, of what the caller knows by another id."""
        return replace(self, id=id_)

    @property
    def is_answer(self) -> bool:
        """Whether it says what was asked."""
        return httpx.codes.is_success(self.status)

    @property
    def may_pass(self) -> bool:
        """Whether the same question may be answered later: too many calls, or a fault at Amazon's."""
        is_throttled = self.status == httpx.codes.TOO_MANY_REQUESTS
        return is_throttled or httpx.codes.is_server_error(self.status)


@dataclass(frozen=True, slots=True)
class FeesQuestion:
    """What fees are estimated for.

    Attributes:
        identifier: The caller's own, which comes back with the answer.
        sku: The seller's SKU.
        price: What a unit costs the buyer, without shipping.
        currency: ISO 4217.
        is_amazon_fulfilled: Whether Amazon ships it (FBA).
    """

    identifier: str
    sku: str
    price: Decimal
    currency: str
    is_amazon_fulfilled: bool


class _Status(Answered, frozen=True):
    status_code: int


class _Message(Answered, frozen=True):
    code: str = "error"
    message: str = "no reason given"


class _SummaryBody(Answered, frozen=True):
    asin: str
    errors: list[_Message] | None = None


class _Summary(Answered, frozen=True):
    status: _Status
    body: _SummaryBody


class _Asked(Answered, frozen=True):
    sku: str


class _ExpectedBody(Answered, frozen=True):
    errors: list[_Message] | None = None


class _Expected(Answered, frozen=True):
    status: _Status
    request: _Asked
    body: _ExpectedBody | None = None


class _Responses(Answered, frozen=True):
    responses: list[Any]


class _OffersAsked(Answered, frozen=True):
    sku: str | None = msgspec.field(name="SellerSKU", default=None)
    asin: str | None = msgspec.field(name="Asin", default=None)


class _OffersFound(Answered, frozen=True):
    sku: str | None = msgspec.field(name="SKU", default=None)
    asin: str | None = msgspec.field(name="ASIN", default=None)


class _OffersBody(Answered, frozen=True):
    payload: _OffersFound | None = None
    errors: list[_Message] | None = None


class _Offers(Answered, frozen=True):
    body: _OffersBody
    status: _Status | None = None
    request: _OffersAsked | None = None


class _FeesIdentifier(Answered, rename="pascal", frozen=True):
    seller_input_identifier: str


class _FeesError(Answered, rename="pascal", frozen=True):
    code: str | None = None
    message: str | None = None


class _Fees(Answered, rename="pascal", frozen=True):
    status: str
    fees_estimate_identifier: _FeesIdentifier
    fees_estimate: _answers.Json | None = None
    error: _FeesError | None = None


class Batches:
    """Prices and fees of many items at once. Safe to use from several threads.

    Each method answers with what Amazon says of each item, in no order. An item without an entry was not
    answered. They raise what `SellingPartnerClient` lists, `UnavailableError`, and `AmazonError` where
    Amazon refuses all items, as it may for one that it does not like.

    Args:
        calls: The calls of the account.
        redaction: Makes Amazon's words fit to be shown.
    """

    def __init__(self, calls: Calls, redaction: Redaction) -> None:
        self._calls = calls
        self._redaction = redaction

    def competitive_summaries(self, asins: Sequence[str], marketplace_id: str) -> list[BatchEntry]:
        """Product Pricing 2022-05-01 getCompetitiveSummary for up to 20 ASINs of a marketplace.

        Featured offers with the segments that they win, reference prices, lowest offers (new and used),
        similar items.
        """
        inputs = [{"itemCondition": each, "offerType": "Consumer"} for each in _CONDITIONS]
        requests = [
            {
                "asin": asin,
                "marketplaceId": marketplace_id,
                "includedData": list(_DATA),
                "lowestPricedOffersInputs": inputs,
                "method": "GET",
                "uri": f"{_PRICING}/items/competitiveSummary",
            }
            for asin in asins
        ]
        return self._ask(COMPETITIVE_SUMMARY, requests, _responses, _summary)

    def expected_prices(self, skus: Sequence[str], marketplace_id: str) -> list[BatchEntry]:
        """Product Pricing 2022-05-01 getFeaturedOfferExpectedPriceBatch for up to 40 own SKUs."""
        requests = [
            {
                "marketplaceId": marketplace_id,
                "sku": sku,
                "method": "GET",
                "uri": f"{_PRICING}/offer/featuredOfferExpectedPrice",
            }
            for sku in skus
        ]
        return self._ask(EXPECTED_PRICE, requests, _responses, _expected)

    def listing_offers(self, skus: Sequence[str], marketplace_id: str) -> list[BatchEntry]:
        """Product Pricing v0 getListingOffersBatch for up to 20 own SKUs: the lowest new offers of each.

        The content of an entry is its payload.
        """
        paths = [f"listings/{quote(sku, safe='')}/offers" for sku in skus]
        return self._offers(LISTING_OFFERS, paths, marketplace_id)

    def item_offers(self, asins: Sequence[str], marketplace_id: str) -> list[BatchEntry]:
        """Product Pricing v0 getItemOffersBatch for up to 20 ASINs of anybody's: the same, by ASIN."""
        paths = [f"items/{quote(asin, safe='')}/offers" for asin in asins]
        return self._offers(ITEM_OFFERS, paths, marketplace_id)

    def _offers(
        self, operation: str, paths: Sequence[str], marketplace_id: str
    ) -> list[BatchEntry]:
        """The entries for some paths; parameters stand beside the path.

        Since April 2026 Amazon refuses them within `queryParams` (abuzuhri/Amazon-SP-API-CSharp#937).
        """
        requests = [
            {
                "uri": f"{_PRICING_V0}/{path}",
                "method": "GET",
                "MarketplaceId": marketplace_id,
                "ItemCondition": "New",
                "CustomerType": "Consumer",
            }
            for path in paths
        ]
        return self._ask(operation, requests, _responses, _offers)

    def fees_estimates(
        self, questions: Sequence[FeesQuestion], marketplace_id: str
    ) -> list[BatchEntry]:
        """Product Fees v0 getMyFeesEstimates for up to 20 SKUs at their prices.

        The id of an entry is the `identifier` of its question.
        """
        requests = [
            {
                "id_type": "SellerSKU",
                "id_value": each.sku,
                "price": float(each.price),  # a JSON number; its text is that of the decimal
                "currency": each.currency,
                "is_fba": each.is_amazon_fulfilled,
                "identifier": each.identifier,
                "marketplace_id": marketplace_id,
            }
            for each in questions
        ]
        read = partial(_answers.decode, kind=list[Any])
        return self._ask(FEES_ESTIMATES, requests, read, _fees)

    def _ask(
        self,
        operation: str,
        requests: list[Json],
        read: Callable[[bytes], list[Any]],
        entry_of: Callable[[Any], BatchEntry],
    ) -> list[BatchEntry]:
        """The entries that can be read, each item's once."""

        def entries(body: bytes) -> list[BatchEntry]:
            return _readable(operation, read(body), entry_of)

        found = self._calls.call(operation, entries, requests)
        return [replace(each, reason=self._redaction(each.reason)) for each in found]


def _readable(
    operation: str, entries: Sequence[Any], entry_of: Callable[[Any], BatchEntry]
) -> list[BatchEntry]:
    """The entries that can be read, with a warning of the others.

    Raises:
        RetryableError: None can be: the answer as a whole is another one.
    """
    found: dict[str, BatchEntry] = {}
    flaw = "it has no entry"
    for each in entries:
        try:
            entry = entry_of(each)
        except msgspec.ValidationError as error:
            flaw = str(error)
            logger.warning("%s gave an entry that cannot be read (%s).", operation, flaw)
        else:
            found.setdefault(entry.id, entry)
    if not found:
        raise RetryableError(f"gave an answer of another form ({flaw})")
    return list(found.values())


def _responses(body: bytes) -> list[Any]:
    return _answers.decode(body, _Responses).responses


def _summary(entry: Any) -> BatchEntry:
    read = msgspec.convert(entry, _Summary)
    return BatchEntry(
        read.body.asin, read.status.status_code, entry["body"], _words(read.body.errors)
    )


def _expected(entry: Any) -> BatchEntry:
    read = msgspec.convert(entry, _Expected)
    errors = read.body.errors if read.body else None
    body = entry.get("body") or {}
    return BatchEntry(read.request.sku, read.status.status_code, body, _words(errors))


def _offers(entry: Any) -> BatchEntry:
    """An entry of v0, whose status its model does not require: what has no payload is refused.

    Raises:
        msgspec.ValidationError: It does not say what it is about.
    """
    read = msgspec.convert(entry, _Offers)
    asked, found = read.request or _OffersAsked(), read.body.payload
    id_ = asked.sku or asked.asin or (found.sku or found.asin if found else None)
    if not id_:
        raise msgspec.ValidationError("it has no SKU and no ASIN")
    supposed = httpx.codes.BAD_REQUEST if found is None else httpx.codes.OK
    status = read.status.status_code if read.status else int(supposed)
    if found is None and httpx.codes.is_success(status):
        status = int(supposed)
    content = entry["body"].get("payload") or {}
    return BatchEntry(id_, status, content, _words(read.body.errors))


def _words(errors: Sequence[_Message] | None) -> str:
    return f"{errors[0].code}: {errors[0].message}" if errors else "no reason given"


def _fees(entry: Any) -> BatchEntry:
    """An entry of fees, whose status is a word: Success, ClientError or ServiceError."""
    read = msgspec.convert(entry, _Fees)
    error = read.error or _FeesError()
    reason = f"{error.code or read.status}: {error.message or 'no reason given'}"
    status = _STATUSES.get(read.status, httpx.codes.BAD_REQUEST)
    if status == httpx.codes.OK and read.fees_estimate is None:
        status, reason = httpx.codes.BAD_REQUEST, f"{read.status} without an estimate"
    return BatchEntry(read.fees_estimate_identifier.seller_input_identifier, status, entry, reason)


_STATUSES: Mapping[str, int] = {
    "Success": httpx.codes.OK,
    "ClientError": httpx.codes.BAD_REQUEST,
    "ServiceError": httpx.codes.INTERNAL_SERVER_ERROR,
}

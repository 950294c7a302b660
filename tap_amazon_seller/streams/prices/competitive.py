"""Competitors' prices of each ASIN listed, from one of two versions of Product Pricing.

getCompetitiveSummary (2022-05-01) knows most, of 20 ASINs in half a minute. getListingOffersBatch (v0)
knows less and is 15 times as fast; the ASINs of others have getItemOffersBatch (v0), three times as fast
(Amazon's models; "the rate for the getItemOffersBatch operation will be lowered", changelog, May 2023).
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from amazon_selling_partner import COMPETITIVE_SUMMARY, ITEM_OFFERS, LISTING_OFFERS
from tap_amazon_seller.reports.text.headers import snake_case
from tap_amazon_seller.streams.prices.listings import named_asins
from tap_amazon_seller.streams.prices.offers import featured_offers, lowest_offer, reference_prices
from tap_amazon_seller.streams.prices.offers_v0 import as_summary
from tap_amazon_seller.streams.prices.priced_stream import PricedStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner import BatchEntry
    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.streams.prices.listings import Listing


class CompetitivePrices(PricedStream):
    """Featured offers with the share of views each wins, lowest offers and reference prices, by ASIN.

    The id of a question is the ASIN. Those of listings come before those of others, which v0 has in an
    operation of their own.
    """

    name = "competitive_prices"
    primary_keys = ("marketplace_id", "asin")
    operation = COMPETITIVE_SUMMARY
    cost = "1 call for 20 ASINs of a marketplace"
    id_name = "asin"

    @override
    def questions(self, listings: Sequence[Listing], marketplace: Marketplace) -> dict[str, Any]:
        """Each ASIN once, with its SKUs; those of the setting that are not listed have none."""
        found: dict[str, list[str]] = {
            asin: [] for asin in named_asins(self.account.settings.price_items)
        }
        for each in listings:
            found.setdefault(each.asin, []).append(each.sku)
        return {
            asin if skus or not self._is_v0 else f"{BEHIND}{asin}": (asin, sorted(skus))
            for asin, skus in found.items()
        }

    @override
    def question_about(self, listing: Listing) -> dict[str, Any]:
        return {listing.asin: (listing.asin, [listing.sku])}

    @cached_property
    def _is_v0(self) -> bool:
        return self.account.settings.competitive_prices_source == V0

    @property
    @override
    def asked_operation(self) -> str:
        return LISTING_OFFERS if self._is_v0 else self.operation

    @override
    def operation_of(self, id_: str) -> str:
        return ITEM_OFFERS if id_.startswith(BEHIND) else self.asked_operation

    @override
    def shown_id(self, question: Any) -> str:
        return str(question[0])

    @override
    def entries(self, batch: Mapping[str, Any], marketplace: Marketplace) -> list[BatchEntry]:
        """The summaries of some ASINs, or the offers of v0 for a listing of each."""
        asins, batches = (
            {id_: asin for id_, (asin, _) in batch.items()},
            self.account.client.batches,
        )
        operation = self.operation_of(next(iter(batch)))
        if operation == COMPETITIVE_SUMMARY:
            return batches.competitive_summaries(list(asins.values()), marketplace.id)
        if operation == ITEM_OFFERS:
            ids = {asin: id_ for id_, asin in asins.items()}
            found = batches.item_offers(list(ids), marketplace.id)
        else:
            ids = {skus[0]: id_ for id_, (_, skus) in batch.items()}
            found = batches.listing_offers(list(ids), marketplace.id)
        return [each.of(ids.get(each.id, each.id)) for each in found]

    @override
    def record_of(self, entry: BatchEntry, question: Any, marketplace: Marketplace) -> Record:
        """The summary as Amazon has it, and what most ask of it in properties of its own."""
        asin, skus = question
        content = as_summary(entry.content) if self._is_v0 else entry.content
        record = self._conform_to_schema(
            {
                **{snake_case(name): value for name, value in content.items()},
                "marketplace_id": marketplace.id,
                "asin": asin,
                "synced_at": self.account.now().isoformat(),
            }
        )
        return {
            **record,
            "seller_skus": skus,
            "source_operation": self.operation_of(entry.id),
            **dict(_derived(record, marketplace)),
        }


def _derived(record: Record, marketplace: Marketplace) -> Iterator[tuple[str, Any]]:
    """What most ask of a record; null where the operation does not know it."""
    featured, lowest = featured_offers(record), lowest_offer(record)
    first = featured[0] if featured else None
    named = reference_prices(record)
    shown = first or lowest
    is_known = record.get("featured_buying_options") is not None
    weight = first.weight if first else None
    of_list_price = None if record.get("list_price") is None else marketplace.currency
    yield "currency", shown.currency if shown else of_list_price
    yield "featured_offer_count", len(featured) if is_known else None
    yield "featured_offer_seller_id", first.seller_id or None if first else None
    yield "featured_offer_price", float(first.landed) if first else None
    yield "featured_offer_weight", None if weight is None else float(weight)
    yield "lowest_offer_seller_id", lowest.seller_id if lowest else None
    yield "lowest_offer_price", float(lowest.landed) if lowest else None
    for name, label in _REFERENCES.items():
        amount = named.get(label)
        yield name, None if amount is None else float(amount)


V0 = "listing_offers"
"""The value of the setting `competitive_prices_source` for it."""
BEHIND = "~"
"""What the ids of other sellers' ASINs begin with: it sorts behind letters and digits."""
_REFERENCES = {
    "competitive_price": "CompetitivePrice",
    "was_price": "WasPrice",
    "competitive_price_threshold": "CompetitivePriceThreshold",
}

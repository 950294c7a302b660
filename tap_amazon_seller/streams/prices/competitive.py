"""Competitors' prices of each ASIN listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from amazon_selling_partner import COMPETITIVE_SUMMARY
from tap_amazon_seller.reports.text.headers import snake_case
from tap_amazon_seller.streams.prices.listings import named_asins
from tap_amazon_seller.streams.prices.offers import featured_offers, lowest_offer, reference_prices
from tap_amazon_seller.streams.prices.priced_stream import PricedStream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner import BatchEntry
    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.streams.prices.listings import Listing


class CompetitivePrices(PricedStream):
    """Featured offers with the share of views each wins, lowest offers and reference prices, by ASIN."""

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
        return {asin: (asin, sorted(skus)) for asin, skus in found.items()}

    @override
    def shown_id(self, question: Any) -> str:
        return str(question[0])

    @override
    def entries(self, batch: Mapping[str, Any], marketplace: Marketplace) -> list[BatchEntry]:
        """The summaries of some ASINs."""
        return self.account.client.batches.competitive_summaries(list(batch), marketplace.id)

    @override
    def record_of(self, entry: BatchEntry, question: Any, marketplace: Marketplace) -> Record:
        """The summary as Amazon has it, and what most ask of it in properties of its own."""
        record = self._conform_to_schema(
            {
                **{snake_case(name): value for name, value in entry.content.items()},
                "marketplace_id": marketplace.id,
                "synced_at": self.account.now().isoformat(),
            }
        )
        featured = featured_offers(record)
        first = featured[0] if featured else None
        lowest = lowest_offer(record)
        named = reference_prices(record)
        shown = first or lowest
        return {
            **record,
            "seller_skus": question[1],
            "currency": shown.currency if shown else None,
            "featured_offer_count": len(featured),
            "featured_offer_seller_id": first.seller_id if first else None,
            "featured_offer_price": float(first.landed) if first else None,
            "featured_offer_weight": float(first.weight) if first else None,
            "lowest_offer_seller_id": lowest.seller_id if lowest else None,
            "lowest_offer_price": float(lowest.landed) if lowest else None,
            **{
                name: float(amount) if (amount := named.get(label)) is not None else None
                for name, label in _REFERENCES.items()
            },
        }


_REFERENCES = {
    "competitive_price": "CompetitivePrice",
    "was_price": "WasPrice",
    "competitive_price_threshold": "CompetitivePriceThreshold",
}

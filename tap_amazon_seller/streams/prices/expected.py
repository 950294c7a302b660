"""What Amazon expects a listing to cost at most for it to be the featured offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from amazon_selling_partner import EXPECTED_PRICE
from tap_amazon_seller.reports.text.headers import snake_case
from tap_amazon_seller.streams.kinds.conform import UnfitError
from tap_amazon_seller.streams.prices.listings import named_asins
from tap_amazon_seller.streams.prices.priced_stream import PricedStream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner import BatchEntry
    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.streams.prices.listings import Listing

RESULTS = "featuredOfferExpectedPriceResults"


class FeaturedOfferPrices(PricedStream):
    """The price at or below which Amazon expects a SKU to be the featured offer, with its competitor."""

    name = "featured_offer_prices"
    primary_keys = ("marketplace_id", "sku")
    operation = EXPECTED_PRICE
    cost = "1 call for 40 SKUs of a marketplace"
    id_name = "sku"

    @override
    def questions(self, listings: Sequence[Listing], marketplace: Marketplace) -> dict[str, Any]:
        """Each SKU, with its ASIN; Amazon says of those of the setting that it does not know them."""
        wanted = self.account.settings.price_items
        asins = {*named_asins(wanted)}
        found: dict[str, Any] = {sku: (sku, None) for sku in wanted if sku not in asins}
        return found | {each.sku: (each.sku, each.asin) for each in listings}

    @override
    def shown_id(self, question: Any) -> str:
        return str(question[0])

    @override
    def entries(self, batch: Mapping[str, Any], marketplace: Marketplace) -> list[BatchEntry]:
        """The expected prices of some SKUs."""
        return self.account.client.batches.expected_prices(list(batch), marketplace.id)

    @override
    def record_of(self, entry: BatchEntry, question: Any, marketplace: Marketplace) -> Record:
        """The first result in properties, and all of them as Amazon has them."""
        body = entry.content
        results = body.get(RESULTS) or []
        offer = body.get("offerIdentifier") or {}
        first = results[0] if isinstance(results, list) and results else {}
        if not isinstance(first, dict) or not isinstance(offer, dict):
            raise UnfitError(f"{RESULTS} or offerIdentifier has another form")
        expected = first.get("featuredOfferExpectedPrice") or {}
        price = expected.get("listingPrice") if isinstance(expected, dict) else None
        others = {snake_case(name): value for name, value in body.items()}
        others.pop("offer_identifier", None)
        return {
            **others,
            "sku": question[0],
            "asin": offer.get("asin") or question[1],
            "fulfillment_type": offer.get("fulfillmentType"),
            "result_status": first.get("resultStatus"),
            "expected_price": (price or {}).get("amount"),
            "currency": (price or {}).get("currencyCode"),
            "competing_featured_offer": first.get("competingFeaturedOffer"),
            "current_featured_offer": first.get("currentFeaturedOffer"),
        }

"""The account itself: where the seller sells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_amazon_seller.streams.base import AmazonStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers.types import Record

    from tap_amazon_seller.marketplaces import Marketplace


class Marketplaces(AmazonStream):
    """The seller's marketplaces and whether they are open (Sellers v1)."""

    name = "marketplaces"
    primary_keys = ("marketplace_id",)
    role = "Selling Partner Insights"
    source = "Sellers v1"

    def marketplace_records(self, marketplace: Marketplace) -> Iterator[Record]:
        """The one record of a marketplace."""
        for answer in self.account.participations:
            place, participation = answer["marketplace"], answer["participation"]
            if place["id"] == marketplace.id:
                yield {
                    "marketplace_id": place["id"],
                    "country_code": place["countryCode"],
                    "name": place["name"],
                    "default_currency_code": place["defaultCurrencyCode"],
                    "default_language_code": place["defaultLanguageCode"],
                    "domain_name": place["domainName"],
                    "store_name": answer.get("storeName"),
                    "is_participating": participation["isParticipating"],
                    "has_suspended_listings": participation["hasSuspendedListings"],
                }

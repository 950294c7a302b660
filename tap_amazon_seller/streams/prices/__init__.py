"""Prices of competitors, prices that would be featured, and fees, of the seller's own listings."""

from __future__ import annotations

from tap_amazon_seller.streams.prices.competitive import CompetitivePrices
from tap_amazon_seller.streams.prices.expected import FeaturedOfferPrices
from tap_amazon_seller.streams.prices.fees import FeeEstimates

CLASSES = (CompetitivePrices, FeaturedOfferPrices, FeeEstimates)

__all__ = ["CLASSES", "CompetitivePrices", "FeaturedOfferPrices", "FeeEstimates"]

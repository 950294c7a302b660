"""Subscribe & Save: metrics of the program, of a selling partner and of each of its offers."""

from __future__ import annotations

from tap_amazon_seller.streams.replenishment.metrics import DailyMetrics, RollingMetrics
from tap_amazon_seller.streams.replenishment.offers import OfferForecast, OfferMetrics

CLASSES = (DailyMetrics, OfferForecast, OfferMetrics, RollingMetrics)

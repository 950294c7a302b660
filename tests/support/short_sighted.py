"""The tap with a short visibility of messages: what a killed one has received comes again soon."""

from __future__ import annotations

from tap_amazon_seller.notifications import sqs
from tap_amazon_seller.tap import TapAmazonSeller

VISIBILITY = 2
"""Seconds."""

if __name__ == "__main__":
    sqs.VISIBILITY = VISIBILITY
    TapAmazonSeller.cli()

"""The tap: its settings, streams and state, a sync, and the command."""

from tap_amazon_seller.tap.command import TapAmazonSeller

__all__ = ["TapAmazonSeller"]

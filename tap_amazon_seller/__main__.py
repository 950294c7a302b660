"""`python -m tap_amazon_seller`."""

from tap_amazon_seller.tap import TapAmazonSeller

TapAmazonSeller.cli()

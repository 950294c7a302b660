"""Product data by ASIN: Amazon's Creators API, successor of the Product Advertising API.

`asin_from_url` and `product_links` need nothing else. `associates.Associates` is the Python interface to
the API, `singer.tap.TapAmazonAssociates` the Singer tap; both need the extra `associates`.
"""

from __future__ import annotations

from tap_amazon_associates.errors import AssociatesError, NotAProductLinkError
from tap_amazon_associates.links.products import (
    ProductLink,
    as_asin,
    asin_from_url,
    is_short,
    product_links,
)

__all__ = [
    "AssociatesError",
    "NotAProductLinkError",
    "ProductLink",
    "as_asin",
    "asin_from_url",
    "is_short",
    "product_links",
]

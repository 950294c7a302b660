"""The seller's own listings, as far as prices and fees are requested for them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.reports.rows.header import ASIN
from tap_amazon_seller.streams.products import listed_asin

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

COLUMNS = (
    "seller_sku", "price", "fulfillment_channel", "asin1", "product_id_type", "product_id",
)  # fmt: skip
BY_SELLER = "DEFAULT"
"""The `fulfillment-channel` of what the seller ships; any other is a network of Amazon's."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing of the seller in a marketplace.

    Attributes:
        sku: The seller's SKU.
        asin: Amazon's id of the product.
        price: Of a unit, in the marketplace's currency; None where the file has none.
        is_amazon_fulfilled: Whether Amazon ships it (FBA).
    """

    sku: str
    asin: str
    price: Decimal | None
    is_amazon_fulfilled: bool

    def is_wanted(self, wanted: Collection[str]) -> bool:
        """Whether it is named, by SKU or ASIN; all are where nothing is named."""
        return not wanted or self.sku in wanted or self.asin in wanted


def listings_of(rows: Any) -> Iterator[Listing]:
    """The listings in an Arrow record batch of the report; those without an ASIN are none yet."""
    columns = [
        rows.column(name).to_pylist() if name in rows.schema.names else [None] * rows.num_rows
        for name in COLUMNS
    ]
    for sku, price, channel, *ids in zip(*columns, strict=True):
        asin = listed_asin(*ids)
        if sku and asin and ASIN.fullmatch(asin):
            by_amazon = bool(channel) and channel.strip().upper() != BY_SELLER
            yield Listing(sku, asin, _decimal(price), by_amazon)


def named_asins(wanted: Iterable[str]) -> list[str]:
    """What of a list of SKUs and ASINs has the form of an ASIN."""
    return [each for each in wanted if ASIN.fullmatch(each)]


def _decimal(value: object) -> Decimal | None:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and found > 0 else None

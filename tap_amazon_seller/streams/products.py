"""The seller's listings, and what Amazon's catalog knows of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tap_amazon_seller.reports.definitions import ReportDefinition, ReportStreamDefinition
from tap_amazon_seller.reports.headers import snake_case
from tap_amazon_seller.streams.base import ReportStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers.types import Record

    from tap_amazon_seller.marketplaces import Marketplace
    from tap_amazon_seller.reports.parser import FlatFile

LISTINGS = ReportDefinition(
    "GET_MERCHANT_LISTINGS_ALL_DATA",
    role="Inventory and Order Tracking",
    options={"preferredReportDocumentLocale": "en_US"},
)
REPORTS: tuple[ReportStreamDefinition, ...] = ()

ASINS_PER_CALL = 20
ASIN = re.compile(r"[0-9]{9}[0-9X]|[A-Z][A-Z0-9]{9}")
"""Amazon's own pattern; one malformed ASIN would fail the call for the other 19."""


class ProductsInventory(ReportStream):
    """All listings with price, the seller's own quantity and status, as they stand now."""

    name = "products_inventory"
    primary_keys = ("marketplace_id", "seller_sku")
    definition = LISTINGS
    required_columns = ("seller_sku",)

    def file_records(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Record]:
        """The rows, with the currency of their price, which the file does not name."""
        for row in super().file_records(flat_file, marketplace):
            row["currency"] = marketplace.currency
            yield row


class ProductCatalog(ReportStream):
    """The catalog's identifiers (EAN, UPC, ...) and summaries of every ASIN listed."""

    name = "product_catalog"
    primary_keys = ("marketplace_id", "asin")
    definition = LISTINGS
    required_columns = ("seller_sku", "asin1")
    role = "Product Listing"
    source = "Catalog Items 2022-04-01"

    @property
    def columns(self) -> dict[str, object]:
        """The listing report's columns that this stream reads."""
        return {"asin1": {"type": "string"}, "seller_sku": {"type": "string"}}

    def file_records(self, flat_file: FlatFile, marketplace: Marketplace) -> Iterator[Record]:
        """One record per distinct ASIN that the catalog knows, 20 ASINs a call."""
        skus: dict[str, list[str]] = {}
        for row in flat_file.rows():
            if row["asin1"]:
                skus.setdefault(row["asin1"], []).append(row["seller_sku"])
        asins = sorted(asin for asin in skus if ASIN.fullmatch(asin))
        unknown = len(skus) - len(asins)
        for first in range(0, len(asins), ASINS_PER_CALL):
            batch = asins[first : first + ASINS_PER_CALL]
            items = {
                item["asin"]: item
                for item in self.account.client.catalog_items(
                    batch, marketplace.id, self.account.settings.catalog_datasets
                )
            }
            unknown += len(batch) - len(items.keys() & set(batch))
            for asin in batch:
                if asin in items:
                    yield _catalog_record(items[asin], marketplace, skus[asin])
        if unknown:
            self.logger.warning(
                "Amazon's catalog of %s does not know %d of the %d ASINs listed.",
                marketplace.country, unknown, len(skus),
            )  # fmt: skip


def _catalog_record(item: Record, marketplace: Marketplace, skus: list[str]) -> Record:
    return {
        **{snake_case(name): value for name, value in item.items()},
        "marketplace_id": marketplace.id,
        "seller_skus": sorted(skus),
    }

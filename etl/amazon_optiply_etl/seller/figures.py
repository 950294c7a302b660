"""The figures of a seller's products: stock by marketplace, products with an EAN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amazon_optiply_etl.config.marketplaces import country
from amazon_optiply_etl.mapping_report.figures import (
    Figures,
    MarketplaceStock,
    sent_or_unchanged,
)
from amazon_optiply_etl.verdicts.outcomes import is_open

if TYPE_CHECKING:
    import pandas as pd

    from amazon_optiply_etl.seller.products import Products


def stock_by_marketplace(products: Products, table: pd.DataFrame) -> tuple[MarketplaceStock, ...]:
    """Split the stock levels of the products sent or unchanged by marketplace; the sums are equal.

    Args:
        products: The products with the records they were made of.
        table: Their table with `outcome`.
    """
    sent = sent_or_unchanged(table)["remoteId"]
    listings, warehouse = (
        frame[is_open(frame) & frame["product"].isin(sent).astype(bool)]
        for frame in (products.listings, products.warehouse)
    )
    own, fba = listings, {}
    if len(warehouse):
        levels = warehouse.groupby("product")["units"].sum()
        in_fba = levels.index[(levels != 0).fillna(value=False).astype(bool)]
        own = listings[~listings["product"].isin(in_fba).astype(bool)]
        counted = warehouse[warehouse["product"].isin(in_fba).astype(bool)]
        fba = counted.groupby("marketplace_id")["units"].sum().to_dict()
    counts = listings.groupby("marketplace_id")["product"].nunique().to_dict()
    listed = own.groupby("marketplace_id")["own"].sum().to_dict()
    rows = (
        MarketplaceStock(
            country(str(each)),
            int(counts.get(each, 0)),
            int(fba.get(each, 0)),
            int(listed.get(each, 0)),
        )
        for each in counts.keys() | fba.keys()
    )
    return tuple(sorted(rows, key=lambda row: (-row.units, row.marketplace)))


def of_products(products: Products, table: pd.DataFrame) -> Figures:
    """Return the figures of products.

    Args:
        products: The products with the records they were made of.
        table: Their table with `outcome`.
    """
    eans = sent_or_unchanged(table)["eanCode"]
    return Figures(
        stock=stock_by_marketplace(products, table),
        with_ean=int(eans.notna().sum()),
        without_ean=int(eans.isna().sum()),
    )

"""How many units of a product there are: Amazon's and the seller's own, each counted once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from amazon_optiply_etl.seller.listings import by_amazon, in_scope, remote_ids
from amazon_optiply_etl.tables.dtypes import TEXT, WHOLE
from amazon_optiply_etl.tables.matching import numbers_of
from amazon_optiply_etl.verdicts import notes, outcomes
from amazon_optiply_etl.verdicts.outcomes import decide, is_open

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from amazon_optiply_etl.config.settings import Settings

_OF_POOL = (
    "afn_total_quantity",
    "afn_fulfillable_quantity",
    "afn_reserved_quantity",
)
"""What two marketplaces' rows of one SKU have alike where they show the same units."""


def with_units(warehouse: pd.DataFrame, listings: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Give each FBA stock row its `product`, and the `units` and `sellable` units that count for it.

    Local quantity counts where the report splits local and remote: the stock that EU marketplaces share
    is the local stock of one of them only. Without the split a marketplace's figure counts, all of it in
    `units` (in the warehouse and on its way), what can be picked, packed and shipped in `sellable`; the
    same figures in several marketplaces are one pool, and count in the first of them
    (amzn/selling-partner-api-models#452: "the same values for each EU marketplace").

    Args:
        warehouse: Records of warehouse_inventory with `outcome`.
        listings: Records of products_inventory with `asin` and `outcome`.
        settings: What a remoteId is, and whether marketplaces share stock.
    """
    asin = warehouse["asin"]
    if warehouse.empty:
        total = warehouse["afn_total_quantity"]
        return warehouse.assign(product=asin, units=total, sellable=total, is_pooled=False)
    if asin.isna().any():
        asin = asin.fillna(_listed_asins(warehouse, listings))
    local = warehouse["afn_fulfillable_quantity_local"]
    # Where a report splits a SKU's stock, a row without its local part is that of other countries.
    split = local.notna().groupby(warehouse["sku"]).transform("any").astype(bool)
    total = warehouse["afn_total_quantity"]
    fulfillable = warehouse["afn_fulfillable_quantity"].fillna(total)
    rows = warehouse.assign(
        product=remote_ids(asin, warehouse["marketplace_id"], settings),
        units=local.fillna(total.mask(split, 0)),
        sellable=local.fillna(fulfillable.mask(split, 0)),
        is_pooled=False,
    )
    if settings.separate_stocks:
        return rows
    unsplit = rows.assign(asin=asin)[
        is_open(rows) & ~split & (rows["units"] > 0).fillna(value=False).astype(bool)
    ]
    alike = ["asin", "sku", "fnsku", "condition", *_OF_POOL]
    # With products of its own, each marketplace shows the pool.
    keep: Any = False if settings.per_marketplace else "first"
    again = unsplit.index[unsplit.duplicated(alike, keep=keep).to_numpy(bool)]
    rows.loc[again, "is_pooled"] = True
    if not settings.per_marketplace:
        rows.loc[again, "units"] = 0
    return rows


def _listed_asins(warehouse: pd.DataFrame, listings: pd.DataFrame) -> pd.Series[Any]:
    """Return the ASIN of each row's SKU among the listings."""
    key = ["marketplace_id", "seller_sku"]
    current = listings[listings["outcome"].fillna("") != outcomes.SUPERSEDED]
    asin_of = current.drop_duplicates(key, keep="last").set_index(key)["asin"]
    keys = pd.MultiIndex.from_frame(warehouse[["marketplace_id", "sku"]])
    return pd.Series(asin_of.reindex(keys).to_numpy(), index=warehouse.index, dtype=TEXT)


def fba_outcomes(warehouse: pd.DataFrame, used: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Leave open the FBA stock rows that count, and give the others their outcome.

    Args:
        warehouse: Records of warehouse_inventory with `product`, `units` and `outcome`.
        used: The listings that products are made of.
        settings: Which marketplaces, and where the stock comes from.
    """
    if warehouse.empty:
        return warehouse
    sold_out = used.loc[~used["is_for_sale"], ["product", "seller_sku"]]
    unnamed = warehouse["product"].isin(sold_out["product"]).astype(bool)
    if unnamed.any():
        keys = pd.MultiIndex.from_frame(warehouse.loc[unnamed, ["product", "sku"]])
        unnamed[unnamed] = ~keys.isin(pd.MultiIndex.from_frame(sold_out))
    return decide(
        warehouse,
        {
            outcomes.OTHER_STOCK_SOURCE: pd.Series(settings.second_flavour, index=warehouse.index),
            outcomes.OTHER_MARKETPLACE: ~in_scope(warehouse, settings),
            outcomes.NO_PRODUCT: ~warehouse["product"].isin(used["product"]).astype(bool),
            outcomes.NOT_FOR_SALE: unnamed,
            outcomes.NO_QUANTITY: warehouse["units"].isna(),
        },
    )


def with_own_units(used: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Give each listing in use the `own` units that it stands for, null where none were read.

    Amazon keeps a seller's quantity by SKU, not by marketplace: "100 units in United States, 100 units
    in Canada and 100 units in Mexico ... DOES NOT add up to a total of 300 units" (Seller Central help
    201617630; also 200663530 and amzn/selling-partner-api-docs#3167). So the largest quantity among the
    marketplaces of a SKU counts, in the first of them that shows it.

    Args:
        used: The listings that products are made of, in fixed order.
        settings: Whether marketplaces share stock.
    """
    quantity = used["quantity"]
    if settings.separate_stocks or settings.per_marketplace:
        return used.assign(own=quantity)
    numbers = numbers_of(used["product"], used["seller_sku"])
    if _are_all_others(numbers):
        return used.assign(own=quantity)
    sku = pd.Series(numbers, index=used.index)
    largest = quantity.groupby(sku).transform("max")
    of_largest = sku[(quantity == largest).fillna(value=False).astype(bool)]
    first = of_largest.index[~of_largest.duplicated().to_numpy(bool)]
    counts = pd.Series(used.index.isin(first), index=used.index)
    return used.assign(own=quantity.where(counts | quantity.isna(), 0))


def stock_levels(used: pd.DataFrame, warehouse: pd.DataFrame) -> pd.Series[Any]:
    """Sum the FBA stock of each product; where that is 0, the seller's own stands in.

    Args:
        used: The listings that products are made of, with `own`.
        warehouse: FBA stock rows with `units`, open where they count.
    """
    own = used.groupby("product")["own"].sum()
    if warehouse.empty:
        return own.fillna(0)
    counted = warehouse[is_open(warehouse)]
    level = counted.groupby("product")["units"].sum().reindex(own.index).fillna(0).astype(WHOLE)
    return level.mask(level == 0, own.fillna(0))


def unread_own_stock(used: pd.DataFrame, warehouse: pd.DataFrame) -> pd.Series[Any]:
    """Return the products whose stock is not known, as the quantity of a SKU was not read.

    It is not missed where there is FBA stock, nor where another marketplace shows it.

    Args:
        used: The listings that products are made of.
        warehouse: FBA stock rows with `units`, open where they count.
    """
    key = ["product", "seller_sku"]
    unread = used.loc[used["not_read"].astype(bool) & ~by_amazon(used), key]
    if unread.empty:
        return unread["product"]
    read = pd.MultiIndex.from_frame(used.loc[used["quantity"].notna(), key])
    unread = unread[~pd.MultiIndex.from_frame(unread).isin(read)]
    in_fba = warehouse.loc[
        is_open(warehouse) & (warehouse["units"] > 0).fillna(value=False).astype(bool), "product"
    ]
    return unread.loc[~unread["product"].isin(in_fba).astype(bool), "product"]


def stock_notes(
    used: pd.DataFrame, warehouse: pd.DataFrame, settings: Settings
) -> dict[str, list[str]]:
    """Name the products whose stock several marketplaces show, and those that are sold out.

    Args:
        used: The listings that products are made of.
        warehouse: FBA stock rows with `is_pooled`, open where they count.
        settings: What a product is, and whether marketplaces share stock.
    """
    sold_out = used.loc[~used["is_for_sale"].astype(bool) & ~used["not_read"].astype(bool)]
    found = {notes.SOLD_OUT: sold_out["product"]}
    shown = used.loc[(used["quantity"] > 0).fillna(value=False).astype(bool)]
    numbers = numbers_of(shown["asin"], shown["seller_sku"])
    if not _are_all_others(numbers):
        of_sku = shown["quantity"].groupby(numbers)
        is_shared = (of_sku.transform("count") > 1).astype(bool)
        if settings.separate_stocks:
            if not settings.per_marketplace:
                found[notes.SUMMED_STOCK] = shown.loc[is_shared, "product"]
        elif settings.per_marketplace:
            found[notes.SHARED_STOCK] = shown.loc[is_shared, "product"]
        else:
            differs = (of_sku.transform("max") != of_sku.transform("min")).astype(bool)
            found[notes.UNEQUAL_STOCK] = shown.loc[differs, "product"]
    pooled = is_open(warehouse) & warehouse["is_pooled"].astype(bool)
    note = notes.SHOWN_POOL if settings.per_marketplace else notes.POOLED_STOCK
    found[note] = warehouse.loc[pooled, "product"]
    return {note: sorted(ids.unique().tolist()) for note, ids in found.items() if len(ids)}


def _are_all_others(numbers: NDArray[np.int64]) -> bool:
    """Return whether no two of the numbers are alike: no SKU stands in several marketplaces."""
    return len(np.unique(numbers)) == len(numbers)

"""Finds the EAN of each item of a vendor's orders, and which product has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from amazon_optiply_etl.inputs.identifiers import comparable, ean_rows, identifier_rows
from amazon_optiply_etl.state.snapshots import ASINS_COLUMNS
from amazon_optiply_etl.tables.columns import by_key
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.tables.matching import mapped
from amazon_optiply_etl.verdicts import outcomes
from amazon_optiply_etl.verdicts.outcomes import decide, is_open, undecided

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amazon_optiply_etl.loading.loader import LoadedEntity

_OF_ASIN = list(ASINS_COLUMNS)


def known_asins(
    items: Sequence[pd.DataFrame], catalog: pd.DataFrame, before: pd.DataFrame
) -> pd.DataFrame:
    """Return the EAN of each ASIN that orders or the catalog have reported, in this run or earlier.

    The newest item's own comes first, then the catalog's (of several the best type, then the smallest).

    Args:
        items: Items with asin, ean, placed and `outcome`.
        catalog: Records of product_catalog.
        before: What earlier runs knew, as `Snapshots` have it.

    Returns:
        asin, ean and placed, as `Snapshots` have them, sorted by asin.
    """
    of_orders = before["placed"].notna()
    own = pd.concat(
        [
            frame.loc[is_open(frame) & frame["asin"].notna() & frame["ean"].notna(), _OF_ASIN]
            for frame in items
        ]
        + [before[of_orders]]
    ).sort_values(["placed", "ean"], na_position="first")
    identifiers, _ = identifier_rows(catalog[is_open(catalog)])
    of_catalog = ean_rows(identifiers).sort_values(["rank", "ean"])
    told = pd.concat(
        [
            own.drop_duplicates("asin", keep="last"),
            of_catalog[["asin", "ean"]].assign(placed=pd.Series(dtype=TEXT)),
            before[~of_orders],
        ]
    )
    return told.drop_duplicates("asin").sort_values("asin").reset_index(drop=True).astype(TEXT)


def eans_of_asins(known: pd.DataFrame, sent: pd.DataFrame) -> pd.Series[Any]:
    """Return the EAN of each ASIN that has one: the known one, else that of the product sent with it.

    Args:
        known: What `known_asins` returns.
        sent: Snapshot of products.
    """
    with_asin = sent[sent["articleCode"].notna() & sent["eanCode"].notna()]
    of_products = with_asin.drop_duplicates("articleCode").set_index("articleCode")["eanCode"]
    return by_key(known, "asin", "ean").combine_first(of_products).astype(TEXT)


def own_products(eans: pd.Index[Any], step: LoadedEntity) -> pd.DataFrame:
    """Return which product an EAN is, where products are made of EANs.

    Returns:
        By EAN: product (its remoteId), product_id (null if not known) and `outcome`, the reason why
        nothing can refer to it.
    """
    frame = pd.DataFrame({"product": pd.Series(eans, index=eans, dtype=TEXT)})
    known_id = mapped(frame["product"], step.ids)
    return decide(
        frame.assign(product_id=known_id, outcome=undecided(frame)),
        {
            outcomes.UNKNOWN_PRODUCT: ~frame["product"].isin(step.ids.index).astype(bool),
            outcomes.NO_OPTIPLY_ID_YET: known_id.isna()
            & ~frame["product"].isin(step.in_output).astype(bool),
        },
    )


def other_products(eans: pd.Index[Any], shop: pd.DataFrame) -> pd.DataFrame:
    """Return which product of another source an EAN is: by its remoteId, else by its eanCode.

    Args:
        eans: The EANs.
        shop: Products known from Optiply: remoteId, optiply_id, eanCode.

    Returns:
        As `own_products`.
    """
    rows = pd.concat(
        [
            pd.DataFrame(
                {
                    "key": comparable(shop[column]),
                    # A product that this shop has no remoteId of is known by its Optiply id alone.
                    "product": shop["remoteId"].fillna(shop["optiply_id"]),
                    "product_id": shop["optiply_id"],
                    "rank": rank,
                }
            )
            for rank, column in enumerate(("remoteId", "eanCode"))
        ],
        ignore_index=True,
    )
    rows = rows[rows["key"].notna() & rows["product"].notna()]
    rows = rows[rows["rank"] == rows.groupby("key")["rank"].transform("min")]
    found = rows.drop_duplicates(["key", "product"]).groupby("key")
    per_key = found.agg(
        product=("product", "min"), product_id=("product_id", "min"), products=("product", "size")
    )
    texts = pd.Series(eans, index=eans, dtype=TEXT)
    frame = per_key.reindex(comparable(texts)).set_axis(eans)
    frame = frame.assign(
        product=frame["product"].astype(TEXT), product_id=frame["product_id"].astype(TEXT)
    )
    return decide(
        frame.assign(outcome=undecided(frame)),
        {
            outcomes.UNKNOWN_PRODUCT: frame["product"].isna(),
            outcomes.AMBIGUOUS_PRODUCT: frame["products"] > 1,
            outcomes.NO_OPTIPLY_ID: frame["product_id"].isna(),
        },
    )[["product", "product_id", "outcome"]]


def with_products(items: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """Give items their product and product_id, and no_product: the reason why there is none."""
    found = products.reindex(items["ean"]).set_axis(items.index)
    reason = found["outcome"].astype(TEXT).mask(items["ean"].isna(), outcomes.NO_EAN)
    return items.assign(
        product=found["product"].astype(TEXT),
        product_id=found["product_id"].astype(TEXT),
        no_product=reason,
    )

"""Secondary flavour: finds the products of another shop that Amazon's order lines sold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from amazon_optiply_etl.inputs.identifiers import comparable, ean_rows, identifier_rows
from amazon_optiply_etl.tables.amounts import array_of
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.tables.ids import plain_texts
from amazon_optiply_etl.verdicts import outcomes
from amazon_optiply_etl.verdicts.outcomes import decide, is_open

if TYPE_CHECKING:
    from amazon_optiply_etl.config.settings import Settings


def eans_of_asins(catalog: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Return the EANs of each ASIN: those that the catalog has, else those of an earlier run.

    The catalog holds what is listed now; an order that waits may be of a listing that is gone.

    Args:
        catalog: Records of product_catalog.
        before: What earlier runs knew, as `Snapshots` have it.

    Returns:
        asin, ean and placed (null), as `Snapshots` have them; several EANs stand in one cell with blanks
        between them.
    """
    identifiers, _ = identifier_rows(catalog[is_open(catalog)])
    found = ean_rows(identifiers)[["asin", "ean"]].drop_duplicates().sort_values(["asin", "ean"])
    joined = found.groupby("asin")["ean"].agg(" ".join).reset_index()
    gone = before.loc[~before["asin"].isin(joined["asin"]), ["asin", "ean"]]
    known = pd.concat([joined, gone]).assign(placed=pd.Series(dtype=TEXT))
    return known.sort_values("asin").reset_index(drop=True).astype(TEXT)


def match_lines(
    lines: pd.DataFrame, eans: pd.DataFrame, shop: pd.DataFrame, settings: Settings
) -> pd.DataFrame:
    """Give each order line the product of the other shop that has its SKU or EAN.

    Args:
        lines: Order lines with sku, asin and `outcome`.
        eans: The EANs of ASINs, as `eans_of_asins` returns them.
        shop: Products known from Optiply: remoteId, optiply_id, skuCode, eanCode.
        settings: `optiply_key` says what is compared.

    Returns:
        The lines with `product` (what distinguishes products) and `product_id`; an outcome where there
        is none.
    """
    if settings.optiply_key == "skuCode":
        known, keys = _by_key(_plain(shop["skuCode"]), shop), _line_keys(_plain(lines["sku"]))
    else:
        known = _by_key(comparable(shop["eanCode"]), shop)
        keys = _ean_keys(lines, eans)
    found = keys.merge(known, on="key", how="inner")
    per_line = found.groupby("line").agg(
        product=("product", "min"),
        products=("product", "nunique"),
        optiply_id=("optiply_id", "min"),
    )
    per_line = per_line.reindex(lines.index)
    lines = lines.assign(product=per_line["product"], product_id=per_line["optiply_id"])
    has_key = lines.index.isin(keys["line"])
    return decide(
        lines,
        {
            outcomes.NO_KEY: ~has_key,
            outcomes.UNKNOWN_PRODUCT: lines["product"].isna(),
            outcomes.AMBIGUOUS_PRODUCT: per_line["products"] > 1,
            outcomes.NO_OPTIPLY_ID: lines["product_id"].isna(),
        },
    )


def almost_alike(skus: pd.Series[Any], shop: pd.DataFrame) -> list[str]:
    """Name the SKUs of order lines that are a shop's but for case or outer blanks, with the shop's."""
    theirs, ours = _plain(shop["skuCode"]).dropna(), _plain(skus).dropna().drop_duplicates()
    ours = ours[~ours.isin(theirs).astype(bool)]
    by_form = dict(zip(_form(theirs), theirs, strict=True))
    found = ((sku, by_form.get(form)) for sku, form in zip(ours, _form(ours), strict=True))
    return sorted(f"{sku!r} (there {other!r})" for sku, other in found if other is not None)


def _form(skus: pd.Series[Any]) -> pd.Series[Any]:
    return skus.str.strip().str.lower()


def _by_key(key: pd.Series[Any], shop: pd.DataFrame) -> pd.DataFrame:
    # Two shops may call different products by one remoteId, and one made in Optiply has none.
    product = shop["optiply_id"].fillna(shop["remoteId"])
    known = pd.DataFrame({"product": product, "optiply_id": shop["optiply_id"], "key": key})
    return known[known["key"].notna()]


def _plain(skus: pd.Series[Any]) -> pd.Series[Any]:
    """Write SKUs that pandas took for numbers (12345.0) as they were."""
    texts = pd.arrays.ArrowExtensionArray(plain_texts(array_of(skus, pa.string())))
    return pd.Series(texts, index=skus.index)


def _line_keys(key: pd.Series[Any]) -> pd.DataFrame:
    rows = pd.DataFrame({"line": key.index, "key": key})
    return rows[rows["key"].notna()]


def _ean_keys(lines: pd.DataFrame, eans: pd.DataFrame) -> pd.DataFrame:
    each = eans.assign(ean=eans["ean"].str.split(" ")).explode("ean", ignore_index=True)
    keys = each.assign(key=comparable(each["ean"].astype(TEXT)))[["asin", "key"]].drop_duplicates()
    rows = pd.DataFrame({"line": lines.index, "asin": lines["asin"]})
    return rows.merge(keys, on="asin", how="inner")[["line", "key"]]

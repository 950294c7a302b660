"""A vendor's articles for the mapping report: products by EAN, with Amazon's stock of them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from amazon_optiply_etl.config.marketplaces import country
from amazon_optiply_etl.loading.articles import ArticleRows, Origin, cells, with_values
from amazon_optiply_etl.mapping_report.articles import Article, StockFacts, StockPart
from amazon_optiply_etl.mapping_report.report import LEFT_OUT_SHOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amazon_optiply_etl.mapping_report.articles import Articles
    from amazon_optiply_etl.state.snapshots import SentRows


def of_vendor(
    table: pd.DataFrame, stock: pd.DataFrame, before: SentRows, known: pd.Index[Any]
) -> Articles:
    """Count the articles of a run, and describe the first of them.

    Args:
        table: Products with their final `outcome`.
        stock: The records of vendor_inventory that count, with `ean` and units.
        before: What was sent.
        known: remoteIds that Optiply had before the run.
    """
    found = ArticleRows.of(table, before, known)
    others = found.rows["asin"].drop_duplicates()
    others = others[~others.isin(found.there["asin"]).astype(bool)]
    chosen = pd.concat([found.first_there(), others.sort_values().iloc[:LEFT_OUT_SHOWN]])
    shown = with_values(found.rows, "asin", chosen)
    parts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for ean, marketplace, units in cells(
        with_values(stock, "ean", shown["remoteId"]),
        "ean",
        "marketplace_id",
        "sellable_on_hand_inventory_units",
    ):
        place = country(marketplace)
        parts[ean][place] = parts[ean].get(place, 0) + units

    def made_of(remote_id: str, level: int | None) -> Origin:
        counted = tuple(StockPart(place, units) for place, units in parts[remote_id].items())
        facts = StockFacts(
            level,
            fba=counted,
            in_fba=True,
            # Back orders make it 0, never less.
            was_sent=level != max(sum(each.units for each in counted), 0),
            is_vendors=True,
        )
        return (), facts

    skus = dict(cells(shown, "asin", "skuCode"))
    return found.counted(len(others), tuple(_described(found, chosen, made_of, skus)))


def _described(
    found: ArticleRows,
    asins: pd.Series[Any],
    made_of: Callable[[str, int | None], Origin],
    skus: dict[str, str],
) -> Iterator[Article]:
    for asin, name, product in found.products(asins, made_of):
        yield Article(asin, name, (skus[asin],) if skus[asin] else (), product.ean, (product,))

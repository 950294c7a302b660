"""A seller's articles for the mapping report: ASINs with their listings, products and stock."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from amazon_optiply_etl.config.marketplaces import MARKETPLACE_IDS, country
from amazon_optiply_etl.loading.articles import ArticleRows, Origin, cells, with_values
from amazon_optiply_etl.mapping_report.articles import (
    Article,
    ArticleProduct,
    Articles,
    LeftOutPlaces,
    StockFacts,
    StockPart,
)
from amazon_optiply_etl.mapping_report.report import LEFT_OUT_SHOWN
from amazon_optiply_etl.tables.matching import looked_up
from amazon_optiply_etl.verdicts import outcomes
from amazon_optiply_etl.verdicts.outcomes import is_open

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from amazon_optiply_etl.config.settings import Settings
    from amazon_optiply_etl.seller.products import Products
    from amazon_optiply_etl.state.snapshots import SentRows

_NAME = 100  # characters


def of_seller(
    products: Products,
    table: pd.DataFrame,
    before: SentRows,
    known: pd.Index[Any],
    settings: Settings,
) -> Articles:
    """Count the articles of a run, and describe the first of them.

    Args:
        products: The products with the records they were made of.
        table: Their table, and that of products that are gone, with `outcome`.
        before: What was sent.
        known: remoteIds that Optiply had before the run.
        settings: Where the stock comes from, and in which order marketplaces are named.
    """
    found = ArticleRows.of(table, before, known)
    listings = products.listings
    listings = listings[(listings["outcome"] != outcomes.SUPERSEDED).fillna(value=True)]
    others = pd.concat([found.rows["asin"], listings["asin"]]).dropna().drop_duplicates()
    others = others[~others.isin(found.there["asin"]).astype(bool)]
    chosen = pd.concat([found.first_there(), _first_elsewhere(others, listings)])
    of_chosen = _in_order(with_values(listings, "asin", chosen), settings)
    described = _described(found, chosen, of_chosen, products, settings)
    return found.counted(len(others), tuple(described))


def _first_elsewhere(others: pd.Series[Any], listings: pd.DataFrame) -> pd.Series[Any]:
    """Return the first ASINs of each reason; those without a listing in the input first."""
    if others.empty:
        return others
    left = with_values(listings, "asin", others)[["asin", "outcome"]].drop_duplicates("asin")
    unlisted = others[~others.isin(left["asin"]).astype(bool)].sort_values()
    listed = left.sort_values("asin").groupby("outcome", dropna=False).head(LEFT_OUT_SHOWN)
    shown: pd.Series[Any] = pd.concat([unlisted.iloc[:LEFT_OUT_SHOWN], listed["asin"]])
    return shown


@dataclass(slots=True)
class _Listed:
    """The listings of an article, as they are read row by row."""

    name: str | None = None
    ean: str | None = None
    skus: dict[str, None] = field(default_factory=dict)
    left_out: defaultdict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))


@dataclass(slots=True)
class _Parts:
    """What a product is made of, as it is read row by row."""

    places: dict[str, None] = field(default_factory=dict)
    fba: list[StockPart] = field(default_factory=list)
    own: list[StockPart] = field(default_factory=list)


def _described(
    found: ArticleRows,
    asins: pd.Series[Any],
    listings: pd.DataFrame,
    products: Products,
    settings: Settings,
) -> Iterator[Article]:
    listed = _listed(listings)
    remote_ids = with_values(found.rows, "asin", asins)["remoteId"]
    stocked = _in_order(with_values(products.warehouse, "product", remote_ids), settings)
    origins = {} if products.matched is None else products.matched.origins(remote_ids)
    parts = _parts(listings, stocked)

    def made_of(remote_id: str, level: int | None) -> Origin:
        own = parts.get(remote_id, _Parts())
        return tuple(own.places) or _own_place(remote_id, settings), _stock(level, own, settings)

    of_article: defaultdict[str, list[ArticleProduct]] = defaultdict(list)
    names: dict[str, str] = {}
    order = {place: rank for rank, place in enumerate(dict.fromkeys(listings["place"]))}
    made = sorted(
        found.products(asins, made_of),
        key=lambda each: order.get(next(iter(each[2].places), ""), len(order)),
    )
    for asin, name, product in made:
        ean, why = origins.get(product.remote_id, (None, None))
        own_ean = product.ean is not None and product.ean == ean
        of_article[asin].append(replace(product, ean_from=why) if own_ean else product)
        names.setdefault(asin, name)
    for asin in asins.tolist():
        own = listed.get(asin, _Listed())
        yield Article(
            asin=asin,
            name=(names.get(asin) or own.name or "")[:_NAME],
            skus=tuple(own.skus),
            ean=own.ean,
            products=tuple(of_article[asin]),
            left_out=tuple(
                LeftOutPlaces(reason, tuple(places)) for reason, places in own.left_out.items()
            ),
        )


def _in_order(records: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Sort records by marketplace, the main one first, and give them its country code as `place`."""
    order = dict.fromkeys(
        filter(None, (settings.main_marketplace, *settings.marketplaces, *MARKETPLACE_IDS))
    )
    ranks = {name: rank for rank, name in enumerate(order)}
    found = records["marketplace_id"]
    rank = looked_up(found, ranks, pa.int64()).fillna(len(ranks)).astype("int64")
    places = looked_up(found, {each: country(each) for each in found.dropna().unique()})
    records = records.assign(rank=rank, place=places)
    if rank.is_monotonic_increasing:
        return records
    return records.sort_values("rank", kind="stable")


def _listed(listings: pd.DataFrame) -> dict[str, _Listed]:
    found: defaultdict[str, _Listed] = defaultdict(_Listed)
    for asin, sku, name, ean, place, outcome in cells(
        listings, "asin", "seller_sku", "item_name", "ean", "place", "outcome"
    ):
        own = found[asin]
        own.skus[sku] = None
        own.name = own.name or name
        own.ean = own.ean or ean
        if outcome is not None:
            own.left_out[outcome][place] = None
    return found


def _parts(listings: pd.DataFrame, warehouse: pd.DataFrame) -> dict[str, _Parts]:
    found: defaultdict[str, _Parts] = defaultdict(_Parts)
    used = listings[is_open(listings)]
    for product, place in cells(used, "product", "place"):
        found[product].places[place] = None
    repeats = (used["own"] == 0) & (used["quantity"] > 0)
    own = used[used["own"].notna()].assign(units=used["own"], repeats=repeats)
    for product, part in _stock_parts(own, "seller_sku"):
        found[product].own.append(part)
    counted = warehouse[is_open(warehouse)]
    if counted.empty:
        return found
    repeats = counted["is_pooled"] & (counted["units"] == 0)
    for product, part in _stock_parts(counted.assign(repeats=repeats), "sku"):
        found[product].fba.append(part)
    return found


def _stock_parts(rows: pd.DataFrame, sku: str) -> Iterator[tuple[str, StockPart]]:
    """Yield each product and the units of a row, with the marketplaces that show them once more.

    Args:
        rows: Rows with product, place, units and `repeats`, of those that show a SKU's units again.
        sku: Name of the column of SKUs.
    """
    again: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    counted = []
    for product, name, place, units, repeats in cells(
        rows, "product", sku, "place", "units", "repeats"
    ):
        if repeats:
            again[product, name].append(place)
        else:
            counted.append((product, name, place, units))
    for product, name, place, units in counted:
        yield product, StockPart(place, units, tuple(again[product, name]) if units else ())


def _own_place(remote_id: str, settings: Settings) -> tuple[str, ...]:
    """Return the marketplace that a remoteId names, where each has products of its own."""
    return (country(remote_id.rpartition("_")[2]),) if settings.per_marketplace else ()


def _stock(level: int | None, parts: _Parts, settings: Settings) -> StockFacts:
    return StockFacts(
        level=level,
        fba=tuple(_summed(parts.fba)),
        own=tuple(_summed(parts.own)),
        in_fba=sum(each.units for each in parts.fba) != 0,
        source_is_own=settings.second_flavour,
        was_sent=not parts.places,
    )


def _summed(parts: Iterable[StockPart]) -> Iterator[StockPart]:
    """Make one part of those of a marketplace."""
    units: defaultdict[str, int] = defaultdict(int)
    again: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for each in parts:
        units[each.place] += each.units
        again[each.place] |= dict.fromkeys(each.also_shown_in)
    return (StockPart(place, count, tuple(again[place])) for place, count in units.items())

"""A seller's articles for the mapping report: ASINs with their listings, products and stock."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from amazon_optiply_etl.config.marketplaces import MARKETPLACE_IDS, country
from amazon_optiply_etl.mapping_report.articles import (
    Article,
    ArticleProduct,
    Articles,
    Change,
    LeftOutPlaces,
    StockFacts,
    StockPart,
)
from amazon_optiply_etl.mapping_report.report import KEPT_SHOWN, LEFT_OUT_SHOWN
from amazon_optiply_etl.optiply.entities import PRODUCTS
from amazon_optiply_etl.seller.listings import marketplace_of
from amazon_optiply_etl.state.snapshots import as_text
from amazon_optiply_etl.tables.matching import mapped
from amazon_optiply_etl.verdicts import outcomes
from amazon_optiply_etl.verdicts.outcomes import DONE_BEFORE, GOES_OUT, is_open

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from amazon_optiply_etl.config.settings import Settings
    from amazon_optiply_etl.seller.products import Products
    from amazon_optiply_etl.state.snapshots import SentRows

_COMPARED = ("name", "skuCode", "eanCode", "articleCode", "price", "stockLevel", "status")
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
    rows = table.assign(
        asin=table["articleCode"].fillna(table["remoteId"]),
        is_new=~table["remoteId"].isin(known).astype(bool),
        is_held=~table["outcome"].isin([GOES_OUT, *DONE_BEFORE]).astype(bool),
    )
    sent_status = mapped(rows["remoteId"], before.frame.set_index("remoteId")["status"])
    status = rows["status"].mask(rows["is_held"], sent_status.fillna(rows["status"]))
    enabled = (status == "enabled").fillna(value=False).astype(bool)
    there = rows[enabled & ~(rows["is_held"] & rows["is_new"])]
    listings = products.listings
    listings = listings[(listings["outcome"] != outcomes.SUPERSEDED).fillna(value=True)]
    others = pd.concat([rows["asin"], listings["asin"]]).dropna().drop_duplicates()
    others = others[~others.isin(there["asin"]).astype(bool)]
    sent = there["outcome"] == GOES_OUT
    chosen = pd.concat([_first_there(there), _first_elsewhere(others, listings)])
    return Articles(
        there=int(there["asin"].nunique()),
        elsewhere=len(others),
        new=int(there.loc[there["is_new"], "asin"].nunique()),
        changed=int(there.loc[sent & ~there["is_new"], "asin"].nunique()),
        without_stock=int(there.loc[(there["stockLevel"] == 0).astype(bool), "asin"].nunique()),
        shown=tuple(
            _described(
                chosen.tolist(),
                _of(rows, "asin", chosen),
                _of(listings, "asin", chosen),
                products.warehouse,
                before=before,
                settings=settings,
            )
        ),
    )


def _of(frame: pd.DataFrame, column: str, wanted: pd.Series[Any]) -> pd.DataFrame:
    return frame[frame[column].isin(wanted).astype(bool)]


def _first_there(there: pd.DataFrame) -> pd.Series[Any]:
    """Return the first ASINs: what is held, new, out of stock and changed comes first."""
    rank = pd.Series(4, index=there.index)
    for place, holds in (
        (3, there["outcome"] == GOES_OUT),
        (2, there["stockLevel"] == 0),
        (1, there["is_new"]),
        (0, there["is_held"]),
    ):
        rank = rank.mask(holds.fillna(value=False).astype(bool), place)
    ordered = there["asin"].to_frame().assign(rank=rank).sort_values(["rank", "asin"])
    return ordered["asin"].drop_duplicates().iloc[:KEPT_SHOWN]


def _first_elsewhere(others: pd.Series[Any], listings: pd.DataFrame) -> pd.Series[Any]:
    """Return the first ASINs of each reason; those without a listing in the input first."""
    left = _of(listings, "asin", others)[["asin", "outcome"]].drop_duplicates("asin")
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
    asins: list[str],
    rows: pd.DataFrame,
    listings: pd.DataFrame,
    warehouse: pd.DataFrame,
    *,
    before: SentRows,
    settings: Settings,
) -> Iterator[Article]:
    listings = _in_order(listings, settings)
    listed = _listed(listings)
    parts = _parts(listings, _in_order(_of(warehouse, "product", rows["remoteId"]), settings))
    of_article: defaultdict[str, list[ArticleProduct]] = defaultdict(list)
    names: dict[str, str] = {}
    order = {place: rank for rank, place in enumerate(dict.fromkeys(listings["place"]))}
    made = sorted(
        _products(rows, parts, before, settings),
        key=lambda each: order.get(next(iter(each[2].places), ""), len(order)),
    )
    for asin, name, product in made:
        of_article[asin].append(product)
        names.setdefault(asin, name)
    for asin in asins:
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
    rank = found.map(ranks).fillna(len(ranks)).astype("int64")
    places = found.map({each: country(each) for each in found.dropna().unique()})
    return records.assign(rank=rank, place=places).sort_values("rank", kind="stable")


def _listed(listings: pd.DataFrame) -> dict[str, _Listed]:
    found: defaultdict[str, _Listed] = defaultdict(_Listed)
    for asin, sku, name, ean, place, outcome in _cells(
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
    for product, place in _cells(used, "product", "place"):
        found[product].places[place] = None
    repeats = (used["own"] == 0) & (used["quantity"] > 0)
    own = used[used["own"].notna()].assign(units=used["own"], repeats=repeats)
    for product, part in _stock_parts(own, "seller_sku"):
        found[product].own.append(part)
    counted = warehouse[is_open(warehouse)]
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
    for product, name, place, units, repeats in _cells(
        rows, "product", sku, "place", "units", "repeats"
    ):
        if repeats:
            again[product, name].append(place)
        else:
            counted.append((product, name, place, units))
    for product, name, place, units in counted:
        yield product, StockPart(place, units, tuple(again[product, name]) if units else ())


def _products(
    rows: pd.DataFrame, parts: dict[str, _Parts], before: SentRows, settings: Settings
) -> Iterator[tuple[str, str, ArticleProduct]]:
    """Yield the ASIN, the name and the facts of each product."""
    now = as_text(PRODUCTS, rows)
    sent = _of(before.frame, "remoteId", rows["remoteId"])
    of_before = {
        remote_id: dict(zip(_COMPARED, cells, strict=True))
        for remote_id, *cells in _cells(sent, "remoteId", *_COMPARED)
    }
    places = marketplace_of(rows["remoteId"]) if settings.per_marketplace else None
    alone = [country(each) for each in places] if places is not None else [None] * len(rows)
    for place, asin, is_new, is_held, outcome, remote_id, optiply_id, *cells in zip(
        alone,
        *_columns(rows, "asin", "is_new", "is_held", "outcome"),
        *_columns(now, "remoteId", "optiply_id", *_COMPARED),
        strict=True,
    ):
        values = dict(zip(_COMPARED, cells, strict=True))
        previous = of_before.get(remote_id)
        shown = previous if is_held and previous else values
        own = parts.get(remote_id, _Parts())
        yield (
            asin,
            shown["name"] or values["name"] or "",
            ArticleProduct(
                remote_id=remote_id,
                places=tuple(own.places) or ((place,) if place else ()),
                outcome=outcome,
                is_enabled=shown["status"] != "disabled",
                optiply_id=optiply_id,
                is_new=is_new,
                price=shown["price"],
                ean=shown["eanCode"],
                stock=_stock(shown["stockLevel"], own, settings, was_sent=shown is not values),
                changes=_changes(previous, values) if outcome == GOES_OUT and previous else (),
            ),
        )


def _stock(level: str | None, parts: _Parts, settings: Settings, *, was_sent: bool) -> StockFacts:
    return StockFacts(
        level=None if level is None else int(level),
        fba=tuple(_summed(parts.fba)),
        own=tuple(_summed(parts.own)),
        in_fba=sum(each.units for each in parts.fba) != 0,
        source_is_own=settings.second_flavour,
        was_sent=was_sent or not parts.places,
    )


def _summed(parts: Iterable[StockPart]) -> Iterator[StockPart]:
    """Make one part of those of a marketplace."""
    units: defaultdict[str, int] = defaultdict(int)
    again: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for each in parts:
        units[each.place] += each.units
        again[each.place] |= dict.fromkeys(each.also_shown_in)
    return (StockPart(place, count, tuple(again[place])) for place, count in units.items())


def _changes(before: dict[str, str | None], now: dict[str, str | None]) -> tuple[Change, ...]:
    return tuple(
        Change(name, before[name], now[name])
        for name in _COMPARED
        if (before[name] or None) != (now[name] or None)
    )


def _cells(frame: pd.DataFrame, *names: str) -> Iterator[tuple[Any, ...]]:
    return zip(*_columns(frame, *names), strict=True)


def _columns(frame: pd.DataFrame, *names: str) -> list[list[Any]]:
    """Return columns as lists, with None where a cell is missing."""
    return [frame[name].astype(object).where(frame[name].notna(), None).tolist() for name in names]

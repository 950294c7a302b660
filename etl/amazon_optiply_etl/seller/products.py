"""From listings, FBA stock and catalog to Optiply's products."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl.config.marketplaces import CURRENCIES, country
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.inputs.identifiers import ean_rows, identifier_rows
from amazon_optiply_etl.inputs.streams import LISTINGS, WAREHOUSE
from amazon_optiply_etl.optiply.limits import LARGEST_NUMBER, LONGEST_TEXT
from amazon_optiply_etl.seller.code_matches import KnownEans, MatchedEans, match_eans
from amazon_optiply_etl.seller.listings import (
    Demand,
    by_amazon,
    in_fixed_order,
    in_scope,
    marketplace_of,
    remote_ids,
    with_outcomes,
    with_products,
)
from amazon_optiply_etl.seller.stock import (
    fba_outcomes,
    stock_levels,
    stock_notes,
    unread_own_stock,
    with_own_units,
    with_units,
)
from amazon_optiply_etl.tables.amounts import array_of, hundredths
from amazon_optiply_etl.tables.columns import by_key
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.tables.matching import first_known, known, looked_up, mapped
from amazon_optiply_etl.tables.plain_text import on_one_line
from amazon_optiply_etl.tables.side_by_side import beside
from amazon_optiply_etl.verdicts import notes, outcomes
from amazon_optiply_etl.verdicts.outcomes import NO_LISTINGS, NO_STOCK, is_open

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from amazon_optiply_etl.config.settings import Settings
    from amazon_optiply_etl.state.snapshots import SentRows

_MANY = 50_000
"""Listings from which what is noted of them is found beside."""
_UNREADABLE = pa.array(
    outcomes.UNREADABLE.format(name, kind.value)
    for stream in (LISTINGS, WAREHOUSE)
    for name, kind in stream.columns.items()
)


@dataclass(frozen=True, slots=True)
class Products:
    """Optiply's products and what became of the records they were made of.

    Attributes:
        table: One row a product, sorted by remoteId: remoteId, name, skuCode, eanCode, articleCode,
            price (integer hundredths), stockLevel, unlimitedStock, status.
        listings: The listing records with `product` (a remoteId), `ean` (that of the product), `own`
            (the units it stands for) and `outcome`, open where used.
        warehouse: The records of warehouse_inventory with `product`, `units` and `outcome`.
        notes: What a reader should know, as note -> ids.
        matched: The EANs that are taken from asin_matches; null without the flag `eans_from_matches`.
    """

    table: pd.DataFrame
    listings: pd.DataFrame
    warehouse: pd.DataFrame
    notes: Mapping[str, list[str]]
    matched: MatchedEans | None = None


def build_products(
    listings: pd.DataFrame,
    warehouse: pd.DataFrame,
    catalog: pd.DataFrame,
    settings: Settings,
    demand: Demand | None = None,
    *,
    matches: pd.DataFrame | None = None,
    sent: pd.DataFrame | None = None,
) -> Products:
    """Make a product of the listings of each ASIN (in each marketplace, with `marketplaces`).

    It is made of those that are for sale; else of those that are sold out, where it is wanted.

    Args:
        listings: Records of products_inventory with `outcome`.
        warehouse: Records of warehouse_inventory with `outcome`.
        catalog: Records of product_catalog with `outcome`.
        settings: Which marketplaces, and where the stock comes from.
        demand: Which products are wanted though they are sold out; none without it.
        matches: Records of asin_matches with `outcome`, where products take EANs from them.
        sent: The snapshot of products, which says what EANs Optiply has.
    """
    rows, broken = identifier_rows(catalog[is_open(catalog)])
    identifiers = _of_products(rows, settings)
    eans = ean_rows(identifiers)
    best = _best_eans(eans)
    best_eans = best["ean"]
    listings = with_products(listings, settings)
    matched = None
    if matches is not None and sent is not None:
        known_eans = KnownEans(eans, _products_of(catalog, settings), sent)
        matched = match_eans(matches, listings, known_eans, settings)
        best_eans = pd.concat([best_eans, matched.eans])
    warehouse = with_units(warehouse, listings, settings)
    listings = with_outcomes(listings, warehouse, best_eans, demand or Demand(), settings)
    used = with_own_units(in_fixed_order(listings[is_open(listings)], settings), settings)
    warehouse = fba_outcomes(warehouse, used, settings)
    is_first = ~used["product"].duplicated().to_numpy(bool)
    first = pd.Series(
        used["asin"].array[is_first],
        index=pd.Index(used["product"].array[is_first], name="product"),
    ).sort_index()
    own_eans = eans[eans["product"].isin(first.index)]
    prices = _prices(used, settings)
    noted = partial(
        _notes, used, warehouse, own_eans, identifiers, settings, best=best, prices=prices
    )
    with beside(noted, is_long=len(used) >= _MANY) as found_notes:
        table = pd.DataFrame(
            {
                "name": _optiply_name(used.groupby("product", sort=True)["item_name"].first()),
                "skuCode": _sku_codes(used, identifiers),
                "eanCode": best_eans.reindex(first.index),
                "articleCode": first,
                "price": hundredths(prices.reindex(first.index)),
                "stockLevel": stock_levels(used, warehouse).reindex(first.index),
            },
            index=first.index,
        )
        table = table.assign(unlimitedStock=False, status="enabled")
        listings = listings.assign(ean=mapped(listings["product"], best_eans), own=used["own"])
        product_notes = found_notes()
    return Products(
        table=table.rename_axis("remoteId").reset_index(),
        listings=listings,
        warehouse=warehouse,
        notes=product_notes
        | ({notes.BROKEN_IDENTIFIERS: sorted(set(broken))} if broken else {})
        | (_note_of_matched(matched, first.index) if matched else {}),
        matched=matched,
    )


def held_back(
    products: Products, before: SentRows, in_part: Collection[str], settings: Settings
) -> pd.Series[Any]:
    """Return which products stay as they were, because what they are made of is missing or unusable.

    The tap leaves out a report that Amazon did not deliver. Stock must not become 0 for that, nor name
    and price another marketplace's.

    Args:
        products: The products of this run.
        before: What was sent.
        in_part: Marketplaces of which not all listings could be read.
        settings: What a remoteId is, and where the stock comes from.

    Returns:
        remoteId -> reason.

    Raises:
        EtlError: it is the first run, which has nothing to keep.
    """
    listings, warehouse, table = products.listings, products.warehouse, products.table
    used = listings[is_open(listings)]
    in_stock_report = used["marketplace_id"].isin(warehouse["marketplace_id"]).astype(bool)
    unknown_stock = by_amazon(used) & ~in_stock_report
    unread = unread_products(listings, used["product"])
    too_much = table.loc[(table["stockLevel"].abs() > LARGEST_NUMBER).astype(bool), "remoteId"]
    reasons = [
        _reasons(outcomes.UNREAD_LISTING, unread),
        _reasons(outcomes.UNREAD_QUANTITY, unread_own_stock(used, warehouse)),
    ]
    if not settings.second_flavour:
        unread_stock = pd.concat(
            [unread_products(warehouse, used["product"]), _without_quantity(products)]
        )
        reasons.append(_reasons(outcomes.UNREAD_STOCK, unread_stock))
    reasons.append(_reasons(outcomes.TOO_MUCH_STOCK, too_much))
    if in_part:
        sent = before.frame["remoteId"]
        if settings.per_marketplace:
            sent = sent[marketplace_of(sent).isin(list(in_part)).astype(bool)]
        places = ", ".join(sorted(map(country, in_part)))
        reasons.append(_reasons(outcomes.LISTINGS_IN_PART.format(places), sent))
    listed = warehouse["marketplace_id"].isin(listings["marketplace_id"]).astype(bool)
    unlisted = in_scope(warehouse, settings) & ~listed
    if unlisted.any() and not settings.per_marketplace:
        reasons.append(_reasons(NO_LISTINGS, before.frame["remoteId"]))
    if not settings.second_flavour and unknown_stock.any():
        if before.frame.empty:
            places = ", ".join(sorted(set(used.loc[unknown_stock, "marketplace_id"])))
            raise EtlError(
                f"There is no {WAREHOUSE.name} of {places} in the input, so the stock of listings that "
                "Amazon fulfils is not known; have the tap sync it, or let second_flavour take stock "
                "from the listings."
            )
        reasons.insert(0, _reasons(NO_STOCK, used.loc[unknown_stock, "product"]))
    return first_known(*reasons)


def _without_quantity(products: Products) -> pd.Series[Any]:
    """Return the products of FBA rows without a quantity; where it alone is missing, the own one stands.

    A quantity that was not read is never 0, and of several rows it leaves no sum.
    """
    warehouse, table = products.warehouse, products.table
    without = (warehouse["outcome"] == outcomes.NO_QUANTITY).to_numpy(bool, na_value=False)
    found = warehouse["product"][without]
    if found.empty:
        return found
    counted = warehouse.loc[is_open(warehouse), "product"]
    empty = table.loc[(table["stockLevel"] == 0).astype(bool), "remoteId"]
    return found[found.isin(pd.concat([counted, empty])).astype(bool)]


def unread_products(records: pd.DataFrame, of: pd.Series[Any] | None = None) -> pd.Series[Any]:
    """Return the products of listings or stock rows that cannot be read, all or those among `of`."""
    outcome = array_of(records["outcome"], pa.string())
    unreadable = pc.is_in(outcome, value_set=_UNREADABLE).to_numpy(zero_copy_only=False)
    found: pd.Series[Any] = records["product"][unreadable].dropna()
    return found if of is None else found[found.isin(of).astype(bool)]


def _reasons(reason: str, products: pd.Series[Any]) -> pd.Series[Any]:
    return pd.Series(reason, index=pd.Index(products.unique(), dtype=TEXT), dtype=TEXT)


def _prices(used: pd.DataFrame, settings: Settings) -> pd.Series[Any]:
    """Return the price of each product, of the first listing in order whose currency is the right one.

    Optiply knows no currencies. The main marketplace's is the right one; without a main marketplace, and
    where every marketplace has products of its own, it is that of the product's first listing.
    """
    currency = looked_up(used["marketplace_id"], CURRENCIES)
    wanted: Any
    if settings.main_marketplace and not settings.per_marketplace:
        wanted = CURRENCIES[settings.main_marketplace]
    else:
        wanted = currency.groupby(used["product"]).transform("first")
    rows = used[(currency == wanted).fillna(value=False).astype(bool)].drop_duplicates("product")
    return _possible(by_key(rows, "product", "price"))


def _sku_codes(used: pd.DataFrame, identifiers: pd.DataFrame) -> pd.Series[Any]:
    """Return the SKU of each product: the catalog's where it is a listing's, else the first one."""
    first = used.groupby("product")["seller_sku"].min()
    of_sku = (identifiers["type"] == "SKU").to_numpy(bool, na_value=False)
    if not of_sku.any():
        return first
    given = identifiers.loc[of_sku, ["product", "identifier"]]
    own = used[["product", "seller_sku"]].drop_duplicates()
    confirmed = own.merge(
        given, left_on=["product", "seller_sku"], right_on=["product", "identifier"]
    )
    return confirmed.groupby("product")["seller_sku"].min().reindex(first.index).fillna(first)


def _of_products(identifiers: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    rows = identifiers[in_scope(identifiers, settings)]
    return rows.assign(product=remote_ids(rows["asin"], rows["marketplace_id"], settings))


def _products_of(catalog: pd.DataFrame, settings: Settings) -> pd.Series[Any]:
    """Return the remoteIds whose catalog record is in the input."""
    rows = catalog[is_open(catalog)]
    rows = rows[in_scope(rows, settings)]
    return remote_ids(rows["asin"], rows["marketplace_id"], settings)


def _note_of_matched(matched: MatchedEans, products: pd.Index[Any]) -> dict[str, list[str]]:
    """Name the products whose EAN is that of a match, each with the EAN and the reason before it."""
    used = matched.taken[matched.taken.index.isin(products)]
    found = (used["ean"] + " (" + used["why"] + ") " + used.index.to_series()).tolist()
    return {notes.EAN_MATCHED: found} if found else {}


def _best_eans(eans: pd.DataFrame) -> pd.DataFrame:
    if len(eans):
        eans = eans.sort_values(["product", "rank", "ean"]).drop_duplicates("product")
    return eans.set_index("product")


def _possible(prices: pd.Series[Any]) -> pd.Series[Any]:
    """Keep the prices that Optiply takes: none is below 0."""
    return prices.where((prices >= 0).fillna(value=False).astype(bool))


def _optiply_name(names: pd.Series[Any]) -> pd.Series[Any]:
    return on_one_line(names).str.slice(0, LONGEST_TEXT)


def _notes(
    used: pd.DataFrame,
    warehouse: pd.DataFrame,
    eans: pd.DataFrame,
    identifiers: pd.DataFrame,
    settings: Settings,
    *,
    best: pd.DataFrame,
    prices: pd.Series[Any],
) -> dict[str, list[str]]:
    several_eans, mended = _ean_notes(eans, best) if len(eans) else ([], [])
    skus = used.groupby("product")["seller_sku"].nunique()
    settled = identifiers.loc[identifiers["type"] == "SKU", "product"]
    ambiguous = skus[(skus > 1) & ~skus.index.isin(settled)]
    long_names = used.loc[
        (used["item_name"].str.len() > LONGEST_TEXT).fillna(value=False), "product"
    ]
    without_stock = used.loc[
        by_amazon(used) & ~used["product"].isin(warehouse.loc[is_open(warehouse), "product"]),
        "product",
    ]
    unpriced = used.loc[~used["product"].isin(known(prices).index).astype(bool), "product"]
    found = {
        notes.SEVERAL_SKUS: list(ambiguous.index),
        notes.SEVERAL_EANS: several_eans,
        notes.EAN_MENDED: mended,
        notes.NO_PRICE: sorted(unpriced.unique().tolist()),
        notes.NAME_CUT: sorted(long_names.unique().tolist()),
        notes.NOT_IN_WAREHOUSE: []
        if settings.second_flavour
        else sorted(without_stock.unique().tolist()),
    }
    return stock_notes(used, warehouse, settings) | {
        note: ids for note, ids in found.items() if ids
    }


def _ean_notes(eans: pd.DataFrame, best: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the products with several EANs of the best type, and those whose EAN got its zeros back."""
    best = best[best.index.isin(eans["product"])]
    rivals = eans[eans["rank"] == eans["product"].map(best["rank"])]
    several = rivals.groupby("product")["ean"].nunique()
    return list(several[several > 1].index), list(best[best["padded"]].index)

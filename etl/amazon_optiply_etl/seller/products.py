"""From listings, FBA stock and catalog to Optiply's products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from amazon_optiply_etl.config.marketplaces import CURRENCIES, MARKETPLACE_IDS, country
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.inputs.identifiers import ean_rows, identifier_rows
from amazon_optiply_etl.inputs.streams import LISTINGS, WAREHOUSE
from amazon_optiply_etl.tables.amounts import hundredths
from amazon_optiply_etl.tables.dtypes import TEXT, WHOLE
from amazon_optiply_etl.tables.matching import known, mapped
from amazon_optiply_etl.tables.plain_text import on_one_line
from amazon_optiply_etl.verdicts import notes, outcomes
from amazon_optiply_etl.verdicts.outcomes import NO_LISTINGS, NO_STOCK, decide, is_open

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from amazon_optiply_etl.config.settings import Settings
    from amazon_optiply_etl.state.snapshots import SentRows

NAME_LENGTH = 255  # Optiply's limit
_ASIN = "[A-Za-z0-9]{10}"  # other texts stand for "none", such as nan
MOST_STOCK = 9_999_999  # Optiply's limit
_UNREADABLE = tuple(
    outcomes.UNREADABLE.format(name, kind.value)
    for stream in (LISTINGS, WAREHOUSE)
    for name, kind in stream.columns.items()
)


@dataclass(frozen=True, slots=True)
class Products:
    """Optiply's products and what became of the records they were made of.

    Attributes:
        table: One row a product, sorted by remoteId: remoteId, name, skuCode, eanCode, articleCode,
            price (whole hundredths), stockLevel, unlimitedStock, status.
        listings: The listing records with `product` (a remoteId), `ean` (that of the product) and
            `outcome`, open where used.
        warehouse: The same of warehouse_inventory.
        notes: What a reader should know, as note -> ids.
    """

    table: pd.DataFrame
    listings: pd.DataFrame
    warehouse: pd.DataFrame
    notes: Mapping[str, list[str]]


def remote_ids(
    asins: pd.Series[Any], marketplaces: pd.Series[Any], settings: Settings
) -> pd.Series[Any]:
    """Return each remoteId: ``{ASIN}_{marketplaceId}`` with `marketplaces`, else the ASIN."""
    return asins + "_" + marketplaces if settings.per_marketplace else asins


def marketplace_of(remote_ids: pd.Series[Any]) -> pd.Series[Any]:
    """Return the marketplace id of each remoteId, the reverse of `remote_ids` with `marketplaces`."""
    return remote_ids.str.extract(r"_([A-Z0-9]+)$", expand=False)


def in_scope(frame: pd.DataFrame, settings: Settings) -> pd.Series[bool]:
    """Tell which records belong to the marketplaces asked for; without any, all do."""
    if not settings.marketplaces:
        return pd.Series(data=True, index=frame.index)
    return frame["marketplace_id"].isin(settings.marketplaces).astype(bool)


def build_products(
    listings: pd.DataFrame, warehouse: pd.DataFrame, catalog: pd.DataFrame, settings: Settings
) -> Products:
    """Make a product of the active listings of each ASIN (in each marketplace, with `marketplaces`).

    Args:
        listings: Records of products_inventory with `outcome`.
        warehouse: Records of warehouse_inventory with `outcome`.
        catalog: Records of product_catalog with `outcome`.
        settings: Which marketplaces, and where the stock comes from.
    """
    listings = _with_outcomes(_with_products(listings, settings), settings)
    used = _in_fixed_order(listings[is_open(listings)], settings)
    warehouse = _stock_outcomes(warehouse, listings, used, settings)
    rows, broken = identifier_rows(catalog[is_open(catalog)])
    identifiers = _of_products(rows, settings)
    eans = ean_rows(identifiers)
    best_eans = _best_eans(eans)["ean"]
    by_product = used.groupby("product", sort=True)
    first = used.drop_duplicates("product").set_index("product").sort_index()
    table = pd.DataFrame(
        {
            "name": _optiply_name(by_product["item_name"].first()),
            "skuCode": _sku_codes(used, identifiers),
            "eanCode": best_eans.reindex(first.index),
            "articleCode": first["asin"],
            "price": hundredths(_prices(used, settings).reindex(first.index)),
            "stockLevel": _stock_levels(used, warehouse).reindex(first.index),
        },
        index=first.index,
    )
    table = table.assign(unlimitedStock=False, status="enabled")
    return Products(
        table=table.rename_axis("remoteId").reset_index(),
        listings=listings.assign(ean=mapped(listings["product"], best_eans)),
        warehouse=warehouse,
        notes=_notes(
            used, warehouse, eans[eans["product"].isin(first.index)], identifiers, settings
        )
        | ({notes.BROKEN_IDENTIFIERS: sorted(set(broken))} if broken else {}),
    )


def _with_products(listings: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    # Amazon's product-id-type 1 says that product-id is the ASIN.
    kinds = listings["product_id_type"].str.removesuffix(".0")
    by_id = listings["product_id"].where(kinds.isin(["1", "ASIN"]))
    asin1, by_id = (
        texts.where(texts.str.fullmatch(_ASIN).fillna(value=False).astype(bool))
        for texts in (listings["asin1"], by_id)
    )
    asin = asin1.fillna(by_id)
    return listings.assign(
        asin=asin, product=remote_ids(asin, listings["marketplace_id"], settings)
    )


def _with_outcomes(listings: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    listings = decide(
        listings,
        {
            outcomes.OTHER_MARKETPLACE: ~in_scope(listings, settings),
            outcomes.NOT_ACTIVE: ~(listings["status"].str.strip().str.lower() == "active").fillna(
                value=False
            ),
            outcomes.NO_ASIN: listings["asin"].isna(),
        },
    )
    named = listings.loc[is_open(listings) & listings["item_name"].notna(), "product"]
    return decide(listings, {outcomes.NO_NAME: ~listings["product"].isin(named).astype(bool)})


def _in_fixed_order(used: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Sort listings by product, the main marketplace first, then by marketplace and SKU."""
    order = (settings.main_marketplace, *settings.marketplaces, *MARKETPLACE_IDS)
    ranks = {name: rank for rank, name in reversed(list(enumerate(order)))}
    rank = used["marketplace_id"].map(ranks).fillna(len(order)).astype("int64")
    return used.assign(rank=rank).sort_values(["product", "rank", "marketplace_id", "seller_sku"])


def _stock_outcomes(
    warehouse: pd.DataFrame, listings: pd.DataFrame, used: pd.DataFrame, settings: Settings
) -> pd.DataFrame:
    """Give each FBA stock row its product and quantity, or the reason why it does not count.

    Local quantity counts where the report splits local and remote: the stock that EU marketplaces share
    is the local stock of one of them only.
    """
    current = listings[listings["outcome"].fillna("") != outcomes.SUPERSEDED]
    asin_of = current.drop_duplicates(["marketplace_id", "seller_sku"], keep="last").set_index(
        ["marketplace_id", "seller_sku"]
    )["asin"]
    keys = pd.MultiIndex.from_frame(warehouse[["marketplace_id", "sku"]])
    listed = pd.Series(asin_of.reindex(keys).to_numpy(), index=warehouse.index, dtype=TEXT)
    asin = warehouse["asin"].fillna(listed)
    local = warehouse["afn_fulfillable_quantity_local"]
    # Where a report splits a SKU's stock, a row without its local part is that of other countries.
    split = local.notna().groupby(warehouse["sku"]).transform("any")
    units = local.fillna(warehouse["afn_total_quantity"].mask(split, 0))
    rows = warehouse.assign(
        product=remote_ids(asin, warehouse["marketplace_id"], settings), units=units
    )
    return decide(
        rows,
        {
            outcomes.OTHER_STOCK_SOURCE: pd.Series(settings.second_flavour, index=rows.index),
            outcomes.OTHER_MARKETPLACE: ~in_scope(rows, settings),
            outcomes.NO_PRODUCT: ~rows["product"].isin(used["product"]).astype(bool),
            outcomes.NO_QUANTITY: rows["units"].isna(),
        },
    )


def held_back(
    products: Products, before: SentRows, in_part: Collection[str], settings: Settings
) -> pd.Series[Any]:
    """Tell which products stay as they were, because what they are made of is missing or unusable.

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
    by_amazon = used["fulfillment_channel"].str.upper().str.startswith("AMAZON").fillna(value=False)
    in_stock_report = used["marketplace_id"].isin(warehouse["marketplace_id"])
    unknown_stock = used[by_amazon.astype(bool) & ~in_stock_report.astype(bool)]
    unread = unread_products(listings, used["product"])
    too_much = table.loc[(table["stockLevel"].abs() > MOST_STOCK).astype(bool), "remoteId"]
    reasons = _reasons(outcomes.UNREAD_LISTING, unread)
    if not settings.second_flavour:
        unread_stock = unread_products(warehouse, used["product"])
        reasons = reasons.combine_first(_reasons(outcomes.UNREAD_STOCK, unread_stock))
    reasons = reasons.combine_first(_reasons(outcomes.TOO_MUCH_STOCK, too_much))
    if in_part:
        sent = before.frame["remoteId"]
        if settings.per_marketplace:
            sent = sent[marketplace_of(sent).isin(list(in_part)).astype(bool)]
        places = ", ".join(sorted(map(country, in_part)))
        reasons = reasons.combine_first(_reasons(outcomes.LISTINGS_IN_PART.format(places), sent))
    stocked = warehouse[in_scope(warehouse, settings)]
    unlisted = stocked[~stocked["marketplace_id"].isin(listings["marketplace_id"]).astype(bool)]
    if len(unlisted) and not settings.per_marketplace:
        reasons = reasons.combine_first(_reasons(NO_LISTINGS, before.frame["remoteId"]))
    if not settings.second_flavour and len(unknown_stock):
        if before.frame.empty:
            places = ", ".join(sorted(set(unknown_stock["marketplace_id"])))
            raise EtlError(
                f"There is no {WAREHOUSE.name} of {places} in the input, so the stock of listings that "
                "Amazon fulfils is not known; have the tap sync it, or let second_flavour take stock "
                "from the listings."
            )
        reasons = _reasons(NO_STOCK, unknown_stock["product"]).combine_first(reasons)
    return reasons.astype(TEXT)


def unread_products(records: pd.DataFrame, of: pd.Series[Any] | None = None) -> pd.Series[Any]:
    """Return the products of listings or stock rows that cannot be read, all or those among `of`."""
    found = records.loc[records["outcome"].isin(_UNREADABLE).astype(bool), "product"].dropna()
    return found if of is None else found[found.isin(of).astype(bool)]


def _reasons(reason: str, products: pd.Series[Any]) -> pd.Series[Any]:
    return pd.Series(reason, index=pd.Index(products.unique(), dtype=TEXT), dtype=TEXT)


def _prices(used: pd.DataFrame, settings: Settings) -> pd.Series[Any]:
    """Return the price of each product, of the first listing in order whose currency is the right one.

    Optiply knows no currencies. The main marketplace's is the right one; without a main marketplace, and
    where every marketplace has products of its own, it is that of the product's first listing.
    """
    currency = used["marketplace_id"].map(CURRENCIES)
    wanted = currency.groupby(used["product"]).transform("first")
    if settings.main_marketplace and not settings.per_marketplace:
        wanted = pd.Series(CURRENCIES[settings.main_marketplace], index=used.index)
    rows = used[(currency == wanted).fillna(value=False).astype(bool)].drop_duplicates("product")
    return _possible(rows.set_index("product")["price"])


def _stock_levels(used: pd.DataFrame, warehouse: pd.DataFrame) -> pd.Series[Any]:
    """Sum the stock of each product; where that is 0, the listings' own quantity stands in."""
    own = used.groupby("product")["quantity"].sum()
    counted = warehouse[is_open(warehouse)]
    level = counted.groupby("product")["units"].sum().reindex(own.index).fillna(0).astype(WHOLE)
    return level.mask(level == 0, own.fillna(0))


def _sku_codes(used: pd.DataFrame, identifiers: pd.DataFrame) -> pd.Series[Any]:
    """Return the SKU of each product: the catalog's where it is a listing's, else the first one."""
    own = used[["product", "seller_sku"]].drop_duplicates()
    given = identifiers.loc[identifiers["type"] == "SKU", ["product", "identifier"]]
    confirmed = own.merge(
        given, left_on=["product", "seller_sku"], right_on=["product", "identifier"]
    )
    first = own.groupby("product")["seller_sku"].min()
    return confirmed.groupby("product")["seller_sku"].min().reindex(first.index).fillna(first)


def _of_products(identifiers: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    rows = identifiers[in_scope(identifiers, settings)]
    return rows.assign(product=remote_ids(rows["asin"], rows["marketplace_id"], settings))


def _best_eans(eans: pd.DataFrame) -> pd.DataFrame:
    return (
        eans.sort_values(["product", "rank", "ean"]).drop_duplicates("product").set_index("product")
    )


def _possible(prices: pd.Series[Any]) -> pd.Series[Any]:
    """Keep the prices that Optiply takes: none is below 0."""
    return prices.where((prices >= 0).fillna(value=False).astype(bool))


def _optiply_name(names: pd.Series[Any]) -> pd.Series[Any]:
    return on_one_line(names).str.slice(0, NAME_LENGTH)


def _notes(
    used: pd.DataFrame,
    warehouse: pd.DataFrame,
    eans: pd.DataFrame,
    identifiers: pd.DataFrame,
    settings: Settings,
) -> dict[str, list[str]]:
    best = _best_eans(eans)
    rivals = eans[eans["rank"] == eans["product"].map(best["rank"])]
    several = rivals.groupby("product")["ean"].nunique()
    skus = used.groupby("product")["seller_sku"].nunique()
    settled = identifiers.loc[identifiers["type"] == "SKU", "product"]
    ambiguous = skus[(skus > 1) & ~skus.index.isin(settled)]
    long_names = used.loc[
        (used["item_name"].str.len() > NAME_LENGTH).fillna(value=False), "product"
    ]
    by_amazon = used["fulfillment_channel"].str.upper().str.startswith("AMAZON").fillna(value=False)
    without_stock = used.loc[
        by_amazon & ~used["product"].isin(warehouse.loc[is_open(warehouse), "product"]), "product"
    ]
    prices = known(_prices(used, settings))
    unpriced = used.loc[~used["product"].isin(prices.index).astype(bool), "product"]
    own = used[used["quantity"].notna()]
    skus_of = own.groupby(["product", "seller_sku"])["marketplace_id"].nunique()
    shared = skus_of[skus_of > 1].index.get_level_values("product")
    found = {
        notes.SEVERAL_SKUS: list(ambiguous.index),
        notes.SEVERAL_EANS: list(several[several > 1].index),
        notes.EAN_MENDED: list(best[best["padded"]].index),
        notes.NO_PRICE: sorted(unpriced.unique().tolist()),
        notes.SHARED_STOCK: [] if settings.per_marketplace else sorted(set(shared)),
        notes.NAME_CUT: sorted(long_names.unique().tolist()),
        notes.NOT_IN_WAREHOUSE: []
        if settings.second_flavour
        else sorted(without_stock.unique().tolist()),
    }
    return {note: ids for note, ids in found.items() if ids}

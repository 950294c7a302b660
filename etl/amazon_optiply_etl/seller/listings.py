"""Which product each listing belongs to, and which listings a product is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from amazon_optiply_etl.config.marketplaces import MARKETPLACE_IDS
from amazon_optiply_etl.inputs.identifiers import comparable
from amazon_optiply_etl.seller.availability import (
    Availability,
    FbaStock,
    OwnQuantity,
    Status,
    availabilities,
    place,
)
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.tables.matching import looked_up, mapped, numbers_of
from amazon_optiply_etl.verdicts import outcomes
from amazon_optiply_etl.verdicts.outcomes import decide, is_open

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from amazon_optiply_etl.config.settings import Settings

_ASIN = "[A-Za-z0-9]{10}"  # other texts stand for "none", such as nan


@dataclass(frozen=True, slots=True)
class Demand:
    """Which products are wanted though none of them is in stock.

    Attributes:
        known: The remoteIds that Optiply has.
        key: ``eanCode`` or ``skuCode``, by which a first run finds others that it has.
        keys: The values of that field there; of ``eanCode`` as `comparable` writes them.
        named: The remoteIds that order lines of this input name.
    """

    known: pd.Index[Any] = field(default_factory=lambda: pd.Index([], dtype=TEXT))
    key: str = "eanCode"
    keys: frozenset[str] = frozenset()
    named: pd.Index[Any] = field(default_factory=lambda: pd.Index([], dtype=TEXT))


def remote_ids(
    asins: pd.Series[Any], marketplaces: pd.Series[Any], settings: Settings
) -> pd.Series[Any]:
    """Return each remoteId: ``{ASIN}_{marketplaceId}`` with `marketplaces`, else the ASIN."""
    return asins + "_" + marketplaces if settings.per_marketplace else asins


def marketplace_of(remote_ids: pd.Series[Any]) -> pd.Series[Any]:
    """Return the marketplace id of each remoteId, the reverse of `remote_ids` with `marketplaces`."""
    return remote_ids.str.extract(r"_([A-Z0-9]+)$", expand=False)


def in_scope(frame: pd.DataFrame, settings: Settings) -> pd.Series[bool]:
    """Return which records belong to the marketplaces requested; without any, all do."""
    if not settings.marketplaces:
        return pd.Series(data=True, index=frame.index)
    return frame["marketplace_id"].isin(settings.marketplaces).astype(bool)


def by_amazon(listings: pd.DataFrame) -> pd.Series[bool]:
    """Return which listings Amazon fulfils: their channel is ``AMAZON_EU`` and its like."""
    starts = listings["fulfillment_channel"].str.upper().str.startswith("AMAZON")
    return starts.fillna(value=False).astype(bool)


def with_products(listings: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Give each listing its `asin` and its `product` (a remoteId), null where it has no ASIN.

    Amazon's product-id-type 1 says that product-id is the ASIN; custom reports have no column asin1.
    """
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


def with_outcomes(
    listings: pd.DataFrame,
    warehouse: pd.DataFrame,
    eans: pd.Series[Any],
    demand: Demand,
    settings: Settings,
) -> pd.DataFrame:
    """Leave open the listings that products are made of, and give the others their outcome.

    A product is made of its listings that are for sale. Where there are none, it is made of those that
    say most of it: that its stock was not read, or that it is sold out.

    Args:
        listings: Records of products_inventory with `asin`, `product` and `outcome`.
        warehouse: Records of warehouse_inventory with `product`, `sellable` and `outcome`.
        eans: remoteId -> EAN.
        demand: Which products are wanted though they are sold out.
        settings: Which marketplaces, and where the stock comes from.

    Returns:
        The listings with `outcome`, `is_for_sale` and `not_read` (its stock was not read).
    """
    seen = _seen(listings, warehouse, settings)
    known, named = _wanted(listings, eans, demand)
    found = availabilities(seen.status, seen.own, seen.fba, known, named)
    listings = decide(
        listings.assign(
            is_for_sale=seen.is_for_sale, not_read=found == place(Availability.NOT_READ)
        ),
        {
            outcomes.OTHER_MARKETPLACE: ~in_scope(listings, settings),
            outcomes.NO_ASIN: listings["asin"].isna(),
        },
    )
    ranks = np.where(seen.is_for_sale, 0, _RANKS[found])
    best = _best(listings, ranks)
    listings = decide(
        listings,
        {
            outcomes.SOLD_OUT_UNKNOWN: (best == _NO_PRODUCT) & seen.is_sold_out,
            outcomes.NOT_ACTIVE: (ranks != best) | (ranks > _MAKES_A_PRODUCT),
        },
    )
    with_name = listings.loc[is_open(listings) & listings["item_name"].notna(), "product"]
    return decide(listings, {outcomes.NO_NAME: ~listings["product"].isin(with_name).astype(bool)})


# What is for sale comes first: 0.
_ORDER = (
    Availability.IN_STOCK,
    Availability.NOT_READ,
    Availability.SOLD_OUT,
    Availability.ENDED,
    Availability.NO_PRODUCT,
)
_RANKS = np.array([_ORDER.index(each) for each in Availability], np.int8)
_MAKES_A_PRODUCT = _ORDER.index(Availability.SOLD_OUT)
_NO_PRODUCT = _ORDER.index(Availability.NO_PRODUCT)


def _best(listings: pd.DataFrame, ranks: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return the smallest rank of each listing's product, among the listings that are open."""
    products = listings["product"].where(is_open(listings))
    best = pd.Series(ranks, index=listings.index).groupby(products).transform("min")
    filled: NDArray[np.int8] = best.fillna(_NO_PRODUCT).to_numpy(np.int8)
    return filled


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the reports say of each listing, as `place` of `Status`, `OwnQuantity` and `FbaStock`."""

    status: NDArray[np.int8]
    own: NDArray[np.int8]
    fba: NDArray[np.int8]

    @property
    def is_for_sale(self) -> NDArray[np.bool_]:
        active, no_column = place(Status.ACTIVE), place(Status.NO_COLUMN)
        found: NDArray[np.bool_] = (self.status == active) | (self.status == no_column)
        return found

    @property
    def is_sold_out(self) -> NDArray[np.bool_]:
        """Whether its stock was read, and is 0."""
        own_is_none = self.own == place(OwnQuantity.ZERO)
        fba_is_none = (self.fba == place(FbaStock.ZERO)) & (self.own != place(OwnQuantity.MORE))
        fba_is_more = self.fba == place(FbaStock.MORE)
        found: NDArray[np.bool_] = (own_is_none | fba_is_none) & ~fba_is_more
        return found


def _seen(listings: pd.DataFrame, warehouse: pd.DataFrame, settings: Settings) -> _Seen:
    fba = _fba_stock(listings, warehouse, settings)
    own = _own_quantities(listings)
    # Of what Amazon ships the listing has no quantity, whatever a file says.
    unread = fba == place(FbaStock.NOT_READ)
    no_quantity = by_amazon(listings).to_numpy() & (unread | (own == place(OwnQuantity.ZERO)))
    own[no_quantity] = place(OwnQuantity.EMPTY)
    return _Seen(_statuses(listings), own, fba)


def _statuses(listings: pd.DataFrame) -> NDArray[np.int8]:
    texts = listings["status"].str.strip().str.lower()
    found = np.full(len(listings), place(Status.INACTIVE), np.int8)
    found[(texts == "active").fillna(value=False).to_numpy(bool)] = place(Status.ACTIVE)
    found[(texts == "incomplete").fillna(value=False).to_numpy(bool)] = place(Status.INCOMPLETE)
    found[_lacks_column(listings, "status")] = place(Status.NO_COLUMN)
    return found


def _own_quantities(listings: pd.DataFrame) -> NDArray[np.int8]:
    found = np.full(len(listings), place(OwnQuantity.EMPTY), np.int8)
    found[_lacks_column(listings, "quantity")] = place(OwnQuantity.NO_COLUMN)
    quantity = listings["quantity"]
    found[(quantity <= 0).fillna(value=False).to_numpy(bool)] = place(OwnQuantity.ZERO)
    found[(quantity > 0).fillna(value=False).to_numpy(bool)] = place(OwnQuantity.MORE)
    return found


def _lacks_column(listings: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    """Return which listings are of a report that has no such column: it says nothing for any of them."""
    with_it = listings.loc[listings[column].notna(), "marketplace_id"].unique()
    return ~np.asarray(listings["marketplace_id"].isin(with_it), bool)


def _fba_stock(
    listings: pd.DataFrame, warehouse: pd.DataFrame, settings: Settings
) -> NDArray[np.int8]:
    """Return what is known of each listing's sellable units in Amazon's warehouses.

    What Amazon ships and its report of the marketplace does not name is not there: 0.
    """
    rows = warehouse[is_open(warehouse) & warehouse["sellable"].notna()]
    found = np.full(len(listings), place(FbaStock.NOT_READ), np.int8)
    reported = listings["marketplace_id"].isin(warehouse["marketplace_id"]).astype(bool)
    is_none = by_amazon(listings) & (reported | settings.second_flavour)
    found[is_none.to_numpy(bool)] = place(FbaStock.ZERO)
    if len(rows):
        numbers = numbers_of(
            pd.concat([listings["product"], rows["product"]]),
            pd.concat([listings["seller_sku"], rows["sku"]]),
        )
        of_listing, of_row = numbers[: len(listings)], numbers[len(listings) :]
        units = np.bincount(of_row, rows["sellable"].to_numpy(np.float64), numbers.max() + 1)
        found[np.isin(of_listing, of_row)] = place(FbaStock.ZERO)
        found[units[of_listing] > 0] = place(FbaStock.MORE)
    return found


def _wanted(
    listings: pd.DataFrame, eans: pd.Series[Any], demand: Demand
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Report each listing's product whether Optiply knows it, and whether an order line names it."""
    products = listings["product"]
    known = products.isin(demand.known)
    if demand.keys:
        by_ean = demand.key == "eanCode"
        keys = comparable(mapped(products, eans)) if by_ean else listings["seller_sku"]
        known |= keys.isin(demand.keys)
    named = products.isin(demand.named)
    return known.to_numpy(bool), named.to_numpy(bool)


def in_fixed_order(used: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Sort listings by product, the main marketplace first, then by marketplace and SKU."""
    order = (settings.main_marketplace, *settings.marketplaces, *MARKETPLACE_IDS)
    ranks = {name: rank for rank, name in reversed(list(enumerate(order))) if name}
    rank = looked_up(used["marketplace_id"], ranks, pa.int64()).fillna(len(order)).astype("int64")
    return used.assign(rank=rank).sort_values(["product", "rank", "marketplace_id", "seller_sku"])

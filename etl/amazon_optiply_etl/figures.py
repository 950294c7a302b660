"""Small tables for the mapping report: stock by marketplace, orders by day, how well products match."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl import notes
from amazon_optiply_etl.marketplaces import country
from amazon_optiply_etl.outcomes import DONE_BEFORE, GOES_OUT, SUPERSEDED, is_open

if TYPE_CHECKING:
    import pandas as pd

    from amazon_optiply_etl.products import Products


@dataclass(frozen=True, slots=True)
class MarketplaceStock:
    """The units that the products' stock levels are made of, in one marketplace.

    Attributes:
        marketplace: Country code.
        products: How many products have a listing there.
        fba: Units in Amazon's warehouses.
        listed: Units of the listings' own quantity, of products without FBA stock.
    """

    marketplace: str
    products: int
    fba: int
    listed: int

    @property
    def units(self) -> int:
        """All units."""
        return self.fba + self.listed


@dataclass(frozen=True, slots=True)
class OrdersOfDay:
    """What became of the orders of a day.

    Attributes:
        day: ``YYYY-MM-DD`` of purchase, in UTC.
        sent: Orders in the output.
        unchanged: Orders sent before.
        left_out: Orders left out.
    """

    day: str
    sent: int
    unchanged: int
    left_out: int

    @property
    def orders(self) -> int:
        """All orders."""
        return self.sent + self.unchanged + self.left_out


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a run; empty where a run has none.

    Attributes:
        stock: Stock by marketplace, most units first.
        orders_by_day: Orders by day, in order of time; days without orders are not in it.
        with_ean: Products sent or unchanged that have an eanCode.
        without_ean: Those that have none.
    """

    stock: tuple[MarketplaceStock, ...] = ()
    orders_by_day: tuple[OrdersOfDay, ...] = ()
    with_ean: int = 0
    without_ean: int = 0

    def facts(self) -> dict[str, Any]:
        """Return the figures as the mapping report's JSON holds them."""
        return asdict(self)


def stock_by_marketplace(products: Products, table: pd.DataFrame) -> tuple[MarketplaceStock, ...]:
    """Split the stock levels of the products sent or unchanged by marketplace; the sums are equal.

    Args:
        products: The products with the records they were made of.
        table: Their table with `outcome`.
    """
    sent = _sent(table)["remoteId"]
    listings, warehouse = (
        frame[is_open(frame) & frame["product"].isin(sent).astype(bool)]
        for frame in (products.listings, products.warehouse)
    )
    levels = warehouse.groupby("product")["units"].sum()
    in_fba = levels.index[(levels != 0).fillna(value=False).astype(bool)]
    own = listings[~listings["product"].isin(in_fba).astype(bool)]
    counts = listings.groupby("marketplace_id")["product"].nunique().to_dict()
    counted = warehouse[warehouse["product"].isin(in_fba).astype(bool)]
    fba = counted.groupby("marketplace_id")["units"].sum().to_dict()
    listed = own.groupby("marketplace_id")["quantity"].sum().to_dict()
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


def orders_by_day(orders: pd.DataFrame) -> tuple[OrdersOfDay, ...]:
    """Count orders by day of purchase and by what became of them; those without a date are not counted.

    Args:
        orders: Records of orders with purchase_date (UTC) and their final `outcome`.
    """
    current = (orders["outcome"] != SUPERSEDED) & orders["purchase_date"].notna()
    days = orders.loc[current, "purchase_date"].str.slice(0, len("YYYY-MM-DD"))
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    of_both = days.groupby([days, orders.loc[current, "outcome"]]).size()
    for day, outcome, count in zip(
        of_both.index.get_level_values(0), of_both.index.get_level_values(1), of_both, strict=True
    ):
        counts[day][outcome] += int(count)
    return tuple(
        OrdersOfDay(
            day,
            sent=of_day[GOES_OUT],
            unchanged=sum(of_day[each] for each in DONE_BEFORE),
            left_out=sum(of_day.values()) - sum(of_day[each] for each in (GOES_OUT, *DONE_BEFORE)),
        )
        for day, of_day in sorted(counts.items())
    )


def of_products(products: Products, table: pd.DataFrame) -> Figures:
    """Return the figures of products.

    Args:
        products: The products with the records they were made of.
        table: Their table with `outcome`.
    """
    eans = _sent(table)["eanCode"]
    return Figures(
        stock=stock_by_marketplace(products, table),
        with_ean=int(eans.notna().sum()),
        without_ean=int(eans.isna().sum()),
    )


def identifier_notes(table: pd.DataFrame) -> dict[str, list[str]]:
    """List the products sent or unchanged that cannot be told apart by eanCode or skuCode, or have none.

    Returns:
        Note -> remoteIds; with the code in front of it where several products have the same.
    """
    sent = _sent(table)
    found = {
        notes.NO_EAN: sorted(sent.loc[sent["eanCode"].isna(), "remoteId"]),
        notes.SHARED_EAN: _shared(sent, "eanCode"),
        notes.SHARED_SKU: _shared(sent, "skuCode"),
    }
    return {note: ids for note, ids in found.items() if ids}


def _sent(table: pd.DataFrame) -> pd.DataFrame:
    sent = table["outcome"].isin([GOES_OUT, *DONE_BEFORE]).astype(bool)
    return table[sent & (table["status"] == "enabled").astype(bool)]


def _shared(products: pd.DataFrame, code: str) -> list[str]:
    """Name the products whose code another ASIN has too; an ASIN's own marketplaces may share it."""
    known = products[products[code].notna()]
    asins = known.groupby(code)["articleCode"].nunique()
    shared = known[known[code].isin(asins.index[asins > 1]).astype(bool)]
    return sorted(shared[code] + " " + shared["remoteId"])

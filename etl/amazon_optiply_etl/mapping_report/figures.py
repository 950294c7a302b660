"""Small tables for the mapping report: stock by marketplace, orders by day, how well products match."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from amazon_optiply_etl.tables.amounts import array_of
from amazon_optiply_etl.verdicts import notes
from amazon_optiply_etl.verdicts.outcomes import DONE_BEFORE, GOES_OUT, SUPERSEDED

if TYPE_CHECKING:
    import pandas as pd

_ROWS_AT_ONCE = 100_000


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


def orders_by_day(orders: pd.DataFrame) -> tuple[OrdersOfDay, ...]:
    """Count orders by day of purchase and by what became of them; those without a date are not counted.

    Args:
        orders: Records of orders with purchase_date (UTC) and their final `outcome`.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for start in range(0, len(orders), _ROWS_AT_ONCE):
        dates, given = (
            array_of(orders[name].iloc[start : start + _ROWS_AT_ONCE], pa.string())
            for name in ("purchase_date", "outcome")
        )
        days = pc.utf8_slice_codeunits(dates, 0, len("YYYY-MM-DD"))
        counted = pc.and_(pc.is_valid(days), pc.not_equal(given, SUPERSEDED))
        some = pa.table({"day": days, "outcome": given}).filter(counted)
        of_both = some.group_by(["day", "outcome"], use_threads=False).aggregate(
            [([], "count_all")]
        )
        for day, outcome, count in zip(
            *(of_both[name].to_pylist() for name in ("day", "outcome", "count_all")), strict=True
        ):
            counts[day][outcome] += count
    return tuple(
        OrdersOfDay(
            day,
            sent=of_day[GOES_OUT],
            unchanged=sum(of_day[each] for each in DONE_BEFORE),
            left_out=sum(of_day.values()) - sum(of_day[each] for each in (GOES_OUT, *DONE_BEFORE)),
        )
        for day, of_day in sorted(counts.items())
    )


def identifier_notes(table: pd.DataFrame) -> dict[str, list[str]]:
    """List the products sent or unchanged that share their eanCode or skuCode, or have none.

    Returns:
        Note -> remoteIds; with the code in front of it where several products have the same.
    """
    sent = sent_or_unchanged(table)
    found = {
        notes.NO_EAN: sorted(sent.loc[sent["eanCode"].isna(), "remoteId"]),
        notes.SHARED_EAN: _shared(sent, "eanCode"),
        notes.SHARED_SKU: _shared(sent, "skuCode"),
    }
    return {note: ids for note, ids in found.items() if ids}


def sent_or_unchanged(table: pd.DataFrame) -> pd.DataFrame:
    """Return the enabled products that Optiply has after the run, by `outcome` and `status`."""
    sent = table["outcome"].isin([GOES_OUT, *DONE_BEFORE]).astype(bool)
    return table[sent & (table["status"] == "enabled").astype(bool)]


def _shared(products: pd.DataFrame, code: str) -> list[str]:
    """Name the products whose code another ASIN has too; an ASIN's own marketplaces may share it."""
    known = products[products[code].notna()]
    if not known[code].duplicated().any():
        return []
    asins = known.groupby(code)["articleCode"].nunique()
    shared = known[known[code].isin(asins.index[asins > 1]).astype(bool)]
    return sorted(shared[code] + " " + shared["remoteId"])

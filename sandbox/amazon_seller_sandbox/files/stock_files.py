"""The "manage FBA inventory" flat file: its columns in each region, and its rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from amazon_seller_sandbox.world.order_lines import money

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.stock import Stock
    from amazon_seller_sandbox.world.world import Business

COLUMNS = (
    "sku",
    "fnsku",
    "asin",
    "product-name",
    "condition",
    "your-price",
    "mfn-listing-exists",
    "mfn-fulfillable-quantity",
    "afn-listing-exists",
    "afn-warehouse-quantity",
    "afn-fulfillable-quantity",
    "afn-unsellable-quantity",
    "afn-reserved-quantity",
    "afn-total-quantity",
    "per-unit-volume",
    "afn-inbound-working-quantity",
    "afn-inbound-shipped-quantity",
    "afn-inbound-receiving-quantity",
    "afn-researching-quantity",
    "afn-reserved-future-supply",
    "afn-future-supply-buyable",
)
EUROPE = ("afn-fulfillable-quantity-local", "afn-fulfillable-quantity-remote")
AMERICA = ("afn-fc-transfer-quantity", "afn-onhand-buyable-quantity", "store")


def columns(market: Marketplace) -> tuple[str, ...]:
    """Return the header of this marketplace's file, as seen in 2026."""
    if market.network == "AMAZON_EU":
        return COLUMNS + EUROPE
    return COLUMNS + AMERICA if market.country == "US" else COLUMNS


def rows_of(stock: Stock, market: Marketplace) -> list[tuple[str, ...]]:
    """Return the cells of a SKU's rows; in the US some have a second one, of a store without stock."""
    found = [cells(stock, market)]
    if market.country == "US" and stock.listing.index % 9 == 0:
        emptied = dict.fromkeys(_UNITS, 0)
        found.append((*cells(replace(stock, **emptied), market)[:-1], "Outlet"))  # type: ignore[arg-type]
    return found


_UNITS = (
    "fulfillable", "local", "remote", "unsellable", "reserved", "researching", "inbound_working",
    "inbound_shipped", "inbound_receiving", "reserved_future", "future_buyable", "fc_transfer",
)  # fmt: skip


def cells(stock: Stock, market: Marketplace) -> tuple[str, ...]:
    """Return one row's cells in file order."""
    listing = stock.listing
    base = (
        listing.sku,
        listing.fnsku,
        listing.asin,
        listing.titles[market.id],
        "New",
        money(stock.price, market),
        "Yes" if stock.mfn_listed else "No",
        "" if stock.mfn_fulfillable is None else str(stock.mfn_fulfillable),
        "Yes",
        str(stock.warehouse),
        str(stock.fulfillable),
        str(stock.unsellable),
        str(stock.reserved),
        str(stock.total),
        stock.volume,
        str(stock.inbound_working),
        str(stock.inbound_shipped),
        str(stock.inbound_receiving),
        str(stock.researching),
        str(stock.reserved_future),
        str(stock.future_buyable),
    )
    if market.network == "AMAZON_EU":
        return (*base, str(stock.local), str(stock.remote))
    if market.country == "US":
        return (*base, str(stock.fc_transfer), str(stock.fulfillable + stock.fc_transfer), "")
    return base


def rows(
    business: Business, market: Marketplace, as_of: int, *, archived: bool = False
) -> Iterator[str]:
    """Yield header and rows, without line ends."""
    yield "\t".join(columns(market))
    for position, stock in enumerate(business.stock.rows(market, as_of, archived=archived)):
        for row in rows_of(stock, market):
            yield "\t".join(row) + ("\t" if position % 11 == 0 else "")

"""The "manage FBA inventory" reports, without and with archived stock, and what a sync makes of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from amazon_seller_sandbox.files import stock_files
from amazon_seller_sandbox.files.documents import Content
from amazon_seller_sandbox.files.rows import numbered
from amazon_seller_sandbox.report_types.report_type import ReportType
from amazon_seller_sandbox.world.accounts import ROLE_FBA
from amazon_seller_sandbox.world.titles import as_in_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World


def _content(asked: Asked, *, archived: bool) -> Content:
    rows = stock_files.rows(asked.business, asked.market, asked.as_of, archived=archived)
    return Content(rows, asked.market.charsets.stock, asked.compressed)


_STOCK_TEXT = ("sku", "fnsku", "asin", "product_name", "condition", "store")
_STOCK_BOOLEAN = ("mfn_listing_exists", "afn_listing_exists")
_STOCK_NUMBER = ("your_price", "per_unit_volume")


def _stock(
    _world: World, business: Business, as_of: int, _since: float, *, archived: bool
) -> Iterator[Record]:
    for market in business.account.marketplaces:
        names = [name.replace("-", "_") for name in stock_files.columns(market)]
        records = (
            _stock_record(dict(zip(names, cells, strict=True)), market)
            for stock in business.stock.rows(market, as_of, archived=archived)
            for cells in stock_files.rows_of(stock, market)
        )
        yield from numbered(records, ("sku", "fnsku", "condition"))


def _stock_record(cells: dict[str, str], market: Marketplace) -> Record:
    record: Record = {"marketplace_id": market.id}
    for name, cell in cells.items():
        if not cell:
            record[name] = None
        elif name in _STOCK_TEXT:
            record[name] = as_in_file(cell, market.charsets.stock)
        elif name in _STOCK_BOOLEAN:
            record[name] = cell == "Yes"
        else:
            record[name] = float(cell) if name in _STOCK_NUMBER else int(cell)
    return record


REPORT_TYPES = (
    # Near-real-time FBA reports are generated at most every 30 minutes.
    ReportType(
        "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA",
        partial(_content, archived=False),
        ROLE_FBA,
        cool_down=30 * 60,
        compressed=None,
    ),
    ReportType(
        "GET_FBA_MYI_ALL_INVENTORY_DATA",
        partial(_content, archived=True),
        ROLE_FBA,
        cool_down=30 * 60,
        compressed=None,
    ),
)
TRUTH: dict[str, Truth] = {
    "warehouse_inventory": partial(_stock, archived=False),
    "fba_inventory_archived": partial(_stock, archived=True),
}

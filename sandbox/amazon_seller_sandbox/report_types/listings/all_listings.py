"""The report of all listings, and what a sync makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amazon_seller_sandbox.clock import iso
from amazon_seller_sandbox.files import listing_files
from amazon_seller_sandbox.files.documents import Content
from amazon_seller_sandbox.report_types.report_type import ReportType
from amazon_seller_sandbox.world.accounts import ROLE_ORDERS
from amazon_seller_sandbox.world.titles import as_in_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World

ENGLISH = {"en_US", "en_GB"}


def _content(asked: Asked) -> Content:
    market = asked.market
    english = asked.options.get("preferredReportDocumentLocale") in ENGLISH
    ignore = asked.world.settings.ignore_report_locale
    return Content(
        listing_files.rows(asked.business, market, asked.as_of, english=english and not ignore),
        market.charsets.listings,
        asked.compressed,
        bom=market.listings_bom,
    )


def _products_inventory(
    _world: World, business: Business, as_of: int, _since: float
) -> Iterator[Record]:
    for market in business.account.marketplaces:
        names = listing_files.canonical_columns(market)
        for listing in business.listings.in_marketplace(market, as_of):
            offer = business.listings.offer(listing, market, as_of)
            cells = listing_files.cells(listing, offer, market)
            record: Record = {"marketplace_id": market.id}
            for name in names:
                text = as_in_file(cells.get(name, ""), market.charsets.listings)
                record[name.replace("-", "_")] = text or None
            record |= {
                "price": market.amount(offer.price),
                "currency": market.currency,
                "quantity": offer.quantity,
                "open_date": iso(listing.opened),
                "item_is_marketplace": True,
                "pending_quantity": int(cells["pending-quantity"]),
            }
            if minimum := cells.get("minimum-order-quantity"):
                record["minimum_order_quantity"] = int(minimum)
            yield record


REPORT_TYPES = (
    ReportType("GET_MERCHANT_LISTINGS_ALL_DATA", _content, ROLE_ORDERS, one_marketplace=True),
)
TRUTH: dict[str, Truth] = {"products_inventory": _products_inventory}

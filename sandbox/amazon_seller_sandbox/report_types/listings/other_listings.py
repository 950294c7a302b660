"""The listings reports beside that of all listings: active, inactive, open, cancelled, suppressed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from amazon_seller_sandbox.clock import DAY, iso
from amazon_seller_sandbox.files import listing_files
from amazon_seller_sandbox.files.documents import Content
from amazon_seller_sandbox.report_types.listings.all_listings import ENGLISH
from amazon_seller_sandbox.report_types.report_type import ReportType
from amazon_seller_sandbox.world.accounts import ROLE_ORDERS
from amazon_seller_sandbox.world.order_lines import money
from amazon_seller_sandbox.world.titles import as_in_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.listings import Listing, Offer
    from amazon_seller_sandbox.world.truth import Record, Truth
    from amazon_seller_sandbox.world.world import Business, World


def _steps(kind: str, count: int) -> tuple[str, ...]:
    return tuple(
        f"{kind} {what} {number}"
        for number in range(1, count + 1)
        for what in ("Lower Bound", "Price")
    )


_BUSINESS = (
    "Business Price",
    "Quantity Price Type",
    *_steps("Quantity", 5),
    "Progressive Price Type",
    *_steps("Progressive", 3),
)
_OPEN = ("sku", "asin", "price", "quantity", *_BUSINESS)
_SUPPRESSED = (
    "Status",
    "Reason",
    "SKU",
    "ASIN",
    "Product name",
    "Condition",
    "Status Change Date",
    "Issue Description",
)
_NOT_OF_CANCELLED = (
    "listing-id",
    "open-date",
    "bid-for-featured-placement",
    "pending-quantity",
    "fulfillment-channel",
    "status",
)
_INTEGERS = ("quantity", "pending-quantity", "minimum-order-quantity")


class Row(NamedTuple):
    """One row: its cells by English column name, its offer if it has one, and its number."""

    cells: dict[str, str]
    listing: Listing
    offer: Offer | None = None
    number: int = 1


def _without(market: Marketplace, *left_out: str) -> tuple[str, ...]:
    return tuple(each for each in listing_files.canonical_columns(market) if each not in left_out)


def _active_columns(market: Marketplace) -> tuple[str, ...]:
    return (*_without(market, "status"), *_BUSINESS)


def _older_columns(market: Marketplace) -> tuple[str, ...]:
    return _without(market, "merchant-shipping-group", "status")


def _inactive_columns(market: Marketplace) -> tuple[str, ...]:
    return _without(market, "status")


def _cancelled_columns(market: Marketplace) -> tuple[str, ...]:
    return (*_without(market, *_NOT_OF_CANCELLED), *_BUSINESS)


def _open_columns(_market: Marketplace) -> tuple[str, ...]:
    return _OPEN


def _business_prices(listing: Listing, offer: Offer, market: Marketplace) -> dict[str, str]:
    """Every twelfth listing has a price for businesses, and another from ten units on."""
    if listing.index % 12:
        return {}
    return {
        "Business Price": money(offer.price, market),
        "Quantity Price Type": "fixed",
        "Quantity Lower Bound 1": "10",
        "Quantity Price 1": money(max(offer.price * 9 // 10, 1), market),
    }


def _with_status(
    business: Business, market: Marketplace, as_of: int, *, status: str
) -> Iterator[Row]:
    for listing in business.listings.in_marketplace(market, as_of):
        offer = business.listings.offer(listing, market, as_of)
        if offer.status == status:
            cells = listing_files.cells(listing, offer, market)
            yield Row(cells | _business_prices(listing, offer, market), listing, offer)


def _open(business: Business, market: Marketplace, as_of: int) -> Iterator[Row]:
    for row in _with_status(business, market, as_of, status="Active"):
        yield row._replace(cells=row.cells | {"sku": row.listing.sku, "asin": row.listing.asin})


def _cancelled(business: Business, market: Marketplace, as_of: int) -> Iterator[Row]:
    """Yield the SKUs that are listed no more; some were listed again in between, and have two rows."""
    for listing in business.listings.all:
        if not listing.ended_at(as_of) or market.id not in listing.titles:
            continue
        for number in range(1, 2 + listing.index % 2):
            quantity = None if listing.fba else number
            offer = replace(business.listings.offer(listing, market, as_of), quantity=quantity)
            cells = listing_files.cells(listing, offer, market) | {"add-delete": "d"}
            yield Row(cells | {"item-note": f"No {number}"}, listing, offer, number)


_ISSUES = (
    ("Image", "Main image is missing"),
    ("Title", 'Title is too long: "80" characters at most'),
)


def _suppressed(business: Business, market: Marketplace, as_of: int) -> Iterator[Row]:
    for listing in business.listings.in_marketplace(market, as_of):
        if listing.index % 23 != 7 or listing.incomplete:  # noqa: PLR2004 - a few
            continue
        moment = datetime.fromtimestamp(listing.opened + 300 * DAY, UTC)
        for number, (reason, issue) in enumerate(_ISSUES[: 1 + listing.index % 2], start=1):
            cells = {
                "Status": "Search Suppressed",
                "Reason": reason,
                "SKU": listing.sku,
                "ASIN": listing.asin,
                "Product name": listing.titles[market.id],
                "Condition": "New",
                "Status Change Date": f"{moment:%b} {moment.day}, {moment.year}",
                "Issue Description": issue,
            }
            yield Row(cells, listing, None, number)


def _suppressed_columns(_market: Marketplace) -> tuple[str, ...]:
    return _SUPPRESSED


def _content(
    asked: Asked,
    columns: Callable[[Marketplace], tuple[str, ...]],
    rows: Callable[[Business, Marketplace, int], Iterator[Row]],
) -> Content:
    market = asked.market
    english = asked.options.get("preferredReportDocumentLocale") in ENGLISH
    names = columns(market)
    # Of short files no headers but English ones have been seen.
    if asked.world.settings.ignore_report_locale:
        english = "item-name" not in names

    def lines() -> Iterator[str]:
        yield listing_files.header(market, english=english, columns=names)
        for row in rows(asked.business, market, asked.as_of):
            yield "\t".join(row.cells.get(name, "") for name in names)

    return Content(lines(), market.charsets.listings, asked.compressed, bom=market.listings_bom)


def _property(column: str) -> str:
    return column.lower().replace("-", "_").replace(" ", "_")


def _record(row: Row, market: Marketplace, columns: tuple[str, ...]) -> Record:
    record: Record = {"marketplace_id": market.id}
    for name in columns:
        text = as_in_file(row.cells.get(name, ""), market.charsets.listings)
        record[_property(name)] = text or None
    for name in columns:
        value = record[_property(name)]
        if value is not None and (name in _INTEGERS or "Lower Bound" in name):
            record[_property(name)] = int(value)
    if row.offer is not None:
        business = "Business Price" in columns and "Business Price" in row.cells
        record |= _prices(row.offer, market, business=business)
    if "open-date" in columns:
        record["open_date"] = iso(row.listing.opened)
    if "item-is-marketplace" in columns:
        record["item_is_marketplace"] = True
    return record


def _prices(offer: Offer, market: Marketplace, *, business: bool) -> Record:
    """Return the amounts of a row, and their currency."""
    found: Record = {"price": offer.price / market.minor_units, "currency": market.currency}
    if business:
        found["business_price"] = found["price"]
        found["quantity_price_1"] = max(offer.price * 9 // 10, 1) / market.minor_units
    return found


def _truth(
    _world: World,
    business: Business,
    as_of: int,
    _since: float,
    *,
    columns: Callable[[Marketplace], tuple[str, ...]],
    rows: Callable[[Business, Marketplace, int], Iterator[Row]],
    numbered: bool = False,
) -> Iterator[Record]:
    for market in business.account.marketplaces:
        for row in rows(business, market, as_of):
            number = {"line_number": row.number} if numbered else {}
            yield _record(row, market, columns(market)) | number


_ACTIVE = partial(_with_status, status="Active")
_INACTIVE = partial(_with_status, status="Inactive")


def _report(
    name: str,
    columns: Callable[[Marketplace], tuple[str, ...]],
    rows: Callable[[Business, Marketplace, int], Iterator[Row]],
) -> ReportType:
    content = partial(_content, columns=columns, rows=rows)
    return ReportType(name, content, ROLE_ORDERS, one_marketplace=True)


REPORT_TYPES = (
    _report("GET_MERCHANT_LISTINGS_DATA", _active_columns, _ACTIVE),
    _report("GET_MERCHANT_LISTINGS_DATA_BACK_COMPAT", _older_columns, _ACTIVE),
    _report("GET_MERCHANT_LISTINGS_INACTIVE_DATA", _inactive_columns, _INACTIVE),
    _report("GET_FLAT_FILE_OPEN_LISTINGS_DATA", _open_columns, _open),
    _report("GET_MERCHANT_CANCELLED_LISTINGS_DATA", _cancelled_columns, _cancelled),
    _report("GET_MERCHANTS_LISTINGS_FYP_REPORT", _suppressed_columns, _suppressed),
)
TRUTH: dict[str, Truth] = {
    "active_listings": partial(_truth, columns=_active_columns, rows=_ACTIVE),
    "listings_back_compat": partial(_truth, columns=_older_columns, rows=_ACTIVE),
    "inactive_listings": partial(_truth, columns=_inactive_columns, rows=_INACTIVE),
    "open_listings": partial(_truth, columns=_open_columns, rows=_open),
    "cancelled_listings": partial(
        _truth, columns=_cancelled_columns, rows=_cancelled, numbered=True
    ),
    "suppressed_listings": partial(
        _truth, columns=_suppressed_columns, rows=_suppressed, numbered=True
    ),
}

"""What a perfect sync must deliver: the canonical records, straight from the generators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.api import catalog, sellers
from amazon_seller_sandbox.clock import iso
from amazon_seller_sandbox.files import listing_files, stock_files
from amazon_seller_sandbox.files.rows import numbered
from amazon_seller_sandbox.world.titles import as_in_file

if TYPE_CHECKING:
    from amazon_seller_sandbox.world.accounts import Marketplace
    from amazon_seller_sandbox.world.order_lines import Line
    from amazon_seller_sandbox.world.orders import Order
    from amazon_seller_sandbox.world.world import Business, World

Record = dict[str, Any]
Truth = Callable[["World", "Business", int, float], Iterator[Record]]
"""The records of a stream, of a world and a business as of an instant; the last argument leaves out
what was last updated before it, where the stream has such a time."""

_TWO_YEARS = 730 * 86_400


def _marketplaces(world: World, business: Business, _as_of: int, _since: float) -> Iterator[Record]:
    odd = world.settings.odd_participations
    for each in sellers.participations(business.account, odd=odd):
        market, participation = each["marketplace"], each["participation"]
        yield {
            "marketplace_id": market["id"],
            "country_code": market["countryCode"],
            "name": market["name"],
            "default_currency_code": market["defaultCurrencyCode"],
            "default_language_code": market["defaultLanguageCode"],
            "domain_name": market["domainName"],
            "store_name": each["storeName"],
            "is_participating": participation["isParticipating"],
            "has_suspended_listings": participation["hasSuspendedListings"],
        }


def _account(_world: World, business: Business, _as_of: int, _since: float) -> Iterator[Record]:
    account = business.account
    details = sellers.account_details(account, odd=False)
    yield {
        "region": account.region,
        "business_name": account.company,
        "business_type": details["businessType"],
        "selling_plan": details["sellingPlan"],
        "company_registration_number": details["business"]["companyRegistrationNumber"],
        "marketplace_ids": sorted(each.id for each in account.marketplaces),
    }


def _all_orders(business: Business, as_of: int, since: float) -> Iterator[Order]:
    markets = frozenset(each.id for each in business.account.marketplaces)
    oldest = max(since, as_of - _TWO_YEARS)
    return business.orders.updated_between(oldest, as_of, as_of, markets)


def _orders(_world: World, business: Business, as_of: int, since: float) -> Iterator[Record]:
    for order in _all_orders(business, as_of, since):
        market = order.market
        yield {
            "marketplace_id": market.id,
            "amazon_order_id": order.order_id,
            "merchant_order_id": order.merchant_order_id or None,
            "purchase_date": iso(order.purchased),
            "last_updated_date": iso(order.updated),
            "order_status": order.status,
            "fulfillment_channel": order.channel,
            "sales_channel": market.name,
            "order_channel": None,
            "ship_service_level": order.service_level,
            "ship_city": order.city or None,
            "ship_state": order.state or None,
            "ship_postal_code": order.postal_code or None,
            "ship_country": order.country or None,
            "is_business_order": order.is_business,
            "purchase_order_number": order.purchase_order or None,
            "cpf": None,
            "signature_confirmation_recommended": order.signature,
            "currency": order.lines[0].currency or None,
            "order_total": order_total(order),
            "number_of_lines": len(order.lines),
            "quantity": sum(line.quantity for line in order.lines),
        }


def order_total(order: Order) -> float | None:
    """Return what the buyer pays, taxes added where prices come without; None without prices."""
    if all(line.item_price is None for line in order.lines):
        return None
    total = 0
    for line in order.lines:
        total += (line.item_price or 0) + (line.shipping_price or 0) + (line.gift_wrap_price or 0)
        total -= (line.item_discount or 0) + (line.ship_discount or 0)
        if order.market.prices_exclude_tax:
            total += (line.item_tax or 0) + (line.shipping_tax or 0) + (line.gift_wrap_tax or 0)
    return total / order.market.minor_units


def _order_items(_world: World, business: Business, as_of: int, since: float) -> Iterator[Record]:
    for order in _all_orders(business, as_of, since):
        numbers: Counter[tuple[str, str]] = Counter()
        for line in order.lines:
            numbers[line.sku, line.asin] += 1
            yield _order_item(order, line, numbers[line.sku, line.asin])


def _order_item(order: Order, line: Line, line_number: int) -> Record:
    market = order.market
    return {
        "marketplace_id": market.id,
        "amazon_order_id": order.order_id,
        "order_item_id": line.item_id if market.order_items_have_ids else None,
        "line_number": line_number,
        "purchase_date": iso(order.purchased),
        "last_updated_date": iso(order.updated),
        "order_status": order.status,
        "fulfillment_channel": order.channel,
        "sales_channel": market.name,
        "product_name": as_in_file(line.title, market.charsets.orders),
        "sku": line.sku,
        "asin": line.asin,
        "item_status": line.status,
        "quantity": line.quantity,
        "currency": line.currency or None,
        "item_price": _amount(line.item_price, market),
        "item_tax": _amount(line.item_tax, market),
        "shipping_price": _amount(line.shipping_price, market),
        "shipping_tax": _amount(line.shipping_tax, market),
        "gift_wrap_price": _amount(line.gift_wrap_price, market),
        "gift_wrap_tax": _amount(line.gift_wrap_tax, market),
        "item_promotion_discount": _amount(line.item_discount, market),
        "ship_promotion_discount": _amount(line.ship_discount, market),
        "promotion_ids": line.promotions or None,
        "price_designation": order.price_designation or None,
    }


def _amount(minor: int | None, market: Marketplace) -> float | None:
    return None if minor is None else minor / market.minor_units


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
                "price": _amount(offer.price, market),
                "currency": market.currency,
                "quantity": offer.quantity,
                "open_date": iso(listing.opened),
                "item_is_marketplace": True,
                "pending_quantity": int(cells["pending-quantity"]),
            }
            if minimum := cells.get("minimum-order-quantity"):
                record["minimum_order_quantity"] = int(minimum)
            yield record


def _catalog_items(
    world: World, business: Business, as_of: int, datasets: frozenset[str]
) -> Iterator[Record]:
    for market in business.account.marketplaces:
        skus: dict[str, list[str]] = {}
        for listing in business.listings.in_marketplace(market, as_of):
            if not listing.incomplete:
                skus.setdefault(listing.asin, []).append(listing.sku)
        for asin, listed in skus.items():
            item = catalog.item(world, business, asin, market, datasets)
            if item is not None:
                yield {
                    "marketplace_id": market.id,
                    "asin": asin,
                    "seller_skus": sorted(listed),
                    **{_PROPERTIES.get(name, name): item[name] for name in datasets},
                }


_PROPERTIES = {
    "productTypes": "product_types",
    "salesRanks": "sales_ranks",
}


def _product_catalog(
    world: World, business: Business, as_of: int, _since: float
) -> Iterator[Record]:
    datasets = frozenset({"identifiers", "summaries"})
    for record in _catalog_items(world, business, as_of, datasets):
        yield record | {"attributes": None}


def _product_details(
    world: World, business: Business, as_of: int, _since: float
) -> Iterator[Record]:
    datasets = frozenset(catalog.DATASETS) - {"vendorDetails"}
    return _catalog_items(world, business, as_of, datasets)


STREAMS: dict[str, Truth] = {
    "account": _account,
    "marketplaces": _marketplaces,
    "orders": _orders,
    "order_items": _order_items,
    "warehouse_inventory": partial(_stock, archived=False),
    "fba_inventory_archived": partial(_stock, archived=True),
    "products_inventory": _products_inventory,
    "product_catalog": _product_catalog,
    "product_details": _product_details,
}

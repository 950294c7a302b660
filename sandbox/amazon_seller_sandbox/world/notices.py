"""What happens to an account that Amazon reports in notifications: orders, FBA stock, listings.

The payloads are those of Amazon's schemas ("Notification type values"), each with its own key style.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.world.order_lines import CANCELLED, PENDING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.orders import Order
    from amazon_seller_sandbox.world.stock import Stock
    from amazon_seller_sandbox.world.world import Business

ORDER_CHANGE = "ORDER_CHANGE"
INVENTORY_CHANGE = "FBA_INVENTORY_AVAILABILITY_CHANGES"
LISTING_STATUS = "LISTINGS_ITEM_STATUS_CHANGE"
LISTING_ISSUES = "LISTINGS_ITEM_ISSUES_CHANGE"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened.

    Attributes:
        type: Amazon's name of the type of notifications that it is reported in.
        about: What it is about, and what distinguishes it from others about that.
        instant: When it happened (seconds since 1970).
        payload: What Amazon reports of it.
    """

    type: str
    about: str
    instant: float
    payload: dict[str, Any]


def milliseconds(instant: float) -> str:
    """Write an instant as notifications do: ``2020-01-11T00:09:53.109Z``."""
    text = datetime.fromtimestamp(instant, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def order_changes(business: Business, since: float, until: float) -> Iterator[Notice]:
    """Yield the changes of an account's orders in a stretch, begin included."""
    markets = frozenset(each.id for each in business.account.marketplaces)
    for stage, order in business.orders.changes_between(since, until, markets):
        payload = {"OrderChangeNotification": _order(business, order)}
        yield Notice(ORDER_CHANGE, f"{order.order_id} {stage}", order.updated, payload)


def _order(business: Business, order: Order) -> dict[str, Any]:
    shipped = sum(each.quantity for each in order.lines) if order.status == "Shipped" else 0
    left = 0 if order.status == "Cancelled" else sum(each.quantity for each in order.lines)
    return {
        "NotificationLevel": "OrderLevel",
        "SellerId": business.account.seller_id,
        "AmazonOrderId": order.order_id,
        "OrderChangeType": "OrderStatusChange",
        "OrderChangeTrigger": {
            "TimeOfOrderChange": milliseconds(order.updated),
            "ChangeReason": "Status Change",
        },
        "Summary": {
            "MarketplaceId": order.market.id,
            "OrderStatus": _status(order),
            "PurchaseDate": milliseconds(order.purchased),
            "DestinationPostalCode": order.postal_code or None,
            "FulfillmentType": "AFN" if order.channel == "Amazon" else "MFN",
            "OrderType": "StandardOrder",
            "NumberOfItemsShipped": shipped,
            "NumberOfItemsUnshipped": left - shipped,
            "OrderPrograms": ["Business"] if order.is_business else [],
            "ShippingPrograms": [],
            "OrderItems": [
                {
                    "OrderItemId": each.item_id,
                    "SellerSKU": each.sku,
                    "SupplySourceId": None,
                    "Quantity": each.quantity,
                    "QuantityShipped": each.quantity if order.status == "Shipped" else 0,
                }
                for each in order.lines
            ],
        },
    }


def _status(order: Order) -> str:
    """Return the status in the words of Orders v0, which notifications have."""
    if order.status.startswith("Shipped"):
        return "Shipped"
    return {CANCELLED: "Canceled", PENDING: "Pending"}.get(order.status, "Unshipped")


def inventory_changes(business: Business, before: int, now: int) -> Iterator[Notice]:
    """Yield the FBA SKUs whose stock is another one now than it was before."""
    account = business.account
    for listing in business.listings.all:
        if not listing.fba or not listing.listed_at(now):
            continue
        markets = [each for each in account.marketplaces if each.id in listing.titles]
        stocks = {each.id: business.stock.of(listing, each, now) for each in markets}
        if all(
            _numbers(stocks[each.id]) == _numbers(business.stock.of(listing, each, before))
            for each in markets
        ):
            continue
        yield Notice(
            INVENTORY_CHANGE,
            f"{listing.sku} {now}",
            now,
            {
                "SellerId": account.seller_id,
                "FNSKU": listing.fnsku,
                "ASIN": listing.asin,
                "SKU": listing.sku,
                "FulfillmentInventoryByMarketplace": [
                    {
                        "MarketplaceId": market_id,
                        "ItemName": listing.titles[market_id],
                        "FulfillmentInventory": _numbers(stock),
                        "Stores": [],
                    }
                    for market_id, stock in stocks.items()
                ],
            },
        )


def _numbers(stock: Stock) -> dict[str, Any]:
    return {
        "InboundQuantityBreakdown": {
            "Working": stock.inbound_working,
            "Shipped": stock.inbound_shipped,
            "Receiving": stock.inbound_receiving,
        },
        "Fulfillable": stock.fulfillable,
        "Unfulfillable": stock.unsellable,
        "Researching": stock.researching,
        "ReservedQuantityBreakdown": {
            "WarehouseProcessing": stock.reserved,
            "WarehouseTransfer": stock.fc_transfer,
            "PendingCustomerOrder": 0,
        },
        "FutureSupplyBuyable": stock.future_buyable,
        "PendingCustomerOrderInTransit": 0,
    }


def listing_changes(business: Business, before: int, now: int) -> Iterator[Notice]:
    """Yield the listings that can be bought now and could not before, or the other way round."""
    for listing in business.listings.all:
        for market in business.account.marketplaces:
            if market.id not in listing.titles or not listing.opened <= before:
                continue
            offers = business.listings
            was = offers.offer(listing, market, before).status == "Active"
            is_now = not listing.ended_at(now) and (
                offers.offer(listing, market, now).status == "Active"
            )
            if was != is_now and not listing.ended_at(before):
                head = {
                    "SellerId": business.account.seller_id,
                    "MarketplaceId": market.id,
                    "Asin": listing.asin,
                    "Sku": listing.sku,
                }
                about = f"{market.id} {listing.sku} {now}"
                yield _status_notice(listing, head, about, now, is_active=is_now)
                issues = {
                    "Severities": [] if is_now else ["ERROR"],
                    "EnforcementActions": [] if is_now else ["SEARCH_SUPPRESSED"],
                }
                yield Notice(LISTING_ISSUES, about, now, head | issues)


def _status_notice(
    listing: Listing, head: dict[str, Any], about: str, now: int, *, is_active: bool
) -> Notice:
    return Notice(
        LISTING_STATUS,
        about,
        now,
        head
        | {
            "CreatedDate": milliseconds(listing.opened),
            "Status": ["BUYABLE", "DISCOVERABLE"] if is_active else ["DISCOVERABLE"],
        },
    )

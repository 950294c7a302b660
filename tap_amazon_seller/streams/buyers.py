"""Who bought, and where it is sent: buyers' data, which only `include_pii` lets pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from amazon_selling_partner import marketplaces
from tap_amazon_seller.reports.text.headers import snake_case
from tap_amazon_seller.streams.kinds.api_stream import SharedApiStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace

KEPT = ("orderId", "lastUpdatedTime", "createdTime", "salesChannel", "buyer", "recipient")
MOST_MARKETPLACES = 50
ADDRESS = ("deliveryAddress", "deliveryPreference")


class BuyersStream(SharedApiStream):
    """A stream of the orders of Orders 2026-01-01, which need no restricted data token."""

    primary_keys = ("marketplace_id", "amazon_order_id")
    replication_key = "last_updated_date"
    selected_by_default = False
    is_personal = True
    role = "Direct to Consumer Shipping (Restricted)"
    source = "Orders 2026-01-01"
    operation = "searchOrders"
    window_parameters = ("lastUpdatedAfter", "lastUpdatedBefore")
    # One page of 100 orders in three minutes, after 20 at once: two years are 52 windows at least, and
    # what has to be asked for again after a crash is little.
    max_window = timedelta(days=14)
    overlap = timedelta(hours=1)
    retention = timedelta(days=730)
    delay = timedelta(minutes=5)  # Amazon asks for two, by its own clock

    @override
    def calls(self, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
        """One call for all marketplaces; a region has fewer than 50."""
        places = [marketplace.id for marketplace in self.account.marketplaces]
        yield {
            "marketplaceIds": ",".join(places[:MOST_MARKETPLACES]),
            "includedData": "BUYER,RECIPIENT",
            "maxResultsPerPage": 100,
            **self.window(start, end),
        }

    @override
    def place_of(self, item: Record) -> Marketplace | None:
        """Where the order was placed, or comes under (see `marketplaces.of_order`)."""
        channel = item["salesChannel"]
        return marketplaces.BY_ID.get(channel.get("marketplaceId") or "") or marketplaces.of_order(
            channel.get("marketplaceName") or "", self.account.marketplaces
        )

    @override
    def kept(self, item: Record) -> Record:
        """What both streams need of an order."""
        return {name: item[name] for name in KEPT if name in item}

    @override
    def records_of_item(self, item: Record, marketplace: Marketplace | None) -> Iterator[Record]:
        """The order's record, if it has such data."""
        found = self.of_order(item)
        if found is not None and marketplace is not None:
            yield {
                "marketplace_id": marketplace.id,
                "amazon_order_id": item["orderId"],
                "purchase_date": _in_utc(item["createdTime"]),
                "last_updated_date": _in_utc(item["lastUpdatedTime"]),
                **found,
            }

    def of_order(self, item: Record) -> Record | None:
        """The stream's own properties of an order; None where Amazon tells none."""
        raise NotImplementedError


class OrderBuyerInfo(BuyersStream):
    """Each order's buyer: name, anonymised e-mail address, company and purchase order number."""

    name = "order_buyer_info"

    @override
    def of_order(self, item: Record) -> Record | None:
        """The buyer."""
        buyer = item.get("buyer")
        return {snake_case(name): value for name, value in buyer.items()} if buyer else None


class OrderAddress(BuyersStream):
    """Each order's delivery address and what the buyer prefers for the delivery."""

    name = "order_address"

    @override
    def of_order(self, item: Record) -> Record | None:
        """The address, its parts as properties."""
        recipient = item.get("recipient")
        if not recipient:
            return None
        address = recipient.get("deliveryAddress") or {}
        more = {name: value for name, value in recipient.items() if name not in ADDRESS}
        return {
            **{snake_case(name): value for name, value in address.items()},
            "delivery_preference": recipient.get("deliveryPreference"),
            **{snake_case(name): value for name, value in more.items()},
        }


def _in_utc(text: str) -> str:
    """An instant of the API, which has milliseconds, as other streams write instants."""
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="seconds")

"""Turns what happens into notifications: watches the world and the reports, and has them delivered."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.clock import iso
from amazon_seller_sandbox.state.post import Letter
from amazon_seller_sandbox.state.reports import CANCELLED, DONE, FATAL
from amazon_seller_sandbox.state.subscriptions import QUERY_FINISHED, REPORT_FINISHED
from amazon_seller_sandbox.world import notices

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from amazon_seller_sandbox.state.reports import Report
    from amazon_seller_sandbox.state.sandbox import Sandbox
    from amazon_seller_sandbox.state.subscriptions import Subscription

TICK = 0.2
"""Wall seconds between two looks."""
_LOOK_EVERY = 60
"""Seconds of data time between two looks at stock and listings."""
_APPLICATION = "amzn1.sellerapps.app.sandbox"
_BY_COMPARISON = {
    notices.INVENTORY_CHANGE: notices.inventory_changes,
    notices.LISTING_STATUS: notices.listing_changes,
    notices.LISTING_ISSUES: notices.listing_changes,
}
_CAMEL_CASE = {REPORT_FINISHED, QUERY_FINISHED}
_OF_QUERY = (
    "queryId", "query", "processingStatus", "dataDocumentId", "errorDocumentId", "pagination",
)  # fmt: skip
"""The members of a query that its notification has."""
_WITHOUT_METADATA = {notices.INVENTORY_CHANGE}
"""Types whose schema has no NotificationMetadata."""


class Postman:
    """Looks what has happened since it looked last.

    Args:
        sandbox: All state.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        """Look from now on."""
        self._sandbox = sandbox

    async def run(self) -> None:
        """Look and deliver until cancelled."""
        while True:
            await self.look()
            due = self._sandbox.post.due(self._sandbox.world.clock.now())
            await asyncio.to_thread(self._sandbox.post.deliver, due)
            await asyncio.sleep(TICK)

    async def look(self) -> None:
        """Take what has happened to the post office."""
        now = self._sandbox.world.clock.now()
        for subscription in list(self._sandbox.subscriptions.subscriptions.values()):
            if subscription.type == REPORT_FINISHED:
                found = [each async for each in self._finished_reports(subscription)]
            elif subscription.type == QUERY_FINISHED:
                found = await self._finished_queries(subscription)
            else:
                found = list(self._happened(subscription))
            for about, instant, payload in found:
                self._post(subscription, about, instant, payload, now)

    def _happened(self, subscription: Subscription) -> Iterator[tuple[str, float, dict[str, Any]]]:
        business = self._sandbox.world.businesses[subscription.account]
        since, until = subscription.read_until, self._sandbox.world.data_time.now()
        if subscription.type == notices.ORDER_CHANGE and until > since:
            subscription.read_until = until
            for each in notices.order_changes(business, since, until):
                yield each.about, each.instant, each.payload
        compare = _BY_COMPARISON.get(subscription.type)
        if compare and until >= since + _LOOK_EVERY:
            subscription.read_until = until
            for each in compare(business, int(since), until):
                if each.type == subscription.type:
                    yield each.about, each.instant, each.payload

    async def _finished_reports(self, subscription: Subscription) -> Any:  # noqa: ANN401
        book = self._sandbox.books[subscription.account]
        now = self._sandbox.world.clock.now()
        new = [
            each
            for each in book.newest_first()
            if each.id not in subscription.reports
            and each.created >= subscription.read_until
            and (each.cancelled or each.ends <= now)
        ]
        await self._sandbox.bring_up_to_date(book, new)
        for report in new:
            if report.status(now) in {DONE, CANCELLED, FATAL}:
                subscription.reports.add(report.id)
                payload = self._report(report, subscription.account)
                yield report.id, now, {"reportProcessingFinishedNotification": payload}

    async def _finished_queries(
        self, subscription: Subscription
    ) -> list[tuple[str, float, dict[str, Any]]]:
        book = self._sandbox.query_books[subscription.account]
        now = self._sandbox.world.clock.now()
        new = [
            each
            for each in book.newest_first()
            if each.id not in subscription.reports
            and each.created >= subscription.read_until
            and (each.cancelled or each.ends <= now)
        ]
        await self._sandbox.bring_queries_up_to_date(book, new)
        seller = self._sandbox.world.businesses[subscription.account].account.seller_id
        found = []
        for query in new:
            body = query.body(now)
            if body["processingStatus"] in {DONE, CANCELLED, FATAL}:
                subscription.reports.add(query.id)
                payload = {name: body[name] for name in _OF_QUERY if name in body}
                payload["accountId"] = f"amzn1.merchant.o.{seller}"
                found.append((query.id, now, payload))
        return found

    def _report(self, report: Report, account: str) -> dict[str, Any]:
        now = self._sandbox.world.clock.now()
        seller = self._sandbox.world.businesses[account].account.seller_id
        body = report.body(now)
        found = {
            "sellerId": seller,
            "accountId": f"amzn1.merchant.o.{seller}",
            "reportId": report.id,
            "reportType": report.type.name,
            "processingStatus": body["processingStatus"],
        }
        if "reportDocumentId" in body:
            found["reportDocumentId"] = body["reportDocumentId"]
        return found

    def _post(
        self,
        subscription: Subscription,
        about: str,
        instant: float,
        payload: Mapping[str, Any],
        now: float,
    ) -> None:
        book = self._sandbox.subscriptions
        destination = book.destinations.get(subscription.destination_id)
        if destination is None:
            return
        letter_id = book.notification_id(subscription, f"{subscription.type} {about}")
        text = message(subscription, letter_id, instant, payload, now)
        self._sandbox.post.take(Letter(letter_id, subscription.type, destination, text, now), now)


def message(
    subscription: Subscription,
    notification_id: str,
    instant: float,
    payload: Mapping[str, Any],
    now: float,
) -> str:
    """Return the text of a notification, in the key style of its type."""
    body: dict[str, Any] = {
        "NotificationVersion": subscription.version,
        "NotificationType": subscription.type,
        "PayloadVersion": subscription.version,
        "EventTime": notices.milliseconds(instant),
        "Payload": payload,
    }
    if subscription.type not in _WITHOUT_METADATA:
        body["NotificationMetadata"] = {
            "ApplicationId": _APPLICATION,
            "SubscriptionId": subscription.id,
            "PublishTime": notices.milliseconds(now),
            "NotificationId": notification_id,
        }
    if subscription.type in _CAMEL_CASE:
        body = {name[0].lower() + name[1:]: value for name, value in body.items()}
        body["notificationMetadata"] = {
            name[0].lower() + name[1:]: value
            for name, value in body["notificationMetadata"].items()
        }
    return json.dumps(body, ensure_ascii=False)


def examples(now: float) -> dict[str, dict[str, Any]]:
    """Return the payload of a test notification of each type, like the examples of Amazon's schemas."""
    instant = notices.milliseconds(now)
    listing = {
        "SellerId": "AXXXXXXXXXXXXX",
        "MarketplaceId": "ATVPDKIKX0DER",
        "Sku": "NLS-SHOES-03",
    }
    return {
        notices.ORDER_CHANGE: {
            "OrderChangeNotification": {
                "NotificationLevel": "OrderLevel",
                "SellerId": "A3TH9S8BH6GOGM",
                "AmazonOrderId": "903-8868176-2219830",
                "OrderChangeType": "BuyerRequestedChange",
                "OrderChangeTrigger": {
                    "TimeOfOrderChange": instant,
                    "ChangeReason": "Buyer Requested Cancel",
                },
                "Summary": {
                    "MarketplaceId": "ATVPDKIKX0DER",
                    "OrderStatus": "Unshipped",
                    "PurchaseDate": iso(now),
                    "DestinationPostalCode": "48110",
                    "FulfillmentType": "MFN",
                    "OrderType": "StandardOrder",
                    "OrderItems": [],
                },
            }
        },
        notices.INVENTORY_CHANGE: {
            "SellerId": "AXXXXXXXXXXXXX",
            "FNSKU": "X000000001",
            "ASIN": "B000000001",
            "SKU": "NLS-SHOES-03",
            "FulfillmentInventoryByMarketplace": [],
        },
        notices.LISTING_STATUS: listing | {"Status": ["BUYABLE"]},
        notices.LISTING_ISSUES: listing | {"Severities": [], "EnforcementActions": []},
        REPORT_FINISHED: {
            "reportProcessingFinishedNotification": {
                "sellerId": "A3TH9S8BH6GOGM",
                "accountId": "amzn1.merchant.o.A3TH9S8BH6GOGM",
                "reportId": "54517018502",
                "reportType": "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA",
                "processingStatus": "CANCELLED",
            }
        },
        QUERY_FINISHED: {
            "accountId": "amzn1.merchant.o.A3TH9S8BH6GOGM",
            "queryId": "54517018502",
            "query": "query {}",
            "processingStatus": "CANCELLED",
        },
    }

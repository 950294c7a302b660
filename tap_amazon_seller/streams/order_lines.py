"""The lines of an order that has just changed, with what a notification lacks: ASINs and prices.

Within the quota of getOrder (Orders 2026-01-01: 30 at once, then one in 2 seconds), so that a change is
not held up for long; reports have the lines of all orders later on.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from amazon_selling_partner import AmazonError, NotFoundError, RetryableError, UnavailableError

if TYPE_CHECKING:
    from amazon_selling_partner import AmazonClock, SellingPartnerClient

    Record = dict[str, Any]

logger = logging.getLogger(__name__)

GET_ORDER = "getOrder"
PATIENCE = 20.0
"""Seconds of Amazon's time that the changes of one turn wait for quota in all."""


class OrderLines:
    """The lines of the orders of one turn.

    Args:
        client: The account's calls.
        clock: Amazon's time.

    Attributes:
        lacking: How many orders have none, for want of quota or an answer.
        refusal: Why Amazon gives none at all; empty where it does.
    """

    def __init__(self, client: SellingPartnerClient, clock: AmazonClock) -> None:
        self.lacking = 0
        self.refusal = ""
        self._client = client
        self._clock = clock
        self._until = clock.monotonic() + PATIENCE
        self._known: dict[str, list[Record] | None] = {}

    def of(self, order_id: str) -> list[Record] | None:
        """The lines of an order; None where they cannot be read now."""
        if order_id not in self._known:
            self._known[order_id] = found = self._read(order_id)
            self.lacking += found is None
        return self._known[order_id]

    def _read(self, order_id: str) -> list[Record] | None:
        wait = self._client.seconds_until_ready(GET_ORDER)
        if self.refusal or self._clock.monotonic() + wait > self._until:
            return None
        self._clock.wait(wait)
        try:
            items = self._client.order(order_id).get("orderItems")
        except (NotFoundError, RetryableError, UnavailableError) as error:
            logger.debug("%s", error)
            return None
        except AmazonError as error:
            self.refusal = str(error)
            return None
        if not isinstance(items, list):
            return None
        return [_line(each) for each in items if isinstance(each, dict)]


def _line(item: Record) -> Record:
    """A line, from an item of Orders 2026-01-01.

    >>> _line({"orderItemId": "7", "quantityOrdered": 2, "product": {"asin": "B000000001"}})["asin"]
    'B000000001'
    """
    product = _object(item.get("product"))
    price = _object(_object(product.get("price")).get("unitPrice"))
    return {
        "order_item_id": item.get("orderItemId"),
        "sku": product.get("sellerSku"),
        "asin": product.get("asin"),
        "title": product.get("title"),
        "quantity_ordered": item.get("quantityOrdered"),
        "unit_price": price.get("amount"),
        "currency": price.get("currencyCode"),
    }


def _object(value: object) -> Record:
    return value if isinstance(value, dict) else {}

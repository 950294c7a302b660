"""All operations of the sandbox: path, usage plan, role, and what each one does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amazon_seller_sandbox.api import (
    awd,
    data_kiosk,
    finances,
    notifications,
    orders,
    replenishment,
    reports,
    sellers,
    tokens,
)
from amazon_seller_sandbox.api.items import catalog, listings
from amazon_seller_sandbox.api.pricing import offers_v0, prices
from amazon_seller_sandbox.api.vendor import direct_fulfilment, purchase_orders

if TYPE_CHECKING:
    from amazon_seller_sandbox.world.truth import Truth

OPERATIONS = (
    *reports.OPERATIONS,
    *sellers.OPERATIONS,
    *catalog.OPERATIONS,
    *data_kiosk.OPERATIONS,
    *listings.OPERATIONS,
    *awd.OPERATIONS,
    *direct_fulfilment.OPERATIONS,
    *finances.OPERATIONS,
    *notifications.OPERATIONS,
    *offers_v0.OPERATIONS,
    *orders.OPERATIONS,
    *prices.OPERATIONS,
    *replenishment.OPERATIONS,
    *tokens.OPERATIONS,
    *purchase_orders.OPERATIONS,
)
TRUTH: dict[str, Truth] = {
    **sellers.TRUTH,
    **catalog.TRUTH,
    **awd.TRUTH,
    **data_kiosk.TRUTH,
    **direct_fulfilment.TRUTH,
    **finances.TRUTH,
    **orders.TRUTH,
    **prices.TRUTH,
    **replenishment.TRUTH,
    **purchase_orders.TRUTH,
}
"""What a perfect sync delivers of the streams that are read from these operations."""
OTHER_TRUTH: dict[str, Truth] = {**offers_v0.TRUTH}
"""The same by stream and source, where it comes from another source by a setting."""

"""Which marketplace an order comes under whose sales channel names none that is synced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amazon_selling_partner import marketplaces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amazon_selling_partner.marketplaces import Marketplace


class OrderPlaces:
    """The orders of a sync that no synced marketplace claims: they come once, under the first.

    Amazon is known to answer with the orders of the complete region, whichever marketplace was requested
    (amzn/selling-partner-api-docs#1404). Those of a synced marketplace come with its own report and
    would be doubled in others; those that name none may be in all reports, or in one.
    """

    def __init__(self) -> None:
        self._emitted: set[int] = set()

    @staticmethod
    def is_of_none(channel: str, synced: Sequence[Marketplace]) -> bool:
        """Whether orders of a channel may be in the report of any marketplace, and of several."""
        return (
            len(synced) > 1
            and marketplaces.of_order(channel, synced) is synced[0]
            and marketplaces.of_sales_channel(channel) is not synced[0]
        )

    def is_new(self, order_id: object, updated: object) -> bool:
        """Whether an order has not been emitted in this state; it is from now on."""
        version = hash((order_id, str(updated)))
        is_new = version not in self._emitted
        self._emitted.add(version)
        return is_new

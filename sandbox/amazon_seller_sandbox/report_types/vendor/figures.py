"""What the reports of vendors share: whose they are, and which products have figures at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amazon_seller_sandbox.chance import draws, key
from amazon_seller_sandbox.files import json_documents
from amazon_seller_sandbox.world.accounts import Marketplace  # noqa: TC001 - the tuple needs it
from amazon_seller_sandbox.world.world import Business, World  # noqa: TC001

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.files.asked import Asked
    from amazon_seller_sandbox.files.json_documents import Json
    from amazon_seller_sandbox.world.listings import Listing
    from amazon_seller_sandbox.world.truth import Record


class Place(NamedTuple):
    """A vendor in one marketplace."""

    world: World
    business: Business
    market: Marketplace

    def some(
        self, what: str, moment: int, one_in: int
    ) -> Iterator[tuple[Listing, tuple[int, ...]]]:
        """Yield the listings with figures at a moment, one per ASIN, and chance."""
        prefix = key(self.world.settings.seed, self.business.account.key, what, self.market.id)
        asins: set[str] = set()
        for listing in self.business.listings.all:
            if self.market.id not in listing.titles or listing.incomplete or listing.asin in asins:
                continue
            asins.add(listing.asin)
            chance = draws(prefix, (listing.index << 24) + moment)
            if chance[0] % one_in == 0:
                yield listing, chance

    def amount(self, cents: float) -> Json:
        """Return an amount of money, from cents of the generator."""
        amount = round(cents * self.market.exchange / 100, 2)
        return {"amount": amount, "currencyCode": self.market.currency}

    def record(self, row: Json) -> Record:
        """Return the true record of a report's row."""
        return {"marketplace_id": self.market.id} | json_documents.snake(row)


def place_of(asked: Asked) -> Place:
    """Return the vendor and marketplace that a report was requested."""
    return Place(asked.world, asked.business, asked.market)


def places(world: World, business: Business) -> Iterator[Place]:
    """Yield the marketplaces of a vendor; sellers have none of this."""
    if business.account.is_vendor:
        for market in business.account.marketplaces:
            yield Place(world, business, market)

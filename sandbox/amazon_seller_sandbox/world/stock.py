"""FBA stock: where an account's units lie, and how each marketplace's report counts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from amazon_seller_sandbox.chance import draws, key
from amazon_seller_sandbox.clock import HOUR

if TYPE_CHECKING:
    from amazon_seller_sandbox.world.accounts import Account, Marketplace
    from amazon_seller_sandbox.world.listings import Listing, Listings

_MOVES_EVERY = 48 * HOUR
"""Seconds after which the units of a SKU have moved; SKUs take turns, one in eight in six hours."""


@dataclass(frozen=True, slots=True)
class Stock:
    """The units of one SKU as one marketplace's report shows them."""

    listing: Listing
    price: int
    mfn_listed: bool
    mfn_fulfillable: int | None
    fulfillable: int
    local: int
    remote: int
    unsellable: int
    reserved: int
    researching: int
    inbound_working: int
    inbound_shipped: int
    inbound_receiving: int
    reserved_future: int
    future_buyable: int
    fc_transfer: int
    volume: str

    @property
    def warehouse(self) -> int:
        """Return the units inside Amazon's warehouses."""
        return self.fulfillable + self.unsellable + self.reserved + self.researching

    @property
    def total(self) -> int:
        """Return warehouse and inbound units together."""
        return self.warehouse + self.inbound_working + self.inbound_shipped + self.inbound_receiving


class StockBook:
    """The stock of one account. Europe's marketplaces share theirs; others have their own."""

    def __init__(self, seed: int, account: Account, listings: Listings) -> None:
        """Prepare the stock of these listings."""
        self._prefix = key(seed, account.key, "fba")
        self._account = account
        self._listings = listings
        self.shared = account.pools_fba_stock

    def _at_country(self, listing: Listing, market: Marketplace, instant: int) -> tuple[int, ...]:
        slot = (listing.index << 24) + (instant + listing.index * 7_919) // _MOVES_EVERY
        return draws(self._prefix + market.country.encode(), slot)

    def _local(self, listing: Listing, market: Marketplace, instant: int) -> int:
        return self.on_hand(listing, market, instant)[0]

    def on_hand(self, listing: Listing, market: Marketplace, instant: int) -> tuple[int, int]:
        """Return the sellable and the unsellable units that lie in the marketplace's country."""
        if market.id not in listing.titles:
            return 0, 0
        if listing.ended_at(instant) or listing.long_sold_out:
            return 0, 0
        chance = self._at_country(listing, market, instant)
        # Of a pool, any country but one may be empty while there are units elsewhere.
        elsewhere = self.shared and market.id != listing.home and chance[0] % 6 == 0
        is_empty = elsewhere or self._listings.is_sold_out(listing, market, instant)
        return 0 if is_empty else 1 + chance[0] % 179, chance[1] % 3

    def of(self, listing: Listing, market: Marketplace, instant: int) -> Stock:
        """Return the stock of one listing as the marketplace's report shows it."""
        chance = self._at_country(listing, market, instant)
        if listing.long_sold_out:
            chance = (0,) * len(chance)  # and nothing is on its way
        local, unsellable = self.on_hand(listing, market, instant)
        remote = 0
        if self.shared:
            remote = sum(
                self._local(listing, other, instant)
                for other in self._account.marketplaces
                if other.id != market.id
            )
        mfn_listed = chance[9] % 8 == 0
        return Stock(
            listing=listing,
            price=self._listings.offer(listing, market, instant).price,
            mfn_listed=mfn_listed,
            mfn_fulfillable=chance[10] % 20 if mfn_listed else None,
            fulfillable=local + remote,
            local=local,
            remote=remote,
            unsellable=unsellable,
            reserved=chance[2] % 9,
            researching=chance[3] % 2,
            inbound_working=chance[4] % 40 if chance[4] % 3 == 0 else 0,
            inbound_shipped=chance[5] % 60 if chance[5] % 4 == 0 else 0,
            inbound_receiving=chance[6] % 12 if chance[6] % 5 == 0 else 0,
            reserved_future=chance[7] % 2,
            future_buyable=chance[8] % 3,
            fc_transfer=chance[11] % 7,
            volume=f"0.{1 + listing.index % 98:02d}",
        )

    def rows(self, market: Marketplace, instant: int, *, archived: bool = False) -> list[Stock]:
        """Return the complete report of a marketplace at this instant, with archived SKUs or without."""
        return [
            self.of(listing, market, instant)
            for listing in self._listings.in_marketplace(market, instant)
            if listing.fba
        ] + [
            self.of(listing, market, instant)
            for listing in self._listings.all
            if archived and listing.ended_at(instant) and market.id in listing.titles
        ]

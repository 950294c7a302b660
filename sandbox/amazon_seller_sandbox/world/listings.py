"""The listings of an account: what it sells, under which SKU, where, at what price."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from amazon_seller_sandbox.chance import BASE36, SCALE, draws, key
from amazon_seller_sandbox.clock import DAY, HOUR
from amazon_seller_sandbox.world.titles import title

if TYPE_CHECKING:
    from amazon_seller_sandbox.world.accounts import Account, Marketplace

ASIN = re.compile(r"B[0-9A-Z]{9}|[0-9]{9}[0-9X]")
"""What Amazon takes for an ASIN: its own, or an ISBN of ten digits."""

SHARES_ASIN_EVERY = 9
"""Every ninth listing is a second SKU of the ASIN before it."""
INCOMPLETE_EVERY = 41
RETIRED = 3
"""This many SKUs are no longer listed but still occur in orders."""
LISTED_LATER_EVERY = 29
"""Every so many listings one opens only after the epoch."""
REPLACED_EVERY = 13
"""Every so many listings one belongs to the assortment that is replaced: it ends, the next one opens."""
REPLACED_AFTER = 10 * HOUR
"""When the assortment is replaced, all at once: seconds after the epoch."""
LONG_SOLD_OUT_EVERY = 17
"""Every so many listings one has been out of stock for years, and nobody orders it."""
_SOLD_OUT_FOR = 2 * DAY
_SOLD_OUT_ONE_IN = 10
_CLOSED_ONE_IN = 15
_STATUS_LAG = HOUR
"""A listing that is sold out turns Inactive this much later; the report is "not real-time"
(amzn/selling-partner-api-docs#1130)."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One SKU of an account.

    Attributes:
        retired: Whether it was taken out of the listings long ago.
        long_sold_out: Whether it has been out of stock for years.
        home: The marketplace id in whose country FBA units lie as long as there are any.
        opened: When it is listed (seconds since 1970).
        closed: When it is taken out of the listings, if ever.
    """

    index: int
    product: int
    sku: str
    asin: str
    fnsku: str
    fba: bool
    incomplete: bool
    retired: bool
    long_sold_out: bool
    home: str
    opened: int
    closed: int | None
    base_price: int
    titles: dict[str, str]
    listing_ids: dict[str, str]

    def listed_at(self, instant: int) -> bool:
        """Say whether the listing exists at this instant."""
        return self.opened <= instant and not self.ended_at(instant)

    def ended_at(self, instant: int) -> bool:
        """Say whether the listing has been taken out of the listings by this instant."""
        return self.retired or (self.closed is not None and self.closed <= instant)


@dataclass(frozen=True, slots=True)
class Offer:
    """What changes about a listing in a marketplace; a quantity only where the seller fulfils."""

    price: int
    quantity: int | None
    status: str


def _base36(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 36)
        digits.append(BASE36[digit])
    return "".join(digits)


def _isbn10(digits: str) -> str:
    """Return nine digits with the check digit of ISO 2108: the weighted sum is a multiple of 11."""
    total = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), digits, strict=True))
    return digits + "0123456789X"[-total % 11]


def _asin(seed: int, account: str, product: int) -> str:
    chance = draws(key(seed, account, "asin"), product)
    if product % 17 == 5:  # noqa: PLR2004 - a book, whose ASIN is its ISBN
        return _isbn10(f"{product % 3:01d}{chance[0] % 10**8:08d}")
    # The product number inside keeps ASINs apart.
    return "B0" + _base36(product * 7919 + 36**4, 5) + _base36(chance[0], 3)


def _sku(seed: int, account: Account, index: int) -> str:
    chance = draws(key(seed, account.key, "sku"), index)
    family = index % 6
    if family == 0:
        return f"{account.key}-{index:05d}"
    if family == 1:
        return f"{index:07d}"
    if family == 2:  # noqa: PLR2004
        return f"Ab {index} Blau"
    if family == 3:  # noqa: PLR2004
        return f"{_base36(chance[0], 2)}-{_base36(chance[1], 4)}-{_base36(index + 36**3, 4)}"
    if family == 4:  # noqa: PLR2004
        return f"9{index:05d}{chance[0] % 10**7:07d}"
    last = {"EU": "Größe", "FE": "商品"}.get(account.region, "size")
    return f"sku_{index}/{last}"


class Listings:
    """All listings of one account, as a pure function of seed, account and time."""

    def __init__(self, seed: int, account: Account, count: int, epoch: int) -> None:
        """Prepare ``count`` listings around ``epoch`` (seconds since 1970)."""
        self._seed = seed
        self._account = account
        self._count = count
        self._epoch = epoch
        self._offer_keys = {
            each.id: key(seed, account.key, "offer", each.id) for each in account.marketplaces
        }
        everywhere = key(seed, account.key, "stock")
        places = {
            each.id: key(seed, account.key, "stock", each.id) for each in account.marketplaces
        }
        # By whether Amazon fulfils: where the units of a SKU are one stock, all marketplaces draw alike.
        self._stock_keys = {
            by_amazon: dict.fromkeys(places, everywhere) if is_one_stock else places
            for by_amazon, is_one_stock in (
                (True, account.pools_fba_stock),
                (False, account.is_unified),
            )
        }

    @cached_property
    def all(self) -> list[Listing]:
        """Return every listing, made when first requested: an account nobody uses costs nothing."""
        return [self._make(index) for index in range(self._count + RETIRED)]

    def _is_plain(self, index: int) -> bool:
        return (
            index < self._count
            and index % INCOMPLETE_EVERY != INCOMPLETE_EVERY - 1
            and index % LISTED_LATER_EVERY != LISTED_LATER_EVERY - 1
        )

    def _is_replaced(self, index: int) -> bool:
        """Say whether the next listing replaces this one."""
        is_one = index % REPLACED_EVERY == REPLACED_EVERY // 2
        return is_one and self._is_plain(index) and self._is_plain(index + 1)

    def _opened(self, index: int, draw: int) -> int:
        if index % LISTED_LATER_EVERY == LISTED_LATER_EVERY - 1:
            return self._epoch + HOUR + draw % (3 * DAY)
        if self._is_replaced(index - 1):
            return self._epoch + REPLACED_AFTER
        return self._epoch - 400 * DAY - draw % (1500 * DAY)

    def _make(self, index: int) -> Listing:
        seed, account = self._seed, self._account
        is_replaced, replaces = self._is_replaced(index), self._is_replaced(index - 1)
        chance = draws(key(seed, account.key, "listing"), index)
        incomplete = index % INCOMPLETE_EVERY == INCOMPLETE_EVERY - 1
        shares = index % SHARES_ASIN_EVERY == SHARES_ASIN_EVERY - 1 and not incomplete
        product = index - 1 if shares else index
        asin = _asin(seed, account.key, product)
        # What replaces another listing is sold where that one was, in the same way.
        like = index - 1 if replaces else index
        habits = draws(key(seed, account.key, "listing"), like)
        fba = habits[1] % 100 < 60 and not incomplete  # noqa: PLR2004 - 60 % of the SKUs
        fnsku = "X00" + _base36(index + 36**3, 4) + _base36(chance[2], 3)
        home = account.marketplaces[like % len(account.marketplaces)]
        markets = [
            market
            for position, market in enumerate(account.marketplaces)
            if market is home or habits[3 + position] % 100 < 88  # noqa: PLR2004
        ]
        long_sold_out = index % LONG_SOLD_OUT_EVERY == LONG_SOLD_OUT_EVERY // 2
        return Listing(
            index=index,
            product=product,
            sku=_sku(seed, account, index),
            asin=asin,
            fnsku=asin if chance[2] % 7 == 0 and not shares else fnsku,
            fba=fba,
            incomplete=incomplete,
            retired=index >= self._count,
            long_sold_out=long_sold_out
            and self._is_plain(index)
            and not (is_replaced or replaces or account.is_vendor),
            home=home.id,
            opened=self._opened(index, chance[0]),
            closed=self._epoch + REPLACED_AFTER if is_replaced else None,
            base_price=199 + chance[9] % 9_800,
            titles={
                market.id: title(seed, account, product, market.language) for market in markets
            },
            listing_ids={
                market.id: f"{draws(key(seed, market.id, 'listing-id'), index)[0] % 10**4:04d}"
                f"{_base36(index + 36**3, 7)}"
                for market in markets
            },
        )

    def in_marketplace(self, market: Marketplace, instant: int) -> list[Listing]:
        """Return the listings that exist in this marketplace at this instant."""
        return [each for each in self.all if market.id in each.titles and each.listed_at(instant)]

    @cached_property
    def by_asin(self) -> dict[str, list[Listing]]:
        """Return the listings of every ASIN."""
        found: dict[str, list[Listing]] = {}
        for each in self.all:
            found.setdefault(each.asin, []).append(each)
        return found

    @cached_property
    def asins(self) -> list[str]:
        """Return every ASIN, sorted."""
        return sorted(self.by_asin)

    @cached_property
    def sold(self) -> dict[tuple[str, bool], list[Listing]]:
        """Return what orders pick from, by marketplace id and whether Amazon fulfils."""
        return {
            (market.id, fba): [
                each
                for each in self.all
                if market.id in each.titles
                and each.fba is fba
                and not each.incomplete
                and not each.long_sold_out
                and each.opened < self._epoch
            ]
            for market in self._account.marketplaces
            for fba in (True, False)
        }

    def successor(self, listing: Listing, instant: int) -> Listing:
        """Return what is sold at this instant in the place of a listing: itself, or what replaced it."""
        ended = listing.closed is not None and listing.closed <= instant
        return self.all[listing.index + 1] if ended else listing

    def is_sold_out(self, listing: Listing, market: Marketplace, instant: int) -> bool:
        """Say whether no unit can be sold there; FBA units in other countries of a pool can be."""
        return listing.long_sold_out or self._stock(listing, market, instant) is None

    def _stock(self, listing: Listing, market: Marketplace, instant: int) -> int | None:
        slot = (listing.index << 24) + (instant + listing.index * 7_351) // _SOLD_OUT_FOR
        draw = draws(self._stock_keys[listing.fba][market.id], slot)[0]
        return None if draw % _SOLD_OUT_ONE_IN == 0 else draw

    def offer(self, listing: Listing, market: Marketplace, instant: int) -> Offer:
        """Return price (minor units), quantity and status at this instant.

        Sold-out listings turn Inactive, and Active again once there is stock; others are Inactive while
        the seller has closed or Amazon has blocked them, with whatever is in stock (SP-API guide
        "Understanding Amazon listing status and seller-fulfilled inventory management").
        """
        prefix = self._offer_keys[market.id]
        slot = (listing.index << 24) + (instant + listing.index * 7_351) // (5 * DAY)
        price_draw = draws(prefix + b"price", slot)[0]
        price = int(listing.base_price * market.exchange * (0.9 + 0.2 * price_draw / SCALE))
        if market.minor_units == 1:
            price = max(price // 100, 1)
        quantity = None
        if not listing.fba:
            sold_out = self.is_sold_out(listing, market, instant)
            quantity = 0 if sold_out else 1 + (self._stock(listing, market, instant) or 0) % 249
        return Offer(price=price, quantity=quantity, status=self._status(listing, market, instant))

    def _status(self, listing: Listing, market: Marketplace, instant: int) -> str:
        if listing.incomplete:
            return "Incomplete"
        slot = (listing.index << 24) + (instant + listing.index * 7_351) // (9 * DAY)
        draw = draws(self._offer_keys[market.id] + b"status", slot)[0]
        is_closed = draw % _CLOSED_ONE_IN == 0
        is_sold_out = self.is_sold_out(listing, market, instant)
        is_inactive = is_sold_out and self.is_sold_out(listing, market, instant - _STATUS_LAG)
        return "Inactive" if is_closed or is_inactive else "Active"

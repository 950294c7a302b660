"""The listings of an account: what it sells, under which SKU, where, at what price."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from amazon_seller_sandbox.chance import SCALE, draws, key, pick
from amazon_seller_sandbox.titles import title

if TYPE_CHECKING:
    from amazon_seller_sandbox.accounts import Account, Marketplace

_DAY = 86_400
_HOUR = 3_600
_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

SHARES_ASIN_EVERY = 9
"""Every ninth listing is a second SKU of the ASIN before it."""
INCOMPLETE_EVERY = 41
RETIRED = 3
"""This many SKUs are no longer listed but still occur in orders."""
LISTED_LATER_EVERY = 29
"""Every so many listings one opens only after the epoch."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One SKU of an account."""

    index: int
    product: int
    sku: str
    asin: str
    fnsku: str
    fba: bool
    incomplete: bool
    retired: bool
    opened: int
    base_price: int
    titles: dict[str, str]
    listing_ids: dict[str, str]

    def listed_at(self, instant: int) -> bool:
        """Say whether the listing exists at this instant."""
        return not self.retired and self.opened <= instant


@dataclass(frozen=True, slots=True)
class Offer:
    """What changes about a listing in a marketplace."""

    price: int
    quantity: int | None
    status: str


def _base36(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 36)
        digits.append(_BASE36[digit])
    return "".join(digits)


def _asin(seed: int, account: str, product: int) -> str:
    chance = draws(key(seed, account, "asin"), product)
    if product % 17 == 5:  # noqa: PLR2004 - a book, whose ASIN is its ISBN
        return f"{product % 3:01d}{chance[0] % 10**8:08d}{'0123456789X'[chance[1] % 11]}"
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

    @cached_property
    def all(self) -> list[Listing]:
        """Return every listing, made when first asked for: an account nobody uses costs nothing."""
        return [self._make(index) for index in range(self._count + RETIRED)]

    def _make(self, index: int) -> Listing:
        seed, account = self._seed, self._account
        chance = draws(key(seed, account.key, "listing"), index)
        incomplete = index % INCOMPLETE_EVERY == INCOMPLETE_EVERY - 1
        shares = index % SHARES_ASIN_EVERY == SHARES_ASIN_EVERY - 1 and not incomplete
        product = index - 1 if shares else index
        asin = _asin(seed, account.key, product)
        if index % LISTED_LATER_EVERY == LISTED_LATER_EVERY - 1:
            opened = self._epoch + _HOUR + chance[0] % (3 * _DAY)
        else:
            opened = self._epoch - 400 * _DAY - chance[0] % (1500 * _DAY)
        fba = chance[1] % 100 < 60 and not incomplete  # noqa: PLR2004 - 60 % of the SKUs
        fnsku = "X00" + _base36(index + 36**3, 4) + _base36(chance[2], 3)
        markets = [
            market
            for position, market in enumerate(account.marketplaces)
            if position == index % len(account.marketplaces) or chance[3 + position] % 100 < 88  # noqa: PLR2004
        ]
        return Listing(
            index=index,
            product=product,
            sku=_sku(seed, account, index),
            asin=asin,
            fnsku=asin if chance[2] % 7 == 0 and not shares else fnsku,
            fba=fba,
            incomplete=incomplete,
            retired=index >= self._count,
            opened=opened,
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
    def sold(self) -> dict[tuple[str, bool], list[Listing]]:
        """Return what orders pick from, by marketplace id and whether Amazon fulfils."""
        return {
            (market.id, fba): [
                each
                for each in self.all
                if market.id in each.titles
                and each.fba is fba
                and not each.incomplete
                and each.index % LISTED_LATER_EVERY != LISTED_LATER_EVERY - 1
            ]
            for market in self._account.marketplaces
            for fba in (True, False)
        }

    def offer(self, listing: Listing, market: Marketplace, instant: int) -> Offer:
        """Return price (minor units), quantity and status at this instant."""
        prefix = self._offer_keys[market.id]
        slot = listing.index << 24
        phase = listing.index * 7_351
        price_draw = draws(prefix + b"price", slot + (instant + phase) // (5 * _DAY))[0]
        status_draw = draws(prefix + b"status", slot + (instant + phase) // (9 * _DAY))[0]
        stock_draw = draws(prefix + b"stock", slot + (instant + phase) // (2 * _DAY))[0]
        price = int(listing.base_price * market.exchange * (0.9 + 0.2 * price_draw / SCALE))
        if market.minor_units == 1:
            price = max(price // 100, 1)
        status = pick(("Active",) * 6 + ("Inactive",), status_draw)
        if listing.incomplete:
            status = "Incomplete"
        quantity = None if listing.fba else (0 if stock_draw % 10 == 0 else stock_draw % 250)
        return Offer(price=price, quantity=quantity, status=status)

"""When Amazon settles an account: every two weeks, each marketplace on a day of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amazon_seller_sandbox.chance import draws, key
from amazon_seller_sandbox.clock import DAY

if TYPE_CHECKING:
    from amazon_seller_sandbox.world.accounts import Account, Marketplace

PERIOD = 14 * DAY


def _phase(account: Account, market: Marketplace) -> int:
    return draws(key(account.key, market.id, "settlement"))[0] % PERIOD


def number_at(account: Account, market: Marketplace, instant: float) -> int:
    """Return the number of the period in which an instant lies."""
    return int((instant - _phase(account, market)) // PERIOD)


def bounds(account: Account, market: Marketplace, number: int) -> tuple[int, int]:
    """Return begin and end of a period (seconds)."""
    begin = number * PERIOD + _phase(account, market)
    return begin, begin + PERIOD


def id_of(account: Account, market: Marketplace, number: int) -> str:
    """Return the id of a settlement: eleven digits."""
    place = account.marketplaces.index(market)
    chance = draws(key(account.key, market.id, "settlement-id"), number)
    return f"{2 + place % 7}{number:05d}{place:02d}{chance[0] % 1000:03d}"


def settlement_id(account: Account, market: Marketplace, instant: float) -> str:
    """Return the id of the settlement that an instant belongs to."""
    return id_of(account, market, number_at(account, market, instant))

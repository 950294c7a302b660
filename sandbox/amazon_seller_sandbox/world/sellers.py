"""Further sellers of a sandbox that stands for a fleet: small accounts of one marketplace each."""

from __future__ import annotations

from functools import cache

from amazon_seller_sandbox.world.accounts import (
    ACCOUNTS,
    ALL_ROLES,
    DE,
    ES,
    FR,
    GB,
    GRANTS,
    IT,
    Account,
    Grant,
)

_MARKETPLACES = (DE, FR, GB, IT, ES)
MOST = 1_000
"""How many there may be."""


def name(number: int) -> str:
    """Return the key of a seller, from 1: ``S0001``."""
    return f"S{number:04}"


@cache
def _seller(number: int) -> Account:
    key = name(number)
    return Account(
        key,
        "EU",
        f"A1SANDBOX{key}",
        f"Sandkorn {number}",
        f"Sandkorn {number} GmbH",
        (_MARKETPLACES[number % len(_MARKETPLACES)],),
    )


def accounts(count: int) -> dict[str, Account]:
    """Return all accounts of a sandbox with so many further sellers, by their keys."""
    return ACCOUNTS | {name(number): _seller(number) for number in range(1, count + 1)}


def grants(count: int) -> dict[str, Grant]:
    """Return what each refresh token allows: ``Atzr|sandbox-S0001`` is that of the first one."""
    return GRANTS | {
        f"Atzr|sandbox-{name(number)}": Grant(_seller(number), ALL_ROLES)
        for number in range(1, count + 1)
    }

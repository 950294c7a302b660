"""The lock of an account: a session advisory lock, freed by the server when its connection ends."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from amazon_fleet.errors import AccountBusyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_fleet.store.database import Connection

_KEY = "hashtextextended('amazon-fleet:' || %s, 0)"


def take(connection: Connection, account: str) -> None:
    """Take an account's lock for as long as the connection lives.

    Raises:
        AccountBusyError: another connection has it.
    """
    row = connection.execute(f"SELECT pg_try_advisory_lock({_KEY}) AS taken", [account]).fetchone()
    if not row or not row["taken"]:
        raise AccountBusyError(f"{account}: another run is under way; this one is left out.")


def free(connection: Connection, account: str) -> None:
    """Free an account's lock now: a server notices the end of a connection a moment later."""
    connection.execute(f"SELECT pg_advisory_unlock({_KEY})", [account])


@contextlib.contextmanager
def held(connection: Connection, account: str) -> Iterator[None]:
    """Hold an account's lock for a while.

    Raises:
        AccountBusyError: another connection has it.
    """
    take(connection, account)
    try:
        yield
    finally:
        free(connection, account)

"""Connections to the fleet's database; all of its tables, the queue's too, are in a schema of their own.

A lock of a run belongs to its connection (a session), so that a pooler between must be in session mode.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from amazon_fleet.errors import DatabaseError, FleetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg.rows import DictRow

    Connection = psycopg.Connection[DictRow]

SCHEMA = "fleet"
_PASSWORD = re.compile(r"(://[^:/@\s]*:).*@|(password=).*", re.IGNORECASE)
_CONNECT_SECONDS = 10
KEEPALIVE: Mapping[str, Any] = {
    "keepalives": 1,
    "keepalives_idle": 5,  # seconds
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # ms
}
"""Of libpq: a connection over a network that is gone is noticed within about ten seconds."""


def check_address(url: str, name: str) -> None:
    """Refuse an address that libpq cannot read, without its reasons, which quote the password.

    Args:
        url: As the user has written it.
        name: What it is the address of.

    Raises:
        FleetError: it cannot be read.
    """
    try:
        is_readable = "@" not in str(conninfo_to_dict(url).get("host", ""))
    except psycopg.Error:
        is_readable = False
    if not is_readable:
        raise FleetError(
            f"The address of {name} cannot be read: write postgresql://USER@HOST:PORT/NAME, and in a "
            "password %40 for @, %20 for a space, %25 for %."
        )


@dataclass(frozen=True, slots=True)
class Database:
    """Where a fleet's tables are.

    Attributes:
        url: As libpq takes it (``postgresql://...``); it may hold a password, so it is never shown.
    """

    url: str

    def __repr__(self) -> str:
        return f"Database({self.shown!r})"

    @property
    def shown(self) -> str:
        """The URL without its password."""
        return _PASSWORD.sub(
            lambda found: f"{found[1] or found[2]}***{'@' if found[1] else ''}", self.url
        )

    @property
    def arguments(self) -> dict[str, Any]:
        """What a connection is made with, beside the URL."""
        return {
            "options": f"-c search_path={SCHEMA},public -c timezone=UTC",
            "application_name": "amazon-fleet",
            "connect_timeout": _CONNECT_SECONDS,
            **KEEPALIVE,
        }

    def connect(self) -> Connection:
        """Return a connection in which each statement is a transaction, and a row is a dictionary.

        Raises:
            DatabaseError: the database cannot be reached.
            FleetError: its address cannot be read.
        """
        check_address(self.url, "the database")
        try:
            return psycopg.connect(
                self.url, autocommit=True, row_factory=dict_row, **self.arguments
            )
        except psycopg.Error as error:
            raise DatabaseError(
                f"The database {self.shown} cannot be reached: {self.reason(error)}"
            ) from None

    def reason(self, error: psycopg.Error) -> str:
        """Return the first line of a failure, without a password."""
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        return _PASSWORD.sub(lambda found: f"{found[1] or found[2]}***", first)

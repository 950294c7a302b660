"""Records that wait for others of their file: a call has 20, and a file of so few is a burden.

Pure: it knows no time but what it is given.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from singer_sdk.helpers.types import Record

LONGEST = timedelta(minutes=5)
"""How long records wait. Of a sync that is killed meanwhile, their calls are made again."""
MOST = 2_000


class Gathering:
    """Records in the order in which they came."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._since: datetime | None = None

    def add(self, record: Record, now: datetime) -> None:
        """Keep a record that has come now."""
        self._since = self._since or now
        self._records.append(record)

    def is_enough(self, now: datetime) -> bool:
        """Whether they are many, or the first of them has waited long."""
        if self._since is None:
            return False
        return len(self._records) >= MOST or now - self._since >= LONGEST

    def take(self) -> list[Record]:
        """What is kept, which is kept no longer."""
        found, self._records, self._since = self._records, [], None
        return found

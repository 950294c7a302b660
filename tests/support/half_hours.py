"""The times of runs that follow each other every half hour, as hosts start them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class HalfHours:
    """A clock that is half an hour later each time it is asked."""

    start: datetime = datetime(2026, 11, 2, 8, tzinfo=UTC)
    _passed: Iterator[int] = field(default_factory=count)

    def __str__(self) -> str:
        """Return the next time, as the command line takes it."""
        return (self.start + next(self._passed) * timedelta(minutes=30)).isoformat()

"""A clock that stands until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amazon_selling_partner import Event

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


class StillClock:
    """Amazon's time, of which `passed` seconds have gone by since `NOW`."""

    def __init__(self) -> None:
        """Begin at `NOW`."""
        self.passed = 0.0

    def now(self) -> datetime:
        """Return Amazon's time."""
        return NOW + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        """Return the seconds that have gone by."""
        return self.passed

    def wait(self, seconds: float, wake: Event | None = None) -> None:  # noqa: ARG002
        """Fail: a test that waits would wait for ever."""
        raise AssertionError("nothing here waits")

"""How many calls to Optiply are under way at once: fewer after each 429, more while all goes well."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from amazon_optiply_etl.machine import THIS_MACHINE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from amazon_optiply_etl.machine import Machine


class Pace:
    """Lets calls begin, from any thread.

    A 429 speaks to the account, not to one call: none begins before the time that Optiply requests, and
    then half as many at once as before, down to one at a time. Each round of successes allows one more,
    as TCP does it (additive increase, multiplicative decrease; RFC 5681, section 3.1).

    Args:
        at_most: Calls at once while all goes well.
        sleep: Waits so many seconds.
        clock: Says what time it is.
        machine: Whose threads call.
    """

    def __init__(
        self,
        at_most: int,
        sleep: Callable[[float], object],
        clock: Callable[[], datetime],
        machine: Machine = THIS_MACHINE,
    ) -> None:
        self._at_most = at_most
        self._allowed = float(at_most)
        self._running = 0
        self._not_before: datetime | None = None
        self._changed = machine.condition()
        self._sleep = sleep
        self._clock = clock

    @property
    def allowed(self) -> int:
        """How many calls may be under way at once now."""
        return int(self._allowed)

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until a call may begin, and count it until it has ended."""
        self._wait_for_its_time()
        with self._changed:
            self._changed.wait_for(lambda: self._running < self.allowed)
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def went_well(self) -> None:
        """Allow a little more."""
        with self._changed:
            self._allowed = min(self._allowed + 1 / self._allowed, self._at_most)
            self._changed.notify_all()

    def slow_down(self, until: datetime) -> None:
        """Let no call begin before a time, and then fewer at once; calls refused together count once."""
        with self._changed:
            if self._not_before is None or self._clock() >= self._not_before:
                self._allowed = max(self._allowed / 2, 1.0)
            self._not_before = max(until, self._not_before or until)

    def go_on_from(self, time: datetime) -> None:
        """Let calls begin again that had to wait until a time, which has come."""
        with self._changed:
            if self._not_before is not None and self._not_before <= time:
                self._not_before = None

    def _wait_for_its_time(self) -> None:
        until = self._not_before
        if until is not None:
            self._sleep(max((until - self._clock()).total_seconds(), 0.0))
            self.go_on_from(until)

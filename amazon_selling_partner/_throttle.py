"""Token buckets, one per account and operation, so that a healthy sync never sees a 429.

Source of the algorithm: Amazon's "Usage plans and rate limits": a bucket holds `burst` tokens, each
call takes one, and it refills at `rate` tokens a second.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from amazon_selling_partner._machine import THIS_MACHINE
from amazon_selling_partner._shared_limits import LimitSpentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_selling_partner._clock import Clock
    from amazon_selling_partner._machine import Machine

MARGIN = 1.01
"""Tokens are counted one per cent slower than Amazon counts them: its headers round the rate."""

LEARNED = 10.0
"""Amazon's header may change a documented rate by so much, up or down."""


@dataclass(frozen=True, slots=True)
class Quota:
    """Amazon's usage plan of one operation: `rate` calls a second, `burst` at once."""

    rate: float
    burst: int


class TokenBucket:
    """The calls that one operation of one account may still make.

    Counted conservatively: a call is taken to have reached Amazon when its answer came back, and the
    calls of one operation follow each other, so tokens here never exceed those at Amazon.
    """

    def __init__(self, quota: Quota, clock: Clock, machine: Machine = THIS_MACHINE) -> None:
        self._documented = quota.rate
        self._interval = MARGIN / quota.rate
        self._burst = quota.burst
        self._clock = clock
        self._full_at = float("-inf")  # when the bucket will be full again
        self._lock = machine.lock()

    def seconds_until_ready(self, calls: int = 1) -> float:
        """How long until the next call may be made, or the last of so many; 0 for now."""
        return max(
            0.0, self._full_at - (self._burst - calls) * self._interval - self._clock.monotonic()
        )

    @contextmanager
    def token(self) -> Iterator[None]:
        """Wait for a token, hold the operation while the call runs, and account for the call.

        A `LimitSpentError` from within says that there was none.
        """
        with self._lock:
            while (wait := self.seconds_until_ready()) > 0:
                self._clock.wait(wait)
            is_made = True
            try:
                yield
            except LimitSpentError:
                is_made = False
                raise
            finally:
                if is_made:
                    now = self._clock.monotonic()
                    self._full_at = max(self._full_at, now) + self._interval

    def learn(self, limit: str | float) -> None:
        """Take the rate from an answer's `x-amzn-RateLimit-Limit`, in calls a second.

        It counts between a tenth and ten times the documented rate: Amazon adapts plans to a business,
        but a rate that stops all calls, or that knows no limit, is not a plan.
        """
        try:
            rate = float(limit)
        except ValueError:
            return
        # the other way round, what is not a number would pass
        if not self._documented / LEARNED <= rate <= self._documented * LEARNED:
            return
        now = self._clock.monotonic()
        missing = max(0.0, self._full_at - now) / self._interval  # tokens used and not back
        self._interval = MARGIN / rate
        self._full_at = now + missing * self._interval

    def drain(self) -> None:
        """After a 429: another client used the tokens, so count the bucket as empty.

        The refused call took no token, so the next one may follow after one interval.
        """
        self._full_at = self._clock.monotonic() + self._burst * self._interval

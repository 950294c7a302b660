"""Amazon's token buckets: one per selling account and operation, on sandbox time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from amazon_seller_sandbox.clock import DAY

if TYPE_CHECKING:
    from amazon_seller_sandbox.clock import Clock
    from amazon_seller_sandbox.report_types.report_type import TypeLimit


@dataclass(frozen=True, slots=True)
class Rate:
    """A usage plan: requests per second and burst, as Amazon documents them."""

    per_second: float
    burst: int


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled: float


@dataclass(slots=True)
class Quotas:
    """The buckets of all accounts.

    Attributes:
        rate_factor: What share of the documented rates Amazon grants: "Selling partners whose business
            demands require higher throughput can have higher rate and burst values than those shown
            here" (Amazon's models, of every operation). Answers state the rate that counts.
    """

    clock: Clock
    rate_factor: float = 1.0
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)
    _requested: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def per_second(self, rate: Rate) -> float:
        """Return the calls a second that Amazon grants."""
        return rate.per_second * self.rate_factor

    def take(self, account: str, operation: str, rate: Rate) -> bool:
        """Take one token; False when the bucket is empty (the call is then to be refused)."""
        now = self.clock.now()
        bucket = self._buckets.setdefault((account, operation), _Bucket(rate.burst, now))
        refill = max(now - bucket.filled, 0.0) * self.per_second(rate)
        bucket.tokens = min(bucket.tokens + refill, float(rate.burst))
        bucket.filled = now
        # A token that is full but for rounding counts as full.
        if bucket.tokens < 1 - 1e-9:
            return False
        bucket.tokens = max(bucket.tokens - 1, 0.0)
        return True

    def take_report(self, owner: str, report_type: str, limit: TypeLimit) -> bool:
        """Count a report of a type; False where its own limit is used up (the call is to be refused)."""
        now = self.clock.now()
        times = [when for when in self._requested.get((owner, report_type), ()) if now - when < DAY]
        if times and now - times[-1] < limit.interval:
            return False
        if limit.requests_a_day and len(times) >= limit.requests_a_day:
            return False
        self._requested[owner, report_type] = [*times, now]
        return True

"""Amazon's token buckets: one per selling account and operation, on sandbox time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amazon_seller_sandbox.clock import Clock


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
    """The buckets of all accounts."""

    clock: Clock
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)

    def take(self, account: str, operation: str, rate: Rate) -> bool:
        """Take one token; False when the bucket is empty (the call is then to be refused)."""
        now = self.clock.now()
        bucket = self._buckets.setdefault((account, operation), _Bucket(rate.burst, now))
        refill = max(now - bucket.filled, 0.0) * rate.per_second
        bucket.tokens = min(bucket.tokens + refill, float(rate.burst))
        bucket.filled = now
        # A token that is full but for rounding counts as full.
        if bucket.tokens < 1 - 1e-9:
            return False
        bucket.tokens = max(bucket.tokens - 1, 0.0)
        return True

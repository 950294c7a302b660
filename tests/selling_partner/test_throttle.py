"""Token buckets keep every call within Amazon's usage plan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from amazon_selling_partner import Quota, TokenBucket

if TYPE_CHECKING:
    from amazon_selling_partner import Event


class ManualClock:
    """A clock that moves only when somebody waits or calls take time."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 2, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, seconds: float, wake: Event | None = None) -> None:  # noqa: ARG002
        self.seconds += seconds


def call_times(bucket: TokenBucket, clock: ManualClock, calls: int, latency: float) -> list[float]:
    """When each of these calls reaches Amazon, at the earliest."""
    times = []
    for _ in range(calls):
        with bucket.token():
            times.append(clock.seconds)
            clock.seconds += latency
    return times


def allowed(times: list[float], quota: Quota, latency: float) -> bool:
    """Whether Amazon's own bucket has a token for each call, however late each one arrives."""
    tokens, last = float(quota.burst), 0.0
    for time in times:
        arrival = time + latency
        tokens = min(quota.burst, tokens + (arrival - last) * quota.rate)
        last = arrival
        if tokens < 1 - 1e-6:
            return False
        tokens -= 1
    return True


def test_a_burst_goes_at_once_and_the_rest_at_the_rate() -> None:
    clock, quota = ManualClock(), Quota(0.0167, 15)
    times = call_times(TokenBucket(quota, clock), clock, 18, latency=0.0)

    assert max(times[:15]) < 1e-6
    assert all(59 < later - earlier < 62 for earlier, later in pairwise(times[14:]))


def test_many_calls_take_at_most_a_twentieth_more_than_the_quota_makes_them() -> None:
    clock, quota = ManualClock(), Quota(0.0167, 15)
    times = call_times(TokenBucket(quota, clock), clock, 200, latency=0.3)

    assert times[-1] <= 1.05 * (200 - quota.burst) / quota.rate


def test_calls_stay_within_amazons_bucket_whether_answers_are_fast_or_slow() -> None:
    for latency in (0.0, 0.3, 20.0):
        clock, quota = ManualClock(), Quota(0.0167, 15)
        times = call_times(TokenBucket(quota, clock), clock, 40, latency)

        assert allowed(times, quota, latency)
        assert allowed(times, quota, 0.0)


def test_after_a_429_the_bucket_counts_as_empty() -> None:
    clock = ManualClock()
    bucket = TokenBucket(Quota(0.5, 10), clock)
    assert bucket.seconds_until_ready() == 0

    bucket.drain()

    assert bucket.seconds_until_ready() > 0
    with bucket.token():
        assert clock.seconds >= 2


def test_the_rate_is_learnt_from_amazons_answers() -> None:
    clock = ManualClock()
    bucket = TokenBucket(Quota(1, 1), clock)
    bucket.learn(0.1)

    times = call_times(bucket, clock, 3, latency=0.0)

    assert times[2] - times[1] >= 10


def test_learning_a_lower_rate_does_not_fill_an_empty_bucket() -> None:
    clock = ManualClock()
    bucket = TokenBucket(Quota(1 / 60, 15), clock)
    call_times(bucket, clock, 15, latency=0.0)
    before = bucket.seconds_until_ready()

    bucket.learn(1 / 120)

    assert before > 60
    assert bucket.seconds_until_ready() > 120


@pytest.mark.parametrize("header", ["1e-9", "0", "-1", "inf", "1e9", "nan", "", "0.05", "11", "x"])
def test_a_rate_beyond_a_tenth_and_ten_times_the_documented_one_does_not_count(header: str) -> None:
    clock = ManualClock()
    bucket = TokenBucket(Quota(rate=1, burst=1), clock)

    bucket.learn(header)

    assert call_times(bucket, clock, 3, 0) == pytest.approx([0, 1.01, 2.02])


@pytest.mark.parametrize(("header", "interval"), [("0.1", 10.1), ("10", 0.101), ("2.0", 0.505)])
def test_a_rate_between_them_does(header: str, interval: float) -> None:
    clock = ManualClock()
    bucket = TokenBucket(Quota(rate=1, burst=1), clock)

    bucket.learn(header)

    assert call_times(bucket, clock, 2, 0) == pytest.approx([0, interval])

"""Records of single calls wait for others of their file, but not for long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tap_amazon_seller.streams.prices.gathering import LONGEST, MOST, Gathering

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


def test_they_go_once_the_first_has_waited_long() -> None:
    gathering = Gathering()
    assert not gathering.is_enough(NOW)

    gathering.add({"asin": "A"}, NOW)
    gathering.add({"asin": "B"}, NOW + LONGEST / 2)

    assert not gathering.is_enough(NOW + LONGEST - timedelta(seconds=1))
    assert gathering.is_enough(NOW + LONGEST)
    assert gathering.take() == [{"asin": "A"}, {"asin": "B"}]
    assert not gathering.is_enough(NOW + 2 * LONGEST)
    assert gathering.take() == []


def test_many_go_at_once() -> None:
    gathering = Gathering()

    for number in range(MOST):
        assert not gathering.is_enough(NOW)
        gathering.add({"asin": number}, NOW)

    assert gathering.is_enough(NOW)

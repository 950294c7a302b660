"""Answers are requested once, kept complete, and read by as many as want them."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from running import configuration

from amazon_selling_partner import UnavailableError, marketplaces
from tap_amazon_seller.account.tally import Tally
from tap_amazon_seller.errors import TapError
from tap_amazon_seller.machine.answer_cache import KeptAnswers
from tap_amazon_seller.streams.buyers import OrderAddress
from tap_amazon_seller.tap import TapAmazonSeller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@functools.cache
def items() -> list[dict[str, Any]]:
    """Hundreds of megabytes, which only who runs these tests has."""
    return [{"title": f"Kübel\u2028 {number}", "long": "x" * number * 97} for number in range(4000)]


def asking(calls: list[int]) -> Callable[[], Iterator[dict[str, Any]]]:
    def ask() -> Iterator[dict[str, Any]]:
        calls.append(1)
        yield from items()[: len(calls) * 1000]

    return ask


def test_a_question_is_put_once_and_readings_may_go_on_at_once(tmp_path: Path) -> None:
    kept, calls = KeptAnswers(tmp_path), list[int]()
    ask = asking(calls)
    first, second = kept.items("a", ask), kept.items("a", ask)

    pairs = list(zip(first, second, strict=True))
    other = list(kept.items("b", ask))
    empty = list(kept.items("c", list))

    assert pairs == [(item, item) for item in items()[:1000]]
    assert other == items()[:2000]
    assert empty == []
    assert len(calls) == 2
    assert list(tmp_path.iterdir()) == []
    kept.close()


def test_what_amazon_did_not_answer_is_not_asked_again(tmp_path: Path) -> None:
    kept, calls = KeptAnswers(tmp_path), list[int]()

    def ask() -> Iterator[dict[str, Any]]:
        calls.append(1)
        yield {"half": 1}
        raise UnavailableError("no answer")

    for _ in range(3):
        with pytest.raises(UnavailableError, match="no answer"):
            list(kept.items("a", ask))
    assert len(calls) == 1
    assert list(kept.items("b", lambda: [{"whole": 1}])) == [{"whole": 1}]
    kept.close()


def test_what_came_before_a_failure_is_kept_for_all_who_ask() -> None:
    kept = KeptAnswers(None)

    def ask() -> Iterator[dict[str, object]]:
        yield {"page": 1}
        raise UnavailableError("the token of page 2 is expired")

    for _ in range(2):
        items = kept.items("a", ask)
        assert next(items) == {"page": 1}
        with pytest.raises(UnavailableError, match="expired"):
            next(items)
    kept.close()


def test_a_folder_that_cannot_be_written_is_named() -> None:
    kept = KeptAnswers(Path("/proc/nowhere"))

    with pytest.raises(TapError, match="spool_path"):
        list(kept.items("a", lambda: [{"whole": 1}]))


def test_items_that_name_no_marketplace_are_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place = marketplaces.BY_COUNTRY["DE"]
    made: dict[object, object] = {}
    orders = [
        {"orderId": "1", "salesChannel": {"channelName": "AMAZON", "marketplaceId": place.id}},
        {"orderId": "2", "salesChannel": {"marketplaceId": marketplaces.BY_COUNTRY["FR"].id}},
    ]
    account = SimpleNamespace(
        client=SimpleNamespace(pages=lambda *_: iter([orders])),
        marketplaces=(place,),
        kept=KeptAnswers(None),
        once=lambda key, make: made.setdefault(key, make()),
        tally=Tally(),
    )
    monkeypatch.setattr(TapAmazonSeller, "account", account)
    tap = TapAmazonSeller(config=configuration("http://127.0.0.1"))
    stream = tap.streams["order_address"]
    assert isinstance(stream, OrderAddress)

    found = list(stream.items(datetime(2026, 11, 1, tzinfo=UTC), datetime.now(UTC), place))

    assert [item["orderId"] for item in found] == ["1"]
    account.kept.close()
    assert account.tally.passed_over_of("order_address", place.id) == 1
    assert "searchOrders: items for 2026-11-01T00:00:00Z" in caplog.text
    assert "that name no marketplace that is synced are left out: 1." in caplog.text

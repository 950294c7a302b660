"""However many offers there are, each comes once, with no more calls than it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tap_amazon_seller.streams.replenishment.complete import LAST_OFFSET, Listing, Shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Offer = dict[str, Any]

CHANNELS = ("AMAZON", "MERCHANT")
SIZE = 500
SORTS = [{"order": order, "key": key} for key in ("units", "active") for order in ("DESC", "ASC")]


@dataclass(slots=True)
class Amazon:
    """listOfferMetrics as Amazon has it: filters, sort orders, pages, an offset of 9,000 at most.

    What is equal by the key of an order stands in no order of its own, which is the worst that a client
    can rely on.
    """

    offers: Sequence[Offer]
    is_silent: bool = False
    asked: list[int] = field(default_factory=list)
    _lists: dict[str, list[Offer]] = field(default_factory=dict)

    def __call__(self, filters: Mapping[str, Any], sort: Mapping[str, str], offset: int) -> Shown:
        assert offset <= LAST_OFFSET
        self.asked.append(offset)
        left = self._left(filters, sort)
        page = [{"item": each} for each in left[offset : offset + SIZE]]
        return Shown(page, None if self.is_silent else len(left))

    def _left(self, filters: Mapping[str, Any], sort: Mapping[str, str]) -> list[Offer]:
        if asins := filters.get("asins"):
            wanted = set(asins)
            return [each for each in self.offers if each["asin"] in wanted]
        question = f"{filters} {sort}"
        if question not in self._lists:
            self._lists[question] = sorted(
                (
                    each
                    for each in self.offers
                    if each["channel"] in filters.get("channel", CHANNELS)
                ),
                key=lambda each: each[sort["key"]],
                reverse=sort["order"] == "DESC",
            )
        return self._lists[question]


def offers(count: int, *, idle: int = 0) -> list[Offer]:
    """Offers, of which the first ones have shipped nothing."""
    return [
        {
            "asin": f"B{number:09}",
            "channel": CHANNELS[number % 3 == 0],
            "units": 0 if number < idle else number % 97,
            "active": number * 7_919 % count,
        }
        for number in range(count)
    ]


def listing(amazon: Amazon) -> Listing:
    return Listing(amazon, SIZE, lambda found: found["item"]["asin"], SORTS)


def read(found: Listing, *, asins: Sequence[str] = ()) -> list[str]:
    parts = [{"channel": ["AMAZON"]}, {"channel": ["MERCHANT"]}]
    return [each["item"]["asin"] for each in found.every(lambda: parts, lambda: asins)]


@pytest.mark.parametrize(
    ("count", "idle", "most_calls"),
    [
        pytest.param(0, 0, 1, id="none"),
        pytest.param(500, 0, 1, id="one-page"),
        pytest.param(501, 0, 2, id="one-more"),
        pytest.param(9_500, 0, 19, id="all-that-one-question-brings"),
        pytest.param(9_501, 0, 19 + 13 + 7, id="by-channel"),
        pytest.param(18_000, 3_000, 19 + 19 + 12 + 19, id="a-channel-from-both-ends"),
        pytest.param(25_000, 20_000, 19 * 6, id="many-that-shipped-nothing-by-another-figure"),
    ],
)
def test_every_offer_comes_once(count: int, idle: int, most_calls: int) -> None:
    amazon = Amazon(offers(count, idle=idle))
    found = listing(amazon)

    shown = read(found)

    assert sorted(shown) == [each["asin"] for each in amazon.offers]
    assert not found.missing
    assert len(amazon.asked) <= most_calls


def test_what_no_order_brings_is_found_by_asin() -> None:
    every = [{**each, "units": 0, "active": 0} for each in offers(16_000)]
    amazon = Amazon(every)
    found = listing(amazon)

    shown = read(found, asins=[each["asin"] for each in every])

    assert len(shown) == len(set(shown)) == 16_000
    assert not found.missing


def test_what_cannot_be_found_is_counted() -> None:
    every = [{**each, "units": 0, "active": 0} for each in offers(16_000)]
    found = listing(Amazon(every))

    shown = read(found)

    assert found.missing == 16_000 - len(shown) > 0


def test_a_server_that_counts_nothing_is_read_until_a_page_is_short() -> None:
    amazon = Amazon(offers(1_200), is_silent=True)

    assert len(read(listing(amazon))) == 1_200
    assert len(amazon.asked) == 3


def test_an_offer_whose_asin_is_no_text_is_handed_on_as_wrong() -> None:
    wrong = {"item": {"asin": ["B000000001"]}, "wrong": "Expected `str`"}
    found = Listing(lambda *_: Shown([wrong], 1), SIZE, str, SORTS)
    assert list(found.every()) == [wrong]

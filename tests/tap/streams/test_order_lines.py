"""A changed order has its lines at once, within the quota, and comes without them otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from still_clock import StillClock
from typing_extensions import override

from amazon_selling_partner import AmazonError, NotFoundError, PermissionDeniedError, RetryableError
from tap_amazon_seller.streams.order_lines import PATIENCE, OrderLines

if TYPE_CHECKING:
    from amazon_selling_partner import AmazonClock, Event, SellingPartnerClient

ITEM = {
    "orderItemId": "7",
    "quantityOrdered": 2,
    "product": {
        "asin": "B000000001",
        "sellerSku": "S",
        "title": "A thing",
        "price": {"unitPrice": {"amount": "9.99", "currencyCode": "EUR"}},
    },
}
LINE = {
    "order_item_id": "7",
    "sku": "S",
    "asin": "B000000001",
    "title": "A thing",
    "quantity_ordered": 2,
    "unit_price": "9.99",
    "currency": "EUR",
}


class PassingClock(StillClock):
    """A clock on which a wait takes the time that it takes."""

    @override
    def wait(self, seconds: float, wake: Event | None = None) -> None:
        self.passed += seconds


class Client:
    """Answers with one order, or raises."""

    def __init__(self, answer: Any, wait: float = 0.0) -> None:
        self.answer, self.wait, self.calls = answer, wait, 0

    def seconds_until_ready(self, _: str) -> float:
        return self.wait

    def order(self, _: str) -> Any:
        self.calls += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def lines_of(client: Client) -> OrderLines:
    return OrderLines(cast("SellingPartnerClient", client), cast("AmazonClock", PassingClock()))


def test_an_order_is_read_once_however_often_it_changed() -> None:
    client = Client({"orderItems": [ITEM]})
    lines = lines_of(client)

    assert lines.of("302-1") == lines.of("302-1") == [LINE]
    assert (client.calls, lines.lacking) == (1, 0)


def test_quota_is_waited_for_no_longer_than_a_change_may_be_held_up() -> None:
    client = Client({"orderItems": [ITEM]}, wait=PATIENCE / 2)
    lines = lines_of(client)

    found = [lines.of(f"302-{number}") for number in range(5)]

    assert [each is not None for each in found] == [True, True, False, False, False]
    assert (client.calls, lines.lacking) == (2, 3)


@pytest.mark.parametrize(
    "answer",
    [
        RetryableError("getOrder answered 429", throttled=True),
        NotFoundError("getOrder", 404, "NOT_FOUND", "gone"),
        {},
        {"orderItems": 7},
    ],
)
def test_what_is_not_answered_costs_one_order_its_lines(answer: Any) -> None:
    client = Client(answer)
    lines = lines_of(client)

    assert [lines.of("302-1"), lines.of("302-2")] == [None, None]
    assert (client.calls, lines.lacking, lines.refusal) == (2, 2, "")


@pytest.mark.parametrize("kind", [AmazonError, PermissionDeniedError])
def test_a_refusal_is_met_once(kind: type[AmazonError]) -> None:
    client = Client(kind("getOrder", 403, "Unauthorized", "denied"))
    lines = lines_of(client)

    assert [lines.of("302-1"), lines.of("302-2")] == [None, None]
    assert client.calls == 1
    assert "denied" in lines.refusal


def test_an_order_of_odd_items_has_what_can_be_read() -> None:
    client = Client({"orderItems": [7, {}, {"product": 7}]})

    found = lines_of(client).of("302-1")

    assert found is not None
    assert [set(each.values()) for each in found] == [{None}, {None}]

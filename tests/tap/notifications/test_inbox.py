"""Messages are read once, deleted only where the first state has them, and never block one another."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from notices import inventory, listing, order, query, report

from tap_amazon_seller.notifications.inbox import Inbox
from tap_amazon_seller.notifications.memory import Memory
from tap_amazon_seller.notifications.sqs import Message, NoQueueError, QueueError
from tap_amazon_seller.reports.fetch.hearing import End
from tap_amazon_seller.reports.fetch.sources import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
READERS = {"ORDER_CHANGE": "order_changes", "LISTINGS_ITEM_STATUS_CHANGE": "listing_changes"}


@dataclass
class HeldQueue:
    """A queue in memory; what was received comes again in the next sync."""

    url: str = "https://sqs.example/queue"
    messages: dict[str, str] = field(default_factory=dict)
    unseen: deque[str] = field(default_factory=deque)
    buried: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    has_dead_letters: bool = True

    def put(self, *messages: object) -> None:
        for each in messages:
            receipt = f"r{len(self.messages) + len(self.buried)}"
            self.messages[receipt] = each if isinstance(each, str) else json.dumps(each)
            self.unseen.append(receipt)

    def receive(self, seconds: int) -> list[Message]:  # noqa: ARG002
        found = [self.unseen.popleft() for _ in range(min(10, len(self.unseen)))]
        return [Message(each, self.messages[each], each) for each in found]

    def delete(self, receipts: Sequence[str]) -> list[bool]:
        return [self.messages.pop(each, None) is not None for each in receipts]

    def release(self, receipts: Iterable[str], seconds: int = 0) -> None:  # noqa: ARG002
        self.released += receipts

    def bury(self, message: Message, reason: str) -> None:
        if not self.has_dead_letters:
            raise NoQueueError("Queue dead-letters does not exist.")
        self.buried.append(reason)
        del self.messages[message.receipt]

    def come_again(self) -> None:
        self.unseen = deque(self.messages)


def opened(queue: HeldQueue, state: object = None, seller_id: str = "") -> Inbox:
    return Inbox(queue, Memory(state), READERS, seller_id=seller_id, now=lambda: NOW)


def read(inbox: Inbox, stream: str = "order_changes") -> list[str]:
    """Drain the queue and hand over what is for a stream; the order ids or SKUs."""
    inbox.drain()
    taken = [each.notification for each in inbox.take(stream)]
    inbox.stored(stream, [each.id for each in taken], {})
    return [each.payload.get("amazon_order_id") or each.payload["sku"] for each in taken]


def test_a_message_is_deleted_once_the_first_state_contains_it() -> None:
    queue = HeldQueue()
    queue.put(order("1"), order("2"))
    first = opened(queue)
    assert read(first) == ["1", "2"]
    state = first.to_state()
    assert len(queue.messages) == 2

    queue.come_again()
    queue.put(order("3"))
    second = opened(queue, json.loads(json.dumps(state)))

    assert read(second) == ["3"]
    assert len(queue.messages) == 1
    assert second.counts["deleted"] == 2


def test_a_state_that_never_arrived_deletes_nothing_and_all_comes_again() -> None:
    queue = HeldQueue()
    queue.put(order("1"))
    assert read(opened(queue)) == ["1"]

    queue.come_again()

    assert read(opened(queue, {})) == ["1"]
    assert len(queue.messages) == 1


def test_what_was_taken_and_not_handed_over_is_not_in_the_state() -> None:
    queue = HeldQueue()
    queue.put(order("1"))
    inbox = opened(queue)
    inbox.drain()
    assert len(inbox.take("order_changes")) == 1

    assert inbox.to_state().get("handed_over") is None


def test_a_duplicate_is_read_once_and_both_messages_are_deleted_later() -> None:
    queue, message = HeldQueue(), order("1")
    queue.put(message, message, message)
    first = opened(queue)
    assert read(first) == ["1"]
    assert first.counts["again"] == 2

    queue.come_again()
    assert read(opened(queue, first.to_state())) == []
    assert queue.messages == {}


def test_a_duplicate_that_comes_after_its_deletion_is_known_for_days() -> None:
    queue, message = HeldQueue(), order("1")
    queue.put(message)
    first = opened(queue)
    read(first)
    queue.come_again()
    second = opened(queue, first.to_state())
    read(second)

    queue.put(message)

    third = opened(queue, second.to_state())
    assert read(third) == []
    assert queue.messages == {}


@pytest.mark.parametrize("days", [2, 4, 13, 15])
@pytest.mark.parametrize("is_deleted", [False, True])
def test_ids_are_kept_as_long_as_their_messages_may_come(days: int, *, is_deleted: bool) -> None:
    memory = Memory(None)
    memory.add(["a"], "order_changes", {"key": 1}, NOW)
    if is_deleted:
        memory.deleted(["a"])

    kept = memory.to_state(NOW + timedelta(days=days))

    assert bool(kept) is (days < (3 if is_deleted else 14))
    assert (Memory(kept).newest("order_changes", "key") == 1) is bool(kept)


def test_what_cannot_be_read_is_buried_and_counted_and_blocks_nothing() -> None:
    queue = HeldQueue()
    queue.put("not JSON", order("1"), report("", document=None), {"NotificationType": "X"})
    inbox = opened(queue)

    assert read(inbox) == ["1"]
    assert sorted(queue.buried) == [
        "EventTime is not an instant", "it is not JSON", "it names no report",
    ]  # fmt: skip
    assert inbox.counts["moved to the dead-letter queue"] == 3


def test_a_type_that_is_not_read_is_buried_so_that_it_is_not_lost() -> None:
    queue = HeldQueue()
    other = order("1") | {"NotificationType": "PRICING_HEALTH"}
    queue.put(other)

    assert read(opened(queue)) == []
    assert queue.buried == ["notifications of its type are not read"]


def test_without_a_dead_letter_queue_messages_stay(caplog: pytest.LogCaptureFixture) -> None:
    queue = HeldQueue(has_dead_letters=False)
    queue.put("not JSON", order("1"))

    assert read(opened(queue)) == ["1"]
    assert len(queue.messages) == 2
    assert "stays there: Queue dead-letters does not exist." in caplog.text


def test_a_type_that_no_selected_stream_reads_is_counted_and_deleted_later() -> None:
    queue = HeldQueue()
    queue.put(inventory("A"))
    first = opened(queue)
    read(first)
    assert first.counts["FBA_INVENTORY_AVAILABILITY_CHANGES, which no selected stream reads"] == 1

    queue.come_again()
    read(opened(queue, first.to_state()))
    assert queue.messages == {}


def test_notifications_of_other_sellers_are_left_alone() -> None:
    queue = HeldQueue()
    queue.put(order("1", seller="A1"), order("2", seller="OTHER"))

    first = opened(queue, seller_id="A1")
    assert read(first) == ["1"]
    queue.come_again()
    read(opened(queue, first.to_state(), seller_id="A1"))

    assert [json.loads(each)["Payload"] for each in queue.messages.values()] == [
        order("2", seller="OTHER")["Payload"]
    ]


def test_notifications_of_others_do_not_hide_ones_own_behind_them() -> None:
    queue = HeldQueue()
    queue.put(*(order(str(number), seller="OTHER") for number in range(60)), order("1"))
    inbox = opened(queue, seller_id="A1")

    assert read(inbox) == ["1"]
    assert inbox.counts["of other sellers"] == len(queue.released) == 60


def test_several_sellers_are_refused_where_nothing_says_which_is_meant() -> None:
    queue = HeldQueue()
    queue.put(order("1", seller="A1"))
    first = opened(queue)
    read(first)
    queue.put(order("2", seller="OTHER"))

    with pytest.raises(QueueError, match="set 'selling_partner_id'"):
        read(opened(queue, first.to_state()))


def test_ends_of_reports_are_passed_on_and_all_is_released_at_the_end() -> None:
    queue = HeldQueue()
    queue.put(report("4711"), listing("S", Status=[]), query("8"))
    inbox = opened(queue)
    inbox.drain()

    assert inbox.ends() == [
        End("4711", is_query=False, answer=Answer("DONE", "document")),
        End("8", is_query=True, answer=Answer("DONE", "", "next", is_done_without_data=True)),
    ]
    assert inbox.ends() == []
    inbox.close()
    assert sorted(queue.released) == ["r0", "r1", "r2"]


@pytest.mark.parametrize(
    "state",
    [
        None, 7, [], {"handed_over": 7}, {"handed_over": [7, {"from": 7}, {"from": "x"}]},
        {"handed_over": [{"from": NOW.isoformat(), "in_queue": [7, None], "newest": {"s": [1]}}]},
    ],
)  # fmt: skip
def test_a_damaged_state_deletes_nothing(state: Any) -> None:
    queue = HeldQueue()
    queue.put(order("1"))

    assert read(opened(queue, state)) == ["1"]
    assert len(queue.messages) == 1

"""What comes from the queue in a sync: sorted by who reads it, each once, deleted only where it is safe.

A message is deleted when the state that the tap was given at its start contains it. Until then it comes
again, by design, and is recognised by its id. What cannot be read goes to the dead-letter queue.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from amazon_selling_partner import Report, RetryableError
from tap_amazon_seller.notifications import envelope
from tap_amazon_seller.notifications.envelope import UnreadableError
from tap_amazon_seller.notifications.sqs import LONGEST_POLL, QueueError
from tap_amazon_seller.notifications.types import BY_NAME, QUERY_FINISHED, REPORT_FINISHED
from tap_amazon_seller.reports.fetch.hearing import MOST_ENDS, End
from tap_amazon_seller.reports.fetch.sources import Answer, of_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from tap_amazon_seller.notifications.envelope import Notification
    from tap_amazon_seller.notifications.memory import Memory
    from tap_amazon_seller.notifications.sqs import Message

logger = logging.getLogger(__name__)

MOST_HELD = 20_000
"""Messages that wait to be read at once; SQS lets 120,000 of a queue be in flight."""
NOTHING_NEW = 3
"""Calls in a row without a new message, after which a queue is taken as read: the others come again."""
FOR_OTHERS = 10
"""Seconds after which a message of another seller's can be seen again, by the tap that reads it."""


class ReadQueue(Protocol):
    """What is needed of a queue (see `sqs.Queue`)."""

    url: str

    def receive(self, seconds: int) -> list[Message]:
        """Up to ten messages."""

    def delete(self, receipts: Sequence[str]) -> list[bool]:
        """Delete messages; for each whether it is gone."""

    def release(self, receipts: Iterable[str], seconds: int = 0) -> None:
        """Let others see messages again, after so many seconds."""

    def bury(self, message: Message, reason: str) -> None:
        """Move a message to the dead-letter queue."""


class Received(NamedTuple):
    """A notification and the message that it came in."""

    notification: Notification
    message: Message


@dataclass(slots=True)
class _Sorted:
    """What becomes of the messages of one call."""

    again: int = 0
    to_delete: list[tuple[str, str]] = field(default_factory=list)
    """Id and receipt."""
    to_bury: list[tuple[Message, str]] = field(default_factory=list)
    """With the reason."""
    of_others: list[str] = field(default_factory=list)
    """Receipts."""


class Inbox:
    """The notifications of a sync. Safe to use from several threads.

    Args:
        queue: Where they come from.
        memory: What has been handed over.
        readers: The selected stream of each type that one reads, by Amazon's name of the type.
        seller_id: Amazon's id of the seller; empty where it is not known.
        now: Amazon's time.
        wait: Seconds that the next end of a report or query is waited for.

    Attributes:
        counts: Messages by what became of them.
    """

    def __init__(
        self,
        queue: ReadQueue,
        memory: Memory,
        readers: Mapping[str, str],
        *,
        seller_id: str,
        now: Callable[[], datetime],
        wait: int = LONGEST_POLL,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._queue = queue
        self._memory = memory
        self._readers = readers
        self._seller_id = seller_id
        self._now = now
        self._wait = wait
        self._lock = threading.RLock()
        self._pending: dict[str, list[Received]] = {}
        self._known: set[str] = set()
        self._receipts: dict[str, str] = {}
        self._of_others: set[str] = set()
        self._ends: deque[End] = deque(maxlen=MOST_ENDS)
        self._cannot_bury = False

    # Receiving

    def probe(self) -> None:
        """Receive once and let others see the messages again: whether the queue may be read.

        Raises:
            QueueError: It may not.
        """
        self._queue.release([message.receipt for message in self._queue.receive(0)])

    def receive(self, seconds: int) -> tuple[int, int]:
        """Receive up to ten messages and sort them; how many came, and how many of them came again.

        Args:
            seconds: How long to wait for the first.

        Raises:
            QueueError: The queue cannot be read, or has notifications of several sellers, and nothing
                says which is this one.
        """
        messages = self._queue.receive(seconds)
        found = _Sorted()
        with self._lock:
            for message in messages:
                self._sort(message, found)
        if found.to_delete:
            gone = self._queue.delete([receipt for _, receipt in found.to_delete])
            ids = [
                each for (each, _), is_gone in zip(found.to_delete, gone, strict=True) if is_gone
            ]
            self._memory.deleted(ids)
            self.counts["deleted"] += len(ids)
        for message, reason in found.to_bury:
            self._bury(message, reason)
        if found.of_others:
            self._queue.release(found.of_others, FOR_OTHERS)
        return len(messages), found.again

    def drain(self) -> None:
        """Receive all that is in the queue now.

        Raises:
            QueueError: The queue cannot be read.
        """
        in_vain = 0
        while in_vain < NOTHING_NEW:
            came, again = self.receive(1)
            if not came:
                return
            in_vain = in_vain + 1 if came == again else 0
            if sum(map(len, self._pending.values())) >= MOST_HELD:
                logger.warning(
                    "The queue has more than %d notifications; the next sync reads the others.",
                    MOST_HELD,
                )
                return

    def _sort(self, message: Message, found: _Sorted) -> None:
        try:
            self._sort_one(message, found)
        except UnreadableError as error:
            found.to_bury.append((message, str(error)))

    def _sort_one(self, message: Message, found: _Sorted) -> None:
        """Sort a message.

        Raises:
            UnreadableError: Nothing here reads it.
            QueueError: Whose it is cannot be known.
        """
        one = envelope.read(message.text)
        kind = BY_NAME.get(one.type)
        if kind is None:
            raise UnreadableError("notifications of its type are not read")
        if not self._is_own(one):
            found.of_others.append(message.receipt)
            if message.id in self._of_others:
                found.again += 1
            else:
                self._of_others.add(message.id)
                self.counts["of other sellers"] += 1
            return
        if one.id in self._memory.given:
            found.to_delete.append((one.id, message.receipt))
            return
        if one.id in self._known or self._memory.has(one.id):
            self._receipts[message.id] = message.receipt
            self.counts["again"] += 1
            found.again += 1
            return
        if kind is REPORT_FINISHED:
            self._ends.append(_report_end(one.payload))
            self._memory.add([one.id], "", {}, self._now())
        elif kind is QUERY_FINISHED:
            self._ends.append(_query_end(one.payload))
            self._memory.add([one.id], "", {}, self._now())
        elif stream := self._readers.get(kind.name):
            self._pending.setdefault(stream, []).append(Received(one, message))
            self._known.add(one.id)
        else:
            self.counts[f"{kind.name}, which no selected stream reads"] += 1
            self._memory.add([one.id], "", {}, self._now())
        self._receipts[message.id] = message.receipt
        self.counts["new"] += 1

    def _is_own(self, one: Notification) -> bool:
        """Whether a notification is of this account.

        Raises:
            QueueError: That cannot be known, and there are several sellers.
        """
        if not one.seller_id or self._seller_id:
            return not one.seller_id or one.seller_id == self._seller_id
        own = envelope.digest(one.seller_id)
        self._memory.seller = self._memory.seller or own
        if self._memory.seller != own:
            raise QueueError(
                f"Queue {self._queue.url} has notifications of several sellers; give each account a "
                "queue of its own, or set 'selling_partner_id' to the id of this one."
            )
        return True

    def bury(self, received: Received, reason: str) -> None:
        """Move a notification that cannot become a record to the dead-letter queue."""
        with self._lock:
            self._receipts.pop(received.message.id, None)
        self._bury(received.message, reason)

    def _bury(self, message: Message, reason: str) -> None:
        try:
            self._queue.bury(message, reason)
        except QueueError as error:
            self.counts["unreadable and left"] += 1
            if not self._cannot_bury:
                self._cannot_bury = True
                logger.warning(
                    "A message of the queue cannot be read (%s) and stays there: %s See "
                    "'tap-amazon-seller notifications status' for what is missing.",
                    reason, error,
                )  # fmt: skip
        else:
            self.counts["moved to the dead-letter queue"] += 1
            logger.warning(
                "A message of the queue cannot be read (%s); it is in the dead-letter queue now.",
                reason,
            )

    # Reading

    def has(self, stream: str) -> bool:
        """Whether there are notifications for a stream."""
        with self._lock:
            return bool(self._pending.get(stream))

    def take(self, stream: str) -> list[Received]:
        """The notifications for a stream that have come; who hands them over calls `stored` then."""
        with self._lock:
            return self._pending.pop(stream, [])

    def newest(self, stream: str, key: str) -> int | None:
        """The event time (milliseconds since 1970) of what was handed over last about a thing."""
        return self._memory.newest(stream, key)

    def stored(self, stream: str, ids: Iterable[str], newest: Mapping[str, int]) -> None:
        """Note that notifications have been handed over, with the newest event time by key."""
        self._memory.add(ids, stream, newest, self._now())

    def ends(self) -> list[End]:
        """The ends of reports and queries that have come since the last time."""
        with self._lock:
            found = list(self._ends)
            self._ends.clear()
        return found

    def next_ends(self) -> list[End]:
        """The ends of reports and queries; where none has come, the next message is waited for a while.

        Raises:
            QueueError: The queue cannot be read.
        """
        if found := self.ends():
            return found
        self.receive(self._wait)
        return self.ends()

    def to_state(self) -> dict[str, Any]:
        """What the state is to have."""
        return self._memory.to_state(self._now())

    def close(self) -> None:
        """Let the next sync see at once what was not deleted; say what has become of all messages."""
        with self._lock:
            found = ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items()))
            receipts = list(self._receipts.values())
            self._receipts.clear()
        if found:
            logger.info("Messages of the queue of notifications: %s.", found)
        try:
            self._queue.release(receipts)
        except QueueError as error:
            logger.debug("%s", error)


def _report_end(payload: Mapping[str, Any]) -> End:
    """The end of the report that a notification is about.

    Raises:
        UnreadableError: It has another form.
    """
    found = {
        "reportId": payload.get("report_id"),
        "processingStatus": payload.get("processing_status"),
        "reportDocumentId": payload.get("report_document_id"),
    }
    try:
        report = Report.of(found)
    except RetryableError:
        raise UnreadableError("it names no report") from None
    return End(report.report_id, is_query=False, answer=of_report(report))


def _query_end(payload: Mapping[str, Any]) -> End:
    """The end of the query that a notification is about.

    Raises:
        UnreadableError: It has another form.
    """
    query_id, status = _text(payload.get("query_id")), _text(payload.get("processing_status"))
    if not query_id or not status:
        raise UnreadableError("it names no query")
    is_done, data = status == "DONE", _text(payload.get("data_document_id"))
    pagination = payload.get("pagination")
    answer = Answer(
        status,
        data if is_done else _text(payload.get("error_document_id")),
        _text(pagination.get("next_token")) if isinstance(pagination, dict) else "",
        is_done_without_data=is_done and not data,
    )
    return End(query_id, is_query=True, answer=answer)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

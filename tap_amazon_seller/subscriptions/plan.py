"""Setting up, looking at, trying and undoing notifications, a line for each step.

Amazon is silent where something is missing: a subscription is made whether or not Amazon may send to the
queue (amzn/selling-partner-api-docs#1901, #416). So each part is looked at by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from amazon_selling_partner import AmazonError, PermissionDeniedError, is_conflict
from tap_amazon_seller.errors import TapError
from tap_amazon_seller.notifications import envelope
from tap_amazon_seller.notifications.envelope import UnreadableError
from tap_amazon_seller.notifications.sqs import name_of
from tap_amazon_seller.notifications.types import BY_NAME
from tap_amazon_seller.subscriptions import queues

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from amazon_selling_partner import AmazonClock, Destination, Notifications, Subscription
    from tap_amazon_seller.notifications.sqs import Queue, Sqs
    from tap_amazon_seller.notifications.types import NotificationType
    from tap_amazon_seller.subscriptions.queues import FoundQueue

LONGEST_NAME = 256
LONGEST_WAIT = 60.0
"""Seconds of real time in which a test notification is waited for."""
MAY_BE_AN_EXAMPLE = "it is an example of Amazon's, or a notification that came beside it"


class Setup:
    """Notifications of one selling account.

    Attributes:
        lacking: What is missing, as far as it has been looked at.

    Args:
        api: The calls of the Notifications API.
        sqs: The calls of SQS.
        types: The types of notifications.
        clock: Amazon's time.
    """

    def __init__(
        self,
        api: Notifications,
        sqs: Sqs,
        types: Sequence[NotificationType],
        clock: AmazonClock,
    ) -> None:
        self.lacking: list[str] = []
        self._api = api
        self._sqs = sqs
        self._types = types
        self._clock = clock

    # Making

    def make(self, url: str, name: str) -> Iterator[str]:
        """Make what is missing.

        Args:
            url: The queue's address; empty for one by its name.
            name: The name of the queue that is made where no address is given.

        Raises:
            QueueError: The queue cannot be made or changed.
            AmazonError: Amazon refuses the destination.
        """
        found = self._queue_made(url, name)
        yield f"Queue {found.queue.url}: {'made' if found.is_new else 'there already'}."
        is_new = queues.allow_amazon(found)
        yield f"Amazon may send to it{': allowed now' if is_new else ', as before'}."
        dead = queues.dead_letters(self._sqs, found.queue.url)
        yield f"Dead letters {dead.queue.url}: {'made' if dead.is_new else 'there already'}."
        found = queues.find(found.queue) or found
        yield from self._faults(found)
        destination, is_new = self._destination_made(found)
        yield f"Destination {destination.destination_id}: {'made' if is_new else 'there already'}."
        for kind in self._types:
            yield self._subscribe(kind, destination)
        yield (
            'Settings: {"enable_notifications": true, "notifications_queue": '
            f'"{found.queue.url}"}}. The first notifications may take an hour to come.'
        )

    def _queue_made(self, url: str, name: str) -> FoundQueue:
        """The queue.

        Raises:
            TapError: It is named by its address, and is not there.
        """
        if not url:
            return queues.made(self._sqs, name)
        found = queues.find(self._sqs.queue(url))
        if found is None:
            raise TapError(
                f"Setting 'notifications_queue' names {url}, which does not exist; leave it out to have "
                "a queue made."
            )
        return found

    def _destination_made(self, found: FoundQueue) -> tuple[Destination, bool]:
        """The destination that leads to a queue, and whether it is new."""
        if there := self._destination(found.arn):
            return there, False
        name = f"tap-amazon-seller {name_of(found.queue.url)}"[:LONGEST_NAME]
        try:
            return self._api.create_destination(name, found.arn), True
        except AmazonError as error:
            there = self._destination(found.arn) if is_conflict(error) else None
            if there is None:
                raise
            return there, False

    def _destination(self, arn: str) -> Destination | None:
        return next((each for each in self._api.destinations() if each.queue_arn == arn), None)

    def _subscribe(self, kind: NotificationType, destination: Destination) -> str:
        """Subscribe to a type; what has come of it."""
        try:
            there = self._subscription(kind)
            if there is None:
                self._api.create_subscription(
                    kind.name, kind.version, destination.destination_id, kind.event_filter
                )
                return f"{kind.name}: subscribed ({kind.purpose})."
        except AmazonError as error:
            return self._refused(kind, error)
        return self._judged(kind, there, destination)

    def _subscription(self, kind: NotificationType) -> Subscription | None:
        return self._api.subscription(kind.name, kind.version)

    def _judged(
        self, kind: NotificationType, there: Subscription | None, destination: Destination
    ) -> str:
        """What is to be said of a subscription."""
        if there is None:
            self._lacks(kind, f"{kind.name}: not subscribed")
            return f"{kind.name}: not subscribed; 'tap-amazon-seller notifications setup' does it."
        if there.destination_id != destination.destination_id:
            self._lacks(kind, f"{kind.name}: sent elsewhere")
            return (
                f"{kind.name}: sent to another destination ({there.destination_id}); delete that "
                "subscription where it was made, or name its queue in 'notifications_queue'."
            )
        return f"{kind.name}: subscribed ({kind.purpose})."

    def _refused(self, kind: NotificationType, error: AmazonError) -> str:
        if not isinstance(error, PermissionDeniedError):
            self._lacks(kind, str(error))
            return f"{kind.name}: refused ({error})."
        self._lacks(kind, f"{kind.name}: not allowed")
        return (
            f"{kind.name}: not allowed; the application needs the role '{kind.role}', and the seller's "
            "authorisation after it was given."
        )

    def _lacks(self, kind: NotificationType, what: str) -> None:
        if not kind.is_optional:
            self.lacking.append(what)

    def _faults(self, found: FoundQueue) -> Iterator[str]:
        for fault in found.faults():
            self.lacking.append(fault)
            yield fault
        yield from found.notes()

    # Looking

    def status(self, url: str) -> Iterator[str]:
        """Say what is there and what is missing."""
        found = queues.find(self._sqs.queue(url))
        if found is None:
            self.lacking.append(f"queue {url}")
            yield (
                f"Queue {url} does not exist, or these AWS credentials may not see it; without "
                "'notifications_queue', 'tap-amazon-seller notifications setup' makes one."
            )
            return
        yield f"Queue {url}: there, about {found.messages} messages."
        yield from self._faults(found)
        dead = queues.find(found.queue.dead_letters)
        if dead is None:
            self.lacking.append("dead letters")
            yield (
                f"Dead letters {found.queue.dead_letters.url} do not exist, so messages that cannot be "
                "read stay in the queue; 'tap-amazon-seller notifications setup' makes them."
            )
        else:
            yield f"Dead letters {dead.queue.url}: there, about {dead.messages} messages."
        destination = self._destination(found.arn)
        if destination is None:
            self.lacking.append("destination")
            yield "Amazon has no destination for it; 'tap-amazon-seller notifications setup' makes one."
            return
        yield f"Destination {destination.destination_id}: there."
        for kind in self._types:
            try:
                yield self._judged(kind, self._subscription(kind), destination)
            except AmazonError as error:
                yield self._refused(kind, error)

    # Trying

    def test(self, url: str, scenario: str, seller_id: str) -> Iterator[str]:
        """Have Amazon send an example of each type, and wait for it.

        Args:
            url: The queue's address.
            scenario: Amazon's name of the example.
            seller_id: Amazon's id of the seller; empty where it is not known.

        Raises:
            TapError: The queue or the destination is missing.
        """
        found = queues.find(self._sqs.queue(url))
        destination = self._destination(found.arn) if found else None
        if found is None or destination is None:
            raise TapError(
                f"Queue {url} is not a destination of Amazon's; run 'tap-amazon-seller notifications "
                "setup' first."
            )
        yield from self._faults(found)
        for kind in self._types:
            try:
                there = self._subscription(kind)
                self._api.send_test(kind.name, kind.version, destination.destination_id, scenario)
            except AmazonError as error:
                self._lacks(kind, str(error))
                yield f"{kind.name}: refused ({error})."
                continue
            own = _Own(kind, there.subscription_id if there else "", seller_id)
            if self._has_come(found.queue, own):
                yield f"{kind.name}: came."
            else:
                self._lacks(kind, f"{kind.name}: did not come")
                yield (
                    f"{kind.name}: did not come within {LONGEST_WAIT:.0f} seconds, though Amazon took "
                    "it; see 'tap-amazon-seller notifications status' for what is missing."
                )

    def _has_come(self, queue: Queue, own: _Own) -> bool:
        """Whether an example of a type comes. It goes; the seller's notifications stay.

        What may be either is moved to the dead letters, so that no sync takes an example for a change,
        and no change is lost.
        """
        now = self._clock.machine.monotonic
        end = now() + LONGEST_WAIT
        others: list[str] = []
        has_come = False
        while not has_come and (left := end - now()) > 0:
            for message in queue.receive(max(1, int(left))):
                is_example = None if has_come else own.is_example(message.text)
                if is_example is False or has_come:
                    others.append(message.receipt)
                    continue
                if is_example:
                    queue.delete([message.receipt])
                else:
                    queue.bury(message, MAY_BE_AN_EXAMPLE)
                has_come = True
        queue.release(others)
        return has_come

    # Undoing

    def remove(self, url: str, *, with_messages: bool) -> Iterator[str]:
        """Undo what setup has made; what others have made stays.

        Args:
            url: The queue's address.
            with_messages: Whether a queue is deleted that still has messages.
        """
        found = queues.find(self._sqs.queue(url))
        destination = self._destination(found.arn) if found else None
        if destination:
            for kind in self._types:
                there = self._subscription(kind)
                if there and there.destination_id == destination.destination_id:
                    self._api.delete_subscription(kind.name, there.subscription_id)
                    yield f"{kind.name}: no longer subscribed."
        if found is None:
            yield f"Queue {url} does not exist."
            return
        if not queues.is_made_here(self._sqs, found.queue):
            yield f"Queue {url} and its destination stay: setup did not make the queue."
            return
        if destination:
            try:
                self._api.delete_destination(destination.destination_id)
            except AmazonError as error:
                self.lacking.append(destination.destination_id)
                yield (
                    f"Destination {destination.destination_id} and queue {url} stay: Amazon refuses to "
                    f"delete the destination ({error}), as it does while there are subscriptions to it."
                )
                return
            yield f"Destination {destination.destination_id}: deleted."
        yield from self._delete_queues(found, with_messages=with_messages)

    def _delete_queues(self, found: FoundQueue, *, with_messages: bool) -> Iterator[str]:
        """Delete a queue and its dead letters, as far as setup has made them."""
        for each in (found, queues.find(found.queue.dead_letters)):
            if each is None or not queues.is_made_here(self._sqs, each.queue):
                continue
            if each.messages and not with_messages:
                self.lacking.append(each.queue.url)
                yield (
                    f"Queue {each.queue.url} stays: it has about {each.messages} messages, which would "
                    "be lost; --with-messages deletes it all the same."
                )
                continue
            each.queue.remove()
            yield f"Queue {each.queue.url}: deleted."


@dataclass(frozen=True, slots=True)
class _Own:
    """By what notifications about the seller are known from Amazon's examples, which are of nobody.

    An example is sent without the seller's authorisation (sendTestNotification is grantless), so Amazon
    knows neither the seller nor a subscription.

    Attributes:
        kind: The type.
        subscription_id: The seller's subscription to it; empty where there is none.
        seller_id: Amazon's id of the seller; empty where it is not known.
    """

    kind: NotificationType
    subscription_id: str
    seller_id: str

    def is_example(self, text: str) -> bool | None:
        """Whether a message is an example of the type; None where it may be one, or a real one."""
        try:
            found = envelope.read(text)
        except UnreadableError:
            return False
        if BY_NAME.get(found.type) is not self.kind:
            return False
        if found.subscription_id and self.subscription_id:
            return found.subscription_id != self.subscription_id
        if found.seller_id and self.seller_id:
            return found.seller_id != self.seller_id
        return None

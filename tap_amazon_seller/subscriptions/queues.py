"""The queue that setup makes, and what keeps one from serving."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.notifications.sqs import (
    VISIBILITY,
    NoQueueError,
    dead_letters_of,
    failures,
    name_of,
)
from tap_amazon_seller.subscriptions import policy
from tap_amazon_seller.subscriptions.policy import AMAZON

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_amazon_seller.notifications.sqs import Queue, Sqs

RETENTION = timedelta(days=14)
"""The longest that SQS has: a host that is down for days loses nothing."""
SHORTEST_RETENTION = timedelta(days=4)
MADE_BY = {"made-by": "tap-amazon-seller"}
"""The tag of queues that setup has made, and remove may delete."""
OWN_KEY = "alias/aws/sqs"
"""The key of KMS that AWS makes for SQS; nobody can change its policy ("Amazon SQS key management")."""
ATTRIBUTES: Mapping[str, str] = {
    "MessageRetentionPeriod": str(int(RETENTION.total_seconds())),
    "VisibilityTimeout": str(VISIBILITY),
    "ReceiveMessageWaitTimeSeconds": "20",
    "SqsManagedSseEnabled": "true",
}
"""Without a redrive policy: sound messages come again by design, and a receive count would lose them."""


@dataclass(frozen=True, slots=True)
class FoundQueue:
    """A queue that there is.

    Attributes:
        queue: By which it is called.
        attributes: As SQS names them.
        is_new: Whether it has just been made.
    """

    queue: Queue
    attributes: Mapping[str, str]
    is_new: bool = False

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.attributes["QueueArn"]

    @property
    def messages(self) -> int:
        """About how many messages it has, seen by nobody or by somebody."""
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return sum(int(self.attributes.get(name, 0)) for name in names)

    @property
    def lacking_actions(self) -> list[str]:
        """What Amazon must be allowed and is not."""
        return policy.lacking(self.attributes.get("Policy", ""), self.arn)

    def faults(self) -> Iterator[str]:
        """What keeps it from serving, each in a sentence."""
        url, found = self.queue.url, self.attributes
        if found.get("FifoQueue") == "true":
            yield f"Queue {url} is a FIFO queue, to which Amazon cannot send; make a standard queue."
        if lacking := self.lacking_actions:
            yield (
                f"Queue {url} does not let Amazon send: its policy lacks {' and '.join(lacking)} for "
                f"{AMAZON}, or denies it; 'tap-amazon-seller notifications setup' adds what is lacking."
            )
        if found.get("KmsMasterKeyId", "").endswith(OWN_KEY):
            yield (
                f"Queue {url} is encrypted with {OWN_KEY}, a key that Amazon cannot be allowed to use; "
                "set SqsManagedSseEnabled to true, or take a key of your own."
            )
        if redrive := _redrive_count(found.get("RedrivePolicy", "")):
            yield (
                f"Queue {url} moves a message to its dead letters after {redrive} receives, but sound "
                "messages come again by design until a state contains them; take that policy away."
            )
        seconds = int(found.get("MessageRetentionPeriod", "0") or 0)
        if seconds < SHORTEST_RETENTION.total_seconds():
            yield (
                f"Queue {url} keeps messages for {seconds / 86_400:.1f} days alone; what is not read by "
                f"then is lost. Set MessageRetentionPeriod to {int(RETENTION.total_seconds())}."
            )

    def notes(self) -> Iterator[str]:
        """What cannot be seen from here."""
        if policy.is_uncertain(self.attributes.get("Policy", ""), self.arn):
            yield (
                f"Queue {self.queue.url} denies sending under a condition that cannot be judged here: "
                f"make sure that it does not hold for {AMAZON}."
            )
        key = self.attributes.get("KmsMasterKeyId", "")
        if key and not key.endswith(OWN_KEY):
            yield (
                f"Queue {self.queue.url} is encrypted with the key {key}: its key policy, which cannot "
                f"be seen here, must allow {AMAZON} kms:GenerateDataKey and kms:Decrypt."
            )


def find(queue: Queue) -> FoundQueue | None:
    """The queue at an address; None where there is none."""
    try:
        return FoundQueue(queue, queue.attributes())
    except NoQueueError:
        return None


def address(sqs: Sqs, name: str) -> str | None:
    """The address of a queue by its name; None where there is none."""
    try:
        with failures(name):
            return sqs.client.get_queue_url(QueueName=name)["QueueUrl"]
    except NoQueueError:
        return None


def made(sqs: Sqs, name: str) -> FoundQueue:
    """The queue of a name, made if need be.

    Raises:
        QueueError: It cannot be made.
    """
    url = address(sqs, name)
    is_new = url is None
    if url is None:
        with failures(name):
            attributes: Any = dict(ATTRIBUTES)
            url = sqs.client.create_queue(QueueName=name, Attributes=attributes, tags=MADE_BY)[
                "QueueUrl"
            ]
    queue = sqs.queue(url)
    return FoundQueue(queue, queue.attributes(), is_new)


def is_made_here(sqs: Sqs, queue: Queue) -> bool:
    """Whether setup has made a queue."""
    with failures(queue.url):
        found = sqs.client.list_queue_tags(QueueUrl=queue.url).get("Tags", {})
    return all(found.get(name) == value for name, value in MADE_BY.items())


def allow_amazon(found: FoundQueue) -> bool:
    """Let Amazon send to a queue, beside all that its policy has; whether that is new."""
    if not found.lacking_actions:
        return False
    changed = policy.allowing(found.attributes.get("Policy", ""), found.arn)
    found.queue.set_attributes({"Policy": changed})
    return True


def dead_letters(sqs: Sqs, url: str) -> FoundQueue:
    """The dead-letter queue of a queue, made if need be."""
    return made(sqs, dead_letters_of(name_of(url)))


def _redrive_count(policy: str) -> int:
    """After how many receives a message is moved; 0 where none is."""
    try:
        return int(json.loads(policy or "{}").get("maxReceiveCount", 0))
    except (AttributeError, TypeError, ValueError):
        return 0

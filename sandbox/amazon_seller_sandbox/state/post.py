"""Delivery of notifications into SQS: at least once, in any order, silent where Amazon may not send."""

from __future__ import annotations

import json
import logging
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.chance import draws, key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from amazon_seller_sandbox.state.subscriptions import Destination

_AMAZON = {"arn:aws:iam::437568002678:root", "437568002678", "*"}
REGION = "eu-west-1"
MOST_IN_BATCH, MOST_BYTES = 10, 262_144
"""What one SendMessageBatch takes (Amazon SQS, API reference)."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A notification on its way; ``due`` is the sandbox time at which it is delivered."""

    id: str
    type: str
    destination: Destination
    text: str
    due: float


@dataclass(slots=True)
class Habits:
    """How notifications are delivered just now."""

    copies: int = 1
    """How often each is sent."""
    disorder: bool = False
    """Whether those that are due together are sent in another order."""
    delay_seconds: float = 0.0
    """Sandbox seconds until a notification is delivered."""
    down: frozenset[str] = frozenset()
    """Types of which nothing is delivered for now; it comes once they are up."""
    lost: frozenset[str] = frozenset()
    """Types of which nothing is delivered, ever."""

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Habits:
        """Read habits from their JSON form.

        Raises:
            ValueError: There is no such habit.
        """
        known = {"copies", "disorder", "delay_seconds", "down", "lost"}
        if unknown := set(entry) - known:
            message = f"unknown key {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}"
            raise ValueError(message)
        return cls(
            int(entry.get("copies", 1)),
            bool(entry.get("disorder", False)),
            float(entry.get("delay_seconds", 0.0)),
            frozenset(entry.get("down", ())),
            frozenset(entry.get("lost", ())),
        )


@dataclass(slots=True)
class PostOffice:
    """What is on its way to queues, and what has been sent."""

    endpoint: str = ""
    """URL of the SQS that is sent to; empty where nothing is sent."""
    habits: Habits = field(default_factory=Habits)
    waiting: list[Letter] = field(default_factory=list)
    sent: list[Letter] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """``sent``, ``lost``, and ``not allowed``: what no queue has taken."""
    rounds: int = 0
    """How often all that had happened was looked at, and what was due delivered."""
    _client: Any = None

    def take(self, letter: Letter, now: float) -> None:
        """Take a notification that is to be delivered."""
        if letter.type in self.habits.lost:
            self.counts["lost"] += 1
            return
        due = now + self.habits.delay_seconds
        self.waiting.append(Letter(letter.id, letter.type, letter.destination, letter.text, due))

    def due(self, now: float) -> list[Letter]:
        """Take out what is to be delivered now, in the order in which it is to be sent."""
        found: list[Letter] = []
        waiting: list[Letter] = []
        for each in self.waiting:
            is_due = each.due <= now and each.type not in self.habits.down
            (found if is_due else waiting).append(each)
        self.waiting = waiting
        if self.habits.disorder:
            found.sort(key=lambda each: draws(key("post", each.id)))
        return found

    def deliver(self, letters: Iterable[Letter]) -> None:
        """Send each as often as is the habit; blocks until the queues have them."""
        to: defaultdict[str, list[Letter]] = defaultdict(list)
        for letter in letters:
            to[letter.destination.arn] += [letter] * self.habits.copies
        for arn, copies in to.items():
            url = self._open_queue(arn)
            if url:
                for few in _batches(copies):
                    self._send(url, few)
            else:
                self.counts["not allowed"] += len(copies)
        self.rounds += 1

    def _open_queue(self, arn: str) -> str:
        """The address of a queue; empty where there is none, or it does not let Amazon send."""
        client = self._sqs()
        try:
            url = str(client.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"])
            found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        except client.exceptions.ClientError:
            return ""
        return "" if found.get("FifoQueue") == "true" or not _is_allowed(found, arn) else url

    def _send(self, url: str, letters: Sequence[Letter]) -> None:
        """Send some in one call, which SQS takes one by one."""
        client = self._sqs()
        entries = [
            {"Id": str(number), "MessageBody": each.text} for number, each in enumerate(letters)
        ]
        try:
            taken = client.send_message_batch(QueueUrl=url, Entries=entries).get("Successful", [])
        except client.exceptions.ClientError:
            taken = []
        self.counts["not allowed"] += len(letters) - len(taken)
        self.counts["sent"] += len(taken)
        numbers = {int(each["Id"]) for each in taken}
        self.sent += [each for number, each in enumerate(letters) if number in numbers]

    def _sqs(self) -> Any:  # noqa: ANN401 - boto3 is an extra
        if self._client is None:
            import boto3  # noqa: PLC0415 - an extra

            for name in ("boto3", "botocore", "urllib3"):
                logging.getLogger(name).setLevel(logging.WARNING)
            self._client = boto3.session.Session().client(
                "sqs",
                region_name=REGION,
                endpoint_url=self.endpoint,
                aws_access_key_id="amazon",
                aws_secret_access_key="amazon",  # noqa: S106 - any will do
            )
        return self._client


def _batches(letters: Iterable[Letter]) -> Iterator[list[Letter]]:
    """Divide letters by what one call of SendMessageBatch takes."""
    batch: list[Letter] = []
    size = 0
    for letter in letters:
        own = len(letter.text.encode())
        if batch and (len(batch) == MOST_IN_BATCH or size + own > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(letter)
        size += own
    if batch:
        yield batch


def _is_allowed(attributes: Mapping[str, str], arn: str) -> bool:
    """Say whether a queue's policy lets Amazon send."""
    policy = json.loads(attributes.get("Policy") or "{}")
    for statement in policy.get("Statement", []):
        principal = statement.get("Principal", {})
        named = principal.get("AWS", []) if isinstance(principal, dict) else principal
        actions = {each.lower() for each in _list(statement.get("Action"))}
        if (
            statement.get("Effect") == "Allow"
            and _AMAZON & set(_list(named))
            and {"sqs:sendmessage", "sqs:*", "*"} & actions
            and {arn, "*"} & set(_list(statement.get("Resource")))
        ):
            return True
    return False


def _list(value: Any) -> list[str]:  # noqa: ANN401 - JSON
    return value if isinstance(value, list) else [value]

"""A seller who has notifications sent to a queue: a sandbox with an SQS, and a client of its own."""

from __future__ import annotations

import functools
import json
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import warm_start
from running import BIN, configuration, run_tap, select, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunningSandbox
    from running import Output, Record
    from types_boto3_sqs.client import SQSClient

REGION = "eu-west-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIASANDBOXSANDBOXSA",
    "AWS_SECRET_ACCESS_KEY": "sandbox-aws-key",
}
CHANGES = ("order_changes", "inventory_changes", "listing_changes")
NAME = "tap-amazon-seller-notifications"


@dataclass(slots=True)
class NotifiedShop:
    """A seller of the sandbox, with the tap's state as a host keeps it.

    Attributes:
        sandbox: The sandbox.
        folder: For files.
        account: The seller's key in the sandbox.
        settings: Further settings.
        state: The state after the last sync whose target confirmed it.
    """

    sandbox: RunningSandbox
    folder: Path
    account: str = "EU"
    settings: dict[str, Any] = field(default_factory=dict)
    state: Record | None = None

    @property
    def endpoint(self) -> str:
        """The SQS."""
        return str(self._post["endpoint"])

    @property
    def sqs(self) -> SQSClient:
        """A client of its own."""
        return _client(self.endpoint)

    @property
    def queue(self) -> str:
        """The address of the queue that setup makes."""
        return self.sqs.get_queue_url(QueueName=NAME)["QueueUrl"]

    @property
    def dead_letters(self) -> str:
        """The address of its dead-letter queue."""
        return self.queue + "-dead-letters"

    def config(self, **more: Any) -> Record:
        """The configuration; the queue is named once it is there."""
        return configuration(
            self.sandbox.url,
            self.account,
            **(
                {"clock_factor": 60, "notifications_endpoint_url": self.endpoint}
                | self.settings
                | more
            ),
        )

    def command(self, *words: str, **settings: Any) -> subprocess.CompletedProcess[str]:
        """Run `tap-amazon-seller notifications` with these words."""
        path = write_json(self.folder / "notifications-config.json", self.config(**settings))
        return warm_start.run(
            [BIN / "tap-amazon-seller", "notifications", *words, "--config", path],
            capture_output=True, encoding="utf-8", check=False, timeout=120,
        )  # fmt: skip

    def set_up(self) -> None:
        """Set notifications up, and have the tap read them."""
        run = self.command("setup")
        assert run.returncode == 0, run.stdout + run.stderr
        self.settings |= {"enable_notifications": True, "notifications_queue": self.queue}

    def sync(self, *streams: str, keeps: bool = True, options: tuple[str, ...] = ()) -> Output:
        """Run a sync of these streams; `keeps` says whether its state arrives."""
        chosen = select(self.folder, *(streams or CHANGES))
        output = run_tap(self.folder, self.config(), self.state, *chosen, *options)
        assert output.returncode == 0, output.errors
        if keeps:
            self.state = output.state
        return output

    def sent(self, *types: str) -> list[dict[str, Any]]:
        """The notifications that have been delivered, of these types or of all."""
        found = self.sandbox.get_json("/_sandbox/notifications")["sent"]
        return [each["message"] for each in found if not types or each["type"] in types]

    def habits(self, **habits: Any) -> None:
        """Change how notifications are delivered from now on."""
        self.sandbox.post("/_sandbox/notifications", habits)

    def send(self, message: object, queue: str = "") -> None:
        """Put a message into the queue, as text or JSON."""
        text = message if isinstance(message, str) else json.dumps(message)
        self.sqs.send_message(QueueUrl=queue or self.queue, MessageBody=text)

    def left(self, queue: str = "") -> int:
        """How many messages a queue has, seen by nobody or by somebody.

        They are counted one kind after the other: a message that becomes visible between the two is
        in neither count. Two looks in a row that agree had none between them.
        """
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        address = queue or self.queue
        before: list[int] = []
        while True:
            found = self.sqs.get_queue_attributes(QueueUrl=address, AttributeNames=["All"])
            attributes = {
                str(key): int(value) for key, value in found["Attributes"].items() if key in names
            }
            counts = [attributes[name] for name in names]
            if counts == before:
                return sum(counts)
            before = counts

    def wait_for(self, count: int, *types: str) -> None:
        """Wait until so many notifications have been delivered."""
        for _ in range(600):
            if len(self.sent(*types)) >= count:
                return
            _pause()
        raise AssertionError(f"only {len(self.sent(*types))} of {count} notifications came")

    def settle(self) -> int:
        """Wait until all that has happened is delivered; how many messages the queue has."""
        before = self._rounds
        for _ in range(1_200):
            if self._rounds >= before + 2:
                return self.left()
            _pause()
        raise AssertionError("nothing is delivered any more")

    @property
    def _rounds(self) -> int:
        return int(self._post["rounds"])

    @property
    def _post(self) -> Record:
        """What the sandbox says of its notifications, without the thousands that it has sent."""
        found: Record = self.sandbox.get_json("/_sandbox/notifications?sent=no")
        return found


@functools.lru_cache(maxsize=1)
def _client(endpoint: str) -> SQSClient:
    return boto3.client("sqs", region_name=REGION, endpoint_url=endpoint)


def _pause(seconds: float = 0.1) -> None:
    """Let the sandbox, whose clock is the machine's, do its work."""
    subprocess.run(["sleep", str(seconds)], check=True)


def newest_orders(messages: list[dict[str, Any]]) -> dict[str, str]:
    """The last status of each order, of ORDER_CHANGE notifications in any order."""
    found: dict[str, tuple[str, str]] = {}
    for each in messages:
        change = each["Payload"]["OrderChangeNotification"]
        at = each["EventTime"], change["Summary"]["OrderStatus"]
        found[change["AmazonOrderId"]] = max(found.get(change["AmazonOrderId"], at), at)
    return {order: status for order, (_, status) in found.items()}

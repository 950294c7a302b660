"""The queue: Amazon SQS by boto3, which only this module knows, and which is loaded where it is needed.

AWS credentials are those that boto3 finds: variables, a profile, the machine's role. No setting has any.
"""

from __future__ import annotations

import contextlib
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amazon_programs import missing_extra
from tap_amazon_seller.errors import ConfigurationError, TapError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from types_boto3_sqs.client import SQSClient

    from amazon_selling_partner import Redaction

MOST_AT_ONCE = 10
"""Messages of one call, as SQS has it."""
LONGEST_POLL = 20
"""Seconds, as SQS has it."""
VISIBILITY = 300
"""Seconds after which a message that was received and not deleted comes again."""
DEAD_LETTERS = "-dead-letters"
"""How the name of a queue's dead-letter queue ends."""
LONGEST_NAME = 80 - len(DEAD_LETTERS)
"""Characters of a queue's name, so that its dead-letter queue's has the 80 of SQS."""
LARGEST = 1024 * 1024
"""Bytes of a message with its attributes, as SQS has it since August 2025."""
FIFO = ".fifo"
"""How the name of a FIFO queue ends, as SQS has it. Amazon sends to none
(amzn/selling-partner-api-docs#845)."""
REGIONS: Mapping[str, str] = {"NA": "us-east-1", "EU": "eu-west-1", "FE": "us-west-2"}
"""The AWS region of each SP-API endpoint, where a queue is made."""
_REGION_OF_URL = re.compile(r"https?://(?:[\w-]+\.)*?([a-z]{2}(?:-[a-z]+)+-\d)\.[a-z]")


class QueueError(TapError):
    """The queue refuses a call or does not answer."""


class NoQueueError(QueueError):
    """There is no such queue."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was received.

    Attributes:
        id: SQS's own; copies of a notification differ in it.
        text: Its body.
        receipt: By which it is deleted.
    """

    id: str
    text: str
    receipt: str


class Sqs:
    """Calls of SQS.

    Args:
        region: The AWS region.
        endpoint: An endpoint in place of AWS's; None for AWS's.
        redaction: Is given every AWS secret; None where nothing is shown.

    Raises:
        ConfigurationError: boto3 is not installed.
    """

    def __init__(
        self, region: str, endpoint: str | None, redaction: Redaction | None = None
    ) -> None:
        for name in ("boto3", "botocore", "urllib3"):
            # When debugging, they log signed requests with their headers.
            logging.getLogger(name).setLevel(logging.WARNING)
        try:
            import boto3  # noqa: PLC0415 - an extra
            from botocore.config import Config  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                missing_extra("Setting 'enable_notifications'", error, "notifications")
            ) from None
        with failures("of notifications"):
            session = boto3.session.Session(region_name=region)
            found = session.get_credentials()
            if found and redaction:
                frozen = found.get_frozen_credentials()
                for secret in (frozen.access_key, frozen.secret_key, frozen.token):
                    if secret:
                        redaction.add(secret)
            self.client: SQSClient = session.client(
                "sqs",
                endpoint_url=endpoint,
                config=Config(
                    connect_timeout=10,
                    read_timeout=LONGEST_POLL + 20,
                    retries={"mode": "standard", "total_max_attempts": 5},
                ),
            )

    def queue(self, url: str) -> Queue:
        """The queue at an address."""
        return Queue(self, url)


class Queue:
    """A queue.

    Args:
        sqs: By which it is called.
        url: Its address.
    """

    def __init__(self, sqs: Sqs, url: str) -> None:
        self._client = sqs.client
        self._sqs = sqs
        self.url = url

    @property
    def dead_letters(self) -> Queue:
        """The queue for messages that cannot be read."""
        folder, _, name = self.url.rstrip("/").rpartition("/")
        return Queue(self._sqs, f"{folder}/{dead_letters_of(name)}")

    def receive(self, seconds: int) -> list[Message]:
        """Up to ten messages, of which others see nothing for `VISIBILITY` seconds.

        Args:
            seconds: How long to wait for the first, 20 at most.

        Raises:
            QueueError: It cannot be read.
        """
        with failures(self.url):
            answer = self._client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=MOST_AT_ONCE,
                WaitTimeSeconds=max(0, min(seconds, LONGEST_POLL)),
                VisibilityTimeout=VISIBILITY,
            )
        return [
            Message(each["MessageId"], each.get("Body", ""), each["ReceiptHandle"])
            for each in answer.get("Messages", ())
        ]

    def delete(self, receipts: Sequence[str]) -> list[bool]:
        """Delete messages; for each whether it is gone. One that is not comes again.

        Raises:
            QueueError: It cannot be called.
        """
        gone: list[bool] = []
        for some in _in_tens(receipts):
            with failures(self.url):
                answer = self._client.delete_message_batch(
                    QueueUrl=self.url,
                    Entries=[
                        {"Id": str(at), "ReceiptHandle": each} for at, each in enumerate(some)
                    ],
                )
            done = {each["Id"] for each in answer.get("Successful", ())}
            gone += [str(at) in done for at in range(len(some))]
        return gone

    def release(self, receipts: Iterable[str], seconds: int = 0) -> None:
        """Let others see messages again; those that cannot be come in their time.

        Args:
            receipts: Of the messages.
            seconds: When, from now.

        Raises:
            QueueError: It cannot be called.
        """
        for some in _in_tens(receipts):
            with failures(self.url):
                self._client.change_message_visibility_batch(
                    QueueUrl=self.url,
                    Entries=[
                        {"Id": str(at), "ReceiptHandle": each, "VisibilityTimeout": seconds}
                        for at, each in enumerate(some)
                    ],
                )

    def send(self, text: str, reason: str = "") -> None:
        """Put a message into the queue, with the reason why it is there, where there is room for it.

        Raises:
            NoQueueError: There is no such queue.
            QueueError: It cannot be called.
        """
        attributes: dict[str, Any] = {}
        if reason and len(text.encode()) + len(reason) + len("reasonString") <= LARGEST:
            attributes = {"reason": {"DataType": "String", "StringValue": reason}}
        with failures(self.url):
            self._client.send_message(
                QueueUrl=self.url, MessageBody=text, MessageAttributes=attributes
            )

    def bury(self, message: Message, reason: str) -> None:
        """Move a message to the dead-letter queue; one that is there and here as well comes again.

        Raises:
            NoQueueError: There is no dead-letter queue.
            QueueError: A queue cannot be called.
        """
        self.dead_letters.send(message.text, reason)
        self.delete([message.receipt])

    def attributes(self) -> dict[str, str]:
        """Its attributes, as SQS names them.

        Raises:
            NoQueueError: There is no such queue.
            QueueError: It cannot be called.
        """
        with failures(self.url):
            answer = self._client.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])
        return {str(name): value for name, value in answer.get("Attributes", {}).items()}

    def set_attributes(self, attributes: Mapping[str, str]) -> None:
        """Change some of its attributes.

        Raises:
            QueueError: It cannot be called.
        """
        changed: Any = dict(attributes)
        with failures(self.url):
            self._client.set_queue_attributes(QueueUrl=self.url, Attributes=changed)

    def remove(self) -> None:
        """Delete the queue with all that is in it.

        Raises:
            QueueError: It cannot be called.
        """
        with failures(self.url):
            self._client.delete_queue(QueueUrl=self.url)


@contextlib.contextmanager
def failures(what: str) -> Iterator[None]:
    """Have a failure of AWS's be one sentence.

    Raises:
        NoQueueError: There is no such queue.
        QueueError: Anything else.
    """
    from botocore.exceptions import (  # noqa: PLC0415 - an extra
        BotoCoreError,
        ClientError,
        HTTPClientError,
        NoCredentialsError,
        PartialCredentialsError,
    )
    from botocore.exceptions import ConnectionError as NoConnectionError  # noqa: PLC0415

    try:
        yield
    except (NoCredentialsError, PartialCredentialsError):
        raise QueueError(
            f"Queue {what} needs AWS credentials, and none were found; set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or a profile or role that boto3 finds."
        ) from None
    except ClientError as error:
        found = error.response.get("Error", {})
        code, words = str(found.get("Code", "")), str(found.get("Message", "")).removesuffix(".")
        kind = NoQueueError if "NonExistentQueue" in code or "QueueDoesNotExist" in code else None
        if kind:
            raise kind(
                f"Queue {what} does not exist, or these AWS credentials may not see it."
            ) from None
        raise QueueError(f"Queue {what} refuses a call ({code}: {words}).") from None
    except (HTTPClientError, NoConnectionError) as error:
        # Its text may have the password of a proxy; the address is that of an endpoint alone.
        place = error.kwargs.get("endpoint_url")
        at = f" at {place}" if isinstance(place, str) else ""
        raise QueueError(f"Queue {what} does not answer{at} ({type(error).__name__}).") from None
    except BotoCoreError as error:
        words = str(error).removesuffix(".")
        raise QueueError(
            f"Queue {what} cannot be called ({type(error).__name__}: {words})."
        ) from None


def _in_tens(receipts: Iterable[str]) -> Iterator[list[str]]:
    """The receipts, as many at once as a call takes."""
    each = list(receipts)
    for begin in range(0, len(each), MOST_AT_ONCE):
        yield each[begin : begin + MOST_AT_ONCE]


def region_of(url: str) -> str | None:
    """The AWS region that a queue's address names.

    >>> region_of("https://sqs.eu-west-1.amazonaws.com/123456789012/orders")
    'eu-west-1'
    >>> region_of("https://sqs-fips.us-east-1.amazonaws.com/123456789012/orders")
    'us-east-1'
    >>> region_of("https://us-west-2.queue.amazonaws.com/123456789012/orders")
    'us-west-2'
    """
    found = _REGION_OF_URL.match(url)
    return found[1] if found else None


def dead_letters_of(name: str) -> str:
    """The name of the dead-letter queue of a queue, by its name."""
    return name[:LONGEST_NAME] + DEAD_LETTERS


def name_of(url: str) -> str:
    """The queue's name, at the end of its address."""
    return url.rstrip("/").rpartition("/")[2]

"""The inbox of a sync, by its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_amazon_seller.notifications.inbox import Inbox
from tap_amazon_seller.notifications.memory import Memory
from tap_amazon_seller.notifications.sqs import LONGEST_POLL, REGIONS, Sqs, region_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from amazon_selling_partner import Redaction


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """Where notifications come from.

    Attributes:
        url: The queue's address.
        endpoint: An SQS endpoint in place of AWS's; None for AWS's.
        seller_id: Amazon's id of the seller; empty where it is not known.
    """

    url: str
    endpoint: str | None
    seller_id: str


def sqs_of(settings: QueueSettings, region: str | None, redaction: Redaction | None) -> Sqs:
    """The calls of SQS in the queue's AWS region; without an address, in that of the SP-API's.

    Args:
        settings: Where notifications come from.
        region: The SP-API's region.
        redaction: Is given every AWS secret.

    Raises:
        ConfigurationError: boto3 is not installed.
    """
    return Sqs(region_of(settings.url) or REGIONS[region or "NA"], settings.endpoint, redaction)


def open_inbox(
    settings: QueueSettings,
    region: str | None,
    kept: object,
    readers: Mapping[str, str],
    *,
    now: Callable[[], datetime],
    factor: float,
    redaction: Redaction | None,
) -> Inbox:
    """The inbox; nothing is received yet.

    Args:
        settings: Where notifications come from.
        region: The SP-API's region.
        kept: What the state has of notifications.
        readers: The selected stream of each type that one reads.
        now: Amazon's time.
        factor: How many times faster than real time that runs.
        redaction: Is given every AWS secret.

    Raises:
        ConfigurationError: boto3 is not installed.
    """
    queue = sqs_of(settings, region, redaction).queue(settings.url)
    wait = max(1, int(LONGEST_POLL / factor))
    return Inbox(queue, Memory(kept), readers, seller_id=settings.seller_id, now=now, wait=wait)

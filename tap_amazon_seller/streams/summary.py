"""What the sync itself has read: whether each stream is complete, and of how many records.

A snapshot such as the listings shows by what it lacks that something is gone. Only who knows that it
is complete may draw that conclusion; this stream comes last and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_amazon_seller.account.tally import Read
from tap_amazon_seller.streams.kinds.amazon_stream import ALL_MARKETPLACES, AmazonStream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace


class SyncSummary(AmazonStream):
    """One record per stream and marketplace that this sync has read."""

    name = "sync_summary"
    primary_keys = ("stream", "marketplace_id", "synced_at")
    role = "none"
    source = "the tap itself"

    @property
    @override
    def partitions(self) -> list[dict[str, Any]] | None:
        """None: it covers all marketplaces at once."""
        return None

    @override
    def records_of(self, marketplace: Marketplace | None) -> Iterator[Record]:
        """What has been read so far, in this order; nothing of marketplaces that the seller has left."""
        synced_at = self.account.now().replace(microsecond=0).isoformat()
        left = {
            (stream, place.id): Read(0, complete=False)
            for stream in dict.fromkeys(
                name for name, place_id in self.account.tally.read if place_id != ALL_MARKETPLACES
            )
            for place in self.account.left_marketplaces
        }
        for (stream, marketplace_id), read in (self.account.tally.read | left).items():
            due = self.account.due_of(stream, marketplace_id)
            yield {
                "stream": stream,
                "marketplace_id": marketplace_id,
                "synced_at": synced_at,
                "complete": read.complete and due is None,
                "records": read.records,
                "rejected": read.rejected,
                "held_back": read.held_back,
                "due": due.windows if due else 0,
                "due_from": _to_the_second(due.first_at) if due else None,
                "due_until": _to_the_second(due.last_at) if due else None,
                "passed_over": read.passed_over,
                "holes": read.holes,
            }


def _to_the_second(instant: datetime) -> str:
    return instant.replace(microsecond=0).isoformat()

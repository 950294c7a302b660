"""What the sync itself has read: whether each stream is complete, and of how many records.

A snapshot such as the listings shows by what it lacks that something is gone. Only who knows that it
is complete may draw that conclusion; this stream comes last and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        """None: it tells of all marketplaces at once."""
        return None

    @override
    def records_of(self, marketplace: Marketplace | None) -> Iterator[Record]:
        """What has been read so far, in this order."""
        synced_at = self.account.now().replace(microsecond=0).isoformat()
        for (stream, marketplace_id), read in self.account.read.items():
            yield {
                "stream": stream,
                "marketplace_id": marketplace_id,
                "synced_at": synced_at,
                "complete": read.complete,
                "records": read.records,
                "rejected": read.rejected,
                "held_back": read.held_back,
            }

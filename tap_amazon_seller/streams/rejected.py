"""Rows of reports that could not become records, with what can be said of them.

A row whose cells are not in their columns is not guessed at. It comes here, so that nothing is lost in
silence; bookmarks pass it only once it has been handed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers.types import Record

    from amazon_selling_partner.marketplaces import Marketplace


class RejectedRowsStream(AmazonStream):
    """One record per row that was rejected in this sync."""

    name = "rejected_rows"
    primary_keys = ("report_type", "marketplace_id", "row_hash", "occurrence")
    role = "none"
    source = "the tap itself"

    @property
    @override
    def partitions(self) -> list[dict[str, Any]] | None:
        """None: it is about all marketplaces at once."""
        return None

    @override
    def records_of(self, marketplace: Marketplace | None) -> Iterator[Record]:
        """What all streams before it have rejected; then the bookmarks of these streams may move."""
        yield from self.account.rejected.records()
        self._tap.move_bookmarks_after_rejected()

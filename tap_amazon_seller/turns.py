"""In which order the streams of a sync are read: what is ready first.

Amazon makes reports in its own time. A stream is read as far as its reports are made, snapshots and
short plans before long back-fills, and continues in a later turn; it does not hold up those behind it.
Streams that wait for the quota of an operation come last, a call at a time, whichever is ready soonest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amazon_selling_partner import marketplaces
from tap_amazon_seller.streams.kinds.api_stream import ApiStream
from tap_amazon_seller.streams.kinds.report_stream import ReportStream
from tap_amazon_seller.streams.rejected import RejectedRowsStream
from tap_amazon_seller.streams.summary import SyncSummary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from amazon_selling_partner.marketplaces import Marketplace
    from tap_amazon_seller.reports.fetch.queue import ReportQueue
    from tap_amazon_seller.reports.requests.windows import ReportRequest
    from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream

LAST = (RejectedRowsStream, SyncSummary)
"""They are about all others."""


class Turns:
    """The streams of a sync, each read in one turn or several.

    Args:
        streams: The selected streams.
        queue: The reports of the sync, all submitted.
        leaves: Whether what would have to be waited for is left for the next sync: reports that Amazon
            makes, and those that quotas do not let this one request or download.
        done: Called with each stream that has been read to its end.
        then: Called once all but those about all others have been read.
    """

    def __init__(
        self,
        streams: Sequence[AmazonStream],
        queue: ReportQueue,
        *,
        leaves: bool = False,
        done: Callable[[AmazonStream], None] = lambda _: None,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        self._queue = queue
        self._done = done
        self._then = then
        self._leaves = leaves
        self._of_reports = [
            each for each in streams if isinstance(each, ReportStream) and not each.is_withheld
        ]
        self._of_apis = [each for each in streams if isinstance(each, ApiStream)]
        self._last = [each for each in streams if isinstance(each, LAST)]
        others = {*self._of_reports, *self._of_apis, *self._last}
        self._others = [each for each in streams if each not in others]
        self._begun: list[AmazonStream] = []

    def take(self) -> None:
        """Read all streams to their ends."""
        for stream in self._others:
            self._read_to_its_end(stream)
        unread = list(self._of_reports)
        waiting = list(self._of_apis)
        while unread or waiting:
            unread = self._without_done(unread)
            slow = [each for each in unread if each.is_slow]
            others = [each for each in unread if not each.is_slow]
            if found := self._ready(others):
                self._turn(*found)
            elif waiting and not self._awaits_snapshot(others):
                self._read_to_its_end(waiting.pop(0))
            elif slow:
                soonest = min(slow, key=lambda each: each.seconds_until_ready())
                self._turn(soonest, list(_places(soonest)[:1]))
            elif others:
                self._wait(others)
        self._then()
        for stream in self._last:
            self._read_to_its_end(stream)
        for stream in self._begun:
            stream.finalize_state_progress_markers()

    def _read_to_its_end(self, stream: AmazonStream) -> None:
        self._read(stream)
        self._done(stream)

    def _without_done(self, streams: Iterable[ReportStream]) -> list[ReportStream]:
        """The streams of which something is left; the others are done."""
        left = []
        for stream in streams:
            if any(map(stream.has_next, _places(stream))):
                left.append(stream)
            else:
                self._done(stream)
        return left

    def _ready(
        self, streams: Iterable[ReportStream]
    ) -> tuple[ReportStream, list[Marketplace]] | None:
        """The stream to read next, and where; None where Amazon has made nothing that is wanted next."""
        for is_ready in (self._queue.is_downloaded, self._queue.is_finished):
            found = [
                (stream, places)
                for stream in streams
                if (places := _ready_places(stream, is_ready))
            ]
            if found:
                return min(found, key=_rank)
        return None

    def _turn(self, stream: ReportStream, places: list[Marketplace]) -> None:
        """Read what is ready of a stream in some marketplaces."""
        stream.takes_turns = True
        stream.turn = [{"marketplace_id": place.id} for place in places]
        try:
            self._read(stream)
        finally:
            stream.turn = None

    def _read(self, stream: AmazonStream) -> None:
        if stream in self._begun:
            stream.go_on()
            return
        self._begun.append(stream)
        stream.sync()

    def _awaits_snapshot(self, streams: Iterable[ReportStream]) -> bool:
        """Whether a snapshot is under way, which an API that is read meanwhile would hold up."""
        return any(stream.definition.is_snapshot for stream in streams)

    def _wait(self, streams: Sequence[ReportStream]) -> None:
        """Wait until the next report of some partition is made, or leave them all for the next sync."""
        awaited = list(_awaited(streams))

        def is_over() -> bool:
            return any(map(self._queue.is_finished, awaited)) or (
                self._leaves and self._queue.is_idle()
            )

        self._queue.wait_until(is_over)
        if self._leaves and not any(map(self._queue.is_finished, awaited)):
            self._queue.leave_unfinished()


def _places(stream: ReportStream) -> Sequence[Marketplace]:
    """The marketplaces of which something is left to be read."""
    return [
        place
        for partition in stream.all_partitions
        if stream.has_next(place := marketplaces.BY_ID[partition["marketplace_id"]])
    ]


def _ready_places(
    stream: ReportStream, is_ready: Callable[[ReportRequest], bool]
) -> list[Marketplace]:
    """Where a stream can be read; one marketplace at a time where that takes calls for each record."""
    found = [
        place
        for place in _places(stream)
        if (request := stream.next_request(place)) is None or is_ready(request)
    ]
    return found[:1] if stream.calls_api else found


def _awaited(streams: Iterable[ReportStream]) -> Iterable[ReportRequest]:
    for stream in streams:
        for place in _places(stream):
            if request := stream.next_request(place):
                yield request


def _rank(found: tuple[ReportStream, Any]) -> tuple[bool, bool, int]:
    """Snapshots first, then plans with few reports left; last what calls an API for each record."""
    stream, places = found
    left = sum(stream.requests_left(place) for place in places)
    return stream.calls_api, not stream.definition.is_snapshot, left

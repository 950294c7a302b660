"""What a sync has read of each stream and marketplace, and what it leaves for later ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tap_amazon_seller.reports.requests.windows import ReportRequest


@dataclass(frozen=True, slots=True)
class Read:
    """What a sync has read of a stream and marketplace.

    Attributes:
        records: How many records it has emitted.
        complete: Whether all reports and answers were read.
        rejected: Rows that are in `rejected_rows` in the place of records.
        held_back: Orders that are not emitted because a line of theirs was rejected.
        passed_over: What Amazon gave and is not emitted: of other marketplaces or of none, given twice,
            older than what was emitted, or without the data that the stream is about.
        holes: Windows before the bookmark that Amazon says to be unavailable, and are requested again.
    """

    records: int
    complete: bool
    rejected: int = 0
    held_back: int = 0
    passed_over: int = 0
    holes: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """What a sync leaves of a stream and marketplace for later ones.

    Attributes:
        windows: How many reports (windows, or a snapshot), or calls of an operation.
        first_at: When the first of them can be read, as far as quotas say.
        last_at: When the last of them can be.
    """

    windows: int
    first_at: datetime
    last_at: datetime


class Tally:
    """The figures of one sync, for `sync_summary` and the end of the run.

    Attributes:
        incomplete: What could not be synced completely.
        read: What has been read, by stream and marketplace.
    """

    def __init__(self) -> None:
        self.incomplete: set[str] = set()
        self.read: dict[tuple[str, str], Read] = {}
        self._due: dict[tuple[str, str], tuple[ReportRequest, ...]] = {}
        self._due_calls: dict[tuple[str, str], tuple[str, Due]] = {}
        self._rejected_of: dict[tuple[str, str], tuple[int, int]] = {}
        self._passed_over: Counter[tuple[str, str]] = Counter()

    def note_read(self, stream: str, marketplace_id: str, read: Read) -> None:
        """Add what has been read of a stream and marketplace, for `sync_summary`."""
        before = self.read.get((stream, marketplace_id), Read(0, complete=True))
        self.read[stream, marketplace_id] = replace(
            read,
            records=before.records + read.records,
            complete=before.complete and read.complete,
        )

    def note_due(self, stream: str, marketplace_id: str, requests: Sequence[ReportRequest]) -> None:
        """Remember the reports that a stream and marketplace leave for a later sync."""
        if requests:
            self._due[stream, marketplace_id] = tuple(requests)

    def note_due_calls(self, stream: str, marketplace_id: str, operation: str, due: Due) -> None:
        """Remember the calls of an operation that a stream and marketplace leave for a later sync."""
        self._due_calls[stream, marketplace_id] = operation, due

    def requests_due(self, stream: str, marketplace_id: str) -> tuple[ReportRequest, ...]:
        """The reports that a stream and marketplace leave for a later sync."""
        return self._due.get((stream, marketplace_id), ())

    def calls_due(self, stream: str, marketplace_id: str) -> Due | None:
        """The calls that a stream and marketplace leave for a later sync."""
        return self._due_calls.get((stream, marketplace_id), ("", None))[1]

    @property
    def due_requests(self) -> set[ReportRequest]:
        """All reports that are left for a later sync, each once."""
        return {request.as_one for requests in self._due.values() for request in requests}

    @property
    def due_calls(self) -> Mapping[str, list[Due]]:
        """The calls that are left for a later sync, by operation."""
        found: dict[str, list[Due]] = {}
        for operation, due in self._due_calls.values():
            found.setdefault(operation, []).append(due)
        return found

    def note_rejected(
        self, stream: str, marketplace_id: str, rejected: int, held_back: int
    ) -> None:
        """Add to the rejected rows and to the orders held back of a stream and marketplace."""
        before = self._rejected_of.get((stream, marketplace_id), (0, 0))
        self._rejected_of[stream, marketplace_id] = before[0] + rejected, before[1] + held_back

    def rejected_of(self, stream: str, marketplace_id: str) -> tuple[int, int]:
        """The rejected rows and the orders held back of a stream and marketplace so far."""
        return self._rejected_of.get((stream, marketplace_id), (0, 0))

    def note_passed_over(self, stream: str, marketplace_id: str, count: int = 1) -> None:
        """Add to what Amazon gave of a stream and marketplace and is not emitted."""
        self._passed_over[stream, marketplace_id] += count

    def passed_over_of(self, stream: str, marketplace_id: str) -> int:
        """What Amazon gave of a stream and marketplace and is not emitted, so far."""
        return self._passed_over[stream, marketplace_id]

    def note_incomplete(self, place: str) -> None:
        """Remember a stream and marketplace that is incomplete, for the end of the run."""
        self.incomplete.add(place)

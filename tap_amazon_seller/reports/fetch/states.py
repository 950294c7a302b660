"""Where a report stands on its way from a request to records."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from typing_extensions import override


class ReportState(Enum):
    """Where a report stands; the value is its key in the log."""

    QUEUED = "queued"
    """Not yet asked for."""
    IN_PROGRESS = "in_progress"
    """Amazon is making it."""
    DONE = "done"
    """Finished at Amazon, to be downloaded."""
    DOWNLOADING = "downloading"
    READY = "ready"
    """Downloaded, to be read."""
    READ = "read"
    """Its streams have read it."""
    FAILED = "failed"

    @override
    def __str__(self) -> str:
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class ReportStatus:
    """One report of the sync.

    Args:
        name: Report type, country and window.
        state: Where it stands.
        seconds: How long in this state, in Amazon's time.
        report_id: Amazon's id, once it has one.
        bytes_read: Of the download so far.
        asked_in: Seconds until the quota lets a queued report be asked for.
    """

    name: str
    state: ReportState
    seconds: float
    report_id: str = ""
    bytes_read: int = 0
    asked_in: float | None = None

"""Where a report stands on its way from a request to records."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Mapping


class ReportState(Enum):
    """Where a report stands; the value is its key in the log."""

    QUEUED = "queued"
    """Not yet requested."""
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
    LEFT = "left"
    """Left for a later sync, which finds it in the state where it has been requested."""

    @property
    def is_terminal(self) -> bool:
        """Whether nothing more becomes of the report in this sync."""
        return not TRANSITIONS[self]

    @property
    def has_arrived(self) -> bool:
        """Whether Amazon has delivered the report."""
        return self in {ReportState.READY, ReportState.READ}

    @property
    def is_settled(self) -> bool:
        """Whether the streams that read the report need not wait any longer."""
        return self.is_terminal or self.has_arrived

    @override
    def __str__(self) -> str:
        return self.value.replace("_", " ")


TRANSITIONS: Mapping[ReportState, frozenset[ReportState]] = {
    ReportState.QUEUED: frozenset(
        {
            ReportState.IN_PROGRESS,
            ReportState.READY,  # its range is too long: it consists of two others
            ReportState.READ,
            ReportState.FAILED,
            ReportState.LEFT,
        }
    ),
    ReportState.IN_PROGRESS: frozenset(
        {
            ReportState.QUEUED,
            ReportState.DONE,
            ReportState.READY,  # a query that has no data, and so no document
            ReportState.READ,
            ReportState.FAILED,
            ReportState.LEFT,
        },
    ),
    ReportState.DONE: frozenset({ReportState.DOWNLOADING, ReportState.READ, ReportState.LEFT}),
    ReportState.DOWNLOADING: frozenset(
        {
            ReportState.QUEUED,  # it says why the report ended FATAL, or cannot be obtained: once more
            ReportState.IN_PROGRESS,  # an earlier report is used instead
            ReportState.DONE,  # the download failed and follows later
            ReportState.READY,
            ReportState.READ,  # its streams have ended meanwhile
            ReportState.FAILED,
            ReportState.LEFT,  # the quota of downloads is used up by others, or the sync has failed
        }
    ),
    ReportState.READY: frozenset({ReportState.READ}),
    ReportState.READ: frozenset(),
    ReportState.FAILED: frozenset(),
    ReportState.LEFT: frozenset(),
}
"""What may become of a report in each state. Any state but DOWNLOADING may become READ: its streams have
ended, or have had that time already."""


class IllegalTransitionError(Exception):
    """A report cannot go from the one state to the other: a fault of this program."""


def next_state(current: ReportState, wanted: ReportState) -> ReportState:
    """The state after a change: `wanted`, or `current` where that is terminal.

    A call that was under way when the last stream let go of a report may answer afterwards; that changes
    nothing any more.

    Raises:
        IllegalTransitionError: `TRANSITIONS` does not allow it.
    """
    if current.is_terminal or wanted is current:
        return current
    if wanted not in TRANSITIONS[current]:
        raise IllegalTransitionError(f"A report that is {current} cannot become {wanted}.")
    return wanted


@dataclass(frozen=True, slots=True)
class ReportStatus:
    """One report of the sync.

    Args:
        name: Report type, country and window.
        state: Where it stands.
        seconds: How long in this state, in Amazon's time.
        report_id: Amazon's id, once it has one.
        bytes_read: Of the download so far.
        asked_in: Seconds until the quota lets a queued report be requested.
    """

    name: str
    state: ReportState
    seconds: float
    report_id: str = ""
    bytes_read: int = 0
    asked_in: float | None = None

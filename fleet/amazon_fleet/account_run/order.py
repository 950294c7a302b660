"""What the process of a run is given, and what its exit code says: what a worker knows of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

DONE, FAILED, BUSY = 0, 1, 75
"""Exit codes: the history says what came of it; nothing could be written; another run was under way."""
WORKER_ENDED, LOCK_LOST, OVER_BOUNDS = 71, 72, 73
"""Exit codes of a run that its guard has ended."""


@dataclass(frozen=True, slots=True)
class RunOrder:
    """One run of one account.

    Attributes:
        account: The account's name.
        url: Of the database.
        folder: Of the worker; the run has a folder of its own in it.
        worker: Name of the worker, for the history.
        due: Since when the account is due; null where somebody wants it now.
    """

    account: str
    url: str = field(repr=False)
    folder: Path
    worker: str
    due: datetime | None = None

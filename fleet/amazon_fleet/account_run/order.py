"""What the process of a run is given: which account, which database, which folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


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

"""The folder of a run: readable by its owner alone, made empty, filled from the store, removed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

JOURNAL = "push-journal.jsonl"
"""The ETL's name of a push's journal, in its snapshots."""
_NEVER_KEPT = frozenset({"tenant-config.json", JOURNAL})


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where a run works.

    Attributes:
        path: The folder: `accounts/NAME/` of the worker's.
    """

    path: Path

    @property
    def records(self) -> Path:
        """The Singer messages of the tap, which the ETL reads."""
        return self.path / "sync-output" / "records.singer"

    @property
    def snapshots(self) -> Path:
        """The ETL's snapshots."""
        return self.path / "snapshots"

    def lay_out(self, snapshots: Mapping[str, bytes], journal: bytes) -> None:
        """Make the folder as the last run left it, with a journal of a push that was cut off."""
        self.remove()
        for folder in (self.path, self.snapshots, self.records.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)
        for name, content in snapshots.items():
            (self.snapshots / name).write_bytes(content)
        if journal:
            (self.snapshots / JOURNAL).write_bytes(journal)

    def snapshot_files(self) -> dict[str, bytes]:
        """Return the snapshots as they are now; credentials and the journal are not among them."""
        return {
            path.name: path.read_bytes()
            for path in sorted(self.snapshots.iterdir())
            if path.is_file() and path.name[0] != "." and path.name not in _NEVER_KEPT
        }

    def journal(self) -> bytes | None:
        """Return what the journal says, or None when there is none."""
        path = self.snapshots / JOURNAL
        return path.read_bytes() if path.exists() else None

    def reduce(self) -> None:
        """Remove all but the mapping report and payloads, which are for people."""
        for folder in (self.snapshots, self.records.parent):
            shutil.rmtree(folder, ignore_errors=True)

    def remove(self) -> None:
        """Remove all of it."""
        shutil.rmtree(self.path, ignore_errors=True)

"""Remembers which input files a finished run has read, so that the next sync can start without them.

Targets append to their files. A record that Amazon no longer reports, such as the stock of a listing
that is gone, would count for ever. Hosts empty sync-output/ between syncs; `clear` does it elsewhere,
and only for files whose records are in the payloads of a finished run.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from amazon_optiply_etl.state import transaction

if TYPE_CHECKING:
    from pathlib import Path

    Stamps = dict[str, list[int]]

NOTE = ".read-by-etl.json"


def stamps(folder: Path) -> Stamps:
    """Return the files of the input folder as they are now: name -> [size, time of change in ns]."""
    return {
        path.name: [path.stat().st_size, path.stat().st_mtime_ns]
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != NOTE
    }


def note(folder: Path, read: Stamps) -> None:
    """Note in the input folder what a finished run has read; without the note nothing is cleared."""
    with contextlib.suppress(OSError):
        transaction.replace(folder, NOTE, json.dumps(read, indent=2).encode())


def clear(folder: Path) -> list[str]:
    """Remove the input files that the last finished run has read; answers their names.

    A file that has changed since is kept: it holds records that no run has read.
    """
    path = folder / NOTE
    if not path.exists():
        return []
    try:
        read = dict(json.loads(path.read_bytes()))
    except (ValueError, TypeError):  # nobody knows what it reported
        read = {}
    removed = [name for name, stamp in stamps(folder).items() if read.get(name) == stamp]
    for name in removed:
        (folder / name).unlink()
    path.unlink()
    return removed

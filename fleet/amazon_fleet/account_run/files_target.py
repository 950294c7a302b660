"""Our target for files: JSON lines by stream, named so that a repeated run replaces its own files.

PATH/ACCOUNT/STREAM/after-NUMBER.jsonl: the number is that of the run whose state the sync began from, so
that a run that was cut off between its files and its state leaves nothing double.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from amazon_fleet.account_run.messages import messages

if TYPE_CHECKING:
    from pathlib import Path


def write(records: Path, folder: Path, base: int) -> None:
    """Write the records of a sync.

    Args:
        records: Its Singer messages.
        folder: Of the account.
        base: Number of the run that the sync began from; 0 for a first one.

    Raises:
        OSError: a file cannot be written.
    """
    name = f"after-{base:010}.jsonl"
    written: set[Path] = set()
    with contextlib.ExitStack() as stack:
        files = {}
        for message in messages(records):
            if message.type != "RECORD":
                continue
            if message.stream not in files:
                path = folder / message.stream / name
                path.parent.mkdir(parents=True, exist_ok=True)
                files[message.stream] = stack.enter_context(_part(path).open("wb"))
                written.add(path)
            files[message.stream].write(bytes(message.record) + b"\n")
    for path in folder.glob(f"*/{name}"):
        if path not in written:
            path.unlink()
    for path in written:
        _part(path).replace(path)


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")

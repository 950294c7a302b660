"""Keeps two workers out of one folder: each would remove the files of the other's runs."""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING

from amazon_fleet.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Have the folder of a worker for this program; the system frees it however the program ends.

    Raises:
        FleetError: another program has it.
        OSError: the folder cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "worker.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FleetError(
                f"Another amazon-fleet works in {folder}: stop it first, or give this one a folder of "
                "its own with --folder."
            ) from None
        yield
    finally:
        os.close(lock)

"""Has as many runs of a worker build at once as the machine has cores.

More at once would not be done sooner, and each holds the memory of a build until it ends. A lock of a
file says whose turn it is, as the system frees it with the process, however that ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_LOOK = 0.05  # seconds between two looks
_PATIENCE = 60.0
"""Seconds after which a run builds anyway, so that large accounts hold up no others."""


@dataclass(frozen=True, slots=True)
class Turns:
    """The turns of a worker's runs.

    Attributes:
        folder: Of the worker.
        count: How many runs may have a turn at once.
        sleep: Waits for seconds.
        now: Says the time in seconds.
    """

    folder: Path
    count: int = os.cpu_count() or 1
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a turn and have it, or go without one after a minute.

        Raises:
            OSError: the folder cannot be written.
        """
        until = self.now() + _PATIENCE
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context(self._file(number)) for number in range(self.count)]
            while not any(map(_is_ours, files)) and self.now() < until:
                self.sleep(_LOOK)
            yield

    def _file(self, number: int) -> IO[bytes]:
        return (self.folder / f".turn-{number + 1}").open("ab")


def _is_ours(file: IO[bytes]) -> bool:
    """Take a file's lock, which is given back when the file is closed; answers whether that worked."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

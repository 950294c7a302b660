"""Has as many runs of a worker build at once as the machine has cores.

More at once would not be done sooner, and each holds the memory of a build until it ends: 36 MB an
account at the moment with the most, where it is 45 MB without turns (40 sellers with nothing new, 20 at
once, two cores, as benchmarks/many_accounts.py measures it). Beside other programs that want all cores
a round takes longer, since fewer processes of the fleet compete for them. A lock of a file says whose
turn it is, as the system frees it with the process, however that ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_LOOK = 0.05  # seconds between two looks
_PATIENCE = 60.0
"""Seconds after which a run builds anyway, so that large accounts hold up no others."""


@dataclass(slots=True)
class Turn:
    """A run's turn among those of its worker.

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
    _held: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def take(self) -> None:
        """Wait for a turn and have it until `leave`, or go without one after a minute.

        Raises:
            OSError: the folder cannot be written.
        """
        until = self.now() + _PATIENCE
        while not any(map(self._is_taken, range(self.count))) and self.now() < until:
            self.sleep(_LOOK)

    def leave(self) -> None:
        """Let others have it."""
        self._held.close()

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Let others have it while this run waits for answers."""
        self.leave()
        try:
            yield
        finally:
            self.take()

    def _is_taken(self, number: int) -> bool:
        """Take one of the locks, which is given back when the file is closed; answers if that worked."""
        with contextlib.ExitStack() as stack:
            file = stack.enter_context((self.folder / f".turn-{number + 1}").open("ab"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self._held.push(stack.pop_all())
        return True

"""Ends the process of a run at once when it must not go further.

That is when its worker has ended, when the connection with the account's lock is lost, or when it needs
more memory or time than it may. A thread watches: under a fork server PR_SET_PDEATHSIG does nothing, as
the parent is the server.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import re
import select
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from amazon_fleet.account_run.order import LOCK_LOST, OVER_BOUNDS, WORKER_ENDED
from amazon_fleet.errors import FleetError
from amazon_fleet.store import history

if TYPE_CHECKING:
    from amazon_fleet.account_run.session import Session
    from amazon_fleet.accounts.account import Bounds

_BEAT_SECONDS = 2.0
_CLOSED = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR | select.POLLNVAL
_MEMORY = Path("/proc/self/smaps_rollup")
_logger = logging.getLogger(__name__)


class Guard(threading.Thread):
    """Watches a run.

    Args:
        session: The run's connection.
        bounds: What it may take.

    Attributes:
        most_memory: The most bytes of its own that the run was seen with.
        program: A program that the run has started, which ends with it.
    """

    def __init__(self, session: Session, bounds: Bounds) -> None:
        super().__init__(name="guard", daemon=True)
        self._session = session
        self._bounds = bounds
        self._began = time.monotonic()
        self._beaten = self._began
        self.most_memory = 0
        self.program: int | None = None
        self._acting = threading.Lock()
        self._is_over = False

    @override
    def run(self) -> None:
        """Watch until the process ends."""
        parent = multiprocessing.parent_process()
        watched = select.poll()
        if parent is not None:
            watched.register(parent.sentinel, select.POLLIN | select.POLLHUP)
        watched.register(self._session.descriptor, _CLOSED)
        while True:
            found = watched.poll(1000)
            with self._acting:
                if self._is_over:
                    return
                for descriptor, _ in found:
                    if parent is not None and descriptor == parent.sentinel:
                        self._exit(WORKER_ENDED)
                    self._exit(LOCK_LOST)
                self._look()

    def stop(self) -> None:
        """Watch no more: the run has ended, and its connection is about to."""
        with self._acting:
            self._is_over = True

    def _look(self) -> None:
        own = private_memory()
        self.most_memory = max(self.most_memory, own)
        if own > self._bounds.memory:
            self._end(
                f"It needs more than {self._bounds.memory // 10**6} MB; raise 'memory' of the account."
            )
        if time.monotonic() - self._began > self._bounds.seconds:
            self._end(
                f"It took more than {self._bounds.seconds} s in phase '{self._session.phase}'; raise "
                "'time_limit' of the account, or sync less at once."
            )
        if time.monotonic() - self._beaten >= _BEAT_SECONDS:
            self._beaten = time.monotonic()
            try:
                self._session.beat()
            except FleetError:
                self._exit(LOCK_LOST)

    def _end(self, sentence: str) -> None:
        _logger.error("%s", sentence)
        with contextlib.suppress(FleetError):
            self._session.finish(history.KILLED, sentence, {"memory": self.most_memory})
        self._exit(OVER_BOUNDS)

    def _exit(self, code: int) -> None:
        if self.program is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.program, signal.SIGKILL)
        os._exit(code)


def private_memory() -> int:
    """Return the bytes of memory that no other process shares; 0 where the system does not say.

    What a fork shares with the fork server is not among them until it writes to it and has a copy.
    """
    try:
        text = _MEMORY.read_text("ascii")
    except OSError:
        return 0
    return 1024 * sum(map(int, re.findall(r"^Private_\w+: +(\d+) kB$", text, re.MULTILINE)))

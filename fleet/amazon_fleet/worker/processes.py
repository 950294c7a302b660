"""Starts the process of each run as a fork of one that has loaded everything, and sees how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg

from amazon_fleet.account_run.entry import main
from amazon_fleet.account_run.order import BUSY, LOCK_LOST, WORKER_ENDED, RunOrder
from amazon_fleet.errors import DatabaseError
from amazon_fleet.store import accounts, history

if TYPE_CHECKING:
    from datetime import datetime
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

    from amazon_fleet.store.database import Database

_PRELOADED = ["__main__", "amazon_fleet.account_run.preloaded"]
_AGAIN_SECONDS = 5.0
"""After which an account whose process was killed runs again; twice that after the second time, ..."""
_MOST_DOUBLINGS = 6
_PATIENCE = 10.0  # seconds that a process has to end
_TRIES = 30
_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Processes:
    """The processes of a worker.

    Attributes:
        database: Where the tables are.
        folder: The worker's folder.
        worker: Its name.
    """

    database: Database
    folder: Path
    worker: str
    _running: set[ForkServerProcess] = field(default_factory=set)
    _is_stopping: bool = False

    def prepare(self) -> None:
        """Have the fork server load all that a run needs, and allow runs."""
        self._is_stopping = False
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        multiprocessing.set_forkserver_preload(_PRELOADED)

    async def run(self, account: str, due: datetime | None) -> None:
        """Run an account in a process of its own, and wait until that has ended."""
        order = RunOrder(account, self.database.url, self.folder, self.worker, due)
        process = multiprocessing.get_context("forkserver").Process(
            target=main, args=(order,), name=f"run of {account}", daemon=True
        )
        await asyncio.to_thread(process.start)
        self._running.add(process)
        if self._is_stopping:  # it was started meanwhile
            process.terminate()
        try:
            await _ended(process)
        except asyncio.CancelledError:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_ended(process), _PATIENCE)
            process.kill()
            await _ended(process)
            raise
        finally:
            self._running.discard(process)
            process.join()
            code, number = process.exitcode, process.pid
            process.close()
            await self._see_to_end(account, code, number)

    def stop(self) -> None:
        """End all processes, until `prepare`; what they were at is done again by the next runs."""
        self._is_stopping = True
        for process in list(self._running):
            process.terminate()

    async def _see_to_end(self, account: str, code: int | None, process: int | None) -> None:
        """End the run in the history if its process could not, and plan the next one.

        While the database is away, that is tried again for a while; then the next run does it.
        """
        if code == 0 or process is None:
            return
        for _ in range(_TRIES):
            try:
                await asyncio.to_thread(self._note, account, code, process)
            except (DatabaseError, psycopg.Error):
                await asyncio.sleep(1)
            else:
                return

    def _note(self, account: str, code: int | None, process: int) -> None:
        with self.database.connect() as connection, connection.transaction():
            run = history.open_run(connection, account)
            is_ours = run is not None and (run.worker, run.process) == (self.worker, process)
            if run is not None and is_ours:
                sentence = _sentence(code)
                _logger.warning("%s: %s", account, sentence)
                history.end(connection, run.id, history.KILLED, sentence)
                accounts.note_failure(connection, account)
            if is_ours or code != BUSY:
                doublings = min(accounts.failures(connection, account), _MOST_DOUBLINGS)
                accounts.hasten(connection, account, _AGAIN_SECONDS * 2 ** max(0, doublings - 1))


def _sentence(code: int | None) -> str:
    """Return how a process has ended that could not say so itself."""
    if code == WORKER_ENDED:
        return "Its worker has ended; it is run again."
    if code == LOCK_LOST:
        return "It lost its connection to the database; it is run again."
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        return f"Its process was ended by {name}; it is run again."
    return f"Its process ended with exit code {code}; it is run again."


async def _ended(process: ForkServerProcess) -> None:
    """Wait until a process has ended."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(process.sentinel, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(process.sentinel)

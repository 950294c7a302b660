"""A worker: takes accounts from the queue and runs them, until it is stopped.

procrastinate's worker ends when it cannot say that it lives, as while the database is restarted; then it
begins again, as long as nobody has stopped it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg
from procrastinate.exceptions import ConnectorException, ProcrastinateException

from amazon_fleet.errors import FleetError
from amazon_fleet.store import schema
from amazon_fleet.worker import queue, schedule
from amazon_fleet.worker.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import procrastinate

    from amazon_fleet.store.database import Database

_TICK = 1.0  # seconds between two looks at what is due
_STALLED_TICKS = 5
_OLD_TICKS = 3_600
_AGAIN = 1.0  # seconds
_LEAST_WAITING = 50
_FAILURES = (FleetError, ProcrastinateException, ConnectorException, psycopg.Error, OSError)
_logger = logging.getLogger(__name__)


def worker_name() -> str:
    """Return the name of this process as a worker."""
    return f"{socket.gethostname()}:{os.getpid()}"


@dataclass(slots=True)
class Worker:
    """A worker of a machine.

    Attributes:
        database: Where the tables are.
        folder: Its folder, which no other worker has.
        queues: Whose accounts it runs; empty: of all queues.
        concurrency: How many runs it has at once.
        keep_database: Called every second; an embedded server is started again there if it has died.
        is_done: Says whether the worker is to end; null where it is to work on.
    """

    database: Database
    folder: Path
    queues: Sequence[str] = ()
    concurrency: int = 10
    keep_database: Callable[[], object] | None = None
    is_done: Callable[[], bool] | None = None
    name: str = field(default_factory=worker_name)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Work until `stop`, SIGINT or SIGTERM.

        Raises:
            FleetError: the database's tables are not those of this version, or it cannot be reached.
        """
        with self.database.connect() as connection:
            schema.check_version(connection)
        processes = Processes(self.database, self.folder, self.name)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        _logger.info("Worker %s runs %d accounts at once.", self.name, self.concurrency)
        while not self._stopping.is_set():
            processes.prepare()
            try:
                await self._work(processes)
            except _FAILURES as error:
                _logger.warning("The worker begins again: %s", _short(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _AGAIN)
        _logger.info("Worker %s has ended.", self.name)

    def stop(self) -> None:
        """End: what runs is ended, and done again by the next runs."""
        self._stopping.set()

    async def _work(self, processes: Processes) -> None:
        app = queue.app_of(self.database)

        @app.task(name=queue.RUN)
        async def run_account(account: str, due: str | None = None) -> None:
            await processes.run(account, None if due is None else datetime.fromisoformat(due))

        queues: dict[str, Any] = {"queues": list(self.queues)} if self.queues else {}
        async with app.open_async():
            working = asyncio.create_task(
                app.run_worker_async(
                    **queues,
                    name=self.name,
                    concurrency=self.concurrency,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    update_heartbeat_interval=schedule.STALLED_SECONDS / 3,
                    stalled_worker_timeout=schedule.STALLED_SECONDS,
                )
            )
            scheduling = asyncio.create_task(self._schedule(app))
            stopping = asyncio.create_task(self._stopping.wait())
            try:
                await asyncio.wait(
                    [working, scheduling, stopping], return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                stopping.cancel()
                scheduling.cancel()
                processes.stop()
                if not working.done():
                    working.cancel()
                results = await asyncio.gather(working, scheduling, return_exceptions=True)
            for each in results:
                if isinstance(each, Exception):
                    raise each

    async def _schedule(self, app: procrastinate.App) -> None:
        """Keep the queue filled; a failure is that of the database, which the next look tries again."""
        most = max(_LEAST_WAITING, 4 * self.concurrency)
        tick = 0
        while True:
            try:
                if self.keep_database is not None:
                    await asyncio.to_thread(self.keep_database)
                await asyncio.to_thread(schedule.enqueue_due, self.database, most)
                if tick % _STALLED_TICKS == 0:
                    await schedule.clear_stalled(app, self.database)
                if tick % _OLD_TICKS == 0:
                    await asyncio.to_thread(schedule.forget_old_runs, self.database)
                if self.is_done is not None and await asyncio.to_thread(self.is_done):
                    self.stop()
            except _FAILURES as error:
                _logger.warning("What is due is not known for now: %s", _short(error))
            tick += 1
            await asyncio.sleep(_TICK)


def _short(error: BaseException) -> str:
    cause = error.__cause__ or error
    text = str(cause).strip().splitlines()
    return text[0][:300] if text and "password" not in text[0] else type(cause).__name__

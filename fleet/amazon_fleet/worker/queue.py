"""The queue: procrastinate's, with a job for each account that is due.

A job has the account's name as its lock (one of it at most runs) and as its queueing lock (one of it at
most waits), so that runs of an account neither overlap nor pile up, however many want it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import procrastinate
from procrastinate.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amazon_fleet.store.accounts import Due
    from amazon_fleet.store.database import Connection, Database

RUN = "run_account"
_POOL = 3  # connections, beside the one that listens


def app_of(database: Database) -> procrastinate.App:
    """Return procrastinate's app on a database; its connections are opened by `open_async`."""
    connector = procrastinate.PsycopgConnector(
        conninfo=database.url, kwargs=database.arguments, min_size=1, max_size=_POOL, timeout=10
    )
    return procrastinate.App(connector=connector)


def enqueue(connection: Connection, due: Iterable[Due]) -> int:
    """Put accounts into the queue, within the connection's transaction; answers how many.

    Raises:
        procrastinate.exceptions.AlreadyEnqueued: one waits already; none was put.
    """
    jobs = [_job(each) for each in due]
    if jobs:
        manager = procrastinate.App(connector=procrastinate.SyncPsycopgConnector()).job_manager
        manager.batch_defer_jobs(jobs, connection=connection)
    return len(jobs)


def _job(due: Due) -> Job:
    key = f"account:{due.name}"
    arguments: dict[str, Any] = {"account": due.name, "due": due.since.isoformat()}
    return Job(
        id=None,
        queue=due.queue,
        lock=key,
        queueing_lock=key,
        task_name=RUN,
        task_kwargs=arguments,
        priority=int(due.is_lost),
    )

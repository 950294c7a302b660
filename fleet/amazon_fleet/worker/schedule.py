"""Fills the queue with accounts that are due, and clears it of jobs whose worker has died.

Every worker does that every few seconds, one at a time. As many accounts wait as workers take in a few
minutes, those that have been due longest first; an account that is late runs once, for all that it
missed. So nothing piles up while the database or Amazon is away, and no herd comes after.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Status

from amazon_fleet.store import accounts
from amazon_fleet.worker import queue

if TYPE_CHECKING:
    import procrastinate

    from amazon_fleet.store.database import Connection, Database

STALLED_SECONDS = 20.0
"""A worker that has not been heard of for so long is dead; it says three times in them that it lives."""
_LOCK = 0x64756500  # "due"
_HISTORY_DAYS = 90
_logger = logging.getLogger(__name__)


def enqueue_due(database: Database, most: int) -> int:
    """Put accounts that are due into the queue, so that at most so many wait; answers how many.

    Raises:
        DatabaseError: the database cannot be reached.
        psycopg.Error: it refuses a statement.
    """
    with database.connect() as connection:
        try:
            with connection.transaction():
                row = connection.execute(
                    "SELECT pg_try_advisory_xact_lock(%s) AS alone", [_LOCK]
                ).fetchone()
                if row is None or not row["alone"]:
                    return 0
                return _enqueue(connection, most)
        except AlreadyEnqueued:
            return 0  # somebody has put one of them meanwhile: the next time


def _enqueue(connection: Connection, most: int) -> int:
    waiting = connection.execute(
        "SELECT count(*) AS waiting FROM procrastinate_jobs WHERE status = 'todo' AND task_name = %s",
        [queue.RUN],
    ).fetchone()
    assert waiting  # noqa: S101 - a count
    now = datetime.now(UTC)
    due = accounts.due(connection, now, max(0, most - waiting["waiting"]))
    for each in due:
        accounts.plan_next(connection, each.name, now)
    return queue.enqueue(connection, due)


async def clear_stalled(app: procrastinate.App, database: Database) -> int:
    """End the jobs of dead workers and have their accounts be due; answers how many.

    They are not retried as jobs: while another job of the account waits, that is refused.
    """
    stalled = await app.job_manager.get_stalled_jobs(
        task_name=queue.RUN, seconds_since_heartbeat=STALLED_SECONDS
    )
    names = []
    for job in stalled:
        await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        names.append(str(job.task_kwargs["account"]))
        _logger.warning("The worker of a run of %s is gone; it is run again.", names[-1])
    if names:
        with database.connect() as connection:
            for name in names:
                accounts.hasten(connection, name, 0)
    return len(names)


def forget_old_runs(database: Database) -> None:
    """Remove runs from the history that ended long ago."""
    with database.connect() as connection:
        connection.execute(
            "DELETE FROM fleet_runs WHERE ended < %s",
            [datetime.now(UTC) - timedelta(days=_HISTORY_DAYS)],
        )

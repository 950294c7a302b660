"""A job's log in the database. That it cannot be written never fails a job."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select
from sqlalchemy.exc import SQLAlchemyError

from amazon_asin_match.store.tables import LOGS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy import Engine

logger = logging.getLogger(__name__)

LEVELS: Final = ("debug", "info", "warning", "error")
MOST_LINES: Final = 200


class JobLog:
    """Writes the log of one job.

    Args:
        engine: The database.
        job_id: The job.
        now: The time, in UTC.
    """

    def __init__(self, engine: Engine, job_id: str, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._job_id = job_id
        self._now = now

    def __call__(self, level: str, message: str, **details: object) -> None:
        """Write a line, here and in the program's own log."""
        logger.log(logging.getLevelNamesMapping()[level.upper()], "%s", message)
        line = {
            "job_id": self._job_id,
            "at": self._now().isoformat(timespec="seconds"),
            "level": level,
            "message": message,
            "details": json.dumps(details, default=str),
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(LOGS).values(line))
        except SQLAlchemyError as error:
            logger.warning(
                "A line of the job's log could not be kept (%s); the job continues.",
                type(error).__name__,
            )


def read_log(
    engine: Engine, job_id: str, *, level: str = "debug", after: int = 0, limit: int = MOST_LINES
) -> list[Mapping[str, object]]:
    """Lines of a job's log from a level up, after a line's id, oldest first."""
    levels = LEVELS[LEVELS.index(level) :]
    statement = (
        select(LOGS.c.id, LOGS.c.at, LOGS.c.level, LOGS.c.message, LOGS.c.details)
        .where(LOGS.c.job_id == job_id, LOGS.c.level.in_(levels), LOGS.c.id > after)
        .order_by(LOGS.c.id)
        .limit(limit)
    )
    with engine.connect() as connection:
        return [
            {**row, "details": json.loads(row["details"])}
            for row in connection.execute(statement).mappings()
        ]

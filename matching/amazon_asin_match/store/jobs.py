"""Jobs: their states, and the lease by which one process at a time works on one."""

from __future__ import annotations

import json
import os
import socket
import time
import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from amazon_asin_match.errors import JobStateError, MatchError
from amazon_asin_match.store.tables import CODES, JOBS, LOGS, PUZZLES, RESULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Engine, RowMapping

LEASE_SECONDS: Final = 60.0
"""Without a heartbeat for so long, another process may claim a job."""


class JobStatus(StrEnum):
    """The state of a job; each knows whether it has ended."""

    PENDING = "pending"
    PROCESSING = "processing"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"  # by a failure that may pass; resume it
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self in {JobStatus.COMPLETED, JobStatus.CANCELLED}


class Stage(StrEnum):
    """What a job does; each stage can be begun again without harm."""

    READING = "reading"
    SEARCHING = "searching"
    JUDGING = "judging"
    WRITING = "writing"
    DONE = "done"


class LeaseLostError(MatchError):
    """Another process has claimed the job, and this one stops without writing."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands. Numbers are counts; instants are ISO 8601 in UTC."""

    id: str
    name: str
    created_at: str
    updated_at: str
    finished_at: str | None
    status: JobStatus
    stage: Stage
    wish: str
    marketplace_id: str
    seller_id: str
    input_path: str
    input_digest: str
    output_path: str
    options: Mapping[str, Any]
    webhook: str
    rows: int
    codes: int
    answered: int
    from_cache: int
    calls: int
    counts: Mapping[str, int]
    error: str
    owner: str

    @classmethod
    def of(cls, row: RowMapping) -> Job:
        """The job of a row of the table."""
        names = [name for name in cls.__dataclass_fields__ if name in row]
        values = {name: row[name] for name in names}
        values["status"], values["stage"] = JobStatus(row["status"]), Stage(row["stage"])
        values["options"], values["counts"] = json.loads(row["options"]), json.loads(row["counts"])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class NewJob:
    """What a job is made of."""

    name: str
    marketplace_id: str
    input_path: str
    input_digest: str
    seller_id: str = ""
    output_path: str = ""
    webhook: str = ""
    idempotency_key: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


class Jobs:
    """The jobs of a database.

    Args:
        engine: The database.
        now: The time, in UTC.
        owner: Who works here; None for this process.
        real_time: Seconds since 1970, for the heartbeat.
    """

    def __init__(
        self,
        engine: Engine,
        now: Callable[[], datetime],
        owner: str | None = None,
        real_time: Callable[[], float] = time.time,
    ) -> None:
        self.engine = engine
        self._now = now
        self._real_time = real_time
        self.owner = owner or f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"

    def create(self, new: NewJob) -> Job:
        """Create a job; one with the same idempotency key is answered as it is.

        Raises:
            JobStateError: The key belongs to a job of another input.
        """
        at = self._now().isoformat(timespec="seconds")
        values = {name: getattr(new, name) for name in NewJob.__dataclass_fields__}
        values |= {
            "id": str(uuid.uuid4()),
            "created_at": at,
            "updated_at": at,
            "status": JobStatus.PENDING,
            "stage": Stage.READING,
            "options": json.dumps(dict(new.options)),
        }
        try:
            with self.engine.begin() as connection:
                connection.execute(insert(JOBS).values(values))
        except IntegrityError:
            found = self._by_key(new.idempotency_key)
            if found is None or found.input_digest != new.input_digest:
                raise JobStateError(
                    "The idempotency key belongs to a job with another file; use a new key."
                ) from None
            return found
        return self.get(str(values["id"]))

    def _by_key(self, key: str | None) -> Job | None:
        with self.engine.connect() as connection:
            statement = select(JOBS).where(JOBS.c.idempotency_key == key)
            row = connection.execute(statement).mappings().first()
        return Job.of(row) if row else None

    def get(self, job_id: str) -> Job:
        """A job by its id, or by the beginning of it.

        Raises:
            JobStateError: There is none, or several begin so.
        """
        begins = JOBS.c.id.startswith(job_id, autoescape=True)
        with self.engine.connect() as connection:
            rows = connection.execute(select(JOBS).where(begins).limit(2)).mappings().all()
        if not job_id or not rows:
            raise JobStateError(f"There is no job '{job_id}'; `amazon-asin-match jobs` lists them.")
        if len(rows) > 1:
            raise JobStateError(f"Several jobs begin with '{job_id}'; give more of the id.")
        return Job.of(rows[0])

    def all(self, limit: int = 100) -> list[Job]:
        """The jobs, the newest first."""
        statement = select(JOBS).order_by(JOBS.c.created_at.desc(), JOBS.c.id).limit(limit)
        with self.engine.connect() as connection:
            return [Job.of(row) for row in connection.execute(statement).mappings()]

    def next_pending(self) -> Job | None:
        """The oldest job that waits for a worker, or whose worker is gone."""
        waits = JOBS.c.status.in_([JobStatus.PENDING, JobStatus.PROCESSING])
        statement = select(JOBS).where(waits).order_by(JOBS.c.created_at)
        with self.engine.connect() as connection:
            rows = connection.execute(statement).mappings().all()
        free = (row for row in rows if self._is_free(row))
        return next((Job.of(row) for row in free), None)

    def _is_free(self, row: RowMapping) -> bool:
        owner = str(row["owner"])
        stale = self._real_time() - row["heartbeat"] > LEASE_SECONDS
        return not owner or owner == self.owner or stale or is_dead(owner)

    def claim(self, job_id: str) -> Job:
        """Begin to work on a job, alone.

        Raises:
            JobStateError: Another process works on it, or it has ended.
        """
        job = self.get(job_id)
        if job.status.has_ended:
            raise JobStateError(f"The job {job.id} is {job.status} already.")
        now = self._real_time()
        is_mine = or_(JOBS.c.owner == "", JOBS.c.owner == self.owner)
        is_left = JOBS.c.heartbeat < now - LEASE_SECONDS
        if is_dead(job.owner):
            is_left = or_(is_left, JOBS.c.owner == job.owner)
        with self.engine.begin() as connection:
            taken = connection.execute(
                update(JOBS)
                .where(JOBS.c.id == job.id, or_(is_mine, is_left))
                .values(
                    owner=self.owner, heartbeat=now, status=JobStatus.PROCESSING, error="", wish=""
                )
            )
        if not taken.rowcount:
            raise JobStateError(
                f"Another process works on the job {job.id} ({job.owner}); pause it there, or wait."
            )
        return self.get(job.id)

    def beat(self, job_id: str) -> str:
        """Keep the lease; answers what is wished of the job: `pause`, `cancel` or nothing.

        Raises:
            LeaseLostError: Another process has the job.
        """
        with self.engine.begin() as connection:
            self.hold(connection, job_id, heartbeat=self._real_time())
            wish = connection.execute(select(JOBS.c.wish).where(JOBS.c.id == job_id)).scalar()
        return str(wish or "")

    def hold(self, connection: Connection, job_id: str, **changes: object) -> None:
        """Change a job in a transaction, which fails if another process has it.

        Raises:
            LeaseLostError: Another process has the job.
        """
        held = connection.execute(
            update(JOBS)
            .where(JOBS.c.id == job_id, JOBS.c.owner == self.owner)
            .values(updated_at=self._now().isoformat(timespec="seconds"), **changes)
        )
        if not held.rowcount:
            raise LeaseLostError("Another process has claimed the job; this one stops.")

    def release(self, job_id: str, status: JobStatus, error: str = "") -> None:
        """End the work on a job, in this state."""
        at = self._now().isoformat(timespec="seconds") if status.has_ended else None
        with self.engine.begin() as connection:
            self.hold(
                connection, job_id, status=status, error=error, owner="", wish="", finished_at=at
            )

    def wish(self, job_id: str, wish: str) -> Job:
        """Have a job paused or cancelled: at once where nobody works on it, else soon.

        Raises:
            JobStateError: It has ended.
        """
        job = self.get(job_id)
        if job.status.has_ended:
            raise JobStateError(f"The job {job.id} is {job.status} already.")
        status = JobStatus.CANCELLED if wish == "cancel" else JobStatus.PAUSED
        now = self._real_time()
        nobody = or_(JOBS.c.owner == "", JOBS.c.heartbeat < now - LEASE_SECONDS)
        with self.engine.begin() as connection:
            changed = connection.execute(
                update(JOBS)
                .where(JOBS.c.id == job.id, nobody)
                .values(status=status, owner="", wish="")
            )
            if not changed.rowcount:
                connection.execute(
                    update(JOBS)
                    .where(and_(JOBS.c.id == job.id, JOBS.c.owner != ""))
                    .values(wish=wish)
                )
        return self.get(job.id)

    def reopen(self, job_id: str) -> Job:
        """Have a paused, interrupted or failed job claimed again by a worker.

        Raises:
            JobStateError: It has ended, or is at work.
        """
        job = self.get(job_id)
        if job.status.has_ended:
            raise JobStateError(f"The job {job.id} is {job.status} already.")
        with self.engine.begin() as connection:
            connection.execute(
                update(JOBS)
                .where(JOBS.c.id == job.id, JOBS.c.status != JobStatus.PROCESSING)
                .values(status=JobStatus.PENDING, wish="", error="")
            )
        return self.get(job.id)

    def delete(self, job_id: str) -> None:
        """Delete a job that nobody works on, with its results and log; Amazon's answers stay.

        Raises:
            JobStateError: It is at work.
        """
        job = self.get(job_id)
        if job.status is JobStatus.PROCESSING:
            raise JobStateError(f"The job {job.id} is at work; cancel it first.")
        with self.engine.begin() as connection:
            for table in (CODES, PUZZLES, RESULTS, LOGS):
                connection.execute(delete(table).where(table.c.job_id == job.id))
            connection.execute(delete(JOBS).where(JOBS.c.id == job.id))

    def left(self, job_id: str) -> int:
        """How many codes of a job have no answer yet."""
        statement = (
            select(func.count())
            .select_from(CODES)
            .where(CODES.c.job_id == job_id, CODES.c.stage < 2)  # noqa: PLR2004 - answered
        )
        with self.engine.connect() as connection:
            return int(connection.execute(statement).scalar() or 0)


def is_dead(owner: str) -> bool:
    """Whether an owner was a process of this machine that is gone."""
    host, _, rest = owner.partition(":")
    pid = rest.partition(":")[0]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False

"""Runs one job to its end, wherever it stands: every stage can be begun again without harm."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy.exc import SQLAlchemyError

from amazon_asin_match.errors import InputFileError, JobStateError, MatchError
from amazon_asin_match.files.columns import find_columns
from amazon_asin_match.files.table import digest
from amazon_asin_match.jobs.create import Options
from amazon_asin_match.jobs.judging import judge_rows
from amazon_asin_match.jobs.reading import read_codes, use_fresh_answers
from amazon_asin_match.jobs.results import write_file
from amazon_asin_match.jobs.searching import Search
from amazon_asin_match.jobs.work import Work
from amazon_asin_match.search.asking import Asker
from amazon_asin_match.store.answers import Place
from amazon_asin_match.store.jobs import Job, Jobs, JobStatus, LeaseLostError, Stage
from amazon_asin_match.store.logs import JobLog
from amazon_selling_partner import SellingPartnerError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from amazon_asin_match.search.asking import Amazon

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS: Final = 5.0


class StoppedError(MatchError):
    """The job is to pause or to be cancelled."""

    def __init__(self, status: JobStatus) -> None:
        super().__init__(f"The job is {status}.")
        self.status = status


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class JobRun:
    """Works on jobs, one after the other.

    Args:
        jobs: The jobs.
        amazon: Makes the calls.
        now: The time, in UTC.
        stop: Set to have the work pause.
        notify: Called with a job that has ended.
    """

    def __init__(
        self,
        jobs: Jobs,
        amazon: Amazon,
        *,
        now: Callable[[], datetime] = utc_now,
        stop: threading.Event | None = None,
        notify: Callable[[Job, JobLog], None] = lambda *_: None,
    ) -> None:
        self._jobs = jobs
        self._amazon = amazon
        self._now = now
        self._stop = stop or threading.Event()
        self._notify = notify

    def run(self, job_id: str) -> Job:
        """Work on a job until it ends, pauses or fails; answers how it stands then.

        Raises:
            JobStateError: Another process works on it, or it has ended.
            LeaseLostError: Another process has claimed it meanwhile.
        """
        job = self._jobs.claim(job_id)
        log = JobLog(self._jobs.engine, job.id, self._now)
        log("info", f"Work on '{job.name}' begins with {job.stage}.", owner=self._jobs.owner)
        with _Heartbeat(self._jobs, job.id, self._stop) as heartbeat:
            status, error = self._attempt(job, log, heartbeat)
        if status is None:
            raise LeaseLostError("Another process has claimed the job; this one stops.")
        if error:
            log("error" if status is JobStatus.FAILED else "warning", error)
        self._jobs.release(job.id, status, error)
        job = self._jobs.get(job.id)
        log("info", f"The job is {status}.", counts=dict(job.counts), calls=job.calls)
        if status in {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED}:
            self._notify(job, log)
        return job

    def _attempt(
        self, job: Job, log: JobLog, heartbeat: _Heartbeat
    ) -> tuple[JobStatus | None, str]:
        try:
            self._stages(job, log, heartbeat.check)
        except LeaseLostError:
            return None, ""
        except StoppedError as stopped:
            return stopped.status, ""
        except UnavailableError as error:
            return JobStatus.INTERRUPTED, f"{error} Resume the job later; nothing is asked twice."
        except (MatchError, SellingPartnerError) as error:
            return JobStatus.FAILED, str(error)
        return JobStatus.COMPLETED, ""

    def _stages(self, job: Job, log: JobLog, check: Callable[[], None]) -> None:
        options = Options.of(job.options)
        path = Path(job.input_path)
        if digest(path) != job.input_digest:
            raise InputFileError(
                f"{path.name} is not what it was when the job began; put the old file back, or begin a "
                "new job."
            )
        table = options.open(path)
        columns = find_columns(table, options.columns)
        place = Place(job.marketplace_id, job.seller_id)
        work = Work(self._jobs, job, table, columns, options, place)
        stage = job.stage
        if stage is Stage.READING:
            log("info", columns.found_by)
            rows, codes = read_codes(work)
            cached = use_fresh_answers(work, self._now())
            self._advance(
                job, Stage.SEARCHING, rows=rows, codes=codes, answered=cached, from_cache=cached
            )
            log("info", f"{rows} rows have {codes} codes; {cached} are known from before.")
            stage = Stage.SEARCHING
        if stage is Stage.SEARCHING:
            asker = Asker(self._amazon, job.marketplace_id, job.seller_id)
            Search(work, asker, self._now, log, check=check).run()
            self._advance(job, Stage.JUDGING)
            stage = Stage.JUDGING
        if stage is Stage.JUDGING:
            counts = judge_rows(work, check)
            self._check_sum(job, counts)
            self._advance(job, Stage.WRITING, counts=json.dumps(counts))
        if job.output_path:
            rows = self._jobs.get(job.id).rows
            write_file(self._jobs.engine, job.id, rows, table, Path(job.output_path))
            log("info", f"The result is in {Path(job.output_path).name}.")
        self._advance(job, Stage.DONE)

    def _check_sum(self, job: Job, counts: dict[str, int]) -> None:
        rows = self._jobs.get(job.id).rows
        if sum(counts.values()) != rows:
            raise JobStateError(
                f"{rows} rows have {sum(counts.values())} results; report this as a bug."
            )

    def _advance(self, job: Job, stage: Stage, **changes: object) -> None:
        with self._jobs.engine.begin() as connection:
            self._jobs.hold(connection, job.id, stage=stage, **changes)


class _Heartbeat:
    """Keeps the lease from a thread of its own, and hears what is wished of the job."""

    def __init__(self, jobs: Jobs, job_id: str, stop: threading.Event) -> None:
        self._jobs = jobs
        self._job_id = job_id
        self._stop = stop
        self._done = threading.Event()
        self._wish = ""
        self._lost = False
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._done.wait(HEARTBEAT_SECONDS):
            try:
                self._wish = self._jobs.beat(self._job_id)
            except LeaseLostError:
                self._lost = True
                return
            except SQLAlchemyError as error:  # it may be busy; the lease lives on for a minute
                logger.warning("The heartbeat could not be kept (%s).", type(error).__name__)

    def check(self) -> None:
        """Between two calls: end the work if it is to end.

        Raises:
            StoppedError: It is to pause or to be cancelled.
            LeaseLostError: Another process has the job.
        """
        if self._lost:
            raise LeaseLostError("Another process has claimed the job; this one stops.")
        if self._wish == "cancel":
            raise StoppedError(JobStatus.CANCELLED)
        if self._wish == "pause" or self._stop.is_set():
            raise StoppedError(JobStatus.PAUSED)

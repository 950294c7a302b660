"""Works on the jobs, one after the other: the quota of one account is the limit, not this machine."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from amazon_asin_match.errors import MatchError
from amazon_asin_match.jobs.run import JobRun, utc_now
from amazon_asin_match.jobs.webhook import notifier
from amazon_asin_match.settings import find_marketplace
from amazon_asin_match.store.jobs import Job, Jobs, JobStatus
from amazon_selling_partner import Redaction, SellingPartnerError

if TYPE_CHECKING:
    from amazon_asin_match.service.configuration import Configuration

logger = logging.getLogger(__name__)

IDLE_SECONDS: Final = 1.0


class Worker:
    """A thread that claims whatever job waits, also one whose process was killed."""

    def __init__(self, jobs: Jobs, configuration: Configuration) -> None:
        self._jobs = jobs
        self._configuration = configuration
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="matching", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Look for a job now."""
        self._wake.set()

    def stop(self) -> None:
        """Pause what is at work, and end."""
        self._stop.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                job = self._jobs.next_pending()
                if job is not None:
                    self._work(job)
                    continue
            except (MatchError, SQLAlchemyError) as error:
                logger.warning("A job could not be claimed: %s", error)
            self._wake.wait(IDLE_SECONDS)
            self._wake.clear()

    def _work(self, job: Job) -> None:
        try:
            settings = self._configuration.settings()
            client = settings.client(find_marketplace(job.marketplace_id), Redaction())
        except (MatchError, SellingPartnerError) as error:
            self._jobs.claim(job.id)
            self._jobs.release(job.id, JobStatus.FAILED, str(error))
            return
        try:
            run = JobRun(self._jobs, client, now=utc_now, stop=self._stop, notify=notifier())
            done = run.run(job.id)
            if self._stop.is_set() and done.status is JobStatus.PAUSED:
                self._jobs.reopen(job.id)  # the next start continues it
        finally:
            client.close()

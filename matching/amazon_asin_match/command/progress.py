"""What a person sees of a job at work: how many codes are answered, and when it will be done."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

import click

from amazon_asin_match.store.jobs import Stage
from amazon_selling_partner import QUOTAS

if TYPE_CHECKING:
    from typing import Self

    from amazon_asin_match.store.jobs import Job, Jobs

SECONDS = 2.0
_CODES_OF_A_CALL = 17.0
"""Until a job's own figures tell."""


def seconds_left(job: Job) -> float | None:
    """Seconds of Amazon's time that the rest of a job takes, by the quota; None where nobody knows."""
    left = job.codes - job.answered
    if job.stage not in {Stage.SEARCHING, Stage.JUDGING, Stage.WRITING, Stage.DONE}:
        return None
    if job.stage is not Stage.SEARCHING:
        return 0.0
    asked = job.answered - job.from_cache
    codes_of_a_call = asked / job.calls if job.calls and asked else _CODES_OF_A_CALL
    return left / max(codes_of_a_call, 1.0) / QUOTAS["searchCatalogItems"].rate


def progress_line(job: Job) -> str:
    """One line about a job.

    Shape: `1,200 of 5,000 codes answered in 71 calls; about 2 minutes left`.
    """
    parts = [f"{job.answered:,} of {job.codes:,} codes answered in {job.calls:,} calls"]
    left = seconds_left(job)
    if left:
        parts.append(f"about {_span(left)} left")
    return "; ".join(parts)


def _span(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004 - seconds read best below
        return f"{seconds:.0f} seconds"
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.1f} hours"  # noqa: PLR2004


class ProgressLine:
    """Shows a job's progress on the terminal until it is left; nothing where there is no terminal."""

    def __init__(self, jobs: Jobs, job_id: str) -> None:
        self._jobs = jobs
        self._job_id = job_id
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._show, name="progress", daemon=True)
        self._is_shown = sys.stderr.isatty()

    def __enter__(self) -> Self:
        if self._is_shown:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        if self._is_shown:
            self._thread.join()
            click.echo("", err=True)

    def _show(self) -> None:
        began = time.monotonic()
        while not self._done.wait(SECONDS):
            job = self._jobs.get(self._job_id)
            spent = time.monotonic() - began
            click.echo(f"\r\033[K{progress_line(job)} ({spent:.0f} s)", nl=False, err=True)

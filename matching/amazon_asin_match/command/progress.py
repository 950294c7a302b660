"""What a person sees of a job at work: how many codes are answered, and when it will be done."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

import click

from amazon_asin_match.progress import progress_line

if TYPE_CHECKING:
    from typing import Self

    from amazon_asin_match.store.jobs import Jobs

SECONDS = 2.0


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

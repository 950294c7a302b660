"""Looks at the reports of a sync while it runs, and has them shown."""

from __future__ import annotations

import contextlib
import logging
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol, TextIO

from tap_amazon_seller.progress.figures import GenerationTimes, Progress, seconds_left
from tap_amazon_seller.progress.live_view import LiveView, live_console
from tap_amazon_seller.progress.log_lines import LogLines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from amazon_selling_partner import Clock, Event, Machine, Thread
    from tap_amazon_seller.reports.fetch.states import ReportStatus

_logger = logging.getLogger(__name__)

FAREWELL = 5.0  # seconds; longer nobody waits for the last figures


class Source(Protocol):
    """Knows the reports; asked from a thread of its own."""

    def progress(self) -> list[ReportStatus]:
        """All reports of the sync."""


@contextlib.contextmanager
def shown(
    source: Source,
    clock: Clock,
    machine: Machine,
    *,
    names: Mapping[str, str] | None = None,
    terminal: TextIO | None = None,
    logger: logging.Logger = _logger,
) -> Iterator[None]:
    """Show the progress of `source` while the block runs.

    Args:
        source: The reports. When it raises, the sync continues without progress.
        clock: Amazon's time.
        machine: Whose thread looks at the reports.
        names: What to show instead of a report type: the streams that read it.
        terminal: Where a live view may stand; standard error unless given.
        logger: Takes the lines where there cannot be a live view.
    """
    named = _Named(source, names or {})
    console = live_console(terminal or sys.stderr)
    display = LiveView(console) if console else LogLines(logger)
    stop = machine.event()
    watcher: Thread | None = None
    try:
        watcher = machine.start(partial(_watch, named, clock, display, stop, logger), "progress")
        yield
    finally:
        stop.set()
        if watcher is not None:
            try:
                watcher.join(FAREWELL)
            finally:  # a second signal may have ended the wait
                watcher.join(FAREWELL)


class _Named:
    """The reports by the names of the streams that read them."""

    def __init__(self, source: Source, names: Mapping[str, str]) -> None:
        self._source = source
        self._names = names

    def progress(self) -> list[ReportStatus]:
        """All reports of the sync."""
        return [replace(status, name=self._name(status.name)) for status in self._source.progress()]

    def _name(self, name: str) -> str:
        report_type, of, rest = name.partition(" of ")
        return f"{self._names.get(report_type, report_type)}{of}{rest}"


def _watch(
    source: Source,
    clock: Clock,
    display: LiveView | LogLines,
    stop: Event,
    logger: logging.Logger,
) -> None:
    start = clock.monotonic()
    generation = GenerationTimes()
    last = False
    try:
        while not last:
            last = stop.wait(display.interval)
            statuses = source.progress()
            now = clock.monotonic()
            generation.observe(statuses, now)
            if statuses:
                left = seconds_left(statuses, generation.typical)
                display.show(Progress(statuses, now - start, left), last=last)
    except Exception:
        # The sync does not depend on it.
        logger.debug("Progress cannot be shown.", exc_info=True)
    finally:
        with contextlib.suppress(OSError):
            display.close()

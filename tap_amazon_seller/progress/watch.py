"""Looks at the reports of a sync while it runs, and has them shown."""

from __future__ import annotations

import contextlib
import logging
import os
import stat
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

from tap_amazon_seller.progress.figures import GenerationTimes, Progress, seconds_left
from tap_amazon_seller.progress.live_view import LiveView, live_console
from tap_amazon_seller.progress.log_lines import LogLines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from amazon_selling_partner import Clock, Event, Machine, Thread
    from tap_amazon_seller.reports.fetch.states import ReportStatus

_logger = logging.getLogger(__package__)

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
    records: Callable[[], Mapping[str, int]] = dict,
    terminal: TextIO | None = None,
    logger: logging.Logger = _logger,
) -> Iterator[None]:
    """Show the progress of `source` while the block runs.

    Args:
        source: The reports. When it raises, the sync continues without progress.
        clock: Amazon's time.
        machine: Whose thread looks at the reports.
        names: What to show instead of a report type: the streams that read it.
        records: How many records have been read so far, by stream; asked from a thread of its own.
        terminal: Where a live view may stand; unless given, the one that PROGRESS_TERMINAL names, for
            a tap whose standard error another program takes, else standard error.
        logger: Takes the lines where there cannot be a live view.
    """
    observed = _Observed(source, names or {}, records)
    with contextlib.ExitStack() as opened:
        console = live_console(terminal or _named_terminal(opened) or sys.stderr)
        display = LiveView(console) if console else LogLines(logger)
        with _watching(observed, clock, machine, display, logger):
            yield


def _named_terminal(opened: contextlib.ExitStack) -> TextIO | None:
    """The terminal that PROGRESS_TERMINAL names; None where it names none that can be written to."""
    if not (name := os.environ.get("PROGRESS_TERMINAL")):
        return None
    try:
        if not stat.S_ISCHR(Path(name).stat().st_mode):
            return None
        # It does not become the terminal that has this process stopped, and no file is emptied.
        descriptor = os.open(name, os.O_WRONLY | os.O_NOCTTY)
    except OSError:
        return None
    return opened.enter_context(os.fdopen(descriptor, "w", encoding="utf-8"))


@contextlib.contextmanager
def _watching(
    observed: _Observed,
    clock: Clock,
    machine: Machine,
    display: LiveView | LogLines,
    logger: logging.Logger,
) -> Iterator[None]:
    """Look at the sync from a thread of its own while the block runs."""
    stop = machine.event()
    watcher: Thread | None = None
    try:
        watcher = machine.start(partial(_watch, observed, clock, display, stop, logger), "progress")
        yield
    finally:
        stop.set()
        if watcher is not None:
            try:
                watcher.join(FAREWELL)
            finally:  # a second signal may have ended the wait
                watcher.join(FAREWELL)


class Reading:
    """What is being read: the stream that has more records than at the last look.

    Attributes:
        stream: Its name; the last one until another has more.
        records: Of all streams.
    """

    def __init__(self) -> None:
        self.stream = ""
        self.records = 0
        self._before: Mapping[str, int] = {}

    def observe(self, records: Mapping[str, int]) -> None:
        """Note how many records there are by stream."""
        for stream, count in records.items():
            if count > self._before.get(stream, 0):
                self.stream = stream
        self.records = sum(records.values())
        self._before = records


class _Observed:
    """The sync as it is seen, look by look.

    Args:
        source: The reports.
        names: The streams that read a report type, by its name.
        records: How many records have been read so far, by stream.
    """

    def __init__(
        self, source: Source, names: Mapping[str, str], records: Callable[[], Mapping[str, int]]
    ) -> None:
        self._source = source
        self._names = names
        self._records = records
        self._generation = GenerationTimes()
        self._reading = Reading()

    def progress(self, elapsed: float) -> Progress | None:
        """The figures after so many seconds of Amazon's time; None while there are no reports."""
        statuses = [
            replace(status, name=self._name(status.name)) for status in self._source.progress()
        ]
        self._generation.observe(statuses, elapsed)
        if not statuses:
            return None
        self._reading.observe(self._records())
        left = seconds_left(statuses, self._generation.typical)
        return Progress(statuses, elapsed, left, self._reading.records, self._reading.stream)

    def _name(self, name: str) -> str:
        report_type, of, rest = name.partition(" of ")
        return f"{self._names.get(report_type, report_type)}{of}{rest}"


def _watch(
    observed: _Observed,
    clock: Clock,
    display: LiveView | LogLines,
    stop: Event,
    logger: logging.Logger,
) -> None:
    """Look after each `interval` of the machine's time, if `at_least` of Amazon's has passed."""
    start = clock.monotonic()
    again = start
    last = False
    try:
        while not last:
            last = stop.wait(display.interval)
            now = clock.monotonic()
            if now < again and not last:
                continue
            again = now + display.at_least
            if progress := observed.progress(now - start):
                display.show(progress, last=last)
    except Exception:
        # The sync does not depend on it.
        logger.debug("Progress cannot be shown.", exc_info=True)
    finally:
        with contextlib.suppress(OSError):
            display.close()

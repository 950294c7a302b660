"""Shows how far the reports of a sync are: a live view on a terminal, else lines in the log."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, ClassVar, Protocol, TextIO

from tap_amazon_seller.reports.fetch.states import ReportState, ReportStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rich.console import Console

    from amazon_selling_partner import Clock, Event, Machine, Thread

_logger = logging.getLogger(__name__)

USUAL_GENERATION = 300.0
"""Seconds that Amazon is taken to need for a report, until one has been seen to be made."""
OVERRUN = 0.25
LOG_EVERY = 60.0  # seconds of Amazon's time between two lines in the log
STALLED = 2.0  # seconds between two looks, after which the program must have been suspended
KILO = 1000
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
    console = _live_console(terminal or sys.stderr)
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


# Figures


class GenerationTimes:
    """How long Amazon took to make the reports of this sync, from successive looks at them."""

    def __init__(self) -> None:
        self._started: dict[str, float] = {}
        self._seen: list[float] = []

    @property
    def typical(self) -> float:
        """Median seconds; `USUAL_GENERATION` before the first report."""
        return median(self._seen) if self._seen else USUAL_GENERATION

    def observe(self, statuses: Iterable[ReportStatus], now: float) -> None:
        """Note which reports Amazon has begun and finished.

        Reports that existed, and those that fail, say nothing.
        """
        for status in statuses:
            if status.state is ReportState.IN_PROGRESS:
                self._started[status.name] = now - status.seconds
            elif (started := self._started.pop(status.name, None)) is not None:
                finished = now - status.seconds if status.state is ReportState.DONE else now
                if status.state not in {ReportState.FAILED, ReportState.LEFT, ReportState.QUEUED}:
                    self._seen.append(max(0.0, finished - started))


def seconds_left(statuses: Iterable[ReportStatus], typical: float) -> float:
    """Seconds of Amazon's time until the last report is made, which is when a sync ends at the earliest.

    Amazon makes reports side by side, so the slowest counts. A report in progress takes what remains of
    the typical time, but no less than a quarter of what it has taken so far: the estimate grows with
    one that is late. A queued report takes the typical time from when the quota lets it be requested.
    Downloads and reading overlap with all that and count for nothing.
    """
    remaining = [0.0]
    for status in statuses:
        if status.state is ReportState.IN_PROGRESS:
            remaining.append(max(typical - status.seconds, status.seconds * OVERRUN))
        elif status.state is ReportState.QUEUED:
            remaining.append(max(0.0, status.asked_in or 0.0) + typical)
    return max(remaining)


@dataclass(frozen=True, slots=True)
class Progress:
    """The sync at one moment; `elapsed` and `left` are seconds of Amazon's time."""

    statuses: Sequence[ReportStatus]
    elapsed: float
    left: float

    @property
    def counts(self) -> Counter[ReportState]:
        """Reports by state."""
        return Counter(status.state for status in self.statuses)

    @property
    def summary(self) -> str:
        """One line for people; what matters most comes first, since it may be cut."""
        counts = self.counts
        unread = sum(not status.state.is_terminal for status in self.statuses)
        left = f", {time_left(self.left)} left" if unread else ""
        read = f"{counts[ReportState.READ]} of {len(self.statuses)} reports read"
        others = [f"{counts[state]} {state}" for state in _SUMMARY_ORDER if counts[state]]
        return f"{duration(self.elapsed)}{left}; {', '.join([read, *others])}"


_IN_FLIGHT = (
    ReportState.DOWNLOADING,
    ReportState.IN_PROGRESS,
    ReportState.QUEUED,
    ReportState.DONE,
    ReportState.READY,
)
"""What a sync waits for comes first; the foot of the view may be cut."""
_SUMMARY_ORDER = (
    ReportState.FAILED,
    ReportState.LEFT,
    ReportState.IN_PROGRESS,
    ReportState.QUEUED,
    ReportState.DOWNLOADING,
    ReportState.READY,
    ReportState.DONE,
)


def time_left(seconds: float) -> str:
    """An estimate, to the minute: `about 14 min`, `under a minute`, `about 3 h 10 min`."""
    hours, minutes = divmod(_minutes(seconds), 60)
    if hours:
        return f"about {hours} h {minutes} min"
    return f"about {minutes} min" if minutes else "under a minute"


def duration(seconds: float) -> str:
    """Time that has passed: `0:07`, `12:40`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(count: float) -> str:
    """Bytes in decimal units: `812 B`, `12.4 MB`."""
    if count < KILO:
        return f"{count:.0f} B"
    for unit in ("kB", "MB"):
        count /= KILO
        if round(count, 1) < KILO:
            return f"{count:.1f} {unit}"
    return f"{count / KILO:.1f} GB"


def _minutes(seconds: float) -> int:
    return round(seconds / 60)


# In a log


class LogLines:
    """A line whenever the counts have changed, but no more than one a minute; and one at the end."""

    interval: ClassVar = 1.0

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._counts: Counter[ReportState] = Counter()
        self._next = 0.0

    def show(self, progress: Progress, *, last: bool) -> None:
        """Log the figures, as text and as fields for logs in JSON."""
        counts = progress.counts
        if counts == self._counts or not (last or progress.elapsed >= self._next):
            return
        self._counts, self._next = counts, progress.elapsed + LOG_EVERY
        figures = {
            "reports": len(progress.statuses),
            **{state.value: counts[state] for state in ReportState},
            "minutes_left": _minutes(progress.left),
        }
        text = " ".join(f"{key}={value}" for key, value in figures.items())
        self._logger.info("Progress: %s", text, extra=figures)

    def close(self) -> None:
        """Nothing stays open."""


# On a terminal

Line = tuple[tuple[str, str], ...]
"""Pieces of text, each with its style in the terms of rich."""

_STYLES = {
    ReportState.DOWNLOADING: "cyan",
    ReportState.READY: "green",
    ReportState.DONE: "green",
    ReportState.IN_PROGRESS: "yellow",
    ReportState.QUEUED: "dim",
}
_TIME_OF_DAY = re.compile(r"(?<=\d)T\d\d:\d\d:\d\dZ")
_NO_TERMINALS = {"", "dumb", "unknown"}
_WITH_TIMES, _WITH_DETAILS = 40, 90  # columns
_DETAIL = 20  # columns


def _live_console(terminal: TextIO | None) -> Console | None:
    """The console of a terminal that can bear a live view.

    That is none when messages go to a terminal, too: they would run through the view.
    """
    if (
        terminal is None  # standard error is closed
        or not terminal.isatty()
        or sys.stdout.isatty()
        or os.environ.get("TERM", "") in _NO_TERMINALS
        or os.environ.get("CI")
    ):
        return None
    from rich.console import Console  # noqa: PLC0415 - only a terminal pays for it

    console = Console(file=terminal)
    return console if console.is_interactive else None


def view(progress: Progress, columns: int, height: int) -> list[Line]:
    """The lines of the live view: reports that are not yet read, as far as they fit, and a summary."""
    if height < 1:
        return []
    summary: Line = ((progress.summary, "bold"),)
    flying = sorted(
        (status for status in progress.statuses if status.state in _IN_FLIGHT),
        key=lambda status: (
            _IN_FLIGHT.index(status.state),
            status.asked_in or 0.0,
            -status.seconds,
            status.name,
        ),
    )
    if len(flying) < height:
        return [*(_report(status, columns) for status in flying), summary]
    fitting = max(0, height - 2)
    lines = [_report(status, columns) for status in flying[:fitting]]
    if height > 1:
        hidden = Counter(status.state for status in flying[fitting:])
        more = ", ".join(f"{hidden[state]} more {state}" for state in _IN_FLIGHT if hidden[state])
        lines.append(((f"and {more}", "dim"),))
    return [*lines, summary]


def _report(status: ReportStatus, columns: int) -> Line:
    state = (f"{status.state!s:<11} ", _STYLES[status.state])
    if columns < _WITH_TIMES:
        return (state, (_fitted(status.name, columns - 12), ""))
    since = (f"{duration(status.seconds):>7}  ", "")
    if columns < _WITH_DETAILS:
        return (state, since, (_fitted(status.name, columns - 21), ""))
    width = columns - 21 - _DETAIL - 2
    name = (f"{_fitted(status.name, width):<{width}}  ", "")
    return (state, since, name, (_detail(status), "dim"))


def _detail(status: ReportStatus) -> str:
    if status.state is ReportState.DOWNLOADING and status.bytes_read:
        return size(status.bytes_read)
    if status.asked_in is not None:
        minutes = _minutes(status.asked_in)
        return f"requested in {minutes} min" if minutes else "requested next"
    return f"report {status.report_id}" if status.report_id else ""


def _fitted(name: str, width: int) -> str:
    """The name in this width; times of day go first, then the end of the report type."""
    if len(name) > width:
        name = _TIME_OF_DAY.sub("", name)
    if len(name) <= width:
        return name
    report_type, of, rest = name.partition(" of ")
    room = width - len(of + rest) - 1
    if room > 0:
        return f"{report_type[:room]}…{of}{rest}"
    return "…" + name[len(name) - max(0, width - 1) :]


class LiveView:
    """The view at the bottom of a terminal."""

    interval: ClassVar = 0.25

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bottom = BottomLines(console.file.fileno(), console.encoding)
        self._drawn: tuple[list[Line], os.terminal_size] | None = None
        self._looked = time.monotonic()

    def show(self, progress: Progress, *, last: bool) -> None:
        """Draw the view where it has changed; at the end leave the summary and nothing else.

        A program in the background has no view, lest it stand in the way of the shell.
        """
        if last:
            self._bottom.clear(self._rendered(((progress.summary, "bold"),)) + "\n")
            return
        if self._bottom.in_background():
            self._bottom.clear()
            self._drawn = None
            return
        now = time.monotonic()
        if now - self._looked > STALLED:
            self._bottom.clear()
            self._drawn = None
        self._looked = now
        screen = self._bottom.screen()
        lines = view(progress, screen.columns, min(screen.lines * 2 // 3, screen.lines - 2))
        if (lines, screen) != self._drawn:
            self._drawn = lines, screen
            self._bottom.draw([self._rendered(line, screen.columns) for line in lines], screen)

    def close(self) -> None:
        """Give the terminal back."""
        self._bottom.clear()

    def _rendered(self, line: Line, columns: int | None = None) -> str:
        from rich.text import Text  # noqa: PLC0415 - only a terminal pays for it

        text = Text.assemble(*line, end="")
        if columns:
            text.truncate(columns, overflow="ellipsis")
        with self._console.capture() as captured:
            self._console.print(text, soft_wrap=True, end="")
        return captured.get()


class BottomLines:
    """Lines that stay at the bottom of a terminal while everything else scrolls above them.

    The terminal's scrolling region (DECSTBM) ends above the lines, the cursor stays in it, and each
    change is one write. So the log, and the target at the other end of the pipe with its own log, write
    to the terminal as ever; a view redrawn over its former self would wipe their lines out.
    """

    def __init__(self, descriptor: int, encoding: str) -> None:
        self._descriptor = descriptor
        self._encoding = encoding
        self._screen: os.terminal_size | None = None
        self._height = 0

    def screen(self) -> os.terminal_size:
        """The terminal's present size; the usual one where it gives none."""
        size = os.get_terminal_size(self._descriptor)
        return os.terminal_size((size.columns or 80, size.lines or 24))

    def in_background(self) -> bool:
        """Whether the terminal serves another job now."""
        try:
            return os.tcgetpgrp(self._descriptor) != os.getpgrp()
        except OSError:  # it is not the controlling terminal
            return False

    def draw(self, lines: Sequence[str], screen: os.terminal_size) -> None:
        """Put these lines in the place of the former ones; two rows at least must be left over."""
        height, first = len(lines), screen.lines - len(lines) + 1
        parts = []
        if (height, screen) != (self._height, self._screen):
            parts += [self._released(), _INDEX * height, f"\x1b[{height}A" if height else ""]
            self._height, self._screen = height, screen
        if height:
            parts += [_SAVE_CURSOR, f"\x1b[1;{first - 1}r"]
            parts += [f"\x1b[{first + n};1H\x1b[2K{line}" for n, line in enumerate(lines)]
            parts += [_RESTORE_CURSOR]
        self._write("".join(parts))

    def clear(self, farewell: str = "") -> None:
        """Take the lines away, and write something in their stead."""
        self._write(self._released() + farewell)

    def _released(self) -> str:
        """The complete screen scrolls again; the lines were below the cursor."""
        held, self._height = self._height, 0
        return f"{_SAVE_CURSOR}\x1b[r{_RESTORE_CURSOR}\x1b[J" if held else ""

    def _write(self, text: str) -> None:
        data = text.encode(self._encoding, "replace")
        while data:
            data = data[os.write(self._descriptor, data) :]


_SAVE_CURSOR, _RESTORE_CURSOR = "\x1b7", "\x1b8"
_INDEX = "\x1bD"  # one line down in the same column; scrolls at the bottom

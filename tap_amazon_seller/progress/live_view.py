"""Progress as a live view at the bottom of a terminal."""

from __future__ import annotations

import os
import re
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, ClassVar, TextIO

from tap_amazon_seller.progress.bottom_lines import BottomLines
from tap_amazon_seller.progress.figures import duration, minutes, size
from tap_amazon_seller.reports.fetch.states import ReportState

if TYPE_CHECKING:
    from rich.console import Console

    from tap_amazon_seller.progress.figures import Progress
    from tap_amazon_seller.reports.fetch.states import ReportStatus

Line = tuple[tuple[str, str], ...]
"""Pieces of text, each with its style in the terms of rich."""
STALLED = 2.0  # seconds between two looks, after which the program must have been suspended

_IN_FLIGHT = (
    ReportState.DOWNLOADING,
    ReportState.IN_PROGRESS,
    ReportState.QUEUED,
    ReportState.DONE,
    ReportState.READY,
)
"""What a sync waits for comes first; the foot of the view may be cut."""

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
_SHORTEST_BAR, _LONGEST_BAR = 8, 40  # columns
_WITH_BAR = 4  # lines of the view


def live_console(terminal: TextIO | None) -> Console | None:
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
        left = minutes(status.asked_in)
        return f"requested in {left} min" if left else "requested next"
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
    at_least: ClassVar = 0.0

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bottom = BottomLines(console.file.fileno(), console.encoding)
        self._drawn: tuple[list[str], os.terminal_size] | None = None
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
        lines = self._lines(progress, screen.columns, min(screen.lines * 2 // 3, screen.lines - 2))
        if (lines, screen) != self._drawn:
            self._drawn = lines, screen
            self._bottom.draw(lines, screen)

    def close(self) -> None:
        """Give the terminal back."""
        self._bottom.clear()

    def _lines(self, progress: Progress, columns: int, height: int) -> list[str]:
        """The reports in flight, a bar where there is room, and the summary."""
        bar = self._bar(progress, columns) if height >= _WITH_BAR else None
        lines = view(progress, columns, height - 1 if bar else height)
        rendered = [self._rendered(line, columns) for line in lines]
        return [*rendered[:-1], bar, rendered[-1]] if bar else rendered

    def _bar(self, progress: Progress, columns: int) -> str | None:
        """How many of the reports have been read, as a bar, with the records; None without room."""
        from rich.progress_bar import ProgressBar  # noqa: PLC0415 - only a terminal pays for it
        from rich.segment import Segment, Segments  # noqa: PLC0415

        label = f"  {progress.share}"
        width = min(_LONGEST_BAR, columns - len(label))
        if width < _SHORTEST_BAR:
            return None
        bar = ProgressBar(len(progress.statuses), progress.ended, width, finished_style="green")
        segments = list(self._console.render(bar))
        # Without colours, what is still to come takes no room.
        segments.append(Segment(" " * (width - Segment.get_line_length(segments)) + label))
        with self._console.capture() as captured:
            self._console.print(Segments(segments), end="")
        return captured.get()

    def _rendered(self, line: Line, columns: int | None = None) -> str:
        from rich.text import Text  # noqa: PLC0415 - only a terminal pays for it

        text = Text.assemble(*line, end="")
        if columns:
            text.truncate(columns, overflow="ellipsis")
        with self._console.capture() as captured:
            self._console.print(text, soft_wrap=True, end="")
        return captured.get()

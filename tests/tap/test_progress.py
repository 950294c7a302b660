"""A long sync shows how far it is, and is never disturbed by showing it."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest
import warm_start
from singer_sdk.logging import StructuredFormatter

from amazon_selling_partner import THIS_MACHINE
from tap_amazon_seller.progress import shown
from tap_amazon_seller.progress.figures import (
    USUAL_GENERATION,
    GenerationTimes,
    Progress,
    duration,
    seconds_left,
    size,
    time_left,
)
from tap_amazon_seller.progress.live_view import view
from tap_amazon_seller.progress.log_lines import LogLines
from tap_amazon_seller.progress.watch import Reading
from tap_amazon_seller.reports.fetch.states import ReportState, ReportStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from amazon_selling_partner import Event

ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA of DE"


def report(
    state: ReportState, seconds: float = 0.0, name: str = LISTINGS, asked_in: float | None = None
) -> ReportStatus:
    return ReportStatus(name, state, seconds, asked_in=asked_in)


def reports(**counts: int) -> list[ReportStatus]:
    return [
        report(ReportState(state), name=f"GET_{state.upper()} of {number}")
        for state, count in counts.items()
        for number in range(count)
    ]


class ManualClock:
    """A clock that moves only when somebody waits."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 2, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, seconds: float, wake: Event | None = None) -> None:  # noqa: ARG002
        self.seconds += seconds


# The estimate


def test_a_report_in_progress_takes_what_remains_of_the_typical_time() -> None:
    assert seconds_left([report(ReportState.IN_PROGRESS, 100)], typical=300) == 200


def test_the_slowest_report_counts() -> None:
    statuses = [report(ReportState.IN_PROGRESS, seconds) for seconds in (250, 10, 200)]
    assert seconds_left(statuses, typical=300) == 290


def test_the_estimate_grows_with_a_report_that_is_late_and_is_never_negative() -> None:
    left = [
        seconds_left([report(ReportState.IN_PROGRESS, seconds)], typical=300)
        for seconds in range(0, 3600, 10)
    ]
    assert min(left) == 60
    assert left[24:] == sorted(left[24:])
    assert left[-1] > 800


def test_the_last_queued_report_waits_for_the_quota_and_then_for_amazon() -> None:
    statuses = [
        report(ReportState.QUEUED, asked_in=60),
        report(ReportState.QUEUED, asked_in=180),
        report(ReportState.QUEUED),
        report(ReportState.IN_PROGRESS, 10),
    ]
    assert seconds_left(statuses, typical=300) == 480


@pytest.mark.parametrize("state", ["done", "downloading", "ready", "read", "failed"])
def test_nothing_is_added_for_what_amazon_has_finished(state: str) -> None:
    assert seconds_left([report(ReportState(state), 1000)], typical=300) == 0


def test_the_typical_time_is_the_median_of_the_reports_made_in_this_sync() -> None:
    times = GenerationTimes()
    assert times.typical == USUAL_GENERATION
    names = "abcde"
    times.observe([report(ReportState.IN_PROGRESS, 10, name) for name in names], now=10)
    times.observe([report(ReportState.DONE, 5, "a"), report(ReportState.READY, 1, "b")], now=100)
    assert times.typical == (95 + 100) / 2
    times.observe([report(ReportState.READ, 0, "c")], now=400)
    assert times.typical == 100


def test_failed_and_existing_reports_tell_nothing_of_the_typical_time() -> None:
    times = GenerationTimes()
    times.observe([report(ReportState.IN_PROGRESS, 10, "a")], now=10)
    times.observe([report(ReportState.FAILED, 0, "a"), report(ReportState.DONE, 0, "b")], now=90)
    assert times.typical == USUAL_GENERATION


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "under a minute"),
        (29, "under a minute"),
        (60, "about 1 min"),
        (854.2, "about 14 min"),
        (11400, "about 3 h 10 min"),
    ],
)
def test_an_estimate_is_told_in_minutes(seconds: float, text: str) -> None:
    assert time_left(seconds) == text


def test_times_and_sizes_are_told_in_human_units() -> None:
    assert [duration(seconds) for seconds in (7, 760.9, 3723)] == ["0:07", "12:40", "1:02:03"]
    assert [size(count) for count in (812, 12_400_000, 999_990, 3_210_000_000)] == [
        "812 B",
        "12.4 MB",
        "1.0 MB",
        "3.2 GB",
    ]


# The view


def lines(statuses: list[ReportStatus], columns: int = 100, height: int = 16) -> list[str]:
    found = view(Progress(statuses, 760, 840), columns, height)
    return ["".join(text for text, _ in line).rstrip() for line in found]


def test_the_view_has_a_line_for_each_report_in_flight_and_a_summary() -> None:
    statuses = [
        report(ReportState.READ),
        report(ReportState.QUEUED, 700, f"{ORDERS} of FR", asked_in=240),
        replace(report(ReportState.IN_PROGRESS, 190), report_id="500123019600"),
        replace(report(ReportState.DOWNLOADING, 7), bytes_read=12_400_000),
        report(ReportState.FAILED),
    ]
    assert lines(statuses) == [
        f"downloading    0:07  {LISTINGS:<57}  12.4 MB",
        f"in progress    3:10  {LISTINGS:<57}  report 500123019600",
        f"queued        11:40  {ORDERS[:50]}… of FR  requested in 4 min",
        (
            "12:40, about 14 min left; 1 of 5 reports read, 1 failed, 1 in progress, "
            "1 queued, 1 downloading"
        ),
    ]


def test_the_summary_has_the_records_that_were_read() -> None:
    progress = Progress(reports(read=2), 7, 0, records=21_400, reading="orders")

    assert progress.summary == "0:07; 2 of 2 reports read, 21,400 records"
    assert progress.share == "100 %, 21,400 records, now orders"
    assert Progress(reports(read=1, queued=2), 7, 0, records=1).share == "33 %, 1 record"


def test_what_is_being_read_is_what_has_more_records_than_before() -> None:
    reading = Reading()
    for records in ({"orders": 10}, {"orders": 10, "listings": 5}, {"orders": 10, "listings": 5}):
        reading.observe(records)

    assert (reading.records, reading.stream) == (15, "listings")


def test_reports_that_do_not_fit_are_counted() -> None:
    found = lines(reports(queued=20, in_progress=15, read=3), height=10)
    assert len(found) == 10
    assert found[-2] == "and 7 more in progress, 20 more queued"


def test_a_long_name_keeps_its_country_and_dates() -> None:
    name = f"{ORDERS} of DE for 2026-10-01T00:00:00Z to 2026-10-31T00:00:00Z"
    [line, _] = lines([report(ReportState.IN_PROGRESS, 5, name)])
    assert "  GET_FLAT_FILE_ALL_ORD… of DE for 2026-10-01 to 2026-10-31" in line
    assert len(line) <= 100


@pytest.mark.parametrize("height", range(8))
@pytest.mark.parametrize("columns", [1, 12, 20, 39, 79, 200])
def test_the_view_fits_any_terminal(columns: int, height: int) -> None:
    name = f"{ORDERS} of DE for 2026-10-01T00:00:00Z to 2026-10-31T00:00:00Z"
    statuses = [report(state, 5, name) for state in ReportState] * 3
    assert len(lines(statuses, columns, height)) == height


# The log


def test_a_line_is_logged_when_the_counts_change_but_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    log = LogLines(logging.getLogger("test"))
    for second in range(600):
        counts = {"in_progress": 20, "read": min(second, 130) // 2}
        log.show(Progress(reports(**counts), second, 840), last=False)
    assert [re.findall(r"\bread=(\d+)", message) for message in caplog.messages] == [
        ["0"],
        ["30"],
        ["60"],
        ["65"],
    ]


def test_the_last_figures_are_logged_at_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log = LogLines(logging.getLogger("test"))
    log.show(Progress(reports(in_progress=2), 0, 300), last=False)
    log.show(Progress(reports(read=2), 1, 0, records=0), last=True)

    assert caplog.messages[-1] == (
        "Progress: reports=2 queued=0 in_progress=0 done=0 downloading=0 ready=0 read=2 failed=0 "
        "left=0 minutes_left=0 records=0"
    )


def test_logs_in_json_have_the_figures_as_fields(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    LogLines(logging.getLogger("test")).show(
        Progress(reports(in_progress=2, read=1), 0, 300), last=False
    )
    fields = json.loads(StructuredFormatter().format(caplog.records[0]))["extra"]

    states = dict.fromkeys((state.value for state in ReportState), 0)
    figures = {**states, "reports": 3, "in_progress": 2, "read": 1, "minutes_left": 5}
    assert fields.items() >= figures.items()


class Reports:
    """A source of fixed figures."""

    def __init__(self, statuses: list[ReportStatus]) -> None:
        self.statuses = statuses

    def progress(self) -> list[ReportStatus]:
        return self.statuses


class BrokenReports:
    """A source that raises."""

    def progress(self) -> list[ReportStatus]:
        raise RuntimeError


def test_even_the_shortest_sync_logs_its_last_figures(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with shown(Reports(reports(read=3)), ManualClock(), THIS_MACHINE):
        pass
    assert [message.split()[1] for message in caplog.messages] == ["reports=3"]


def test_nothing_is_logged_without_reports(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with shown(Reports([]), ManualClock(), THIS_MACHINE):
        pass
    assert caplog.messages == []


def test_a_source_that_raises_is_noted_once_for_debugging(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with shown(BrokenReports(), ManualClock(), THIS_MACHINE):
        pass
    assert [record.levelname for record in caplog.records] == ["DEBUG"]


# Real terminals

PROGRAM = """
import logging, signal, subprocess, sys, threading, time
from tap_amazon_seller.progress import shown
from tap_amazon_seller.reports.fetch.states import ReportState, ReportStatus

end, source = sys.argv[1:]
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
signal.signal(signal.SIGINT, lambda number, frame: sys.exit(128 + number))
logging.basicConfig(level=logging.INFO, format="%(message)s")
started = time.monotonic()
finished = False

class Clock:
    def monotonic(self):
        return time.monotonic() * 60

class Machine:  # the tap's own loads more
    event = threading.Event

    def start(self, work, name):
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        return thread

class Reports:
    def progress(self):
        passed = 16 if finished else min(12, int((time.monotonic() - started) * 15))
        if source == "breaks" and passed > 5:
            raise RuntimeError
        states = [ReportState.READ] * passed + [ReportState.IN_PROGRESS] * 8
        states += [ReportState.QUEUED] * 8
        return [
            ReportStatus(f"GET_REPORT_{n} of DE", state, n * 100.0, f"5001{n}")
            for n, state in enumerate(states[:16])
        ]

def records():
    return {"orders": 1_000 * int((time.monotonic() - started) * 15)} if source == "counts" else {}

with shown(Reports(), Clock(), Machine(), records=records):
    for n in range(30):
        logging.info("%s", f"log line {n} " + "x" * (n * 7) + " end")
        if n % 10 == 5:
            subprocess.run(["sh", "-c", f"echo the target says {n} >&2"])
        print('{"type": "RECORD", "record": %d}' % n, flush=True)
        time.sleep(0.025)
    if end == "raises":
        raise ValueError("the sync fails")
    if end == "waits":
        time.sleep(30)
    finished = True
"""
MESSAGES = "".join(f'{{"type": "RECORD", "record": {n}}}\n' for n in range(30))
LOG_LINES = [f"log line {n} " + "x" * (n * 7) + " end" for n in range(30)]
TARGET_LINES = [f"the target says {n}" for n in (5, 15, 25)]


class Run:
    """One run of the program with standard error on a terminal, or on a pipe."""

    def __init__(
        self,
        *,
        end: str = "returns",
        source: str = "works",
        rows: int = 24,
        columns: int = 100,
        stop: signal.Signals = signal.SIGTERM,
        stop_at: str = "",
        once_shown: Callable[[int], None] | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        master, slave = pty.openpty()
        resize(master, rows, columns)
        with warm_start.Popen(
            [sys.executable, "-c", PROGRAM, "waits" if stop_at else end, source],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=slave,
            encoding="utf-8",
            env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", **environment},
        ) as process:
            os.close(slave)
            data = b""
            with suppress(OSError):  # how Linux says that the other end is closed
                while part := os.read(master, 65536):
                    data += part
                    if once_shown and b"\x1b[1;" in data:
                        once_shown(master)
                        once_shown = None
                    if stop_at and stop_at.encode() in data:
                        process.send_signal(stop)
                        stop_at = ""
            os.close(master)
            assert process.stdout is not None
            self.stdout = process.stdout.read()
        self.returncode = process.returncode
        self.stderr = data.decode()


def resize(descriptor: int, rows: int, columns: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class Screen:
    """As much of a terminal as is needed to see what its user sees."""

    def __init__(self, rows: int, columns: int) -> None:
        self.rows, self.columns = rows, columns
        self.cells = [[" "] * columns for _ in range(rows)]
        self.history: list[str] = []
        self.row = self.column = self.top = 0
        self.bottom = rows - 1
        self.saved = (0, 0)

    def show(self, data: str) -> None:
        data = re.sub(r"\x1b\[[\d;]*m", "", data)
        for escape, text in re.findall(r"(\x1b(?:[78D]|\[[\d;?]*[A-Za-z]))|(.)", data, re.DOTALL):
            if escape:
                self._escape(escape[1:])
            elif text == "\r":
                self.column = 0
            elif text == "\n":
                self._index()
            else:
                assert text.isprintable(), repr(text)
                if self.column == self.columns:
                    self.column = 0
                    self._index()
                self.cells[self.row][self.column] = text
                self.column += 1

    def text(self) -> list[str]:
        """All lines, those scrolled off first."""
        return [*self.history, *("".join(row).rstrip() for row in self.cells)]

    def _index(self) -> None:
        if self.row == self.bottom:
            line = self.cells.pop(self.top)
            self.cells.insert(self.bottom, [" "] * self.columns)
            self.history.append("".join(line).rstrip())
        else:
            self.row = min(self.row + 1, self.rows - 1)

    def _escape(self, escape: str) -> None:
        numbers = [int(number or 1) for number in re.findall(r"\d+", escape)] or [1]
        match escape[-1] if escape[0] == "[" else escape:
            case "7":
                self.saved = self.row, self.column
            case "8":
                self.row, self.column = self.saved
            case "D":
                self._index()
            case "A":
                self.row = max(self.top, self.row - numbers[0])
            case "H":
                self.row, self.column = numbers[0] - 1, numbers[1] - 1
            case "J":
                self.cells[self.row][self.column :] = [" "] * (self.columns - self.column)
                for row in range(self.row + 1, self.rows):
                    self.cells[row] = [" "] * self.columns
            case "K":
                self.cells[self.row] = [" "] * self.columns
            case "r":
                full = len(numbers) == 1
                self.top, self.bottom = (0, self.rows - 1) if full else (0, numbers[1] - 1)
                assert self.top < self.bottom
                self.row = self.column = 0
            case other:
                pytest.fail(f"a terminal may not know {other!r}")


def wrapped(lines: list[str], columns: int) -> list[str]:
    return [
        line[start : start + columns].rstrip()
        for line in lines
        for start in range(0, len(line), columns)
    ]


@pytest.mark.parametrize(
    ("rows", "columns"), [(24, 100), (5, 100), (24, 20), (3, 20), (2, 10), (50, 300)]
)
def test_on_a_terminal_the_view_stands_below_the_log_and_leaves_its_summary(
    rows: int, columns: int
) -> None:
    run = Run(rows=rows, columns=columns)
    screen = Screen(rows, columns)
    screen.show(run.stderr)
    found = [line for line in screen.text() if line]
    target = wrapped(TARGET_LINES, columns)
    summary = re.findall(r"\d:\d\d; 16 of 16 reports read$", "".join(found))

    assert run.returncode == 0
    assert run.stdout == MESSAGES
    assert (screen.top, screen.bottom) == (0, rows - 1)
    assert len(summary) == 1
    log, end = found[: -len(wrapped(summary, columns))], found[-len(wrapped(summary, columns)) :]
    assert end == wrapped(summary, columns)
    assert [line for line in log if line in target] == target
    assert [line for line in log if line not in target] == wrapped(LOG_LINES, columns)


def test_while_the_sync_runs_the_view_shows_reports_and_summary() -> None:
    run = Run(stop_at="12 of 16")
    screen = Screen(24, 100)
    screen.show(run.stderr[: run.stderr.rindex("\x1b8", 0, run.stderr.rindex("\x1b[r"))])
    held = ["".join(row).rstrip() for row in screen.cells[screen.bottom + 1 :]]

    *flying, bar, summary = held
    assert re.match(r"in progress +\d+:\d\d  GET_REPORT_\d+ of DE +report 5001\d+$", flying[0])
    found = re.search(r"about \d+ min left; (\d+) of 16 reports read, \d in progress", summary)
    assert found
    assert len(flying) == 16 - int(found[1])
    assert re.fullmatch(r"━+[╸╺]?━+  75 %", bar)


def test_at_80_columns_the_view_has_names_a_bar_and_the_records() -> None:
    run = Run(source="counts", columns=80, stop_at="12 of 16")
    screen = Screen(24, 80)
    screen.show(run.stderr[: run.stderr.rindex("\x1b8", 0, run.stderr.rindex("\x1b[r"))])
    *flying, bar, _ = ["".join(row).rstrip() for row in screen.cells[screen.bottom + 1 :]]

    assert all(re.search(r"GET_REPORT_\d+ of DE$", line) for line in flying)
    assert re.fullmatch(r"━+[╸╺]?━+  75 %, [\d,]+ records, now orders", bar)
    assert len(bar) <= 80


def test_a_terminal_by_name_has_the_view_where_another_program_takes_standard_error() -> None:
    master, slave = pty.openpty()
    resize(master, 24, 100)
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, "returns", "works"],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={
            "PATH": os.environ["PATH"],
            "TERM": "xterm-256color",
            "PROGRESS_TERMINAL": os.ttyname(slave),
        },
    )
    view = b""
    while select.select([master], [], [], 1)[0]:  # a terminal gives out some kilobytes at a time
        view += os.read(master, 1 << 20)

    assert "16 of 16 reports read" in view.decode()
    assert b"\x1b[1;" in view
    assert all(line in run.stderr for line in LOG_LINES)
    assert "reports read" not in run.stderr
    os.close(slave)
    os.close(master)


def test_a_file_in_the_place_of_a_terminal_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    (tmp_path / "notes.txt").write_text("mine")
    for name in (tmp_path / "notes.txt", tmp_path, tmp_path / "nowhere"):
        monkeypatch.setenv("PROGRESS_TERMINAL", str(name))
        with shown(Reports(reports(read=3)), ManualClock(), THIS_MACHINE):
            pass

    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert len(caplog.messages) == 3


def test_without_colours_the_part_of_the_bar_that_is_to_come_is_blank() -> None:
    run = Run(stop_at="12 of 16", environment={"NO_COLOR": "1"})

    assert re.search(r"━{30} {10}  75 %", run.stderr)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_the_terminal_clean(number: signal.Signals) -> None:
    begun = time.monotonic()
    run = Run(stop=number, stop_at="log line 29")
    screen = Screen(24, 100)
    screen.show(run.stderr)

    assert run.returncode == 128 + number
    assert (screen.top, screen.bottom) == (0, 23)
    assert not any("GET_REPORT" in line for line in screen.text())
    assert "reports read" in "".join(screen.cells[screen.row - 1])
    assert time.monotonic() - begun < 10


def test_an_error_leaves_the_terminal_clean() -> None:
    run = Run(end="raises")
    screen = Screen(24, 100)
    screen.show(run.stderr)

    assert run.returncode == 1
    text = screen.text()
    assert "ValueError: the sync fails" in text
    assert not any("GET_REPORT" in line for line in text)
    assert (screen.top, screen.bottom) == (0, 23)


def test_a_source_that_breaks_takes_its_view_away() -> None:
    run = Run(source="breaks")
    screen = Screen(24, 100)
    screen.show(run.stderr)

    assert run.returncode == 0
    assert run.stdout == MESSAGES
    assert not any("GET_REPORT" in line or "reports read" in line for line in screen.text())
    assert (screen.top, screen.bottom) == (0, 23)


def test_the_view_follows_the_size_of_the_window() -> None:
    run = Run(
        rows=24,
        once_shown=lambda master: resize(master, 10, 30),
        stop_at="\x1b[1;4r",  # six lines of ten are the view's
    )

    assert run.returncode == 128 + signal.SIGTERM
    assert run.stderr.rindex("\x1b[r") > run.stderr.rindex("\x1b[1;")


def test_in_the_background_there_is_no_view() -> None:
    master, slave = pty.openpty()
    job = 'exec 2<>"$1"; set -m; "$2" -c "$3" returns works & wait'
    with warm_start.Popen(
        ["sh", "-c", job, "sh", os.ttyname(slave), sys.executable, PROGRAM],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
        encoding="utf-8",
        env={"PATH": os.environ["PATH"], "TERM": "xterm-256color"},
    ) as process:
        assert process.stdout is not None
        stdout = process.stdout.read()
    stderr = os.read(master, 65536).decode()
    os.close(master)
    os.close(slave)

    assert stdout == MESSAGES
    assert "GET_REPORT" not in stderr
    assert "16 of 16 reports read" in stderr


def test_colours_are_left_out_on_demand() -> None:
    assert "\x1b[33m" in Run(stop_at="\x1b[1;").stderr
    assert "\x1b[33m" not in Run(stop_at="\x1b[1;", environment={"NO_COLOR": "1"}).stderr


@pytest.mark.parametrize(
    "environment",
    [{"TERM": "dumb"}, {"TERM": ""}, {"CI": "true"}, {"TTY_INTERACTIVE": "0"}],
    ids=str,
)
def test_a_terminal_that_cannot_bear_a_view_gets_plain_lines(environment: dict[str, str]) -> None:
    run = Run(environment=environment)

    assert run.returncode == 0
    assert run.stdout == MESSAGES
    assert "\x1b" not in run.stderr
    assert "Progress: reports=16 queued=0" in run.stderr.splitlines()[-1]


def test_a_pipe_gets_plain_lines_and_does_not_pay_for_a_view() -> None:
    program = PROGRAM + "\nassert 'rich' not in sys.modules\n"
    run = warm_start.run(
        [sys.executable, "-c", program, "returns", "works"],
        capture_output=True,
        encoding="utf-8",
        env={"PATH": os.environ["PATH"], "TERM": "xterm", "FORCE_COLOR": "1"},
        check=True,
    )
    found = run.stderr.splitlines()

    assert run.stdout == MESSAGES
    assert "\x1b" not in run.stderr
    assert [line for line in found if line.startswith("log")] == LOG_LINES
    assert found[-1].startswith("Progress: reports=16 queued=0")
    assert "GET_REPORT" not in run.stderr


def test_messages_on_the_same_terminal_are_not_disturbed() -> None:
    master, slave = pty.openpty()
    with warm_start.Popen(
        [sys.executable, "-c", PROGRAM, "returns", "works"],
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=slave,
        env={"PATH": os.environ["PATH"], "TERM": "xterm-256color"},
    ) as process:
        os.close(slave)
        data = b""
        with suppress(OSError):
            while part := os.read(master, 65536):
                data += part
        os.close(master)
    assert process.returncode == 0
    assert b"\x1b" not in data

"""The option of the whole day, and what it prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

WHOLE_DAY = "whole day"
"""Property of test reports, by which the summary knows what tests in other processes found."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Known to pytest only when it is asked to run this folder."""
    parser.getgroup("day").addoption(
        "--whole-day",
        action="store_true",
        help="sync every half hour of a day, not every fourth hour",
    )


def is_whole(config: pytest.Config) -> bool:
    """Whether the whole day and all shops are wanted."""
    return bool(config.getoption("whole_day", default=False))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what each shop came to."""
    outcomes = ("passed", "failed", "xfailed", "xpassed")
    for report in (each for name in outcomes for each in terminalreporter.getreports(name)):
        for name, value in report.user_properties:
            if name == WHOLE_DAY:
                terminalreporter.write_line(str(value))

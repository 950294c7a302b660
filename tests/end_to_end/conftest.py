"""What the days of syncs print."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

WHOLE_DAY = "whole day"
"""Property of test reports, by which the summary knows what tests in other processes found."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what each shop came to."""
    outcomes = ("passed", "failed", "xfailed", "xpassed")
    for report in (each for name in outcomes for each in terminalreporter.getreports(name)):
        for name, value in report.user_properties:
            if name == WHOLE_DAY:
                terminalreporter.write_line(str(value))

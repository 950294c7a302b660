"""What tests of matching share: a database in a folder, and jobs of small files."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from matching.scripted_catalog import ScriptedCatalog

from amazon_asin_match.jobs.create import Options, create_job
from amazon_asin_match.jobs.results import stored
from amazon_asin_match.jobs.run import JobRun
from amazon_asin_match.store.database import open_database, sqlite_url
from amazon_asin_match.store.jobs import Job, Jobs
from amazon_selling_partner import marketplaces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FIGURES = "many codes"
"""Property of test reports that the summary prints."""
HEADER = ("ean", "name", "marke", "ve")


@dataclass(slots=True)
class Desk:
    """A folder with a database, and a scripted Amazon."""

    folder: Path
    jobs: Jobs
    catalog: ScriptedCatalog
    passed: timedelta = timedelta(0)

    def now(self) -> datetime:
        """The time, which stands but for `passed`."""
        return datetime(2026, 11, 2, 8, tzinfo=UTC) + self.passed

    def file(self, rows: Sequence[Sequence[str]], name: str = "codes.csv") -> Path:
        """A CSV of rows: code, title, brand, pack."""
        path = self.folder / name
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            writer.writerows([*row, *[""] * (len(HEADER) - len(row))] for row in rows)
        return path

    def job(self, rows: Sequence[Sequence[str]], **more: Any) -> Job:
        """A job of a file with these rows."""
        path = self.file(rows)
        place = marketplaces.BY_COUNTRY["DE"]
        return create_job(self.jobs, path, place, **({"options": Options()} | more))

    def run(self, job: Job, amazon: Any = None) -> Job:
        """Work on a job to its end."""
        return JobRun(self.jobs, amazon or self.catalog, now=self.now).run(job.id)

    def results(self, job: Job) -> list[Any]:
        """The results of a job."""
        return list(stored(self.jobs.engine, job.id))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    engine = open_database(sqlite_url(tmp_path / "matches.db"))
    found = Desk(
        tmp_path, Jobs(engine, lambda: datetime(2026, 11, 2, 8, tzinfo=UTC)), ScriptedCatalog()
    )
    yield found
    engine.dispose()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures of the proof with many codes."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == FIGURES:
                terminalreporter.write_line(str(value))

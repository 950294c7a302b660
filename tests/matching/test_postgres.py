"""The same jobs in Postgres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import postgres_server
import pytest
from matching.scripted_catalog import ean, item

from amazon_asin_match.errors import JobStateError
from amazon_asin_match.store.database import open_database
from amazon_asin_match.store.jobs import Jobs, JobStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matching.conftest import Desk


@pytest.fixture
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server."""
    with postgres_server.running() as address:
        yield address


def test_a_job_runs_in_postgres_one_process_at_a_time(desk: Desk, postgres: str) -> None:
    engine = open_database(postgres)
    try:
        desk.jobs = Jobs(engine, desk.now)
        desk.catalog.items = {ean(1): [item("B000000001", ean(1))], ean(2): [item("B0STRAY002")]}
        job = desk.job([[ean(1)], [ean(2)], [ean(3)], ["nonsense"], [ean(1)]])
        other = Jobs(engine, desk.now, owner="elsewhere:1:x")
        other.claim(job.id)
        with pytest.raises(JobStateError, match="Another process works on the job"):
            desk.run(job)
        other.release(job.id, JobStatus.PAUSED)
        done = desk.run(job)
        assert done.status is JobStatus.COMPLETED, done.error
        assert done.counts == {
            "matched": 1, "needs_review": 1, "not_found": 1, "invalid": 1, "duplicate_of": 1,
        }  # fmt: skip
        assert desk.run(desk.job([[ean(1)], [ean(3)]])).from_cache == 2
    finally:
        engine.dispose()

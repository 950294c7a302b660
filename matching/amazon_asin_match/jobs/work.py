"""What the stages of a job have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amazon_asin_match.files.columns import Columns
    from amazon_asin_match.files.table import Table
    from amazon_asin_match.jobs.create import Options
    from amazon_asin_match.store.answers import Place
    from amazon_asin_match.store.jobs import Job, Jobs


@dataclass(frozen=True, slots=True)
class Work:
    """A job of which this process has the lease, with its file and where it is asked."""

    jobs: Jobs
    job: Job
    table: Table
    columns: Columns
    options: Options
    place: Place

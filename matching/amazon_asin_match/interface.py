"""Matching for programs: a file, a marketplace and a client in, results out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amazon_asin_match.codes import CodeKind, read_cell
from amazon_asin_match.errors import InputFileError, MatchError
from amazon_asin_match.files.columns import find_columns
from amazon_asin_match.jobs.create import Options, create_job
from amazon_asin_match.jobs.reading import code_type
from amazon_asin_match.jobs.results import stored
from amazon_asin_match.jobs.run import JobRun
from amazon_asin_match.settings import data_folder, private_folder
from amazon_asin_match.store.database import open_database, sqlite_url
from amazon_asin_match.store.jobs import Jobs, JobStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from amazon_asin_match.codes import CodeType
    from amazon_asin_match.search.asking import Amazon
    from amazon_selling_partner.marketplaces import Marketplace

__all__ = ["InputFileError", "MatchError", "matches"]


def matches(
    path: Path,
    marketplace: Marketplace,
    amazon: Amazon,
    *,
    now: Callable[[], datetime],
    database: str = "",
    seller_id: str = "",
    options: Options | None = None,
) -> Iterator[dict[str, Any]]:
    """Match the codes of a file, and hand out a result for each of its rows, in their order.

    Args:
        path: The file.
        marketplace: Where it is asked.
        amazon: Makes the calls, such as a `SellingPartnerClient`.
        now: The time, in UTC.
        database: A file of SQLite or a URL of Postgres, where Amazon's answers are kept for the next
            time; empty for the usual one.
        seller_id: Whose own listings are asked first; empty for nobody's.
        options: Columns, types and thresholds.

    Returns:
        `row_number`, `code`, `gtin`, `asin`, `title`, `image_url`, `confidence`, `status`, `reason` and
        `candidates`, a list; what there is none of is None.

    Raises:
        InputFileError: The file cannot be read.
        MatchError: The job did not come to its end; begun again, nothing is asked twice.
    """
    if not database:
        database = sqlite_url(private_folder(data_folder()) / "matches.db")
    elif "://" not in database:
        database = f"sqlite:///{database}"
    engine = open_database(database)
    try:
        jobs = Jobs(engine, now)
        wanted = options or Options()
        job = create_job(jobs, path, marketplace, seller_id=seller_id, options=wanted)
        done = JobRun(jobs, amazon, now=now).run(job.id)
        if done.status is not JobStatus.COMPLETED:
            raise MatchError(done.error or f"The job is {done.status}.")
        kind = code_type(wanted, find_columns(wanted.open(path), wanted.columns))
        for result in stored(engine, job.id):
            found = {name: value if value != "" else None for name, value in result.items()}
            code = result["code"]
            yield {"row_number": found.pop("row"), **found, "gtin": _gtin(code, kind)}
        jobs.delete(job.id)
    finally:
        engine.dispose()


def _gtin(cell: str, kind: CodeType) -> str | None:
    """The 14 digits of a cell's GTIN; None where it holds none, several, or one in two readings."""
    codes = read_cell(cell, kind).codes
    is_one = len(codes) == 1 and codes[0].kind is CodeKind.GTIN
    return codes[0].value if is_one else None

"""Results out of the database: pages for programs, files for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from amazon_asin_match.errors import JobStateError
from amazon_asin_match.files.write import writing
from amazon_asin_match.store.tables import RESULTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import Engine

    from amazon_asin_match.files.table import Table

ROWS_OF_A_READ = 2_000
MOST_OF_A_PAGE = 1_000
_NOT_JUDGED = (
    "",
    "",
    "",
    "",
    "not_asked",
    "The job ended before this row was judged; resume it.",
    "[]",
)


def stored(engine: Engine, job_id: str) -> Iterator[Mapping[str, Any]]:
    """All results of a job, in the order of the rows."""
    after = -1
    while True:
        page = read_results(engine, job_id, after=after, limit=ROWS_OF_A_READ)
        yield from page
        if len(page) < ROWS_OF_A_READ:
            return
        after = page[-1]["row"]


def read_results(
    engine: Engine,
    job_id: str,
    *,
    after: int = -1,
    limit: int = MOST_OF_A_PAGE,
    status: str = "",
    least: float | None = None,
) -> list[Mapping[str, Any]]:
    """A page of results after a row, with the candidates as a list.

    Args:
        engine: The database.
        job_id: The job.
        after: The row after which the page begins.
        limit: How many at most.
        status: Only rows with this status.
        least: Only rows whose best candidate has this confidence at least.
    """
    statement = (
        select(*(column for column in RESULTS.c if column.name != "job_id"))
        .where(RESULTS.c.job_id == job_id, RESULTS.c.row > after)
        .order_by(RESULTS.c.row)
        .limit(limit)
    )
    if status:
        statement = statement.where(RESULTS.c.status == status)
    if least is not None:
        statement = statement.where(RESULTS.c.confidence >= least)
    with engine.connect() as connection:
        return [
            {**row, "candidates": json.loads(row["candidates"])}
            for row in connection.execute(statement).mappings()
        ]


def write_file(engine: Engine, job_id: str, rows: int, table: Table, path: Path) -> None:
    """Write the input's rows with their results: the same rows, in the same order.

    Raises:
        InputFileError: It cannot be written.
        JobStateError: The results are not those of the rows.
    """
    results = stored(engine, job_id)
    following = next(results, None)
    written = 0
    with writing(path, table, rows or None) as writer:
        for number, cells in table.numbered():
            if following is not None and following["row"] == number:
                writer.row(cells, _texts(following))
                following = next(results, None)
            else:
                writer.row(cells, _NOT_JUDGED)
            written += 1
        if following is not None:
            raise JobStateError(
                f"The result of row {following['row']} has no row in the input; was the file changed?"
            )
    if rows and written != rows:
        raise JobStateError(f"The input has {written} rows now, and had {rows}; was it changed?")


def _texts(result: Mapping[str, Any]) -> list[str]:
    confidence = result["confidence"]
    return [
        result["asin"],
        result["title"],
        result["image_url"],
        "" if confidence is None else f"{confidence:g}",
        result["status"],
        result["reason"],
        json.dumps(result["candidates"], ensure_ascii=False),
    ]

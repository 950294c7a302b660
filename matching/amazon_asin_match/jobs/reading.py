"""The first stage: which codes a file has, each once, in the order of the rows."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update

from amazon_asin_match.codes import CodeKind, CodeType, read_cell
from amazon_asin_match.errors import ConfigurationError
from amazon_asin_match.store.answers import fresh_codes
from amazon_asin_match.store.database import insert_new
from amazon_asin_match.store.jobs import Stage
from amazon_asin_match.store.tables import CODES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from amazon_asin_match.codes import Reading
    from amazon_asin_match.files.columns import Columns
    from amazon_asin_match.jobs.create import Options
    from amazon_asin_match.jobs.work import Work
    from amazon_asin_match.scoring.evidence import RowFacts
    from amazon_asin_match.store.jobs import Job, Jobs

NEW, NOT_LISTED, ANSWERED = 0, 1, 2
"""Stages of a code: not asked; not among the seller's listings; answered."""
ROWS_OF_A_STEP = 5_000
LONGEST_FACT = 300


def read_rows(work: Work) -> Iterator[tuple[int, list[str], Reading]]:
    """The rows of a file, each with its number and what its code is read as."""
    columns = work.columns
    kind = code_type(work.options, columns)
    for number, cells in work.table.numbered():
        yield number, cells, read_cell(cells[columns.code], kind)


def code_type(options: Options, columns: Columns) -> CodeType:
    """What the codes are: as the options say, else as the column's name does."""
    kind = CodeType(options.code_type)
    return columns.code_type if kind is CodeType.AUTO else kind


def read_codes(work: Work) -> tuple[int, int]:
    """Store the codes of a file; begun again, it begins from the start. Answers rows and codes.

    Raises:
        LeaseLostError: Another process has claimed the job.
        ConfigurationError: There are SKUs, and it is not known whose.
    """
    jobs, job = work.jobs, work.job
    with jobs.engine.begin() as connection:
        connection.execute(delete(CODES).where(CODES.c.job_id == job.id))
    rows = 0
    seen: set[int | str] = set()  # a GTIN as a number takes half the memory of its text
    found: list[dict[str, Any]] = []
    for number, cells, reading in read_rows(work):
        rows += 1
        for code in reading.codes:
            known = int(code.value) if code.kind is CodeKind.GTIN else code.key
            if known in seen:
                continue
            if code.kind is CodeKind.SKU and not work.place.seller_id:
                raise ConfigurationError(
                    "SKUs are asked among a seller's listings; set 'selling_partner_id' (the merchant "
                    "token of Seller Central) in the configuration."
                )
            seen.add(known)
            found.append(
                {
                    "job_id": job.id,
                    "code": code.key,
                    "position": len(seen),
                    "kind": code.identifiers_type if code.can_share_a_call else "SKU,",
                    "row": number,
                    "facts": _facts(work.columns.facts(cells)),
                    "stage": NEW,
                }
            )
        if len(found) >= ROWS_OF_A_STEP:
            _keep(jobs, job, found)
            found = []
    _keep(jobs, job, found)
    return rows, len(seen)


def _facts(row: RowFacts) -> str:
    """What a row says, in short, for the rows with other codes that find the same item."""
    said = {
        name: value[:LONGEST_FACT] if isinstance(value, str) else value
        for name, value in asdict(row).items()
        if value
    }
    return json.dumps(said, ensure_ascii=False)


def _keep(jobs: Jobs, job: Job, found: list[dict[str, Any]]) -> None:
    with jobs.engine.begin() as connection:
        jobs.hold(connection, job.id)
        insert_new(connection, CODES, found)


def use_fresh_answers(work: Work, now: datetime) -> int:
    """Count codes as answered whose answer of another job is fresh; answers how many those are."""
    jobs, job, place = work.jobs, work.job, work.place
    used = 0
    after = 0
    while True:
        with jobs.engine.begin() as connection:
            rows = connection.execute(
                select(CODES.c.code, CODES.c.position)
                .where(
                    CODES.c.job_id == job.id, CODES.c.position > after, CODES.c.stage != ANSWERED
                )
                .order_by(CODES.c.position)
                .limit(ROWS_OF_A_STEP)
            ).all()
            if not rows:
                return used
            after = rows[-1][1]
            fresh = sorted(fresh_codes(connection, place, [code for code, _ in rows], now))
            for first in range(0, len(fresh), 500):
                part = fresh[first : first + 500]
                connection.execute(
                    update(CODES)
                    .where(CODES.c.job_id == job.id, CODES.c.code.in_(part))
                    .values(stage=ANSWERED)
                )
            used += len(fresh)
            jobs.hold(connection, job.id, stage=Stage.READING)

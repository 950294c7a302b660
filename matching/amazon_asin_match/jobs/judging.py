"""The third stage: a result for every row of the file, in its order."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from amazon_asin_match.jobs.reading import read_rows
from amazon_asin_match.scoring.evidence import RowFacts, likeness
from amazon_asin_match.scoring.quantities import quantities
from amazon_asin_match.scoring.verdict import Status, Verdict, judge
from amazon_asin_match.store.answers import claims, load_answers
from amazon_asin_match.store.tables import CODES, RESULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection

    from amazon_asin_match.codes import Code, Reading
    from amazon_asin_match.jobs.work import Work
    from amazon_asin_match.scoring.verdict import CodeAnswer
    from amazon_asin_match.search.items import ItemFacts
    from amazon_asin_match.store.jobs import Job, Jobs

ROWS_OF_A_STEP = 400
SAME_PRODUCT = 60.0
"""How alike two rows' titles are, at least, that are taken to mean one product."""


def judge_rows(work: Work, check: Callable[[], None]) -> dict[str, int]:
    """Store a result for every row that has none yet; answers how many rows have which status.

    Raises:
        LeaseLostError: Another process has claimed the job.
    """
    jobs, job = work.jobs, work.job
    with jobs.engine.connect() as connection:
        last = connection.execute(
            select(func.max(RESULTS.c.row)).where(RESULTS.c.job_id == job.id)
        ).scalar()
    rows = (each for each in read_rows(work) if last is None or each[0] > last)
    while part := list(islice(rows, ROWS_OF_A_STEP)):
        check()
        with jobs.engine.begin() as connection:
            jobs.hold(connection, job.id)
            connection.execute(insert(RESULTS), _Step(connection, work).results(part))
    return count(jobs, job)


def count(jobs: Jobs, job: Job) -> dict[str, int]:
    """How many rows of a job have which status."""
    statement = (
        select(RESULTS.c.status, func.count())
        .where(RESULTS.c.job_id == job.id)
        .group_by(RESULTS.c.status)
    )
    with jobs.engine.connect() as connection:
        return {str(status): int(number) for status, number in connection.execute(statement)}


class _Step:
    """Judges some rows, with what the database knows of their codes."""

    def __init__(self, connection: Connection, work: Work) -> None:
        self._connection = connection
        self._job = work.job
        self._columns = work.columns
        self._options = work.options
        self._place = work.place

    def results(self, rows: Sequence[tuple[int, list[str], Reading]]) -> list[dict[str, Any]]:
        """The results of the rows, as the table has them."""
        keys = sorted({code.key for _, _, reading in rows for code in reading.codes})
        answers = load_answers(self._connection, self._place, keys)
        first_rows = self._first_rows(keys)
        asins = {found.item.asin for answer in answers.values() for found in answer.found}
        claimed = claims(self._connection, self._place, self._job.id, asins)
        earlier = self._outcomes(set(first_rows.values()))
        found = []
        for number, cells, reading in rows:
            verdict = self._judged(cells, reading, answers, claimed)
            known = [first_rows[code.key] for code in reading.codes if code.key in first_rows]
            first = min(known, default=number)
            if first < number and verdict.status is not Status.INVALID:
                verdict = _duplicate(verdict, first, earlier.get(first))
            result = self._result(number, cells, verdict)
            earlier[number] = (result["status"], result["asin"])
            found.append(result)
        return found

    def _judged(
        self,
        cells: Sequence[str],
        reading: Reading,
        answers: Mapping[Code, CodeAnswer],
        claimed: Mapping[str, list[tuple[str, int, str]]],
    ) -> Verdict:
        facts = self._columns.facts(cells)
        own = {code.key for code in reading.codes}

        def claimed_by(item: ItemFacts) -> str:
            others = [
                row
                for code, row, said in claimed.get(item.asin, ())
                if code not in own and is_another_product(facts, RowFacts(**json.loads(said)), item)
            ]
            return f"row {others[0]}" if others else ""

        return judge(reading, answers, facts, self._options.limits, claimed_by)

    def _first_rows(self, keys: Sequence[str]) -> dict[str, int]:
        """The first row of each code of the job."""
        found: dict[str, int] = {}
        for first in range(0, len(keys), 500):
            rows = self._connection.execute(
                select(CODES.c.code, CODES.c.row).where(
                    CODES.c.job_id == self._job.id, CODES.c.code.in_(keys[first : first + 500])
                )
            )
            found.update((code, row) for code, row in rows)
        return found

    def _outcomes(self, rows: set[int]) -> dict[int, tuple[str, str]]:
        """Status and ASIN of rows that have their results."""
        numbers = sorted(rows)
        found: dict[int, tuple[str, str]] = {}
        for first in range(0, len(numbers), 500):
            results = self._connection.execute(
                select(RESULTS.c.row, RESULTS.c.status, RESULTS.c.asin).where(
                    RESULTS.c.job_id == self._job.id,
                    RESULTS.c.row.in_(numbers[first : first + 500]),
                )
            )
            found.update((row, (status, asin)) for row, status, asin in results)
        return found

    def _result(self, number: int, cells: Sequence[str], verdict: Verdict) -> dict[str, Any]:
        best = verdict.best
        shown = best or (verdict.candidates[0] if verdict.candidates else None)
        return {
            "job_id": self._job.id,
            "row": number,
            "code": cells[self._columns.code],
            "asin": best.item.asin if best else "",
            "title": best.item.title if best else "",
            "image_url": best.item.image_url if best else "",
            "confidence": shown.confidence if shown else None,
            "status": verdict.status.value,
            "reason": verdict.reason,
            "candidates": json.dumps(
                [
                    {
                        "asin": each.item.asin,
                        "confidence": each.confidence,
                        "title": each.item.title,
                        "reasons": [reason.value for reason in each.evidence.reasons],
                    }
                    for each in verdict.candidates
                ],
                ensure_ascii=False,
            ),
        }


def _duplicate(verdict: Verdict, first: int, earlier: tuple[str, str] | None) -> Verdict:
    """What a row gets whose code an earlier row has: the same, or a look at both."""
    if verdict.status not in {Status.MATCHED, Status.NEEDS_REVIEW, Status.AMBIGUOUS_CODE}:
        return Verdict(
            Status.DUPLICATE_OF,
            f"The same code as in row {first}. {verdict.reason}",
            None,
            verdict.candidates,
        )
    asin = verdict.best.item.asin if verdict.best else ""
    if earlier is None or earlier[1] == asin:
        return Verdict(
            Status.DUPLICATE_OF,
            f"The same code as in row {first}. {verdict.reason}",
            verdict.best,
            verdict.candidates,
        )
    return Verdict(
        Status.NEEDS_REVIEW,
        f"The same code as in row {first}, but the two rows fit different products: look at both.",
        None,
        verdict.candidates,
    )


def is_another_product(ours: RowFacts, theirs: RowFacts, item: ItemFacts) -> bool:
    """Whether another row that claims an item says it is another product, and fits it no worse.

    Rows that say nothing contradict nobody: one product may well have two codes.
    """
    if not ours.title or not theirs.title:
        our_packs, their_packs = _packs(ours), _packs(theirs)
        return bool(our_packs and their_packs and not our_packs & their_packs)
    if likeness(ours.title, theirs.title) >= SAME_PRODUCT and _packs(ours) == _packs(theirs):
        return False
    return likeness(theirs.title, item.title) >= likeness(ours.title, item.title)


def _packs(row: RowFacts) -> frozenset[int]:
    if row.pack is not None:
        return frozenset({row.pack})
    return (quantities(row.title).packs or frozenset({1})) if row.title else frozenset()

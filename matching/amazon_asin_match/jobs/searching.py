"""The second stage: every code without a fresh answer is asked, and each answer kept as it comes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from amazon_asin_match.codes import Code
from amazon_asin_match.jobs.reading import ANSWERED, NEW, NOT_LISTED
from amazon_asin_match.search.asking import MOST_CODES
from amazon_asin_match.search.batch_size import BatchSize
from amazon_asin_match.search.left_over import Puzzle, after_call, calls_for
from amazon_asin_match.store.answers import store_asked, store_solution
from amazon_asin_match.store.tables import CODES, JOBS, PUZZLES
from amazon_selling_partner import PermissionDeniedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from amazon_asin_match.jobs.work import Work
    from amazon_asin_match.search.asking import Asked, Asker
    from amazon_asin_match.store.logs import JobLog


class Search:
    """Asks Amazon about the codes of a job.

    Args:
        work: The job.
        asker: Asks Amazon.
        now: The time, in UTC.
        log: The job's log.
        check: Called between calls; raises what ends the work.
    """

    def __init__(
        self,
        work: Work,
        asker: Asker,
        now: Callable[[], datetime],
        log: JobLog,
        *,
        check: Callable[[], None],
    ) -> None:
        self._jobs = work.jobs
        self._job = work.job
        self._place = work.place
        self._asker = asker
        self._now = now
        self._log = log
        self._check = check
        self._size = BatchSize()

    def run(self) -> None:
        """Ask until every code is answered.

        Raises:
            AmazonError: Amazon refuses the calls.
            UnavailableError: Amazon does not answer.
            LeaseLostError: Another process has claimed the job.
        """
        self._own_listings_first()
        while batch := self._next(self._size.codes, NEW, NOT_LISTED):
            self._check()
            asked = self._asker.catalog(batch)
            for code in batch:
                self._size.learn(len(asked.found.get(code, ())))
            self._keep(asked, batch)
        self._solve()

    def _own_listings_first(self) -> None:
        """Ask the seller's listings; what they do not have is asked of the catalog."""
        if not self._place.seller_id:
            return
        while batch := self._next(MOST_CODES, NEW):
            self._check()
            try:
                asked = self._asker.listings(batch)
            except PermissionDeniedError as error:
                if any(code.identifiers_type == "SKU" for code in batch):
                    raise
                self._log("warning", f"The seller's own listings are left out: {error}")
                return
            self._keep(asked, batch, own=True)

    def _next(self, size: int, *stages: int) -> list[Code]:
        """The next codes of one type; a SKU with a comma comes alone."""
        base = (CODES.c.job_id == self._job.id, CODES.c.stage.in_(stages))
        with self._jobs.engine.connect() as connection:
            kind = connection.execute(
                select(CODES.c.kind).where(*base).order_by(CODES.c.kind).limit(1)
            ).scalar()
            if kind is None:
                return []
            rows = connection.execute(
                select(CODES.c.code)
                .where(*base, CODES.c.kind == kind)
                .order_by(CODES.c.position)
                .limit(size if kind != "SKU," else 1)
            )
            return [Code.of_key(key) for key in rows.scalars()]

    def _keep(self, asked: Asked, batch: Sequence[Code], *, own: bool = False) -> None:
        """Keep an answer, what it leaves open, and what it cost, all at once."""
        with self._jobs.engine.begin() as connection:
            codes = store_asked(connection, self._place, asked, self._now(), own=own)
            answered = set(codes)
            self._mark(connection, [code for code in batch if code in answered], ANSWERED)
            self._mark(connection, [code for code in batch if code not in answered], NOT_LISTED)
            self._keep_puzzles(connection, asked)
            self._count(connection, len(answered), asked.calls)
        for code, words in asked.refused.items():
            self._log("warning", f"Amazon refuses {code.identifier} ({words}).", code=code.key)
        for code, words in asked.short.items():
            self._log("warning", f"{code.identifier}: {words}", code=code.key)

    def _mark(self, connection: Connection, codes: Sequence[Code], stage: int) -> None:
        if codes:
            connection.execute(
                update(CODES)
                .where(CODES.c.job_id == self._job.id, CODES.c.code.in_([c.key for c in codes]))
                .values(stage=stage)
            )

    def _count(self, connection: Connection, answered: int, calls: int) -> None:
        self._jobs.hold(
            connection,
            self._job.id,
            answered=JOBS.c.answered + answered,
            calls=JOBS.c.calls + calls,
        )

    def _keep_puzzles(self, connection: Connection, asked: Asked) -> None:
        for left in asked.left_over:
            likely = sum(not asked.found.get(code) for code in left.suspects)
            self._add_puzzle(connection, Puzzle(left.item.asin, left.suspects, likely))

    def _add_puzzle(self, connection: Connection, puzzle: Puzzle) -> None:
        highest = connection.execute(
            select(PUZZLES.c.id)
            .where(PUZZLES.c.job_id == self._job.id)
            .order_by(PUZZLES.c.id.desc())
            .limit(1)
        ).scalar()
        connection.execute(
            PUZZLES.insert().values(
                job_id=self._job.id,
                id=(highest or 0) + 1,
                asin=puzzle.asin,
                suspects=json.dumps([code.key for code in puzzle.suspects]),
                likely=puzzle.likely,
            )
        )

    def _solve(self) -> None:
        """Find out which codes found the items that list none, until nothing is open."""
        while puzzles := self._puzzles():
            self._settle(puzzles)
            open_ones = {puzzle: key for key, puzzle in self._puzzles().items()}
            for codes, helped in calls_for(list(open_ones)):
                self._check()
                asked = self._asker.catalog(codes)
                came = {left.item.asin for left in asked.left_over}
                came |= {each.item.asin for found in asked.found.values() for each in found}
                after = after_call(helped, came)
                with self._jobs.engine.begin() as connection:
                    for before, puzzle in zip(helped, after, strict=True):
                        self._change_puzzle(connection, open_ones[before], puzzle)
                    self._count(connection, 0, asked.calls)

    def _settle(self, puzzles: dict[int, Puzzle]) -> None:
        """Keep what is solved, and forget what nobody found again."""
        with self._jobs.engine.begin() as connection:
            self._jobs.hold(connection, self._job.id)
            for key, puzzle in puzzles.items():
                if puzzle.solution or not puzzle.suspects:
                    if puzzle.solution:
                        store_solution(connection, self._place, puzzle.asin, puzzle.solution)
                    connection.execute(
                        delete(PUZZLES).where(PUZZLES.c.job_id == self._job.id, PUZZLES.c.id == key)
                    )

    def _change_puzzle(self, connection: Connection, key: int, puzzle: Puzzle) -> None:
        connection.execute(
            update(PUZZLES)
            .where(PUZZLES.c.job_id == self._job.id, PUZZLES.c.id == key)
            .values(
                suspects=json.dumps([code.key for code in puzzle.suspects]), likely=puzzle.likely
            )
        )

    def _puzzles(self) -> dict[int, Puzzle]:
        statement = (
            select(PUZZLES.c.id, PUZZLES.c.asin, PUZZLES.c.suspects, PUZZLES.c.likely)
            .where(PUZZLES.c.job_id == self._job.id)
            .order_by(PUZZLES.c.id)
        )
        with self._jobs.engine.connect() as connection:
            return {
                key: Puzzle(asin, tuple(map(Code.of_key, json.loads(suspects))), likely)
                for key, asin, suspects, likely in connection.execute(statement)
            }

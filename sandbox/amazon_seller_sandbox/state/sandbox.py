"""The sandbox as a whole: the world plus what callers have done to it."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from amazon_seller_sandbox.files.documents import Document, Spool
from amazon_seller_sandbox.optiply.accounts import couplings
from amazon_seller_sandbox.optiply.login import Login as OptiplyLogin
from amazon_seller_sandbox.optiply.store import Store as OptiplyStore
from amazon_seller_sandbox.state.faults import FaultBoard
from amazon_seller_sandbox.state.login import Login
from amazon_seller_sandbox.state.post import PostOffice
from amazon_seller_sandbox.state.queries import Query, QueryBook
from amazon_seller_sandbox.state.quotas import Quotas
from amazon_seller_sandbox.state.reports import DONE, Report, ReportBook
from amazon_seller_sandbox.state.schedules import ScheduleBook
from amazon_seller_sandbox.state.subscriptions import SubscriptionBook
from amazon_seller_sandbox.world import sellers

if TYPE_CHECKING:
    from collections.abc import Callable

    from amazon_seller_sandbox.world.world import World

_PATIENCE = 2.0
"""Wall seconds a status call waits for a due document before it says "in progress"."""


@dataclass(slots=True)
class Sandbox:
    """All state of a running sandbox."""

    world: World
    url: str
    login: Login = field(init=False)
    quotas: Quotas = field(init=False)
    optiply_login: OptiplyLogin = field(init=False)
    optiply: OptiplyStore = field(init=False)
    faults: FaultBoard = field(default_factory=FaultBoard)
    subscriptions: SubscriptionBook = field(init=False)
    post: PostOffice = field(default_factory=PostOffice)
    books: dict[str, ReportBook] = field(init=False)
    query_books: dict[str, QueryBook] = field(init=False)
    schedules: dict[str, ScheduleBook] = field(init=False)
    spool: Spool = field(default_factory=Spool)
    calls: Counter[tuple[str, int]] = field(default_factory=Counter)
    request_count: int = 0
    writers: Executor = field(default_factory=lambda: ThreadPoolExecutor(2))
    """Write documents; what they have written at once is not waited for."""
    _writing: dict[str, Future[Document]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Open the books of every account."""
        settings = self.world.settings
        self.login = Login(self.world.clock, settings.seed, sellers.grants(settings.sellers))
        self.quotas = Quotas(self.world.clock, settings.rate_factor)
        self.subscriptions = SubscriptionBook(settings.seed)
        self.optiply_login = OptiplyLogin(
            self.world.clock,
            settings.seed,
            settings.optiply_token_seconds,
            couplings(settings.sellers),
        )
        self.optiply = OptiplyStore(
            self.world.clock, couplings(settings.sellers), strict=settings.strict_optiply
        )
        self.books = {
            name: ReportBook(self.world, business)
            for name, business in self.world.businesses.items()
        }
        self.query_books = {
            name: QueryBook(self.world, business)
            for name, business in self.world.businesses.items()
        }
        self.schedules = {name: ScheduleBook(book) for name, book in self.books.items()}

    def request_id(self) -> str:
        """Return the next request id, in the shape of Amazon's."""
        self.request_count += 1
        return f"5a4db0c5-0000-4000-8000-{self.request_count:012x}"

    def _start_writing(self, book: ReportBook, report: Report) -> Future[Document]:
        return self._start(report.document_id, partial(self._write, book, report))

    def _start(self, document_id: str, write: Callable[[], Document]) -> Future[Document]:
        future = self._writing.get(document_id)
        if future is None:
            future = self._writing[document_id] = self.writers.submit(write)
        return future

    def _write(self, book: ReportBook, report: Report) -> Document:
        document = self.spool.write(report.document_id, book.content(report))
        if report.outcome == DONE:
            report.made(document.rows, cancel_empty=self.world.settings.cancel_empty)
        return document

    async def bring_up_to_date(self, book: ReportBook, reports: list[Report]) -> None:
        """Have the documents made that are due, so that the reports' status can be reported."""
        now = self.world.clock.now()
        due = []
        for report in reports:
            if (
                report.cancelled is not None
                or report.held is not None
                or not report.needs_document()
            ):
                continue
            if now >= report.starts:
                future = self._start_writing(book, report)
                if now >= report.ends:
                    due.append(future)
        if unwritten := [asyncio.wrap_future(each) for each in due if not each.done()]:
            await asyncio.wait(unwritten, timeout=_PATIENCE)
        for each in due:
            if each.done():
                each.result()

    async def document(self, book: ReportBook, report: Report) -> Document:
        """Return a finished report's document, written again if it had to make room."""
        document = self.spool.find(report.document_id)
        if document is not None:
            return document
        self._writing.pop(report.document_id, None)
        future = self._start_writing(book, report)
        return future.result() if future.done() else await asyncio.wrap_future(future)

    def _write_query(self, book: QueryBook, query: Query) -> Document:
        content = book.content(query)
        document = self.spool.write(query.document_id, content)
        if query.outcome == DONE:
            query.rows = query.found
        return document

    async def bring_queries_up_to_date(self, book: QueryBook, queries: list[Query]) -> None:
        """Have the documents made that are due, so that the queries' status can be reported."""
        now = self.world.clock.now()
        due = [
            self._start(query.document_id, partial(self._write_query, book, query))
            for query in queries
            if query.needs_document() and query.held is None and now >= query.ends
        ]
        if unwritten := [asyncio.wrap_future(each) for each in due if not each.done()]:
            await asyncio.wait(unwritten, timeout=_PATIENCE)
        for each in due:
            if each.done():
                each.result()

    async def query_document(self, book: QueryBook, query: Query) -> Document:
        """Return a finished query's document, written again if it had to make room."""
        document = self.spool.find(query.document_id)
        if document is not None:
            return document
        self._writing.pop(query.document_id, None)
        future = self._start(query.document_id, partial(self._write_query, book, query))
        return future.result() if future.done() else await asyncio.wrap_future(future)

    def close(self) -> None:
        """Stop writing and delete all documents."""
        self.spool.stop()
        self.writers.shutdown(wait=True, cancel_futures=True)
        self.spool.close()

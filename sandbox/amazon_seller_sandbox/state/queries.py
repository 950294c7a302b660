"""The life of a Data Kiosk query: queued, in progress, and how it ends; pages of its results."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

from amazon_seller_sandbox.chance import SCALE, draws, key
from amazon_seller_sandbox.clock import DAY, iso
from amazon_seller_sandbox.files.documents import Content
from amazon_seller_sandbox.page_tokens import content_of, page_token
from amazon_seller_sandbox.refusals import invalid_input
from amazon_seller_sandbox.report_types.data_kiosk import queries
from amazon_seller_sandbox.report_types.data_kiosk.asked import Asked
from amazon_seller_sandbox.state.reports import CANCELLED, DONE, FATAL, IN_PROGRESS, IN_QUEUE
from amazon_seller_sandbox.world.accounts import UTF8

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amazon_seller_sandbox.report_types.data_kiosk.queries import Checked
    from amazon_seller_sandbox.world.world import Business, World

RETENTION = 30 * DAY
"""Seconds a query can be found (`@resultRetention` of the schemas)."""
MOST_UNFINISHED = 20
"""Queries of an account that are not finished: Amazon has such a limit and does not say which."""
_TOKEN_SECRET = b"sandbox-query-token"


@dataclass(slots=True)
class Query:
    """One query: what was asked, when it runs, and how it ends."""

    id: str
    document_id: str
    text: str
    checked: Checked
    first_row: int
    created: float
    starts: float
    ends: float
    outcome: str = DONE
    explanation: str | None = None
    """The text of the error document of a FATAL query."""
    cancelled: float | None = None
    rows: int | None = None
    """Rows of the finished document; None while it is not made."""
    found: int = 0
    """Rows that have been worked out."""
    next_row: int | None = None
    """Where the next page begins, if there is one."""
    lost: bool = False
    document_lost: bool = False
    held: str | None = None
    without_rows: bool = False

    def status(self, now: float) -> str:
        """Return the processing status, provided that a due document has been made."""
        if self.cancelled is not None:
            return CANCELLED
        if self.held is not None:
            return self.held
        if now < self.starts:
            return IN_QUEUE
        return IN_PROGRESS if now < self.ends or self.needs_document() else self.outcome

    def is_unfinished(self, now: float) -> bool:
        """Say whether the query counts for the limit of those under way."""
        return self.status(now) in {IN_QUEUE, IN_PROGRESS}

    def needs_document(self) -> bool:
        """Say whether its rows are not worked out yet."""
        return self.outcome == DONE and self.rows is None

    def has_document(self) -> bool:
        """Say whether the query ends with a document, of data or of an error."""
        return bool(self.rows) if self.outcome == DONE else self.explanation is not None

    def body(self, now: float) -> dict[str, object]:
        """Return the query as getQuery shows it."""
        status = self.status(now)
        body: dict[str, object] = {
            "queryId": self.id,
            "query": self.text,
            "createdTime": iso(self.created),
            "processingStatus": status,
        }
        if self.cancelled is not None:
            return body | {"processingEndTime": iso(self.cancelled)}
        if status != IN_QUEUE and self.held is None:
            body["processingStartTime"] = iso(self.starts)
        if status in {DONE, FATAL}:
            body["processingEndTime"] = iso(self.ends)
            if self.has_document():
                name = "dataDocumentId" if status == DONE else "errorDocumentId"
                body[name] = self.document_id
            if status == DONE and self.next_row is not None:
                body["pagination"] = {"nextToken": token(self.text, self.next_row)}
        return body


@dataclass(slots=True)
class QueryBook:
    """All queries of one account, newest last."""

    world: World
    business: Business
    _queries: dict[str, Query] = field(default_factory=dict)
    _count: int = 0

    def find(self, query_id: str) -> Query | None:
        """Return a query by its id, if it is still kept."""
        found = self._queries.get(query_id)
        return None if found is None or found.lost or self._is_old(found) else found

    def find_document(self, document_id: str) -> Query | None:
        """Return the query whose document has this id."""
        for query in self._queries.values():
            if query.document_id == document_id and not self._is_old(query):
                return None if query.document_lost or not query.has_document() else query
        return None

    def newest_first(self) -> Iterator[Query]:
        """Yield the queries that are still kept."""
        for query in sorted(self._queries.values(), key=lambda each: -each.created):
            if not query.lost and not self._is_old(query):
                yield query

    def unfinished(self) -> list[Query]:
        """Return the queries that are under way."""
        now = self.world.clock.now()
        return [each for each in self._queries.values() if each.is_unfinished(now)]

    def _is_old(self, query: Query) -> bool:
        return self.world.clock.now() - query.created > RETENTION

    def create(self, text: str, checked: Checked, first_row: int) -> Query:
        """Queue a query and settle by chance how long it takes."""
        self._count += 1
        account, settings = self.business.account, self.world.settings
        chance = draws(key(settings.seed, account.key, "query"), self._count)
        shortest, longest = settings.report_seconds
        takes = shortest + (longest - shortest) * chance[0] / SCALE
        created = self.world.clock.now()
        query = Query(
            id=str(50_000_000_000 + self._count * 1_000_003 + chance[1] % 1_000_000),
            document_id=(
                f"amzn1.tortuga.3.{account.key.lower()}.{chance[2]:08x}-{chance[3] % 65536:04x}."
                f"T{chance[4]:010d}{self._count:05d}"
            ),
            text=text,
            checked=checked,
            first_row=first_row,
            created=created,
            starts=created + takes * (0.1 + 0.4 * chance[5] / SCALE),
            ends=created + takes,
        )
        self._queries[query.id] = query
        return query

    def content(self, query: Query) -> Content:
        """Return what is in the query's document, and take note of how much that is."""
        if query.explanation is not None:
            return Content(iter([query.explanation]), UTF8, compressed=False)
        asked = Asked(
            self.world,
            self.business,
            query.checked.root,
            query.checked.arguments,
            query.checked.selected,
            query.created,
            self.world.data_time.at(query.starts),
            query.without_rows,
        )
        size = self.world.settings.query_rows
        rows = islice(queries.lines(query.checked, asked), query.first_row, None)
        page = list(islice(rows, size + 1))
        query.next_row = query.first_row + size if len(page) > size else None
        query.found = len(page[:size])
        return Content(iter(page[:size]), UTF8, compressed=query.first_row % 2 == 0)


def token(text: str, row: int) -> str:
    """Return what requests the page of a query that begins with a row."""
    return page_token(_TOKEN_SECRET, {"row": row, "query": sha256(text.encode()).hexdigest()})


def row_of(text: str, value: object) -> int:
    """Return the row that a token names.

    Raises:
        Refusal: 400, it is not a token, or one of another query.
    """
    refusal = invalid_input("Invalid Input: paginationToken is not valid for this query.")
    if not isinstance(value, str):
        raise refusal
    try:
        found = content_of(_TOKEN_SECRET, value)
    except ValueError:
        raise refusal from None
    if found["query"] != sha256(text.encode()).hexdigest():
        raise refusal
    return int(found["row"])

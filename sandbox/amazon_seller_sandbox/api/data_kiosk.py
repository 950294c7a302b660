"""Data Kiosk 2023-11-15: queries, and their documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.api.operation import Operation
from amazon_seller_sandbox.files.documents import presign
from amazon_seller_sandbox.files.json_documents import explanation
from amazon_seller_sandbox.refusals import Refusal, invalid_input, not_found
from amazon_seller_sandbox.report_types.data_kiosk import queries
from amazon_seller_sandbox.state import query_listing
from amazon_seller_sandbox.state.queries import MOST_UNFINISHED, QueryBook, row_of
from amazon_seller_sandbox.state.quotas import Rate
from amazon_seller_sandbox.state.reports import (
    CANCELLED,
    FATAL,
    IN_PROGRESS,
    IN_QUEUE,
    ON_HOLD,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_seller_sandbox.api.operation import Call, Json
    from amazon_seller_sandbox.state.queries import Query

_EFFECTS: Mapping[str | None, tuple[str, object]] = {
    "lost_report": ("lost", True),
    "stuck_report": ("held", IN_QUEUE),
    "unknown_status": ("held", ON_HOLD),
    "missing_document": ("document_lost", True),
    "cancelled_report": ("cancelled", 0.0),
    "no_rows": ("without_rows", True),
}
_FAILED = "An internal error occurred while the query was processed."


def _book(call: Call) -> QueryBook:
    return call.sandbox.query_books[call.grant.account.key]


async def _create(call: Call) -> Json:
    book = _book(call)
    now = call.sandbox.world.clock.now()
    text = call.body.get("query")
    checked = queries.check(text, call.grant, now)
    if call.effect == "refused_fields" and (b2b := [way for way in checked.ways if "B2B" in way]):
        raise queries.refused_fields(b2b)
    if call.effect == "gone_field":
        raise queries.gone_field(checked)
    assert isinstance(text, str)  # noqa: S101 - it has been checked
    page = call.body.get("paginationToken")
    first_row = row_of(text, page) if page is not None else 0
    if len(book.unfinished()) >= MOST_UNFINISHED:
        raise Refusal(
            400, "InvalidInput", "The maximum number of concurrent queries has been reached."
        )
    query = book.create(text, checked, first_row)
    if call.effect in _EFFECTS:
        name, value = _EFFECTS[call.effect]
        setattr(query, name, now if name == "cancelled" else value)
    if call.effect == "fatal_report":
        query.outcome, query.explanation = FATAL, explanation(_FAILED)
    return {"queryId": query.id}


async def _get(call: Call) -> Json:
    query = _find(call)
    await call.sandbox.bring_queries_up_to_date(_book(call), [query])
    return query.body(call.sandbox.world.clock.now())


async def _list(call: Call) -> Json:
    book, now = _book(call), call.sandbox.world.clock.now()
    asked = query_listing.asked(call.query, now)
    await call.sandbox.bring_queries_up_to_date(book, list(book.newest_first()))
    found, token = query_listing.page(book, asked, now)
    body: dict[str, Any] = {"queries": call.delivered([query.body(now) for query in found])}
    if token is not None:
        body["pagination"] = {"nextToken": token}
    return body


async def _cancel(call: Call) -> Json:
    query = _find(call)
    now = call.sandbox.world.clock.now()
    await call.sandbox.bring_queries_up_to_date(_book(call), [query])
    status = query.status(now)
    if status == CANCELLED:
        return None
    if status not in {IN_QUEUE, IN_PROGRESS}:
        raise invalid_input(f"A query that is {status} cannot be cancelled.")
    query.cancelled = now
    return None


async def _document(call: Call) -> Json:
    sandbox, document_id = call.sandbox, call.path["documentId"]
    query = _book(call).find_document(document_id)
    if query is None:
        raise not_found(f"Document {document_id} does not exist.")
    document = await sandbox.query_document(_book(call), query)
    now = sandbox.world.clock.now()
    return {
        "documentId": document_id,
        "documentUrl": presign(sandbox.url, document_id, now, encoded=document.compressed),
    }


def _find(call: Call) -> Query:
    query_id = call.path["queryId"]
    query = _book(call).find(query_id)
    if query is None:
        raise not_found(f"Query {query_id} does not exist.")
    return query


_QUERIES = "/dataKiosk/2023-11-15/queries"
_SLOW_LIST = Rate(0.0222, 10)
_MINUTE = Rate(0.0167, 15)

OPERATIONS = (
    Operation("getQueries", "GET", _QUERIES, _SLOW_LIST, 200, _list),
    Operation("createQuery", "POST", _QUERIES, _MINUTE, 202, _create),
    Operation("getQuery", "GET", _QUERIES + "/{queryId}", Rate(2, 15), 200, _get),
    Operation("cancelQuery", "DELETE", _QUERIES + "/{queryId}", _SLOW_LIST, 204, _cancel),
    Operation(
        "getDocument",
        "GET",
        "/dataKiosk/2023-11-15/documents/{documentId}",
        _MINUTE,
        200,
        _document,
    ),
)
TRUTH = queries.TRUTH
"""What a perfect sync delivers of the streams that only Data Kiosk has."""

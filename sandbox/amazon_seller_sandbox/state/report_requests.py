"""Reports API 2021-06-30: what may be asked of reports, and the answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amazon_seller_sandbox.clock import DAY, parse_instant
from amazon_seller_sandbox.page_tokens import content_of, page_token
from amazon_seller_sandbox.refusals import invalid_input, not_found, unauthorized
from amazon_seller_sandbox.report_types.families import REPORT_TYPES
from amazon_seller_sandbox.state.reports import IN_QUEUE, RETENTION, STATUSES, Report, ReportBook
from amazon_seller_sandbox.world.accounts import ALL_MARKETPLACES, Account, Grant, Marketplace

if TYPE_CHECKING:
    from amazon_seller_sandbox.report_types.report_type import ReportType

Query = Mapping[str, list[str]]

_MOST_MARKETPLACES = 25
_MOST_FILTERS = 10
_LARGEST_PAGE = 100
_TOKEN_SECRET = b"sandbox-next-token"
_MARKETPLACE_REFUSED = (
    "Report rejected for this client. Some of the marketplaces are not allowed for this Report"
)


def instant(value: object, name: str) -> float:
    """Read a date-time of a request.

    Raises:
        Refusal: 400, it is none.
    """
    try:
        return parse_instant(value if isinstance(value, str) else "")
    except ValueError as error:
        raise invalid_input(f"Invalid Input: {name} is not a valid ISO 8601 date-time.") from error


def report_type(body: Mapping[str, Any], grant: Grant) -> ReportType:
    """Return the report type of a request.

    Raises:
        Refusal: 400 unknown type, 403 the seller did not agree to the role it needs.
    """
    name = body.get("reportType")
    if not isinstance(name, str) or not name:
        raise invalid_input("Invalid Input: reportType is required.")
    kind = REPORT_TYPES.get(name)
    if kind is None:
        raise invalid_input(f"Invalid Report Type {name}")
    if kind.role not in grant.roles:
        raise unauthorized()
    if not kind.requestable:
        raise invalid_input(f"Report type {name} cannot be requested.")
    return kind


def marketplaces(body: Mapping[str, Any], account: Account) -> tuple[Marketplace, ...]:
    """Return the marketplaces of a request.

    Raises:
        Refusal: 400 not 1 to 25 ids, or one the account does not sell in; 403 another region's.
    """
    ids = body.get("marketplaceIds")
    if (
        not isinstance(ids, list)
        or not 1 <= len(ids) <= _MOST_MARKETPLACES
        or not all(isinstance(each, str) for each in ids)
    ):
        raise invalid_input("Invalid Input: marketplaceIds must hold 1 to 25 marketplace ids.")
    found = [account.marketplace(each) for each in ids]
    if None not in found:
        return tuple(each for each in found if each is not None)
    networks = {each.network for each in account.marketplaces}
    if any(
        each in ALL_MARKETPLACES and ALL_MARKETPLACES[each].network not in networks for each in ids
    ):
        raise unauthorized()
    raise invalid_input(_MARKETPLACE_REFUSED)


def options(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the report options of a request.

    Raises:
        Refusal: 400, they are not a map of strings.
    """
    found = body.get("reportOptions")
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise invalid_input("Invalid Input: reportOptions must be a map of strings.")
    return dict(found)


def create(book: ReportBook, grant: Grant, body: Mapping[str, Any]) -> Report:
    """Answer createReport.

    Raises:
        Refusal: 400 or 403, the request is not acceptable.
    """
    kind = report_type(body, grant)
    now = book.world.clock.now()
    markets = marketplaces(body, grant.account)
    if kind.regions and grant.account.region not in kind.regions:
        raise invalid_input(_MARKETPLACE_REFUSED)
    start, end = body.get("dataStartTime"), body.get("dataEndTime")
    data_end = now if end is None else instant(end, "dataEndTime")
    data_start = data_end if start is None else instant(start, "dataStartTime")
    # The answer's Date header has full seconds: allow for what it cuts off.
    if data_end > now + 1:
        raise invalid_input("Invalid Input: dataEndTime must not be after the current time.")
    if data_start > data_end:
        raise invalid_input("Invalid Input: dataStartTime must not be after dataEndTime.")
    return book.create(kind, markets, data_start, data_end, options(body), created=now)


def find(book: ReportBook, report_id: str) -> Report:
    """Return a report.

    Raises:
        Refusal: 400 the id is malformed, 404 there is no such report.
    """
    if not re.fullmatch(r"\d+", report_id):
        raise invalid_input(f"Invalid Input: {report_id} is not a valid report id.")
    report = book.find(report_id)
    if report is None:
        raise not_found(f"Report {report_id} was not found.")
    return report


def cancel(book: ReportBook, report_id: str) -> None:
    """Answer cancelReport: only a queued report can be cancelled.

    Raises:
        Refusal: 400 it is past the queue, 404 there is no such report.
    """
    report, now = find(book, report_id), book.world.clock.now()
    if report.status(now) != IN_QUEUE:
        raise invalid_input(f"Report {report_id} is not IN_QUEUE and cannot be cancelled.")
    report.cancelled = now


def find_document(book: ReportBook, grant: Grant, document_id: str) -> Report:
    """Return the finished report that a document belongs to.

    Raises:
        Refusal: 400 the id is malformed, 403 the role is missing, 404 there is no such document.
    """
    if not document_id.startswith("amzn1.spdoc."):
        raise invalid_input(f"Invalid Input: {document_id} is not a valid report document id.")
    report = book.find_document(document_id)
    if report is None or "reportDocumentId" not in report.body(book.world.clock.now()):
        raise not_found(f"Report document {document_id} was not found.")
    if report.type.role not in grant.roles:
        raise unauthorized()
    return report


@dataclass(frozen=True, slots=True)
class Listing:
    """What a getReports call requests, and after which report to continue."""

    types: tuple[str, ...]
    statuses: tuple[str, ...]
    markets: tuple[str, ...]
    since: float
    until: float
    size: int
    after: str | None = None


def _csv(query: Query, name: str) -> tuple[str, ...]:
    return tuple(part for value in query.get(name, []) for part in value.split(",") if part)


def listing(query: Query, now: float) -> Listing:
    """Read the parameters of getReports.

    Raises:
        Refusal: 400, they are not those of Amazon's model.
    """
    token = next(iter(query.get("nextToken", [])), None)
    if token is not None:
        others = ("reportTypes", "processingStatuses", "pageSize", "createdSince", "createdUntil")
        # Amazon's own marketplaceIds comes along from clients that add it to every call.
        if any(name in query for name in others):
            raise invalid_input("Invalid Input: nextToken must be the only parameter.")
        return _read_token(token)
    types = _csv(query, "reportTypes")
    if not 1 <= len(types) <= _MOST_FILTERS:
        raise invalid_input("Invalid Input: 1 to 10 reportTypes or a nextToken are required.")
    unknown = [each for each in types if not re.fullmatch(r"[A-Z][A-Z0-9_]+", each)]
    if unknown:
        raise invalid_input(f"Invalid Report Type {unknown[0]}")
    statuses = _csv(query, "processingStatuses")
    if any(each not in STATUSES for each in statuses):
        raise invalid_input("Invalid Input", "Invalid input in processing status")
    markets = _csv(query, "marketplaceIds")
    if len(markets) > _MOST_FILTERS:
        raise invalid_input("Invalid Input: at most 10 marketplaceIds are allowed.")
    size = next(iter(query.get("pageSize", [])), "10")
    if not size.isdecimal() or not 1 <= int(size) <= _LARGEST_PAGE:
        raise invalid_input("Invalid Input: pageSize must be between 1 and 100.")
    since = query.get("createdSince")
    until = query.get("createdUntil")
    earliest = now - RETENTION
    first = instant(since[0], "createdSince") if since else earliest
    if first < earliest - DAY:
        raise invalid_input("Invalid Input: createdSince must not be more than 90 days ago.")
    return Listing(
        types,
        statuses,
        markets,
        first,
        instant(until[0], "createdUntil") if until else now,
        int(size),
    )


def _read_token(token: str) -> Listing:
    refusal = invalid_input("Invalid Input: nextToken is invalid.")
    try:
        types, statuses, markets, *rest = content_of(_TOKEN_SECRET, token)
    except ValueError as error:
        raise refusal from error
    return Listing(tuple(types), tuple(statuses), tuple(markets), *rest)


def next_token(asked: Listing, after: str) -> str:
    """Return the token for the page after a report."""
    return page_token(
        _TOKEN_SECRET,
        [asked.types, asked.statuses, asked.markets, asked.since, asked.until, asked.size, after],
    )


def page(book: ReportBook, asked: Listing) -> tuple[list[Report], str | None]:
    """Return one page of reports, newest first, and the token of the next page."""
    now = book.world.clock.now()
    found = [
        report
        for report in book.newest_first()
        if report.type.name in asked.types
        and asked.since <= report.created <= asked.until
        and (not asked.statuses or report.status(now) in asked.statuses)
        and (not asked.markets or any(each.id in asked.markets for each in report.markets))
    ]
    if asked.after is not None:
        ids = [report.id for report in found]
        found = found[ids.index(asked.after) + 1 :] if asked.after in ids else []
    first, rest = found[: asked.size], found[asked.size :]
    return first, next_token(asked, first[-1].id) if rest else None

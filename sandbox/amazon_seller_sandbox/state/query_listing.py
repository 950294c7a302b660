"""getQueries: its filters and pages; a token goes with the very parameters it was given for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from amazon_seller_sandbox.page_tokens import content_of, page_token
from amazon_seller_sandbox.refusals import invalid_input
from amazon_seller_sandbox.state.report_requests import instant
from amazon_seller_sandbox.state.reports import RETENTION, STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_seller_sandbox.state.queries import Query, QueryBook

_SECRET = b"sandbox-queries-token"
_LARGEST_PAGE = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What a caller wants of the list; instants in seconds."""

    statuses: tuple[str, ...]
    since: float
    until: float
    size: int
    first: int
    filters: str
    """All parameters but the token and the size of a page, which may change."""


def asked(query: Mapping[str, list[str]], now: float) -> Asked:
    """Read the parameters.

    Raises:
        Refusal: 400, one is none, or the token is of other parameters.
    """
    given = {name: values[0] for name, values in query.items() if name != "paginationToken"}
    size = given.pop("pageSize", "10")
    if not size.isdecimal() or not 1 <= int(size) <= _LARGEST_PAGE:
        raise invalid_input(f"Invalid Input: pageSize must be 1 to {_LARGEST_PAGE}.")
    statuses = tuple(
        each for value in query.get("processingStatuses", []) for each in value.split(",") if each
    )
    if unknown := [each for each in statuses if each not in STATUSES]:
        raise invalid_input(f"Invalid Input: processingStatuses has {unknown[0]}.")
    since, until = given.get("createdSince"), given.get("createdUntil")
    filters = json.dumps(given, sort_keys=True)
    token = query.get("paginationToken")
    return Asked(
        statuses or STATUSES,
        instant(since, "createdSince") if since else now - RETENTION,
        instant(until, "createdUntil") if until else now,
        int(size),
        _first(token[0], filters) if token else 0,
        filters,
    )


def page(book: QueryBook, wanted: Asked, now: float) -> tuple[list[Query], str | None]:
    """Return the queries of a page, newest first, and what requests the next one."""
    found = [
        query
        for query in book.newest_first()
        if wanted.since <= query.created <= wanted.until and query.status(now) in wanted.statuses
    ]
    end = wanted.first + wanted.size
    more = page_token(_SECRET, [end, wanted.filters]) if len(found) > end else None
    return found[wanted.first : end], more


def _first(token: str, filters: str) -> int:
    refusal = invalid_input("Invalid Input: paginationToken is not valid for these parameters.")
    try:
        first, given = content_of(_SECRET, token)
    except ValueError:
        raise refusal from None
    if given != filters:
        raise refusal
    return int(first)

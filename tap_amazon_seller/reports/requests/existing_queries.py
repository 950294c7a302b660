"""The queries of Data Kiosk that Amazon has already: recognised by their text, which Amazon keeps.

A further page has the same text as the first, and Amazon does not say with which token it was requested:
those that this tap requested are known by the state, and a query that is younger than one of the same
text with further pages may be such a page, so it is not taken for a first one.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from amazon_selling_partner import AmazonError, RetryableError, UnavailableError
from tap_amazon_seller.instants import parse_instant
from tap_amazon_seller.reports.requests.reuse import IN_PROGRESS, ExistingReport

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from amazon_selling_partner import Query, SellingPartnerClient
    from tap_amazon_seller.reports.requests.reuse import AgeLimits
    from tap_amazon_seller.reports.requests.windows import ReportRequest

logger = logging.getLogger(__name__)

USABLE = ("DONE", "IN_PROGRESS", "IN_QUEUE")
PAGE = "page"
"""The key, in what the state keeps of a query, of the page that it requests."""
MARGIN = timedelta(days=1)
"""So much further back queries are listed, for first pages of those that are young enough."""
LONGEST = timedelta(days=29)
"""Amazon keeps queries for 30 days (`@resultRetention` in its schemas)."""


def digest(token: str) -> str:
    """What the state knows a page by: tokens are long."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


@dataclass(slots=True)
class _Known:
    """What Amazon has, by text and by page."""

    of_text: dict[str, list[ExistingReport]] = field(default_factory=dict)
    of_page: dict[str, ExistingReport] = field(default_factory=dict)


class QueryListing:
    """The existing queries of one account.

    Listing only saves calls: where Amazon does not answer, there is nothing to use, and that is all.

    Args:
        client: The account's client.
        limits: How old a query may be to stand in for a new one.
        remembered: What an earlier sync requested and did not read, by id (see `reuse`).
    """

    def __init__(
        self,
        client: SellingPartnerClient,
        limits: AgeLimits,
        remembered: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._client = client
        self._limits = limits
        self._remembered = remembered
        self._known = _Known()

    def find(
        self, requests: Collection[ReportRequest], now: datetime
    ) -> dict[ReportRequest, tuple[ReportRequest, ExistingReport]]:
        """By request, the query that stands in for it."""
        ages = [self._limits.oldest(request) for request in requests]
        sources = {request.definition.report_type for request in requests}
        ours = [
            query_id for query_id, one in self._remembered.items() if one["report_type"] in sources
        ]
        if not requests or self._limits.max_age == timedelta(0) or not (any(ages) or ours):
            return {}
        self._known = self._listed(min(max(ages) + MARGIN, LONGEST), ours, now)
        found = {}
        for request in requests:
            text = request.query_text(now.date())
            candidates = _first_pages(self._known.of_text.get(text, ()))
            for one in sorted(candidates, key=lambda each: each.created, reverse=True):
                if self._stands_in(one, request, now):
                    logger.info("Using query %s, which exists: %s.", one.report_id, request)
                    found[request] = request, one
                    break
        return found

    def page(self, token: str) -> ExistingReport | None:
        """The query of a further page that an earlier sync requested."""
        return self._known.of_page.get(digest(token))

    def _listed(self, age: timedelta, ours: Iterable[str], now: datetime) -> _Known:
        """What getQueries lists, and what the state remembers beside that."""
        answers: dict[str, Query] = {}
        try:
            for answer in self._client.data_kiosk.queries(now - age, USABLE):
                answers[answer.query_id] = answer
        except (AmazonError, RetryableError, UnavailableError) as error:
            logger.warning("Queries that exist cannot be listed: %s.", error)
        for query_id in ours:
            if query_id not in answers and (one_more := self._one(query_id)):
                answers[query_id] = one_more
        known = _Known()
        for answer in answers.values():
            kept = self._remembered.get(answer.query_id)
            one = _read(answer, dict(kept["options"]) if kept else None)
            if one is None:
                continue
            if page := (one.options or {}).get(PAGE):
                known.of_page[page] = one
            else:
                known.of_text.setdefault(answer.query.strip(), []).append(one)
        return known

    def _one(self, query_id: str) -> Query | None:
        try:
            return self._client.data_kiosk.query(query_id)
        except (AmazonError, RetryableError) as error:
            logger.info("Query %s of an earlier sync cannot be used: %s.", query_id, error)
            return None

    def _stands_in(self, one: ExistingReport, request: ReportRequest, now: datetime) -> bool:
        """Whether a query is young enough, and was made when the data of its time were there."""
        if one.status not in IN_PROGRESS | {"DONE"}:
            return False
        if now - one.created > self._limits.of(request, one):
            return False
        window = request.window
        return window is None or one.created >= window.end + request.definition.window.delay


def _first_pages(alike: Iterable[ExistingReport]) -> list[ExistingReport]:
    """Those of queries with one text that are not a further page of another."""
    found = []
    for one in sorted(alike, key=lambda each: each.created):
        found.append(one)
        if one.next_token:
            break
    return found


def _read(answer: Query, options: dict[str, str] | None) -> ExistingReport | None:
    """A query as the report that it is here; None where it cannot be read."""
    created = parse_instant(answer.created_time or "")
    if created is None or answer.processing_status not in USABLE:
        return None
    return ExistingReport(
        report_id=answer.query_id,
        report_type="",
        marketplace_ids=(),
        window=None,
        created=created,
        status=answer.processing_status,
        document_id=answer.data_document_id or "",
        options=options,
        next_token=answer.next_token,
    )

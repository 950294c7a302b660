"""Data Kiosk 2023-11-15: queries in GraphQL, and where their documents are."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from amazon_selling_partner import _answers
from amazon_selling_partner._operations import PAGED
from amazon_selling_partner._pages import read_page
from amazon_selling_partner.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from amazon_selling_partner._answers import Query
    from amazon_selling_partner._calls import Calls

logger = logging.getLogger(__name__)

PAGE_SIZE = 100
MOST_PAGES = 100
"""Of getQueries: 10,000 queries; an account can create some 1,440 a day."""


class DataKiosk:
    """The queries of one selling partner. Safe to use from several threads.

    Every method is tried once, and raises what `SellingPartnerClient` lists and, where it may succeed
    later, `RetryableError`.

    Args:
        calls: The account's calls.
        check: Refuses a document's address that must not be called, by a `RetryableError`.
    """

    def __init__(self, calls: Calls, check: Callable[[str, str], None]) -> None:
        self._calls = calls
        self._check = check

    def create_query(self, query: str, token: str = "") -> str:
        """createQuery; answers the query's id.

        Args:
            query: The text in GraphQL, of at most 8,000 characters.
            token: What requests a further page of the same text: `next_token` of the query before.

        Raises:
            PermissionDeniedError: The role is missing, or `details` names fields that are refused.
        """
        asked: dict[str, Any] = {"pagination_token": token} if token else {}
        read = partial(_answers.decode, kind=_answers.CreatedQuery)
        return self._calls.once("createQuery", read, query, **asked).query_id

    def query(self, query_id: str) -> Query:
        """getQuery: the query's state."""
        return self._calls.once("getQuery", partial(_answers.decode, kind=_answers.Query), query_id)

    def queries(self, since: datetime, statuses: Sequence[str]) -> Iterator[Query]:
        """getQueries: the queries created since then in these states; what cannot be read is left out.

        With the token of a page all other parameters stay, unlike those of getReports.

        Raises:
            UnavailableError: The pages have no end.
        """
        asked: dict[str, Any] = {
            "processingStatuses": ",".join(statuses),
            "createdSince": since.isoformat(timespec="seconds"),
            "pageSize": PAGE_SIZE,
        }
        operation = PAGED["getQueries"]
        tokens: set[str] = set()
        for _ in range(MOST_PAGES):
            page = self._calls.once("getQueries", partial(read_page, operation), **asked)
            for item in page.items or ():
                if flaw := _answers.flaw(item, _answers.Query):
                    logger.warning(
                        "getQueries gave an item that cannot be read, which is left out (%s).", flaw
                    )
                else:
                    yield msgspec.convert(item, _answers.Query)
            if not page.token or page.token in tokens:
                return
            tokens.add(page.token)
            asked[operation.token_parameter] = page.token
        raise UnavailableError(f"getQueries has no end: {MOST_PAGES} pages came.")

    def cancel_query(self, query_id: str) -> None:
        """cancelQuery: a query that is not finished is not made."""
        self._calls.once("cancelQuery", lambda _: None, query_id)

    def document_url(self, document_id: str) -> str:
        """getDocument: a presigned URL, valid for 5 minutes.

        Raises:
            RetryableError: It may succeed later, or it gives an address that must not be called.
        """
        read = partial(_answers.decode, kind=_answers.KioskDocument)
        found = self._calls.once("getDocument", read, document_id)
        self._check("getDocument", found.document_url)
        return found.document_url

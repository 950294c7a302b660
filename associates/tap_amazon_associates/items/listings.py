"""Items that are not requested by their own ASIN: of a search, or variations of another item."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_amazon_associates.cache import Answer
from tap_amazon_associates.codes import gtin14, same_product
from tap_amazon_associates.creators.client import MOST_ITEMS
from tap_amazon_associates.errors import (
    CreatorsApiError,
    RefusedRequestError,
    UnreadableAnswerError,
)
from tap_amazon_associates.items.outcomes import Found, Missing, Reason
from tap_amazon_associates.items.records import codes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_amazon_associates.config.searches import Search
    from tap_amazon_associates.creators.answers import ItemsAnswer
    from tap_amazon_associates.items.session import Session
    from tap_amazon_associates.marketplaces import Marketplace

logger = logging.getLogger(__name__)

SEARCH, VARIATIONS = "search", "variations"
MOST_VARIATION_PAGES = 100
Outcomes = list[Found] | Missing
_EAN, _UPC, _EAN_8 = 13, 12, 8


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a list is of: the cache's kind and key, the user's word, and how to say that it is empty."""

    kind: str
    key: str
    query: str
    nothing: str


class Listings:
    """Searches, and lists variations, in one marketplace."""

    def __init__(self, session: Session, marketplace: Marketplace, tag: str) -> None:
        self._session = session
        self._marketplace = marketplace
        self._tag = tag

    def search(self, search: Search) -> Outcomes:
        """The items of a search; where a code was searched for, those that have it.

        Raises:
            SetupError: No call can succeed before somebody changes a setting.
        """
        criteria = dict(search.criteria)
        if search.code:
            criteria["keywords"] = searchable(search.code)
        key = json.dumps([sorted(criteria.items()), search.pages, search.code])

        def pages() -> Iterator[ItemsAnswer]:
            for page in range(1, search.pages + 1):
                answer = self._session.client.search_items(
                    self._marketplace, self._tag, criteria, page=page
                )
                yield answer
                if len(answer.items) < MOST_ITEMS:
                    return

        def accepts(item: dict[str, Any]) -> bool:
            return search.code is None or same_product(search.code, codes_of(item))

        nothing = "has this code" if search.code else "is found"
        asked = _Asked(SEARCH, key, search.query, f"No item {nothing}")
        return self._listed(asked, pages, accepts)

    def variations(self, asin: str) -> Outcomes:
        """The variations of an item, or of its parent.

        Raises:
            SetupError: No call can succeed before somebody changes a setting.
        """

        def pages() -> Iterator[ItemsAnswer]:
            page = 0
            while page < MOST_VARIATION_PAGES:
                page += 1
                answer = self._session.client.get_variations(
                    self._marketplace, self._tag, asin, page=page
                )
                yield answer
                if page >= answer.pages or not answer.items:
                    return

        asked = _Asked(VARIATIONS, asin, asin, f"{asin} has no variations")
        return self._listed(asked, pages, lambda _: True)

    def _listed(
        self,
        asked: _Asked,
        pages: Callable[[], Iterator[ItemsAnswer]],
        accepts: Callable[[dict[str, Any]], bool],
    ) -> Outcomes:
        session = self._session
        scope = session.scope(self._marketplace, self._tag)
        known = session.cache.get(scope, asked.kind, [asked.key]).get(asked.key)
        if known is None or not self._is_fresh(known):
            try:
                known = self._ask(asked, pages, accepts)
            except CreatorsApiError as error:
                reason = session.reason_of(error)
                if isinstance(error, RefusedRequestError) and error.code == "NotFound":
                    reason = Reason.NOT_FOUND
                if reason.is_for_now:
                    return Missing(asked.query, reason, str(error), None, self._marketplace)
                known = Answer(
                    asked.key, session.clock.now(), found=False,
                    body={"reason": reason.value, "message": str(error)},
                )  # fmt: skip
            session.cache.put(scope, asked.kind, [known])
        if not known.found:
            said, message = Reason(known.body["reason"]), known.body["message"]
            return Missing(asked.query, said, message, None, self._marketplace, known.read_at)
        return [
            Found(item["asin"], self._marketplace, self._tag, item, known.read_at)
            for item in known.body
        ]

    def _is_fresh(self, answer: Answer) -> bool:
        session, now = self._session, self._session.clock.now()
        items = answer.body if answer.found else []
        return session.is_fresh(answer, now) and all(
            session.is_fresh(Answer("", answer.read_at, found=True, body=item), now)
            for item in items
        )

    def _ask(
        self,
        asked: _Asked,
        pages: Callable[[], Iterator[ItemsAnswer]],
        accepts: Callable[[dict[str, Any]], bool],
    ) -> Answer:
        session = self._session
        if session.stopped is not None:
            raise session.stopped
        try:
            answers = list(pages())
        except UnreadableAnswerError:
            answers = list(pages())
        now = session.clock.now()
        every = {item["asin"]: item for answer in answers for item in answer.items}
        items = [item for item in every.values() if accepts(item)]
        if items:
            return Answer(asked.key, now, found=True, body=items)
        errors = [error for answer in answers for error in answer.errors]
        said = "; ".join(f"{error.code}: {error.message}" for error in errors)
        if said and not every and "noresults" not in said.lower():
            raise RefusedRequestError(
                f"Amazon gives nothing for '{asked.query}' ({said}).", "", said
            )
        reason = Reason.NO_MATCH if every else Reason.NOT_FOUND
        among = f" among the {len(every)} that Amazon found" if every else ""
        message = f"{asked.nothing}{among} in {self._marketplace.host}."
        return Answer(
            asked.key, now, found=False, body={"reason": reason.value, "message": message}
        )


def searchable(code: str) -> str:
    """A code in the form in which products show it: EAN-8, UPC, EAN-13 or GTIN-14.

    >>> searchable("00036000291452"), searchable("04006381333931")
    ('036000291452', '4006381333931')
    """
    gtin = gtin14(code) or code
    for length in (_EAN_8, _UPC, _EAN):
        if gtin[:-length].strip("0") == "":
            return gtin[-length:]
    return gtin

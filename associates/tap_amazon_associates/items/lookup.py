"""Items by ASIN: from the cache, else in calls of ten, so that nothing costs more than itself.

A call that fails as a whole is made again for its halves, down to single ASINs: at most eight further
calls find one bad ASIN among ten. An error of Amazon's names the ASIN in its message alone.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from tap_amazon_associates.cache import Answer
from tap_amazon_associates.creators.client import MOST_ITEMS, RESOURCES
from tap_amazon_associates.errors import (
    CallFailedError,
    CreatorsApiError,
    RefusedRequestError,
    UnavailableError,
    UnreadableAnswerError,
)
from tap_amazon_associates.items.outcomes import Found, Missing, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from tap_amazon_associates.creators.answers import ItemError, ItemsAnswer
    from tap_amazon_associates.items.session import Session
    from tap_amazon_associates.marketplaces import Marketplace

logger = logging.getLogger(__name__)

KIND = "item"
KNOWN_AT_ONCE = 500
"""ASINs that the cache is asked at once."""
MOST_REFUSED = 3
"""So many calls in a row of which nothing is accepted: the request itself must be wrong."""
_TRIES_OF_A_WHOLE, _TRIES_OF_A_PART = 4, 2

_REASONS = (
    ("notaccessible", Reason.NOT_ACCESSIBLE),
    ("invalidparameter", Reason.INVALID),
    ("validation", Reason.INVALID),
    ("notfound", Reason.NOT_FOUND),
    ("noresults", Reason.NOT_FOUND),
    ("throttl", Reason.FAILED),
    ("toomanyrequests", Reason.FAILED),
    ("internal", Reason.FAILED),
)
"""Parts of Amazon's codes, in small letters.

Those of the Creators API have not been seen; PA-API 5 had InvalidParameterValue (also for an ASIN that a
marketplace does not have), ItemNotAccessible and NoResults.
"""


class ItemLookup:
    """Looks ASINs up in one marketplace."""

    def __init__(self, session: Session, marketplace: Marketplace, tag: str) -> None:
        self._session = session
        self._marketplace = marketplace
        self._tag = tag
        self._scope = session.scope(marketplace, tag)
        self._refusal: RefusedRequestError | None = None
        """A refusal of the last batch that named none of its ASINs."""
        self._refusals = 0

    def look_up(
        self, asins: Iterable[str], *, takes_stale: bool = False
    ) -> Iterator[Found | Missing]:
        """One outcome for each ASIN, however often it is given; what is known comes first.

        Args:
            asins: In any order, repeated or not.
            takes_stale: Whether data that is too old is taken where Amazon gives nothing newer.

        Raises:
            SetupError: No call can succeed before somebody changes a setting.
        """
        session = self._session
        pending: list[str] = []
        old: dict[str, Answer] = {}
        unique = list(dict.fromkeys(asins))
        for start in range(0, len(unique), KNOWN_AT_ONCE):
            some = unique[start : start + KNOWN_AT_ONCE]
            known = session.cache.get(self._scope, KIND, some)
            now = session.clock.now()
            for asin in some:
                answer = known.get(asin)
                if answer and session.is_fresh(answer, now):
                    yield self._outcome(answer)
                    continue
                if answer and answer.found and takes_stale:
                    old[asin] = answer
                pending.append(asin)
            while len(pending) >= MOST_ITEMS:
                yield from self._fetched(pending[:MOST_ITEMS], old)
                del pending[:MOST_ITEMS]
        if pending:
            yield from self._fetched(pending, old)

    def _fetched(self, asins: list[str], old: dict[str, Answer]) -> Iterator[Found | Missing]:
        """The outcomes of one call's ASINs, in their order."""
        results = self._fetch(asins)
        for asin in asins:
            outcome = results[asin]
            if isinstance(outcome, Missing) and outcome.reason.is_for_now and asin in old:
                yield self._outcome(old[asin], is_stale=True)
            else:
                yield outcome

    def _fetch(self, asins: list[str]) -> dict[str, Found | Missing]:
        results: dict[str, Found | Missing] = {}
        session = self._session
        self._refusal = None
        if session.stopped is None:
            try:
                self._ask(asins, results, tries=_TRIES_OF_A_WHOLE)
            except CreatorsApiError as error:
                reason = session.reason_of(error)
                logger.warning("%s", error)
                self._leave(asins, results, reason, error)
        else:
            self._leave(asins, results, session.reason_of(session.stopped), session.stopped)
        self._judge(asins, results)
        return results

    def _leave(
        self,
        asins: Sequence[str],
        results: dict[str, Found | Missing],
        reason: Reason,
        error: CreatorsApiError,
    ) -> None:
        for asin in asins:
            results.setdefault(asin, self._missing(asin, reason, str(error)))

    def _judge(self, asins: list[str], results: dict[str, Found | Missing]) -> None:
        """Stop where whatever is asked fails, instead of requesting each of a long list.

        Raises:
            RefusedRequestError: Amazon refuses every request.
        """
        reasons = {each.reason for each in results.values() if isinstance(each, Missing)}
        all_missing = all(isinstance(each, Missing) for each in results.values()) and len(asins) > 1
        if all_missing and reasons == {Reason.FAILED} and self._session.stopped is None:
            self._session.stopped = UnavailableError(
                "Amazon's servers fail for every item that is requested; try again later."
            )
            logger.warning("%s", self._session.stopped)
        self._refusals = self._refusals + 1 if all_missing and self._refusal else 0
        if self._refusal and self._refusals >= MOST_REFUSED:
            raise self._refusal

    def _ask(
        self, asins: Sequence[str], results: dict[str, Found | Missing], *, tries: int
    ) -> None:
        """Request ASINs, and for parts of them where a call fails as a whole."""
        try:
            answer = self._answer(asins, tries)
        except RefusedRequestError as error:
            named = [asin for asin in asins if _is_in(asin, error.text)]
            if not named:
                self._refusal = error
            if len(asins) == 1 or (named and len(named) < len(asins)):
                bad = named or list(asins)
                self._keep_errors(bad, results, _reason(error.code, Reason.REFUSED), str(error))
                if rest := [asin for asin in asins if asin not in bad]:
                    self._ask(rest, results, tries=_TRIES_OF_A_PART)
                return
            self._halve(asins, results)
        except CallFailedError as error:
            if len(asins) == 1:
                results[asins[0]] = self._missing(asins[0], Reason.FAILED, str(error))
                return
            logger.info(
                "A call for %d items failed (%s); requesting its halves.", len(asins), error
            )
            self._halve(asins, results)
        else:
            self._take(asins, answer, results)

    def _answer(self, asins: Sequence[str], tries: int) -> ItemsAnswer:
        client = self._session.client
        arguments = (self._marketplace, self._tag, asins, RESOURCES)
        try:
            return client.get_items(*arguments, tries=tries)
        except UnreadableAnswerError:
            if tries == _TRIES_OF_A_PART:
                raise
            return client.get_items(*arguments, tries=tries)

    def _halve(self, asins: Sequence[str], results: dict[str, Found | Missing]) -> None:
        middle = (len(asins) + 1) // 2
        for part in (asins[:middle], asins[middle:]):
            self._ask(part, results, tries=_TRIES_OF_A_PART)

    def _take(
        self, asins: Sequence[str], answer: ItemsAnswer, results: dict[str, Found | Missing]
    ) -> None:
        """Take and keep what an answer says of each ASIN; items nobody requested are passed over."""
        now = self._session.clock.now()
        items = {item["asin"]: item for item in reversed(answer.items)}
        errors = errors_by_asin(answer.errors, [asin for asin in asins if asin not in items])
        kept: list[Answer] = []
        for asin in asins:
            if asin in items:
                kept.append(Answer(asin, now, found=True, body=items[asin]))
            elif asin in errors:
                error = errors[asin]
                reason = _reason(error.code, Reason.REFUSED)
                kept.append(_error(asin, now, reason, _sentence(asin, error, self._marketplace)))
            else:
                message = f"Amazon's answer does not mention {asin} ({self._marketplace.host})."
                kept.append(_error(asin, now, Reason.NOT_RETURNED, message))
        self._keep(kept, results)

    def _keep_errors(
        self, asins: Iterable[str], results: dict[str, Found | Missing], reason: Reason, said: str
    ) -> None:
        now = self._session.clock.now()
        self._keep([_error(asin, now, reason, said) for asin in asins], results)

    def _keep(self, answers: list[Answer], results: dict[str, Found | Missing]) -> None:
        outcomes = {answer.key: self._outcome(answer) for answer in answers}
        results.update(outcomes)
        lasting = [
            answer
            for answer in answers
            if not (
                isinstance(outcome := outcomes[answer.key], Missing) and outcome.reason.is_for_now
            )
        ]
        self._session.cache.put(self._scope, KIND, lasting)

    def _outcome(self, answer: Answer, *, is_stale: bool = False) -> Found | Missing:
        if answer.found:
            return Found(
                answer.key, self._marketplace, self._tag, answer.body, answer.read_at, is_stale
            )
        reason, message = Reason(answer.body["reason"]), answer.body["message"]
        return self._missing(answer.key, reason, message, answer.read_at)

    def _missing(
        self, asin: str, reason: Reason, message: str, at: datetime | None = None
    ) -> Missing:
        return Missing(asin, reason, message, asin, self._marketplace, at)


def errors_by_asin(errors: Sequence[ItemError], asins: Sequence[str]) -> dict[str, ItemError]:
    """The errors of an answer by the ASIN that each is about.

    One that names none is about the ASIN that is left over, where there is one of each.

    Args:
        errors: Those of the answer.
        asins: Those that were requested and have no item.
    """
    found: dict[str, ItemError] = {}
    nameless = []
    for error in errors:
        named = [asin for asin in asins if _is_in(asin, error.message)]
        nameless += [] if named else [error]
        for asin in named:
            found.setdefault(asin, error)
    left = [asin for asin in asins if asin not in found]
    if len(left) == 1 and len(nameless) == 1:
        found[left[0]] = nameless[0]
    return found


def _is_in(asin: str, text: str) -> bool:
    return re.search(rf"(?<![0-9A-Za-z]){asin}(?![0-9A-Za-z])", text) is not None


def _reason(code: str, otherwise: Reason) -> Reason:
    plain = code.lower()
    return next((reason for part, reason in _REASONS if part in plain), otherwise)


def _sentence(asin: str, error: ItemError, marketplace: Marketplace) -> str:
    said = " ".join(f"{error.code}: {error.message}".split())[:300]
    return f"Amazon gives no item for {asin} in {marketplace.host} ({said})."


def _error(asin: str, at: datetime, reason: Reason, message: str) -> Answer:
    return Answer(asin, at, found=False, body={"reason": reason.value, "message": message})

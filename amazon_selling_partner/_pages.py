"""Lists that come in pages: what one page has, and how the pages of a question are read one by one."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from amazon_selling_partner import _answers
from amazon_selling_partner._operations import PAGED
from amazon_selling_partner.errors import (
    AmazonError,
    PageTokenError,
    RetryableError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from amazon_selling_partner._answers import Json
    from amazon_selling_partner._calls import Calls
    from amazon_selling_partner._operations import PagedOperation
    from amazon_selling_partner._redaction import Redaction

    Reject = Callable[[object, str], object]
    """Called with an item that cannot be relied on, and why (without a word of it)."""

logger = logging.getLogger(__name__)

MOST_PAGES = 10_000
"""Pages of one question; a million orders of a window are fewer."""
TOKEN_REFUSALS = frozenset({400, 404})
"""How Amazon refuses a page's token."""
MOST_EMPTY_PAGES = 100
"""Pages without an item, one after the other; Amazon has some where it filters after it reads."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it came.

    Attributes:
        items: Its items, which may be anything; None where it has no list.
        token: What requests the next page; None, or empty, on the last.
        total: How many items all pages have together; None where the operation does not say.
        new: Members that Amazon's model does not have, such as `payload.summary`.
    """

    items: list[Any] | None
    token: str | None
    total: int | None = None
    new: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CountedPage:
    """A page of a list whose pages are requested by their offset.

    Attributes:
        items: Those that can be relied on.
        came: How many came, those that cannot be relied on included.
        total: How many there are in all pages; None where Amazon does not say.
    """

    items: list[Json]
    came: int
    total: int | None


def read_page(operation: PagedOperation, body: bytes) -> Page:
    """A page of an operation.

    Raises:
        RetryableError: The answer is another one. That is one without a list that the model requires;
            one that has no list but members that are not known, which may hold the items under another
            name; and one whose list holds no object.
    """
    answer = _answers.decode(body, dict[str, Any])
    items = _member(answer, operation.items_at, list, operation.list_name)
    token = _member(answer, operation.token_at, str, ".".join(operation.token_at))
    way = operation.total_at
    total = _member(answer, way, int, ".".join(way)) if way else None
    new = tuple(".".join(way) for way in _unknown(answer, (), operation))
    if items is None and operation.is_required:
        raise RetryableError(f"gave an answer without {operation.list_name}, which is required")
    if items is None and new:
        raise RetryableError(f"gave an answer without {operation.list_name} that has other members")
    _answers.refuse_if_all_wrong(items or ())
    return Page(items, token, total, new)


def _member(answer: Json, way: Sequence[str], kind: type, name: str) -> Any:
    """What stands at the end of a way of members; None where it is not there, or null.

    Raises:
        RetryableError: It is of another kind, or what is on the way is not an object.
    """
    found: Any = answer
    for step in way:
        if not isinstance(found, dict):
            raise RetryableError(f"gave an answer of another form (no object on the way to {name})")
        found = found.get(step)
        if found is None:
            return None
    if not isinstance(found, kind):
        raise RetryableError(f"gave an answer of another form ({name} is not a {_KINDS[kind]})")
    return found


_KINDS: dict[type, str] = {list: "list", str: "text", int: "number"}


def _unknown(
    value: Json, around: tuple[str, ...], operation: PagedOperation
) -> Iterator[tuple[str, ...]]:
    """The ways to members that hold something and that the model does not have."""
    for name, member in value.items():
        way = (*around, name)
        if not operation.is_known(way):
            if member is not None:
                yield way
        elif isinstance(member, dict):
            yield from _unknown(member, way, operation)


class PageDigests:
    """Which contents the pages of one question had: a server that ignores tokens repeats itself."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()

    def is_known(self, items: list[Any]) -> bool:
        """Whether a page with these items has come before; remembers them."""
        digest = hashlib.sha256(msgspec.json.encode(items, order="sorted")).digest()
        if digest in self._known:
            return True
        self._known.add(digest)
        return False


class Paging:
    """The pages of questions, one by one; `SellingPartnerClient` says what each method promises.

    Args:
        calls: The calls of the account.
        redaction: Makes the names of new members fit to be shown.
    """

    def __init__(self, calls: Calls, redaction: Redaction) -> None:
        self._calls = calls
        self._redaction = redaction
        self._announced: set[tuple[str, str]] = set()

    def pages(
        self, name: str, parameters: Mapping[str, Any], reject: Reject | None
    ) -> Iterator[list[Json]]:
        """The items of each page, requested by the token of the one before."""
        operation = PAGED[name]
        reject = reject or partial(warn_of_item, name)
        asked = dict(parameters)
        digests = PageDigests()
        tokens: set[str] = set()
        empty = 0
        for _ in range(MOST_PAGES):
            page = self._page(operation, asked)
            self._announce(operation, page)
            if page.items and digests.is_known(page.items):
                raise UnavailableError(f"{name} answered with the same page twice.")
            yield list(_sound(operation, page, reject))
            if not page.token:
                return
            if page.token in tokens:
                raise UnavailableError(f"{name} answered with the same page twice.")
            empty = 0 if page.items else empty + 1
            if empty >= MOST_EMPTY_PAGES:
                raise UnavailableError(f"{name} answered with {empty} empty pages in a row.")
            tokens.add(page.token)
            asked = {} if operation.token_alone else dict(parameters)
            asked[operation.token_parameter] = page.token
        raise UnavailableError(f"{name} has no end: {MOST_PAGES} pages came.")

    def counted_page(
        self, name: str, parameters: Mapping[str, Any], reject: Reject | None
    ) -> CountedPage:
        """One page that is requested by its offset."""
        operation = PAGED[name]
        page = self._page(operation, parameters)
        self._announce(operation, page)
        items = list(_sound(operation, page, reject or partial(warn_of_item, name)))
        return CountedPage(items, len(page.items or ()), page.total)

    def reports(self, parameters: Json) -> Iterator[Json]:
        """The reports of getReports, each page tried once."""
        operation = PAGED["getReports"]
        tokens: set[str] = set()
        for _ in range(MOST_PAGES):
            page = self._calls.once("getReports", partial(read_page, operation), **parameters)
            yield from _sound(operation, page, partial(warn_of_item, "getReports"))
            if not page.token or page.token in tokens:  # going round in circles brings nothing new
                return
            tokens.add(page.token)
            parameters = {operation.token_parameter: page.token}
        raise UnavailableError(f"getReports has no end: {MOST_PAGES} pages came.")

    def _page(self, operation: PagedOperation, asked: Mapping[str, Any]) -> Page:
        """One page; requested once more where it has no list, though Amazon's model allows that."""
        page = self._page_once(operation, asked)
        if page.items is not None:
            return page
        logger.warning(
            "%s answered without %s; requesting again.", operation.name, operation.list_name
        )
        page = self._page_once(operation, asked)
        if page.items is None:
            logger.warning(
                "%s answered without %s again; taken as nothing there, as Amazon's model allows.",
                operation.name, operation.list_name,
            )  # fmt: skip
        return page

    def _page_once(self, operation: PagedOperation, asked: Mapping[str, Any]) -> Page:
        try:
            return self._calls.call(
                operation.name,
                partial(read_page, operation),
                restricted=(operation.restricted_path, operation.data_elements),
                **asked,
            )
        except AmazonError as error:
            if operation.token_parameter in asked and error.status in TOKEN_REFUSALS:
                raise PageTokenError(
                    error.operation, error.status, error.code, error.message, error.details
                ) from None
            raise

    def _announce(self, operation: PagedOperation, page: Page) -> None:
        """Say once which members of a page are new: they are not passed on."""
        new = [name for name in page.new if (operation.name, name) not in self._announced]
        if new:
            self._announced.update((operation.name, name) for name in new)
            logger.warning(
                "%s answers with members that are new to this program, and not passed on: %s.",
                operation.name, ", ".join(self._redaction(name) for name in new),
            )  # fmt: skip


def _sound(operation: PagedOperation, page: Page, reject: Reject) -> Iterator[Json]:
    """The items of a page that callers can rely on."""
    for item in page.items or ():
        if flaw := _answers.flaw(item, operation.item):
            reject(item, flaw)
        else:
            yield item


def warn_of_item(name: str, _: object, flaw: str) -> None:
    """Warn of an item that an operation gave and that cannot be relied on."""
    logger.warning("%s gave an item that cannot be read, which is left out (%s).", name, flaw)

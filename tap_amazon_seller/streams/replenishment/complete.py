"""All of a list of which Amazon shows only the first pages: read in parts until it is complete.

listOfferMetrics and listOffers take an offset of 9,000 at most (Amazon's model), so one question brings
9,500 offers, or 9,100. Amazon says how many there are. What is beyond is found by parts that are smaller
(filters), and from the other end (sort orders); what comes twice counts once. Nothing here makes a call
by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Mapping, Sequence

    Found = dict[str, Any]
    Filters = Mapping[str, Any]

LAST_OFFSET = 9_000
"""`maximum` of `offset` in Amazon's model."""
ASINS_AT_ONCE = 20
"""`maxItems` of the filter `asins`."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page.

    Attributes:
        found: Its items, and those that cannot be relied on.
        total: How many the question has in all; None where Amazon does not say.
    """

    found: Sequence[Found]
    total: int | None


class Ask(Protocol):
    """Requests one page."""

    def __call__(self, filters: Filters, sort: Mapping[str, str], offset: int, /) -> Shown:
        """The page of a question from an offset on."""


@dataclass(slots=True)
class Listing:
    """A list that is read until it is complete.

    Attributes:
        total: How many items it has, as Amazon last said; None where it never did.
        known: What has come, by its key.

    Args:
        ask: Requests a page.
        size: How many items a page has.
        key: What identifies an item.
        sorts: The orders that Amazon can put it in.
    """

    ask: Ask
    size: int
    key: Callable[[Found], Hashable]
    sorts: Sequence[Mapping[str, str]]
    total: int | None = None
    known: dict[Hashable, None] = field(default_factory=dict)
    _asins: set[str] = field(default_factory=set)

    @property
    def missing(self) -> int:
        """How many items Amazon has counted and not shown."""
        return max(0, (self.total or 0) - len(self.known))

    def every(
        self,
        parts: Callable[[], Iterable[Filters]] = tuple,
        asins: Callable[[], Iterable[str]] = tuple,
    ) -> Iterator[Found]:
        """Each item once.

        Args:
            parts: Filters that split the list, from what is known of it by then.
            asins: The ASINs that it may have, for the rest.
        """
        yield from self._read({}, self.sorts[0], is_all=True)
        if not self.missing:
            return
        unfinished: list[Filters] = []
        for filters in parts():
            begun = len(self.known)
            total = yield from self._read(filters, self.sorts[0])
            if total is None or total > self.reach or len(self.known) == begun:
                unfinished.append(filters)
            if not self.missing:
                return
        for filters in unfinished or [{}]:
            for sort in self.sorts[1:]:
                yield from self._read(filters, sort)
                if not self.missing:
                    return
        rest = sorted(dict.fromkeys(asins()), key=self._asins.__contains__)  # the others first
        for first in range(0, len(rest), ASINS_AT_ONCE):
            yield from self._read({"asins": rest[first : first + ASINS_AT_ONCE]}, self.sorts[0])
            if not self.missing:
                return

    @property
    def reach(self) -> int:
        """How many items one question brings at most."""
        return LAST_OFFSET + self.size

    def _read(
        self, filters: Filters, sort: Mapping[str, str], *, is_all: bool = False
    ) -> Generator[Found, None, int | None]:
        """What a question brings and is not known yet; returns how many items it has in all."""
        offset = 0
        total: int | None = None
        while offset <= LAST_OFFSET:
            page = self.ask(filters, sort, offset)
            total = page.total
            if is_all and total is not None:
                self.total = total
            for each in page.found:
                key = self.key(each)
                if key not in self.known:
                    self.known[key] = None
                    if "wrong" not in each:
                        self._asins.add(str(each["item"]["asin"]))
                    yield each
            offset += self.size
            is_last = len(page.found) < self.size if total is None else offset >= total
            if is_last or not page.found:
                break
        return total

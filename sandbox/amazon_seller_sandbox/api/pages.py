"""Lists that are answered page by page: windows of time, limits, and tokens for the next page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from amazon_seller_sandbox.clock import DAY, parse_instant
from amazon_seller_sandbox.page_tokens import content_of, page_token
from amazon_seller_sandbox.refusals import invalid_input

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from amazon_seller_sandbox.api.operation import Call

T = TypeVar("T")
_SECRET = b"sandbox-page-token"
_LARGEST = 100


@dataclass(frozen=True, slots=True)
class Question:
    """What a call requests: its filters, and how many answers have been given already.

    The token of a page remembers the filters of the first, so it may come with them or alone.
    """

    filters: Mapping[str, str]
    given: int
    limit: int

    def __contains__(self, name: object) -> bool:
        """Say whether a parameter was given."""
        return name in self.filters

    def require(self, name: str) -> None:
        """Insist on a parameter.

        Raises:
            Refusal: 400, it is not given.
        """
        if name not in self.filters:
            raise invalid_input(f"Invalid Input: {name} is required.")

    def window(self, after: str, before: str, now: float, longest: float) -> tuple[float, float]:
        """Return the ends of the time requested, both excluded; without an end it is now.

        Raises:
            Refusal: 400, it is not a time, has no start, ends before it starts, or is too long.
        """
        self.require(after)
        start = self._instant(after)
        end = self._instant(before) if before in self.filters else now
        if end < start:
            raise invalid_input(f"Invalid Input: {after} must be before {before}.")
        if end - start > longest:
            days = f"{longest / DAY:.0f}"
            raise invalid_input(f"Invalid Input: the date range must not exceed {days} days.")
        return start, end

    def _instant(self, name: str) -> float:
        try:
            return parse_instant(self.filters[name])
        except ValueError as error:
            message = f"Invalid Input: {name} is not a valid ISO 8601 date-time."
            raise invalid_input(message) from error

    def matches(self, name: str, value: object) -> bool:
        """Say whether a value is the one requested, if any is."""
        return name not in self.filters or self.filters[name] == str(value)

    def page(self, items: Iterable[T], largest: int = _LARGEST) -> tuple[list[T], dict[str, str]]:
        """Return one page, and what its ``pagination`` says."""
        found = list(items)
        end = self.given + min(self.limit, largest)
        more = {"nextToken": self._token(end)} if end < len(found) else {}
        return found[self.given : end], more

    def _token(self, given: int) -> str:
        return page_token(_SECRET, [dict(self.filters), given, self.limit])


def question(call: Call, allowed: Sequence[str]) -> Question:
    """Read the parameters of a call; Amazon ignores those that it does not know.

    Raises:
        Refusal: 400, the limit or the token is none.
    """
    if token := next(iter(call.query.get("nextToken", ())), None):
        return _read_token(token)
    limit = next(iter(call.query.get("limit", ())), str(_LARGEST))
    if not limit.isdecimal() or not 1 <= int(limit) <= _LARGEST:
        raise invalid_input("Invalid Input: limit must be between 1 and 100.")
    return Question(dict(_filters(call, allowed)), 0, int(limit))


def _filters(call: Call, allowed: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in allowed:
        for value in call.query.get(name, ()):
            yield name, value


def _read_token(token: str) -> Question:
    refusal = invalid_input("Invalid Input: nextToken is invalid.")
    try:
        filters, given, limit = content_of(_SECRET, token)
    except ValueError as error:
        raise refusal from error
    return Question(filters, given, limit)

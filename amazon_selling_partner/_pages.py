"""One page of a list: where its items and its token are, and what else it has."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from amazon_selling_partner import _answers
from amazon_selling_partner.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from amazon_selling_partner._answers import Json
    from amazon_selling_partner._operations import PagedOperation


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

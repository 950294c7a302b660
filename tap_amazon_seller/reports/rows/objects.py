"""The objects of one list in a JSON document, made from a parser's events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ijson

from tap_amazon_seller.reports.text.bounds import DEEPEST
from tap_amazon_seller.reports.text.fed import BeyondBoundsError
from tap_amazon_seller.reports.text.headers import fitting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_amazon_seller.reports.text.fed import Fed

    Event = tuple[str, Any]
    Record = dict[str, Any]

_ENDS = frozenset({"end_map", "end_array"})
_STARTS = frozenset({"start_map", "start_array"})


class Objects:
    """Makes the objects of the lists at one place.

    Not by `ijson.items`, which keeps a path for each value: it grows with the document's depth.

    Args:
        path: Where the lists are, by dots; a list on the way is called `item`.
        first_alone: Whether to read no further than the end of the first such list.
        of_lines: Whether the document has many values, one after the other, as JSON Lines has.

    Attributes:
        found: Whether there was such a list.
        values: How many values of the document have begun.
    """

    def __init__(self, path: str, *, first_alone: bool = False, of_lines: bool = False) -> None:
        self.found = False
        self.values = 0
        self._of_lines = of_lines
        self._path = path
        self._first_alone = first_alone

    def of(self, text: Fed) -> Iterator[Record]:
        """The objects, one by one.

        Raises:
            BeyondBoundsError: The document goes beyond `bounds`, or a list holds something else.
            ijson.JSONError: It is not JSON.
        """
        around: list[tuple[bool, str | None]] = []  # is it a list, and what of the path is left
        key = ""
        events: Iterator[Event] = iter(
            ijson.basic_parse(text, use_float=True, multiple_values=self._of_lines)
        )
        for event, value in events:
            text.passed()
            if event == "map_key":
                key = value
            elif event in _ENDS:
                if around.pop() == (True, "") and self._first_alone:
                    return
            elif around and around[-1] == (True, ""):
                if event != "start_map":
                    raise BeyondBoundsError(
                        f"has something else than objects in its list {self._path}"
                    )
                yield object_of(events, len(around))
            elif event == "null" and around and not around[-1][0]:
                # A list that is null is one of nothing.
                self.found = self.found or _below(around[-1][1], key) == ""
            elif event in _STARTS:
                left: str | None = self._path
                self.values += not around
                if around:
                    is_list, left_around = around[-1]
                    left = _below(left_around, "item" if is_list else key)
                _check(len(around))
                around.append((event == "start_array", left))
                self.found = self.found or around[-1] == (True, "")


def object_of(events: Iterator[Event], depth: int) -> Record:
    """The object whose start has been read; names within its values fit every target."""
    found: Record = {}
    stack: list[Any] = [found]
    keys = [""]
    for event, value in events:
        if event == "map_key":
            keys[-1] = value if len(keys) == 1 else fitting(value)
            continue
        if event in _ENDS:
            stack.pop()
            keys.pop()
            if not stack:
                break
            continue
        new: Any = {} if event == "start_map" else [] if event == "start_array" else value
        if isinstance(stack[-1], dict):
            stack[-1][keys[-1]] = new
        else:
            stack[-1].append(new)
        if event in _STARTS:
            _check(depth + len(stack))
            stack.append(new)
            keys.append("")
    return found


def _check(depth: int) -> None:
    if depth >= DEEPEST:
        raise BeyondBoundsError(f"has more than {DEEPEST} objects and lists within each other")


def _below(left: str | None, name: str) -> str | None:
    """What is left of a path below something of a name; None where that is not on the path.

    >>> _below("data.items", "data"), _below("items", "items"), _below("items", "other")
    ('items', '', None)
    """
    if not left:
        return None
    if left == name:
        return ""
    return left[len(name) + 1 :] if left.startswith(f"{name}.") else None

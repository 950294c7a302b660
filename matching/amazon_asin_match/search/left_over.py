"""Finds out which code found an item that lists none: many such questions share each call.

A batch whose answer holds such an item has some codes without an answer; one of them is likely to have
found it. Asking halves of that batch again costs several calls for one item, but a call has room for a
code of each of twenty batches, and the item's ASIN shows whose question was answered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from amazon_asin_match.search.asking import MOST_CODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from amazon_asin_match.codes.code import Code


@dataclass(frozen=True, slots=True)
class Puzzle:
    """An item whose code is sought.

    Attributes:
        asin: The item.
        suspects: Codes that may have found it, the likely ones first: those without an answer.
        likely: How many of them are likely. They are asked one at a time, the others in halves.
    """

    asin: str
    suspects: tuple[Code, ...]
    likely: int

    @property
    def solution(self) -> Code | None:
        """The code, once only one is left."""
        return self.suspects[0] if len(self.suspects) == 1 else None

    @property
    def question(self) -> tuple[Code, ...]:
        """The codes to ask next."""
        if self.likely:
            return self.suspects[:1]
        return self.suspects[: (len(self.suspects) + 1) // 2]

    def answered(self, *, came: bool) -> Puzzle:
        """What is left once the item came, or did not come, to its question."""
        size = len(self.question)
        if came:
            return replace(self, suspects=self.suspects[:size], likely=0)
        return replace(self, suspects=self.suspects[size:], likely=max(self.likely - 1, 0))


def calls_for(puzzles: Sequence[Puzzle]) -> Iterator[tuple[list[Code], list[Puzzle]]]:
    """The next calls: their codes, of one type each, and the puzzles that each call helps to solve."""
    by_type: dict[str, list[Puzzle]] = {}
    for puzzle in puzzles:
        if puzzle.solution is None and puzzle.suspects:
            by_type.setdefault(puzzle.suspects[0].identifiers_type, []).append(puzzle)
    for group in by_type.values():
        codes: dict[Code, None] = {}
        helped: list[Puzzle] = []
        for puzzle in group:
            wanted = dict.fromkeys(puzzle.question)
            if codes and len(codes | wanted) > MOST_CODES:
                yield list(codes), helped
                codes, helped = {}, []
            codes |= wanted
            helped.append(puzzle)
        yield list(codes), helped


def after_call(helped: Iterable[Puzzle], came: Iterable[str]) -> list[Puzzle]:
    """The puzzles after a call to which these ASINs came."""
    asins = set(came)
    return [puzzle.answered(came=puzzle.asin in asins) for puzzle in helped]

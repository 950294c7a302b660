"""A round over many items: what is requested next, what again, and where the next sync continues.

Pure: it calls nothing, and knows no time but what it is given.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

AFTER, BEGUN, ENDED = "after", "begun", "ended"
MOST_TRIES = 3
"""How often an item is requested that Amazon does not answer, or only with a fault of its own."""


class Round:
    """A round over the items of a marketplace, in the order of their ids.

    Attributes:
        given_up: Items that were not answered, however often they were requested.

    Args:
        ids: The ids of all items.
        state: What an earlier sync has left of a round; None or anything else for a new one.
        now: The time.
    """

    def __init__(self, ids: Iterable[str], state: object, now: datetime) -> None:
        known = state if isinstance(state, dict) else {}
        after = known.get(AFTER)
        every = sorted(set(ids))
        left = [each for each in every if not isinstance(after, str) or each > after]
        goes_on = isinstance(after, str) and bool(left)
        self._order = left if goes_on else every
        self._fresh = deque(self._order)
        self._again: deque[str] = deque()
        self._tries: Counter[str] = Counter()
        self._begun = known.get(BEGUN) if goes_on else now.isoformat()
        self._after = after if goes_on else None
        self._is_stopped = False
        self.given_up: list[str] = []

    @property
    def left(self) -> int:
        """How many items are yet to be answered."""
        return len(self._fresh) + len(self._again)

    @property
    def goes_on(self) -> bool:
        """Whether something is to be asked in this sync."""
        return bool(self.left) and not self._is_stopped

    def stop(self) -> None:
        """Request no more in this sync."""
        self._is_stopped = True

    @property
    def waiting(self) -> Sequence[str]:
        """The ids that are yet to be answered: those first that are requested once more."""
        return (*self._again, *self._fresh)

    def batch(self, size: int, kind: Callable[[str], object] = lambda _: None) -> list[str]:
        """The ids that are requested next: those once more that were not answered, then others.

        Args:
            size: How many at most.
            kind: What ids must have in common to be requested together.
        """
        found: list[str] = []
        while len(found) < size and (source := self._again or self._fresh):
            if found and kind(source[0]) != kind(found[0]):
                break
            found.append(source.popleft())
        return found

    def settle(self, batch: Iterable[str], unanswered: Iterable[str]) -> None:
        """Take note of what has become of a batch."""
        later = set(unanswered)
        for each in batch:
            if each not in later:
                continue
            self._tries[each] += 1
            if self._tries[each] < MOST_TRIES:
                self._again.append(each)
            else:
                self.given_up.append(each)
        waiting = min((*self._again, *list(self._fresh)[:1]), default=None)
        settled = [each for each in self._order if waiting is None or each < waiting]
        if settled:
            self._after = settled[-1]

    def to_state(self, now: datetime) -> Mapping[str, Any]:
        """What the next sync needs: where it continues, or when the round was complete."""
        if not self.left:
            return {ENDED: now.isoformat()}
        found = {BEGUN: self._begun}
        return {**found, AFTER: self._after} if self._after else found


def rank(state: object) -> str:
    """By which marketplaces take turns: first those whose round is not complete, then the oldest."""
    ended = state.get(ENDED) if isinstance(state, dict) else None
    return ended if isinstance(ended, str) else ""

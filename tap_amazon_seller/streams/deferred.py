"""Transactions that Amazon holds back: which of them the state has to remember until they are released.

Pure functions; nothing here calls Amazon. The status and `DeferredContext.maturityDate` are those of
Amazon's model of Finances 2024-06-19.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_amazon_seller.instants import parse_instant

if TYPE_CHECKING:
    from datetime import datetime

CONTEXT = "DeferredContext"


@dataclass(frozen=True, slots=True)
class Deferred:
    """The transactions of a marketplace that are deferred.

    Attributes:
        oldest: When the oldest of them was posted; None where there is none.
        matures: When the first of them is to be released; None where that is not known.
        is_dated: Whether it is known of all.
    """

    oldest: datetime | None = None
    matures: datetime | None = None
    is_dated: bool = True

    @classmethod
    def of(cls, item: dict[str, Any]) -> Deferred:
        """A deferred transaction, as Amazon has it."""
        posted, matures = _instant(item.get("postedDate")), None
        for context in item.get("contexts") or ():
            if isinstance(context, dict) and context.get("contextType") == CONTEXT:
                matures = _instant(context.get("maturityDate"))
        return cls(posted, matures, is_dated=matures is not None)

    @classmethod
    def from_state(cls, value: object, oldest: datetime) -> Deferred:
        """What `to_state` wrote; a state of before that may lack any since `oldest`."""
        if not isinstance(value, dict):
            return cls(oldest, None, is_dated=False)
        matures = _instant(value.get("matures"))
        return cls(_instant(value.get("oldest")), matures, value.get("is_dated") is not False)

    def to_state(self) -> dict[str, Any]:
        """What the state keeps."""
        return {
            "oldest": self.oldest.isoformat() if self.oldest else None,
            "matures": self.matures.isoformat() if self.matures else None,
            "is_dated": self.is_dated,
        }

    def joined(self, other: Deferred) -> Deferred:
        """Both together."""
        return Deferred(
            _first(self.oldest, other.oldest),
            _first(self.matures, other.matures),
            self.is_dated and other.is_dated,
        )

    def is_due(self, now: datetime) -> bool:
        """Whether one of them may have been released by now."""
        if self.oldest is None:
            return False
        return not self.is_dated or self.matures is None or self.matures <= now


def _first(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each), default=None)


def _instant(value: object) -> datetime | None:
    return parse_instant(value) if isinstance(value, str) else None

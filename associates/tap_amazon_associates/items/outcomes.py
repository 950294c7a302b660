"""What becomes of each thing that is requested: an item, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from tap_amazon_associates.marketplaces import Marketplace


class Reason(StrEnum):
    """Why there is no item."""

    NOT_A_PRODUCT = "not_a_product"
    SHORT_LINK = "short_link"
    NO_PARTNER_TAG = "no_partner_tag"
    INVALID = "invalid"
    NOT_FOUND = "not_found"
    NOT_ACCESSIBLE = "not_accessible"
    NOT_RETURNED = "not_returned"
    NO_MATCH = "no_match"
    REFUSED = "refused"
    FAILED = "failed"
    DUE = "due"

    @property
    def is_for_now(self) -> bool:
        """Whether another try may succeed: such a reason is not kept in the cache."""
        return self in {Reason.FAILED, Reason.DUE}


@dataclass(frozen=True, slots=True)
class Found:
    """An item.

    Attributes:
        item: As Amazon wrote it, JSON numbers as decimals.
        read_at: When Amazon gave it.
        is_stale: Whether it is older than the settings allow, because Amazon gave nothing newer.
    """

    asin: str
    marketplace: Marketplace
    tag: str
    item: dict[str, Any]
    read_at: datetime
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """Something requested that there is no item for.

    Attributes:
        asked: The ASIN, or what else was requested: a text, a query.
        message: One sentence.
        asin: Where it is known.
        marketplace: Where it was looked up.
        at: When Amazon said so; None where it was not asked.
    """

    asked: str
    reason: Reason
    message: str
    asin: str | None = None
    marketplace: Marketplace | None = None
    at: datetime | None = None

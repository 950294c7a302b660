"""What all look-ups of one run share: the client, the cache, and whether Amazon can be asked at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_amazon_associates.errors import (
    CallFailedError,
    QuotaSpentError,
    RefusedRequestError,
    UnavailableError,
)
from tap_amazon_associates.items.outcomes import Reason

if TYPE_CHECKING:
    from datetime import datetime

    from tap_amazon_associates.cache import Answer, Cache
    from tap_amazon_associates.clock import Clock
    from tap_amazon_associates.config.settings import Ages
    from tap_amazon_associates.creators.client import CreatorsClient, Preferences
    from tap_amazon_associates.errors import CreatorsApiError
    from tap_amazon_associates.marketplaces import Marketplace

_HAS_OFFERS = "offersV2"


@dataclass(slots=True)
class Session:
    """One run.

    Attributes:
        stopped: Why Amazon is asked no more: the quota is spent, or it cannot be reached.
    """

    client: CreatorsClient
    cache: Cache
    clock: Clock
    ages: Ages
    preferences: Preferences
    stopped: CreatorsApiError | None = field(default=None, init=False)

    def scope(self, marketplace: Marketplace, tag: str) -> str:
        """What answers are kept under: they differ by marketplace, tag and preferences."""
        chosen = self.preferences
        parts = (marketplace.id, tag, chosen.language, chosen.currency, chosen.condition)
        return "|".join(part or "" for part in parts)

    def is_fresh(self, answer: Answer, now: datetime) -> bool:
        """Whether an answer need not be requested again."""
        if not answer.found:
            limit = self.ages.errors
        elif isinstance(answer.body, dict) and answer.body.get(_HAS_OFFERS):
            limit = self.ages.prices
        else:
            limit = self.ages.data
        # One from the future was kept by a clock that was wrong.
        return answer.read_at <= now and now - answer.read_at < limit

    def reason_of(self, error: CreatorsApiError) -> Reason:
        """What becomes of things whose call ended so; remembers what stops all further calls.

        Raises:
            CreatorsApiError: Nothing can be asked before somebody changes a setting.
        """
        if isinstance(error, QuotaSpentError):
            self.stopped = error
            return Reason.DUE
        if isinstance(error, UnavailableError):
            self.stopped = error
            return Reason.FAILED
        if isinstance(error, RefusedRequestError):
            return Reason.REFUSED
        if isinstance(error, CallFailedError):
            return Reason.FAILED
        raise error

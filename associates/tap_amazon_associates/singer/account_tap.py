"""What streams need of the tap."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from singer_sdk import Tap

from tap_amazon_associates.associates import Associates
from tap_amazon_associates.config.settings import Settings

if TYPE_CHECKING:
    from tap_amazon_associates.items.outcomes import Missing

Key = tuple[str, str, str]


class AccountTap(Tap):
    """A tap of one account."""

    _amazon: Associates | None = None

    @property
    def amazon(self) -> Associates:
        """The account of the configuration, opened when it is first needed."""
        if self._amazon is None:
            self._amazon = Associates(Settings.from_config(self.config))
        return self._amazon

    def close(self) -> None:
        """Close the account, if it was opened."""
        if self._amazon is not None:
            self._amazon.close()
            self._amazon = None

    @cached_property
    def rejected(self) -> dict[Key, Missing]:
        """What has no record, by stream, input and marketplace id."""
        return {}

    def reject(self, stream: str, missing: Missing) -> None:
        """Remember that something has no record."""
        place = missing.marketplace or self.amazon.settings.marketplace
        self.rejected.setdefault((stream, missing.asked, place.id), missing)

"""What becomes of another connector's configuration and state, and what is to be said of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from amazon_selling_partner import marketplaces
from tap_amazon_seller import streams
from tap_amazon_seller.config.catalog_and_state import AHEAD
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.instants import minutes, parse_instant
from tap_amazon_seller.streams.kinds.api_stream import ApiStream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_selling_partner.marketplaces import Marketplace

    Json = dict[str, Any]

BY_NAME: Mapping[str, Any] = {stream.name: stream for stream in streams.ALL}
CREDENTIALS = ("lwa_client_id", "client_secret", "refresh_token")


@dataclass(frozen=True, slots=True)
class Counterpart:
    """The streams of this tap that continue where an old one stood.

    Attributes:
        streams: Their names.
        cursors: The old stream's cursors that say up to when all has been read.
        follows: The old stream whose cursor it is, where it has none of its own.
        begins_anew: Why nothing is carried over, where a cursor would mislead.
    """

    streams: tuple[str, ...]
    cursors: tuple[str, ...] = ()
    follows: str = ""
    begins_anew: str = ""


@dataclass(slots=True)
class Outcome:
    """This tap's configuration and state, and what there is to say.

    Attributes:
        connector: Where they come from.
        config: The configuration.
        bookmarks: The state's.
        begins: The streams that begin at `start_date`, and why.
        whole: The streams that are read completely in each sync.
        without_counterpart: Settings and streams that have none, each with a reason.
        old_names: The old name of each stream of this tap.
    """

    connector: str
    config: Json = field(default_factory=dict)
    bookmarks: Json = field(default_factory=dict)
    begins: dict[str, str] = field(default_factory=dict)
    whole: list[str] = field(default_factory=list)
    without_counterpart: list[str] = field(default_factory=list)
    old_names: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Json:
        """The state."""
        return {"bookmarks": self.bookmarks}

    @property
    def goes_on(self) -> list[str]:
        """Where each stream continues, as one reads it."""
        return [
            f"{name}{_place_of(found)} from {minutes(_instant_of(found))}"
            for name, bookmark in sorted(self.bookmarks.items())
            for found in bookmark.get("partitions", [bookmark])
        ]

    @property
    def begins_anew(self) -> list[str]:
        """The streams that begin at `start_date`, each with the reason."""
        return [
            f"{name}: {reason}"
            for name, reason in sorted(self.begins.items())
            if name not in self.bookmarks
        ]

    def drop_setting(self, key: str, reason: str) -> None:
        """Say that a setting has no counterpart."""
        self.without_counterpart.append(f"setting '{key}': {reason}")

    def drop_stream(self, name: str, reason: str = "there is no such stream") -> None:
        """Say that a stream has no counterpart."""
        self.without_counterpart.append(f"stream '{name}': {reason}")

    def carry(
        self, old: str, counterpart: Counterpart, place: Marketplace, value: object, now: datetime
    ) -> None:
        """Have the counterparts of a stream continue from a cursor, if it is one."""
        for name in counterpart.streams:
            instant = parse_instant(value) if isinstance(value, str) else None
            if instant is None:
                self.begins[name] = f"the cursor of '{old}' is not a date"
            elif instant > now + AHEAD:
                self.begins[name] = f"the cursor of '{old}' ({minutes(instant)}) lies in the future"
            else:
                self._bookmark(name, place, instant)

    def _bookmark(self, name: str, place: Marketplace, instant: datetime) -> None:
        """Set a bookmark; where two old streams have one, the earlier: nothing is passed over."""
        stream = BY_NAME[name]
        found = {
            "replication_key": stream.replication_key,
            "replication_key_value": instant.isoformat(),
        }
        if issubclass(stream, ApiStream) and stream.of_account:
            kept = self.bookmarks.setdefault(name, found)
        else:
            partitions = self.bookmarks.setdefault(name, {}).setdefault("partitions", [])
            context = {"marketplace_id": place.id}
            kept = next((each for each in partitions if each["context"] == context), None)
            if kept is None:
                kept = {"context": context, **found}
                partitions.append(kept)
        if instant < _instant_of(kept):
            kept |= found

    def place(self, name: object, what: str) -> Marketplace:
        """The marketplace that is named.

        Raises:
            ConfigurationError: There is none.
        """
        found = marketplaces.find(name) if isinstance(name, str) else None
        if found is None:
            raise ConfigurationError(f"{what} names a marketplace that Amazon does not have.")
        return found


def _instant_of(bookmark: Json) -> datetime:
    return datetime.fromisoformat(bookmark["replication_key_value"])


def _place_of(bookmark: Json) -> str:
    context = bookmark.get("context")
    return f" of {marketplaces.BY_ID[context['marketplace_id']].country}" if context else ""


def required(config: Json, names: Mapping[str, str], what: str) -> Json:
    """The credentials of an old configuration, by their names here.

    Args:
        config: The old configuration.
        names: The old names, by those here.
        what: What the configuration is called.

    Raises:
        ConfigurationError: One is missing, or shown as asterisks; the value is never shown.
    """
    found = {}
    for name, old in names.items():
        value = config.get(old)
        if not isinstance(value, str) or not value.strip():
            raise ConfigurationError(f"{what} has no '{old}', which is needed; put it in.")
        if not value.strip("*"):
            raise ConfigurationError(
                f"{what} has asterisks in the place of '{old}', as programs show secrets; put the "
                "secret itself in."
            )
        found[name] = value
    return found

"""The streams: items of ASINs and links, of searches, variations, and what there is no item for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Stream
from typing_extensions import override

from tap_amazon_associates.config.searches import search_of
from tap_amazon_associates.items.inputs import Wanted, lines_of, products_of
from tap_amazon_associates.items.outcomes import Found, Missing
from tap_amazon_associates.singer import schemas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_amazon_associates.associates import Associates
    from tap_amazon_associates.singer.account_tap import AccountTap

Record = dict[str, Any]


class AssociatesStream(Stream, ABC):
    """A stream that is read again with each sync, from the cache where that is fresh.

    There are no bookmarks: what is requested is in the settings, not in time.
    """

    properties: ClassVar[dict[str, Any]]
    replication_method = "FULL_TABLE"

    def __init__(self, tap: AccountTap) -> None:
        self._account_tap = tap
        super().__init__(tap, schema=schemas.stream_schema(self.properties), name=self.name)

    @property
    def amazon(self) -> Associates:
        """The account."""
        return self._account_tap.amazon

    @override
    def get_records(self, context: Any) -> Iterator[Record]:
        """Records in the order in which Amazon gives them."""
        yield from self.records()

    @abstractmethod
    def records(self) -> Iterator[Record]:
        """The records of the stream."""

    def reject(self, missing: Missing) -> None:
        """Have something be a record of `associates_rejected`."""
        self._account_tap.reject(self.name, missing)


class Items(AssociatesStream):
    """Product data by ASIN."""

    name = "associates_items"
    primary_keys: ClassVar[tuple[str, ...]] = ("marketplace_id", "asin")
    properties = schemas.ITEM

    @override
    def records(self) -> Iterator[Record]:
        """One record for each product that is requested."""
        for outcome in self.amazon.outcomes(self._texts()):
            if isinstance(outcome, Found):
                yield self.amazon.record(outcome)
            else:
                self.reject(outcome)

    def _texts(self) -> Iterable[str]:
        settings = self.amazon.settings
        yield from settings.items
        if settings.items_file:
            yield from products_of(settings.items_file)


class Search(AssociatesStream):
    """Product data by code, keywords or brand."""

    name = "associates_search"
    primary_keys: ClassVar[tuple[str, ...]] = ("marketplace_id", "query", "asin")
    properties = schemas.SEARCH

    @override
    def records(self) -> Iterator[Record]:
        """One record for each item of each search."""
        settings = self.amazon.settings
        searches = list(settings.searches)
        if path := settings.searches_file:
            searches += [search_of(line, f"File {path}: '{line[:40]}'") for line in lines_of(path)]
        seen: set[tuple[str, ...]] = set()
        for search in dict.fromkeys(searches):
            outcome = self.amazon.search_outcome(search)
            if isinstance(outcome, Missing):
                self.reject(outcome)
                continue
            for position, found in enumerate(outcome, 1):
                key = (found.marketplace.id, search.query, found.asin)
                if key not in seen:
                    seen.add(key)
                    yield self.amazon.record(found) | {
                        "query": search.query,
                        "position": position,
                    }


class Variations(AssociatesStream):
    """The variations of products."""

    name = "associates_variations"
    primary_keys: ClassVar[tuple[str, ...]] = ("marketplace_id", "variation_of", "asin")
    properties = schemas.VARIATION

    @override
    def records(self) -> Iterator[Record]:
        """One record for each variation of each product."""
        seen: set[tuple[str, str]] = set()
        for wanted in self.amazon.inputs.read(self.amazon.settings.variations):
            if isinstance(wanted, Wanted):
                key = (wanted.marketplace.id, wanted.asin)
                if key not in seen:
                    seen.add(key)
                    yield from self._of(wanted)
            else:
                self.reject(wanted)

    def _of(self, wanted: Wanted) -> Iterator[Record]:
        outcome = self.amazon.variations_outcome(wanted)
        if isinstance(outcome, Missing):
            self.reject(outcome)
            return
        for found in outcome:
            yield self.amazon.record(found) | {"variation_of": wanted.asin}


class Rejected(AssociatesStream):
    """What was requested and has no record, with the reason; it comes last."""

    name = "associates_rejected"
    primary_keys: ClassVar[tuple[str, ...]] = ("stream", "input", "marketplace_id")
    properties = schemas.REJECTED

    @override
    def records(self) -> Iterator[Record]:
        """One record for each input without one."""
        for (stream, asked, place), missing in self._account_tap.rejected.items():
            yield {
                "stream": stream,
                "input": asked,
                "marketplace_id": place,
                "asin": missing.asin,
                "reason": missing.reason.value,
                "message": self.amazon.redaction(missing.message),
                "read_at": missing.at.isoformat() if missing.at else None,
            }


ALL = (Items, Search, Variations, Rejected)
"""In the order in which they are read."""

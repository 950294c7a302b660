"""The Python interface: product data by ASIN, link, code or keywords.

    with Associates(Settings.from_config(config)) as amazon:
        amazon.item("https://www.amazon.de/dp/B08XYZ1234")["price"]

Records are those of the streams; amounts are decimals. Everything goes through the cache, at the
account's pace, in calls of ten.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from tap_amazon_associates.cache import Cache
from tap_amazon_associates.clock import SystemClock
from tap_amazon_associates.config.searches import search_of
from tap_amazon_associates.creators.client import CreatorsClient
from tap_amazon_associates.creators.pace import Pace
from tap_amazon_associates.errors import (
    ConfigurationError,
    CreatorsApiError,
    NotAProductLinkError,
    ProductNotFoundError,
    QuotaSpentError,
    ShortLinkError,
    UnavailableError,
)
from tap_amazon_associates.items.inputs import Inputs, Wanted
from tap_amazon_associates.items.listings import Listings
from tap_amazon_associates.items.lookup import ItemLookup
from tap_amazon_associates.items.outcomes import Found, Missing, Reason
from tap_amazon_associates.items.records import item_record
from tap_amazon_associates.items.session import Session
from tap_amazon_associates.links.short import ShortLinks
from tap_amazon_associates.marketplaces import BY_ID
from tap_amazon_associates.redaction import Redaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from tap_amazon_associates.clock import Clock
    from tap_amazon_associates.config.searches import Search
    from tap_amazon_associates.config.settings import Settings
    from tap_amazon_associates.marketplaces import Marketplace

Record = dict[str, Any]

CONNECT_SECONDS = 5.0
LONGEST_KEPT = timedelta(days=31)
"""After so long, what Amazon has said leaves the cache: nothing is believed for longer."""
NOTHING_THERE = frozenset(
    {Reason.INVALID, Reason.NOT_FOUND, Reason.NOT_ACCESSIBLE, Reason.NOT_RETURNED}
)
"""Reasons by which an ASIN is known not to be available from a marketplace."""


class Associates:
    """One account of an Associate.

    Args:
        settings: Checked settings; see `Settings.from_config`.
        clock: Time; tests have their own.

    Raises:
        CacheError: The cache cannot be opened.
    """

    def __init__(
        self, settings: Settings, *, clock: Clock | None = None, redaction: Redaction | None = None
    ) -> None:
        self.settings = settings
        self._clock = clock or SystemClock()
        self.redaction = redaction or Redaction()
        self.cache = Cache(settings.cache_path)
        self.cache.forget(self._clock.now() - LONGEST_KEPT)
        self.pace = Pace(
            hashlib.sha256(settings.credential.id.encode()).hexdigest()[:16],
            self.cache,
            self._clock,
            a_second=settings.requests_per_second,
            a_day=settings.requests_per_day,
        )
        self.client = CreatorsClient(
            settings.credential,
            self.pace,
            self._clock,
            self.redaction,
            host=settings.endpoint_url,
            timeout=(CONNECT_SECONDS, settings.timeout_seconds),
            preferences=settings.preferences,
        )
        self.session = Session(
            self.client, self.cache, self._clock, settings.ages, settings.preferences
        )
        self._short_links: ShortLinks | None = None
        self.inputs = Inputs(
            settings.marketplace,
            settings.tags,
            cache=self.cache,
            clock=self._clock,
            short_links=self._open_short_links,
            error_age=settings.ages.errors,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close connections and the cache."""
        if self._short_links:
            self._short_links.close()
        self.client.close()
        self.cache.close()

    def item(self, text: str) -> Record:
        """The record of one product, by ASIN, link or short link.

        Raises:
            NotAProductLinkError, ShortLinkError: The text names no product.
            ProductNotFoundError: Amazon has no such item there.
            CreatorsApiError: Amazon did not answer, or the account cannot ask.
        """
        [outcome] = list(self.outcomes([text]))[:1]
        if isinstance(outcome, Found):
            return self.record(outcome)
        raise self._error(outcome)

    def items(self, texts: Iterable[str]) -> Iterator[Record | Missing]:
        """The records of many products, and what there is no record for; each product once."""
        for outcome in self.outcomes(texts):
            yield self.record(outcome) if isinstance(outcome, Found) else outcome

    def outcomes(
        self, texts: Iterable[str], *, takes_stale: bool = False
    ) -> Iterator[Found | Missing]:
        """One outcome for each product, in calls of ten by marketplace.

        Args:
            texts: ASINs, links and short links.
            takes_stale: Whether old data is taken where Amazon gives nothing newer.

        Raises:
            SetupError: No call can succeed before somebody changes a setting.
        """
        products: list[tuple[str, str]] = []
        for each in self.inputs.read(texts):
            if isinstance(each, Wanted):
                products.append((each.marketplace.id, each.asin))
            else:
                yield each
        yield from self._looked_up(products, takes_stale=takes_stale)

    def _looked_up(
        self, products: Iterable[tuple[str, str]], *, takes_stale: bool
    ) -> Iterator[Found | Missing]:
        """One outcome for each product, given by marketplace id and ASIN."""
        wanted: dict[str, list[str]] = {}
        for marketplace_id, asin in products:
            wanted.setdefault(marketplace_id, []).append(asin)
        for marketplace_id, asins in wanted.items():
            marketplace = BY_ID[marketplace_id]
            lookup = ItemLookup(self.session, marketplace, self._tag(marketplace))
            yield from lookup.look_up(asins, takes_stale=takes_stale)

    def by_text(
        self, texts: Iterable[str], *, takes_stale: bool = False
    ) -> dict[str, Found | Missing]:
        """The outcome of each text; of a cart's link, that of its first product.

        Raises:
            SetupError: No call can succeed before somebody changes a setting.
        """
        unique = list(dict.fromkeys(texts))
        products: dict[str, tuple[str, str]] = {}
        outcomes: dict[str, Found | Missing] = {}
        by_product: dict[tuple[str, str], Found | Missing] = {}
        for each in self.inputs.read(unique):
            if isinstance(each, Wanted):
                products.setdefault(each.text, (each.marketplace.id, each.asin))
            else:
                outcomes.setdefault(each.asked, each)
        for outcome in self._looked_up(products.values(), takes_stale=takes_stale):
            assert outcome.marketplace is not None  # noqa: S101 - it was looked up there
            by_product[outcome.marketplace.id, str(outcome.asin)] = outcome
        return {
            text: by_product[products[text]] if text in products else outcomes[text]
            for text in unique
        }

    def search_ean(self, code: str, country: str | None = None) -> list[Record]:
        """The items that have a product code (EAN, UPC, GTIN or ISBN) among their external ids.

        Raises:
            ConfigurationError: It is not a product code.
            CreatorsApiError: Amazon did not answer, or the account cannot ask.
        """
        value = {"ean": code, "country": country}
        return self._found(self.search_outcome(search_of(value, "The search")))

    def search(self, criteria: str | dict[str, Any]) -> list[Record]:
        """The items of a search by keywords, or by criteria as in the setting `searches`.

        Raises:
            ConfigurationError: The criteria are none.
            CreatorsApiError: Amazon did not answer, or the account cannot ask.
        """
        return self._found(self.search_outcome(search_of(criteria, "The search")))

    def search_outcome(self, search: Search) -> list[Found] | Missing:
        """The items of a search, or why there are none."""
        marketplace = search.marketplace or self.settings.marketplace
        tag = self.settings.tag_of(marketplace)
        if tag is None:
            said = f"There is no tag for {marketplace.host}; set one in 'partner_tags'."
            return Missing(search.query, Reason.NO_PARTNER_TAG, said, None, marketplace)
        return Listings(self.session, marketplace, tag).search(search)

    def variations(self, text: str) -> list[Record]:
        """The variations of a product, by ASIN or link: sizes and colours, each an item.

        Raises:
            AssociatesError: As for `item`.
        """
        [wanted] = list(self.inputs.read([text]))[:1]
        if isinstance(wanted, Missing):
            raise self._error(wanted)
        return self._found(self.variations_outcome(wanted))

    def variations_outcome(self, wanted: Wanted) -> list[Found] | Missing:
        """The variations of a product, or why there are none."""
        tag = self._tag(wanted.marketplace)
        return Listings(self.session, wanted.marketplace, tag).variations(wanted.asin)

    def validate(self, text: str) -> bool:
        """Whether a text is an ASIN, or a link to one, that its marketplace has.

        Raises:
            CreatorsApiError: Amazon did not answer, or the account cannot ask.
            ShortLinkError: A short link was not answered.
        """
        [outcome] = list(self.outcomes([text]))[:1]
        if isinstance(outcome, Found):
            return True
        if outcome.reason in NOTHING_THERE | {Reason.NOT_A_PRODUCT, Reason.SHORT_LINK}:
            return False
        raise self._error(outcome)

    def resolve(self, link: str) -> str:
        """The address of the product's page that a short link leads to.

        Raises:
            NotAProductLinkError: It is not one of Amazon's short links.
            ShortLinkError: It leads to no product.
        """
        return self.inputs.resolved(link)

    def record(self, found: Found) -> Record:
        """The record of an item."""
        return item_record(found.item, found.marketplace, found.tag, found.read_at)

    def _found(self, outcome: list[Found] | Missing) -> list[Record]:
        if isinstance(outcome, list):
            return [self.record(each) for each in outcome]
        if outcome.reason in {Reason.NOT_FOUND, Reason.NO_MATCH}:
            return []
        raise self._error(outcome)

    def _error(self, missing: Missing) -> Exception:
        """What an outcome is for callers who requested one thing."""
        if self.session.stopped is not None and missing.reason.is_for_now:
            return self.session.stopped
        if missing.reason is Reason.SHORT_LINK:
            return ShortLinkError(missing.message, is_final=True)
        kinds: dict[Reason, type[Exception]] = {
            Reason.NOT_A_PRODUCT: NotAProductLinkError,
            Reason.NO_PARTNER_TAG: ConfigurationError,
            Reason.DUE: QuotaSpentError,
            Reason.FAILED: UnavailableError,
            Reason.REFUSED: CreatorsApiError,
        }
        return kinds.get(missing.reason, ProductNotFoundError)(missing.message)

    def _tag(self, marketplace: Marketplace) -> str:
        tag = self.settings.tag_of(marketplace)
        assert tag is not None  # noqa: S101 - inputs of other marketplaces are not read
        return tag

    def _open_short_links(self) -> ShortLinks:
        if self._short_links is None:
            self._short_links = ShortLinks(self._clock, self.settings.short_link_endpoint)
        return self._short_links

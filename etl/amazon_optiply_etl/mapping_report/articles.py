"""What a planner asks about an article: is it in Optiply, with what, how did its stock come about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl.mapping_report.advice import advice_for
from amazon_optiply_etl.verdicts.outcomes import DONE_BEFORE, GOES_OUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class StockPart:
    """Units that were counted in one marketplace.

    Attributes:
        place: Country code.
        units: The units.
        also_shown_in: Country codes of marketplaces that show the same units, which count once.
    """

    place: str
    units: int
    also_shown_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StockFacts:
    """How the stock of a product came about.

    Attributes:
        level: Units that Optiply has after the run; null where that is not known.
        fba: Rows of Amazon's stock report that count.
        own: The listings' own quantities; none where the listings name no quantity.
        in_fba: Whether the units in Amazon's warehouses are the level, and not the own ones.
        source_is_own: Whether the setting second_flavour takes the own quantity whatever FBA has.
        was_sent: Whether the level is that of an earlier run, because this one could not say.
        is_vendors: Whether `fba` is what Amazon has of a vendor's products.
    """

    level: int | None
    fba: tuple[StockPart, ...] = ()
    own: tuple[StockPart, ...] = ()
    in_fba: bool = False
    source_is_own: bool = False
    was_sent: bool = False
    is_vendors: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A field of a product that this run changed."""

    field: str
    before: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class ArticleProduct:
    """A product of an article: one, or one a marketplace.

    Attributes:
        remote_id: Its remoteId.
        places: Country codes of the marketplaces whose listings it is made of.
        outcome: What became of it.
        is_enabled: False where it is disabled in Optiply.
        optiply_id: Optiply's id of it; null where it is not known (yet).
        is_new: Whether no earlier run sent it.
        price: As text with 2 decimals; null without a price.
        ean: Its eanCode.
        stock: How its stock came about.
        changes: What this run changed.
        ean_from: Row and reason of the match whose EAN it has; null where it is of the catalog.
    """

    remote_id: str
    places: tuple[str, ...]
    outcome: str
    is_enabled: bool
    optiply_id: str | None
    is_new: bool
    price: str | None
    ean: str | None
    stock: StockFacts
    changes: tuple[Change, ...] = ()
    ean_from: str | None = None

    @property
    def went_out(self) -> bool:
        """Whether this run sent it."""
        return self.outcome == GOES_OUT

    @property
    def is_held(self) -> bool:
        """Whether it was to be sent or kept up, and could not be."""
        return self.outcome not in (GOES_OUT, *DONE_BEFORE)

    @property
    def is_on_its_way(self) -> bool:
        """Whether it is sent for the first time, and nothing says yet that Optiply has it."""
        return self.is_new and self.went_out and self.optiply_id is None

    @property
    def is_there(self) -> bool:
        """Whether it is in Optiply and enabled after the run, or on its way there."""
        return self.is_enabled and not (self.is_held and self.is_new)


@dataclass(frozen=True, slots=True)
class LeftOutPlaces:
    """Marketplaces of which listings of an article are left out for one reason."""

    reason: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """An article: an ASIN with its listings, or a product of a vendor.

    Attributes:
        asin: Its ASIN, or what a vendor has in place of it.
        name: Its name.
        skus: The SKUs of its listings.
        ean: Its EAN by the catalog, else by asin_matches; null without one.
        products: Its products.
        left_out: Listings that are part of none of them.
    """

    asin: str
    name: str
    skus: tuple[str, ...]
    ean: str | None = None
    products: tuple[ArticleProduct, ...] = ()
    left_out: tuple[LeftOutPlaces, ...] = ()

    @property
    def is_there(self) -> bool:
        """Whether one of its products is in Optiply after the run, or on its way there."""
        return any(each.is_there for each in self.products)

    @property
    def places(self) -> tuple[str, ...]:
        """Country codes of all marketplaces in which it is listed."""
        groups = [each.places for each in self.products]
        groups += [each.places for each in self.left_out]
        return tuple(dict.fromkeys(place for group in groups for place in group))

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do about it, once each."""
        held = (each.outcome for each in self.products if each.is_held)
        found = (advice_for(each) for each in (*held, *(left.reason for left in self.left_out)))
        return tuple(dict.fromkeys(each.sentence for each in found if each.needs_action))


@dataclass(frozen=True, slots=True)
class Articles:
    """The articles of a run: how many there are, and the first of them.

    Attributes:
        there: Articles in Optiply after the run, or on their way there.
        elsewhere: Articles that are not.
        new: Those of `there` that no earlier run sent.
        changed: Those of `there` that an earlier run sent otherwise.
        without_stock: Those of `there` whose stock is 0.
        shown: The first of them, those first that a reader may look for.
    """

    there: int = 0
    elsewhere: int = 0
    new: int = 0
    changed: int = 0
    without_stock: int = 0
    shown: Sequence[Article] = ()

    @property
    def count(self) -> int:
        """All articles."""
        return self.there + self.elsewhere


def facts(articles: Articles, describe: Mapping[str, Any]) -> dict[str, Any]:
    """Return articles as the mapping report's JSON holds them.

    Args:
        articles: The articles.
        describe: ``verdict`` and ``stock``: what writes an article's and a stock's sentence.
    """
    return {
        "in_optiply": articles.there,
        "not_in_optiply": articles.elsewhere,
        "new": articles.new,
        "changed": articles.changed,
        "without_stock": articles.without_stock,
        "shown": len(articles.shown),
        "articles": list(_article_facts(articles.shown, describe)),
    }


def _article_facts(
    shown: Sequence[Article], describe: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    for article in shown:
        yield {
            "asin": article.asin,
            "name": article.name,
            "skus": article.skus,
            "ean": article.ean,
            "verdict": describe["verdict"](article),
            "products": [_product_facts(each, describe) for each in article.products],
            "left_out": {each.reason: each.places for each in article.left_out},
            "advice": article.advice,
        }


def _product_facts(product: ArticleProduct, describe: Mapping[str, Any]) -> dict[str, Any]:
    stock = product.stock
    return {
        "remoteId": product.remote_id,
        "marketplaces": product.places,
        "outcome": product.outcome,
        "status": "enabled" if product.is_enabled else "disabled",
        "optiply_id": product.optiply_id,
        "new": product.is_new,
        "price": product.price,
        "eanCode": product.ean,
        "stockLevel": stock.level,
        "stock": {
            "sentence": describe["stock"](stock),
            "fba": {each.place: each.units for each in stock.fba},
            "own": {each.place: each.units for each in stock.own},
        },
        "changes": {each.field: [each.before, each.now] for each in product.changes},
        **({"eanCode_from": product.ean_from} if product.ean_from else {}),
    }
